/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_aplic_test.c - dev-aplic, driven through its registers and inputs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

/* AIA 1.0, table 4.1 */
enum {
    DOMAINCFG = 0,
    MMSIADDRCFG = 0x1bc0,
    MMSIADDRCFGH = 0x1bc4,
    SMSIADDRCFG = 0x1bc8,
    SMSIADDRCFGH = 0x1bcc,
    SETIP = 0x1c00,
    SETIPNUM = 0x1cdc,
    IN_CLRIP = 0x1d00,
    CLRIPNUM = 0x1ddc,
    SETIE = 0x1e00,
    SETIENUM = 0x1edc,
    CLRIE = 0x1f00,
    CLRIENUM = 0x1fdc,
    SETIPNUM_LE = 0x2000,
    SETIPNUM_BE = 0x2004,
    GENMSI = 0x3000,
    IDC = 0x4000,
};
#define SOURCECFG(i)     (4u * (i))
#define TARGET(i)        (0x3000u + 4u * (i))
#define IDELIVERY(hart)  (IDC + 32u * (hart))
#define IFORCE(hart)     (IDELIVERY(hart) + 4)
#define ITHRESHOLD(hart) (IDELIVERY(hart) + 8)
#define TOPI(hart)       (IDELIVERY(hart) + 0x18)
#define CLAIMI(hart)     (IDELIVERY(hart) + 0x1c)
#define IE               0x100u
#define DELEGATE         0x400u
enum { DETACHED = 1, EDGE1 = 4, EDGE0 = 5, LEVEL1 = 6, LEVEL0 = 7 };

/* Regions */
enum { S = 0, M = 1 };

static const char *const lines[] = {"m-ext", "s-ext", NULL};
static struct vm_devtest *h;

static uint32_t rd(uint32_t domain, uint32_t offset)
{
    uint64_t value;

    cr_assert_eq(vm_devtest_access_read(h, domain, offset, 4, &value), VM_ACCESS_OK);
    return (uint32_t)value;
}

static void wr(uint32_t domain, uint32_t offset, uint32_t value)
{
    cr_assert_eq(vm_devtest_access_write(h, domain, offset, 4, value), VM_ACCESS_OK);
}

static void make(const char *sources, bool messages, uint32_t cpus)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, lines);
    vm_devtest_set(h, "sources", sources);
    if (messages) {
        vm_devtest_set(h, "imsic-m", "m");
        vm_devtest_set(h, "imsic-s", "s");
    }
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void setup_messages(void)
{
    make("96", true, 3);
    /* M files at 0x24000000, S files at 0x28000000, 4 KiB a hart, 2 bits of hart index */
    wr(M, MMSIADDRCFG, 0x24000);
    wr(M, MMSIADDRCFGH, 2u << 12);
    wr(M, SMSIADDRCFG, 0x28000);
    wr(M, DOMAINCFG, IE);
    wr(S, DOMAINCFG, IE);
}

