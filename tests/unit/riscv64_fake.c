/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake core of the arch-riscv64 tests. */
#include "riscv64_fake.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include "core/ir/ir.h"

static struct fake fake;

static uint8_t *ram(uint64_t pa, uint64_t n)
{
    return pa >= FAKE_RAM_BASE && pa + n <= FAKE_RAM_BASE + FAKE_RAM_SIZE
               ? fake.ram + (pa - FAKE_RAM_BASE)
               : NULL;
}

/* ---- host ---- */

static int phys_load(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value)
{
    uint8_t *p = ram(pa, size);

    (void)cpu;
    if (!p)
        return 1;
    *value = vm_ram_load(p, size);
    return 0;
}

static int phys_cas(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                    uint64_t desired, uint64_t *old)
{
    uint8_t *p = ram(pa, size);

    (void)cpu;
    if (!p)
        return 1;
    if (fake.race > 0) { /* another hart sets an unused bit of the entry */
        fake.race--;
        vm_ram_store(p, size, vm_ram_load(p, size) ^ 0x100);
    }
    *old = vm_ram_load(p, size);
    if (*old == expected)
        vm_ram_store(p, size, desired);
    return 0;
}

static void tlb_flush(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                      uint64_t length, bool keep_global)
{
    (void)cpu;
    fake.flushes++;
    fake.flush_match = match;
    fake.flush_mask = mask;
    fake.flush_va = va;
    fake.flush_length = length;
    fake.flush_keep_global = keep_global;
}

static uint64_t counter_read(struct vm_cpu *cpu)
{
    (void)cpu;
    return fake.counter;
}

static void counter_compare(struct vm_cpu *cpu, uint32_t line, uint64_t deadline)
{
    cr_assert_eq(line, RV_IRQ_STI);
    fake.deadline = deadline;
    if (deadline <= fake.counter)
        atomic_fetch_or(&cpu->lines, RV_MIP_STIP);
    else
        atomic_fetch_and(&cpu->lines, ~(uint64_t)RV_MIP_STIP);
}

/* A register of 64 bits for each number, but for 0x81, which is none. */
static int port_access(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write, uint64_t bits,
                       uint64_t mask, uint64_t *value)
{
    (void)cpu;
    fake.port_accesses++;
    fake.port = port;
    fake.port_reg = reg;
    *value = fake.port_value;
    if (reg == 0x81)
        return -1;
    if (write)
        fake.port_value = (fake.port_value & ~mask) | (bits & mask);
    if (write && fake.port_raises)
        atomic_fetch_or(&cpu->lines, fake.port_raises);
    return 0;
}

static uint64_t instructions(struct vm_cpu *cpu)
{
    (void)cpu;
    return fake.retired;
}

static void *probe(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu)
{
    cr_assert_eq(mmu, VM_MMU_DATA);
    fake.probes++;
    if (fake.probe_refuses & 1u << access) {
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRANSLATE,
                                       .access = (uint32_t)access,
                                       .va = va,
                                       .code = RV_FAULT_PAGE};
        return NULL;
    }
    return ram(va, n);
}

static int wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n)
{
    (void)cpu;
    (void)va;
    (void)n;
    return fake.wrote_result;
}

static const struct vm_cpu_host host = {
    .size = sizeof(host),
    .phys_load = phys_load,
    .phys_cas = phys_cas,
    .tlb_flush = tlb_flush,
    .counter_read = counter_read,
    .counter_compare = counter_compare,
    .port_access = port_access,
    .instructions = instructions,
    .probe = probe,
    .wrote = wrote,
};

/* ---- the hart ---- */

struct fake *fake_new(void)
{
    const struct vm_cpu_start start = {.pc = FAKE_RAM_BASE, .arg = {0, 1, 2, 3}};
    struct rv_arch *arch = calloc(1, sizeof(*arch));

