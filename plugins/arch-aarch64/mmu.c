/* SPDX-License-Identifier: BSD-2-Clause */
/* VMSAv8-64: stage 1 of all regimes and stage 2, with 4K, 16K and 64K pages, 52-bit addresses,
 * access flag and dirty state by hardware, hierarchical permissions, PAN and tagged addresses. */
#include "mmu.h"
#include "sysregs.h"

#define DESC_VALID    (1ull << 0)
#define DESC_TABLE    (1ull << 1) /* a page, in the last level */
#define DESC_AP_EL0   (1ull << 6)
#define DESC_AP_RO    (1ull << 7)
#define DESC_S2_READ  (1ull << 6)
#define DESC_S2_WRITE (1ull << 7)
#define DESC_AF       (1ull << 10)
#define DESC_NG       (1ull << 11)
#define DESC_GP       (1ull << 50)
#define DESC_DBM      (1ull << 51)
#define DESC_PXN      (1ull << 53)
#define DESC_XN       (1ull << 54) /* UXN, where EL0 has rights of its own */
#define TABLE_PXN     (1ull << 59)
#define TABLE_XN      (1ull << 60)
#define TABLE_NO_EL0  (1ull << 61)
#define TABLE_RO      (1ull << 62)

/* What one stage's registers say about an address. */
struct stage {
    uint32_t granule; /* log2 of the page size */
    uint32_t ia_bits; /* of an input address */
    uint32_t pa_bits; /* of an output address */
    int level;        /* where the walk begins */
    uint64_t table;
    uint64_t input; /* without what lies above ia_bits */
    bool ha, hd, hpd;
    bool two_ranges; /* stage 1: EL0 has rights of its own */
    bool second;
};

/* A walk that has come to its leaf. */
struct leaf {
    uint64_t desc, desc_pa, desc_ipa;
    uint64_t inherited; /* TABLE_* of the tables on the way */
    int level;
    uint32_t bits;
};

struct walk {
    struct vm_cpu *cpu;
    uint64_t context;
    enum vm_access access;
    bool el0;
    struct a64_walk_result *out;
};

static bool refuse(struct walk *w, uint32_t code)
{
    w->out->fault = code;
    return false;
}

static bool refuse_stage(struct walk *w, const struct stage *st, uint32_t code, int level)
{
    return refuse(w, (code + (uint32_t)level) | (st->second ? A64_FSC_STAGE2 : 0));
}

static bool stage2(struct walk *w, uint64_t ipa, enum vm_access access, bool walking);

/* ---- Geometry ---- */

static uint32_t level_bits(const struct stage *st, int level)
{
    return st->granule + (st->granule - 3) * (uint32_t)(3 - level);
}

/* PA size by TCR's PS or IPS. More than 48 bits are for 64K pages only. */
static uint32_t output_bits(const struct a64_arch *arch, uint32_t ps, uint32_t granule)
{
    static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48, 52, 52};
    uint32_t bits = sizes[ps & 7] < arch->pa_bits ? sizes[ps & 7] : arch->pa_bits;

    return bits > 48 && granule != 16 ? 48 : bits;
}

/* The address in a descriptor (or TTBR: `high` is where bits 51..48 are), in units of 1 << low. */
static uint64_t address_in(const struct stage *st, const struct a64_arch *arch, uint64_t word,
                           uint32_t low, uint32_t high)
{
    uint64_t address = word & 0xffffffffffffull & ~((1ull << low) - 1);

    if (st->granule == 16 && arch->pa_bits > 48)
        address |= (word >> high & 15) << 48;
    return address;
}

static bool too_large(const struct stage *st, uint64_t address)
{
    return st->pa_bits < 64 && address >> st->pa_bits != 0;
}

/* Sets the table that the walk begins with; false: its address is too large. */
static bool set_base(struct stage *st, const struct a64_arch *arch, uint64_t ttbr)
{
    uint32_t align = st->ia_bits - level_bits(st, st->level) + 3;
    bool large = st->granule == 16 && st->pa_bits > 48;

    if (align < 4)
        align = 4;
    if (large && align < 6)
        align = 6;
    st->table = large ? address_in(st, arch, ttbr, align, 2)
                      : ttbr & 0xffffffffffffull & ~((1ull << align) - 1);
    return !too_large(st, st->table);
}

/* ---- Walk of one stage ---- */

