/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcache.c - the translation cache: units by (physical address, mode key), links between them, invalidation, eviction.
 *
 * Translation protocol. Guest bytes are copied and translated; then the page is flagged PAGE_CODE, every vCPU gives up its fast write
 * tags for it and acknowledges; then, under the cache's lock, the bytes are compared again and the unit enters the tables. A store
 * before that comparison is seen by it; a store after it takes the slow path, whose hook waits for the lock and finds the unit.
 * The flag is taken away again only while no translation is under way.
 *
 * Lifetime. A dead unit leaves all tables and nobody links to it any more, but vCPUs may still be inside. Each death takes a new epoch;
 * a vCPU publishes the epoch it has seen whenever it is between units with its queue drained. The memory is freed when every vCPU is
 * quiescent or past the unit's epoch.
 */
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/vcpu/internal.h"

#define BUCKETS (1u << 16)
#define PAGE_BUCKETS (1u << 12)
#define LIMIT_BYTES ((size_t)24 << 20) /* of units and their code; keeps vmrun's own memory small */

/* A RAM page that units were made from. `lines` has a bit for each 64 bytes that some unit covers. */
struct code_page {
    struct code_page *next;
    uint64_t pa;
    uint64_t lines;
    struct unit *units;
};

struct key_entry {
    uint64_t key[2];
};

struct tcache {
    struct sched *s;
    pthread_mutex_t lock;
    struct unit **buckets;
    struct code_page **pages;
    struct unit *fifo_head, **fifo_tail; /* live and dead, oldest first */
    struct key_entry *keys;
    uint32_t n_keys, cap_keys;
    uint32_t in_flight; /* translations between flagging a page and entering the tables */
    _Atomic uint64_t epoch;
    size_t live_bytes, dead_bytes;
    struct tcache_stats stats;
};

static uint32_t bucket_of(uint64_t pa, uint32_t key_id)
{
    uint64_t h = (pa >> 1) ^ (pa >> 15) ^ ((uint64_t)key_id * 0x9e3779b1u);
    return (uint32_t)h & (BUCKETS - 1);
}

static struct code_page **page_slot(struct tcache *tc, uint64_t page_pa)
{
    struct code_page **p = &tc->pages[((page_pa >> VM_PAGE_BITS) ^ (page_pa >> 24)) & (PAGE_BUCKETS - 1)];
    while (*p && (*p)->pa != page_pa)
        p = &(*p)->next;
    return p;
}

static uint64_t line_mask(uint64_t first, uint64_t last)
{
    uint64_t from = (first & ~VM_PAGE_MASK) >> 6, to = (last & ~VM_PAGE_MASK) >> 6;
    return (UINT64_MAX << from) & (UINT64_MAX >> (63 - to));
}

/* ---- mode keys ---- */

uint32_t tcache_key_id(struct vcpu *v, const uint64_t key[2])
{
    struct key_cache_entry *e = &v->key_cache[(key[0] ^ (key[0] >> 7) ^ key[1]) & (KEY_CACHE_SIZE - 1)];
    if (e->id && e->key[0] == key[0] && e->key[1] == key[1])
        return e->id;
    struct tcache *tc = v->sched->tcache;
    pthread_mutex_lock(&tc->lock);
    uint32_t i = 0;
    while (i < tc->n_keys && (tc->keys[i].key[0] != key[0] || tc->keys[i].key[1] != key[1]))
        i++;
    if (i == tc->n_keys && i == tc->cap_keys) {
        uint32_t cap = tc->cap_keys ? 2 * tc->cap_keys : 64;
        struct key_entry *keys = realloc(tc->keys, cap * sizeof(*keys));
        if (!keys) {
            pthread_mutex_unlock(&tc->lock);
            sched_fail(v->sched, "out of memory for mode keys");
            return 0;
        }
        tc->keys = keys;
        tc->cap_keys = cap;
    }
    if (i == tc->n_keys) {
        tc->keys[i] = (struct key_entry){ { key[0], key[1] } };
        tc->n_keys++;
    }
    pthread_mutex_unlock(&tc->lock);
    *e = (struct key_cache_entry){ { key[0], key[1] }, i + 1 };
    return i + 1;
}

/* ---- links ---- */

