/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pci_bridge_test.c - dev-pci-bridge: bus numbers, windows, what it forwards. */
#include <criterion/criterion.h>
#include <string.h>
#include <vmrun/pci.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_devtest *h;

static void make(const char *port)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 8);
    vm_devtest_set(h, "port", port);
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
    vm_devtest_reset(h);
}

static void setup(void)
{
    make("conventional");
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(bridge, .init = setup, .fini = teardown);

static int attach(uint32_t child, const char *where, uint32_t *address)
{
    return vm_devtest_bus(h)->attach(vm_devtest_device(h), vm_devtest_child(h, child), where,
                                     address, NULL);
}

static int passes(uint32_t kind, uint64_t addr, uint64_t length)
{
    uint64_t above;
    int result = vm_devtest_bus(h)->window(vm_devtest_device(h), kind, addr, length, &above);

    cr_assert(result != VM_ACCESS_OK || above == addr);
    return result == VM_ACCESS_OK;
}

static int forward(uint32_t bus, uint32_t devfn, uint64_t *value)
{
    return vm_devtest_bus(h)->forward(vm_devtest_device(h), (uint64_t)bus << 20 | devfn << 12, 4,
                                      value, 0);
}

Test(bridge, windows_are_closed_at_first)
{
    cr_expect(!passes(VM_REGION_MMIO, 0, 1));
    cr_expect(!passes(VM_REGION_PIO, 0, 1));
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_IO);
    cr_expect(passes(VM_REGION_MMIO, 0, 0x100000), "registers of zeros: the first megabyte");
    cr_expect(passes(VM_REGION_PIO, 0, 0x1000));
    cr_expect(!passes(VM_REGION_PIO, 0, 0x1001));
    vm_devtest_reset(h);
    cr_expect(!passes(VM_REGION_MMIO, 0, 1));
}

Test(bridge, windows)
{
    vm_devtest_config_write(h, 0x1c, 2, 0x3020);
    vm_devtest_config_write(h, 0x20, 4, 0x501f4000);
    vm_devtest_config_write(h, 0x24, 4, 0x00010001);
    vm_devtest_config_write(h, 0x28, 4, 4);
    vm_devtest_config_write(h, 0x2c, 4, 5);
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_MEMORY);
    cr_expect(passes(VM_REGION_MMIO, 0x40000000, 0x10200000));
    cr_expect(!passes(VM_REGION_MMIO, 0x40000000, 0x10200001));
    cr_expect(!passes(VM_REGION_MMIO, 0x3fffffff, 2));
    cr_expect(passes(VM_REGION_MMIO, 0x400000000, 0x100100000));
    cr_expect(!passes(VM_REGION_MMIO, 0x500100000, 1));
    cr_expect(!passes(VM_REGION_PIO, 0x2000, 1));
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_IO);
    cr_expect(passes(VM_REGION_PIO, 0x2000, 0x2000));
    cr_expect(!passes(VM_REGION_PIO, 0x4000, 1));
    cr_expect(!passes(VM_REGION_MMIO, 0x40000000, 1));
    cr_expect(!passes(VM_REGION_MMIO, UINT64_MAX, 2));
}

Test(bridge, tells_the_host_of_changes)
{
    uint32_t before = vm_devtest_bus_changes(h);

    vm_devtest_config_write(h, 0x20, 4, 0x50004000);
    cr_expect_eq(vm_devtest_bus_changes(h), before, "closed");
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_MEMORY);
    cr_expect_eq(vm_devtest_bus_changes(h), before + 1);
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_MEMORY);
    cr_expect_eq(vm_devtest_bus_changes(h), before + 1);
    vm_devtest_config_write(h, 0x3c, 1, 7);
    cr_expect_eq(vm_devtest_bus_changes(h), before + 1);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_bus_changes(h), before + 2);
}

Test(bridge, forwards_its_buses)
{
    uint32_t address;
    uint64_t value = 0;

    cr_assert_eq(attach(0, "9", &address), 0);
    cr_expect_eq(address, 9 << 3);
    cr_assert_eq(attach(1, NULL, &address), 0);
    cr_expect_eq(address, 0);
    vm_devtest_child(h, 0)->config[0] = 0x55;
    vm_devtest_child(h, 1)->secondary = vm_devtest_child(h, 1)->subordinate = 4;
    cr_expect_eq(forward(0, 9 << 3, &value), VM_ACCESS_ERROR, "bus 0 is never behind it");
    vm_devtest_config_write(h, 0x18, 4, 0x050300);
    cr_expect_eq(forward(3, 9 << 3, &value), VM_ACCESS_OK);
    cr_expect_eq(value, 0x55);
    cr_expect_eq(forward(4, 0, &value), VM_ACCESS_OK);
    cr_expect_eq(value, 4);
    cr_expect_eq(forward(5, 0, &value), VM_ACCESS_OK);
    cr_expect_eq(value, 0xffffffff, "it is meant, but nothing is there");
    cr_expect_eq(forward(2, 0, &value), VM_ACCESS_ERROR);
    cr_expect_eq(forward(6, 0, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_bus(h)->requester(vm_devtest_device(h), 9 << 3), 0x348);
}

Test(bridge, a_port_has_one_slot)
{
    uint32_t address;

    vm_devtest_free(h);
    make("express");
    cr_expect_eq(attach(0, "1", &address), -1);
    cr_expect_eq(attach(0, NULL, &address), 0);
    cr_expect_eq(address, VM_PCI_BELOW_PORT);
    cr_expect_eq(attach(1, NULL, &address), -1);
    cr_expect_eq(attach(1, "0.1", &address), 0);
    cr_expect_eq(address, VM_PCI_BELOW_PORT | 1);
    vm_devtest_config_write(h, 0x18, 4, 0x010100);
    cr_expect_eq(vm_devtest_bus(h)->requester(vm_devtest_device(h), address), 0x101);
}

Test(bridge, state)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_config_write(h, 0x18, 4, 0x050300);
    vm_devtest_config_write(h, 0x20, 4, 0x50004000);
    vm_devtest_config_write(h, 4, 2, VM_PCI_COMMAND_MEMORY);
    struct vm_devtest_state state = vm_devtest_save(h);
    vm_devtest_reset(h);
    uint32_t before = vm_devtest_bus_changes(h);
    cr_assert_eq(vm_devtest_load(h, &state, &err), 0, "%s", err.text);
    cr_expect(passes(VM_REGION_MMIO, 0x40000000, 0x100000));
    cr_expect_eq(vm_devtest_bus(h)->requester(vm_devtest_device(h), 0), 0x300);
    cr_expect_eq(vm_devtest_bus_changes(h), before + 1);
    vm_devtest_state_free(&state);
}