/* The descriptor's place in memory; a stage-1 walk goes through stage 2. */
static bool locate(struct walk *w, const struct stage *st, struct leaf *l, enum vm_access access)
{
    struct a64_walk_result saved;

    l->desc_pa = l->desc_ipa;
    if (st->second || !(w->context & A64_CONTEXT_STAGE2))
        return true;
    saved = *w->out;
    if (!stage2(w, l->desc_ipa, access, true))
        return false;
    l->desc_pa = w->out->pa;
    *w->out = saved;
    return true;
}

/* Whether a block may be mapped at a level. */
static bool block_allowed(const struct stage *st, const struct a64_arch *arch, int level)
{
    if (level == 2)
        return true;
    return level == 1 && (st->granule == 12 || (st->granule == 16 && arch->pa_bits > 48));
}

static bool find_leaf(struct walk *w, const struct stage *st, struct leaf *l)
{
    const struct a64_arch *arch = a64_arch(w->cpu);
    uint64_t table = st->table;
    uint32_t top = st->ia_bits;

    l->inherited = 0;
    for (l->level = st->level;; l->level++) {
        l->bits = level_bits(st, l->level);
        l->desc_ipa = table + (st->input >> l->bits & ((1ull << (top - l->bits)) - 1)) * 8;
        top = l->bits;
        if (!locate(w, st, l, VM_ACCESS_READ))
            return false;
        if (w->cpu->host->phys_load(w->cpu, l->desc_pa, 8, &l->desc) != 0)
            return refuse_stage(w, st, A64_FSC_EXTERNAL_WALK_L0, l->level);
        bool table_bit = (l->desc & DESC_TABLE) != 0;
        if (!(l->desc & DESC_VALID) ||
            (!table_bit && (l->level == 3 || !block_allowed(st, arch, l->level))))
            return refuse_stage(w, st, A64_FSC_TRANSLATION_L0, l->level);
        bool is_leaf = l->level == 3 || !table_bit;
        uint64_t address = address_in(st, arch, l->desc, is_leaf ? l->bits : st->granule, 12);
        if (too_large(st, address))
            return refuse_stage(w, st, A64_FSC_ADDRESS_SIZE_L0, l->level);
        if (is_leaf) {
            w->out->pa = address | (st->input & ((1ull << l->bits) - 1));
            return true;
        }
        l->inherited |= st->hpd ? 0 : l->desc;
        table = address;
    }
}

/* ---- Permissions ---- */

static bool writable(const struct stage *st, const struct leaf *l)
{
    if (l->inherited & TABLE_RO)
        return false;
    return !(l->desc & DESC_AP_RO) || (st->hd && (l->desc & DESC_DBM));
}

static uint32_t stage1_prot(const struct walk *w, const struct stage *st, const struct leaf *l)
{
    const struct a64_state *s = a64_state(w->cpu);
    uint32_t regime = (uint32_t)(w->context >> 32) & 3;
    uint64_t sctlr = s->sctlr[regime == A64_REGIME_EL10 ? 1 : regime == A64_REGIME_EL3 ? 3 : 2];
    bool write = writable(st, l);
    bool user = st->two_ranges && (l->desc & DESC_AP_EL0) && !(l->inherited & TABLE_NO_EL0);
    bool read = true, never;

    if (w->el0) {
        read = user;
        write = write && user;
        never = (l->desc & DESC_XN) || (l->inherited & TABLE_XN);
    } else if (st->two_ranges) {
        never = (l->desc & DESC_PXN) || (l->inherited & TABLE_PXN) || (user && write);
        if (user && (w->context & A64_CONTEXT_PAN))
            read = write = false;
    } else {
        never = (l->desc & DESC_XN) || (l->inherited & TABLE_XN);
    }
    never = never || (write && (sctlr & SCTLR_WXN));
    return (read ? VM_PROT_READ : 0) | (write ? VM_PROT_WRITE : 0) | (never ? 0 : VM_PROT_EXEC);
}

static uint32_t stage2_prot(const struct walk *w, const struct stage *st, const struct leaf *l)
{
    uint32_t never = (uint32_t)(l->desc >> 53) & 3, prot = 0;

    if (!a64_has(a64_arch(w->cpu), A64_FEATURE(VHE)))
        never &= 2; /* both levels alike */
    if (l->desc & DESC_S2_READ)
        prot |= VM_PROT_READ;
    if ((l->desc & DESC_S2_WRITE) || (st->hd && (l->desc & DESC_DBM)))
        prot |= VM_PROT_WRITE;
    if (never == 0 || never == (w->el0 ? 1 : 3))
        prot |= VM_PROT_EXEC;
    return prot;
}

static uint32_t access_prot(enum vm_access access)
{
    return access == VM_ACCESS_WRITE  ? VM_PROT_WRITE
           : access == VM_ACCESS_EXEC ? VM_PROT_EXEC
                                      : VM_PROT_READ;
}