static void setup_direct(void)
{
    make("96", false, 3);
    for (uint32_t d = S; d <= M; d++) {
        wr(d, DOMAINCFG, IE);
        for (uint32_t hart = 0; hart < 3; hart++)
            wr(d, IDELIVERY(hart), 1);
    }
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(aplic_msi, .init = setup_messages, .fini = teardown);
TestSuite(aplic_direct, .init = setup_direct, .fini = teardown);
TestSuite(aplic_config);

static void expect_sent(const char *messages)
{
    cr_expect_str_eq(vm_devtest_messages(h), messages);
}

/* A source of the supervisor's domain. */
static void source(uint32_t i, uint32_t mode, uint32_t target)
{
    wr(M, SOURCECFG(i), DELEGATE);
    wr(S, SOURCECFG(i), mode);
    wr(S, TARGET(i), target);
    wr(S, SETIENUM, i);
}

static uint32_t pending(uint32_t domain, uint32_t i)
{
    return rd(domain, SETIP + i / 32 * 4) >> i % 32 & 1;
}

static int line(uint32_t domain, uint32_t hart)
{
    return vm_devtest_cpu_line(h, hart, domain == S ? "s-ext" : "m-ext");
}

/* ---- Registers ------------------------------------------------------------------------------- */

Test(aplic_msi, wiring)
{
    cr_expect_str_eq(vm_devtest_claims(h), "");
    cr_expect_eq(vm_devtest_irq_inputs(h), 97);
    cr_expect_eq(vm_devtest_region(h, S)->length, 0x4000);
    cr_expect_eq(vm_devtest_region(h, M)->length, 0x4000);
}

Test(aplic_direct, wiring)
{
    cr_expect_str_eq(vm_devtest_claims(h), "0:s-ext 0:m-ext 1:s-ext 1:m-ext 2:s-ext 2:m-ext ");
    cr_expect_eq(vm_devtest_region(h, S)->length, 0x5000);
}

Test(aplic_msi, domaincfg)
{
    cr_expect_eq(rd(S, DOMAINCFG), 0x80000104);
    wr(S, DOMAINCFG, 0);
    cr_expect_eq(rd(S, DOMAINCFG), 0x80000004);
    wr(S, DOMAINCFG, 0xffffffff);
    cr_expect_eq(rd(S, DOMAINCFG), 0x80000104, "little-endian, messages: for good");
}

Test(aplic_direct, domaincfg)
{
    wr(S, DOMAINCFG, 0xffffffff);
    cr_expect_eq(rd(S, DOMAINCFG), 0x80000100);
}

Test(aplic_msi, sourcecfg)
{
    static const uint32_t modes[][2] = {{0, 0}, {1, 1}, {2, 0}, {3, 0},         {4, 4},
                                        {5, 5}, {6, 6}, {7, 7}, {0xfffffbff, 7}};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        wr(M, SOURCECFG(5), modes[i][0]);
        cr_expect_eq(rd(M, SOURCECFG(5)), modes[i][1], "0x%x", modes[i][0]);
    }
    wr(S, SOURCECFG(5), LEVEL1);
    cr_expect_eq(rd(S, SOURCECFG(5)), 0, "not delegated");
    wr(M, SOURCECFG(5), 0xffffffff);
    cr_expect_eq(rd(M, SOURCECFG(5)), DELEGATE, "there is one child, of index 0");
    cr_expect_eq(rd(S, SOURCECFG(5)), 0);
    wr(S, SOURCECFG(5), LEVEL1);
    cr_expect_eq(rd(S, SOURCECFG(5)), LEVEL1);
    wr(S, SOURCECFG(5), DELEGATE | LEVEL1);
    cr_expect_eq(rd(S, SOURCECFG(5)), 0, "a leaf delegates nothing");
    wr(M, SOURCECFG(97), DETACHED);
    cr_expect_eq(rd(M, SOURCECFG(97)), 0, "there is no such source");
    wr(M, SOURCECFG(1023), DETACHED);
    cr_expect_eq(rd(M, SOURCECFG(1023)), 0);
}

Test(aplic_msi, an_inactive_source_has_nothing)
{
    source(5, DETACHED, 1 << 18 | 9);
    wr(S, DOMAINCFG, 0);
    wr(S, SETIPNUM, 5);
    cr_expect_eq(pending(S, 5), 1);
    cr_expect_eq(rd(S, TARGET(5)), 1 << 18 | 9);
    wr(S, SOURCECFG(5), 0);
    cr_expect_eq(pending(S, 5), 0);
    cr_expect_eq(rd(S, SETIE), 0);
    cr_expect_eq(rd(S, TARGET(5)), 0);
    wr(S, SETIPNUM, 5);
    wr(S, SETIENUM, 5);
    wr(S, TARGET(5), 9);
    cr_expect_eq(pending(S, 5), 0);
    cr_expect_eq(rd(S, SETIE), 0);
    cr_expect_eq(rd(S, TARGET(5)), 0);
    /* the same when the root takes it back */
    wr(S, SOURCECFG(5), DETACHED);
    wr(S, SETIPNUM, 5);
    wr(M, SOURCECFG(5), DETACHED);
    cr_expect_eq(rd(S, SOURCECFG(5)), 0);
    cr_expect_eq(pending(S, 5), 0);
    cr_expect_eq(pending(M, 5), 0);
}

