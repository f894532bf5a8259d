/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_gpu_test.c - GPU backends in a machine: sections and names, order, who completes, a
 * backend that breaks its contract. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "machine_gpu_rig.h"

TestSuite(machine_gpu, .timeout = 60);

/* ---- names ---- */

Test(machine_gpu, names)
{
    cr_expect_eq(run(INSIDE, leave), 3);
    cr_expect_eq(run_with(MACHINE CARD "gpu = gpu-fake\n", INSIDE, leave), 3);
    cr_expect_eq(run_with(MACHINE CARD "gpu = x\n[gpu x]\ntype = gpu-fake\n", INSIDE, leave), 3);
    cr_expect_eq(fake.destroyed, 1);
    cr_expect_eq(card.resets, 1);
}

Test(machine_gpu, names_that_are_wrong)
{
    static const struct {
        const char *ini, *wanted;
    } cases[] = {
        {MACHINE CARD "gpu = fak\n", "[device c] gpu: there is no [gpu fak] and no such backend"},
        {MACHINE CARD "gpu = gpu-fak\n", "there is no [gpu gpu-fak] and no such backend"},
        {MACHINE CARD "gpu =\n", "the backend's name is empty; name a [gpu] section"},
        {MACHINE CARD "[gpu a]\ntype = gpu-fake\n", "no device uses it"},
        {MACHINE CARD "gpu = a\n[gpu a]\ntype = char-pipe\n",
         "plugin 'char-pipe' is of kind chardev, wanted gpu"},
        {MACHINE CARD "gpu = a\n[gpu a]\n", "'type' is missing; name a gpu plugin"},
        {MACHINE CARD "gpu = a\n[gpu a]\ntype = gpu-fake\n[device m]\ntype = dev-card\n"
                      "address = 0x2000\ngpu = a\n",
         "'a' is used by [device c] already"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct built b = load(cases[i].ini);
        cr_assert_null(b.d);
        cr_expect(strstr(b.err.text, cases[i].wanted), "case %zu: %s", i, b.err.text);
        unload(&b);
    }
}

Test(machine_gpu, two_cards_that_name_the_plugin_have_one_instance_each)
{
    cr_expect_eq(run_with(MACHINE CARD "gpu = fake\n[device m]\ntype = dev-card\n"
                                       "address = 0x2000\ngpu = fake\n",
                          INSIDE, leave),
                 3);
    cr_expect(card.twin);
    cr_expect_eq(fake.destroyed, 2);
}

static void expect_no_machine(const char *ini, const char *wanted)
{
    const struct machine_options options = {0};
    struct built b = load(ini);
    cr_assert(b.d, "%s", b.err.text);
    card = (struct card){0};
    cr_assert_null(machine_new(b.d, &options, &b.err));
    cr_expect(strstr(b.err.text, wanted), "%s", b.err.text);
    unload(&b);
}

Test(machine_gpu, refused)
{
    expect_no_machine(MACHINE "mode = deterministic\n" CARD "gpu = fake\n",
                      "fake: a machine with mode = deterministic can have no GPU");
    fake.n_gpus = 1000;
    expect_no_machine(MACHINE CARD "gpu = fake\n", "1000 GPUs");
    cr_expect_eq(fake.destroyed, 1);
}

/* ---- what it is ---- */

static void look(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    struct vm_error why = VM_ERROR_INIT;
    struct {
        uint32_t size, reserved;
        uint64_t bytes_in, guard;
    } early = {.size = 16, .guard = 99}; /* a device that knows less of it */

    cr_expect_eq(card.host->gpu_count(card.gpu, &why), 2);
    cr_expect_not(why.set);
    card.host->gpu_info(card.gpu, 1, &info);
    cr_expect_eq(info.memory_total, 1001);
    cr_expect_eq(strlen(info.name), sizeof(info.name) - 1);
    cr_expect_eq(strlen(info.architecture), sizeof(info.architecture) - 1);
    card.host->gpu_info(card.gpu, 2, &info);
    cr_expect_eq(info.memory_total, 0, "there is no such GPU");
    card.host->gpu_stats(card.gpu, (struct vm_gpu_stats *)&early);
    cr_expect_eq(early.size, 16);
    cr_expect_eq(early.guard, 99);
    power_off(0);
}

Test(machine_gpu, info)
{
    cr_expect_eq(run(INSIDE, look), 0);
}

static void look_for_none(void)
{
    struct vm_error why = VM_ERROR_INIT;

    if (card.knocks == 0) {
        fake.n_gpus = 2; /* which it should not change */
        cr_expect_eq(card.host->gpu_count(card.gpu, &why), 0);
        cr_expect_str_eq(why.text, "the driver is not installed");
        submit(0, VM_GPU_OP_ALLOC);
    }
    if (card.n_done == 1)
        power_off(0);
}

Test(machine_gpu, a_backend_without_gpus_says_why)
{
    const struct machine_options options = {0};
    struct built b = load(MACHINE CARD "gpu = fake\n");
    card = (struct card){.knock = look_for_none};
    fake.n_gpus = 0;
    struct machine *m = machine_new(b.d, &options, &b.err);
    cr_assert(m, "%s", b.err.text);
    toy.step = step;
    cr_expect_eq(machine_run(m, &b.err), 0);
    cr_expect_eq(card.requests[0].error, VM_GPU_INVALID);
    cr_expect_str_eq(card.text, "there is no GPU of that number");
    cr_expect_eq(fake.n_order, 0);
    machine_free(m);
    unload(&b);
}

/* ---- order ---- */

static void submit_all(void)
{
    if (card.knocks == 0) {
        for (uint32_t i = 0; i < REQUESTS; i++)
            submit(i, op_of(i));
        cr_expect_eq(card.n_done, 0, "never from inside");
    }
    if (card.n_done == REQUESTS && !card.telling)
        power_off(0);
}

static void expect_order(enum how how)
{
    cr_assert_eq(run(how, submit_all), 0);
    cr_assert_eq(fake.n_order, REQUESTS);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        cr_expect_eq(fake.order[i], (char)('a' + op_of(i)));
        cr_expect_eq(card.done[i], i);
    }
    cr_expect_eq(card.errors, 0);
    cr_expect_geq(card.told, 1);
    cr_expect_eq(fake.idle_polls, 0, "it is only asked while something is under way");
}

