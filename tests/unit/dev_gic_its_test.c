/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_gic_its_test.c - dev-gic's Interrupt Translation Service and LPIs (IHI 0069H chapter 5). */
#include "dev_gic_test.h"

#define CPUS 3
#define RAM  0x40000000ull

/* Where the tables are. */
#define CONFIG      (RAM + 0x10000) /* of LPIs */
#define PENDING     (RAM + 0x20000) /* 64K for each vCPU */
#define QUEUE       (RAM + 0x80000)
#define DEVICES     (RAM + 0x90000)
#define COLLECTIONS (RAM + 0x110000)
#define ITT         (RAM + 0x120000)

#define DEVICE     0x0108u
#define LPI        8200u
#define VALID      (1ull << 63)
#define TRANSLATER 0x10040u

enum { MOVI = 1, INT = 3, CLEAR, SYNC, MAPD = 8, MAPC, MAPTI, MAPI, INV, INVALL, MOVALL, DISCARD };

static void command(uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    uint64_t at = gic_rd(ITS, 0x88, 8), words[4] = {d0, d1, d2, d3};

    memcpy(vm_devtest_ram(gic, QUEUE + at, 32), words, 32);
    gic_wr(ITS, 0x88, 8, (at + 32) % 0x1000);
    cr_expect_eq(gic_rd(ITS, 0x90, 8), (at + 32) % 0x1000, "it was read");
}

static void event(uint32_t op, uint64_t device, uint64_t id, uint64_t lpi, uint64_t collection)
{
    command(device << 32 | op, lpi << 32 | id, collection, 0);
}

static void set_config(uint32_t lpi, uint8_t config)
{
    *vm_devtest_ram(gic, CONFIG + lpi - 8192, 1) = config;
}

static void enable_tables(void)
{
    gic_wr(ITS, 0x100, 8, VALID | DEVICES | 127);
    gic_wr(ITS, 0x108, 8, VALID | COLLECTIONS);
    gic_wr(ITS, 0x80, 8, VALID | QUEUE);
    gic_wr(ITS, 0, 4, 1);
}

static void setup(void)
{
    gic_setup(3, CPUS, true);
    gic_enable_all(CPUS);
    for (uint64_t cpu = 0; cpu < CPUS; cpu++) {
        gic_wr(REDIST, cpu * 0x20000 + 0x70, 8, CONFIG | 13);
        gic_wr(REDIST, cpu * 0x20000 + 0x78, 8, PENDING + cpu * 0x10000);
        gic_wr(REDIST, cpu * 0x20000, 4, 1);
    }
    enable_tables();
    set_config(LPI, 0x81);
    set_config(LPI + 1, 0x41);
    for (uint64_t cpu = 0; cpu < CPUS; cpu++)
        command(MAPC, 0, VALID | cpu << 16 | (10 + cpu), 0);
    command((uint64_t)DEVICE << 32 | MAPD, 4, VALID | ITT, 0); /* 32 events */
    event(MAPTI, DEVICE, 3, LPI, 11);
    event(MAPTI, DEVICE, 4, LPI + 1, 11);
    event(INV, DEVICE, 3, 0, 0);
    event(INV, DEVICE, 4, 0, 0);
}

TestSuite(its, .init = setup, .fini = gic_teardown);

/* The test host's messages have requester ID 0; so INT stands for them where the device matters. */
static void message(uint32_t id)
{
    event(INT, DEVICE, id, 0, 0);
}

