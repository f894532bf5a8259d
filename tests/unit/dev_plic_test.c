/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_plic_test.c - dev-plic, driven through its registers and inputs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define PRIORITY(source)      (4u * (source))
#define PENDING(word)         (0x1000u + 4u * (word))
#define ENABLE(context, word) (0x2000u + 0x80u * (context) + 4u * (word))
#define THRESHOLD(context)    (0x200000u + 0x1000u * (context))
#define CLAIM(context)        (THRESHOLD(context) + 4u)

/* Contexts of two vCPUs. */
enum { M0, S0, M1, S1 };

static const char *const lines[] = {"m-soft", "m-timer", "m-ext", "s-ext", NULL};
static struct vm_devtest *h;

static uint32_t rd(uint32_t offset)
{
    return (uint32_t)vm_devtest_read(h, offset, 4);
}

static void wr(uint32_t offset, uint32_t value)
{
    vm_devtest_write(h, offset, 4, value);
}

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, 2, lines);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(plic, .init = setup, .fini = teardown);

/* Gives `source` a priority and enables it for `context`. */
static void enable(uint32_t context, uint32_t source, uint32_t priority)
{
    wr(PRIORITY(source), priority);
    wr(ENABLE(context, source / 32), rd(ENABLE(context, source / 32)) | 1u << source % 32);
}

static int line_of(uint32_t context)
{
    return vm_devtest_cpu_line(h, context / 2, context % 2 ? "s-ext" : "m-ext");
}

Test(plic, wiring)
{
    cr_expect_str_eq(vm_devtest_claims(h), "0:m-ext 0:s-ext 1:m-ext 1:s-ext ");
    cr_expect_eq(vm_devtest_irq_inputs(h), 96);
    cr_expect_eq(vm_devtest_region(h, 0)->length, 0x600000);
}

Test(plic, all_zero_after_reset)
{
    for (uint32_t offset = 0; offset < 0x4000; offset += 4)
        cr_assert_eq(rd(offset), 0, "offset 0x%x", offset);
    for (uint32_t context = 0; context < 4; context++) {
        cr_expect_eq(rd(THRESHOLD(context)), 0);
        cr_expect_eq(rd(CLAIM(context)), 0);
        cr_expect_eq(line_of(context), 0);
    }
}

Test(plic, registers_keep_the_bits_that_exist)
{
    wr(PRIORITY(1), 0xffffffff);
    cr_expect_eq(rd(PRIORITY(1)), 7);
    wr(PRIORITY(95), 5);
    cr_expect_eq(rd(PRIORITY(95)), 5);
    wr(PRIORITY(0), 7);
    cr_expect_eq(rd(PRIORITY(0)), 0, "source 0 does not exist");
    wr(PRIORITY(96), 7);
    cr_expect_eq(rd(PRIORITY(96)), 0, "nor does source 96");
    wr(THRESHOLD(S1), 0xffffffff);
    cr_expect_eq(rd(THRESHOLD(S1)), 7);
    wr(ENABLE(S0, 0), 0xffffffff);
    cr_expect_eq(rd(ENABLE(S0, 0)), 0xfffffffe);
    wr(ENABLE(S0, 2), 0xffffffff);
    cr_expect_eq(rd(ENABLE(S0, 2)), 0xffffffff);
    wr(ENABLE(S0, 3), 0xffffffff);
    cr_expect_eq(rd(ENABLE(S0, 3)), 0);
    wr(PENDING(0), 0xffffffff);
    cr_expect_eq(rd(PENDING(0)), 0, "pending is read only");
}

Test(plic, contexts_that_are_not_there)
{
    wr(ENABLE(4, 0), 0xffffffff);
    wr(THRESHOLD(4), 7);
    wr(CLAIM(4), 1);
    wr(0x5ffffc, 0xffffffff);
    cr_expect_eq(rd(ENABLE(4, 0)), 0);
    cr_expect_eq(rd(THRESHOLD(4)), 0);
    cr_expect_eq(rd(CLAIM(4)), 0);
    cr_expect_eq(rd(0x5ffffc), 0);
    cr_expect_eq(rd(THRESHOLD(0) + 8), 0);
}

Test(plic, only_words)
{
    uint64_t value;

    for (uint32_t size = 1; size <= 8; size *= 2)
        cr_expect_eq(vm_devtest_access_read(h, 0, 0, size, &value),
                     size == 4 ? VM_ACCESS_OK : VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, 2, 4, &value), VM_ACCESS_ERROR);
}

Test(plic, from_input_to_completion)
{
    enable(S0, 10, 1);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(PENDING(0)), 1u << 10);
    cr_expect_eq(line_of(S0), 1);
    cr_expect_eq(line_of(M0), 0);
    cr_expect_eq(line_of(S1), 0);
    cr_expect_eq(rd(CLAIM(S0)), 10);
    cr_expect_eq(rd(PENDING(0)), 0);
    cr_expect_eq(line_of(S0), 0);
    cr_expect_eq(rd(CLAIM(S0)), 0);
    vm_devtest_irq_input(h, 10, 0);
    wr(CLAIM(S0), 10);
    cr_expect_eq(line_of(S0), 0);
}

