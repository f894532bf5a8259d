/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of dev-copier without a guest. The plugin's file is the argument. */
#include <stdio.h>
#include <string.h>
#include <vmrun/devtest.h>
#include <vmrun/pci.h>

static const struct vm_plugin *plugin;

#define RAM       0x80000000u
#define RAM_BYTES 0x100000u

/* A host with a copier on its PCI bus, which the guest's driver lets do DMA. */
static struct vm_devtest *new_copier(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_devtest *h = vm_devtest_new(plugin);

    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 3 << 3);
    vm_devtest_set_ram(h, RAM, RAM_BYTES);
    if (vm_devtest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    vm_devtest_reset(h);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_MASTER);
    return h;
}

static void put(struct vm_devtest *h, const char *region, uint64_t offset, uint32_t value)
{
    int index = vm_devtest_find_region(h, region);

    VM_TEST_CHECK(index >= 0);
    VM_TEST_EQUAL(vm_devtest_access_write(h, (uint32_t)index, offset, 4, value), VM_ACCESS_OK);
}

/* What STATUS says of a copy. */
static uint32_t copy(struct vm_devtest *h, uint32_t from, uint32_t to, uint32_t bytes)
{
    int registers = vm_devtest_find_region(h, "regs");
    uint64_t status;

    put(h, "regs", 0x00, from);
    put(h, "regs", 0x08, to);
    put(h, "regs", 0x10, bytes);
    put(h, "regs", 0x14, 1);
    VM_TEST_CHECK(vm_devtest_access_read(h, (uint32_t)registers, 0x18, 4, &status) == 0);
    return (uint32_t)status;
}

static void copies(void *opaque)
{
    struct vm_devtest *h = new_copier();

    (void)opaque;
    for (uint32_t i = 0; i < 10000; i++)
        *vm_devtest_ram(h, RAM + i, 1) = (uint8_t)(i * 7);
    VM_TEST_EQUAL(copy(h, RAM, RAM + 0x8001, 10000), 1);
    VM_TEST_CHECK(
        memcmp(vm_devtest_ram(h, RAM, 10000), vm_devtest_ram(h, RAM + 0x8001, 10000), 10000) == 0);
    VM_TEST_EQUAL(*vm_devtest_ram(h, RAM + 0x8001 + 10000, 1), 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
    put(h, "regs", 0x18, 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_free(h);
}

static void refuses(void *opaque)
{
    struct vm_devtest *h = new_copier();

    (void)opaque;
    VM_TEST_EQUAL(copy(h, RAM + RAM_BYTES - 8, RAM, 16), 2);
    VM_TEST_EQUAL(copy(h, RAM, 0x1000, 16), 2);
    VM_TEST_EQUAL(copy(h, RAM, RAM + 0x20000, 0x10001), 3);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY);
    VM_TEST_EQUAL(copy(h, RAM, RAM + 0x100, 16), 3);
    vm_devtest_free(h);
}

static void sends_messages(void *opaque)
{
    struct vm_devtest *h = new_copier();
    uint32_t msix = vm_devtest_pci_capability(h, VM_PCI_CAP_MSIX);

    (void)opaque;
    VM_TEST_CHECK(msix != 0);
    put(h, "msix", 0x0, 0xfee00000);
    put(h, "msix", 0x4, 0);
    put(h, "msix", 0x8, 0x55);
    put(h, "msix", 0xc, 0);
    vm_devtest_config_write(h, msix + 2, 2, 0x8000);
    VM_TEST_EQUAL(copy(h, RAM, RAM + 0x100, 16), 1);
    VM_TEST_CHECK(strcmp(vm_devtest_messages(h), "0xfee00000:0x55 ") == 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_free(h);
}

static void keeps_its_registers(void *opaque)
{
    struct vm_devtest *from = new_copier(), *to = new_copier();
    struct vm_devtest_state saved, again;

    (void)opaque;
    VM_TEST_EQUAL(copy(from, RAM, RAM + 0x100, 16), 1);
    saved = vm_devtest_save(from);
    VM_TEST_CHECK(vm_devtest_load(to, &saved, NULL) == 0);
    VM_TEST_EQUAL(vm_devtest_irq(to, 0), 1);
    again = vm_devtest_save(to);
    VM_TEST_CHECK(vm_devtest_state_equal(&saved, &again));
    VM_TEST_CHECK(vm_devtest_load_field(to, "status", 0, 4, NULL) < 0);
    vm_devtest_state_free(&saved);
    vm_devtest_state_free(&again);
    vm_devtest_free(from);
    vm_devtest_free(to);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "copies", .run = copies},
        {.name = "refuses what it must not do", .run = refuses},
        {.name = "sends a message when it is done", .run = sends_messages},
        {.name = "keeps its registers", .run = keeps_its_registers},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}