Test(its, registers)
{
    uint64_t typer = gic_rd(ITS, 8, 8);

    cr_expect_eq(vm_devtest_regions(gic), 3);
    cr_expect_eq(gic_rd(DIST, 4, 4) >> 17 & 1, 1, "LPIs");
    cr_expect_eq(gic_rd(DIST, 4, 4) >> 19 & 31, 13, "INTIDs of 14 bits");
    cr_expect_eq(gic_rd(REDIST, 8, 8) & 1, 1, "physical LPIs");
    cr_expect_eq(gic_rd(REDIST, 0, 4), 1);
    gic_wr(REDIST, 0, 4, 0);
    cr_expect_eq(gic_rd(REDIST, 0, 4), 1, "it stays");
    gic_wr(REDIST, 0x70, 8, 0);
    cr_expect_eq(gic_rd(REDIST, 0x70, 8), CONFIG | 13, "under them the tables stay");
    cr_expect_eq(gic_rd(ITS, 0xffe8, 4), 0x3b);
    cr_expect_eq(typer & 1, 1);
    cr_expect_eq(typer >> 4 & 15, 7, "entries of 8 bytes");
    cr_expect_eq(typer >> 13 & 31, 15, "16 bits of device");
    cr_expect_eq(gic_rd(ITS, 0x0c, 4), typer >> 32);
    cr_expect_eq(gic_rd(ITS, 0, 4), 0x80000001);
    cr_expect_eq(gic_rd(ITS, 0x100, 8), VALID | 1ull << 56 | 7ull << 48 | DEVICES | 127);
    gic_wr(ITS, 0x100, 8, 0);
    cr_expect_neq(gic_rd(ITS, 0x100, 8) & VALID, 0, "nor does this change while it is enabled");
    gic_wr(ITS, 0, 4, 0);
    gic_wr(ITS, 0x104, 4, UINT32_MAX);
    gic_wr(ITS, 0x100, 4, 0);
    cr_expect_eq(gic_rd(ITS, 0x100, 8), 0xf9e7ffff00000000, "two levels");
    cr_expect_eq(gic_rd(ITS, 0x110, 8), 0, "there are two tables");
}

Test(its, an_event_becomes_an_lpi)
{
    message(3);
    cr_expect_eq(gic_irq(1), 1);
    cr_expect_eq(gic_irq(0), 0);
    cr_expect_eq(icc_rd(1, IAR1), LPI);
    cr_expect_eq(icc_rd(1, RPR), 0x80);
    cr_expect_eq(gic_irq(1), 0);
    message(3);
    cr_expect_eq(gic_irq(1), 0, "it has no active state, but its priority runs");
    message(4);
    cr_expect_eq(icc_rd(1, IAR1), LPI + 1, "a higher one");
    icc_wr(1, EOIR1, LPI + 1);
    icc_wr(1, EOIR1, LPI);
    cr_expect_eq(icc_rd(1, IAR1), LPI);
    icc_wr(1, EOIR1, LPI);
    cr_expect_eq(icc_rd(1, RPR), 0xff);
    cr_expect_eq(icc_rd(1, IAR1), SPURIOUS);
}

Test(its, messages_of_devices)
{
    command((uint64_t)0 << 32 | MAPD, 0, VALID | (ITT + 0x1000), 0); /* 2 events of device 0 */
    event(MAPI, 0, LPI + 2, 0, 10);
    event(MAPTI, 0, 1, LPI + 2, 10);
    set_config(LPI + 2, 0x21);
    command(INVALL, 0, 10, 0);
    cr_expect_eq(vm_devtest_message(gic, ITS, TRANSLATER, 1), VM_ACCESS_OK);
    cr_expect_eq(gic_irq(0), 1);
    cr_expect_eq(icc_rd(0, IAR1), LPI + 2);
    icc_wr(0, EOIR1, LPI + 2);
    cr_expect_eq(vm_devtest_message(gic, ITS, TRANSLATER, 0), VM_ACCESS_OK, "not mapped");
    cr_expect_eq(vm_devtest_message(gic, ITS, TRANSLATER, 2), VM_ACCESS_OK, "beyond its table");
    cr_expect_eq(vm_devtest_message(gic, ITS, 0x40, 1), VM_ACCESS_ERROR);
    gic_wr(ITS, TRANSLATER, 4, 1);
    cr_expect_eq(gic_irq(0), 0, "a vCPU is no device");
    gic_wr(ITS, 0, 4, 0);
    cr_expect_eq(vm_devtest_message(gic, ITS, TRANSLATER, 1), VM_ACCESS_OK);
    cr_expect_eq(gic_irq(0), 0, "disabled");
}