static void link_remove(struct unit_link *l)
{
    if (l->prev)
        l->prev->next = l->next;
    else
        l->to->in = l->next;
    if (l->next)
        l->next->prev = l->prev;
    l->to = NULL;
}

void tcache_link(struct vcpu *v, struct unit *from, uint32_t index, struct unit *to)
{
    struct tcache *tc = v->sched->tcache;
    if (index >= from->u.n_exits || from->no_cache || to->page2 != NO_PAGE || to->no_cache || from->key_id != to->key_id)
        return;
    /* Only inside the page that `from` itself was entered on is the mapping certain. */
    int64_t target = (int64_t)from->u.page_offset + from->u.exits[index].delta;
    if (target != (int64_t)to->u.page_offset || (from->pa & VM_PAGE_MASK) != (to->pa & VM_PAGE_MASK))
        return;
    pthread_mutex_lock(&tc->lock);
    struct unit_link *l = &from->links[index];
    if (!l->to && !from->dead && !to->dead) {
        *l = (struct unit_link){ .from = from, .to = to, .next = to->in };
        if (to->in)
            to->in->prev = l;
        to->in = l;
        tc->stats.links++;
        v->sched->config.engine_ops->link(v->sched->config.engine, &from->u, index, &to->u);
    }
    pthread_mutex_unlock(&tc->lock);
}

/* ---- death ---- */

/* Forgets `u` in a vCPU's jump cache. a: the unit, b: its first pc, flag: it is there under other pcs too. */
static void forget_work(struct vcpu *v, const struct work *w)
{
    struct vm_jump_entry *cache = v->cpu->jump_cache;
    struct vm_unit *u = (struct vm_unit *)(uintptr_t)w->a;
    if (w->flag) {
        for (uint32_t i = 0; i < VM_JUMP_CACHE_SIZE; i++)
            if (cache[i].unit == u)
                cache[i].tag = UINT64_MAX;
        return;
    }
    struct vm_jump_entry *e = &cache[vm_jump_index(w->b)];
    if (e->unit == u)
        e->tag = UINT64_MAX;
}

static void page_forget(struct tcache *tc, uint64_t page_pa, struct unit *u, int which)
{
    struct code_page **slot = page_slot(tc, page_pa), *p = *slot;
    if (!p)
        return;
    struct unit **at = &p->units;
    while (*at && *at != u)
        at = &(*at)->page_next[((*at)->pa & VM_PAGE_MASK) != page_pa];
    if (*at)
        *at = u->page_next[which];
    if (!p->units) {
        *slot = p->next;
        free(p);
    }
}

/* Takes `u` out of all tables. Called with the lock held. */
static void kill(struct tcache *tc, struct unit *u)
{
    struct unit **at = &tc->buckets[bucket_of(u->pa, u->key_id)];
    while (*at != u)
        at = &(*at)->hash_next;
    *at = u->hash_next;
    page_forget(tc, u->pa & VM_PAGE_MASK, u, 0);
    if (u->page2 != NO_PAGE)
        page_forget(tc, u->page2, u, 1);
    while (u->in) {
        struct unit_link *l = u->in;
        uint32_t index = (uint32_t)(l - l->from->links);
        tc->s->config.engine_ops->unlink(tc->s->config.engine, &l->from->u, index);
        link_remove(l);
    }
    u->dead = true;
    u->dead_epoch = atomic_fetch_add(&tc->epoch, 1) + 1;
    tc->live_bytes -= u->bytes;
    tc->dead_bytes += u->bytes;
    tc->stats.live--;
    struct work w = { .fn = forget_work, .a = (uint64_t)(uintptr_t)u, .b = u->first_pc, .flag = u->many_pcs };
    for (uint32_t i = 0; i < tc->s->config.cpus; i++)
        work_post(&tc->s->vcpus[i], &w);
}

/* Unlinks dead units from the age list and frees those that nobody can be in. */
void tcache_reclaim(struct tcache *tc)
{
    uint64_t safe = UINT64_MAX;
    for (uint32_t i = 0; i < tc->s->config.cpus; i++) {
        struct vcpu *v = &tc->s->vcpus[i];
        uint64_t seen = atomic_load_explicit(&v->epoch, memory_order_acquire);
        if (!atomic_load(&v->quiescent) && seen < safe)
            safe = seen;
    }
    pthread_mutex_lock(&tc->lock);
    struct unit **at = &tc->fifo_head;
    while (*at) {
        struct unit *u = *at;
        if (!u->dead || u->dead_epoch > safe) {
            at = &u->fifo_next;
            continue;
        }
        *at = u->fifo_next;
        for (uint32_t i = 0; i < u->u.n_exits; i++)
            if (u->links[i].to)
                link_remove(&u->links[i]);
        tc->dead_bytes -= u->bytes;
        translate_free(tc->s, u);
    }
    tc->fifo_tail = at;
    pthread_mutex_unlock(&tc->lock);
}

