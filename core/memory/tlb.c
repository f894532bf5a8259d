/* SPDX-License-Identifier: BSD-2-Clause */
/* tlb.c - contexts and tables of the software TLB: selecting, filling, growing, flushing. */
#include <stdlib.h>
#include <string.h>
#include "core/memory/tlb_table.h"

/* A table grows when so many conflicts come in so few instructions: about one in 4000. Counted in
 * instructions, not in time, so that deterministic runs stay so. */
#define GROW_EVICTIONS    256u
#define GROW_INSTRUCTIONS (1u << 20)

/* Flushes of up to so many pages look each page up; longer ones scan the table. */
#define LOOKUP_PAGES 32u

#define UNUSED_FLAGS (~VM_PAGE_MASK) /* low bits of the tags of an entry that is not in use */

static bool entry_used(const struct vm_tlb_entry *e)
{
    return (e->tag[0] & ~VM_PAGE_MASK) != UNUSED_FLAGS;
}

static uint64_t entry_page(const struct vm_tlb_entry *e)
{
    return e->tag[0] & VM_PAGE_MASK;
}

static void entry_drop(struct vm_tlb_entry *e, uint64_t *meta)
{
    memset(e, 0xff, sizeof(*e));
    *meta = 0;
}

/* ---- tables ---- */

/* The views of all MMU indices that use c. */
static void update_views(struct tlb *t, const struct tlb_context *c)
{
    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        if (t->selected[i] == c)
            t->cpu->tlb[i] = (struct vm_tlb_view){.entries = c->entries, .mask = c->mask};
}

/* Gives c an empty table of n entries; false: no memory, it keeps the old one. */
static bool set_table(struct tlb *t, struct tlb_context *c, uint32_t n)
{
    size_t entry_bytes = n * sizeof(struct vm_tlb_entry);
    uint8_t *block = aligned_alloc(64, entry_bytes + n * sizeof(uint64_t));
    if (!block)
        return false;
    if (c->entries) {
        t->total_entries -= (uint32_t)c->mask + 1;
        free(c->entries);
    }
    c->entries = (struct vm_tlb_entry *)block;
    c->meta = (uint64_t *)(block + entry_bytes);
    c->mask = n - 1;
    t->total_entries += n;
    memset(block, 0xff, entry_bytes);
    memset(c->meta, 0, n * sizeof(uint64_t));
    update_views(t, c);
    return true;
}

static void clear_victims(struct tlb_context *c)
{
    memset(c->victims, 0xff, sizeof(c->victims));
    memset(c->victim_meta, 0, sizeof(c->victim_meta));
}

/*
 * Drops all entries, and what is known of large pages with them. A table that was hardly used since
 * it was last cleared becomes smaller: clearing it costs by its size.
 */
static void clear_table(struct tlb *t, struct tlb_context *c)
{
    uint32_t n = (uint32_t)c->mask + 1, wanted = n;
    if (c->fills < n / 8 && n > TLB_MIN_ENTRIES)
        wanted = n / 2;
    if (c->fills && (wanted == n || !set_table(t, c, wanted))) {
        memset(c->entries, 0xff, n * sizeof(struct vm_tlb_entry));
        memset(c->meta, 0, n * sizeof(uint64_t));
    }
    if (c->fills)
        clear_victims(c);
    c->n_large = 0;
    c->fills = 0;
    c->has_global = false;
    c->stale = false;
}

/* The least recently used context that no MMU index selects and that has at least min entries, or
 * NULL. */
static struct tlb_context *oldest_unselected(const struct tlb *t, uint32_t min)
{
    struct tlb_context *oldest = NULL;
    for (uint32_t i = 0; i < t->n_contexts; i++) {
        struct tlb_context *c = t->contexts[i];
        if (c->selected == 0 && c->mask + 1 >= min && (!oldest || c->last_use < oldest->last_use))
            oldest = c;
    }
    return oldest;
}

/* Makes room for `more` entries under the cap by taking the tables of contexts that were not used
 * for long. */
static bool make_room(struct tlb *t, uint32_t more)
{
    while (t->total_entries + more > TLB_TOTAL_ENTRIES) {
        struct tlb_context *c = oldest_unselected(t, TLB_MIN_ENTRIES * 2);
        if (!c || !set_table(t, c, TLB_MIN_ENTRIES))
            return false;
        c->fills = 1; /* so that clearing does all */
        clear_table(t, c);
    }
    return true;
}

