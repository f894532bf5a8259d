/* SPDX-License-Identifier: BSD-2-Clause */
/* The GPU of vmrun/devtest.h, as tests of any device use it: here under the GPU compute device. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "vgpu_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_devtest *h;
static struct vgpu_driver d;
static struct vgpu_completion done;

static void begin(const struct vm_devtest_gpu *gpu)
{
    fake_gpu_clear();
    h = vgpu_device(&vm_plugin_descriptor, gpu, NULL);
    cr_assert_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
}

/* What the command ends in. */
#define RUN(...) (vgpu_do(&d, &(struct vgpu_command){__VA_ARGS__}, &done) ? done.error : UINT32_MAX)

static uint64_t first_result(struct vgpu_command c)
{
    cr_assert(vgpu_do(&d, &c, &done));
    cr_assert_eq(done.error, VGPU_OK);
    return done.results[0];
}

/* Of a command that must succeed. */
#define RESULT(...) first_result((struct vgpu_command){__VA_ARGS__})

static uint64_t halves(uint32_t low, uint64_t high)
{
    return low | high << 32;
}

static void put_text(const char *text)
{
    strcpy((char *)d.window + VGPU_DATA, text);
}

/* ---- The host's own -------------------------------------------------------------------------- */

static uint32_t launch(uint32_t function, uint32_t grid, uint32_t block, uint32_t bytes)
{
    return RUN(.op = VGPU_OP_LAUNCH, .arg = {halves(function, grid), halves(2, 1), halves(block, 1),
                                             1, halves(VGPU_DATA, bytes)});
}

static uint32_t make_function(void)
{
    put_text("anything");
    uint64_t module = RESULT(.op = VGPU_OP_COMPILE, .arg = {VGPU_SOURCE_CUDA, VGPU_DATA, 8});

    return (uint32_t)RESULT(.op = VGPU_OP_FUNC_INFO, .arg = {module, VGPU_DATA, 8});
}

/* Its kernels fill memory, and the test sees the memory. */
Test(vgpu_host, launches)
{
    begin(NULL);
    uint64_t a = RESULT(.op = VGPU_OP_ALLOC, .arg = {1000}), to = a + 100;
    uint32_t value = 0x1ab, function = make_function();
    const uint8_t *bytes = vm_devtest_gpu_bytes(h, a, 1000);

    cr_assert(bytes);
    cr_expect_eq(done.results[1], halves(2, 1024));
    memcpy(d.window + VGPU_DATA, &to, sizeof(to));
    memcpy(d.window + VGPU_DATA + 8, &value, sizeof(value));
    cr_expect_eq(launch(function, 5, 20, 12), VGPU_OK);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(bytes[i], i >= 100 && i < 300 ? 0xab : 0, "%d", i);
    cr_expect_eq(launch(function, 5, 91, 12), VGPU_FAILED, "more than there is");
    cr_expect_eq(launch(function, 5, 20, 8), VGPU_INVALID);
    cr_expect_eq(RUN(.op = VGPU_OP_FREE, .arg = {a}), VGPU_OK);
    cr_expect_eq(launch(function, 5, 20, 12), VGPU_FAILED, "its memory no more");
    vm_devtest_free(h);
}

Test(vgpu_host, memory)
{
    begin(NULL);
    cr_expect(vm_devtest_has_gpu(h));
    cr_expect_eq(vgpu_read(h, VGPU_REG_GPUS), 1);
    cr_expect_eq(vm_devtest_gpu_shared(h), VGPU_WINDOW);
    uint64_t a = RESULT(.op = VGPU_OP_ALLOC, .arg = {1000});

    cr_expect_eq(vm_devtest_gpu_allocated(h), 1000);
    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {(16 << 20) - 999}), VGPU_NO_MEMORY);
    uint64_t b = RESULT(.op = VGPU_OP_ALLOC, .arg = {(16 << 20) - 1000});
    cr_expect_eq(vm_devtest_gpu_allocated(h), 16 << 20);
    cr_expect_neq(vm_devtest_gpu_bytes(h, a + 999, 1), NULL);
    cr_expect_null(vm_devtest_gpu_bytes(h, a, 1001));
    cr_expect_null(vm_devtest_gpu_bytes(h, a - 1, 1));
    cr_expect_null(vm_devtest_gpu_bytes(h, b, UINT64_MAX));
    cr_expect_eq(RUN(.op = VGPU_OP_FREE, .arg = {a}), VGPU_OK);
    cr_expect_null(vm_devtest_gpu_bytes(h, a, 1));
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    cr_expect_eq(vm_devtest_gpu_allocated(h), 0);
    cr_expect_eq(vm_devtest_gpu_shared(h), 0);
    vm_devtest_free(h);
}

