/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcache.c - the translation cache: units by (physical address, mode key), links between them,
 * invalidation. What goes when there is no more room, and when memory is freed, is in evict.c.
 *
 * Translation protocol. Guest bytes are copied and translated; then the page is flagged PAGE_CODE,
 * every vCPU gives up its fast write tags for it and acknowledges; then, under the cache's lock,
 * the bytes are compared again and the unit enters the tables. A store before that comparison is
 * seen by it; a store after it takes the slow path, whose hook waits for the lock and finds the
 * unit. The flag is taken away again only while no translation is under way.
 */
#include <stdlib.h>
#include <string.h>
#include "core/vcpu/tcache.h"

#define MAX_TRIES 8 /* of translating bytes that others keep changing */

static uint32_t bucket_of(uint64_t pa, uint32_t key_id)
{
    uint64_t h = ((pa >> 1) ^ (uint64_t)key_id << 44) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> (64 - BUCKET_BITS));
}

static struct code_page **page_slot(struct tcache *tc, uint64_t page_pa)
{
    struct code_page **p =
        &tc->pages[((page_pa >> VM_PAGE_BITS) ^ (page_pa >> 24)) & (PAGE_BUCKETS - 1)];
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

static uint32_t key_hash(const uint64_t key[2])
{
    uint64_t h = (key[0] ^ key[1] * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> 32);
}

/*
 * The id of a key. When there are too many keys all are forgotten: one that comes back then gets a
 * new id, its old units are not found any more and die of age. An id is not used for another key
 * before KEY_ID_MAX others were.
 */
static uint32_t key_intern(struct tcache *tc, const uint64_t key[2])
{
    uint32_t at = key_hash(key) % KEY_SLOTS;
    for (; tc->keys[at].id; at = (at + 1) % KEY_SLOTS)
        if (tc->keys[at].key[0] == key[0] && tc->keys[at].key[1] == key[1])
            return tc->keys[at].id;
    if (tc->n_keys == KEY_SLOTS / 2) {
        memset(tc->keys, 0, sizeof(tc->keys));
        tc->n_keys = 0;
    }
    tc->n_keys++;
    tc->last_key_id = tc->last_key_id == KEY_ID_MAX ? 1 : tc->last_key_id + 1;
    tc->keys[at] = (struct key_entry){{key[0], key[1]}, tc->last_key_id};
    return tc->last_key_id;
}

uint32_t tcache_key_id(struct vcpu *v, const uint64_t key[2])
{
    struct key_entry *e = &v->key_cache[key_hash(key) % KEY_CACHE_SIZE];
    if (e->id && e->key[0] == key[0] && e->key[1] == key[1])
        return e->id;
    struct tcache *tc = v->sched->tcache;
    pthread_mutex_lock(&tc->lock);
    *e = (struct key_entry){{key[0], key[1]}, key_intern(tc, key)};
    pthread_mutex_unlock(&tc->lock);
    return e->id;
}

/* ---- links ---- */

void link_remove(struct unit_link *l)
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
    if (index >= from->u.n_exits || to->page2 != NO_PAGE || from->key_id != to->key_id ||
        from->engine != to->engine)
        return;
    /* Only inside the page that `from` itself was entered on is the mapping certain. */
    int64_t target = (int64_t)from->u.page_offset + from->u.exits[index].delta;
    if (target != (int64_t)(to->pa & ~VM_PAGE_MASK) ||
        (from->pa & VM_PAGE_MASK) != (to->pa & VM_PAGE_MASK))
        return;
    pthread_mutex_lock(&tc->lock);
    struct unit_link *l = &from->links[index];
    if (!l->to && !from->dead && !to->dead) {
        *l = (struct unit_link){.from = from, .to = to, .next = to->in};
        if (to->in)
            to->in->prev = l;
        to->in = l;
        tc->stats.links++;
        tier_stats(tc, from)->links++;
        engine_of(tc->s, from)->ops->link(engine_of(tc->s, from)->self, &from->u, index, &to->u);
    }
    pthread_mutex_unlock(&tc->lock);
}

