/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * region.c - tier 2: which units are hot, and the regions made from them.
 *
 * Hotness is sampled: where a slice ends, there the guest spends its time. That costs compiled code
 * nothing, and one that runs a thousandth of the time is found a thousandth as often.
 *
 * A region is made of the block that was found and of all that it leads to on the same page, as far
 * as it has run: a block has when there is a unit for it. Calls are followed, too; a return first
 * looks whether it goes to where a call in the region comes back to, which is an entry. So is what
 * units outside of the region link to, and where a jump backwards leads: a slice that ends at the
 * head of a loop must find its way back into the loop.
 *
 * Where an indirect jump leads is not to be seen. What has run on the page and is linked to by
 * nobody can only be reached by such jumps, so a region that has one takes these blocks in (the
 * ways of a switch, the operations of an interpreter), and its jumps look whether they go to one of
 * them.
 */
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "core/vcpu/tcache.h"

#define MAX_BLOCKS    48u
#define MAX_INSNS     600u
#define MAX_RETURNS   3u   /* places where a return looks whether it goes there */
#define HALF_LIFE     256u /* slices in which a sample loses half of its weight */
#define SAMPLE_WEIGHT 64u

struct block {
    uint16_t first, bytes; /* on the page */
    uint16_t insns;
    uint16_t covered; /* so far, on the page, go units that the block is in */
    bool entry;
    bool returned_to; /* stands behind a call */
    bool target;      /* perhaps of the region's indirect jumps */
};

/* A region being put together. A worker may do it: what belongs to the vCPU is a copy. */
struct plan {
    struct sched *s;
    struct vcpu *v; /* whose thread this is, or NULL: a worker's */
    uint64_t key[2];
    uint32_t key_id;
    uint64_t pc, pa; /* of the block that was found */
    uint64_t page;
    const uint8_t *ram;
    uint8_t engine;  /* that compiles it */
    bool follow_all; /* blocks that have not run, too */
    bool again;      /* in place of the region that is there */
    struct block blocks[MAX_BLOCKS];
    uint32_t n_blocks, n_entries;
    bool jumps;                  /* a block ends with an indirect jump */
    struct vm_ir_unit ir, block; /* the region, and the block being translated */
    uint8_t bytes[VM_PAGE_SIZE]; /* as they were when this began */
};

/* ---- finding blocks ---- */

/* Translates the block that begins at page offset `first`; false: not one for a region. */
static bool translate_block(struct plan *p, uint32_t first, uint32_t max_insns)
{
    uint32_t n = (uint32_t)VM_PAGE_SIZE - first;
    struct code_copy copy = {
        .bytes = p->bytes + first,
        .n = n > 496 ? 496 : n,
        .max_insns = max_insns,
        .page_offset = first,
    };
    return translate_copy(p->s, p->key, &copy, &p->block);
}

static int find_block(const struct plan *p, int64_t first)
{
    for (uint32_t i = 0; i < p->n_blocks; i++)
        if (p->blocks[i].first == first)
            return (int)i;
    return -1;
}

/* The page offset behind the unit that begins at `first`, or 0: there is none. */
static uint32_t end_of_unit(const struct plan *p, int64_t first)
{
    struct tcache *tc = p->s->tcache;
    pthread_mutex_lock(&tc->lock);
    const struct unit *u =
        tcache_lookup_tier(tc, p->page + (uint64_t)first, p->key_id, SCHED_AUTO, 1);
    uint32_t end = u ? (uint32_t)first + u->u.guest_bytes : 0;
    pthread_mutex_unlock(&tc->lock);
    return end;
}

static void want(struct plan *p, const struct block *wanted, int64_t first, bool unseen)
{
    if (first < 0 || first >= (int64_t)VM_PAGE_SIZE)
        return;
    int at = find_block(p, first);
    if (at < 0 && p->n_blocks < MAX_BLOCKS && (unseen || end_of_unit(p, first) > 0)) {
        at = (int)p->n_blocks++;
        p->blocks[at] = (struct block){.first = (uint16_t)first};
    }
    if (at >= 0) {
        p->blocks[at].entry |= wanted->entry;
        p->blocks[at].returned_to |= wanted->returned_to;
        p->blocks[at].target |= wanted->target;
        if (wanted->covered > p->blocks[at].covered)
            p->blocks[at].covered = wanted->covered;
    }
}