Test(its, configuration_is_read_when_told)
{
    message(3);
    set_config(LPI, 0x80);
    cr_expect_eq(gic_irq(1), 1, "not yet");
    event(INV, DEVICE, 3, 0, 0);
    cr_expect_eq(gic_irq(1), 0);
    set_config(LPI, 0x11);
    command(INVALL, 0, 11, 0);
    cr_expect_eq(gic_irq(1), 1);
    cr_expect_eq(icc_rd(1, IAR1), LPI);
    cr_expect_eq(icc_rd(1, RPR), 0x10);
}

Test(its, commands_on_events)
{
    message(3);
    event(CLEAR, DEVICE, 3, 0, 0);
    cr_expect_eq(gic_irq(1), 0);
    message(3);
    event(MOVI, DEVICE, 3, 0, 12);
    cr_expect_eq(gic_irq(1), 0);
    cr_expect_eq(gic_irq(2), 1, "it took what was pending along");
    command(MOVALL, 0, 2ull << 16, 0ull << 16);
    cr_expect_eq(gic_irq(2), 0);
    cr_expect_eq(icc_rd(0, IAR1), LPI);
    icc_wr(0, EOIR1, LPI);
    message(3);
    cr_expect_eq(gic_irq(2), 1);
    event(DISCARD, DEVICE, 3, 0, 0);
    cr_expect_eq(gic_irq(2), 0);
    message(3);
    cr_expect_eq(gic_irq(2), 0, "it is mapped no more");
    command(SYNC, 0, 0, 0);
    command(0xff, 1, 2, 3);
    command((uint64_t)DEVICE << 32 | MAPD, 4, ITT, 0);
    message(4);
    cr_expect_eq(gic_irq(1), 0, "the device is not mapped");
}

