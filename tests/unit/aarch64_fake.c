/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake core of the arch-aarch64 tests. */
#include "aarch64_fake.h"
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
    if (fake.race > 0) { /* another vCPU sets a bit for software */
        fake.race--;
        vm_ram_store(p, size, vm_ram_load(p, size) ^ 1ull << 56);
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
    if (fake.global_meanwhile)
        atomic_store(&fake.arch->low_global, 1);
    fake.flushes++;
    fake.flush_match = match;
    fake.flush_mask = mask;
    fake.flush_va = va;
    fake.flush_length = length;
    fake.flush_keep_global = keep_global;
}

static void tlb_flush_all_cpus(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                               uint64_t length, bool keep_global)
{
    fake.broadcasts++;
    tlb_flush(cpu, match, mask, va, length, keep_global);
}

static uint64_t counter_read(struct vm_cpu *cpu)
{
    (void)cpu;
    return fake.counter;
}

static void set_line(struct vm_cpu *cpu, uint32_t line, int level)
{
    if (level)
        atomic_fetch_or(&cpu->lines, A64_LINE_BIT(line));
    else
        atomic_fetch_and(&cpu->lines, ~A64_LINE_BIT(line));
    fake.lines = atomic_load(&cpu->lines);
}

static void counter_compare(struct vm_cpu *cpu, uint32_t line, uint64_t deadline)
{
    fake.deadline[line] = deadline;
    set_line(cpu, line, deadline != UINT64_MAX && deadline <= fake.counter);
}

static int port_access(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write, uint64_t bits,
                       uint64_t mask, uint64_t *value)
{
    (void)cpu;
    cr_assert_eq(port, A64_PORT_GIC);
    fake.port_accesses++;
    fake.port_reg = reg;
    *value = fake.port_value;
    if (write)
        fake.port_value = (fake.port_value & ~mask) | (bits & mask);
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
    if (fake.probe_mmio || (fake.probe_refuses & 1u << access)) {
        cpu->fault = (struct vm_fault){.kind = fake.probe_mmio ? VM_FAULT_BUS : VM_FAULT_TRANSLATE,
                                       .access = (uint32_t)access,
                                       .va = va,
                                       .code = A64_FSC_TRANSLATION_L0 + 3};
        return NULL;
    }
    return ram(va, n);
}

static int wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n)
{
    (void)cpu;
    (void)va;
    fake.written += n;
    return VM_MEM_OK;
}

static int load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    (void)cpu;
    (void)va;
    (void)memop;
    *value = fake.insn;
    return VM_MEM_OK;
}

static bool firmware_call(struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    (void)cpu;
    fake.firmware_calls++;
    fake.conduit = conduit;
    if (regs[0] != 0x84000000)
        return false;
    regs[0] = 0x10001;
    return true;
}

static const struct vm_cpu_host host = {
    .size = sizeof(host),
    .phys_load = phys_load,
    .phys_cas = phys_cas,
    .tlb_flush = tlb_flush,
    .tlb_flush_all_cpus = tlb_flush_all_cpus,
    .counter_read = counter_read,
    .counter_compare = counter_compare,
    .set_line = set_line,
    .port_access = port_access,
    .instructions = instructions,
    .probe = probe,
    .wrote = wrote,
    .load = load,
    .firmware_call = firmware_call,
};

/* ---- the vCPU ---- */

/* A TLB that knows nothing: all accesses of C go to the core. */
static void empty_tlb(struct vm_cpu *cpu)
{
    static struct vm_tlb_entry nothing = {.tag = {VM_TLB_INVALID, VM_TLB_INVALID, VM_TLB_INVALID}};

    for (int i = 0; i < VM_MMU_COUNT; i++)
        cpu->tlb[i] = (struct vm_tlb_view){&nothing, 0};
}

struct fake *fake_with(enum a64_cpu_model model, uint64_t features, bool el2, bool el3)
{
    const struct vm_cpu_start start = {.pc = FAKE_RAM_BASE, .arg = {0, 1, 2, 3}};
    struct a64_arch *arch = calloc(1, sizeof(*arch));
    size_t bytes = (sizeof(struct vm_cpu) + sizeof(struct a64_state) + 63) & ~63ul;