static void grow(struct tlb *t, struct tlb_context *c)
{
    uint32_t n = (uint32_t)c->mask + 1;
    if (n * 2 > TLB_MAX_ENTRIES || !make_room(t, n))
        return;
    struct tlb_context old = *c;
    c->entries = NULL;
    if (!set_table(t, c, n * 2)) {
        c->entries = old.entries;
        return;
    }
    t->total_entries -= n;
    for (uint32_t i = 0; i < n; i++) {
        if (!entry_used(&old.entries[i]))
            continue;
        uint64_t to = vm_tlb_index(entry_page(&old.entries[i]), c->mask);
        c->entries[to] = old.entries[i];
        c->meta[to] = old.meta[i];
    }
    free(old.entries);
}

static uint64_t instructions(const struct tlb *t)
{
    const struct vm_cpu_host *host = t->cpu->host;
    return host && host->instructions ? host->instructions(t->cpu) : 0;
}

static void count_eviction(struct tlb *t, struct tlb_context *c)
{
    if (++c->evictions < GROW_EVICTIONS)
        return;
    uint64_t now = instructions(t);
    if (now - c->window <= GROW_INSTRUCTIONS)
        grow(t, c);
    c->evictions = 0;
    c->window = now;
}

/* ---- contexts ---- */

static struct tlb_context *new_context(struct tlb *t)
{
    if (t->n_contexts == TLB_MAX_CONTEXTS || !make_room(t, TLB_MIN_ENTRIES))
        return NULL;
    struct tlb_context *c = calloc(1, sizeof(*c));
    if (!c || !set_table(t, c, TLB_MIN_ENTRIES)) {
        free(c);
        return NULL;
    }
    clear_victims(c);
    tlb_fetched_begin(t, c);
    t->contexts[t->n_contexts++] = c;
    return c;
}

static bool serves_id(const struct tlb_context *c, uint64_t id)
{
    return c && c->last_use && c->id == id;
}

/* The context of `id` or NULL. Guests go to and fro between a few: those are found without a
 * search. */
static struct tlb_context *find_context(struct tlb *t, uint64_t id)
{
    struct tlb_context **recent = &t->recent[(id ^ id >> 17 ^ id >> 43) % TLB_RECENT];
    if (serves_id(*recent, id))
        return *recent;
    for (uint32_t i = 0; i < t->n_contexts; i++)
        if (serves_id(t->contexts[i], id))
            return *recent = t->contexts[i];
    return NULL;
}

/* A context for `id`: a new one, or the one that was not used for longest. tlb_new has made enough
 * of them for that. */
static struct tlb_context *take_context(struct tlb *t, uint64_t id)
{
    struct tlb_context *c = oldest_unselected(t, 0);
    if (!c || c->last_use) {
        struct tlb_context *new = new_context(t);
        c = new ? new : c;
    }
    clear_table(t, c);
    c->id = id;
    c->evictions = 0;
    tlb_fetched_begin(t, c);
    return c;
}

void tlb_select(struct tlb *t, uint32_t mmu, uint64_t id)
{
    struct tlb_context *old = t->selected[mmu];
    struct tlb_context *c = old;
    if (!old || old->id != id) {
        if (old)
            old->selected--;
        c = find_context(t, id);
        if (!c)
            c = take_context(t, id);
        if (c->stale)
            clear_table(t, c);
        c->selected++;
        t->selected[mmu] = c;
        t->cpu->tlb[mmu] = (struct vm_tlb_view){.entries = c->entries, .mask = c->mask};
        if (mmu != VM_MMU_FETCH)
            t->cpu->tlb_epoch++;
        else
            tlb_fetched_select(t, c);
    }
    c->last_use = ++t->uses;
}

struct tlb *tlb_new(struct vm_cpu *cpu, const struct vm_arch_ops *arch, struct space *space)
{
    struct tlb *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->cpu = cpu;
    t->arch = arch;
    t->space = space;
    memset(t->probes, 0xff, sizeof(t->probes));
    /* One more than can be selected at a time: when memory is short there is always one to recycle.
     */
    for (uint32_t i = 0; i <= VM_MMU_COUNT; i++) {
        if (!new_context(t)) {
            tlb_free(t);
            return NULL;
        }
    }
    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        tlb_select(t, i, 0);
    return t;
}

