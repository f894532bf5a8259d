/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_gpu_drain_test.c - the end of requests: draining, reset and end with work under way, a
 * backend that is slow, one that hangs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/machine/gpu_host.h"
#include "machine_gpu_rig.h"

TestSuite(machine_gpu_drain, .timeout = 60);

/* ---- drain, reset, end ---- */

static void drain(void)
{
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    cr_expect_eq(card.host->gpu_drain(card.gpu), 0);
    cr_expect_eq(card.n_done, REQUESTS);
    cr_expect_eq(card.host->gpu_drain(card.gpu), 0, "nothing is there to wait for");
    power_off(0);
}

Test(machine_gpu_drain, drain)
{
    cr_expect_eq(run(INSIDE, drain), 0);
    cr_expect_eq(run(BY_POLL, drain), 0);
    cr_expect_eq(run(BY_THREAD, drain), 0);
    cr_expect_eq(card.errors, 0);
}

static void submit_and_leave(void)
{
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 1);
    power_off(8);
}

Test(machine_gpu_drain, the_end_waits_for_what_is_under_way)
{
    static const enum how hows[] = {INSIDE, BY_POLL, BY_THREAD};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(run(hows[i], submit_and_leave), 8);
        cr_expect_eq(card.n_done, REQUESTS);
        cr_expect_eq(fake.destroyed, 1);
    }
}

/* Until the backend has begun so many. */
static void wait_begun(uint32_t n)
{
    while (fake.n_order < n)
        usleep(100);
}

static void submit_and_reset(void)
{
    if (card.resets > 1) {
        power_off(4);
        return;
    }
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    wait_begun(1);
    card.knock = leave;
    card.host->request(card.ctx, VM_REQUEST_RESET, 0);
}

Test(machine_gpu_drain, reset_waits_for_what_is_under_way)
{
    cr_expect_eq(run(BY_THREAD, submit_and_reset), 3);
    cr_expect_eq(card.resets, 2);
    cr_expect_eq(card.open_at_reset, 0);
    cr_expect_eq(card.n_done, REQUESTS);
}

/* ---- a guest that is gone ---- */

/* The last one gives memory back. */
static void submit_much_and_reset(void)
{
    if (card.resets > 1) {
        power_off(4);
        return;
    }
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, i + 1 == REQUESTS ? VM_GPU_OP_FREE : VM_GPU_OP_LAUNCH);
    card.knock = leave;
    card.host->request(card.ctx, VM_REQUEST_RESET, 0);
}

Test(machine_gpu_drain, reset_drops_what_was_not_begun)
{
    cr_expect_eq(run(BLOCKS, submit_much_and_reset), 3);
    cr_expect_eq(card.resets, 2);
    cr_expect_eq(card.n_done, REQUESTS, "each is told");
    cr_expect_lt(fake.n_order, 20, "%u were begun", fake.n_order);
    cr_expect_eq(fake.order[fake.n_order - 1], 'a' + VM_GPU_OP_FREE, "memory is given back");
    cr_expect_eq(card.errors, REQUESTS - fake.n_order);
    cr_expect_eq(card.requests[REQUESTS - 2].error, VM_GPU_FAILED);
    cr_expect_eq(card.requests[REQUESTS - 1].error, VM_GPU_OK);
    cr_expect_not(machine_threads_hang());
}

/* ---- a backend that is slow ---- */

/* So many milliseconds; a request of SLOWLY takes SLOW_MS. */
static void set_patience(int idle, int compile, int all)
{
    gpu_patience = (struct gpu_patience){
        .idle_ns = idle * INT64_C(1000000),
        .compile_ns = compile * INT64_C(1000000),
        .all_ns = all * INT64_C(1000000),
    };
}

static struct {
    uint32_t op, n;
    int result;
} slow;

static void drain_slow_ones(void)
{
    for (uint32_t i = 0; i < slow.n; i++)
        submit(i, slow.op);
    wait_begun(1);
    slow.result = card.host->gpu_drain(card.gpu);
    power_off(0);
}

static int drained(uint32_t op, uint32_t n)
{
    slow.op = op;
    slow.n = n;
    slow.result = 1;
    cr_expect_eq(run(SLOWLY, drain_slow_ones), 0);
    return slow.result;
}