/* ---- pages ---- */

static uint64_t first_page(const struct unit *u)
{
    return u->pa & VM_PAGE_MASK;
}

/* How many of u's bytes lie on its first page. */
static uint64_t first_bytes(const struct unit *u)
{
    uint64_t room = VM_PAGE_SIZE - (u->pa & ~VM_PAGE_MASK);
    return u->u.guest_bytes < room ? u->u.guest_bytes : room;
}

/* Whether u has bytes in [first, last] of `page`. Its two pages can be one, mapped twice in a row.
 */
static bool covers(const struct unit *u, uint64_t page, uint64_t first, uint64_t last)
{
    if (u->region) {
        bool hit = false;
        for (uint32_t i = 0; i < u->n_segments; i++)
            hit |= page + u->segments[i].first <= last &&
                   first < page + u->segments[i].first + u->segments[i].bytes;
        return hit;
    }
    if (first_page(u) == page && u->pa <= last && first < u->pa + first_bytes(u))
        return true;
    return u->page2 == page && first < page + (u->u.guest_bytes - first_bytes(u));
}

/* Which of u's lists is that of its page. */
static int list_of(const struct unit *u, uint64_t page_pa)
{
    return first_page(u) != page_pa;
}

static void page_forget(struct tcache *tc, uint64_t page_pa, struct unit *u, int which)
{
    struct unit *next = u->page_next[which];

    *u->page_at[which] = next;
    if (next)
        next->page_at[list_of(next, page_pa)] = u->page_at[which];
    struct code_page **slot = page_slot(tc, page_pa), *p = *slot;
    if (!p->units) {
        *slot = p->next;
        free(p);
    }
}

static bool page_known(struct tcache *tc, uint64_t page_pa)
{
    return page_pa == NO_PAGE || *page_slot(tc, page_pa) != NULL;
}

static int page_remember(struct tcache *tc, uint64_t page_pa, struct unit *u, int which,
                         uint64_t first, uint64_t last)
{
    struct code_page **slot = page_slot(tc, page_pa);
    if (!*slot) {
        struct code_page *p = calloc(1, sizeof(*p));
        if (!p)
            return -1;
        p->pa = page_pa;
        *slot = p;
    }
    (*slot)->lines |= line_mask(first, last);
    if (which == 1 && page_pa == first_page(u))
        return 0; /* is in that list already */
    struct unit *next = (*slot)->units;
    u->page_next[which] = next;
    u->page_at[which] = &(*slot)->units;
    if (next)
        next->page_at[list_of(next, page_pa)] = &u->page_next[which];
    (*slot)->units = u;
    return 0;
}

uint32_t tcache_unlinked(struct tcache *tc, uint64_t page, uint32_t key_id, int engine,
                         uint16_t *first, uint32_t max)
{
    const struct code_page *p = *page_slot(tc, page);
    uint32_t n = 0;

    for (const struct unit *u = p ? p->units : NULL; u && n < max;
         u = u->page_next[list_of(u, page)])
        if (!u->in && u->u.tier == 1 && u->engine == engine && u->key_id == key_id &&
            first_page(u) == page && u->page2 == NO_PAGE && !u->no_cache)
            first[n++] = (uint16_t)(u->pa & ~VM_PAGE_MASK);
    return n;
}

/* ---- death; all with the lock held ---- */

static void unlink_all(struct tcache *tc, struct unit *u)
{
    while (u->in) {
        struct unit_link *l = u->in;
        uint32_t index = (uint32_t)(l - l->from->links);
        const struct sched_engine *e = engine_of(tc->s, l->from);
        e->ops->unlink(e->self, &l->from->u, index);
        tier_stats(tc, l->from)->unlinked++;
        link_remove(l);
    }
}

/* u, or all entries of the region that it stands for. */
static struct unit *entry_of(struct unit *u, uint32_t i)
{
    return u->region ? (struct unit *)u->u.entries[i] : u;
}
static uint32_t n_entries_of(const struct unit *u)
{
    return u->region ? u->u.n_entries : 1;
}