Test(aplic_msi, msi_addresses)
{
    wr(M, MMSIADDRCFG, 0xffffffff);
    wr(M, SMSIADDRCFG, 0xffffffff);
    wr(M, SMSIADDRCFGH, 0xffffffff);
    wr(M, MMSIADDRCFGH, 0x7fffffff);
    cr_expect_eq(rd(M, MMSIADDRCFG), 0xffffffff);
    cr_expect_eq(rd(M, MMSIADDRCFGH), 0x1f77ffff);
    cr_expect_eq(rd(M, SMSIADDRCFG), 0xffffffff);
    cr_expect_eq(rd(M, SMSIADDRCFGH), 0x00700fff);
    wr(S, MMSIADDRCFG, 5);
    cr_expect_eq(rd(S, MMSIADDRCFG), 0, "in the root alone");
    wr(M, MMSIADDRCFGH, 0x80002000);
    wr(M, MMSIADDRCFG, 1);
    wr(M, MMSIADDRCFGH, 0);
    wr(M, SMSIADDRCFG, 1);
    cr_expect_eq(rd(M, MMSIADDRCFG), 0xffffffff, "locked");
    cr_expect_eq(rd(M, MMSIADDRCFGH), 0x80002000);
    cr_expect_eq(rd(M, SMSIADDRCFG), 0xffffffff);
    vm_devtest_reset(h);
    cr_expect_eq(rd(M, MMSIADDRCFGH), 0, "until the reset");
}

Test(aplic_direct, no_messages)
{
    wr(M, MMSIADDRCFG, 0xffffffff);
    wr(M, SMSIADDRCFGH, 0xffffffff);
    wr(M, GENMSI, 5);
    cr_expect_eq(rd(M, MMSIADDRCFG), 0);
    cr_expect_eq(rd(M, SMSIADDRCFGH), 0);
    cr_expect_eq(rd(M, GENMSI), 0);
    expect_sent("");
}

Test(aplic_msi, bits_of_many_sources)
{
    wr(S, DOMAINCFG, 0);
    for (uint32_t i = 1; i <= 96; i++)
        source(i, DETACHED, 0);
    wr(S, CLRIENUM, 3);
    wr(S, CLRIE + 4, 0xf0);
    cr_expect_eq(rd(S, SETIE), 0xfffffff6);
    cr_expect_eq(rd(S, SETIE + 4), 0xffffff0f);
    cr_expect_eq(rd(S, SETIE + 12), 1);
    wr(S, SETIE, 0xffffffff);
    cr_expect_eq(rd(S, SETIE), 0xfffffffe);
    wr(S, SETIP + 4, 0x18);
    wr(S, SETIP, 0xffffffff);
    wr(S, SETIP + 12, 0xffffffff);
    wr(S, SETIP + 0x7c, 0xffffffff);
    wr(S, SETIPNUM, 0);
    wr(S, SETIPNUM, 0xffffffff);
    cr_expect_eq(rd(S, SETIP), 0xfffffffe);
    cr_expect_eq(rd(S, SETIP + 4), 0x18);
    cr_expect_eq(rd(S, SETIP + 12), 1);
    cr_expect_eq(rd(S, SETIP + 0x7c), 0);
    wr(S, IN_CLRIP, 6);
    wr(S, CLRIPNUM, 36);
    wr(S, SETIPNUM_LE, 34);
    wr(S, SETIPNUM_BE, 35u << 24);
    cr_expect_eq(rd(S, SETIP), 0xfffffff8);
    cr_expect_eq(rd(S, SETIP + 4), 0xc, "there is no big-endian register");
    for (uint32_t offset = 0x1cdc; offset < 0x1ce0; offset += 4)
        cr_expect_eq(rd(S, offset), 0);
    cr_expect_eq(rd(S, CLRIE), 0, "write only");
    cr_expect_eq(rd(S, IN_CLRIP), 0, "detached from the wires");
}

Test(aplic_msi, reserved_offsets)
{
    static const uint32_t offsets[] = {0x1000, 0x1bbc, 0x1bd0, 0x1c80, 0x1d80, 0x2004, 0x2ffc};
    uint64_t value;

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        wr(M, offsets[i], 0xffffffff);
        cr_expect_eq(rd(M, offsets[i]), 0, "0x%x", offsets[i]);
    }
    for (uint32_t size = 1; size <= 8; size *= 2)
        cr_expect_eq(vm_devtest_access_read(h, M, 0, size, &value),
                     size == 4 ? VM_ACCESS_OK : VM_ACCESS_ERROR);
}