    fake = (struct fake){0};
    fake.ram = calloc(1, FAKE_RAM_SIZE);
    fake.cpu = aligned_alloc(64, bytes);
    cr_assert(arch && fake.ram && fake.cpu);
    memset(fake.cpu, 0, bytes);
    arch->el2 = el2;
    arch->el3 = el3;
    arch->gic = true;
    arch->cpus = 2;
    arch->counter_hz = 62500000;
    a64_set_features(arch, model, features);
    fake.arch = arch;
    fake.cpu->arch = arch;
    fake.cpu->host = &host;
    empty_tlb(fake.cpu);
    fake.s = a64_state(fake.cpu);
    a64_reset(fake.cpu, &start);
    return &fake;
}

struct fake *fake_new(bool el2, bool el3)
{
    return fake_with(A64_CPU_MAX, FAKE_ALL_FEATURES, el2, el3);
}

void fake_free(struct fake *f)
{
    free(f->ram);
    free(f->cpu);
    free(f->arch);
}

void fake_el(struct fake *f, uint32_t el)
{
    a64_select_sp(f->s, el, 1);
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

/* ---- accesses ---- */

static const struct a64_sysreg *find(struct fake *f, uint32_t number, bool write)
{
    uint32_t el = (uint32_t)f->s->el;
    bool e2h = el >= 2 && (f->s->hcr & HCR_E2H);
    const struct a64_sysreg *reg = a64_find_sysreg(f->arch, number, el, e2h);

    f->cpu->pending_exit = VM_EXIT_NONE;
    f->cpu->fault = (struct vm_fault){0};
    if (reg && a64_sysreg_allowed(reg, el, write))
        return reg;
    a64_raise(f->cpu, A64_ESR(A64_EC_UNDEFINED, 0), 0);
    return NULL;
}

static uint32_t word(uint32_t number, bool write)
{
    return 0xd5000000u | (write ? 0 : 1u << 21) | number << 5 | 3;
}

bool fake_read(struct fake *f, uint32_t number, uint64_t *value)
{
    const struct a64_sysreg *reg = find(f, number, false);

    return reg && a64_sysreg_read(f->cpu, reg, word(number, false), value);
}

bool fake_write(struct fake *f, uint32_t number, uint64_t value)
{
    const struct a64_sysreg *reg = find(f, number, true);

    return reg && a64_sysreg_write(f->cpu, reg, word(number, true), value);
}

uint64_t fake_value(struct fake *f, uint32_t number)
{
    uint64_t value = 0;

    cr_assert(fake_read(f, number, &value), "register 0x%x cannot be read", number);
    return value;
}

void fake_set(struct fake *f, uint32_t number, uint64_t value)
{
    cr_assert(fake_write(f, number, value), "register 0x%x cannot be written", number);
}

uint64_t fake_call(struct fake *f, enum a64_helper helper, uint64_t a, uint64_t b, uint64_t c)
{
    f->cpu->pending_exit = VM_EXIT_NONE;
    return a64_helpers[helper].fn(f->cpu, a, b, c, 0, 0, 0);
}

/* ---- translation ---- */

static uint32_t no_more(struct vm_code *code)
{
    return code->n_bytes;
}

struct vm_ir_unit fake_translate(struct fake *f, const uint32_t *words, uint32_t n, uint64_t key)
{
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = 4 * n,
                           .max_insns = 64,
                           .key = {key, 0},
                           .more = no_more};
    struct vm_error err = VM_ERROR_INIT;
    struct vm_ir_unit ir;

    vm_ir_init(&ir);
    cr_assert_eq(a64_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
    cr_assert_eq(ir_verify(&ir, &a64_arch_ops, &err), 0, "0x%08x under 0x%llx: %s", words[0],
                 (unsigned long long)key, err.text);
    return ir;
}