/* Takes `u` out of all tables. */
void unit_unlist(struct tcache *tc, struct unit *u)
{
    for (uint32_t i = 0; i < n_entries_of(u); i++) {
        struct unit *entry = entry_of(u, i);
        struct unit **at = &tc->buckets[bucket_of(entry->pa, entry->key_id)];
        while (*at != entry)
            at = &(*at)->hash_next;
        *at = entry->hash_next;
        unlink_all(tc, entry);
    }
    age_remove(tc, u);
    page_forget(tc, first_page(u), u, 0);
    if (u->page2 != NO_PAGE && u->page2 != first_page(u))
        page_forget(tc, u->page2, u, 1);
    tc->stats.live--;
    tc->stats.live_bytes -= u->bytes;
}

/* To be freed when nobody can be in it. */
void unit_bury(struct tcache *tc, struct unit *u)
{
    for (uint32_t i = 0; i < n_entries_of(u); i++)
        entry_of(u, i)->dead = true;
    u->dead_epoch = atomic_fetch_add(&tc->epoch, 1) + 1;
    u->age_next = NULL;
    *(tc->last_dead ? &tc->last_dead->age_next : &tc->first_dead) = u;
    tc->last_dead = u;
    tc->stats.dead_bytes += u->bytes;
}

/* Tells the vCPUs to take u out of their jump caches. */
static void post_obituary(struct tcache *tc, struct unit *u)
{
    struct obituary o = {.unit = &u->u,
                         .pc = u->first_pc,
                         .pa = u->pa,
                         .key_id = u->key_id,
                         .many_pcs = u->many_pcs};
    for (uint32_t i = 0; u->entered && i < tc->s->config.cpus; i++)
        work_post_death(&tc->s->vcpus[i], &o);
}

void unit_kill(struct tcache *tc, struct unit *u)
{
    unit_unlist(tc, u);
    for (uint32_t i = 0; i < n_entries_of(u); i++)
        post_obituary(tc, entry_of(u, i));
    unit_bury(tc, u);
}

static bool kill_written(struct tcache *tc, uint64_t page, uint64_t first, uint64_t last)
{
    struct code_page *p = *page_slot(tc, page);
    struct unit *u = p && (p->lines & line_mask(first, last)) ? p->units : NULL;
    bool hit = false;
    while (u) {
        struct unit *next = u->page_next[list_of(u, page)];
        if (covers(u, page, first, last)) {
            unit_kill(tc, u);
            tc->stats.invalidated++;
            tier_stats(tc, u)->invalidated++;
            hit = true;
        }
        u = next;
    }
    if (!tc->in_flight && !*page_slot(tc, page)) {
        const struct ram_block *ram = space_ram_block(tc->s->config.space, page);
        if (ram)
            atomic_fetch_and(ram_page_flags(ram, page), (uint8_t)~PAGE_CODE);
    }
    return hit;
}

bool tcache_code_written(struct tcache *tc, uint64_t pa, uint64_t n)
{
    bool hit = false;
    pthread_mutex_lock(&tc->lock);
    while (n > 0) {
        uint64_t page = pa & VM_PAGE_MASK, room = VM_PAGE_SIZE - (pa - page);
        uint64_t part = n < room ? n : room;
        hit |= kill_written(tc, page, pa, pa + part - 1);
        pa += part;
        n -= part;
    }
    pthread_mutex_unlock(&tc->lock);
    return hit;
}

/* ---- birth ---- */

/* Flags the page and returns when no vCPU can write it unseen. */
static void protect_page(struct vcpu *v, uint64_t page_pa)
{
    const struct ram_block *ram = space_ram_block(v->sched->config.space, page_pa);
    struct tlb_work w = {.protect = true, .va = page_pa};
    atomic_fetch_or(ram_page_flags(ram, page_pa), PAGE_CODE);
    tlb_protect_page(v->tlb, page_pa);
    work_sync_others(v, &w);
}

