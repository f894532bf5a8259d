/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_imsic_test.c - dev-imsic, driven through its pages, messages and ports. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

/* AIA 1.0, 3.8 */
enum { EIDELIVERY = 0x70, EITHRESHOLD = 0x72, EIP0 = 0x80, EIE0 = 0xc0 };

static const char *const lines[] = {"m-ext", "s-ext", NULL};
static struct vm_devtest *h;

static void make(const char *level, const char *ids, uint32_t cpus)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, lines);
    vm_devtest_set(h, "level", level);
    vm_devtest_set(h, "ids", ids);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void setup(void)
{
    make("supervisor", "255", 3);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(imsic, .init = setup, .fini = teardown);
TestSuite(imsic_config);

static uint64_t port(uint32_t cpu, const char *name, struct vm_devtest_port_access access)
{
    uint64_t value;

    cr_assert_eq(vm_devtest_port(h, cpu, name, &access, &value), 0, "register 0x%x", access.reg);
    return value;
}

static uint64_t rd(uint32_t cpu, uint32_t reg)
{
    return port(cpu, "imsic-s", (struct vm_devtest_port_access){.reg = reg});
}

static void wr(uint32_t cpu, uint32_t reg, uint64_t value)
{
    port(
        cpu, "imsic-s",
        (struct vm_devtest_port_access){.reg = reg, .write = 1, .bits = value, .mask = UINT64_MAX});
}

static uint64_t claim(uint32_t cpu)
{
    return port(cpu, "imsic-s", (struct vm_devtest_port_access){.reg = VM_RISCV_TOPEI, .write = 1});
}

static int line(uint32_t cpu)
{
    return vm_devtest_cpu_line(h, cpu, "s-ext");
}

static uint64_t topei(uint32_t identity)
{
    return (uint64_t)identity << 16 | identity;
}

/* By a store to the file's page. */
static void pend(uint32_t cpu, uint32_t identity)
{
    vm_devtest_write(h, 0x1000 * cpu, 4, identity);
}

Test(imsic, wiring)
{
    cr_expect_str_eq(vm_devtest_claims(h), "0:s-ext 1:s-ext 2:s-ext ");
    cr_expect_eq(vm_devtest_region(h, 0)->length, 0x4000, "pages up to a power of two");
    uint64_t value;
    struct vm_devtest_port_access access = {.reg = EIDELIVERY};
    cr_expect_eq(vm_devtest_port(h, 0, "imsic-m", &access, &value), -1);
}

Test(imsic, quiet_after_reset)
{
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        cr_expect_eq(rd(cpu, EIDELIVERY), 0);
        cr_expect_eq(rd(cpu, EITHRESHOLD), 0);
        for (uint32_t reg = EIP0; reg <= 0xff; reg += 2)
            cr_expect_eq(rd(cpu, reg), 0);
        cr_expect_eq(rd(cpu, VM_RISCV_TOPEI), 0);
        cr_expect_eq(line(cpu), 0);
    }
}

Test(imsic, registers_keep_the_bits_that_exist)
{
    static const struct {
        uint32_t reg;
        uint64_t ones;
    } cases[] = {
        {EIP0, ~1ull},     {EIP0 + 6, ~0ull}, {EIP0 + 8, 0}, {0xbe, 0},          {EIE0, ~1ull},
        {EIE0 + 6, ~0ull}, {EIE0 + 8, 0},     {0xfe, 0},     {EITHRESHOLD, 255},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(1, cases[i].reg, UINT64_MAX);
        cr_expect_eq(rd(1, cases[i].reg), cases[i].ones, "0x%x", cases[i].reg);
        cr_expect_eq(rd(0, cases[i].reg), 0, "0x%x of another hart", cases[i].reg);
        wr(1, cases[i].reg, 0);
        cr_expect_eq(rd(1, cases[i].reg), 0);
    }
    wr(1, EIDELIVERY, 1);
    wr(1, EIDELIVERY, 0x40000000);
    cr_expect_eq(rd(1, EIDELIVERY), 1, "a value that is not legal is not taken");
    wr(1, EIDELIVERY, 2);
    cr_expect_eq(rd(1, EIDELIVERY), 1);
}

Test(imsic, registers_that_are_not_there)
{
    for (uint32_t reg = 0; reg < 0x200; reg++) {
        struct vm_devtest_port_access access = {
            .reg = reg, .write = 1, .bits = UINT64_MAX, .mask = UINT64_MAX};
        bool there = reg >= 0x70 && reg <= 0xff && (reg < 0x80 || reg % 2 == 0);
        uint64_t value;

        cr_expect_eq(vm_devtest_port(h, 0, "imsic-s", &access, &value), there ? 0 : -1, "0x%x",
                     reg);
        if (there && reg != EIDELIVERY && reg != EITHRESHOLD && reg < 0x80) {
            cr_expect_eq(value, 0, "0x%x is reserved", reg);
            cr_expect_eq(rd(0, reg), 0);
        }
    }
}