Test(machine_gpu, order_when_completed_inside)
{
    expect_order(INSIDE);
    cr_expect_eq(fake.polls, 0);
}

Test(machine_gpu, order_when_completed_by_poll)
{
    expect_order(BY_POLL);
}

Test(machine_gpu, order_when_completed_by_a_thread)
{
    expect_order(BY_THREAD);
}

static void one_after_the_other(void)
{
    if (card.n_done < REQUESTS && card.n_done == card.submitted)
        submit(card.n_done, op_of(card.n_done));
    else if (card.n_done == REQUESTS)
        power_off(0);
}

Test(machine_gpu, one_after_the_other)
{
    cr_expect_eq(run(BY_THREAD, one_after_the_other), 0);
    cr_expect_eq(run(BY_POLL, one_after_the_other), 0);
    cr_expect_eq(card.n_done, REQUESTS);
}

/* A backend that has told of one end may still have to be asked for the next. */
Test(machine_gpu, told_and_asked_by_turns, .timeout = 20)
{
    cr_expect_eq(run(BY_TURNS, one_after_the_other), 0);
    cr_expect_eq(card.n_done, REQUESTS);
    cr_expect_geq(fake.polls, REQUESTS / 2);
}

static void let_it_sleep(void)
{
    nap = (struct timespec){.tv_nsec = 5000000};
    if (card.n_done == card.submitted && card.n_done < 10)
        submit(card.n_done, VM_GPU_OP_LAUNCH);
    else if (card.n_done == 10)
        power_off(0);
}

Test(machine_gpu, the_thread_wakes_up_again)
{
    cr_expect_eq(run(BY_THREAD, let_it_sleep), 0);
    cr_expect_eq(run(INSIDE, let_it_sleep), 0);
}

static void ask_stats(void)
{
    struct vm_gpu_stats s = {.size = sizeof(s)};

    if (card.knocks == 0) {
        for (uint32_t i = 0; i < 10; i++)
            submit(i, op_of(i));
        submit(10, 77);
    }
    if (card.n_done < 11)
        return;
    card.host->gpu_stats(card.gpu, &s);
    cr_expect_eq(s.launches, 2);
    cr_expect_eq(s.launch_gpu_ns, 14);
    cr_expect_eq(s.bytes_in, 128);
    cr_expect_eq(s.bytes_out, 128);
    cr_expect_eq(s.bytes_within, 128);
    cr_expect_eq(s.compilations, 2);
    cr_expect_eq(s.errors, 1);
    cr_expect_gt(s.launch_ns, 0);
    cr_expect_lt(s.launch_ns, 60000000000);
    power_off(0);
}