static bool is_clean(const struct stage *st, const struct leaf *l)
{
    return st->second ? !(l->desc & DESC_S2_WRITE) : (l->desc & DESC_AP_RO) != 0;
}

/*
 * Access flag and dirty state. 1: they are as they must be. 0: the descriptor has changed
 * meanwhile, walk again. -1: refused.
 */
static int update_leaf(struct walk *w, const struct stage *st, struct leaf *l,
                       enum vm_access access)
{
    uint64_t want = l->desc | (st->ha ? DESC_AF : 0), old;

    if (access == VM_ACCESS_WRITE && is_clean(st, l))
        want = st->second ? want | DESC_S2_WRITE : want & ~DESC_AP_RO;
    if (want == l->desc)
        return 1;
    if (!locate(w, st, l, VM_ACCESS_WRITE))
        return -1;
    if (w->cpu->host->phys_cas(w->cpu, l->desc_pa, 8, l->desc, want, &old) != 0) {
        refuse_stage(w, st, A64_FSC_EXTERNAL_WALK_L0, l->level);
        return -1;
    }
    if (old != l->desc)
        return 0;
    l->desc = want;
    return 1;
}

/* Walks, checks and updates; fills out->pa, page_bits and prot. */
static bool translate(struct walk *w, const struct stage *st, enum vm_access access, struct leaf *l)
{
    int updated;

    do {
        if (!find_leaf(w, st, l))
            return false;
        if (!(l->desc & DESC_AF) && !st->ha)
            return refuse_stage(w, st, A64_FSC_ACCESS_FLAG_L0, l->level);
        w->out->prot = st->second ? stage2_prot(w, st, l) : stage1_prot(w, st, l);
        if (!(w->out->prot & access_prot(access)))
            return refuse_stage(w, st, A64_FSC_PERMISSION_L0, l->level);
        updated = update_leaf(w, st, l, access);
    } while (updated == 0);
    if (updated < 0)
        return false;
    if (is_clean(st, l))
        w->out->prot &= ~(uint32_t)VM_PROT_WRITE;
    w->out->page_bits = l->bits;
    return true;
}

/* ---- Stage 2 ---- */

static bool stage2_setup(struct walk *w, struct stage *st, uint64_t ipa)
{
    static const uint8_t granules[] = {12, 16, 14, 12};
    const struct a64_arch *arch = a64_arch(w->cpu);
    const struct a64_state *s = a64_state(w->cpu);
    bool updates = a64_has(arch, A64_FEATURE(HAFDBS));
    uint32_t sl0 = s->vtcr >> 6 & 3, tsz = s->vtcr & 63;

    *st = (struct stage){.second = true, .input = ipa};
    st->granule = granules[s->vtcr >> 14 & 3];
    st->ia_bits = 64 - tsz;
    st->pa_bits = output_bits(arch, s->vtcr >> 16 & 7, st->granule);
    st->level = (st->granule == 12 ? 2 : 3) - (int)sl0;
    st->ha = updates && (s->vtcr >> 21 & 1);
    st->hd = st->ha && (s->vtcr >> 22 & 1);
    if (sl0 == 3 || st->level < 0 || tsz > 39 || st->ia_bits > arch->pa_bits)
        return false;
    /* one to sixteen tables side by side begin the walk */
    uint32_t first = level_bits(st, st->level);
    if (st->ia_bits <= first || st->ia_bits - first > st->granule - 3 + 4)
        return false;
    return ipa >> st->ia_bits == 0;
}

/*
 * What stage 1's attributes become by MemAttr of stage 2: the less that either allows. Of two kinds
 * of Device memory that is the smaller number.
 */
static uint8_t combined(uint8_t first, uint32_t second)
{
    static const uint8_t limits[] = {4, 4, 8, 0xc}; /* not cached, write-through, write-back */
    uint8_t both = 0;

    if (second >> 2 == 0) {
        uint8_t device = (uint8_t)((second & 3) << 2);
        return a64_is_device(first) && first < device ? first : device;
    }
    if (a64_is_device(first))
        return first;
    for (uint32_t shift = 0; shift < 8; shift += 4) {
        uint8_t mine = first >> shift & 15, limit = limits[second >> (shift / 2) & 3];
        if (limit == 4)
            mine = 4;
        else if (limit == 8 && (mine & 4) && mine != 4) /* write-back, transient or not */
            mine = 8 | (mine & 3);
        both |= (uint8_t)(mine << shift);
    }
    return both;
}

