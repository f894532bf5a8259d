/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_test.c - the SDK's PCI functions, by way of dev-pci-test: registers, BARs, interrupts, state.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <vmrun/pci.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define IO     VM_PCI_COMMAND_IO
#define MEMORY VM_PCI_COMMAND_MEMORY
#define MASTER VM_PCI_COMMAND_MASTER

/* Regions of dev-pci-test in the order in which it adds them. */
enum { REGS, SHARED, PORTS, ROM, TABLE };

static struct vm_devtest *h;

static uint32_t rd(uint32_t offset, uint32_t size)
{
    return vm_devtest_config_read(h, offset, size);
}

static void wr(uint32_t offset, uint32_t size, uint32_t value)
{
    vm_devtest_config_write(h, offset, size, value);
}

static void make(const char *msi, const char *msix, uint32_t address)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, address);
    vm_devtest_set(h, "msi", msi);
    vm_devtest_set(h, "msix", msix);
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
}

static void setup(void)
{
    make("4", "70", 8);
    vm_devtest_reset(h);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(pci, .init = setup, .fini = teardown);

static uint32_t find_capability(uint8_t id)
{
    for (uint32_t at = rd(0x34, 1); at; at = rd(at + 1, 1))
        if (rd(at, 1) == id)
            return at;
    cr_assert_fail("no capability 0x%x", id);
    return 0;
}

static void table_write(uint32_t vector, uint32_t word, uint32_t value)
{
    cr_assert_eq(vm_devtest_access_write(h, TABLE, vector * 16 + word * 4, 4, value), VM_ACCESS_OK);
}

static uint32_t table_read(uint32_t offset)
{
    uint64_t value;

    cr_assert_eq(vm_devtest_access_read(h, TABLE, offset, 4, &value), VM_ACCESS_OK);
    return (uint32_t)value;
}

static void raise(uint32_t vector)
{
    vm_devtest_write(h, 0x28, 8, vector);
}

/* What is at region `r`, or all ones where it is not. */
static uint64_t place(uint32_t r)
{
    uint64_t address;
    return vm_devtest_placed(h, r, &address) ? address : UINT64_MAX;
}

/* ---- Registers ------------------------------------------------------------------------------- */

Test(pci, only_what_is_writable_changes)
{
    /* Which bits keep a written one; the rest keep their value. */
    static const struct {
        uint32_t offset, writable;
    } rows[] = {
        {0x00, 0},          {0x04, 0x0547},     {0x08, 0},          {0x0c, 0xff},
        {0x10, 0xfffff000}, {0x14, 0xfffff000}, {0x18, 0xffff0000}, {0x1c, 0xffffffff},
        {0x20, 0xfffffff0}, {0x24, 0},          {0x28, 0},          {0x2c, 0},
        {0x30, 0xfffff801}, {0x34, 0},          {0x38, 0},          {0x3c, 0xff},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t before = rd(rows[i].offset, 4), zeros, ones;

        wr(rows[i].offset, 4, 0xffffffff);
        ones = rd(rows[i].offset, 4);
        wr(rows[i].offset, 4, 0);
        zeros = rd(rows[i].offset, 4);
        cr_expect_eq(ones, before | rows[i].writable, "0x%x: 0x%x", rows[i].offset, ones);
        cr_expect_eq(zeros, before & ~rows[i].writable, "0x%x: 0x%x", rows[i].offset, zeros);
        wr(rows[i].offset, 4, before);
    }
}

Test(pci, bytes_and_halves)
{
    wr(0x10, 4, 0x11223000);
    cr_expect_eq(rd(0x12, 1), 0x22);
    cr_expect_eq(rd(0x12, 2), 0x1122);
    wr(0x13, 1, 0x44);
    cr_expect_eq(rd(0x10, 4), 0x44223000);
    cr_expect_eq(rd(0xffc, 4), 0);
    wr(0xffc, 4, 1);
    cr_expect_eq(rd(0xffc, 4), 0);
    cr_expect_eq(rd(0x100, 4), 0); /* no extended capabilities */
}

Test(pci, type_follows_the_place)
{
    cr_expect_eq(rd(find_capability(VM_PCI_CAP_EXPRESS) + 2, 2), 0x92);
    vm_devtest_free(h);
    make("1", "1", VM_PCI_BELOW_PORT);
    cr_expect_eq(rd(find_capability(VM_PCI_CAP_EXPRESS) + 2, 2), 0x02);
    vm_devtest_reset(h);
    cr_expect_eq(rd(find_capability(VM_PCI_CAP_EXPRESS) + 2, 2), 0x02);
}

Test(pci, conventional_space_is_short)
{
    uint64_t value;

    vm_devtest_free(h);
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 0);
    vm_devtest_set(h, "express", "no");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    uint32_t config = (uint32_t)vm_devtest_config_region(h);
    cr_expect_eq(vm_devtest_region(h, config)->length, 256);
    cr_expect_eq(vm_devtest_access_read(h, config, 0x100, 4, &value), VM_ACCESS_ERROR);
}