/* ---- Source modes and messages --------------------------------------------------------------- */

Test(aplic_msi, a_level_sends_once_until_it_has_fallen)
{
    source(10, LEVEL1, 2 << 18 | 7);
    expect_sent("");
    vm_devtest_irq_input(h, 10, 1);
    expect_sent("0x28002000:0x7 ");
    cr_expect_eq(pending(S, 10), 0, "forwarded");
    cr_expect_eq(rd(S, IN_CLRIP), 1u << 10, "the wire");
    wr(S, SETIPNUM, 10); /* what Linux does at the end of its handler */
    expect_sent("0x28002000:0x7 ");
    vm_devtest_irq_input(h, 10, 0);
    wr(S, SETIPNUM_LE, 10);
    expect_sent("");
    cr_expect_eq(rd(S, IN_CLRIP), 0);
    vm_devtest_irq_input(h, 10, 1);
    expect_sent("0x28002000:0x7 ");
}

Test(aplic_msi, a_level_that_falls_is_pending_no_more)
{
    source(10, LEVEL1, 7);
    wr(S, CLRIENUM, 10);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(pending(S, 10), 1);
    wr(S, CLRIPNUM, 10);
    cr_expect_eq(pending(S, 10), 0, "by software");
    wr(S, SETIPNUM, 10);
    cr_expect_eq(pending(S, 10), 1);
    vm_devtest_irq_input(h, 10, 0);
    cr_expect_eq(pending(S, 10), 0);
    wr(S, SETIENUM, 10);
    expect_sent("");
}

Test(aplic_msi, a_low_level)
{
    source(10, LEVEL0, 7);
    vm_devtest_messages(h);
    vm_devtest_irq_input(h, 10, 1);
    expect_sent("");
    vm_devtest_irq_input(h, 10, 0);
    expect_sent("0x28000000:0x7 ");
    cr_expect_eq(rd(S, IN_CLRIP), 1u << 10);
}

Test(aplic_msi, edges)
{
    source(10, EDGE1, 7);
    source(11, EDGE0, 8);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 11, 1);
    expect_sent("0x28000000:0x7 ");
    vm_devtest_irq_input(h, 10, 0);
    vm_devtest_irq_input(h, 11, 0);
    expect_sent("0x28000000:0x8 ");
    wr(S, CLRIENUM, 10);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 10, 0);
    cr_expect_eq(pending(S, 10), 1, "an edge is remembered");
    wr(S, SETIENUM, 10);
    expect_sent("0x28000000:0x7 ");
    wr(S, SETIPNUM, 10);
    expect_sent("0x28000000:0x7 ");
}

Test(aplic_msi, detached)
{
    source(10, DETACHED, 7);
    vm_devtest_irq_input(h, 10, 1);
    expect_sent("");
    wr(S, SETIPNUM, 10);
    expect_sent("0x28000000:0x7 ");
}

Test(aplic_msi, a_source_of_the_root)
{
    wr(M, SOURCECFG(10), LEVEL1);
    wr(M, TARGET(10), 1 << 18 | 3);
    wr(M, SETIENUM, 10);
    vm_devtest_irq_input(h, 10, 1);
    expect_sent("0x24001000:0x3 ");
    cr_expect_eq(rd(S, IN_CLRIP), 0);
}

Test(aplic_msi, configuring_a_source_whose_wire_is_high)
{
    vm_devtest_irq_input(h, 10, 1);
    source(10, LEVEL1, 7);
    expect_sent("0x28000000:0x7 ");
}

Test(aplic_msi, interrupts_off_keeps_them_pending)
{
    wr(S, DOMAINCFG, 0);
    source(10, LEVEL1, 7);
    source(20, EDGE1, 8);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 20, 1);
    expect_sent("");
    wr(S, DOMAINCFG, IE);
    expect_sent("0x28000000:0x7 0x28000000:0x8 ");
    cr_expect_eq(rd(S, SETIP), 0);
}

Test(aplic_msi, target_fields)
{
    source(10, DETACHED, 0xffffffff);
    cr_expect_eq(rd(S, TARGET(10)), 0xfffc07ff, "no guests");
}