/* `walking`: for a descriptor of stage 1. On success out->pa, page_bits and prot are those. */
static bool stage2(struct walk *w, uint64_t ipa, enum vm_access access, bool walking)
{
    const struct a64_state *s = a64_state(w->cpu);
    uint32_t extra = walking ? A64_FSC_S1PTW : 0;
    struct stage st;
    struct leaf l;

    w->out->ipa = ipa;
    if (!stage2_setup(w, &st, ipa))
        return refuse(w, A64_FSC_TRANSLATION_L0 | A64_FSC_STAGE2 | extra);
    if (!set_base(&st, a64_arch(w->cpu), s->vttbr))
        return refuse(w, A64_FSC_ADDRESS_SIZE_L0 | A64_FSC_STAGE2 | extra);
    if (!translate(w, &st, access, &l)) {
        w->out->fault |= extra;
        return false;
    }
    if (walking && (s->hcr & HCR_PTW) && (l.desc >> 4 & 3) == 0) /* from a device */
        return refuse(w, (A64_FSC_PERMISSION_L0 + (uint32_t)l.level) | A64_FSC_STAGE2 | extra);
    w->out->attributes = combined(w->out->attributes, l.desc >> 2 & 15);
    return true;
}

/* The address that stage 1 gave goes through stage 2, if that is on. */
static bool finish(struct walk *w)
{
    struct a64_walk_result first = *w->out;

    w->out->stage1_device = a64_is_device(first.attributes);
    if (!(w->context & A64_CONTEXT_STAGE2) || (w->context & A64_CONTEXT_NO_STAGE2))
        return true;
    if (!stage2(w, first.pa, w->access, false))
        return false;
    w->out->prot &= first.prot;
    if (first.page_bits < w->out->page_bits)
        w->out->page_bits = first.page_bits;
    return true;
}

/* ---- Stage 1 ---- */

/* The registers of a regime, for the range that an address is in. */
struct range {
    uint64_t tcr, ttbr, mair;
    bool two_ranges, upper;
    bool tbi, tbid;
};

static struct range find_range(const struct walk *w, uint64_t va)
{
    const struct a64_state *s = a64_state(w->cpu);
    uint32_t regime = (uint32_t)(w->context >> 32) & 3;
    uint32_t el = regime == A64_REGIME_EL10 ? 1 : regime == A64_REGIME_EL3 ? 3 : 2;
    struct range r = {.tcr = s->tcr[el], .ttbr = s->ttbr0[el], .mair = s->mair[el]};

    r.two_ranges = regime == A64_REGIME_EL10 || regime == A64_REGIME_EL20;
    if (!r.two_ranges) {
        r.tbi = r.tcr >> 20 & 1;
        r.tbid = r.tcr >> 29 & 1;
        return r;
    }
    r.upper = va >> 55 & 1;
    r.tbi = r.tcr >> (r.upper ? 38 : 37) & 1;
    r.tbid = r.tcr >> (r.upper ? 52 : 51) & 1;
    if (r.upper)
        r.ttbr = s->ttbr1[el];
    return r;
}

/* The address without its tag. */
static uint64_t strip(const struct range *r, uint64_t va)
{
    uint64_t low = va & ((1ull << 56) - 1);

    return r->upper ? low | 0xffull << 56 : low;
}

/* False: nothing can be there. */
static bool stage1_setup(const struct walk *w, const struct range *r, struct stage *st, uint64_t va)
{
    static const uint8_t granules0[] = {12, 16, 14, 12}, granules1[] = {12, 14, 12, 16};
    const struct a64_arch *arch = a64_arch(w->cpu);
    uint32_t tsz = r->tcr >> (r->upper ? 16 : 0) & 63;
    uint32_t ps = r->tcr >> (r->two_ranges ? 32 : 16) & 7, update = r->two_ranges ? 39 : 21;

    *st = (struct stage){.two_ranges = r->two_ranges};
    st->granule = r->upper ? granules1[r->tcr >> 30 & 3] : granules0[r->tcr >> 14 & 3];
    st->ia_bits = 64 - tsz;
    st->pa_bits = output_bits(arch, ps, st->granule);
    st->ha = r->tcr >> update & 1;
    st->hd = st->ha && (r->tcr >> (update + 1) & 1);
    st->hpd = r->tcr >> (!r->two_ranges ? 24 : r->upper ? 42 : 41) & 1;
    if (tsz > 39 || tsz < (a64_has(arch, A64_FEATURE(LVA)) && st->granule == 16 ? 12u : 16u))
        return false;
    if (r->two_ranges && (r->tcr >> (r->upper ? 23 : 7) & 1)) /* EPD */
        return false;
    if (r->two_ranges && w->el0 && (r->tcr >> (r->upper ? 56 : 55) & 1)) /* E0PD */
        return false;
    uint64_t above = (r->upper ? ~va : va) >> st->ia_bits;
    st->input = va & ((1ull << st->ia_bits) - 1);
    uint32_t stride = st->granule - 3;
    st->level = 4 - (int)((st->ia_bits - st->granule + stride - 1) / stride);
    return above == 0;
}