void tlb_free(struct tlb *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n_contexts; i++) {
        free(t->contexts[i]->entries);
        free(t->contexts[i]);
    }
    memset(t->cpu->tlb, 0, sizeof(t->cpu->tlb));
    free(t);
}

const struct tlb_stats *tlb_stats(const struct tlb *t)
{
    return &t->stats;
}

/* ---- look-up and fill ---- */

static void take_mapping(struct tlb *t, struct vm_tlb_entry *e, uint64_t meta, uint64_t va,
                         enum vm_access access, struct tlb_mapping *m)
{
    *m = (struct tlb_mapping){
        .pa = (meta & VM_PAGE_MASK) | (va & ~VM_PAGE_MASK),
        .global = meta & META_GLOBAL,
        .large = meta & META_LARGE,
        .aligned = meta & META_ALIGNED,
    };
    if (!(meta & META_RAM) || (access == VM_ACCESS_WRITE && meta & META_DEVICE))
        return;
    m->host = (uint8_t *)(uintptr_t)(va + e->addend);
    if (access != VM_ACCESS_WRITE || !(e->tag[VM_ACCESS_WRITE] & VM_TLB_SLOW))
        return;
    const struct ram_block *ram = space_ram_block(t->space, m->pa);
    m->code = atomic_load(ram_page_flags(ram, m->pa)) & PAGE_CODE;
    if (!m->code && !m->aligned) /* no code there any more: fast again */
        e->tag[VM_ACCESS_WRITE] &= ~(uint64_t)VM_TLB_SLOW;
}

static bool entry_serves(const struct vm_tlb_entry *e, uint64_t page, enum vm_access access)
{
    return (e->tag[access] & (VM_PAGE_MASK | VM_TLB_INVALID)) == page;
}

bool tlb_lookup(struct tlb *t, struct tlb_context *c, uint64_t va, enum vm_access access,
                struct tlb_mapping *m)
{
    uint64_t page = va & VM_PAGE_MASK, index = vm_tlb_index(va, c->mask);
    struct vm_tlb_entry *e = &c->entries[index];
    if (entry_serves(e, page, access)) {
        take_mapping(t, e, c->meta[index], va, access, m);
        return true;
    }
    for (uint32_t i = 0; i < TLB_VICTIMS; i++) {
        struct vm_tlb_entry *v = &c->victims[i];
        if (!entry_serves(v, page, access))
            continue;
        struct vm_tlb_entry entry = *v;
        uint64_t meta = c->victim_meta[i];
        *v = *e;
        c->victim_meta[i] = c->meta[index];
        *e = entry;
        c->meta[index] = meta;
        t->stats.victim_hits++;
        take_mapping(t, e, meta, va, access, m);
        count_eviction(t, c); /* may move the table: e is not used after it */
        return true;
    }
    return false;
}

static void note_large(struct tlb_context *c, uint64_t va, uint32_t bits)
{
    uint64_t low = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    struct tlb_span new = {.first = va & ~low, .last = va | low};
    uint32_t best = 0;
    uint64_t best_span = UINT64_MAX;
    for (uint32_t i = 0; i < c->n_large; i++) {
        struct tlb_span *r = &c->large[i];
        if (r->first <= new.first && r->last >= new.last)
            return;
        uint64_t first = r->first < new.first ? r->first : new.first;
        uint64_t last = r->last > new.last ? r->last : new.last;
        if (last - first < best_span) {
            best = i;
            best_span = last - first;
        }
    }
    if (c->n_large < TLB_LARGE_RANGES) {
        c->large[c->n_large++] = new;
        return;
    }
    struct tlb_span *r = &c->large[best];
    r->first = r->first < new.first ? r->first : new.first;
    r->last = r->last > new.last ? r->last : new.last;
}

static bool in_the_way(const struct tlb_context *c, uint64_t page)
{
    const struct vm_tlb_entry *e = &c->entries[vm_tlb_index(page, c->mask)];
    return entry_used(e) && entry_page(e) != page;
}

/* Puts what is in the way of `page` among the victims, and drops what is known of the page itself.
 */
static void evict(struct tlb *t, struct tlb_context *c, uint64_t page)
{
    for (uint32_t i = 0; i < TLB_VICTIMS; i++)
        if (entry_used(&c->victims[i]) && entry_page(&c->victims[i]) == page)
            entry_drop(&c->victims[i], &c->victim_meta[i]);
    if (!in_the_way(c, page))
        return;
    count_eviction(t, c);
    if (!in_the_way(c, page)) /* the table grew */
        return;
    uint64_t index = vm_tlb_index(page, c->mask);
    uint32_t v = c->next_victim++ % TLB_VICTIMS;
    c->victims[v] = c->entries[index];
    c->victim_meta[v] = c->meta[index];
}

