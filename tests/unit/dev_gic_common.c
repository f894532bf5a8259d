/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_gic_common.c - what the tests of dev-gic share. */
#include "dev_gic_test.h"
#include <stdio.h>

struct vm_devtest *gic;

static const char *const lines[] = {"irq", "fiq", NULL};
static const char *const outputs[] = {"cntp", "cntv", "cnthp", "cntps", "cnthv", "pmu", NULL};

void gic_setup(uint32_t version, uint32_t cpus, bool its)
{
    struct vm_error err = VM_ERROR_INIT;

    if (gic)
        gic_teardown(); /* of the suite's setup: a test that wants another one */
    gic = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(gic, cpus, lines);
    vm_devtest_set_cpu_outputs(gic, outputs);
    vm_devtest_set(gic, "version", version == 2 ? "2" : "3");
    vm_devtest_set(gic, "its", its ? "yes" : "no");
    if (its)
        vm_devtest_set_ram(gic, 0x40000000, 0x200000);
    cr_assert_eq(vm_devtest_create(gic, &err), 0, "%s", err.text);
}

void gic_teardown(void)
{
    vm_devtest_free(gic);
}

uint64_t gic_rd(uint32_t region, uint64_t offset, uint32_t size)
{
    uint64_t value;

    cr_assert_eq(vm_devtest_access_read(gic, region, offset, size, &value), VM_ACCESS_OK);
    return value;
}

void gic_wr(uint32_t region, uint64_t offset, uint32_t size, uint64_t value)
{
    cr_assert_eq(vm_devtest_access_write(gic, region, offset, size, value), VM_ACCESS_OK);
}

uint64_t icc_rd(uint32_t cpu, uint32_t reg)
{
    const struct vm_devtest_port_access access = {.reg = reg};
    uint64_t value;

    cr_assert_eq(vm_devtest_port(gic, cpu, "gic", &access, &value), 0, "register 0x%x", reg);
    return value;
}

void icc_wr(uint32_t cpu, uint32_t reg, uint64_t value)
{
    const struct vm_devtest_port_access access = {
        .reg = reg, .write = 1, .bits = value, .mask = UINT64_MAX};
    uint64_t old;

    cr_assert_eq(vm_devtest_port(gic, cpu, "gic", &access, &old), 0, "register 0x%x", reg);
}

int gic_irq(uint32_t cpu)
{
    return vm_devtest_cpu_line(gic, cpu, "irq");
}

int gic_fiq(uint32_t cpu)
{
    return vm_devtest_cpu_line(gic, cpu, "fiq");
}

void gic_enable_all(uint32_t cpus)
{
    gic_wr(DIST, 0, 4, 3);
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        gic_wr(REDIST, cpu * 0x20000ull + 0x14, 4, 0);
        icc_wr(cpu, PMR, 0xff);
        icc_wr(cpu, IGRPEN0, 1);
        icc_wr(cpu, IGRPEN1, 1);
    }
}

void gic_enable_spi(uint32_t intid, uint32_t cpu)
{
    uint64_t group = gic_rd(DIST, 0x80 + intid / 32 * 4, 4);

    gic_wr(DIST, 0x80 + intid / 32 * 4, 4, group | 1u << intid % 32);
    gic_wr(DIST, 0x400 + intid, 1, 0x80);
    gic_wr(DIST, 0x6000 + 8ull * intid, 8, cpu / 16 << 8 | cpu % 16);
    gic_wr(DIST, 0x100 + intid / 32 * 4, 4, 1u << intid % 32);
}

void gic_line(uint32_t intid, int level)
{
    vm_devtest_irq_input(gic, intid - 32, level);
}