bool tcache_code_written(struct tcache *tc, uint64_t pa, uint64_t n)
{
    bool hit = false;
    pthread_mutex_lock(&tc->lock);
    for (uint64_t page = pa & VM_PAGE_MASK; n && page <= pa + n - 1; page += VM_PAGE_SIZE) {
        struct code_page *p = *page_slot(tc, page);
        uint64_t first = page > pa ? page : pa;
        uint64_t last = page + VM_PAGE_SIZE - 1 < pa + n - 1 ? page + VM_PAGE_SIZE - 1 : pa + n - 1;
        struct unit *u = p && (p->lines & line_mask(first, last)) ? p->units : NULL;
        bool left = false;
        while (u) {
            struct unit *next = u->page_next[(u->pa & VM_PAGE_MASK) != page];
            uint64_t from = (u->pa & VM_PAGE_MASK) == page ? u->pa : page;
            uint64_t end = (u->pa & VM_PAGE_MASK) == page ? u->pa + u->u.guest_bytes
                                                          : page + u->u.guest_bytes - (VM_PAGE_SIZE - u->u.page_offset);
            if (from <= last && first < end) {
                kill(tc, u);
                tc->stats.invalidated++;
                hit = true;
            } else {
                left = true;
            }
            u = next;
        }
        if (!left && !tc->in_flight && !*page_slot(tc, page)) {
            const struct space_range *r = space_find(tc->s->config.space, page);
            if (r && r->ram)
                atomic_fetch_and(&r->ram->page_flags[(page - r->ram->base) >> VM_PAGE_BITS], (uint8_t)~PAGE_CODE);
        }
    }
    pthread_mutex_unlock(&tc->lock);
    return hit;
}

void tcache_flush(struct tcache *tc)
{
    pthread_mutex_lock(&tc->lock);
    for (struct unit *u = tc->fifo_head; u; u = u->fifo_next)
        if (!u->dead)
            kill(tc, u);
    pthread_mutex_unlock(&tc->lock);
    tcache_reclaim(tc);
}

/* Keeps the cache inside its limit: beyond it the oldest eighth dies. */
static void keep_limits(struct tcache *tc)
{
    pthread_mutex_lock(&tc->lock);
    size_t goal = tc->live_bytes > LIMIT_BYTES ? LIMIT_BYTES - LIMIT_BYTES / 8 : tc->live_bytes;
    for (struct unit *u = tc->fifo_head; u && tc->live_bytes > goal; u = u->fifo_next) {
        if (u->dead)
            continue;
        kill(tc, u);
        tc->stats.evicted++;
    }
    bool reclaim = tc->dead_bytes > LIMIT_BYTES / 8;
    pthread_mutex_unlock(&tc->lock);
    if (reclaim)
        tcache_reclaim(tc);
}

/* ---- birth ---- */

static void protect_work(struct vcpu *v, const struct work *w)
{
    tlb_protect_page(v->tlb, w->a);
}

/* Flags the page and returns when no vCPU can write it unseen. */
static void protect_page(struct vcpu *v, uint64_t page_pa)
{
    const struct space_range *r = space_find(v->sched->config.space, page_pa);
    _Atomic uint8_t *flags = &r->ram->page_flags[(page_pa - r->ram->base) >> VM_PAGE_BITS];
    struct work w = { .fn = protect_work, .a = page_pa };
    atomic_fetch_or(flags, PAGE_CODE);
    tlb_protect_page(v->tlb, page_pa);
    work_sync_others(v, &w);
}

static bool page_known(struct tcache *tc, uint64_t page_pa)
{
    return page_pa == NO_PAGE || *page_slot(tc, page_pa) != NULL;
}

