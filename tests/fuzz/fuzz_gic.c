/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_gic.c - libFuzzer target for dev-gic: a guest that does anything to its registers, to the
 * tables and commands that its ITS reads, and saved states from anywhere; the test host watches the
 * contract. Here is watched that the vCPUs' lines say what acknowledging an interrupt then gives.
 *
 * The first byte picks the configuration, then every step is an opcode byte and its operands.
 */
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       2000
#define MAX_STATE_STEPS 3
#define RAM             0x100000u
#define QUEUE           0x10000u /* where a well-behaved guest has the tables */
#define DEVICES         0x20000u
#define COLLECTIONS     0x30000u
#define CONFIG          0x40000u
#define SPURIOUS        1023u

/* ICC_*_EL1 by CRm and op2, GICC_* by offset */
#define ICC(crm, op2) (3u << 14 | 12u << 7 | (crm) << 3 | (op2))
#define ICC_PMR       0xc230u
#define GICC_IAR      0x0cu
#define GICC_AIAR     0x20u

struct run {
    struct vm_devtest *h;
    const uint8_t *data;
    size_t size;
    uint32_t version, cpus, state_steps;
    bool its, two_levels;
};

/* The next n bytes as a little-endian number; zeros after the end. */
static uint64_t take(struct run *r, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && r->size > 0; i++) {
        value |= (uint64_t)*r->data++ << i * 8;
        r->size--;
    }
    return value;
}

static void access_register(struct run *r, bool write)
{
    uint32_t what = (uint32_t)take(r, 1), size = 1u << (what & 3);
    uint32_t region = (what >> 2 & 3) % vm_devtest_regions(r->h);
    uint64_t offset = take(r, 2), value;

    if (what & 0x80) /* a GICv3's second frame */
        offset += 0x10000;
    offset = (offset + (what >> 4 & 3) * 0x20000ull) % vm_devtest_region(r->h, region)->length;
    offset &= ~(uint64_t)(size - 1);
    if (write)
        vm_devtest_access_write(r->h, region, offset, size, take(r, size));
    else
        vm_devtest_access_read(r->h, region, offset, size, &value);
}

static uint64_t port(struct run *r, uint32_t cpu, uint32_t reg, int write, uint64_t bits)
{
    const struct vm_devtest_port_access access = {reg, write, bits, UINT64_MAX};
    uint64_t value;

    return vm_devtest_port(r->h, cpu, "gic", &access, &value) == 0 ? value : SPURIOUS;
}

static void system_register(struct run *r)
{
    uint32_t what = (uint32_t)take(r, 1), number = (uint32_t)take(r, 1);
    uint32_t reg = number == 0xff ? ICC_PMR : ICC(8 + (number >> 3 & 7), number & 7);

    port(r, (what >> 1) % r->cpus, reg, what & 1, take(r, what & 0x80 ? 6 : 2));
}

/* IRQ is of group 1, or of whichever is not FIQ; for a GICv2 a plain one may be for the alias. */
static void acknowledge(struct run *r)
{
    uint32_t cpu = (uint32_t)take(r, 1) % r->cpus;
    int irq = vm_devtest_cpu_line(r->h, cpu, "irq"), fiq = vm_devtest_cpu_line(r->h, cpu, "fiq");
    uint64_t plain, alias;

    if (irq && fiq)
        __builtin_trap();
    if (r->version == 3) {
        if ((port(r, cpu, ICC(12u, 0u), 0, 0) != SPURIOUS) != irq)
            __builtin_trap();
        fiq = vm_devtest_cpu_line(r->h, cpu, "fiq");
        if ((port(r, cpu, ICC(8u, 0u), 0, 0) != SPURIOUS) != fiq)
            __builtin_trap();
        return;
    }
    vm_devtest_access_as(r->h, (int)cpu);
    vm_devtest_access_read(r->h, 1, GICC_IAR, 4, &plain);
    vm_devtest_access_read(r->h, 1, GICC_AIAR, 4, &alias);
    if ((irq || fiq) != (plain != SPURIOUS))
        __builtin_trap();
}

static void poke(struct run *r)
{
    uint32_t at = (uint32_t)take(r, 3) % (RAM - 8);
    uint64_t value = take(r, 8);

    memcpy(vm_devtest_ram(r->h, at, 8), &value, 8);
}

/* A command whose fields make sense more often than not. */
static void command(struct run *r)
{
    static const uint8_t opcodes[16] = {1, 3, 4, 5, 8, 9, 10, 10, 11, 12, 13, 14, 15, 3, 10, 255};
    uint64_t what = take(r, 1), device = take(r, 1) & 7, event = take(r, 1) & 31, at = 0;
    uint64_t words[4] = {device << 32 | opcodes[what & 15], event, take(r, 1) & 15,
                         take(r, 1) << 16};

    if (!r->its)
        return;
    switch (opcodes[what & 15]) {
    case 8:
        words[2] = what << 56 | (0x50000 + device * 0x1000);
        break;
    case 9:
        words[2] |= what << 56 | (take(r, 1) & 7) << 16;
        break;
    case 10:
        words[1] |= (8192 + (take(r, 1) & 63)) << 32;
        break;
    case 14:
        words[2] <<= 16;
        break;
    default:
        break;
    }
    vm_devtest_access_read(r->h, 2, 0x88, 8, &at);
    if (at < 0x1000)
        memcpy(vm_devtest_ram(r->h, QUEUE + at, 32), words, 32);
    vm_devtest_access_write(r->h, 2, 0x88, 8, (at + 32) % 0x1000);
}

