/* SPDX-License-Identifier: BSD-2-Clause */
/* The C functions that translated code calls. */
#include "csr.h"

#define UNUSED2 \
    (void)e;    \
    (void)f
#define UNUSED3 \
    (void)d;    \
    UNUSED2
#define UNUSED4 \
    (void)c;    \
    UNUSED3
#define UNUSED5 \
    (void)b;    \
    UNUSED4
#define ARGS uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f

/* ---- CSRs ---- */

static bool allowed(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t insn)
{
    if (!csr->allowed || csr->allowed(cpu))
        return true;
    rv_raise(cpu, RV_CAUSE_ILLEGAL, insn);
    return false;
}

static bool same_mode(const struct vm_cpu_mode *a, const struct vm_cpu_mode *b)
{
    return a->key[0] == b->key[0] && a->context[VM_MMU_FETCH] == b->context[VM_MMU_FETCH] &&
           a->context[VM_MMU_DATA] == b->context[VM_MMU_DATA];
}

/* Writes, and asks to leave compiled code if that changed what it was compiled for or let an
 * interrupt in. */
static void write_csr(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct vm_cpu_mode before, after;

    if (!(csr->flags & CSR_MODE)) {
        csr->write(cpu, csr, value);
        return;
    }
    rv_mode(cpu, &before);
    csr->write(cpu, csr, value);
    rv_mode(cpu, &after);
    if (!same_mode(&before, &after) || rv_pending_interrupt(cpu) != 0)
        cpu->pending_exit = VM_EXIT_STATE;
}

/* Registers whose read and write are one. A write may have let an interrupt in. */
static uint64_t access_csr(struct vm_cpu *cpu, const struct rv_csr *csr,
                           const struct rv_csr_access *access, uint64_t insn)
{
    uint64_t old = 0;

    if (!csr->access(cpu, access, &old)) {
        rv_raise(cpu, RV_CAUSE_ILLEGAL, insn);
        return 0;
    }
    if (access->write && rv_pending_interrupt(cpu) != 0)
        cpu->pending_exit = VM_EXIT_STATE;
    return old;
}

static uint64_t csr_read(struct vm_cpu *cpu, ARGS)
{
    const struct rv_csr *csr = &rv_csrs[a];

    UNUSED4;
    if (csr->access)
        return access_csr(cpu, csr, &(struct rv_csr_access){.write = false}, b);
    return allowed(cpu, csr, b) ? csr->read(cpu, csr) : 0;
}

static uint64_t csr_write(struct vm_cpu *cpu, ARGS)
{
    const struct rv_csr *csr = &rv_csrs[a];

    UNUSED3;
    if (csr->access)
        access_csr(cpu, csr, &(struct rv_csr_access){true, b, UINT64_MAX}, c);
    else if (allowed(cpu, csr, c))
        write_csr(cpu, csr, b);
    return 0;
}

static uint64_t csr_swap(struct vm_cpu *cpu, ARGS)
{
    const struct rv_csr *csr = &rv_csrs[a];
    enum rv_csr_op op = (enum rv_csr_op)b;

    UNUSED2;
    if (csr->access)
        return access_csr(cpu, csr,
                          &(struct rv_csr_access){true, op == RV_CSR_CLEAR ? 0 : c,
                                                  op == RV_CSR_REPLACE ? UINT64_MAX : c},
                          d);
    if (!allowed(cpu, csr, d))
        return 0;
    uint64_t old = csr->read(cpu, csr);
    uint64_t base = csr->read_modify ? csr->read_modify(cpu, csr) : old;
    write_csr(cpu, csr, op == RV_CSR_SET ? base | c : op == RV_CSR_CLEAR ? base & ~c : c);
    return old;
}

/* ---- Privileged instructions ---- */

static uint64_t mret(struct vm_cpu *cpu, ARGS)
{
    (void)a;
    UNUSED5;
    rv_return(cpu, true);
    return 0;
}

/* Illegal in S-mode while `bit` of mstatus is set. */
static bool trapped(struct vm_cpu *cpu, uint64_t bit, uint64_t insn)
{
    const struct rv_state *s = rv_state(cpu);

    if (s->privilege == RV_M || !(s->mstatus & bit))
        return false;
    rv_raise(cpu, RV_CAUSE_ILLEGAL, insn);
    return true;
}

static uint64_t sret(struct vm_cpu *cpu, ARGS)
{
    UNUSED5;
    if (!trapped(cpu, MSTATUS_TSR, a))
        rv_return(cpu, false);
    return 0;
}

static uint64_t wfi(struct vm_cpu *cpu, ARGS)
{
    UNUSED5;
    if (!trapped(cpu, MSTATUS_TW, a))
        cpu->pending_exit = VM_EXIT_WAIT;
    return 0;
}

/* Bare contexts are never flushed: they do not depend on page tables. */
static uint64_t sfence(struct vm_cpu *cpu, ARGS)
{
    uint64_t match = RV_CONTEXT_PAGED, mask = RV_CONTEXT_PAGED;
    bool by_asid = (c & RV_SFENCE_ASID) != 0;

    UNUSED2;
    if (trapped(cpu, MSTATUS_TVM, d))
        return 0;
    if (by_asid) {
        match |= b & RV_CONTEXT_ASID_MASK;
        mask |= RV_CONTEXT_ASID_MASK;
    }
    if (c & RV_SFENCE_ADDRESS)
        cpu->host->tlb_flush(cpu, match, mask, a & VM_PAGE_MASK, VM_PAGE_SIZE, by_asid);
    else
        cpu->host->tlb_flush(cpu, match, mask, 0, 0, by_asid);
    return 0;
}