/* Whether the block puts the address behind it into a slot: a call, then. */
static bool is_call(const struct vm_ir_unit *ir)
{
    bool found = false;
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        found |= insn->op == VM_OP_PUT && ir->insns[insn->arg[0]].op == VM_OP_PC &&
                 ir->insns[insn->arg[0]].imm == ir->guest_bytes;
    }
    return found;
}

/*
 * The blocks that p->block, which is that of that number, leads to. A unit may go on behind a
 * block, and has no unit beside it for what it does there.
 */
static void want_successors(struct plan *p, uint32_t number)
{
    const struct vm_ir_unit *ir = &p->block;
    uint32_t first = p->blocks[number].first, next = first + ir->guest_bytes;
    uint32_t covered = p->blocks[number].covered, own = end_of_unit(p, first);
    struct block wanted = {.entry = false};
    covered = own > covered ? own : covered;
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        if (ir->insns[i].op != VM_OP_EXIT && ir->insns[i].op != VM_OP_EXIT_IF)
            continue;
        bool goes_on = first + ir->insns[i].imm == next && next < covered;
        wanted.entry = ir->insns[i].imm <= 0;
        wanted.covered = goes_on ? (uint16_t)covered : 0;
        want(p, &wanted, first + ir->insns[i].imm, p->follow_all || goes_on);
    }
    wanted = (struct block){.entry = true, .returned_to = true};
    if (is_call(ir))
        want(p, &wanted, (int64_t)first + ir->guest_bytes, false);
}

static bool jumps_indirectly(const struct vm_ir_unit *ir)
{
    const struct vm_ir_insn *last = &ir->insns[ir->n_insns - 1];
    return last->op == VM_OP_EXIT_TO && last->aux == VM_JUMP_PLAIN;
}

static void want_targets(struct plan *p)
{
    struct tcache *tc = p->s->tcache;
    uint16_t first[MAX_BLOCKS];
    struct block wanted = {.entry = true, .target = true};
    pthread_mutex_lock(&tc->lock);
    uint32_t n = tcache_unlinked(tc, p->page, p->key_id, p->engine, first, MAX_BLOCKS);
    pthread_mutex_unlock(&tc->lock);
    for (uint32_t i = 0; i < n; i++)
        want(p, &wanted, first[i], true);
}

/* Blocks that units outside of the region link to are entries. */
static void find_entries(struct plan *p)
{
    struct tcache *tc = p->s->tcache;
    pthread_mutex_lock(&tc->lock);
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        struct unit *u =
            tcache_lookup_tier(tc, p->page + p->blocks[i].first, p->key_id, p->engine, 1);
        for (struct unit_link *l = u ? u->in : NULL; l; l = l->next)
            p->blocks[i].entry |= find_block(p, (int64_t)(l->from->pa - p->page)) < 0;
    }
    pthread_mutex_unlock(&tc->lock);
}

/* A return to one of the places that calls in the region come back to stays in the region. */
static void append_return(struct plan *p, vm_ir_value target)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_blocks && n < MAX_RETURNS; i++) {
        int64_t first = p->blocks[i].first;
        if (!p->blocks[i].returned_to)
            continue;
        vm_ir_value place = vm_ir_0(&p->ir, VM_OP_PC, VM_NONE, 0, first);
        vm_ir_value same = vm_ir_2(&p->ir, VM_OP_EQ, VM_I64, 0, 0, target, place);
        vm_ir_1(&p->ir, VM_OP_EXIT_IF, VM_NONE, 0, first, same);
        n++;
    }
}

/* Appends a block's IR, translated anew now that all blocks are known. */
static bool append_block(struct plan *p, const struct block *b)
{
    if (!translate_block(p, b->first, b->insns) || p->block.guest_bytes != b->bytes)
        return false;
    struct vm_ir_insn last = p->block.insns[p->block.n_insns - 1];
    bool returns = last.op == VM_OP_EXIT_TO && last.aux == VM_JUMP_RETURN;
    p->block.n_insns -= returns;
    vm_ir_append(&p->ir, &p->block, b->first,
                 (b->entry ? VM_LABEL_ENTRY : 0) | (b->target ? VM_LABEL_TARGET : 0));
    if (returns) {
        vm_ir_value target = p->ir.n_insns - p->block.n_insns + last.arg[0];
        append_return(p, target);
        vm_ir_1(&p->ir, VM_OP_EXIT_TO, VM_NONE, last.aux, 0, target);
    }
    return !p->ir.failed;
}