/* What was saved must load, and save as the same again. */
static void check_saved_state(struct vm_devtest *h)
{
    struct vm_devtest_state state = vm_devtest_save(h), again;

    if (vm_devtest_load(h, &state, NULL) < 0)
        __builtin_trap();
    again = vm_devtest_save(h);
    if (!vm_devtest_state_equal(&state, &again))
        __builtin_trap();
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
}

static void use_state(struct run *r)
{
    uint32_t what = (uint32_t)take(r, 1);

    if (++r->state_steps > MAX_STATE_STEPS)
        return;
    if (what % 3 == 0)
        check_saved_state(r->h);
    else if (what % 3 == 1)
        vm_devtest_change_field(r->h, what / 3 % 32, (uint32_t)take(r, 2), take(r, 8));
    else
        vm_devtest_load_bytes(r->h, r->data, r->size, NULL);
}

static void step(struct run *r)
{
    uint32_t value;

    switch (take(r, 1) % 16) {
    case 0 ... 2:
        access_register(r, true);
        break;
    case 3:
        access_register(r, false);
        break;
    case 4 ... 5:
        system_register(r);
        break;
    case 6 ... 7:
        acknowledge(r);
        break;
    case 8 ... 9:
        value = (uint32_t)take(r, 2);
        vm_devtest_irq_input(r->h, (value & 0x7fff) % vm_devtest_irq_inputs(r->h), value >> 15);
        break;
    case 10 ... 11:
        command(r);
        break;
    case 12:
        poke(r);
        break;
    case 13:
        if (r->its)
            vm_devtest_message(r->h, 2, 0x10040, (uint32_t)take(r, 1));
        break;
    case 14:
        value = (uint32_t)take(r, 1);
        vm_devtest_access_as(r->h, (int)value % 10 - 1);
        break;
    default:
        if (take(r, 1) & 7)
            use_state(r);
        else
            vm_devtest_reset(r->h);
    }
}

/* Flat tables, or pages that the first level has the addresses of. */
static void bring_up_tables(struct run *r)
{
    static const uint64_t tables[2] = {DEVICES, COLLECTIONS};
    uint64_t indirect = r->two_levels ? 1ull << 62 : 0;

    for (uint32_t i = 0; i < 2; i++) {
        uint64_t first = 1ull << 63 | (tables[i] + 0x1000);
        if (r->two_levels)
            memcpy(vm_devtest_ram(r->h, tables[i], 8), &first, 8);
        vm_devtest_access_write(r->h, 2, 0x100 + 8 * i, 8, 1ull << 63 | indirect | tables[i]);
    }
}

/* As an operating system does it. */
static void bring_up(struct run *r)
{
    vm_devtest_access_write(r->h, 0, 0, 4, 3);
    for (uint32_t cpu = 0; cpu < r->cpus; cpu++) {
        vm_devtest_access_as(r->h, (int)cpu);
        if (r->version == 2) {
            vm_devtest_access_write(r->h, 1, 0, 4, 1);
            vm_devtest_access_write(r->h, 1, 4, 4, 0xff);
            continue;
        }
        vm_devtest_access_write(r->h, 1, cpu * 0x20000ull + 0x14, 4, 0);
        port(r, cpu, ICC_PMR, 1, 0xff);
        port(r, cpu, ICC(12u, 7u), 1, 1);
        if (!r->its)
            continue;
        vm_devtest_access_write(r->h, 1, cpu * 0x20000ull + 0x70, 8, CONFIG | 13);
        vm_devtest_access_write(r->h, 1, cpu * 0x20000ull, 4, 1);
    }
    if (!r->its)
        return;
    memset(vm_devtest_ram(r->h, CONFIG, 64), 0x81, 64);
    bring_up_tables(r);
    vm_devtest_access_write(r->h, 2, 0x80, 8, 1ull << 63 | QUEUE);
    vm_devtest_access_write(r->h, 2, 0, 4, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lines[] = {"irq", "fiq", NULL};
    static const char *const outputs[] = {"cntp", "cntv", "pmu", NULL};
    struct run r = {.data = data, .size = size};
    uint32_t configuration = (uint32_t)take(&r, 1);

    r.h = vm_devtest_new(&vm_plugin_descriptor);
    r.version = configuration & 1 ? 2 : 3;
    r.its = (configuration & 3) == 2;
    r.cpus = 1 + (configuration >> 2 & 3);
    r.two_levels = configuration & 0x40;
    vm_devtest_set_cpus(r.h, r.cpus, lines);
    vm_devtest_set_cpu_outputs(r.h, outputs);
    vm_devtest_set(r.h, "version", r.version == 2 ? "2" : "3");
    vm_devtest_set(r.h, "spis", "64");
    vm_devtest_set(r.h, "its", r.its ? "yes" : "no");
    vm_devtest_set_ram(r.h, 0, RAM);
    if (vm_devtest_create(r.h, NULL) < 0)
        __builtin_trap();
    if (configuration & 0x80)
        bring_up(&r);
    for (int i = 0; i < MAX_STEPS && r.size > 0; i++)
        step(&r);
    vm_devtest_free(r.h);
    return 0;
}
