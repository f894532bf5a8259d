/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Indirect jumps that stay in a region: the ways of a switch, the operations of an interpreter. A
 * table has the places of the blocks that such jumps may lead to, by the distance of their
 * addresses to the last one's. Each zone with such jumps has one, which leads to blocks of other
 * zones by way of a change of pins. A target that is elsewhere, or that is no block, leaves the
 * region through the jump cache.
 */
#include <stdlib.h>
#include "emit.h"

/* What a zone's table is for: ways to blocks, and where there is no block. */
enum { WHAT_TABLE, WHAT_ELSEWHERE, WHATS };

/* The targets' distances to the last of them are multiples of 1 << shift, less than n of them. */
struct reach {
    int64_t last; /* on the page; less than 0: there are no targets */
    uint32_t shift, n;
};

static int64_t place_on_page(const struct jit_unit *u, uint32_t b)
{
    return u->unit->page_offset + u->region->blocks[b].delta;
}

static struct reach find_reach(const struct jit_unit *u)
{
    const struct jit_region *r = u->region;
    struct reach reach = {.last = -1};
    int64_t most = 0, bits = 0;

    for (uint32_t b = 0; b < r->n_blocks; b++)
        if (r->blocks[b].target && place_on_page(u, b) > reach.last)
            reach.last = place_on_page(u, b);
    for (uint32_t b = 0; b < r->n_blocks; b++) {
        int64_t distance = r->blocks[b].target ? reach.last - place_on_page(u, b) : 0;
        bits |= distance;
        most = distance > most ? distance : most;
    }
    reach.shift = bits ? (uint32_t)__builtin_ctzll((uint64_t)bits) : 0;
    reach.n = (uint32_t)(most >> reach.shift) + 1;
    return reach;
}

bool x86_jump_in_region(struct emitter *e)
{
    struct x86 *a = &e->a;
    struct reach reach = find_reach(e->u);
    uint32_t what = WHATS * e->u->zone;

    if (reach.last < 0)
        return false;
    if (e->u->may_leave) {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(pending_exit), 0);
        x86_to_targets(e, x86_jcc(a, CC_NE), what + WHAT_ELSEWHERE);
    }
    x86_page_of_pc(e, RCX);
    x86_rr(a, X86_SUB, true, RCX, RAX);
    if (reach.last)
        x86_alu_imm(a, ALU_ADD, true, RCX, (int32_t)reach.last);
    if (reach.shift) /* what is no multiple becomes too large */
        x86_shift(a, SHIFT_ROR, true, RCX, reach.shift);
    x86_alu_imm(a, ALU_CMP, true, RCX, (int32_t)reach.n);
    x86_to_targets(e, x86_jcc(a, CC_AE), what + WHAT_ELSEWHERE);
    x86_to_targets(e, x86_lea_here(a, RDX), what + WHAT_TABLE);
    x86_rm(a, X86_MOVSXD, true, RCX, (struct x86_mem){RDX, RCX, 0, 2});
    x86_rr(a, X86_ADD, true, RCX, RDX);
    x86_jmp_reg(a, RCX);
    return true;
}

/* Where a jump from that zone to a block goes. */
static uint32_t way_to(struct emitter *e, uint32_t zone, uint32_t b)
{
    const struct jit_region *r = e->u->region;
    uint32_t place = e->a.n;

    if (r->blocks[b].zone == zone)
        return r->blocks[b].place;
    x86_change_pins(e, &r->zones[zone], &r->zones[r->blocks[b].zone]);
    x86_aim(&e->a, x86_jmp(&e->a), r->blocks[b].place);
    return place;
}

static uint32_t emit_elsewhere(struct emitter *e, uint32_t zone)
{
    uint32_t place = e->a.n;

    x86_set_zone(e, zone);
    e->u->may_leave = true; /* in one of those that come here */
    x86_leave_to(e);
    return place;
}

/* Returns the place of a zone's table, which is made. */
static uint32_t emit_table(struct emitter *e, uint32_t zone, uint32_t elsewhere)
{
    const struct jit_unit *u = e->u;
    struct reach reach = find_reach(u);
    uint32_t *way = calloc(u->region->n_blocks, sizeof(*way));

    if (!way) {
        e->a.failed = true;
        return 0;
    }
    for (uint32_t b = 0; b < u->region->n_blocks; b++)
        way[b] = u->region->blocks[b].target ? way_to(e, zone, b) : elsewhere;
    x86_align4(&e->a, 0);
    uint32_t begin = e->a.n;
    for (uint32_t i = 0; i < reach.n; i++) {
        uint32_t place = elsewhere;
        for (uint32_t b = 0; b < u->region->n_blocks; b++)
            if (u->region->blocks[b].target &&
                place_on_page(u, b) == reach.last - ((int64_t)i << reach.shift))
                place = way[b];
        x86_word32(&e->a, place - begin);
    }
    free(way);
    return begin;
}

static bool aim_all(struct emitter *e, uint32_t what, uint32_t target)
{
    bool any = false;

    for (uint32_t i = 0; i < e->n_targets; i++) {
        if (e->targets[2 * i + 1] != what)
            continue;
        x86_aim(&e->a, e->targets[2 * i], target);
        any = true;
    }
    return any;
}

void x86_emit_targets(struct emitter *e)
{
    for (uint32_t zone = 0; e->n_targets && zone < e->u->region->n_zones; zone++) {
        if (!aim_all(e, WHATS * zone + WHAT_TABLE, 0))
            continue;
        uint32_t elsewhere = emit_elsewhere(e, zone);
        aim_all(e, WHATS * zone + WHAT_ELSEWHERE, elsewhere);
        aim_all(e, WHATS * zone + WHAT_TABLE, emit_table(e, zone, elsewhere));
    }
}