static int page_remember(struct tcache *tc, uint64_t page_pa, struct unit *u, int which, uint64_t first, uint64_t last)
{
    struct code_page **slot = page_slot(tc, page_pa);
    if (!*slot) {
        struct code_page *p = calloc(1, sizeof(*p));
        if (!p)
            return -1;
        p->pa = page_pa;
        *slot = p;
    }
    u->page_next[which] = (*slot)->units;
    (*slot)->units = u;
    (*slot)->lines |= line_mask(first, last);
    return 0;
}

/* Whether guest memory still holds what was translated. */
static bool source_unchanged(struct tcache *tc, const struct source *src)
{
    uint64_t room = VM_PAGE_SIZE - (src->pa & ~VM_PAGE_MASK);
    for (uint32_t i = 0; i < src->n_bytes; i++) {
        uint64_t pa = i < room ? src->pa + i : src->page2 + (i - room);
        const uint8_t *p = space_ram(tc->s->config.space, pa, 1);
        if (!p || (uint8_t)vm_ram_load(p, 1) != src->bytes[i])
            return false;
    }
    return true;
}

/* Called with the lock held. */
static int insert(struct tcache *tc, struct unit *u)
{
    uint64_t room = VM_PAGE_SIZE - u->u.page_offset;
    uint64_t on_first = u->u.guest_bytes < room ? u->u.guest_bytes : room;
    if (page_remember(tc, u->pa & VM_PAGE_MASK, u, 0, u->pa, u->pa + on_first - 1))
        return -1;
    if (u->page2 != NO_PAGE &&
        page_remember(tc, u->page2, u, 1, u->page2, u->page2 + (u->u.guest_bytes - on_first) - 1)) {
        page_forget(tc, u->pa & VM_PAGE_MASK, u, 0);
        return -1;
    }
    struct unit **b = &tc->buckets[bucket_of(u->pa, u->key_id)];
    u->hash_next = *b;
    *b = u;
    *tc->fifo_tail = u;
    tc->fifo_tail = &u->fifo_next;
    tc->live_bytes += u->bytes;
    tc->stats.live++;
    tc->stats.translated++;
    tc->stats.guest_insns += u->u.guest_insns;
    tc->stats.code_bytes += u->u.code_bytes;
    return 0;
}

static struct unit *lookup(struct tcache *tc, uint64_t pa, uint32_t key_id, uint64_t page2, bool any_page2)
{
    for (struct unit *u = tc->buckets[bucket_of(pa, key_id)]; u; u = u->hash_next)
        if (u->pa == pa && u->key_id == key_id && (any_page2 || u->page2 == page2))
            return u;
    return NULL;
}

/* Enters a fresh translation into the tables; NULL: the guest changed the bytes meanwhile. Another vCPU's twin wins. */
static struct unit *publish(struct vcpu *v, struct unit *u, const struct source *src)
{
    struct tcache *tc = v->sched->tcache;
    uint64_t page1 = u->pa & VM_PAGE_MASK;
    pthread_mutex_lock(&tc->lock);
    bool protect1 = !page_known(tc, page1), protect2 = !page_known(tc, u->page2);
    tc->in_flight++;
    pthread_mutex_unlock(&tc->lock);
    if (protect1)
        protect_page(v, page1);
    if (protect2)
        protect_page(v, u->page2);

    pthread_mutex_lock(&tc->lock);
    tc->in_flight--;
    struct unit *twin = lookup(tc, u->pa, u->key_id, u->page2, false);
    struct unit *result = u;
    if (twin)
        result = twin;
    else if (!source_unchanged(tc, src))
        result = NULL;
    else if (insert(tc, u)) {
        sched_fail(v->sched, "out of memory for a code page");
        result = NULL;
    }
    tc->stats.discarded += result != u;
    pthread_mutex_unlock(&tc->lock);
    if (result != u)
        translate_free(v->sched, u);
    return result;
}

/* ---- look-up ---- */

/* A known unit for pc, or NULL. One that straddles pages counts only if the second page is mapped as it was. */
static struct unit *find_known(struct vcpu *v, uint64_t pa)
{
    struct tcache *tc = v->sched->tcache;
    pthread_mutex_lock(&tc->lock);
    struct unit *u = lookup(tc, pa, v->key_id, NO_PAGE, true);
    bool straddles = u && u->page2 != NO_PAGE;
    pthread_mutex_unlock(&tc->lock);
    if (!straddles)
        return u;
    uint64_t page2;
    bool no_cache;
    if (!tlb_fetch_page(v->tlb, (v->cpu->pc & VM_PAGE_MASK) + VM_PAGE_SIZE, &page2, &no_cache)) {
        v->cpu->fault.kind = VM_FAULT_NONE; /* the unit was made when it was mapped; translating finds the fault again */
        return NULL;
    }
    pthread_mutex_lock(&tc->lock);
    u = lookup(tc, pa, v->key_id, page2, false);
    pthread_mutex_unlock(&tc->lock);
    return u;
}