/* ---- BARs ------------------------------------------------------------------------------------ */

Test(pci, bars_are_where_they_are_said_to_be)
{
    wr(0x10, 4, 0x50000000);
    wr(0x18, 4, 0x00010000);
    wr(0x1c, 4, 0x00000012);
    wr(0x20, 4, 0x1000);
    cr_expect_eq(place(REGS), UINT64_MAX);
    wr(0x04, 2, MEMORY);
    cr_expect_eq(place(REGS), 0x50000000);
    cr_expect_eq(place(SHARED), 0x1200010000);
    cr_expect_eq(place(PORTS), UINT64_MAX);
    cr_expect_eq(place(ROM), UINT64_MAX);
    wr(0x04, 2, IO);
    cr_expect_eq(place(PORTS), 0x1000);
    cr_expect_eq(place(REGS), UINT64_MAX);
    wr(0x04, 2, IO | MEMORY);
    wr(0x30, 4, 0x60000801);
    cr_expect_eq(place(ROM), 0x60000800);
    wr(0x30, 4, 0x60000800);
    cr_expect_eq(place(ROM), UINT64_MAX);
    cr_expect_eq(vm_devtest_read(h, 0x40, 8), 0x1200010000, "bar_moved() was told");
    vm_devtest_reset(h);
    cr_expect_eq(place(REGS), UINT64_MAX);
    cr_expect_eq(place(SHARED), UINT64_MAX);
    cr_expect_eq(rd(0x10, 4), 0);
}