/* n bytes of one page. False: they are not RAM. */
static bool read_code(struct tcache *tc, uint64_t pa, uint8_t *to, uint32_t n)
{
    const uint8_t *p = n ? space_ram(tc->s->config.space, pa, n) : to;

    if (p && n)
        source_copy(to, p, n);
    return p;
}

/* Whether guest memory still holds what was translated. */
static bool source_unchanged(struct tcache *tc, const struct source *src)
{
    uint32_t room = (uint32_t)(VM_PAGE_SIZE - (src->pa & ~VM_PAGE_MASK));
    uint32_t first = src->n_bytes < room ? src->n_bytes : room;
    uint8_t now[sizeof(src->bytes)];

    if (!read_code(tc, src->pa, now, first) ||
        !read_code(tc, src->page2, now + first, src->n_bytes - first))
        return false;
    return memcmp(now, src->bytes, src->n_bytes) == 0;
}

static int remember_pages(struct tcache *tc, struct unit *u)
{
    uint64_t second = u->u.guest_bytes - first_bytes(u), page = first_page(u);
    uint64_t bytes = u->region ? u->segments[0].bytes : first_bytes(u);
    if (page_remember(tc, page, u, 0, u->pa, u->pa + bytes - 1))
        return -1;
    for (uint32_t i = 1; u->region && i < u->n_segments; i++) {
        uint64_t first = page + u->segments[i].first;
        (*page_slot(tc, page))->lines |= line_mask(first, first + u->segments[i].bytes - 1);
    }
    if (u->page2 != NO_PAGE && page_remember(tc, u->page2, u, 1, u->page2, u->page2 + second - 1)) {
        page_forget(tc, page, u, 0);
        return -1;
    }
    return 0;
}

int tcache_insert(struct tcache *tc, struct unit *u)
{
    if (remember_pages(tc, u))
        return -1;
    for (uint32_t i = 0; i < n_entries_of(u); i++) {
        struct unit *entry = entry_of(u, i);
        struct unit **b = &tc->buckets[bucket_of(entry->pa, entry->key_id)];
        entry->hash_next = *b;
        *b = entry;
    }
    age_append(tc, u);
    tc->stats.live++;
    tc->stats.live_bytes += u->bytes;
    return 0;
}

static uint32_t rank(const struct unit *u)
{
    return (uint32_t)u->engine << 8 | u->u.tier;
}

struct unit *tcache_lookup(struct tcache *tc, uint64_t pa, uint32_t key_id, uint64_t page2,
                           int policy)
{
    struct unit *best = NULL;
    for (struct unit *u = tc->buckets[bucket_of(pa, key_id)]; u; u = u->hash_next)
        if (u->pa == pa && u->key_id == key_id && (page2 == ANY_PAGE || u->page2 == page2) &&
            (policy == SCHED_AUTO || policy == u->engine) && (!best || rank(u) > rank(best)))
            best = u;
    return best;
}

/* `u` has been entered into the tables for those of engines below. */
static void kill_lower(struct tcache *tc, const struct unit *u)
{
    struct unit *next;
    for (struct unit *low = tc->buckets[bucket_of(u->pa, u->key_id)]; low; low = next) {
        next = low->hash_next;
        if (low->pa == u->pa && low->key_id == u->key_id && low->page2 == u->page2 &&
            low->engine < u->engine) {
            unit_kill(tc, low);
            tc->stats.risen++;
        }
    }
}

struct unit *tcache_lookup_tier(struct tcache *tc, uint64_t pa, uint32_t key_id, int engine,
                                uint32_t tier)
{
    for (struct unit *u = tc->buckets[bucket_of(pa, key_id)]; u; u = u->hash_next)
        if (u->pa == pa && u->key_id == key_id && u->page2 == NO_PAGE && u->u.tier == tier &&
            (engine == SCHED_AUTO || engine == u->engine))
            return u;
    return NULL;
}