/* A global mapping in the half where address spaces differ: TLBI by ASID must look everywhere. */
static void note_low_global(struct vm_cpu *cpu)
{
    struct a64_state *s = a64_state(cpu);

    if (s->low_global)
        return;
    s->low_global = true;
    atomic_fetch_add(&a64_arch(cpu)->low_global, 1);
}

static bool stage1(struct walk *w, const struct range *r, uint64_t va)
{
    struct stage st;
    struct leaf l;

    if (!stage1_setup(w, r, &st, va))
        return refuse(w, A64_FSC_TRANSLATION_L0);
    if (!set_base(&st, a64_arch(w->cpu), r->ttbr))
        return refuse(w, A64_FSC_ADDRESS_SIZE_L0);
    if (!translate(w, &st, w->access, &l))
        return false;
    w->out->global = r->two_ranges && !(l.desc & DESC_NG);
    w->out->guarded = a64_has(a64_arch(w->cpu), A64_FEATURE(BTI)) && (l.desc & DESC_GP);
    w->out->attributes = (uint8_t)(r->mair >> (l.desc >> 2 & 7) * 8);
    w->out->shareability = l.desc >> 8 & 3;
    if (w->out->global && !r->upper)
        note_low_global(w->cpu);
    return finish(w);
}

bool a64_flat_is_device(struct vm_cpu *cpu, uint64_t context)
{
    uint32_t regime = (uint32_t)(context >> 32) & 3;

    return !(context & A64_CONTEXT_STAGE1) &&
           !(regime == A64_REGIME_EL10 && (a64_hcr(cpu) & HCR_DC));
}

/* Stage 1 is off: the address is what it is. */
static bool flat(struct walk *w, const struct range *r, uint64_t va)
{
    uint64_t address = r->tbi ? va & ((1ull << 56) - 1) : va;

    if (address >> a64_arch(w->cpu)->pa_bits)
        return refuse(w, A64_FSC_ADDRESS_SIZE_L0);
    w->out->pa = address;
    w->out->page_bits = VM_PAGE_BITS;
    w->out->prot = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC;
    w->out->shareability = 2;
    w->out->attributes = a64_flat_is_device(w->cpu, w->context) ? 0 : 0xff;
    return finish(w);
}

bool a64_walk(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
              struct a64_walk_result *out)
{
    struct walk w = {.cpu = cpu,
                     .context = context,
                     .access = access,
                     .el0 = (context & A64_CONTEXT_EL0) != 0,
                     .out = out};
    struct range r = find_range(&w, va);

    *out = (struct a64_walk_result){0};
    if (access == VM_ACCESS_EXEC && r.tbid)
        r.tbi = false;
    if (r.tbi && strip(&r, va) != va) {
        if (access == VM_ACCESS_EXEC)
            return refuse(&w, A64_FSC_TAGGED);
        if (!atomic_load_explicit(&a64_arch(cpu)->tagged, memory_order_relaxed))
            atomic_store(&a64_arch(cpu)->tagged, 1);
        va = strip(&r, va);
    }
    return context & A64_CONTEXT_STAGE1 ? stage1(&w, &r, va) : flat(&w, &r, va);
}

int a64_mmu_translate(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                      uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    struct a64_walk_result result;

    (void)mmu;
    if (!a64_walk(cpu, context, va, access, &result)) {
        fault->code = result.fault;
        fault->value = result.ipa;
        return -1;
    }
    out->pa = result.pa;
    out->page_bits = result.page_bits;
    out->uniform_bits = result.page_bits;
    out->prot = result.prot;
    out->global = result.global;
    /* Where stage 1 is off, the mode key has each access ask for it itself: all RAM stays fast. */
    out->aligned = a64_is_device(result.attributes) && !a64_flat_is_device(cpu, context);
    return 0;
}

/* The address that a branch to `va` really goes to. */
uint64_t a64_untag(struct vm_cpu *cpu, uint64_t context, uint64_t va)
{
    struct walk w = {.cpu = cpu, .context = context};
    struct range r = find_range(&w, va);

    return strip(&r, va);
}