Test(aplic_msi, addresses_of_groups)
{
    /* 1 bit of hart in the group at bit 14, 1 bit of group at bit 24 + 1 */
    wr(M, MMSIADDRCFGH, 1u << 24 | 1u << 16 | 1u << 12 | 1u << 20 | 0xabc);
    wr(M, SMSIADDRCFGH, 2u << 20 | 0xdef);
    wr(M, GENMSI, 3u << 18 | 5);
    expect_sent("0xabc00026002000:0x5 ");
}

Test(aplic_msi, genmsi)
{
    wr(S, DOMAINCFG, 0);
    wr(S, GENMSI, 2u << 18 | 0x12345);
    expect_sent("0x28002000:0x345 ");
    cr_expect_eq(rd(S, GENMSI), 2u << 18 | 0x345, "never busy");
    wr(M, GENMSI, 1u << 18 | 1);
    expect_sent("0x24001000:0x1 ");
}

/* ---- Direct delivery ------------------------------------------------------------------------- */

Test(aplic_direct, from_wire_to_claim)
{
    source(10, LEVEL1, 1 << 18 | 5);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(line(S, 1), 1);
    cr_expect_eq(line(S, 0), 0);
    cr_expect_eq(line(M, 1), 0);
    cr_expect_eq(rd(S, TOPI(1)), 10 << 16 | 5);
    cr_expect_eq(rd(S, CLAIMI(1)), 10 << 16 | 5);
    cr_expect_eq(line(S, 1), 1, "a level stays as long as its wire");
    vm_devtest_irq_input(h, 10, 0);
    cr_expect_eq(line(S, 1), 0);
    cr_expect_eq(rd(S, CLAIMI(1)), 0);
    expect_sent("");
}

Test(aplic_direct, levels_cannot_be_written)
{
    source(10, LEVEL1, 5);
    wr(S, SETIPNUM, 10);
    cr_expect_eq(pending(S, 10), 0);
    vm_devtest_irq_input(h, 10, 1);
    wr(S, CLRIPNUM, 10);
    wr(S, IN_CLRIP, 0xffffffff);
    cr_expect_eq(pending(S, 10), 1);
}

Test(aplic_direct, a_claim_takes_an_edge_away)
{
    source(10, EDGE1, 5);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(S, CLAIMI(0)), 10 << 16 | 5);
    cr_expect_eq(pending(S, 10), 0);
    cr_expect_eq(line(S, 0), 0);
}

Test(aplic_direct, priorities)
{
    static const uint32_t order[] = {70, 20, 30, 5};

    source(5, DETACHED, 255);
    source(20, DETACHED, 3);
    source(30, DETACHED, 3);
    source(70, DETACHED, 0);
    cr_expect_eq(rd(S, TARGET(70)), 1, "there is no priority 0");
    for (uint32_t w = 0; w < 4; w++)
        wr(S, SETIP + 4 * w, 0xffffffff);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(rd(S, CLAIMI(0)) >> 16, order[i]);
    cr_expect_eq(rd(S, CLAIMI(0)), 0);
}

Test(aplic_direct, threshold)
{
    source(10, DETACHED, 5);
    wr(S, SETIPNUM, 10);
    wr(S, ITHRESHOLD(0), 5);
    cr_expect_eq(line(S, 0), 0);
    cr_expect_eq(rd(S, TOPI(0)), 0);
    wr(S, ITHRESHOLD(0), 6);
    cr_expect_eq(line(S, 0), 1);
    wr(S, ITHRESHOLD(0), 0xfff);
    cr_expect_eq(rd(S, ITHRESHOLD(0)), 0xff);
}

Test(aplic_direct, a_target_moves)
{
    source(10, DETACHED, 5);
    wr(S, SETIPNUM, 10);
    cr_expect_eq(line(S, 0), 1);
    wr(S, TARGET(10), 2 << 18 | 5);
    cr_expect_eq(line(S, 0), 0);
    cr_expect_eq(line(S, 2), 1);
    wr(S, TARGET(10), 100 << 18 | 5); /* to nobody */
    cr_expect_eq(line(S, 2), 0);
    wr(S, SOURCECFG(10), 0);
}