void tlb_fill(struct tlb *t, struct tlb_context *c, uint64_t va, const struct vm_translation *tr,
              const struct space_range *r)
{
    const struct ram_block *ram = r->ram;
    static const uint32_t prot_of[] = {VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXEC};
    uint64_t page = va & VM_PAGE_MASK, pa = tr->pa & VM_PAGE_MASK;
    uint64_t meta = pa | (tr->global ? META_GLOBAL : 0) | (ram ? META_RAM : 0);
    if (tr->page_bits > VM_PAGE_BITS) {
        meta |= META_LARGE;
        note_large(c, va, tr->page_bits);
    }
    if (ram && ram->of_device)
        meta |= ram->shared ? 0 : META_DEVICE;
    else if (ram && (tr->prot & VM_PROT_WRITE))
        meta |= META_WRITE;
    meta |= tr->aligned ? META_ALIGNED : 0;
    evict(t, c, page);
    uint64_t index = vm_tlb_index(va, c->mask);
    struct vm_tlb_entry *e = &c->entries[index];
    for (int i = 0; i < 3; i++) {
        bool slow = !ram || (tr->aligned && i != VM_ACCESS_EXEC);
        uint64_t flags = !(tr->prot & prot_of[i]) ? VM_TLB_INVALID : slow ? VM_TLB_SLOW : 0;
        e->tag[i] = page | flags;
    }
    if ((meta & META_DEVICE) ||
        ((meta & META_WRITE) && (atomic_load(ram_page_flags(ram, pa)) & PAGE_CODE)))
        e->tag[VM_ACCESS_WRITE] |= VM_TLB_SLOW;
    if (ram && ram->shared) /* no code is fetched from there: a walk says so */
        e->tag[VM_ACCESS_EXEC] |= VM_TLB_INVALID;
    e->addend = ram ? (uint64_t)(uintptr_t)(ram->host + (pa - r->base)) - page : 0;
    c->meta[index] = meta;
    c->has_global |= tr->global;
    c->fills++;
    t->stats.fills++;
}