static bool find_blocks(struct plan *p)
{
    uint32_t insns = 0;
    bool looked = false;
    p->blocks[0] = (struct block){.first = (uint16_t)(p->pa - p->page), .entry = true};
    p->n_blocks = 1;
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        struct block *b = &p->blocks[i];
        uint32_t room = insns < MAX_INSNS ? MAX_INSNS - insns : 1;
        if (!translate_block(p, b->first, room < UNIT_MAX_INSNS ? room : UNIT_MAX_INSNS))
            return false;
        b->bytes = (uint16_t)p->block.guest_bytes;
        b->insns = (uint16_t)p->block.guest_insns;
        insns += p->block.guest_insns;
        if (insns >= MAX_INSNS)
            continue;
        want_successors(p, i);
        p->jumps |= jumps_indirectly(&p->block);
        /* What is certain to be reached comes first. */
        if (p->jumps && !looked && i + 1 == p->n_blocks) {
            want_targets(p);
            looked = true;
        }
    }
    return true;
}

/* Fills blocks and IR; false: no region. */
static bool collect(struct plan *p)
{
    uint32_t exits = 0;
    if (!find_blocks(p))
        return false;
    find_entries(p);
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        p->n_entries += p->blocks[i].entry;
        if (!append_block(p, &p->blocks[i]))
            return false;
    }
    for (uint32_t i = 0; i < p->ir.n_insns; i++) {
        struct vm_ir_insn *insn = &p->ir.insns[i];
        if (insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) {
            insn->aux = (uint32_t)(find_block(p, insn->imm) + 1);
            exits += insn->aux == 0;
        }
    }
    return exits <= VM_UNIT_MAX_EXITS;
}

/* ---- the unit ---- */

/* One block of memory: the entries' units, the links of the first, and the lists. */
static struct unit *alloc_region(const struct plan *p)
{
    uint32_t n_exits = 0, n = p->n_entries;
    for (uint32_t i = 0; i < p->ir.n_insns; i++)
        n_exits += p->ir.insns[i].aux == 0 &&
                   (p->ir.insns[i].op == VM_OP_EXIT || p->ir.insns[i].op == VM_OP_EXIT_IF);
    size_t bytes = n * (sizeof(struct unit) + sizeof(struct vm_unit *)) +
                   n_exits * (sizeof(struct unit_link) + sizeof(struct vm_unit_exit)) +
                   p->n_blocks * sizeof(struct segment);
    struct unit *u = calloc(1, bytes);
    if (!u)
        return NULL;
    u->links = (struct unit_link *)(u + n);
    struct vm_unit_exit *exits = (struct vm_unit_exit *)(u->links + n_exits);
    struct vm_unit **entries = (struct vm_unit **)(exits + n_exits);
    u->segments = (struct segment *)(entries + n);
    u->n_segments = p->n_blocks;
    u->bytes = bytes;
    u->u.exits = exits;
    u->u.n_exits = n_exits;
    u->u.entries = entries;
    u->u.n_entries = n;
    return u;
}

static void fill_region(const struct plan *p, struct unit *u)
{
    struct vm_unit_exit *exits = (struct vm_unit_exit *)u->u.exits;
    struct vm_unit **entries = (struct vm_unit **)u->u.entries;
    uint64_t pc = p->pc & VM_PAGE_MASK;
    uint32_t n = 0;

    for (uint32_t i = 0, k = 0; i < p->ir.n_insns; i++)
        if (p->ir.insns[i].aux == 0 &&
            (p->ir.insns[i].op == VM_OP_EXIT || p->ir.insns[i].op == VM_OP_EXIT_IF))
            exits[k++].delta = p->ir.insns[i].imm;
    u->u.guest_insns = p->ir.guest_insns;
    u->u.poll_blocks =
        p->s->config.deterministic; /* a nearer deadline counts from the next block */
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        const struct block *b = &p->blocks[i];
        u->segments[i] = (struct segment){.first = b->first, .bytes = b->bytes};
        u->u.guest_bytes += b->bytes;
        if (!b->entry)
            continue;
        struct unit *entry = u + n;
        entries[n++] = &entry->u;
        entry->pa = p->page + b->first;
        entry->u.pc = pc + b->first;
        entry->u.tier = 2;
        entry->page2 = NO_PAGE;
        entry->key_id = p->key_id;
        entry->engine = p->engine;
        entry->region = u;
        entry->settled = true;
        atomic_init(&entry->u.heat, INT32_MAX);
    }
}

