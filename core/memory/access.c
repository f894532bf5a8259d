/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - guest memory accesses out of line: TLB miss, registers, page crossing, misaligned,
 * marked page.
 *
 * Order of checks: alignment where the memop demands it, then translation of each page and
 * alignment where that page demands it, then the bus. Nothing is stored before every byte is known
 * to be translated. The fault's address is the first byte that faults. Values are as a
 * little-endian load sees them until the last step, which swaps them for a big-endian memop.
 */
#include "core/memory/tlb_table.h"

static int fault(struct vm_cpu *cpu, enum vm_fault_kind kind, enum vm_access access, uint64_t va)
{
    cpu->fault = (struct vm_fault){.kind = kind, .access = access, .va = va};
    return VM_MEM_FAULT;
}

/* ---- translation ---- */

/* Walks the page table for one address; false: cpu->fault is filled. */
static bool walk(struct tlb *t, uint64_t va, enum vm_access access, uint32_t mmu,
                 struct tlb_mapping *m)
{
    struct vm_translation tr = {0};
    struct vm_fault f = {0};
    uint64_t flushes = t->flush_count;
    t->stats.walks++;
    if (t->arch->mmu_translate(t->cpu, t->selected[mmu]->id, va, access, mmu, &tr, &f)) {
        fault(t->cpu, VM_FAULT_TRANSLATE, access, va);
        t->cpu->fault.code = f.code;
        t->cpu->fault.value = f.value;
        return false;
    }
    struct space_range r;
    uint8_t *host;
    if (!space_map(t->space, tr.pa, &r, &host)) {
        fault(t->cpu, VM_FAULT_BUS, access, va);
        return false;
    }
    /* A device's memory that is not read directly now may be soon: that must not need a flush. */
    bool hidden = r.ram && !host;
    *m = (struct tlb_mapping){
        .pa = tr.pa,
        .global = tr.global,
        .large = tr.page_bits > VM_PAGE_BITS,
        .aligned = tr.aligned,
        .no_cache = tr.no_cache || tr.page_bits < VM_PAGE_BITS || hidden,
    };
    /* A walk may set accessed bits in a page that holds code, and so lead to work that flushes. */
    if (!m->no_cache && t->flush_count == flushes) {
        tlb_fill(t, t->selected[mmu], va, &tr, &r);
        if (access != VM_ACCESS_EXEC && r.ram && tr.uniform_bits > VM_PAGE_BITS)
            tlb_fill_ahead(t, t->selected[mmu], va, &tr, &r);
    }
    bool shared = r.ram && r.ram->shared;
    if (host && (shared ? access != VM_ACCESS_EXEC : !(r.mmio && access == VM_ACCESS_WRITE))) {
        m->host = host;
        m->code = !shared && access == VM_ACCESS_WRITE &&
                  (atomic_load(ram_page_flags(r.ram, tr.pa)) & PAGE_CODE);
    }
    return true;
}

static bool translate(struct tlb *t, uint64_t va, enum vm_access access, uint32_t mmu,
                      struct tlb_mapping *m)
{
    return tlb_lookup(t, t->selected[mmu], va, access, m) || walk(t, va, access, mmu, m);
}

/* The bytes of one access on one page. */
struct piece {
    uint64_t va;
    uint32_t n;
    struct tlb_mapping m;
};

/* Whether the access is misaligned for memory that takes aligned ones only. */
static bool refused_misaligned(uint64_t va, uint32_t memop)
{
    if ((memop & VM_MEMOP_HALF) == VM_MEMOP_HALF)
        return true;
    return va & ((VM_MEMOP_SIZE(memop) >> VM_MEMOP_PARTS(memop)) - 1);
}

/* Cuts an access at the page boundary and translates its one or two pieces. Returns how many, 0:
 * fault filled. */
static uint32_t cut(struct tlb *t, uint64_t va, uint32_t memop, enum vm_access access,
                    struct piece pieces[2])
{
    uint32_t size = VM_MEMOP_SIZE(memop), n_pieces = 1;
    uint64_t room = VM_PAGE_SIZE - (va & ~VM_PAGE_MASK);
    if ((memop & VM_MEMOP_ALIGN) && (va & (size - 1))) {
        fault(t->cpu, VM_FAULT_ALIGN, access, va);
        return 0;
    }
    if (size > 8) { /* has no value of 64 bits: no IR operation asks for it */
        fault(t->cpu, VM_FAULT_BUS, access, va);
        return 0;
    }
    pieces[0] = (struct piece){.va = va, .n = size};
    if (size > room) {
        pieces[0].n = (uint32_t)room;
        pieces[1] = (struct piece){.va = va + room, .n = size - (uint32_t)room};
        n_pieces = 2;
    }
    for (uint32_t i = 0; i < n_pieces; i++) {
        if (!translate(t, pieces[i].va, access, VM_MEMOP_MMU(memop), &pieces[i].m))
            return 0;
        if (pieces[i].m.aligned && refused_misaligned(va, memop)) {
            fault(t->cpu, VM_FAULT_ALIGN, access, pieces[i].va);
            t->cpu->fault.code = 1;
            return 0;
        }
    }
    return n_pieces;
}