Test(aplic_direct, switches)
{
    wr(M, SOURCECFG(10), DETACHED);
    wr(M, SETIENUM, 10);
    wr(M, SETIPNUM, 10);
    cr_expect_eq(line(M, 0), 1);
    wr(M, DOMAINCFG, 0);
    cr_expect_eq(line(M, 0), 0);
    wr(M, DOMAINCFG, IE);
    cr_expect_eq(line(M, 0), 1);
    wr(M, IDELIVERY(0), 0);
    cr_expect_eq(line(M, 0), 0);
    wr(M, IDELIVERY(0), 2);
    cr_expect_eq(rd(M, IDELIVERY(0)), 0);
    wr(M, IDELIVERY(0), 1);
    wr(M, CLRIENUM, 10);
    cr_expect_eq(line(M, 0), 0);
    wr(M, SETIENUM, 10);
    wr(M, SOURCECFG(10), 0);
    cr_expect_eq(line(M, 0), 0);
}

Test(aplic_direct, forced)
{
    wr(S, IFORCE(1), 1);
    cr_expect_eq(line(S, 1), 1);
    cr_expect_eq(rd(S, TOPI(1)), 0);
    cr_expect_eq(line(S, 1), 1);
    cr_expect_eq(rd(S, CLAIMI(1)), 0, "a spurious one");
    cr_expect_eq(rd(S, IFORCE(1)), 0);
    cr_expect_eq(line(S, 1), 0);
}

Test(aplic_direct, harts_that_are_not_there)
{
    wr(S, IDELIVERY(3), 1);
    wr(S, ITHRESHOLD(127), 1);
    cr_expect_eq(rd(S, IDELIVERY(3)), 0);
    cr_expect_eq(rd(S, ITHRESHOLD(127)), 0);
}

/* ---- Reset, saved state, device tree --------------------------------------------------------- */

Test(aplic_direct, reset_lowers_the_lines)
{
    source(10, LEVEL1, 5);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_reset(h);
    cr_expect_eq(line(S, 0), 0);
    cr_expect_eq(rd(S, DOMAINCFG), 0x80000000);
    cr_expect_eq(rd(M, SOURCECFG(10)), 0);
    cr_expect_eq(rd(S, IDELIVERY(0)), 0);
    source(10, LEVEL1, 5);
    cr_expect_eq(rd(S, TOPI(0)), 10 << 16 | 5, "the wire is as it was");
}

static void fill(void)
{
    source(10, LEVEL1, 1 << 18 | 5);
    source(40, EDGE0, 2 << 18 | 6);
    wr(M, SOURCECFG(90), DETACHED);
    wr(M, TARGET(90), 7);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 40, 1);
    vm_devtest_irq_input(h, 40, 0);
    wr(M, SETIPNUM, 90);
    wr(S, GENMSI, 9);
}

static void expect_restored(void (*again)(void))
{
    struct vm_devtest *old = h;
    struct vm_devtest_state state, second;

    fill();
    state = vm_devtest_save(h);
    again();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    second = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &second));
    cr_expect_eq(rd(S, SOURCECFG(40)), EDGE0);
    cr_expect_eq(pending(M, 90), 1);
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&second);
    vm_devtest_free(old);
}

Test(aplic_direct, save_and_restore)
{
    expect_restored(setup_direct);
    cr_expect_eq(line(S, 1), 1);
    cr_expect_eq(line(S, 2), 1);
    cr_expect_eq(line(M, 0), 0);
    cr_expect_eq(rd(S, CLAIMI(2)), 40 << 16 | 6);
}

Test(aplic_msi, save_and_restore)
{
    expect_restored(setup_messages);
    expect_sent("");
    wr(S, SETIPNUM, 10);
    expect_sent("0x28001000:0x5 ");
}

struct bad {
    const char *field;
    uint32_t index;
    uint64_t value;
};

static void expect_state_refused(const struct bad *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct vm_devtest_state state = vm_devtest_save(h);
        struct vm_error err = VM_ERROR_INIT;

        cr_expect_eq(vm_devtest_load_field(h, cases[i].field, cases[i].index, cases[i].value, &err),
                     -1, "case %zu", i);
        cr_expect(err.set);
        cr_expect_eq(vm_devtest_load(h, &state, NULL), 0);
        vm_devtest_state_free(&state);
    }
}