Test(imsic, set_and_clear_change_the_bits_of_the_mask)
{
    wr(0, EIE0, 0xff00);
    cr_expect_eq(port(0, "imsic-s",
                      (struct vm_devtest_port_access){
                          .reg = EIE0, .write = 1, .bits = 0xf, .mask = 0xf000000000000ff}),
                 0xff00);
    cr_expect_eq(rd(0, EIE0), 0xff0e, "identity 0 does not exist");
}

Test(imsic, from_message_to_claim)
{
    wr(1, EIDELIVERY, 1);
    wr(1, EIE0 + 4, 1ull << 3);
    cr_expect_eq(vm_devtest_message(h, 0, 0x1000, 131), VM_ACCESS_OK);
    cr_expect_eq(rd(1, EIP0 + 4), 1ull << 3);
    cr_expect_eq(line(1), 1);
    cr_expect_eq(line(0), 0);
    cr_expect_eq(rd(1, VM_RISCV_TOPEI), topei(131));
    cr_expect_eq(line(1), 1, "a read claims nothing");
    cr_expect_eq(claim(1), topei(131));
    cr_expect_eq(line(1), 0);
    cr_expect_eq(claim(1), 0);
    cr_expect_eq(rd(1, EIP0 + 4), 0);
}

Test(imsic, lowest_identity_first)
{
    static const uint32_t order[] = {1, 63, 64, 200, 255};

    wr(0, EIDELIVERY, 1);
    for (uint32_t reg = EIE0; reg <= EIE0 + 6; reg += 2)
        wr(0, reg, UINT64_MAX);
    for (size_t i = 5; i-- > 0;)
        pend(0, order[i]);
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(claim(0), topei(order[i]));
    cr_expect_eq(line(0), 0);
}

Test(imsic, threshold)
{
    wr(0, EIDELIVERY, 1);
    wr(0, EIE0, UINT64_MAX);
    pend(0, 10);
    wr(0, EITHRESHOLD, 10);
    cr_expect_eq(line(0), 0);
    cr_expect_eq(rd(0, VM_RISCV_TOPEI), 0);
    cr_expect_eq(claim(0), 0);
    cr_expect_eq(rd(0, EIP0), 1u << 10, "what cannot be claimed stays pending");
    wr(0, EITHRESHOLD, 11);
    cr_expect_eq(line(0), 1);
    cr_expect_eq(claim(0), topei(10));
}

Test(imsic, delivery_off_hides_it_from_the_hart_alone)
{
    wr(0, EIE0, 1u << 10);
    pend(0, 10);
    cr_expect_eq(line(0), 0);
    cr_expect_eq(rd(0, VM_RISCV_TOPEI), topei(10));
    wr(0, EIDELIVERY, 1);
    cr_expect_eq(line(0), 1);
    wr(0, EIDELIVERY, 0);
    cr_expect_eq(line(0), 0);
}

Test(imsic, pending_and_enable_bits_by_registers)
{
    wr(2, EIDELIVERY, 1);
    wr(2, EIP0, 1u << 5);
    cr_expect_eq(line(2), 0);
    wr(2, EIE0, 1u << 5);
    cr_expect_eq(line(2), 1);
    wr(2, EIP0, 0);
    cr_expect_eq(line(2), 0);
}

Test(imsic, what_a_page_takes)
{
    uint64_t value;

    wr(0, EIE0, UINT64_MAX);
    vm_devtest_write(h, 4, 4, 0x05000000);
    cr_expect_eq(rd(0, EIP0), 1u << 5, "big-endian");
    cr_expect_eq(vm_devtest_message(h, 0, 4, 0x06000000), VM_ACCESS_OK);
    cr_expect_eq(rd(0, EIP0), 3u << 5);
    wr(0, EIP0, 0);
    for (uint32_t offset = 8; offset < 0x1000; offset += 4)
        vm_devtest_write(h, offset, 4, 5);
    pend(0, 0);
    pend(0, 256);
    pend(0, 0xffffffff);
    pend(3, 5); /* a page without a hart */
    cr_expect_eq(vm_devtest_message(h, 0, 0x3000, 5), VM_ACCESS_OK);
    for (uint32_t reg = EIP0; reg < EIE0; reg += 2)
        cr_expect_eq(rd(0, reg), 0);
    for (uint32_t offset = 0; offset < 0x4000; offset += 4)
        cr_assert_eq(vm_devtest_read(h, offset, 4), 0);
    for (uint32_t size = 1; size <= 8; size *= 2)
        cr_expect_eq(vm_devtest_access_read(h, 0, 0, size, &value),
                     size == 4 ? VM_ACCESS_OK : VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_write(h, 0, 2, 4, 5), VM_ACCESS_ERROR);
}