/*
 * The range of an access to registers, which must lie in it as a whole: an access that is part RAM
 * and part registers, or that falls into two ranges, is a bus error at the first register's byte.
 * NULL: fault filled.
 */
static const struct space_range *find_registers(struct tlb *t, const struct piece *pieces,
                                                uint32_t n_pieces, enum vm_access access)
{
    const struct piece *first = pieces[0].m.host ? &pieces[1] : &pieces[0];
    const struct space_range *r = space_find_again(t->space, first->m.pa, t->registers);
    if (!r || !r->mmio ||
        (n_pieces == 2 && (pieces[0].m.host || pieces[1].m.host ||
                           pieces[1].m.pa != pieces[0].m.pa + pieces[0].n))) {
        fault(t->cpu, VM_FAULT_BUS, access, first->va);
        return NULL;
    }
    return r;
}

static bool all_ram(const struct piece *pieces, uint32_t n_pieces)
{
    return pieces[0].m.host && (n_pieces == 1 || pieces[1].m.host);
}

/* ---- load and store ---- */

static uint64_t swap_if_big(uint64_t value, uint32_t memop)
{
    if (!(memop & VM_MEMOP_BIG))
        return value;
    return __builtin_bswap64(value) >> (64 - 8 * VM_MEMOP_SIZE(memop));
}

static bool is_ordered(uint32_t memop)
{
    return memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE);
}

/*
 * Accesses with an order use the strongest one: they are rare here. Misaligned ones have none, as
 * in every manual.
 */
static uint64_t load_ordered(const void *p, uint32_t size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((const uint8_t *)p, __ATOMIC_SEQ_CST);
    case 2:
        return __atomic_load_n((const uint16_t *)p, __ATOMIC_SEQ_CST);
    case 4:
        return __atomic_load_n((const uint32_t *)p, __ATOMIC_SEQ_CST);
    default:
        return __atomic_load_n((const uint64_t *)p, __ATOMIC_SEQ_CST);
    }
}

static void store_ordered(void *p, uint32_t size, uint64_t value)
{
    switch (size) {
    case 1:
        __atomic_store_n((uint8_t *)p, (uint8_t)value, __ATOMIC_SEQ_CST);
        break;
    case 2:
        __atomic_store_n((uint16_t *)p, (uint16_t)value, __ATOMIC_SEQ_CST);
        break;
    case 4:
        __atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_SEQ_CST);
        break;
    default:
        __atomic_store_n((uint64_t *)p, value, __ATOMIC_SEQ_CST);
    }
}

static uint64_t load_ram(const struct piece *pieces, uint32_t n_pieces, uint32_t memop)
{
    uint32_t size = VM_MEMOP_SIZE(memop), shift = 0;
    uint64_t value = 0;
    if (n_pieces == 1) {
        const uint8_t *p = pieces[0].m.host;
        if (is_ordered(memop) && !((uintptr_t)p & (size - 1)))
            return load_ordered(p, size);
        return vm_ram_load(p, size);
    }
    for (uint32_t i = 0; i < n_pieces; i++)
        for (uint32_t j = 0; j < pieces[i].n; j++, shift += 8)
            value |= vm_ram_load(pieces[i].m.host + j, 1) << shift;
    return value;
}

static void store_ram(const struct piece *pieces, uint32_t n_pieces, uint32_t memop, uint64_t value)
{
    uint32_t size = VM_MEMOP_SIZE(memop);
    if (n_pieces == 1) {
        uint8_t *p = pieces[0].m.host;
        if (is_ordered(memop) && !((uintptr_t)p & (size - 1)))
            store_ordered(p, size, value);
        else
            vm_ram_store(p, size, value);
        return;
    }
    for (uint32_t i = 0; i < n_pieces; i++)
        for (uint32_t j = 0; j < pieces[i].n; j++, value >>= 8)
            vm_ram_store(pieces[i].m.host + j, 1, value & 0xff);
}