Test(plic, a_level_still_high_is_pending_again_only_after_completion)
{
    enable(S0, 10, 1);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(CLAIM(S0)), 10);
    vm_devtest_irq_input(h, 10, 0);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(PENDING(0)), 0, "the gateway waits for completion");
    cr_expect_eq(line_of(S0), 0);
    wr(CLAIM(S0), 10);
    cr_expect_eq(rd(PENDING(0)), 1u << 10);
    cr_expect_eq(line_of(S0), 1);
}

Test(plic, a_forwarded_request_is_not_taken_back)
{
    enable(S0, 10, 1);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 10, 0);
    cr_expect_eq(line_of(S0), 1);
    cr_expect_eq(rd(CLAIM(S0)), 10);
    wr(CLAIM(S0), 10);
    cr_expect_eq(line_of(S0), 0);
}

Test(plic, completion_needs_the_right_source)
{
    enable(S0, 10, 1);
    enable(S0, 11, 1);
    enable(S1, 12, 1);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(CLAIM(S0)), 10);
    wr(CLAIM(S0), 0);
    wr(CLAIM(S0), 11);
    wr(CLAIM(S0), 96);
    wr(CLAIM(S0), 0xffffffff);
    cr_expect_eq(rd(PENDING(0)), 0);
    wr(CLAIM(S1), 10);
    cr_expect_eq(rd(PENDING(0)), 0, "not enabled for S1");
    wr(CLAIM(S0), 10);
    cr_expect_eq(rd(PENDING(0)), 1u << 10);
}

Test(plic, highest_priority_first_then_lowest_number)
{
    static const uint32_t order[] = {70, 33, 40, 5, 95};

    enable(S0, 5, 2);
    enable(S0, 33, 6);
    enable(S0, 40, 6);
    enable(S0, 70, 7);
    enable(S0, 95, 2);
    for (uint32_t s = 1; s < 96; s++)
        vm_devtest_irq_input(h, s, 1);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        cr_expect_eq(rd(CLAIM(S0)), order[i]);
    cr_expect_eq(rd(CLAIM(S0)), 0);
    cr_expect_eq(line_of(S0), 0);
}

Test(plic, priority_zero_never_interrupts)
{
    enable(S0, 10, 0);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(rd(PENDING(0)), 1u << 10);
    cr_expect_eq(line_of(S0), 0);
    cr_expect_eq(rd(CLAIM(S0)), 0);
    wr(PRIORITY(10), 1);
    cr_expect_eq(line_of(S0), 1);
    wr(PRIORITY(10), 0);
    cr_expect_eq(line_of(S0), 0);
}

Test(plic, threshold_masks_the_notification_but_not_the_claim)
{
    enable(S0, 10, 3);
    vm_devtest_irq_input(h, 10, 1);
    wr(THRESHOLD(S0), 3);
    cr_expect_eq(line_of(S0), 0);
    wr(THRESHOLD(S0), 2);
    cr_expect_eq(line_of(S0), 1);
    wr(THRESHOLD(S0), 7);
    cr_expect_eq(rd(CLAIM(S0)), 10);
}

Test(plic, enabling_shows_what_is_pending)
{
    wr(PRIORITY(10), 1);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(line_of(S1), 0);
    wr(ENABLE(S1, 0), 1u << 10);
    cr_expect_eq(line_of(S1), 1);
    wr(ENABLE(S1, 0), 0);
    cr_expect_eq(line_of(S1), 0);
}

Test(plic, one_claim_for_several_contexts)
{
    enable(M0, 10, 1);
    enable(S0, 10, 1);
    enable(S1, 10, 1);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(line_of(M0), 1);
    cr_expect_eq(line_of(S0), 1);
    cr_expect_eq(line_of(S1), 1);
    cr_expect_eq(rd(CLAIM(S1)), 10);
    cr_expect_eq(rd(CLAIM(S0)), 0, "somebody was quicker");
    cr_expect_eq(line_of(M0), 0);
    cr_expect_eq(line_of(S0), 0);
    cr_expect_eq(line_of(S1), 0);
}

Test(plic, input_zero_is_none)
{
    vm_devtest_irq_input(h, 0, 1);
    cr_expect_eq(rd(PENDING(0)), 0);
}

Test(plic, reset_lowers_the_lines)
{
    enable(S0, 10, 1);
    wr(THRESHOLD(M1), 4);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_reset(h);
    cr_expect_eq(line_of(S0), 0);
    cr_expect_eq(rd(PENDING(0)), 0);
    cr_expect_eq(rd(PRIORITY(10)), 0);
    cr_expect_eq(rd(ENABLE(S0, 0)), 0);
    cr_expect_eq(rd(THRESHOLD(M1)), 0);
    vm_devtest_irq_input(h, 10, 0);
    enable(S0, 10, 1);
    cr_expect_eq(line_of(S0), 0);
    vm_devtest_irq_input(h, 10, 1);
    cr_expect_eq(line_of(S0), 1);
}