/* ---- Cache blocks ---- */

/* The bits of menvcfg and, for U-mode, of senvcfg that allow an operation: one of them is enough in
 * each. */
static bool block_allowed(struct vm_cpu *cpu, uint64_t bits, uint64_t insn)
{
    const struct rv_state *s = rv_state(cpu);

    if (s->privilege == RV_M ||
        ((s->menvcfg & bits) && (s->privilege == RV_S || (s->senvcfg & bits))))
        return true;
    rv_raise(cpu, RV_CAUSE_ILLEGAL, insn);
    return false;
}

static void block_fault(struct vm_cpu *cpu)
{
    cpu->fault.access = VM_ACCESS_WRITE;
    cpu->pending_exit = VM_EXIT_TRAP;
}

/* clean, flush, inval: memory is always coherent, so that only the permissions remain. Either kind
 * of access is enough. */
static uint64_t cbo(struct vm_cpu *cpu, ARGS)
{
    uint64_t block = a & ~(uint64_t)(RV_CBO_BLOCK - 1);
    bool inval = b >> 20 == 0;

    UNUSED4;
    if (!block_allowed(cpu, inval ? ENVCFG_CBIE : ENVCFG_CBCFE, b))
        return 0;
    if (!cpu->host->probe(cpu, block, RV_CBO_BLOCK, VM_ACCESS_READ, VM_MMU_DATA) &&
        !cpu->host->probe(cpu, block, RV_CBO_BLOCK, VM_ACCESS_WRITE, VM_MMU_DATA))
        block_fault(cpu);
    return 0;
}

static uint64_t cbo_zero(struct vm_cpu *cpu, ARGS)
{
    uint64_t block = a & ~(uint64_t)(RV_CBO_BLOCK - 1);

    UNUSED4;
    if (!block_allowed(cpu, ENVCFG_CBZE, b))
        return 0;
    uint8_t *host = cpu->host->probe(cpu, block, RV_CBO_BLOCK, VM_ACCESS_WRITE, VM_MMU_DATA);
    if (!host) {
        block_fault(cpu);
        return 0;
    }
    for (uint32_t i = 0; i < RV_CBO_BLOCK; i += 8)
        vm_ram_store(host + i, 8, 0);
    if (cpu->host->wrote(cpu, block, RV_CBO_BLOCK) == VM_MEM_CODE)
        cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

/* ---- The table ---- */

static const uint16_t status_and_flags[] = {RV_SLOT_MSTATUS, RV_SLOT_FFLAGS, 0xffff};
static const uint16_t status[] = {RV_SLOT_MSTATUS, 0xffff};
static const uint16_t mret_reads[] = {RV_SLOT_MSTATUS, RV_SLOT_MEPC, 0xffff};
static const uint16_t sret_reads[] = {RV_SLOT_MSTATUS, RV_SLOT_SEPC, 0xffff};

#define CSR_EFFECTS .reads = status_and_flags, .writes = status_and_flags
#define TRAPS       VM_HELPER_MAY_TRAP
#define EXITS       VM_HELPER_MAY_EXIT

const struct vm_helper rv_helpers[RV_HELPER_COUNT] = {
    [RV_HELPER_CSR_READ] = {.name = "csr_read",
                            .fn = csr_read,
                            .n_args = 2,
                            .flags = TRAPS,
                            .reads = status_and_flags},
    [RV_HELPER_CSR_WRITE] =
        {.name = "csr_write", .fn = csr_write, .n_args = 3, .flags = TRAPS | EXITS, CSR_EFFECTS},
    [RV_HELPER_CSR_SWAP] =
        {.name = "csr_swap", .fn = csr_swap, .n_args = 4, .flags = TRAPS | EXITS, CSR_EFFECTS},
    [RV_HELPER_MRET] = {.name = "mret",
                        .fn = mret,
                        .n_args = 0,
                        .flags = EXITS,
                        .reads = mret_reads,
                        .writes = status},
    [RV_HELPER_SRET] = {.name = "sret",
                        .fn = sret,
                        .n_args = 1,
                        .flags = TRAPS | EXITS,
                        .reads = sret_reads,
                        .writes = status},
    [RV_HELPER_WFI] =
        {.name = "wfi", .fn = wfi, .n_args = 1, .flags = TRAPS | EXITS, .reads = status},
    [RV_HELPER_SFENCE] =
        {.name = "sfence_vma", .fn = sfence, .n_args = 4, .flags = TRAPS | EXITS, .reads = status},
    [RV_HELPER_CBO] = {.name = "cbo", .fn = cbo, .n_args = 2, .flags = TRAPS | VM_HELPER_MEMORY},
    [RV_HELPER_CBO_ZERO] = {.name = "cbo_zero",
                            .fn = cbo_zero,
                            .n_args = 2,
                            .flags = TRAPS | EXITS | VM_HELPER_MEMORY},
};
