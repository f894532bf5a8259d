/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pci_test.c - the host bridge dev-pci: slots, ECAM, windows, device tree. */
#include <criterion/criterion.h>
#include <string.h>
#include <vmrun/pci.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_devtest *h;

static void setup(void)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "msi", "imsic");
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(host_bridge, .init = setup, .fini = teardown);

static uint32_t attach(uint32_t child, const char *where)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t address;

    cr_assert_eq(vm_devtest_bus(h)->attach(vm_devtest_device(h), vm_devtest_child(h, child), where,
                                           &address, &err),
                 0, "%s", err.text);
    return address;
}

static uint64_t ecam(uint32_t bus, uint32_t devfn, uint32_t reg)
{
    return (uint64_t)bus << 20 | devfn << 12 | reg;
}

Test(host_bridge, accesses_go_to_slots)
{
    cr_assert_eq(attach(0, "3"), 3 << 3);
    cr_assert_eq(attach(1, "0x1f.0"), 31 << 3);
    cr_assert_eq(attach(2, "3.2"), 3 << 3 | 2);
    cr_assert_eq(attach(3, NULL), 0);
    cr_assert_eq(attach(4, NULL), 1 << 3);
    vm_devtest_child(h, 0)->config[4] = 0x12;
    vm_devtest_child(h, 2)->config[4] = 0x34;
    cr_expect_eq(vm_devtest_read(h, ecam(0, 3 << 3, 4), 1), 0x12);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 3 << 3 | 2, 4), 4), 0x34);
    vm_devtest_write(h, ecam(0, 31 << 3, 8), 4, 0xdeadbeef);
    cr_expect_eq(vm_devtest_child(h, 1)->config[9], 0xbe);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0), 4), 0xffffffff);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0), 1), 0xff);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0), 8), UINT64_MAX);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 3 << 3, 0x100), 4), 0xffffffff, "beyond its space");
    vm_devtest_write(h, ecam(0, 4 << 3, 0), 4, 0);
}

Test(host_bridge, functions_make_a_device_multifunction)
{
    attach(0, "3");
    attach(1, "4");
    attach(2, "4.7");
    cr_expect_eq(vm_devtest_read(h, ecam(0, 3 << 3, 0xe), 1), 0);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0xe), 1), 0x80);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0xc), 4), 0x800000);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0xe), 2), 0x80);
    cr_expect_eq(vm_devtest_read(h, ecam(0, 4 << 3, 0x10), 4), 0);
}

Test(host_bridge, bridges_get_what_is_behind_them)
{
    attach(0, "1");
    attach(1, "2");
    vm_devtest_child(h, 1)->secondary = 2;
    vm_devtest_child(h, 1)->subordinate = 5;
    cr_expect_eq(vm_devtest_read(h, ecam(4, 0, 0), 4), 4);
    cr_expect_eq(vm_devtest_read(h, ecam(6, 0, 0), 4), 0xffffffff);
    cr_expect_eq(vm_devtest_read(h, ecam(1, 0, 0), 4), 0xffffffff);
}

Test(host_bridge, places_that_are_none)
{
    static const char *const places[] = {"",    "x",    "1.",   ".1",
                                         "1.8", "32",   "1.2",  "-1",
                                         "1.x", "1.0 ", "08.9", "99999999999999999999"};
    struct vm_error err;
    uint32_t address;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        err = (struct vm_error)VM_ERROR_INIT;
        cr_expect_eq(vm_devtest_bus(h)->attach(vm_devtest_device(h), vm_devtest_child(h, 0),
                                               places[i], &address, &err),
                     -1, "'%s'", places[i]);
        cr_expect(err.set);
    }
}