/* What makes no sense does nothing. */
Test(its, hostile_commands)
{
    static const uint64_t cases[][4] = {
        {(uint64_t)DEVICE << 32 | MAPD, 31, VALID | ITT, 0},
        {0x1ffffull << 32 | MAPD, 4, VALID | ITT, 0},
        {MAPC, 0, VALID | 99ull << 16 | 11, 0},
        {MAPC, 0, VALID | 1ull << 16 | 0xffff, 0},
        {(uint64_t)DEVICE << 32 | MAPTI, 8191ull << 32 | 3, 11, 0},
        {(uint64_t)DEVICE << 32 | MAPTI, 16384ull << 32 | 3, 11, 0},
        {(uint64_t)DEVICE << 32 | MAPTI, (uint64_t)LPI << 32 | 32, 11, 0},
        {(uint64_t)DEVICE << 32 | MAPTI, (uint64_t)LPI << 32 | 3, 256, 0},
        {(uint64_t)DEVICE << 32 | MOVI, 3, 200, 0},
        {MOVALL, 0, 1ull << 16, 99ull << 16},
        {0x777ull << 32 | INT, 3, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        command(cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
    message(3);
    cr_expect_eq(icc_rd(1, IAR1), LPI, "all is as it was");
}

/* Tables that the guest overwrote, or that lie nowhere. */
Test(its, hostile_tables)
{
    uint64_t word = UINT64_MAX;

    memcpy(vm_devtest_ram(gic, COLLECTIONS + 11 * 8, 8), &word, 8);
    message(3);
    memcpy(vm_devtest_ram(gic, DEVICES + DEVICE * 8, 8), &word, 8);
    message(3);
    event(MAPTI, DEVICE, 0xffffffff, LPI, 10);
    word = VALID | 0xfffffff0;
    memcpy(vm_devtest_ram(gic, ITT + 3 * 8, 8), &word, 8);
    message(3);
    gic_wr(ITS, 0, 4, 0);
    gic_wr(ITS, 0x100, 8, VALID | 0xfffffffff000 | 3 << 8 | 255);
    gic_wr(ITS, 0x108, 8, VALID | 0x1000);
    gic_wr(ITS, 0, 4, 1);
    message(3);
    command(MAPC, 0, VALID | 1ull << 16 | 11, 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        cr_expect_eq(gic_irq(cpu), 0);
}

/* Tables of two levels, of pages of 4K, 16K and 64K: the first has their addresses. */
Test(its, tables_of_two_levels)
{
    static const uint32_t page_bits[] = {12, 14, 16};
    const uint64_t second = RAM + 0x140000; /* of devices, then of collections */

    for (uint32_t size = 0; size < 3; size++) {
        uint64_t page = 1ull << page_bits[size], per_page = page / 8, last = 3 * per_page + 5;
        uint64_t words[4] = {0, 0, 0, VALID | second}, none = 0;
        uint64_t collections[1] = {VALID | (second + page)};
        bool there = last < 0x10000;
        gic_wr(ITS, 0, 4, 0);
        memset(vm_devtest_ram(gic, second, 0x20000), 0, 0x20000);
        memcpy(vm_devtest_ram(gic, DEVICES, 32), words, 32);
        memcpy(vm_devtest_ram(gic, COLLECTIONS, 8), collections, 8);
        gic_wr(ITS, 0x100, 8, VALID | 1ull << 62 | DEVICES | size << 8);
        gic_wr(ITS, 0x108, 8, VALID | 1ull << 62 | COLLECTIONS | size << 8);
        gic_wr(ITS, 0, 4, 1);
        command(MAPC, 0, VALID | 1ull << 16 | 11, 0);
        cr_expect_neq(*vm_devtest_ram(gic, second + page + 11 * 8, 1), 0, "of collections");
        command(last << 32 | MAPD, 4, VALID | ITT, 0);
        cr_expect_eq(*vm_devtest_ram(gic, second + 5 * 8, 1), there ? 4 : 0, "of devices");
        event(MAPTI, last, 3, LPI, 11);
        event(INT, last, 3, 0, 0);
        cr_expect_eq(gic_irq(1), there, "pages of %u bits", page_bits[size]);
        event(CLEAR, last, 3, 0, 0);
        event(INT, 5, 3, 0, 0);
        cr_expect_eq(gic_irq(1), 0, "another page, which is not there");
        memcpy(vm_devtest_ram(gic, DEVICES + 24, 8), &none, 8);
        event(INT, last, 3, 0, 0);
        cr_expect_eq(gic_irq(1), 0, "the page is gone");
    }
}

/* Addresses from nowhere, and tables that lie in each other. */
Test(its, hostile_first_level)
{
    static const uint64_t firsts[] = {
        UINT64_MAX,    VALID,          VALID | 0xfffffffff000, VALID | (RAM + 0x1ff000),
        VALID | QUEUE, VALID | DEVICES};

    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        gic_wr(ITS, 0, 4, 0);
        for (uint64_t at = 0; at < 0x1000; at += 8) {
            memcpy(vm_devtest_ram(gic, DEVICES + at, 8), &firsts[i], 8);
            memcpy(vm_devtest_ram(gic, COLLECTIONS + at, 8), &firsts[i], 8);
        }
        gic_wr(ITS, 0x100, 8, VALID | 1ull << 62 | DEVICES);
        gic_wr(ITS, 0x108, 8, VALID | 1ull << 62 | COLLECTIONS);
        gic_wr(ITS, 0, 4, 1);
        for (uint64_t id = 0; id < 0x10000; id += 0x1ff) {
            command(MAPC, 0, VALID | 1ull << 16 | (id & 0xff), 0);
            command(id << 32 | MAPD, 4, VALID | ITT, 0);
            event(MAPTI, id, 3, LPI, id & 0xff);
            event(INT, id, 3, 0, 0);
            event(DISCARD, id, 3, 0, 0);
        }
    }
    gic_wr(ITS, 0, 4, 0);
    memset(vm_devtest_ram(gic, COLLECTIONS, 0x1000), 0, 0x1000);
    memset(vm_devtest_ram(gic, DEVICES, 0x1000), 0, 0x1000);
    enable_tables();
    command(MAPC, 0, VALID | 1ull << 16 | 11, 0);
    command((uint64_t)DEVICE << 32 | MAPD, 4, VALID | ITT, 0);
    event(MAPTI, DEVICE, 3, LPI, 11);
    message(3);
    cr_expect_eq(gic_irq(1), 1, "it works all the same");
}

Test(its, a_queue_that_cannot_be_read)
{
    gic_wr(ITS, 0, 4, 0);
    gic_wr(ITS, 0x80, 8, VALID | 0x1000);
    gic_wr(ITS, 0x88, 8, 0x40);
    gic_wr(ITS, 0, 4, 1);
    cr_expect_eq(gic_rd(ITS, 0x90, 8), 0, "it stands still");
    gic_wr(ITS, 0x88, 8, 0xfffe0);
    cr_expect_eq(gic_rd(ITS, 0x90, 8), 0, "and that is beyond its end");
    gic_wr(ITS, 0, 4, 0);
    gic_wr(ITS, 0x80, 8, QUEUE);
    gic_wr(ITS, 0x88, 8, 0x40);
    gic_wr(ITS, 0, 4, 1);
    cr_expect_eq(gic_rd(ITS, 0x90, 8), 0, "there is none");
}

/* 5.1.2: the table of what is pending is read when LPIs are enabled. */
Test(its, pending_at_first)
{
    gic_setup(3, 1, true);
    gic_enable_all(1);
    vm_devtest_ram(gic, PENDING, 0x10000)[LPI / 8] = 1u << LPI % 8;
    set_config(LPI, 0x81);
    gic_wr(REDIST, 0x70, 8, CONFIG | 13);
    gic_wr(REDIST, 0x78, 8, 1ull << 62 | PENDING);
    cr_expect_eq(gic_rd(REDIST, 0x78, 8), PENDING);
    gic_wr(REDIST, 0, 4, 1);
    cr_expect_eq(icc_rd(0, IAR1), LPI);
}

Test(its, too_small_or_missing_tables_of_lpis)
{
    gic_setup(3, 2, true);
    gic_enable_all(2);
    set_config(LPI, 0x81);
    gic_wr(REDIST, 0x70, 8, CONFIG | 12);
    gic_wr(REDIST, 0, 4, 1);
    enable_tables();
    command(MAPC, 0, VALID | 10, 0);
    command((uint64_t)DEVICE << 32 | MAPD, 4, VALID | ITT, 0);
    event(MAPTI, DEVICE, 3, LPI, 10);
    event(INV, DEVICE, 3, 0, 0);
    message(3);
    cr_expect_eq(gic_irq(0), 0);
}

Test(its, saved_and_loaded)
{
    struct vm_devtest_state state;

    message(3);
    state = vm_devtest_save(gic);
    vm_devtest_reset(gic);
    cr_expect_eq(gic_irq(1), 0);
    cr_expect_eq(gic_rd(ITS, 0, 4), 0x80000000);
    cr_assert_eq(vm_devtest_load(gic, &state, NULL), 0);
    cr_expect_eq(gic_irq(1), 1);
    message(4);
    cr_expect_eq(icc_rd(1, IAR1), LPI + 1);
    cr_expect_eq(vm_devtest_load_field(gic, "lpi_pending", 3 * 128, 1, NULL), -1, "no such vCPU");
    vm_devtest_state_free(&state);
}

Test(its, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(gic), "node interrupt-controller\ncompatible = \"arm,gic-v3\"\n"
                                          "/its compatible = \"arm,gic-v3-its\"\n"
                                          "/its msi-controller\n/its #msi-cells = 0x1\n");
}