Test(machine_gpu_drain, one_that_is_slow_and_steady_is_not_given_up)
{
    set_patience(SLOW_MS * 10, 1, 60000);
    cr_expect_eq(drained(VM_GPU_OP_LAUNCH, 20), 0);
    cr_expect_eq(card.n_done, 20);
    cr_expect_not(machine_threads_hang());
}

Test(machine_gpu_drain, one_that_goes_on_for_too_long_is_given_up)
{
    set_patience(SLOW_MS * 10, 1, SLOW_MS * 5);
    cr_expect_eq(drained(VM_GPU_OP_LAUNCH, 12), -1);
    cr_expect_lt(card.n_done, 10);
    cr_expect(machine_threads_hang());
    usleep(12 * 2 * SLOW_MS * 1000); /* its thread comes to an end */
}

Test(machine_gpu_drain, a_compiler_has_more_time)
{
    set_patience(SLOW_MS / 4, SLOW_MS * 100, 60000);
    cr_expect_eq(drained(VM_GPU_OP_COMPILE, 3), 0);
    cr_expect_eq(card.n_done, 3);
    cr_expect_not(machine_threads_hang());
}

Test(machine_gpu_drain, but_not_all_of_it)
{
    set_patience(SLOW_MS * 10, SLOW_MS / 4, 60000);
    cr_expect_eq(drained(VM_GPU_OP_COMPILE, 1), -1);
    cr_expect_eq(card.n_done, 0);
    usleep(4 * SLOW_MS * 1000);
}

/* ---- a backend that hangs ---- */

static void drain_in_vain(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};

    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_LAUNCH);
        submit(1, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.host->gpu_drain(card.gpu), -1);
        cr_expect_eq(card.n_done, 0, "what was under way is never told");
        submit(2, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.n_done, 0, "never from inside");
        card.host->gpu_info(card.gpu, 0, &info);
        cr_expect_eq(info.memory_total, 1000, "as it was");
    }
    if (card.n_done == 1) {
        submit(3, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.host->gpu_drain(card.gpu), 0);
        cr_expect_eq(card.n_done, 2);
        power_off(6);
    }
}

static void expect_given_up(enum how how, void (*knock)(void), int status)
{
    set_patience(300, 300, 300);
    cr_expect_not(machine_threads_hang());
    cr_expect_eq(run(how, knock), status);
    cr_expect_eq(fake.destroyed, 0);
    cr_expect(machine_threads_hang());
}

Test(machine_gpu_drain, a_request_that_never_ends_is_given_up)
{
    expect_given_up(NEVER, drain_in_vain, 6);
    cr_expect_eq(card.requests[2].error, VM_GPU_LOST);
    cr_expect_eq(card.requests[3].error, VM_GPU_LOST);
    fake.host->complete(fake.ctx, &card.requests[0], 0); /* late */
    cr_expect_eq(card.n_done, 2);
}

Test(machine_gpu_drain, a_submit_that_never_returns_is_given_up)
{
    expect_given_up(HANGS, drain_in_vain, 6);
    cr_expect_eq(card.n_done, 2);
}

/* The device hears of what the host gave up at a reset. */
static void reset_in_vain(void)
{
    if (card.resets > 1) {
        cr_expect_eq(card.host->gpu_drain(card.gpu), -1);
        cr_expect_eq(card.host->gpu_drain(card.gpu), 0, "it is said once");
        power_off(5);
        return;
    }
    submit(0, VM_GPU_OP_LAUNCH);
    wait_begun(1);
    card.knock = reset_in_vain;
    card.host->request(card.ctx, VM_REQUEST_RESET, 0);
}

Test(machine_gpu_drain, what_a_reset_gave_up_is_told)
{
    expect_given_up(NEVER, reset_in_vain, 5);
    cr_expect_eq(card.resets, 2);
}

static void leave_it_hanging(void)
{
    submit(0, VM_GPU_OP_LAUNCH);
    wait_begun(1);
    power_off(9);
}

Test(machine_gpu_drain, a_machine_ends_although_its_gpu_hangs)
{
    expect_given_up(HANGS, leave_it_hanging, 9);
    cr_expect_eq(card.n_done, 0);
}
