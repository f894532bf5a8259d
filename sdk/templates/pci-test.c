/* SPDX-License-Identifier: BSD-2-Clause */
/* dev-sample-test.c - dev-sample, driven as a guest's driver would. */
#include <stdio.h>
#include <string.h>
#include <vmrun/devtest.h>
#include <vmrun/pci.h>

#define RAM    0x80000000u
#define TARGET (RAM + 0x10000)

static const struct vm_plugin *plugin;

static struct vm_devtest *make(void)
{
    struct vm_devtest *h = vm_devtest_new(plugin);

    vm_devtest_set_ram(h, RAM, 0x100000);
    vm_devtest_set_bus(h, "pci", 3 << 3);
    VM_TEST_EQUAL(vm_devtest_create(h, NULL), 0);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_MASTER);
    return h;
}

static uint32_t regs(struct vm_devtest *h)
{
    return (uint32_t)vm_devtest_find_region(h, "regs");
}

static uint64_t copy(struct vm_devtest *h, uint64_t source, uint64_t target, uint32_t n)
{
    uint64_t status;

    VM_TEST_EQUAL(vm_devtest_access_write(h, regs(h), 0x00, 8, source), VM_ACCESS_OK);
    VM_TEST_EQUAL(vm_devtest_access_write(h, regs(h), 0x08, 8, target), VM_ACCESS_OK);
    VM_TEST_EQUAL(vm_devtest_access_write(h, regs(h), 0x10, 4, n), VM_ACCESS_OK);
    VM_TEST_EQUAL(vm_devtest_access_read(h, regs(h), 0x14, 4, &status), VM_ACCESS_OK);
    return status;
}

static void copies(void *opaque)
{
    struct vm_devtest *h = make();

    (void)opaque;
    memset(vm_devtest_ram(h, RAM, 5000), 0x5a, 5000);
    VM_TEST_EQUAL(copy(h, RAM, TARGET, 5000), 1);
    VM_TEST_EQUAL(memcmp(vm_devtest_ram(h, TARGET, 5000), vm_devtest_ram(h, RAM, 5000), 5000), 0);
    VM_TEST_EQUAL(*vm_devtest_ram(h, TARGET + 5000, 1), 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1); /* INTA */
    vm_devtest_free(h);
}

static void needs_leave(void *opaque)
{
    struct vm_devtest *h = make();

    (void)opaque;
    VM_TEST_EQUAL(copy(h, 0x1000, TARGET, 16), 2); /* no memory there */
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY);
    VM_TEST_EQUAL(copy(h, RAM, TARGET, 16), 2);
    vm_devtest_free(h);
}

static void messages(void *opaque)
{
    struct vm_devtest *h = make();
    uint32_t msix = vm_devtest_pci_capability(h, VM_PCI_CAP_MSIX);
    uint32_t table = 1; /* the region of BAR 1, after that of BAR 0 */

    (void)opaque;
    VM_TEST_CHECK(msix != 0);
    while (table == regs(h) || table == (uint32_t)vm_devtest_config_region(h))
        table++;
    vm_devtest_access_write(h, table, 0x0, 4, 0x28000000);
    vm_devtest_access_write(h, table, 0x8, 4, 0x42);
    vm_devtest_access_write(h, table, 0xc, 4, 0);    /* not masked */
    vm_devtest_config_write(h, msix + 2, 2, 0x8000); /* enabled */
    VM_TEST_EQUAL(copy(h, RAM, TARGET, 16), 1);
    VM_TEST_EQUAL(strcmp(vm_devtest_messages(h), "0x28000000:0x42 "), 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"it copies memory", copies, NULL, 0},
        {"DMA needs memory, and the guest's leave", needs_leave, NULL, 0},
        {"it interrupts by MSI-X", messages, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./dev-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}