/* The stream that comes to `page`; a new one if there is none. */
static struct tlb_stream *find_stream(struct tlb *t, uint64_t page)
{
    for (uint32_t i = 0; i < TLB_STREAMS; i++)
        if (t->streams[i].next == page)
            return &t->streams[i];
    struct tlb_stream *s = &t->streams[t->next_stream++ % TLB_STREAMS];
    *s = (struct tlb_stream){.next = page};
    return s;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void tlb_fill_ahead(struct tlb *t, struct tlb_context *c, uint64_t va,
                    const struct vm_translation *tr, const struct space_range *r)
{
    struct vm_translation next = *tr;
    struct tlb_stream *s = find_stream(t, va & VM_PAGE_MASK);
    uint64_t low = (UINT64_C(1) << tr->uniform_bits) - 1;
    uint64_t block = ((va | low) - va) >> VM_PAGE_BITS;
    uint64_t range = (r->length - 1 - (tr->pa - r->base)) >> VM_PAGE_BITS;
    uint64_t n = less(s->n, less(block, range));
    for (uint64_t i = 0; i < n; i++) {
        va += VM_PAGE_SIZE;
        next.pa += VM_PAGE_SIZE;
        const struct vm_tlb_entry *e = &c->entries[vm_tlb_index(va, c->mask)];
        if (!entry_used(e) || entry_page(e) != (va & VM_PAGE_MASK))
            tlb_fill(t, c, va, &next, r);
    }
    s->next = (va & VM_PAGE_MASK) + VM_PAGE_SIZE;
    s->n = s->n < TLB_MOST_AHEAD ? 2 * s->n + 1 : TLB_MOST_AHEAD;
}

/* ---- flush ---- */

/* Entries with these meta flags set, outside of `spared`, in [first, last]. */
struct victim_rule {
    uint64_t first, last;
    uint64_t need, spared;
};

static void drop_if(struct vm_tlb_entry *e, uint64_t *meta, const struct victim_rule *rule)
{
    uint64_t page = entry_page(e);
    if (entry_used(e) && page >= rule->first && page <= rule->last &&
        (*meta & rule->need) == rule->need && !(*meta & rule->spared))
        entry_drop(e, meta);
}

static void drop_victims(struct tlb_context *c, const struct victim_rule *rule)
{
    for (uint32_t i = 0; i < TLB_VICTIMS; i++)
        drop_if(&c->victims[i], &c->victim_meta[i], rule);
}

static void drop_by_scan(struct tlb_context *c, const struct victim_rule *rule)
{
    for (uint64_t i = 0; i <= c->mask; i++)
        drop_if(&c->entries[i], &c->meta[i], rule);
    drop_victims(c, rule);
}

static void flush_context(struct tlb *t, struct tlb_context *c, bool keep_global)
{
    tlb_fetched_flush(t, c, 0, UINT64_MAX, keep_global);
    if (c->stale)
        return;
    if (keep_global && c->has_global)
        drop_by_scan(c, &(struct victim_rule){.last = UINT64_MAX, .spared = META_GLOBAL});
    else if (c->selected == 0)
        c->stale = c->fills > 0;
    else
        clear_table(t, c);
}

/* Entries made from a large page that one page of [first, last] is part of. */
static void flush_large(struct tlb_context *c, uint64_t first, uint64_t last, bool keep_global)
{
    for (uint32_t i = 0; i < c->n_large;) {
        struct tlb_span r = c->large[i];
        if (r.last < first || r.first > last) {
            i++;
            continue;
        }
        drop_by_scan(c, &(struct victim_rule){.first = r.first,
                                              .last = r.last,
                                              .need = META_LARGE,
                                              .spared = keep_global ? META_GLOBAL : 0});
        if (keep_global && c->has_global)
            i++;
        else
            c->large[i] = c->large[--c->n_large];
    }
}

static void flush_pages(struct tlb *t, struct tlb_context *c, uint64_t first, uint64_t last,
                        bool keep_global)
{
    uint64_t pages = ((last - first) >> VM_PAGE_BITS) + 1;
    tlb_fetched_flush(t, c, first, last | ~VM_PAGE_MASK, keep_global);
    if (c->stale || c->fills == 0)
        return;
    struct victim_rule rule = {
        .first = first, .last = last, .spared = keep_global ? META_GLOBAL : 0};
    if (pages > LOOKUP_PAGES) {
        drop_by_scan(c, &rule);
    } else {
        for (uint64_t i = 0; i < pages; i++) {
            uint64_t index = vm_tlb_index(first + i * VM_PAGE_SIZE, c->mask);
            drop_if(&c->entries[index], &c->meta[index], &rule);
        }
        drop_victims(c, &rule);
    }
    flush_large(c, first, last, keep_global);
}

void tlb_flush(struct tlb *t, uint64_t id_match, uint64_t id_mask, uint64_t va, uint64_t length,
               bool keep_global)
{
    uint64_t first = va & VM_PAGE_MASK, last = va + (length - 1);
    if (last < va)
        last = UINT64_MAX;
    last &= VM_PAGE_MASK;
    t->stats.flushes++;
    t->flush_count++;
    t->cpu->tlb_epoch++;
    for (uint32_t i = 0; i < t->n_contexts; i++) {
        struct tlb_context *c = t->contexts[i];
        if ((c->id & id_mask) != id_match)
            continue;
        if (length == 0)
            flush_context(t, c, keep_global);
        else
            flush_pages(t, c, first, last, keep_global);
    }
}

void tlb_protect_page(struct tlb *t, uint64_t pa)
{
    uint64_t wanted = (pa & VM_PAGE_MASK) | META_WRITE;
    t->cpu->tlb_epoch++;
    for (uint32_t n = 0; n < t->n_contexts; n++) {
        struct tlb_context *c = t->contexts[n];
        if (c->stale || c->fills == 0)
            continue;
        for (uint64_t i = 0; i <= c->mask; i++)
            if ((c->meta[i] & (VM_PAGE_MASK | META_WRITE)) == wanted)
                c->entries[i].tag[VM_ACCESS_WRITE] |= VM_TLB_SLOW;
        for (uint32_t i = 0; i < TLB_VICTIMS; i++)
            if ((c->victim_meta[i] & (VM_PAGE_MASK | META_WRITE)) == wanted)
                c->victims[i].tag[VM_ACCESS_WRITE] |= VM_TLB_SLOW;
    }
}