void tcache_retire_lower(struct tcache *tc, const struct unit *u)
{
    for (struct unit *low = tc->buckets[bucket_of(u->pa, u->key_id)]; low; low = low->hash_next) {
        if (low->pa != u->pa || low->key_id != u->key_id || low->page2 != u->page2 ||
            rank(low) >= rank(u))
            continue;
        unlink_all(tc, low);
        post_obituary(tc, low);
        low->entered = low->many_pcs = false;
    }
}

struct unit *tcache_enter(struct tcache *tc, struct unit *u, const struct source *src)
{
    struct unit *result = tcache_lookup(tc, u->pa, u->key_id, u->page2, u->engine);
    if (!result && source_unchanged(tc, src)) {
        if (!tcache_insert(tc, u))
            result = u;
        else
            sched_fail(tc->s, "out of memory for a code page");
        if (result && atomic_load_explicit(&tc->s->policy, memory_order_relaxed) == SCHED_AUTO)
            kill_lower(tc, u);
    }
    tc->stats.discarded += result != u;
    return result;
}

void tcache_count(struct tcache *tc, const struct unit *u)
{
    struct tier_stats *t = tier_stats(tc, u);
    t->units++;
    t->guest_insns += u->u.guest_insns;
    t->code_bytes += u->u.code_bytes;
    t->compile_ns += (uint64_t)u->compile_ns;
    tc->stats.translated++;
    tc->stats.guest_insns += u->u.guest_insns;
    tc->stats.code_bytes += u->u.code_bytes;
}

/* Has the pages that u was made from watched, of which some are not yet. The lock is given up
 * meanwhile. */
static void protect_pages(struct vcpu *v, const struct unit *u, bool first, bool second)
{
    struct tcache *tc = v->sched->tcache;
    tc->in_flight++;
    pthread_mutex_unlock(&tc->lock);
    if (first)
        protect_page(v, first_page(u));
    if (second)
        protect_page(v, u->page2);
    pthread_mutex_lock(&tc->lock);
    tc->in_flight--;
}

/* Has the pages of a fresh translation watched, and enters it into the tables; NULL: the guest
 * changed the bytes meanwhile. */
static struct unit *publish(struct vcpu *v, struct unit *u, const struct source *src)
{
    struct tcache *tc = v->sched->tcache;
    pthread_mutex_lock(&tc->lock);
    tcache_count(tc, u);
    tcache_keep_limits(tc);
    bool first = !page_known(tc, first_page(u)), second = !page_known(tc, u->page2);
    if (first || second)
        protect_pages(v, u, first, second);
    struct unit *result = tcache_enter(tc, u, src);
    pthread_mutex_unlock(&tc->lock);
    if (result != u)
        translate_free(v->sched, u);
    return result;
}

/* For a unit that is run once, by the vCPU that made it: it is dead from the start. */
static struct unit *bury_alive(struct tcache *tc, struct unit *u)
{
    pthread_mutex_lock(&tc->lock);
    tcache_count(tc, u);
    tcache_keep_limits(tc);
    unit_bury(tc, u);
    pthread_mutex_unlock(&tc->lock);
    return u;
}

/*
 * A new unit for v's pc. NULL: cpu->fault is filled, the machine is stopping, or the bytes changed
 * meanwhile. On the last try it makes do with one instruction as it was read.
 */
static struct unit *new_unit(struct vcpu *v, unsigned tries)
{
    struct source src;
    struct unit *u =
        translate_unit(v, tier_first_engine(v), tries < MAX_TRIES ? UNIT_MAX_INSNS : 1, &src);
    if (!u)
        return NULL;
    if (u->no_cache || tries == MAX_TRIES)
        return bury_alive(v->sched->tcache, u);
    return publish(v, u, &src);
}

/* What goes wrong with it is noticed where the code runs. */
void tcache_rise(struct vcpu *v, uint32_t engine)
{
    struct source src;
    struct unit *u = translate_unit(v, engine, UNIT_MAX_INSNS, &src);
    v->cpu->fault.kind = VM_FAULT_NONE;
    if (u && u->no_cache)
        bury_alive(v->sched->tcache, u);
    else if (u)
        publish(v, u, &src);
}