    fake = (struct fake){0};
    fake.ram = calloc(1, FAKE_RAM_SIZE);
    fake.cpu = aligned_alloc(64, (sizeof(struct vm_cpu) + sizeof(struct rv_state) + 63) & ~63ul);
    cr_assert(arch && fake.ram && fake.cpu);
    memset(fake.cpu, 0, sizeof(struct vm_cpu));
    arch->extensions = UINT32_MAX;
    arch->satp_mode = RV_SV57;
    arch->pmp_entries = 16;
    arch->misaligned = true;
    arch->asid_mask = 0xffff;
    rv_csr_configure(arch);
    fake.arch = arch;
    fake.cpu->arch = arch;
    fake.cpu->host = &host;
    fake.s = rv_state(fake.cpu);
    rv_reset(fake.cpu, &start);
    return &fake;
}

void fake_free(struct fake *f)
{
    free(f->ram);
    free(f->cpu);
    free(f->arch);
}

void fake_store64(struct fake *f, uint64_t pa, uint64_t value)
{
    memcpy(f->ram + (pa - FAKE_RAM_BASE), &value, 8);
}

uint64_t fake_load64(struct fake *f, uint64_t pa)
{
    uint64_t value;

    memcpy(&value, f->ram + (pa - FAKE_RAM_BASE), 8);
    return value;
}

uint64_t fake_call(struct fake *f, enum rv_helper helper, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d)
{
    f->cpu->pending_exit = VM_EXIT_NONE;
    return rv_helpers[helper].fn(f->cpu, a, b, c, d, 0, 0);
}

/* Registers that are slots need no helper; their write mask is applied by the translation, here by
 * hand. */
bool fake_csr_write(struct fake *f, uint32_t number, uint64_t value)
{
    const struct rv_csr *csr = rv_find_csr(f->arch, number);

    cr_assert_not_null(csr, "CSR 0x%x", number);
    if (csr->slot != RV_NO_SLOT) {
        value &= rv_csr_mask(f->arch, csr);
        memcpy(f->cpu->state + rv_slots[csr->slot].offset, &value, 8);
        return true;
    }
    fake_call(f, RV_HELPER_CSR_WRITE, (uint64_t)(csr - rv_csrs), value, 0, 0);
    return f->cpu->pending_exit != VM_EXIT_TRAP;
}

bool fake_csr_read(struct fake *f, uint32_t number, uint64_t *value)
{
    const struct rv_csr *csr = rv_find_csr(f->arch, number);

    cr_assert_not_null(csr, "CSR 0x%x", number);
    if (csr->slot != RV_NO_SLOT) {
        memcpy(value, f->cpu->state + rv_slots[csr->slot].offset, 8);
        return true;
    }
    *value = fake_call(f, RV_HELPER_CSR_READ, (uint64_t)(csr - rv_csrs), 0, 0, 0);
    return f->cpu->pending_exit != VM_EXIT_TRAP;
}

bool fake_csr_swap(struct fake *f, uint32_t number, enum rv_csr_op op, uint64_t operand,
                   uint64_t *old)
{
    const struct rv_csr *csr = rv_find_csr(f->arch, number);

    cr_assert(csr && csr->slot == RV_NO_SLOT, "CSR 0x%x", number);
    *old = fake_call(f, RV_HELPER_CSR_SWAP, (uint64_t)(csr - rv_csrs), op, operand, 0);
    return f->cpu->pending_exit != VM_EXIT_TRAP;
}

uint64_t fake_csr(struct fake *f, uint32_t number)
{
    uint64_t value = 0;

    cr_assert(fake_csr_read(f, number, &value), "CSR 0x%x cannot be read", number);
    return value;
}

/* ---- translation ---- */

static uint32_t no_more(struct vm_code *code)
{
    return code->n_bytes;
}

struct vm_ir_unit fake_translate(struct fake *f, const void *bytes, uint32_t n, uint64_t key)
{
    struct vm_code code = {
        .bytes = bytes, .n_bytes = n, .max_insns = 64, .key = {key, 0}, .more = no_more};
    struct vm_error err = VM_ERROR_INIT;
    struct vm_ir_unit ir;

    vm_ir_init(&ir);
    cr_assert_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
    cr_assert_eq(ir_verify(&ir, &rv_arch_ops, &err), 0, "%s", err.text);
    return ir;
}