static void remember_jump(struct vcpu *v, struct unit *u)
{
    struct vm_cpu *cpu = v->cpu;
    if (u->no_cache)
        return;
    /* Other vCPUs may do this at once; the flag only ever goes up and a stale one costs a scan. */
    pthread_mutex_lock(&v->sched->tcache->lock);
    if (!u->entered)
        u->first_pc = cpu->pc;
    else if (u->first_pc != cpu->pc)
        u->many_pcs = true;
    u->entered = true;
    bool dead = u->dead;
    pthread_mutex_unlock(&v->sched->tcache->lock);
    if (!dead)
        cpu->jump_cache[vm_jump_index(cpu->pc)] =
            (struct vm_jump_entry){ .pc = cpu->pc, .tag = cpu->jump_tag, .unit = &u->u, .entry = u->u.entry };
}

struct unit *tcache_find(struct vcpu *v)
{
    struct vm_cpu *cpu = v->cpu;
    struct tcache *tc = v->sched->tcache;
    struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(cpu->pc)];
    if (e->pc == cpu->pc && e->tag == cpu->jump_tag)
        return (struct unit *)e->unit;
    v->stats.jump_misses++;
    while (!atomic_load_explicit(&v->sched->stop, memory_order_relaxed)) {
        uint64_t page_pa;
        bool no_cache;
        if (!tlb_fetch_page(v->tlb, cpu->pc, &page_pa, &no_cache))
            return NULL;
        struct unit *u = no_cache ? NULL : find_known(v, page_pa | (cpu->pc & ~VM_PAGE_MASK));
        if (!u) {
            struct source src;
            keep_limits(tc);
            u = translate_unit(v, UNIT_MAX_INSNS, &src);
            if (!u)
                return NULL;
            u = publish(v, u, &src);
        }
        if (u) {
            remember_jump(v, u);
            return u;
        }
    }
    return NULL;
}

struct unit *tcache_short_unit(struct vcpu *v, uint32_t max_insns)
{
    struct source src;
    v->cpu->fault.kind = VM_FAULT_NONE;
    struct unit *u = translate_unit(v, max_insns < UNIT_MAX_INSNS ? max_insns : UNIT_MAX_INSNS, &src);
    v->sched->tcache->stats.short_units += u != NULL;
    return u;
}

void tcache_drop_short(struct vcpu *v, struct unit *u)
{
    translate_free(v->sched, u);
}

/* ---- life ---- */

uint64_t tcache_epoch(const struct tcache *tc)
{
    return atomic_load(&tc->epoch);
}

void tcache_get_stats(struct tcache *tc, struct tcache_stats *out)
{
    pthread_mutex_lock(&tc->lock);
    *out = tc->stats;
    out->live_bytes = tc->live_bytes;
    pthread_mutex_unlock(&tc->lock);
}

struct tcache *tcache_new(struct sched *s, struct vm_error *err)
{
    struct tcache *tc = calloc(1, sizeof(*tc));
    if (tc) {
        tc->s = s;
        tc->buckets = calloc(BUCKETS, sizeof(struct unit *));
        tc->pages = calloc(PAGE_BUCKETS, sizeof(struct code_page *));
        tc->fifo_tail = &tc->fifo_head;
        pthread_mutex_init(&tc->lock, NULL);
    }
    if (!tc || !tc->buckets || !tc->pages) {
        vm_error_set(err, "out of memory for the translation cache");
        tcache_free(tc);
        return NULL;
    }
    return tc;
}

void tcache_free(struct tcache *tc)
{
    if (!tc)
        return;
    if (tc->buckets && tc->pages) {
        tcache_flush(tc);
        pthread_mutex_destroy(&tc->lock);
    }
    free(tc->buckets);
    free(tc->pages);
    free(tc->keys);
    free(tc);
}