/* ---- look-up ---- */

/* A known unit for pc, or NULL. One that straddles pages counts only if the second page is mapped
 * as it was. */
static struct unit *find_known(struct vcpu *v, uint64_t pa)
{
    struct tcache *tc = v->sched->tcache;
    pthread_mutex_lock(&tc->lock);
    struct unit *u = tcache_lookup(tc, pa, v->key_id, ANY_PAGE, v->policy);
    bool straddles = u && u->page2 != NO_PAGE;
    pthread_mutex_unlock(&tc->lock);
    if (!straddles)
        return u;
    uint64_t page2;
    bool no_cache;
    if (!tlb_fetch_page(v->tlb, (v->cpu->pc & VM_PAGE_MASK) + VM_PAGE_SIZE, &page2, &no_cache)) {
        v->cpu->fault.kind = VM_FAULT_NONE; /* the unit was made when it was mapped; translating
                                               finds the fault again */
        return NULL;
    }
    if (no_cache)
        return NULL;
    pthread_mutex_lock(&tc->lock);
    u = tcache_lookup(tc, pa, v->key_id, page2, v->policy);
    pthread_mutex_unlock(&tc->lock);
    return u;
}

static void remember_jump(struct vcpu *v, struct unit *u)
{
    struct vm_cpu *cpu = v->cpu;
    pthread_mutex_lock(&v->sched->tcache->lock);
    bool dead = u->dead;
    if (!u->entered)
        u->first_pc = cpu->pc;
    else if (u->first_pc != cpu->pc)
        u->many_pcs = true;
    u->entered = true;
    pthread_mutex_unlock(&v->sched->tcache->lock);
    if (!dead) /* if it dies from here on, we are told */
        jumps_remember(v, u);
}

static bool stopping(const struct vcpu *v)
{
    return atomic_load_explicit(&v->sched->stop, memory_order_relaxed) != STOP_NONE;
}

struct unit *tcache_find(struct vcpu *v)
{
    struct vm_cpu *cpu = v->cpu;
    struct unit *u = jumps_find(v);
    if (u)
        return u;
    v->stats.jump_misses++;
    for (unsigned tries = 0; !stopping(v); tries += tries < MAX_TRIES) {
        uint64_t page_pa;
        bool no_cache;
        if (!tlb_fetch_page(v->tlb, cpu->pc, &page_pa, &no_cache))
            return NULL;
        uint32_t generation = tlb_fetch_generation(v->tlb);
        uint64_t pa = page_pa | (cpu->pc & ~VM_PAGE_MASK);
        if (!no_cache && (u = jumps_refill(v, pa)))
            return u;
        v->stats.lookups++;
        u = no_cache ? NULL : find_known(v, pa);
        if (!u)
            u = new_unit(v, tries);
        if (!u && cpu->fault.kind != VM_FAULT_NONE)
            return NULL;
        if (u && v->sched->config.tier2_threshold == 0)
            u = region_at_once(v, u);
        /* While it was published this vCPU may have acknowledged that pc leads elsewhere now. */
        if (u && generation == tlb_fetch_generation(v->tlb)) {
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
    struct unit *u = translate_unit(v, tier_short_engine(v), max_insns, &src);
    if (!u)
        return NULL;
    v->stats.short_units++;
    return bury_alive(v->sched->tcache, u);
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
    pthread_mutex_unlock(&tc->lock);
}

struct tcache *tcache_new(struct sched *s, struct vm_error *err)
{
    struct tcache *tc = calloc(1, sizeof(*tc));
    if (tc) {
        tc->s = s;
        tc->buckets = calloc(BUCKETS, sizeof(struct unit *));
        tc->pages = calloc(PAGE_BUCKETS, sizeof(struct code_page *));
        tcache_set_limits(tc);
        host_brief_lock_init(&tc->lock);
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
    free(tc);
}