Test(imsic, reset_lowers_the_lines)
{
    wr(1, EIDELIVERY, 1);
    wr(1, EIE0, 1u << 5);
    pend(1, 5);
    cr_assert_eq(line(1), 1);
    vm_devtest_reset(h);
    cr_expect_eq(line(1), 0);
    cr_expect_eq(rd(1, EIE0), 0);
    cr_expect_eq(rd(1, EIP0), 0);
    cr_expect_eq(rd(1, EIDELIVERY), 0);
}

Test(imsic, save_and_restore)
{
    struct vm_devtest *old = h;
    struct vm_devtest_state state, again;

    wr(2, EIDELIVERY, 1);
    wr(2, EITHRESHOLD, 200);
    wr(2, EIE0 + 4, 1u << 2);
    pend(2, 130);
    pend(0, 9);
    state = vm_devtest_save(h);
    setup();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    again = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &again));
    cr_expect_eq(line(2), 1);
    cr_expect_eq(line(0), 0);
    cr_expect_eq(rd(0, EIP0), 1u << 9);
    cr_expect_eq(claim(2), topei(130));
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
    vm_devtest_free(old);
}

Test(imsic, hostile_states_are_refused)
{
    static const struct {
        const char *field;
        uint32_t index;
        uint64_t value;
    } cases[] = {
        {"eidelivery", 0, 2}, {"eidelivery", 3, 1}, {"eithreshold", 0, 256}, {"eithreshold", 3, 1},
        {"eip", 0, 1},        {"eip", 4, 1},        {"eip", 3 * 32, 2},      {"eie", 32, 1},
        {"eie", 31, 1},       {"eie", 511 * 32, 2},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_devtest_state state = vm_devtest_save(h);
        struct vm_error err = VM_ERROR_INIT;

        cr_expect_eq(vm_devtest_load_field(h, cases[i].field, cases[i].index, cases[i].value, &err),
                     -1, "case %zu", i);
        cr_expect(err.set);
        cr_expect_eq(vm_devtest_load(h, &state, NULL), 0);
        vm_devtest_state_free(&state);
    }
}

Test(imsic, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h), "node imsics\n"
                                        "compatible = \"riscv,imsics\"\n"
                                        "#interrupt-cells = 0x0\n"
                                        "interrupt-controller\n"
                                        "#msi-cells = 0x0\n"
                                        "msi-controller\n"
                                        "riscv,num-ids = 0xff\n");
}

/* ---- Other configurations -------------------------------------------------------------------- */

Test(imsic_config, machine_level)
{
    uint64_t value;
    struct vm_devtest_port_access access = {.reg = EIDELIVERY, .write = 1, .bits = 1, .mask = 1};

    make("machine", "63", 1);
    cr_expect_str_eq(vm_devtest_claims(h), "0:m-ext ");
    cr_expect_eq(vm_devtest_region(h, 0)->length, 0x1000);
    cr_expect_eq(vm_devtest_port(h, 0, "imsic-s", &access, &value), -1);
    cr_expect_eq(vm_devtest_port(h, 0, "imsic-m", &access, &value), 0);
    access = (struct vm_devtest_port_access){.reg = EIE0, .write = 1, .bits = 2, .mask = 2};
    cr_expect_eq(vm_devtest_port(h, 0, "imsic-m", &access, &value), 0);
    pend(0, 1);
    cr_expect_eq(vm_devtest_cpu_line(h, 0, "m-ext"), 1);
    teardown();
}

Test(imsic_config, most_identities_and_harts)
{
    make("supervisor", "2047", 512);
    wr(511, EIDELIVERY, 1);
    wr(511, 0xfe, 1ull << 63);
    pend(511, 2047);
    cr_expect_eq(line(511), 1);
    cr_expect_eq(claim(511), topei(2047));
    teardown();
}

static void expect_refused(const char *ids, uint32_t cpus, const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, lines);
    vm_devtest_set(h, "level", "machine");
    vm_devtest_set(h, "ids", ids);
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
    teardown();
}

Test(imsic_config, refused)
{
    expect_refused("100", 1, "multiple of 64");
    expect_refused("255", 513, "at most 512");
}

Test(imsic_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 5; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 2, lines);
        vm_devtest_set(h, "level", "machine");
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        teardown();
    }
}