/* Whether guest memory still holds what was translated. */
static bool unchanged(const struct plan *p)
{
    for (uint32_t i = 0; i < p->n_blocks; i++)
        for (uint32_t k = p->blocks[i].first; k < p->blocks[i].first + p->blocks[i].bytes; k++)
            if ((uint8_t)vm_ram_load(p->ram + k, 1) != p->bytes[k])
                return false;
    return true;
}

/* Enters the region into the tables, and nobody goes to its entries' old units any more. The one
 * that it is better than dies. */
static void publish(const struct plan *p, struct unit *u)
{
    struct sched *s = p->s;
    struct tcache *tc = s->tcache;
    pthread_mutex_lock(&tc->lock);
    tcache_count(tc, u);
    struct unit *old = tcache_lookup_tier(tc, u->pa, u->key_id, u->engine, 2);
    bool ok = (!old || p->again) && unchanged(p) && !tcache_insert(tc, u);
    if (ok && old) {
        unit_kill(tc, old->region);
        tc->stats.improved++;
    }
    for (uint32_t i = 0; ok && i < u->u.n_entries; i++)
        tcache_retire_lower(tc, (const struct unit *)u->u.entries[i]);
    tc->stats.discarded += !ok;
    pthread_mutex_unlock(&tc->lock);
    if (!ok)
        translate_free(s, u);
}

static void trace_region(const struct plan *p)
{
    struct sched *s = p->s;
    char *text = NULL;
    size_t size;
    FILE *f = trace_mask & VM_TRACE_IR ? open_memstream(&text, &size) : NULL;
    if (!f)
        return;
    ir_print(&p->ir, s->config.arch_ops, f);
    fclose(f);
    trace_line("ir", "region at pc 0x%llx\n%s", (unsigned long long)p->pc, text);
    free(text);
}

static void build(struct plan *p)
{
    struct sched *s = p->s;
    struct vm_error err = VM_ERROR_INIT;
    if (!collect(p))
        return;
    trace_region(p);
    if (s->config.verify_ir && ir_verify(&p->ir, s->config.arch_ops, &err)) {
        sched_fail(s, "invalid IR of a region at pc 0x%llx: %s", (unsigned long long)p->pc,
                   err.text);
        return;
    }
    struct unit *u = alloc_region(p);
    if (!u)
        return;
    fill_region(p, u);
    int result = unit_compile(s, p->v, &p->ir, u, &err);
    if (result != VM_COMPILE_OK) {
        free(u);
        if (result == VM_COMPILE_ERROR)
            sched_fail(s, "cannot compile the region at pc 0x%llx: %s", (unsigned long long)p->pc,
                       err.text);
        return;
    }
    publish(p, u);
}

/* The page stays flagged as long as a plan for it is alive. */
static void plan_free(struct plan *p)
{
    struct tcache *tc = p->s->tcache;
    pthread_mutex_lock(&tc->lock);
    tc->in_flight--;
    pthread_mutex_unlock(&tc->lock);
    vm_ir_free(&p->ir);
    vm_ir_free(&p->block);
    free(p);
}

static void job(void *opaque, bool run)
{
    struct plan *p = opaque;
    if (run)
        build(p);
    plan_free(p);
}

