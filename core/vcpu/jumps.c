/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jumps.c - what one vCPU remembers of units, so that it need not ask the translation cache.
 *
 * Two levels. The jump cache goes from a pc to code, and compiled code looks there by itself. It
 * has a table for each of the mappings used last, so that two processes that take turns do not
 * forget each other's code: what is in a table is right only as far as its entry's tag says so.
 * Behind it, by physical address and mode key, is what had to leave the jump cache: for that the
 * mapping is looked up again, so that it survives any change of it.
 *
 * Both hold a unit no longer than until its obituary is read, see evict.c. Owner only.
 */
#include <stdlib.h>
#include <string.h>
#include "core/vcpu/internal.h"

#define KNOWN_BITS 16

struct known {
    uint64_t pc; /* was remembered under this one */
    struct unit *unit;
};

#define TABLES_BYTES (JUMP_TABLES * VM_JUMP_CACHE_SIZE * sizeof(struct vm_jump_entry))

/* All zeros are no entry of either: no generation is 0. So memory that is never used costs nothing.
 */
bool jumps_init(struct vcpu *v)
{
    v->jump_memory = calloc(1, TABLES_BYTES + 63);
    v->jump_tables = (struct vm_jump_entry *)(((uintptr_t)v->jump_memory + 63) & ~(uintptr_t)63);
    v->known = calloc(1u << KNOWN_BITS, sizeof(struct known));
    v->cpu->jump_cache = v->jump_tables;
    return v->jump_memory && v->known;
}

void jumps_exit(struct vcpu *v)
{
    free(v->jump_memory);
    free(v->known);
}

void vcpu_jump_cache_clear(struct vcpu *v)
{
    memset(v->jump_tables, 0, TABLES_BYTES);
    memset(v->known, 0, sizeof(struct known) << KNOWN_BITS);
}

void jumps_renew(struct vcpu *v)
{
    v->jump_uses[v->jump_table] =
        (struct jump_use){.generation = tlb_fetch_generation(v->tlb), .last = ++v->jump_clock};
}

void jumps_select(struct vcpu *v)
{
    uint32_t generation = tlb_fetch_generation(v->tlb), k = 0;

    if (v->jump_uses[v->jump_table].generation == generation)
        return;
    for (uint32_t i = 0; i < JUMP_TABLES; i++) {
        if (v->jump_uses[i].generation == generation) {
            k = i;
            break;
        }
        if (v->jump_uses[i].last < v->jump_uses[k].last)
            k = i;
    }
    v->jump_table = k;
    jumps_renew(v);
    v->cpu->jump_cache = v->jump_tables + k * VM_JUMP_CACHE_SIZE;
}

struct unit *jumps_find(const struct vcpu *v)
{
    const struct vm_cpu *cpu = v->cpu;
    const struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(cpu->pc)];

    if (e->pc == cpu->pc && ((e->tag ^ cpu->jump_tag) & ~TAG_ENGINE_MASK) == 0)
        return (struct unit *)e->unit;
    return NULL;
}

static struct known *known_at(const struct vcpu *v, uint64_t pa, uint32_t key_id)
{
    uint64_t h = ((pa >> 1) ^ (uint64_t)key_id << 44) * 0x9e3779b97f4a7c15u;

    return &v->known[h >> (64 - KNOWN_BITS)];
}

static void enter_jump(struct vcpu *v, struct unit *u)
{
    struct vm_cpu *cpu = v->cpu;

    cpu->jump_cache[vm_jump_index(cpu->pc)] =
        (struct vm_jump_entry){.pc = cpu->pc,
                               .tag = (cpu->jump_tag & ~TAG_ENGINE_MASK) | u->engine,
                               .unit = &u->u,
                               .entry = u->u.entry};
}

struct unit *jumps_refill(struct vcpu *v, uint64_t pa)
{
    const struct known *k = known_at(v, pa, v->key_id);
    struct unit *u = k->unit;

    if (!u || k->pc != v->cpu->pc || u->pa != pa || u->key_id != v->key_id)
        return NULL;
    enter_jump(v, u);
    return u;
}

void jumps_remember(struct vcpu *v, struct unit *u)
{
    enter_jump(v, u);
    if (u->page2 == NO_PAGE)
        *known_at(v, u->pa, u->key_id) = (struct known){.pc = v->cpu->pc, .unit = u};
}

/* The bit of a set of units, in which several may share one. */
static uint64_t set_bit(const struct vm_unit *u)
{
    return UINT64_C(1) << ((uintptr_t)u * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

static void forget_at(struct vm_jump_entry *e, const struct obituary *dead, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (e->unit == dead[i].unit)
            e->tag = UINT64_MAX;
}

/* One that was entered at several addresses may be anywhere. */
static void forget_anywhere(struct vcpu *v, const struct obituary *dead, uint32_t n)
{
    uint64_t set = 0;

    for (uint32_t i = 0; i < n; i++)
        set |= dead[i].many_pcs ? set_bit(dead[i].unit) : 0;
    for (uint32_t t = 0; set && t < JUMP_TABLES && v->jump_uses[t].last; t++)
        for (uint32_t i = t * VM_JUMP_CACHE_SIZE; i < (t + 1) * VM_JUMP_CACHE_SIZE; i++)
            if (set & set_bit(v->jump_tables[i].unit))
                forget_at(&v->jump_tables[i], dead, n);
}

void jumps_forget(struct vcpu *v, const struct obituary *dead, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct known *k = known_at(v, dead[i].pa, dead[i].key_id);
        if (k->unit && &k->unit->u == dead[i].unit)
            k->unit = NULL;
        for (uint32_t t = 0; t < JUMP_TABLES; t++)
            forget_at(&v->jump_tables[t * VM_JUMP_CACHE_SIZE + vm_jump_index(dead[i].pc)], &dead[i],
                      1);
    }
    forget_anywhere(v, dead, n);
}