int tlb_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    struct tlb *t = vcpu_tlb(cpu);
    struct piece pieces[2];
    t->stats.slow_loads++;
    uint32_t n = cut(t, va, memop, VM_ACCESS_READ, pieces);
    if (n == 0)
        return VM_MEM_FAULT;
    if (all_ram(pieces, n)) {
        *value = swap_if_big(load_ram(pieces, n, memop), memop);
        return VM_MEM_OK;
    }
    const struct space_range *r = find_registers(t, pieces, n, VM_ACCESS_READ);
    uint64_t raw;
    if (!r)
        return VM_MEM_FAULT;
    t->stats.mmio_reads++;
    if (mmio_read(r, pieces[0].m.pa, VM_MEMOP_SIZE(memop), &raw) != VM_ACCESS_OK)
        return fault(cpu, VM_FAULT_BUS, VM_ACCESS_READ, va);
    *value = swap_if_big(raw, memop);
    return VM_MEM_OK;
}

/* After bytes of pieces that hold translated code were changed. */
static int report_code(struct tlb *t, const struct piece *pieces, uint32_t n_pieces)
{
    bool hit = false;
    for (uint32_t i = 0; i < n_pieces; i++)
        if (pieces[i].m.code)
            hit |= space_code_written(t->space, pieces[i].m.pa, pieces[i].n);
    return hit ? VM_MEM_CODE : VM_MEM_OK;
}

int tlb_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value)
{
    struct tlb *t = vcpu_tlb(cpu);
    struct piece pieces[2];
    t->stats.slow_stores++;
    uint32_t n = cut(t, va, memop, VM_ACCESS_WRITE, pieces);
    if (n == 0)
        return VM_MEM_FAULT;
    value = swap_if_big(value, memop);
    if (all_ram(pieces, n)) {
        store_ram(pieces, n, memop, value);
        return report_code(t, pieces, n);
    }
    const struct space_range *r = find_registers(t, pieces, n, VM_ACCESS_WRITE);
    if (!r)
        return VM_MEM_FAULT;
    t->stats.mmio_writes++;
    if (mmio_write(r, pieces[0].m.pa, VM_MEMOP_SIZE(memop), value) != VM_ACCESS_OK)
        return fault(cpu, VM_FAULT_BUS, VM_ACCESS_WRITE, va);
    return VM_MEM_OK;
}

/* ---- read-modify-write ---- */

/* Compares and swaps `size` aligned bytes; returns what was there before. */
static uint64_t compare_and_swap(void *p, uint32_t size, uint64_t expected, uint64_t desired)
{
#define CAS(type)                                                                            \
    {                                                                                        \
        type old = (type)expected;                                                           \
        __atomic_compare_exchange_n((type *)p, &old, (type)desired, false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST);                                       \
        return old;                                                                          \
    }
    switch (size) {
    case 1:
        CAS(uint8_t)
    case 2:
        CAS(uint16_t)
    case 4:
        CAS(uint32_t)
    default:
        CAS(uint64_t)
    }
#undef CAS
}

static int64_t sign_extend(uint64_t value, uint32_t size)
{
    uint32_t unused = 64 - 8 * size;
    return (int64_t)(value << unused) >> unused;
}

/* What an amo stores; a and b are zero-extended guest values. */
static uint64_t amo_result(enum vm_amo op, uint64_t a, uint64_t b, uint32_t size)
{
    switch (op) {
    case VM_AMO_ADD:
        return a + b;
    case VM_AMO_AND:
        return a & b;
    case VM_AMO_OR:
        return a | b;
    case VM_AMO_XOR:
        return a ^ b;
    case VM_AMO_SMIN:
        return sign_extend(a, size) < sign_extend(b, size) ? a : b;
    case VM_AMO_SMAX:
        return sign_extend(a, size) > sign_extend(b, size) ? a : b;
    case VM_AMO_UMIN:
        return a < b ? a : b;
    case VM_AMO_UMAX:
        return a > b ? a : b;
    default:
        return b;
    }
}

static uint64_t low_bytes(uint64_t value, uint32_t size)
{
    return size >= 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

/* Finds the RAM of an atomic access. False: fault filled. Misaligned or on registers, the host can
 * do none. */
static bool cut_atomic(struct tlb *t, uint64_t va, uint32_t memop, struct piece *piece)
{
    struct piece pieces[2];
    t->stats.slow_stores++;
    if (cut(t, va, memop | VM_MEMOP_ALIGN, VM_ACCESS_WRITE, pieces) == 0)
        return false;
    if (!pieces[0].m.host) {
        fault(t->cpu, VM_FAULT_BUS, VM_ACCESS_WRITE, va);
        return false;
    }
    *piece = pieces[0];
    return true;
}

int tlb_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, uint64_t *old)
{
    struct tlb *t = vcpu_tlb(cpu);
    uint32_t size = VM_MEMOP_SIZE(memop);
    struct piece piece;
    if (!cut_atomic(t, va, memop, &piece))
        return VM_MEM_FAULT;
    operand = low_bytes(operand, size);
    uint64_t seen = vm_ram_load(piece.m.host, size), expected;
    do {
        expected = seen;
        uint64_t now = amo_result(VM_MEMOP_AMO(memop), swap_if_big(expected, memop), operand, size);
        seen = compare_and_swap(piece.m.host, size, expected,
                                swap_if_big(low_bytes(now, size), memop));
    } while (seen != expected);
    *old = swap_if_big(seen, memop);
    return report_code(t, &piece, 1);
}