Test(vgpu_host, compiler_log)
{
    begin(NULL);
    put_text("an error");
    cr_expect_eq(RUN(.op = VGPU_OP_COMPILE, .text_offset = VGPU_DATA + 0x1000, .text_bytes = 64,
                     .arg = {VGPU_SOURCE_HIP, VGPU_DATA, 8}),
                 VGPU_COMPILE_FAILED);
    cr_expect_eq(done.text_length, 8);
    cr_expect_str_eq((char *)d.window + VGPU_DATA + 0x1000, "an error");
    vm_devtest_free(h);
}

/* A device that mixes its GPUs up. */
Test(vgpu_host, memory_of_another_gpu, .signal = SIGABRT)
{
    char byte;

    begin(&fake_gpu.gpu);
    struct vm_gpu_request r = {
        .size = sizeof(r),
        .op = VM_GPU_OP_COPY_OUT,
        .u.copy = {.address = RESULT(.op = VGPU_OP_ALLOC, .gpu = 1, .arg = {1}),
                   .length = 1,
                   .host = &byte},
        .gpu = 1,
    };
    if (vm_devtest_gpu_carry_out(h, &r))
        return;
    r.gpu = 0;
    vm_devtest_gpu_carry_out(h, &r);
}

/* ---- Requests that wait ---------------------------------------------------------------------- */

Test(vgpu_host, some_at_a_time)
{
    begin(NULL);
    for (uint32_t i = 0; i < 3; i++)
        vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC, .id = i});
    struct vm_gpu_request *third = vm_devtest_gpu_request(h, 2);

    cr_expect_neq(third, NULL);
    cr_expect_null(vm_devtest_gpu_request(h, 3));
    cr_expect_not(vgpu_next(&d, &done), "nothing is done before the test says so");
    cr_expect_eq(vm_devtest_gpu_run(h, 2), 2);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 1);
    cr_expect_eq(vm_devtest_gpu_request(h, 0), third);
    for (uint32_t i = 0; i < 2; i++)
        cr_expect(vgpu_next(&d, &done) && done.id == i);
    cr_expect_not(vgpu_next(&d, &done));
    cr_expect_eq(vm_devtest_gpu_run(h, 2), 1);
    cr_expect(vgpu_next(&d, &done) && done.id == 2);
    vm_devtest_free(h);
}

/* One that hangs with nothing under way is not noticed, and not given up. */
Test(vgpu_host, idle_and_hanging)
{
    begin(NULL);
    vm_devtest_gpu_hang(h);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), 0);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), UINT32_MAX, "it is never done");
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_LOST, "the host has given it up");
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED | VGPU_STATUS_LOST);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), VGPU_LOST);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_ENABLED | VGPU_STATUS_LOST);
    vm_devtest_free(h);
}

/* What is given up at the host's end stays as it was, that of an earlier host, too. */
Test(vgpu_host, hanging_at_the_end)
{
    const struct vm_gpu_request *first[2];

    for (int i = 0; i < 2; i++) {
        begin(NULL);
        vm_devtest_gpu_hang(h);
        vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_ALLOC, .arg = {100}});
        vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC});
        first[i] = vm_devtest_gpu_request(h, 0);
        cr_expect_eq(vm_devtest_gpu_run(h, 5), 0);
        cr_expect_eq(vm_devtest_gpu_waiting(h), 2);
        cr_expect_eq(vm_devtest_gpu_allocated(h), 0);
        vm_devtest_free(h);
    }
    for (int i = 0; i < 2; i++)
        cr_expect_eq(first[i]->u.memory.length, 100);
}

/* FREE has no stream: it lets what is under way come to its end, whatever the order of that. */
Test(vgpu_host, backwards_but_not_past_free)
{
    static const uint32_t order[] = {2, 1, 3, 5, 4};

    begin(&fake_gpu.gpu);
    fake_gpu.backwards = true;
    uint64_t a = RESULT(.op = VGPU_OP_ALLOC, .arg = {10});
    const struct vgpu_command commands[] = {
        {.op = VGPU_OP_H2D, .id = 1, .arg = {a, VGPU_DATA, 10}},
        {.op = VGPU_OP_SYNC, .id = 2},
        {.op = VGPU_OP_FREE, .id = 3, .arg = {a}},
        {.op = VGPU_OP_SYNC, .id = 4},
        {.op = VGPU_OP_SYNC, .id = 5},
    };

    for (int i = 0; i < 5; i++)
        vgpu_put(&d, &commands[i]);
    vgpu_ring(&d);
    cr_expect_eq(fake_run(), 5);
    for (int i = 0; i < 5; i++) {
        cr_assert(vgpu_next(&d, &done));
        cr_expect(done.id == order[i] && done.error == VGPU_OK, "%d: %u", i, done.id);
    }
    vm_devtest_free(h);
}