Test(plic, save_and_restore)
{
    struct vm_devtest_state state, again;
    struct vm_devtest *old = h;

    enable(S0, 10, 3);
    enable(S0, 90, 2);
    enable(M1, 33, 7);
    wr(THRESHOLD(S0), 1);
    vm_devtest_irq_input(h, 10, 1);
    vm_devtest_irq_input(h, 90, 1);
    vm_devtest_irq_input(h, 33, 1);
    cr_assert_eq(rd(CLAIM(S0)), 10);
    state = vm_devtest_save(h);

    setup();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    again = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &again));
    cr_expect_eq(line_of(S0), 1);
    cr_expect_eq(line_of(M1), 1);
    cr_expect_eq(line_of(S1), 0);
    cr_expect_eq(rd(THRESHOLD(S0)), 1);
    cr_expect_eq(rd(CLAIM(S0)), 90);
    cr_expect_eq(rd(PENDING(0)), 0);
    wr(CLAIM(S0), 10);
    cr_expect_eq(rd(CLAIM(S0)), 10, "its input was high when the state was saved");
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
    vm_devtest_free(old);
}

Test(plic, hostile_states_are_refused)
{
    static const struct {
        const char *field;
        uint32_t index;
        uint64_t value;
    } cases[] = {
        {"priority", 1, 8}, {"priority", 0, 1},      {"priority", 96, 1}, {"pending", 0, 1},
        {"pending", 3, 1},  {"level", 31, 1u << 31}, {"claimed", 0, 1},   {"threshold", 3, 8},
        {"enable", 0, 1},   {"enable", 32 + 3, 1},
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

Test(plic, device_tree)
{
    uint32_t cells[4] = {0};

    cr_expect_str_eq(vm_devtest_fdt(h), "node interrupt-controller\n"
                                        "compatible = \"sifive,plic-1.0.0\", \"riscv,plic0\"\n"
                                        "#interrupt-cells = 0x1\n"
                                        "#address-cells = 0x0\n"
                                        "interrupt-controller\n"
                                        "riscv,ndev = 0x5f\n");
    cr_expect_eq(vm_devtest_fdt_interface(h)->encode_irq(vm_devtest_device(h), 10, cells), 1);
    cr_expect_eq(cells[0], 10);
}

/* ---- Other configurations -------------------------------------------------------------------- */

Test(plic_config, every_number_of_sources)
{
    char text[8];

    for (uint32_t n = 1; n <= 1023; n += n < 70 ? 1 : 119) {
        snprintf(text, sizeof(text), "%u", n);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 1, lines);
        vm_devtest_set(h, "sources", text);
        cr_assert_eq(vm_devtest_create(h, NULL), 0);
        cr_expect_eq(vm_devtest_irq_inputs(h), n + 1);
        enable(S0, n, 1);
        vm_devtest_irq_input(h, n, 1);
        cr_expect_eq(rd(CLAIM(S0)), n);
        for (uint32_t w = 0; w < 32; w++)
            wr(ENABLE(S0, w), 0xffffffff);
        cr_expect_eq(rd(ENABLE(S0, n / 32)) >> n % 32, 1, "%u sources: the last one", n);
        if (n < 1023)
            cr_expect_eq(rd(ENABLE(S0, (n + 1) / 32)) >> (n + 1) % 32, 0,
                         "%u sources: none after it", n);
        vm_devtest_free(h);
    }
}

Test(plic_config, machine_mode_only)
{
    static const char *const machine_only[] = {"m-ext", NULL};

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, 2, machine_only);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    cr_expect_str_eq(vm_devtest_claims(h), "0:m-ext 1:m-ext ");
    enable(1, 3, 1);
    vm_devtest_irq_input(h, 3, 1);
    cr_expect_eq(vm_devtest_cpu_line(h, 1, "m-ext"), 1);
    vm_devtest_free(h);
}

static void expect_refused(uint32_t cpus, const char *const *names, const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, names);
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
    vm_devtest_free(h);
}

Test(plic_config, refused)
{
    static const char *const foreign[] = {"irq", "fiq", NULL};

    expect_refused(1, foreign, "no interrupt lines");
    expect_refused(513, lines, "at most 1024 contexts");
}

Test(plic_config, as_many_contexts_as_fit)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, 512, lines);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    enable(1023, 95, 1);
    vm_devtest_irq_input(h, 95, 1);
    cr_expect_eq(vm_devtest_cpu_line(h, 511, "s-ext"), 1);
    cr_expect_eq(rd(CLAIM(1023)), 95);
    vm_devtest_free(h);
}

Test(plic_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 6; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 2, lines);
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        vm_devtest_free(h);
    }
}