Test(host_bridge, windows)
{
    static const struct {
        uint32_t kind;
        uint64_t addr, length, above; /* 0: it is not let through */
    } rows[] = {
        {VM_REGION_MMIO, 0x40000000, 0x1000, 0x40000000},
        {VM_REGION_MMIO, 0x3ffff000, 0x2000, 0},
        {VM_REGION_MMIO, 0x7ffff000, 0x1000, 0x7ffff000},
        {VM_REGION_MMIO, 0x7ffff000, 0x2000, 0},
        {VM_REGION_MMIO, 0x400000000, 1ull << 34, 0x400000000},
        {VM_REGION_MMIO, 0x400000000, (1ull << 34) + 1, 0},
        {VM_REGION_MMIO, UINT64_MAX - 0xfff, 0x1000, 0},
        {VM_REGION_MMIO, 0, 0x1000, 0},
        {VM_REGION_PIO, 0, 16, 0x3000000},
        {VM_REGION_PIO, 0xfff0, 16, 0x300fff0},
        {VM_REGION_PIO, 0xfff0, 17, 0},
        {VM_REGION_PIO, 0x40000000, 16, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t above = 0;
        int result = vm_devtest_bus(h)->window(vm_devtest_device(h), rows[i].kind, rows[i].addr,
                                               rows[i].length, &above);
        cr_expect_eq(result, rows[i].above ? VM_ACCESS_OK : VM_ACCESS_ERROR, "row %zu", i);
        cr_expect(!rows[i].above || above == rows[i].above, "row %zu: 0x%lx", i, above);
    }
    cr_expect_str_eq(vm_devtest_windows(h), "io:0x3000000+0x10000 memory:0x40000000+0x40000000 "
                                            "memory64:0x400000000+0x400000000 ");
}

Test(host_bridge, interrupts_and_requesters)
{
    for (uint32_t slot = 0; slot < 32; slot++)
        for (uint32_t pin = 0; pin < 4; pin++)
            cr_expect_eq(vm_devtest_bus(h)->route_irq(vm_devtest_device(h), slot << 3, pin),
                         (int)((slot + pin) % 4));
    cr_expect_eq(vm_devtest_bus(h)->requester(vm_devtest_device(h), 0x1a), 0x1a);
}

Test(host_bridge, device_tree)
{
    const char *text = vm_devtest_fdt(h);

    cr_expect(strstr(text, "compatible = \"pci-host-ecam-generic\"\n"), "%s", text);
    cr_expect(strstr(text, "bus-range = 0x0 0xff\n"), "%s", text);
    cr_expect(strstr(text, "dma-coherent\n"), "%s", text);
    cr_expect(strstr(text, "iommu-map = 0x0 0x30 0x0 0x10000\n"), "%s", text);
    cr_expect(strstr(text, "msi-parent = 0x163\n"), "%s", text);
    cr_expect(strstr(text, "ranges = 0x1000000 0x0 0x0 0x0 0x3000000 0x0 0x10000 "
                           "0x2000000 0x0 0x40000000 0x0 0x40000000 0x0 0x40000000 "
                           "0x3000000 0x4 0x0 0x4 0x0 0x4 0x0\n"),
              "%s", text);
    cr_expect(strstr(text, "interrupt-map = 0x0 0x0 0x0 0x1 0x10 0x20 0x0 0x0 0x0 0x2 0x10 0x21 "),
              "%s", text);
    cr_expect(strstr(text, "0x1800 0x0 0x0 0x1 0x10 0x23 0x1800 0x0 0x0 0x2 0x10 0x20 "), "%s",
              text);
}

Test(host_bridge, wrong_windows)
{
    static const struct {
        const char *property, *value, *message;
    } rows[] = {
        {"io", "0x3000001", "multiples of 4K"},
        {"io-size", "32M", "16M of ports"},
        {"memory", "0xf0000000", "32-bit addresses"},
        {"memory64", "0xffffffffff000000", "end of the address space"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, rows[i].property, rows[i].value);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "%s", rows[i].property);
        cr_expect(strstr(err.text, rows[i].message), "%s", err.text);
    }
    vm_devtest_free(h);
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "memory64-size", "0");
    vm_devtest_set(h, "io-size", "0");
    vm_devtest_set(h, "buses", "2");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    cr_expect_eq(vm_devtest_region(h, 0)->length, 2 << 20);
    cr_expect_str_eq(vm_devtest_windows(h), "memory:0x40000000+0x40000000 ");
}