int tlb_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected, uint64_t desired,
            uint64_t *old)
{
    struct tlb *t = vcpu_tlb(cpu);
    uint32_t size = VM_MEMOP_SIZE(memop);
    struct piece piece;
    if (!cut_atomic(t, va, memop, &piece))
        return VM_MEM_FAULT;
    expected = low_bytes(expected, size);
    uint64_t seen = compare_and_swap(piece.m.host, size, swap_if_big(expected, memop),
                                     swap_if_big(low_bytes(desired, size), memop));
    *old = swap_if_big(seen, memop);
    return *old == expected ? report_code(t, &piece, 1) : VM_MEM_OK;
}

/* ---- blocks ---- */

void *tlb_probe_block(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu)
{
    struct tlb *t = vcpu_tlb(cpu);
    struct tlb_mapping m;
    if (n > VM_PAGE_SIZE - (va & ~VM_PAGE_MASK)) {
        fault(cpu, VM_FAULT_ALIGN, (enum vm_access)access, va);
        return NULL;
    }
    if (!translate(t, va, (enum vm_access)access, mmu, &m))
        return NULL;
    if (!m.host) {
        fault(cpu, VM_FAULT_BUS, (enum vm_access)access, va);
        return NULL;
    }
    if (access == VM_ACCESS_WRITE) {
        uint32_t i = t->next_probe++ % TLB_PROBES;
        t->probes[i].va = va & VM_PAGE_MASK;
        t->probes[i].pa = m.pa & VM_PAGE_MASK;
    }
    return m.host;
}

int tlb_wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n)
{
    struct tlb *t = vcpu_tlb(cpu);
    for (uint32_t i = 1; i <= TLB_PROBES; i++) {
        uint32_t slot = (t->next_probe - i) % TLB_PROBES; /* latest first */
        if (t->probes[slot].va != (va & VM_PAGE_MASK))
            continue;
        uint64_t pa = t->probes[slot].pa | (va & ~VM_PAGE_MASK);
        const struct ram_block *ram = space_ram_block(t->space, pa);
        if (ram && (atomic_load(ram_page_flags(ram, pa)) & PAGE_CODE))
            return space_code_written(t->space, pa, n) ? VM_MEM_CODE : VM_MEM_OK;
        return VM_MEM_OK;
    }
    return VM_MEM_OK;
}

/* ---- page-table walks ---- */

static void *walk_entry(const struct vm_cpu *cpu, uint64_t pa, uint32_t size)
{
    if ((size != 4 && size != 8) || (pa & (size - 1)))
        return NULL;
    return space_ram(vcpu_tlb(cpu)->space, pa, size);
}

int tlb_phys_load(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value)
{
    const void *p = walk_entry(cpu, pa, size);
    if (!p)
        return VM_ACCESS_ERROR;
    *value = vm_ram_load(p, size);
    return VM_ACCESS_OK;
}

int tlb_phys_cas(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                 uint64_t desired, uint64_t *old)
{
    struct tlb *t = vcpu_tlb(cpu);
    void *p = walk_entry(cpu, pa, size);
    const struct ram_block *ram = p ? space_ram_block(t->space, pa) : NULL;
    if (!ram || ram->of_device)
        return VM_ACCESS_ERROR;
    *old = compare_and_swap(p, size, expected, desired);
    if (*old == low_bytes(expected, size) && (atomic_load(ram_page_flags(ram, pa)) & PAGE_CODE))
        space_code_written(t->space, pa, size);
    return VM_ACCESS_OK;
}

/* ---- fetch ---- */

const uint8_t *tlb_fetch_page(struct tlb *t, uint64_t va, uint64_t *page_pa, bool *no_cache)
{
    struct tlb_mapping m;
    if (!translate(t, va, VM_ACCESS_EXEC, VM_MMU_FETCH, &m))
        return NULL;
    if (!m.host) {
        fault(t->cpu, VM_FAULT_BUS, VM_ACCESS_EXEC, va);
        return NULL;
    }
    tlb_note_exec(t, va, &m);
    *page_pa = m.pa & VM_PAGE_MASK;
    *no_cache = m.no_cache;
    return m.host - (va & ~VM_PAGE_MASK);
}