Test(machine_gpu, statistics)
{
    cr_expect_eq(run(BY_THREAD, ask_stats), 0);
}

/* ---- what the backend never sees ---- */

static void submit_wrong(void)
{
    struct vm_gpu_request *r;

    if (card.knocks == 0) {
        submit(0, 0);
        submit(1, VM_GPU_OP_STREAM_FREE + 1);
        r = request(2, VM_GPU_OP_LAUNCH);
        r->gpu = 2;
        card.host->gpu_submit(card.gpu, r);
        r = request(3, VM_GPU_OP_ALLOC);
        r->u.memory.length = 0;
        card.host->gpu_submit(card.gpu, r);
        r = request(4, VM_GPU_OP_LAUNCH);
        r->u.launch.block[2] = 0;
        card.host->gpu_submit(card.gpu, r);
        r = request(5, VM_GPU_OP_COPY_IN);
        r->u.copy.host = NULL;
        card.host->gpu_submit(card.gpu, r);
        submit(6, VM_GPU_OP_STREAM_FREE);
        r = request(7, VM_GPU_OP_LAUNCH);
        r->u.launch.arguments_size = 8;
        r->text_size = 5;
        card.host->gpu_submit(card.gpu, r);
    }
    if (card.n_done == 8)
        power_off(0);
}

Test(machine_gpu, senseless_requests_are_refused)
{
    static const uint32_t wanted[] = {
        VM_GPU_UNSUPPORTED, VM_GPU_UNSUPPORTED, VM_GPU_INVALID, VM_GPU_INVALID,
        VM_GPU_INVALID,     VM_GPU_INVALID,     VM_GPU_INVALID, VM_GPU_INVALID,
    };

    cr_expect_eq(run(INSIDE, submit_wrong), 0);
    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(card.requests[i].error, wanted[i], "request %u", i);
    cr_expect_eq(fake.n_order, 0);
    cr_expect_str_eq(card.text, "ther", "a short text is cut");
    cr_expect_eq(card.requests[7].text_length, strlen("there are no arguments"));
}

/* ---- a backend that breaks its contract ---- */

static void submit_four(void)
{
    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_ALLOC);
        submit(1, VM_GPU_OP_COMPILE);
        submit(2, VM_GPU_OP_FUNCTION);
        submit(3, VM_GPU_OP_STREAM_NEW);
    }
    if (card.n_done == 4 && !card.telling)
        power_off(0);
}

static void expect_four(uint32_t error)
{
    cr_expect_eq(run(INSIDE, submit_four), 0);
    cr_expect_eq(card.n_done, 4);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect_eq(card.requests[i].error, error, "request %u", i);
}

Test(machine_gpu, results_that_make_no_sense_are_errors)
{
    fake.unsound = true;
    expect_four(VM_GPU_FAILED);
}

Test(machine_gpu, errors_that_nobody_knows)
{
    fake.error = 4711;
    expect_four(VM_GPU_FAILED);
    fake.error = VM_GPU_NO_MEMORY;
    expect_four(VM_GPU_NO_MEMORY);
}

Test(machine_gpu, what_is_completed_twice_is_told_once)
{
    fake.twice = true;
    expect_four(VM_GPU_OK);
}

/* ---- host memory ---- */

static void share_memory(void)
{
    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_LAUNCH);
        card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 1);
        submit(1, VM_GPU_OP_COPY_IN);
        card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 0);
        submit(2, VM_GPU_OP_COPY_OUT);
    }
    if (card.n_done == 3)
        power_off(0);
}

Test(machine_gpu, host_memory_takes_its_turn)
{
    const char wanted[] = {'a' + VM_GPU_OP_LAUNCH, '+', 'a' + VM_GPU_OP_COPY_IN, '-',
                           'a' + VM_GPU_OP_COPY_OUT};
    cr_expect_eq(run(BY_THREAD, share_memory), 0);
    cr_expect_eq(fake.n_order, 5);
    cr_expect_arr_eq(fake.order, wanted, 5);
    cr_expect_eq(fake.memory, card.bytes);
}