/* A region at v's pc, where u is; NULL: there can be none. With the lock held. */
static struct plan *plan_new(struct vcpu *v, struct unit *u)
{
    struct sched *s = v->sched;
    uint64_t page = u->pa & VM_PAGE_MASK;
    const uint8_t *ram = u->dead ? NULL : space_ram(s->config.space, page, VM_PAGE_SIZE);
    struct plan *p = ram ? malloc(sizeof(*p)) : NULL;
    if (!p)
        return NULL;
    memset(p, 0, offsetof(struct plan, bytes));
    p->s = s;
    p->key[0] = v->mode.key[0];
    p->key[1] = v->mode.key[1];
    p->key_id = v->key_id;
    p->pc = (v->cpu->pc & VM_PAGE_MASK) + (u->pa - page);
    p->pa = u->pa;
    p->again = u->region != NULL;
    p->page = page;
    p->ram = ram;
    p->engine = u->engine;
    p->follow_all = s->config.tier2_threshold == 0;
    source_copy(p->bytes, ram, VM_PAGE_SIZE);
    s->tcache->in_flight++;
    return p;
}

static bool can_rise(const struct sched *s, const struct unit *u)
{
    return engine_of(s, u)->ops->flags & VM_ENGINE_REGIONS && u->u.tier == 1 && !u->settled &&
           !u->no_cache && !u->dead && u->page2 == NO_PAGE;
}

static bool is_outdated(const struct unit *u)
{
    return u->region && !u->dead &&
           atomic_load_explicit(&u->region->u.outdated, memory_order_relaxed);
}

/* Nothing is, or again something may be, made of u. */
static void settle(struct unit *u, bool settled)
{
    if (u->region)
        atomic_store_explicit(&u->u.outdated, !settled, memory_order_relaxed);
    else
        u->settled = settled;
}

/*
 * Makes a region at v's pc, where u is, or has it made, if there can be one; or makes the region
 * again that u is an entry of. u may be gone when this returns: there may have been no room.
 */
static void region_make(struct vcpu *v, struct unit *u)
{
    struct sched *s = v->sched;
    struct tcache *tc = s->tcache;
    pthread_mutex_lock(&tc->lock);
    u = u->region ? u->region : u;
    struct plan *p = can_rise(s, u) || is_outdated(u) ? plan_new(v, u) : NULL;
    settle(u, true);
    pthread_mutex_unlock(&tc->lock);
    if (!p || (s->workers && workers_add(s->workers, job, p, false)))
        return;
    if (s->workers) { /* they have enough to do */
        pthread_mutex_lock(&tc->lock);
        settle(u, false);
        pthread_mutex_unlock(&tc->lock);
    } else {
        p->v = v;
    }
    job(p, !s->workers);
}

/* ---- hotness ---- */

/* u was found running once more: true if that makes it hot. With the lock held. */
static bool sample(struct sched *s, struct unit *u, uint64_t now)
{
    uint64_t age = (now - u->sampled) / ((uint64_t)HALF_LIFE * s->config.cpus);
    uint32_t samples = (age < 16 ? u->samples >> age : 0) + SAMPLE_WEIGHT;
    if (!can_rise(s, u) && !is_outdated(u))
        return false;
    u->samples = samples < UINT16_MAX ? (uint16_t)samples : UINT16_MAX;
    u->sampled = now;
    return u->samples > (uint64_t)s->config.tier2_threshold * SAMPLE_WEIGHT;
}

void region_sample(struct vcpu *v)
{
    struct tcache *tc = v->sched->tcache;
    struct unit *u = tcache_find(v);

    if (!u)
        return;
    pthread_mutex_lock(&tc->lock);
    bool hot = sample(v->sched, u, atomic_load_explicit(&v->sched->slices, memory_order_relaxed));
    pthread_mutex_unlock(&tc->lock);
    if (hot)
        region_make(v, u);
}

struct unit *region_at_once(struct vcpu *v, struct unit *u)
{
    struct tcache *tc = v->sched->tcache;
    uint64_t pa = u->pa;
    pthread_mutex_lock(&tc->lock);
    bool rises = can_rise(v->sched, u);
    pthread_mutex_unlock(&tc->lock);
    if (!rises)
        return u;
    region_make(v, u);
    pthread_mutex_lock(&tc->lock);
    u = tcache_lookup(tc, pa, v->key_id, NO_PAGE, v->policy);
    pthread_mutex_unlock(&tc->lock);
    return u;
}