Test(pci, asleep_it_decodes_nothing)
{
    uint32_t power = find_capability(VM_PCI_CAP_POWER) + 4;

    wr(0x10, 4, 0x50000000);
    wr(0x04, 2, MEMORY | MASTER);
    raise(0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(power, 2, 3);
    cr_expect_eq(place(REGS), UINT64_MAX);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(power, 1, 2);
    cr_expect_eq(rd(power, 1) & 3, 3, "there is no D2");
    wr(power, 2, 0);
    cr_expect_eq(place(REGS), 0x50000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

Test(pci, intx)
{
    raise(0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(VM_PCI_STATUS, 2) & 8, 8);
    wr(VM_PCI_COMMAND, 2, VM_PCI_COMMAND_NO_INTX);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(VM_PCI_STATUS, 2) & 8, 8);
    wr(VM_PCI_COMMAND, 2, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vm_devtest_write(h, 0x30, 8, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(VM_PCI_STATUS, 2) & 8, 0);
    raise(0);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(pci, messages_silence_intx)
{
    uint32_t msix = find_capability(VM_PCI_CAP_MSIX);

    raise(0);
    wr(msix + 2, 2, 0x8000);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(msix + 2, 2, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(pci, msi)
{
    uint32_t msi = find_capability(VM_PCI_CAP_MSI);

    cr_expect_eq(rd(msi + 2, 2), 0x0184);
    wr(msi + 4, 4, 0x1237);
    wr(msi + 8, 4, 5);
    wr(msi + 12, 2, 0xabcf);
    wr(VM_PCI_COMMAND, 2, MASTER);
    wr(msi + 2, 2, 0x0001);
    raise(3);
    cr_expect_str_eq(vm_devtest_messages(h), "0x500001234:0xabcf ", "one vector for all");
    wr(msi + 2, 2, 0x0021);
    raise(2);
    raise(6);
    cr_expect_str_eq(vm_devtest_messages(h), "0x500001234:0xabce 0x500001234:0xabce ");
    wr(msi + 2, 2, 0x0071); /* more than there are */
    raise(1);
    cr_expect_str_eq(vm_devtest_messages(h), "0x500001234:0xabcd ");
    wr(msi + 16, 4, 0xffffffff);
    cr_expect_eq(rd(msi + 16, 4), 0xf);
    raise(1);
    raise(1);
    raise(3);
    cr_expect_eq(rd(msi + 20, 4), 0xa);
    wr(msi + 20, 4, 0);
    cr_expect_eq(rd(msi + 20, 4), 0xa);
    wr(msi + 16, 4, 0x8);
    cr_expect_str_eq(vm_devtest_messages(h), "0x500001234:0xabcd ");
    cr_expect_eq(rd(msi + 20, 4), 0x8);
    wr(VM_PCI_COMMAND, 2, 0);
    raise(0);
    cr_expect_str_eq(vm_devtest_messages(h), "", "without leave");
}

Test(pci, msix)
{
    uint32_t msix = find_capability(VM_PCI_CAP_MSIX);

    cr_expect_eq(rd(msix + 2, 2), 69);
    cr_expect_eq(rd(msix + 4, 4), 1);
    cr_expect_eq(rd(msix + 8, 4), 0x801);
    wr(VM_PCI_COMMAND, 2, MASTER);
    wr(msix + 2, 2, 0x8000);
    table_write(69, 0, 0xfee00003);
    table_write(69, 1, 7);
    table_write(69, 2, 0x99);
    table_write(70, 2, 0x55); /* behind the last one */
    cr_expect_eq(table_read(69 * 16), 0xfee00000);
    cr_expect_eq(table_read(70 * 16 + 8), 0);
    raise(69);
    raise(70);
    raise(UINT32_MAX);
    cr_expect_str_eq(vm_devtest_messages(h), "", "masked");
    cr_expect_eq(table_read(0x808), 1u << 5);
    table_write(69, 3, 0xfffffffe);
    cr_expect_str_eq(vm_devtest_messages(h), "0x7fee00000:0x99 ");
    cr_expect_eq(table_read(0x808), 0);
    cr_expect_eq(table_read(69 * 16 + 12), 0);
    wr(msix + 2, 2, 0xc000);
    raise(69);
    cr_expect_eq(table_read(0x808), 1u << 5);
    wr(msix + 2, 2, 0x4000);
    cr_expect_str_eq(vm_devtest_messages(h), "");
    wr(msix + 2, 2, 0x8000);
    cr_expect_str_eq(vm_devtest_messages(h), "0x7fee00000:0x99 ");
    vm_devtest_reset(h);
    cr_expect_eq(table_read(69 * 16 + 12), 1);
    cr_expect_eq(table_read(69 * 16), 0);
}

/* ---- Saved state ----------------------------------------------------------------------------- */

Test(pci, state_brings_everything_back)
{
    uint32_t msix = find_capability(VM_PCI_CAP_MSIX);
    struct vm_error err = VM_ERROR_INIT;

    wr(0x10, 4, 0x50000000);
    wr(VM_PCI_COMMAND, 2, MEMORY | MASTER);
    table_write(1, 0, 0x1000);
    raise(0);
    struct vm_devtest_state with_intx = vm_devtest_save(h);
    wr(msix + 2, 2, 0x8000);
    raise(1);
    struct vm_devtest_state with_pending = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_load(h, &with_intx, &err), 0, "%s", err.text);
    cr_expect_eq(place(REGS), 0x50000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_assert_eq(vm_devtest_load(h, &with_pending, &err), 0, "%s", err.text);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    table_write(1, 3, 0);
    cr_expect_str_eq(vm_devtest_messages(h), "0x1000:0x0 ");
    vm_devtest_state_free(&with_intx);
    vm_devtest_state_free(&with_pending);
}

Test(pci, hostile_state_is_refused)
{
    static const struct {
        const char *field;
        uint32_t index;
        uint64_t value;
        const char *message;
    } rows[] = {
        {"pci.config", 0, 0x86, "byte 0x0 of the configuration space"},
        {"pci.config", 0x10, 1, "byte 0x10 of"},
        {"pci.config", 0x34, 0xff, "byte 0x34 of"},
        {"pci.msix_table", 4 * 5, 2, "vector 5"},
        {"pci.msix_table", 4 * 127 + 3, 2, "vector 127"},
        {"pci.intx", 0, 2, "INTA"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        struct vm_devtest_state good = vm_devtest_save(h);
        cr_expect_eq(vm_devtest_load_field(h, rows[i].field, rows[i].index, rows[i].value, &err),
                     -1, "%s[%u]", rows[i].field, rows[i].index);
        cr_expect(strstr(err.text, rows[i].message), "%s", err.text);
        cr_assert_eq(vm_devtest_load(h, &good, NULL), 0);
        vm_devtest_state_free(&good);
    }
}

/* ---- Making one ------------------------------------------------------------------------------ */

Test(pci, a_host_that_fails)
{
    for (uint32_t i = 1; i <= 8; i++) {
        struct vm_error err = VM_ERROR_INIT;
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 0);
        vm_devtest_fail_wiring(h, i);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", i);
    }
    vm_devtest_free(h);
    h = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;
    cr_expect_eq(vm_devtest_create(h, &err), -1, "on no bus");
}

/* What a plugin gets wrong is an error, not a broken machine. */
Test(pci, plugin_bugs)
{
    static struct vm_region_ops ops = {.size = sizeof(ops)};
    struct vm_pci p;
    struct vm_region region = {.size = sizeof(region), .name = "x", .length = 4096, .ops = &ops};
    struct vm_device_host host = {.size = sizeof(host)};
    const struct vm_pci_info info = {.vendor = 1};
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_pci_init(&p, &host, NULL, &info, &err), -1);
    cr_expect(strstr(err.text, "too old"), "%s", err.text);
    memset(&p, 0, sizeof(p));
    p.next_capability = 0x40;
    p.bars[2].length = 16;
    p.bars[2].flags = VM_PCI_BAR_64;
    cr_expect_eq(vm_pci_add_bar(&p, 1, VM_PCI_BAR_64, &region, &err), -1, "the next one is taken");
    cr_expect_eq(vm_pci_add_bar(&p, 3, 0, &region, &err), -1, "upper half of another");
    cr_expect_eq(vm_pci_add_bar(&p, 5, VM_PCI_BAR_64, &region, &err), -1, "no upper half");
    cr_expect_eq(vm_pci_add_bar(&p, 7, 0, &region, &err), -1);
    cr_expect_eq(vm_pci_add_bar(&p, 0, VM_PCI_BAR_IO, &region, &err), -1, "too many ports");
    region.length = 4095;
    cr_expect_eq(vm_pci_add_bar(&p, 0, 0, &region, &err), -1);
    region.length = 0;
    cr_expect_eq(vm_pci_add_bar(&p, 0, 0, &region, &err), -1);
    cr_expect_eq(vm_pci_add_msi(&p, 3, &err), -1);
    cr_expect_eq(vm_pci_add_msi(&p, 64, &err), -1);
    cr_expect_eq(vm_pci_add_msix(&p, 129, 0, &err), -1);
    for (int i = 0; i < 8; i++)
        vm_pci_add_capability(&p, VM_PCI_CAP_VENDOR, 24, &err);
    cr_expect_eq(vm_pci_add_capability(&p, VM_PCI_CAP_VENDOR, 4, &err), -1, "no room");
}