Test(aplic_msi, hostile_states_are_refused)
{
    static const struct bad cases[] = {
        {"input", 0, 1},        {"input", 3, 2},
        {"enabled", 0, 2},      {"sourcecfg", 5, 1},
        {"sourcecfg", 1024, 1}, {"sourcecfg", 1029, 2},
        {"sourcecfg", 1029, 8}, {"sourcecfg", 1029, 0x401},
        {"sourcecfg", 1121, 1}, {"target", 5, 1},
        {"ip", 0, 1u << 5},     {"ie", 32, 1u << 5},
        {"genmsi", 0, 0x1000},  {"msiaddrcfg", 3, 0x1000},
        {"idelivery", 0, 1},    {"ithreshold", 0, 1},
    };

    expect_state_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

Test(aplic_direct, hostile_states_are_refused)
{
    static const struct bad cases[] = {
        {"genmsi", 0, 1},   {"msiaddrcfg", 0, 1},   {"idelivery", 0, 2}, {"idelivery", 3, 1},
        {"iforce", 512, 2}, {"ithreshold", 515, 1}, {"target", 10, 0},   {"ip", 0, 1u << 10},
    };

    source(10, LEVEL1, 5);
    expect_state_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

#define COMMON                       \
    "compatible = \"riscv,aplic\"\n" \
    "#interrupt-cells = 0x2\n"       \
    "#address-cells = 0x0\n"         \
    "interrupt-controller\n"         \
    "riscv,num-sources = 0x60\n"

Test(aplic_msi, device_tree)
{
    uint32_t cells[4] = {0};

    cr_expect_str_eq(vm_devtest_fdt(h),
                     "node interrupt-controller\n" COMMON "msi-parent = 0x173\n"
                     "node interrupt-controller of machine\n" COMMON "msi-parent = 0x16d\n"
                     "riscv,children = 0x1\n"
                     "riscv,delegation = 0x1 0x1 0x60\n");
    cr_expect_eq(vm_devtest_fdt_interface(h)->encode_irq(vm_devtest_device(h), 10, cells), 2);
    cr_expect_eq(cells[0], 10);
    cr_expect_eq(cells[1], 4);
}

Test(aplic_direct, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h), "node interrupt-controller\n" COMMON
                                        "interrupts-extended = 0x200 0x1 0x201 0x1 0x202 0x1\n"
                                        "node interrupt-controller of machine\n" COMMON
                                        "interrupts-extended = 0x200 0x0 0x201 0x0 0x202 0x0\n"
                                        "riscv,children = 0x1\n"
                                        "riscv,delegation = 0x1 0x1 0x60\n");
}

/* ---- Other configurations -------------------------------------------------------------------- */

Test(aplic_config, every_number_of_sources)
{
    char text[8];

    for (uint32_t n = 1; n <= 1023; n += n < 70 ? 1 : 119) {
        snprintf(text, sizeof(text), "%u", n);
        make(text, false, 1);
        cr_expect_eq(vm_devtest_irq_inputs(h), n + 1);
        wr(S, DOMAINCFG, IE);
        wr(S, IDELIVERY(0), 1);
        source(n, LEVEL1, 1);
        vm_devtest_irq_input(h, n, 1);
        cr_expect_eq(rd(S, CLAIMI(0)), n << 16 | 1);
        if (n < 1023) {
            wr(M, SOURCECFG(n + 1), DELEGATE);
            cr_expect_eq(rd(M, SOURCECFG(n + 1)), 0);
        }
        teardown();
    }
}

Test(aplic_config, many_harts)
{
    make("5", false, 512);
    wr(S, DOMAINCFG, IE);
    wr(S, IDELIVERY(511), 1);
    source(5, LEVEL1, 511u << 18 | 1);
    vm_devtest_irq_input(h, 5, 1);
    cr_expect_eq(line(S, 511), 1);
    teardown();
}

static void expect_refused(uint32_t cpus, const char *only, const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, lines);
    if (only)
        vm_devtest_set(h, only, "x");
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
    teardown();
}

Test(aplic_config, refused)
{
    expect_refused(1, "imsic-m", "give both");
    expect_refused(1, "imsic-s", "give both");
    expect_refused(513, NULL, "at most 512");
}

Test(aplic_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 7; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 2, lines);
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        teardown();
    }
}
