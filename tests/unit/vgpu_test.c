/* SPDX-License-Identifier: BSD-2-Clause */
/* The GPU compute device: every operation, every check, what a guest does wrong, reset, state. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <vmrun/pci.h>

#include "vgpu_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_devtest *h;
static struct vgpu_driver d;
static struct vgpu_completion done;

static void begin(const char *memory)
{
    fake_gpu_clear();
    h = vgpu_device(&vm_plugin_descriptor, &fake_gpu.gpu, memory);
    cr_assert_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
}

static void end(void)
{
    vm_devtest_free(h);
}

/* What the command ends in. */
#define RUN(...) (vgpu_do(&d, &(struct vgpu_command){__VA_ARGS__}, &done) ? done.error : UINT32_MAX)

static uint64_t alloc(uint64_t bytes)
{
    cr_assert_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {bytes}), VGPU_OK);
    return done.results[0];
}

static uint32_t compile(const char *source)
{
    strcpy((char *)d.window + VGPU_DATA, source);
    RUN(.op = VGPU_OP_COMPILE, .text_offset = VGPU_DATA + 0x1000, .text_bytes = 16,
        .arg = {VGPU_SOURCE_OPENCL_C, VGPU_DATA, strlen(source)});
    return done.error ? 0 : (uint32_t)done.results[0];
}

static uint32_t find_function(uint32_t module, const char *name)
{
    strcpy((char *)d.window + VGPU_DATA, name);
    RUN(.op = VGPU_OP_FUNC_INFO,
        .arg = {module, VGPU_DATA, strlen(name), VGPU_DATA + 0x800, 0x100});
    return done.error ? 0 : (uint32_t)done.results[0];
}

static uint64_t halves(uint32_t low, uint32_t high)
{
    return low | (uint64_t)high << 32;
}

static uint32_t word_at(uint64_t offset)
{
    uint32_t value;

    memcpy(&value, d.window + offset, sizeof(value));
    return value;
}

static uint64_t long_at(uint64_t offset)
{
    uint64_t value;

    memcpy(&value, d.window + offset, sizeof(value));
    return value;
}

/* ---- Registers ------------------------------------------------------------------------------- */

Test(vgpu, identity)
{
    begin("1G");
    cr_expect_eq(vm_devtest_config_read(h, 0, 4), VGPU_PCI_VENDOR | VGPU_PCI_DEVICE << 16);
    cr_expect_eq(vm_devtest_config_read(h, 8, 4) >> 8, VGPU_PCI_CLASS);
    cr_expect_eq(vm_devtest_config_read(h, VM_PCI_BAR0 + 8, 4), 0xc, "64 bits, prefetchable");
    cr_expect_eq(vm_devtest_region(h, 1)->memory, VM_MEMORY_SHARED);
    cr_expect_eq(vgpu_read(h, VGPU_REG_MAGIC), VGPU_MAGIC);
    cr_expect_eq(vgpu_read(h, VGPU_REG_VERSION), VGPU_VERSION);
    cr_expect_eq(vgpu_read(h, VGPU_REG_GPUS), 2);
    cr_expect_eq(vgpu_read(h, VGPU_REG_WINDOW_SIZE), VGPU_WINDOW);
    cr_expect_eq(vgpu_read(h, VGPU_REG_QUOTA), 1u << 30);
    cr_expect_eq(vgpu_read(h, VGPU_REG_END), 0);
    cr_expect_eq(vgpu_read(h, 0xffc), 0);
    end();
}

Test(vgpu, rings_that_cannot_be)
{
    static const uint32_t bad[][3] = {
        {0, 0, 0x10000},
        {1, 0, 0x10000},
        {6, 0, 0x10000},
        {2048, 0, 0x100000},
        {8, 4, 0x10000},
        {8, 0, 0x10020},
        {8, 0, 0x1c0},
        {8, 0x10000, 0x10000},
        {8, 0, VGPU_WINDOW - 64},
        {8, UINT32_MAX - 63, 0x0},
        {1024, VGPU_WINDOW, 0x0},
    };

    begin(NULL);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        vgpu_write(h, VGPU_REG_ENTRIES, bad[i][0]);
        vgpu_write(h, VGPU_REG_SUBMIT_OFFSET, bad[i][1]);
        vgpu_write(h, VGPU_REG_COMPLETE_OFFSET, bad[i][2]);
        vgpu_write(h, VGPU_REG_CONTROL, VGPU_CONTROL_ENABLE);
        cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_FAILED, "%zu", i);
        vgpu_write(h, VGPU_REG_SUBMIT_TAIL, 1);
        cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_HEAD), 0);
        vgpu_write(h, VGPU_REG_CONTROL, 0);
        cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), 0, "%zu", i);
    }
    cr_expect_eq(vgpu_enable(&d, h, 1024), VGPU_STATUS_ENABLED);
    vgpu_write(h, VGPU_REG_ENTRIES, 2);
    vgpu_write(h, VGPU_REG_SUBMIT_OFFSET, 64);
    vgpu_write(h, VGPU_REG_COMPLETE_OFFSET, 64);
    cr_expect_eq(vgpu_read(h, VGPU_REG_ENTRIES), 1024, "they stay while it is enabled");
    cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_OFFSET), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_COMPLETE_OFFSET), VGPU_COMPLETE);
    end();
}

Test(vgpu, interrupts)
{
    begin(NULL);
    cr_expect_eq(RUN(.op = VGPU_OP_NOP), VGPU_OK);
    cr_expect_eq(vgpu_read(h, VGPU_REG_IRQ_STATUS), VGPU_IRQ_COMPLETION);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "masked at first");
    vgpu_write(h, VGPU_REG_IRQ_MASK, UINT32_MAX);
    cr_expect_eq(vgpu_read(h, VGPU_REG_IRQ_MASK), VGPU_IRQ_COMPLETION | VGPU_IRQ_FAILED);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect(vm_devtest_config_read(h, VM_PCI_STATUS, 2) & 8, "PCI 2.3: the status bit");
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_NO_INTX);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vgpu_write(h, VGPU_REG_IRQ_STATUS, VGPU_IRQ_COMPLETION);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC});
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    fake_run();
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    end();
}

/* ---- Information ----------------------------------------------------------------------------- */

Test(vgpu, info)
{
    begin(NULL);
    cr_expect_eq(
        RUN(.op = VGPU_OP_INFO, .id = 0xabcd, .gpu = 1, .arg = {VGPU_DATA, VGPU_INFO_BYTES}),
        VGPU_OK);
    cr_expect_eq(done.id, 0xabcd);
    cr_expect_eq(done.results[0], VGPU_INFO_BYTES);
    cr_expect_eq(word_at(VGPU_DATA + VGPU_INFO_SOURCES), VGPU_SOURCE_OPENCL_C);
    cr_expect_eq(word_at(VGPU_DATA + VGPU_INFO_COMPUTE_UNITS), 4);
    cr_expect_eq(word_at(VGPU_DATA + VGPU_INFO_SUBGROUP), 32);
    cr_expect_eq(word_at(VGPU_DATA + VGPU_INFO_MAX_BLOCK + 8), 64);
    cr_expect_eq(word_at(VGPU_DATA + VGPU_INFO_MAX_GRID), 65535);
    cr_expect_eq(long_at(VGPU_DATA + VGPU_INFO_MAX_ALLOC), 0x123456789);
    cr_expect_eq(long_at(VGPU_DATA + VGPU_INFO_SHARED_SIZE), 3000);
    cr_expect_str_eq((char *)d.window + VGPU_DATA + VGPU_INFO_NAME, "test GPU 1");
    cr_expect_str_eq((char *)d.window + VGPU_DATA + VGPU_INFO_ARCHITECTURE, "none");
    memset(d.window + VGPU_DATA, 0xee, 16);
    cr_expect_eq(RUN(.op = VGPU_OP_INFO, .arg = {VGPU_DATA, 10}), VGPU_OK);
    cr_expect_eq(done.results[0], VGPU_INFO_BYTES);
    cr_expect_eq(d.window[VGPU_DATA + 9], 0);
    cr_expect_eq(d.window[VGPU_DATA + 10], 0xee, "no more than there is room for");
    end();
}

Test(vgpu, stats)
{
    begin("64K");
    uint64_t a = alloc(1000), one = halves(1, 1);
    uint32_t function = find_function(compile("source"), "k0");

    for (int i = 0; i < 5; i++)
        RUN(.op = VGPU_OP_LAUNCH, .arg = {halves(function, 1), one, one, halves(1, 0)});
    cr_expect_eq(compile("!"), 0);
    cr_expect_eq(RUN(.op = VGPU_OP_H2D, .arg = {a, VGPU_DATA, 900}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_D2H, .arg = {a, VGPU_DATA, 70}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_STATS, .arg = {VGPU_DATA, 8 * VGPU_STATS}), VGPU_OK);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_BYTES_IN), 900);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_BYTES_OUT), 70);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_LAUNCHES), 5);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_LAUNCH_GPU_NS), 5 * 77);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_COMPILATIONS), 1);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_COMPILE_NS), 1000, "each, on this GPU");
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_ERRORS), 1);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_QUOTA), 65536);
    cr_expect_eq(long_at(VGPU_DATA + 8 * VGPU_STAT_MEMORY_USED), 1024);
    end();
}

/* ---- Memory ---------------------------------------------------------------------------------- */

Test(vgpu, copies)
{
    begin(NULL);
    uint64_t a = alloc(1000), b = alloc(1000);

    memset(d.window + VGPU_DATA, 0x5a, 1000);
    cr_expect_eq(RUN(.op = VGPU_OP_H2D, .arg = {a, VGPU_DATA, 1000}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_D2D, .arg = {b + 10, a, 990}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_D2H, .arg = {b + 9, VGPU_DATA + 0x1000, 2}), VGPU_OK);
    cr_expect_eq(d.window[VGPU_DATA + 0x1000], 0);
    cr_expect_eq(d.window[VGPU_DATA + 0x1001], 0x5a);
    cr_expect_eq(RUN(.op = VGPU_OP_D2H, .arg = {a, VGPU_WINDOW - 1000, 1000}), VGPU_OK);
    cr_expect_eq(d.window[VGPU_WINDOW - 1], 0x5a);
    cr_expect_eq(RUN(.op = VGPU_OP_D2D, .arg = {a, a + 500, 500}), VGPU_OK, "side by side");
    cr_expect_eq(RUN(.op = VGPU_OP_FREE, .arg = {a}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_D2H, .arg = {a, VGPU_DATA, 1}), VGPU_BAD_ADDRESS);
    cr_expect_eq(vm_devtest_gpu_allocated(h), 1000);
    end();
}

Test(vgpu, what_is_no_copy)
{
    begin(NULL);
    uint64_t a = alloc(1000), b;

    cr_assert_eq(RUN(.op = VGPU_OP_ALLOC, .gpu = 1, .arg = {1000}), VGPU_OK);
    b = done.results[0];
    const struct {
        uint64_t arg[3];
        uint32_t error, op;
    } bad[] = {
        {{a, VGPU_DATA, 0}, VGPU_BAD_LENGTH, VGPU_OP_H2D},
        {{a, VGPU_DATA, 1001}, VGPU_BAD_ADDRESS, VGPU_OP_H2D},
        {{a + 1, VGPU_DATA, 1000}, VGPU_BAD_ADDRESS, VGPU_OP_D2H},
        {{a - 1, VGPU_DATA, 1}, VGPU_BAD_ADDRESS, VGPU_OP_D2H},
        {{a + 1000, VGPU_DATA, 1}, VGPU_BAD_ADDRESS, VGPU_OP_D2H},
        {{b, VGPU_DATA, 1}, VGPU_BAD_ADDRESS, VGPU_OP_H2D},
        {{0, VGPU_DATA, 1}, VGPU_BAD_ADDRESS, VGPU_OP_H2D},
        {{UINT64_MAX, VGPU_DATA, 1}, VGPU_BAD_ADDRESS, VGPU_OP_H2D},
        {{a, VGPU_DATA, UINT64_MAX}, VGPU_BAD_OFFSET, VGPU_OP_H2D},
        {{a, UINT64_MAX, 2}, VGPU_BAD_OFFSET, VGPU_OP_D2H},
        {{a, VGPU_WINDOW, 1}, VGPU_BAD_OFFSET, VGPU_OP_D2H},
        {{a, VGPU_WINDOW - 1, 2}, VGPU_BAD_OFFSET, VGPU_OP_D2H},
        {{a, a, 0}, VGPU_BAD_LENGTH, VGPU_OP_D2D},
        {{a, a, 1000}, VGPU_BAD_ADDRESS, VGPU_OP_D2D},
        {{a, a + 499, 500}, VGPU_BAD_ADDRESS, VGPU_OP_D2D},
        {{a + 499, a, 500}, VGPU_BAD_ADDRESS, VGPU_OP_D2D},
        {{a, b, 10}, VGPU_BAD_ADDRESS, VGPU_OP_D2D},
        {{a, a + 10, UINT64_MAX}, VGPU_BAD_ADDRESS, VGPU_OP_D2D},
        {{a + 1}, VGPU_BAD_ADDRESS, VGPU_OP_FREE},
        {{b}, VGPU_BAD_ADDRESS, VGPU_OP_FREE},
        {{0}, VGPU_BAD_LENGTH, VGPU_OP_ALLOC},
        {{UINT64_MAX}, VGPU_BAD_LENGTH, VGPU_OP_ALLOC},
        {{2u << 20}, VGPU_NO_MEMORY, VGPU_OP_ALLOC},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(RUN(.op = bad[i].op, .arg = {bad[i].arg[0], bad[i].arg[1], bad[i].arg[2]}),
                     bad[i].error, "%zu: 0x%x", i, done.error);
    end();
}

Test(vgpu, quota)
{
    begin("4K");
    uint64_t a = alloc(1), b = alloc(3840);

    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {1}), VGPU_QUOTA, "256 bytes each, at least");
    cr_expect_eq(RUN(.op = VGPU_OP_FREE, .arg = {b}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {3841}), VGPU_QUOTA);
    fake_gpu.fail_next = VM_GPU_NO_MEMORY;
    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {3840}), VGPU_NO_MEMORY);
    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .gpu = 1, .arg = {3840}), VGPU_OK,
                 "what failed does not count; all GPUs together do");
    /* Those under way count, too. */
    cr_expect_eq(RUN(.op = VGPU_OP_FREE, .arg = {a}), VGPU_OK);
    for (int i = 0; i < 3; i++)
        vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_ALLOC, .arg = {256}});
    fake_run();
    for (int i = 0, n = 0; i < 3; i++) {
        cr_assert(vgpu_next(&d, &done));
        cr_expect(done.error == VGPU_OK ? n++ == 0 : done.error == VGPU_QUOTA);
    }
    end();
}

/* ---- Code ------------------------------------------------------------------------------------ */

Test(vgpu, compile_and_launch)
{
    begin(NULL);
    uint32_t module, function;

    strcpy((char *)d.window + VGPU_DATA, "source");
    strcpy((char *)d.window + VGPU_DATA + 0x100, "-DN=4");
    cr_assert_eq(RUN(.op = VGPU_OP_COMPILE,
                     .arg = {halves(VGPU_SOURCE_OPENCL_C, 5), VGPU_DATA, 6, VGPU_DATA + 0x100}),
                 VGPU_OK);
    cr_expect_str_eq(fake_gpu.options, "-DN=4");
    module = (uint32_t)done.results[0];
    function = find_function(module, "k3");
    cr_assert_neq(function, 0);
    cr_expect_eq(done.results[1], halves(3, 256));
    cr_expect_eq(done.results[2], halves(1024, VGPU_UNKNOWN));
    cr_expect_eq(done.results[3], 16);
    cr_expect_eq(word_at(VGPU_DATA + 0x800 + 2 * VGPU_PARAMETER_BYTES), 16);
    cr_expect_eq(word_at(VGPU_DATA + 0x800 + 2 * VGPU_PARAMETER_BYTES + 4), 8);
    cr_expect_eq(find_function(module, "k3"), function, "the same one");
    strcpy((char *)d.window + VGPU_DATA, "arguments");
    vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_LAUNCH,
                                           .id = 3,
                                           .arg = {halves(function, 2), halves(3, 4), halves(5, 6),
                                                   halves(7, 99), halves(VGPU_DATA, 10)}});
    strcpy((char *)d.window + VGPU_DATA, "others");
    fake_run();
    cr_assert(vgpu_next(&d, &done));
    cr_expect_eq(done.error, VGPU_OK);
    cr_expect_eq(done.gpu_ns, 77);
    cr_expect_str_eq((char *)fake_gpu.arguments, "arguments", "as they were at the doorbell");
    cr_expect_eq(fake_gpu.launch.grid[0], 2);
    cr_expect_eq(fake_gpu.launch.grid[2], 4);
    cr_expect_eq(fake_gpu.launch.block[0], 5);
    cr_expect_eq(fake_gpu.launch.block[2], 7);
    cr_expect_eq(fake_gpu.launch.shared, 99);
    cr_expect_eq(fake_gpu.launch.arguments_size, 10);
    end();
}

Test(vgpu, compiler_log)
{
    begin(NULL);
    memset(d.window + VGPU_DATA + 0x1000, 0xee, 32);
    cr_expect_eq(compile("!line 1: no such thing"), 0);
    cr_expect_eq(done.error, VGPU_COMPILE_FAILED);
    cr_expect_eq(done.text_length, strlen("line 1: no such thing"));
    cr_expect_str_eq((char *)d.window + VGPU_DATA + 0x1000, "line 1: no such");
    cr_expect_eq(d.window[VGPU_DATA + 0x1010], 0xee, "no more than there is room for");
    cr_expect_eq(RUN(.op = VGPU_OP_COMPILE, .text_offset = VGPU_DATA + 0x1000,
                     .text_bytes = VGPU_MAX_TEXT, .arg = {4, VGPU_DATA, 22}),
                 VGPU_COMPILE_FAILED);
    cr_expect_str_eq((char *)d.window + VGPU_DATA + 0x1000, "line 1: no such thing");
    cr_expect_eq(fake_gpu.n_modules, 0);
    end();
}

Test(vgpu, handles)
{
    begin(NULL);
    uint32_t module = compile("source"), function = find_function(module, "k1"), other;

    cr_expect_eq(find_function(module, "missing"), 0);
    cr_expect_eq(done.error, VGPU_NOT_FOUND);
    cr_expect_eq(find_function(module + 1, "k1"), 0);
    cr_expect_eq(done.error, VGPU_BAD_HANDLE);
    cr_expect_eq(find_function(function, "k1"), 0, "no module");
    cr_expect_eq(RUN(.op = VGPU_OP_UNLOAD, .gpu = 1, .arg = {module}), VGPU_BAD_HANDLE);
    cr_expect_eq(RUN(.op = VGPU_OP_UNLOAD, .arg = {module}), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_UNLOAD, .arg = {module}), VGPU_BAD_HANDLE);
    cr_expect_eq(fake_gpu.n_modules, 0);
    const uint64_t ones = halves(1, 1);
    cr_expect_eq(RUN(.op = VGPU_OP_LAUNCH, .arg = {halves(function, 1), ones, ones, halves(1, 0)}),
                 VGPU_BAD_HANDLE, "they go with their module");
    other = compile("other");
    cr_expect_neq(other, module, "the place is the same, the handle is not");
    cr_expect_eq(other & 0xffff, module & 0xffff);
    /* A module that goes while one of its functions is looked up. */
    strcpy((char *)d.window + VGPU_DATA, "k1");
    vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_FUNC_INFO, .arg = {other, VGPU_DATA, 2}});
    vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_UNLOAD, .arg = {other}});
    fake_run();
    cr_assert(vgpu_next(&d, &done));
    cr_expect_eq(done.error, VGPU_BAD_HANDLE);
    end();
}

Test(vgpu, load)
{
    begin(NULL);
    cr_expect_eq(RUN(.op = VGPU_OP_LOAD, .arg = {VGPU_BINARY_OPENCL, VGPU_DATA, 100}), VGPU_OK);
    cr_expect_eq(fake_gpu.n_modules, 1);
    cr_expect_eq(RUN(.op = VGPU_OP_LOAD, .arg = {halves(VGPU_BINARY_OPENCL, 1), VGPU_DATA, 100}),
                 VGPU_BAD_FIELD, "there are no options");
    end();
}

Test(vgpu, too_many_objects)
{
    begin(NULL);
    uint32_t n = 0;

    while (n < 20000 && RUN(.op = VGPU_OP_STREAM_NEW) == VGPU_OK)
        n++;
    cr_expect_eq(n, 16384);
    cr_expect_eq(done.error, VGPU_TOO_MANY);
    cr_expect_eq(compile("source"), 0);
    cr_expect_eq(done.error, VGPU_TOO_MANY);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    cr_expect_eq(fake_gpu.n_streams, 0);
    end();
}

Test(vgpu, streams)
{
    begin(NULL);
    uint64_t a = alloc(100);
    uint32_t stream;

    cr_assert_eq(RUN(.op = VGPU_OP_STREAM_NEW), VGPU_OK);
    stream = (uint32_t)done.results[0];
    cr_expect_eq(RUN(.op = VGPU_OP_H2D, .stream = stream, .arg = {a, VGPU_DATA, 1}), VGPU_OK);
    cr_expect_eq(fake_gpu.latest_stream, fake_gpu.made_stream);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), VGPU_OK);
    cr_expect_eq(fake_gpu.latest_stream, 0);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC, .gpu = 1, .stream = stream), VGPU_BAD_HANDLE);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC, .stream = stream + 1), VGPU_BAD_HANDLE);
    cr_expect_eq(RUN(.op = VGPU_OP_STREAM_FREE), VGPU_BAD_HANDLE, "stream 0 stays");
    cr_expect_eq(RUN(.op = VGPU_OP_STREAM_FREE, .stream = stream), VGPU_OK);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC, .stream = stream), VGPU_BAD_HANDLE);
    cr_expect_eq(fake_gpu.n_streams, 0);
    end();
}

Test(vgpu, commands_that_cannot_be)
{
    begin(NULL);
    uint32_t function = find_function(compile("source"), "k0");
    const uint64_t code = VGPU_SOURCE_OPENCL_C, one = halves(1, 1);
    const struct {
        struct vgpu_command c;
        uint32_t error;
    } bad[] = {
        {{.op = VGPU_OPS}, VGPU_BAD_OP},
        {{.op = UINT32_MAX}, VGPU_BAD_OP},
        {{.gpu = 2}, VGPU_BAD_GPU},
        {{.arg = {[4] = 1}}, VGPU_BAD_FIELD},
        {{.stream = 1}, VGPU_BAD_FIELD},
        {{.text_offset = VGPU_WINDOW - 1, .text_bytes = 2}, VGPU_BAD_OFFSET},
        {{.text_bytes = VGPU_MAX_TEXT + 1}, VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_INFO, .arg = {VGPU_WINDOW, 1}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_INFO, .arg = {0, UINT64_MAX}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_STATS, .arg = {VGPU_WINDOW - 8, 9}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_COMPILE, .arg = {code, VGPU_DATA, 0}}, VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_COMPILE, .arg = {code, VGPU_DATA, VGPU_MAX_CODE + 1}}, VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_COMPILE, .arg = {code, VGPU_WINDOW - 1, 2}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_COMPILE, .arg = {0, VGPU_DATA, 2}}, VGPU_BAD_FIELD},
        {{.op = VGPU_OP_COMPILE, .arg = {3, VGPU_DATA, 2}}, VGPU_BAD_FIELD},
        {{.op = VGPU_OP_COMPILE, .arg = {halves(4, VGPU_MAX_OPTIONS + 1), VGPU_DATA, 2}},
         VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_COMPILE, .arg = {halves(4, 2), VGPU_DATA, 2, VGPU_WINDOW - 1}},
         VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_FUNC_INFO, .arg = {1, VGPU_DATA, VGPU_MAX_NAME + 1}}, VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_FUNC_INFO, .arg = {1, VGPU_DATA}}, VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_FUNC_INFO, .arg = {1, VGPU_WINDOW, 1}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_FUNC_INFO, .arg = {1, VGPU_DATA, 2, VGPU_WINDOW, 1}}, VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_UNLOAD, .arg = {UINT64_MAX}}, VGPU_BAD_HANDLE},
        {{.op = VGPU_OP_LAUNCH, .arg = {halves(function, 0), one, one, halves(1, 0)}},
         VGPU_BAD_FIELD},
        {{.op = VGPU_OP_LAUNCH, .arg = {halves(function, 1), one, one, halves(0, 0)}},
         VGPU_BAD_FIELD},
        {{.op = VGPU_OP_LAUNCH,
          .arg = {halves(function, 1), one, one, halves(1, 0), halves(0, 65537)}},
         VGPU_BAD_LENGTH},
        {{.op = VGPU_OP_LAUNCH,
          .arg = {halves(function, 1), one, one, halves(1, 0), halves(VGPU_WINDOW - 1, 2)}},
         VGPU_BAD_OFFSET},
        {{.op = VGPU_OP_LAUNCH, .stream = 9, .arg = {halves(function, 1), one, one, halves(1, 0)}},
         VGPU_BAD_HANDLE},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert(vgpu_do(&d, &bad[i].c, &done), "%zu", i);
        cr_expect_eq(done.error, bad[i].error, "%zu: 0x%x", i, done.error);
    }
    cr_expect_eq(fake_gpu.n_modules, 1);
    end();
}

/* ---- Rings ----------------------------------------------------------------------------------- */

Test(vgpu, rings_wrap_around)
{
    begin(NULL);
    for (uint32_t i = 0; i < 10 * VGPU_DEPTH; i++) {
        cr_assert_eq(RUN(.op = i & 1 ? VGPU_OP_SYNC : VGPU_OP_NOP, .id = i), VGPU_OK);
        cr_expect_eq(done.id, i);
        cr_expect_eq(done.sequence, i + 1);
    }
    cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_HEAD), 10 * VGPU_DEPTH);
    cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_TAIL), 10 * VGPU_DEPTH);
    cr_expect_eq(vgpu_read(h, VGPU_REG_COMPLETE_TAIL), 10 * VGPU_DEPTH);
    end();
}

/* Completions come as work is done, with the numbers of the commands. */
Test(vgpu, out_of_order)
{
    begin(NULL);
    fake_gpu.backwards = true;
    for (uint32_t i = 0; i < VGPU_DEPTH; i++)
        vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC, .id = 100 + i});
    vgpu_ring(&d);
    cr_expect_not(vgpu_next(&d, &done));
    cr_expect_eq(fake_run(), VGPU_DEPTH);
    for (uint32_t i = VGPU_DEPTH; i-- > 0;) {
        cr_assert(vgpu_next(&d, &done));
        cr_expect_eq(done.id, 100 + i);
    }
    end();
}

/* More than the device begins at a time: the rest waits, and is begun as others are done. */
Test(vgpu, many_under_way)
{
    begin(NULL);
    cr_assert_eq(vgpu_enable(&d, h, 1024), VGPU_STATUS_ENABLED);
    for (uint32_t i = 0; i < 1024; i++)
        vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC, .id = i});
    vgpu_ring(&d);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 256);
    cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_HEAD), 256);
    cr_expect_eq(fake_run(), 1024);
    for (uint32_t i = 0; i < 1024; i++)
        cr_assert(vgpu_next(&d, &done) && done.id == i && !done.error);
    end();
}

Test(vgpu, doorbell_too_far)
{
    begin(NULL);
    vgpu_write(h, VGPU_REG_IRQ_MASK, VGPU_IRQ_FAILED);
    vgpu_submit(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC, .id = 5});
    vgpu_write(h, VGPU_REG_SUBMIT_TAIL, VGPU_DEPTH + 2);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_ENABLED | VGPU_STATUS_FAILED);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(vgpu_read(h, VGPU_REG_IRQ_STATUS), VGPU_IRQ_FAILED);
    vgpu_write(h, VGPU_REG_SUBMIT_TAIL, 2);
    cr_expect_eq(vgpu_read(h, VGPU_REG_SUBMIT_HEAD), 1, "nothing more is taken");
    fake_run();
    cr_expect(vgpu_next(&d, &done) && done.id == 5, "what was begun is told");
    vgpu_write(h, VGPU_REG_CONTROL, VGPU_CONTROL_ENABLE);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_ENABLED | VGPU_STATUS_FAILED);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), VGPU_OK);
    end();
}

/* ---- Reset ----------------------------------------------------------------------------------- */

static void leave_much_behind(void)
{
    compile("source");
    RUN(.op = VGPU_OP_STREAM_NEW, .gpu = 1);
    for (int i = 0; i < 10; i++)
        alloc(1000);
    for (uint32_t i = 0; i < 3; i++)
        vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_ALLOC, .arg = {100}});
    vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_STREAM_NEW});
    vgpu_ring(&d);
    cr_assert_eq(vm_devtest_gpu_waiting(h), 4);
}

static void check_nothing_is_left(void)
{
    cr_expect_eq(vm_devtest_gpu_allocated(h), 0);
    cr_expect_eq(fake_gpu.n_modules, 0);
    cr_expect_eq(fake_gpu.n_streams, 0);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 0);
}

Test(vgpu, disabled_with_work_under_way)
{
    begin("16K");
    leave_much_behind();
    cr_expect_eq(vm_devtest_gpu_shared(h), VGPU_WINDOW);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    check_nothing_is_left();
    cr_expect_eq(vm_devtest_gpu_shared(h), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_COMPLETE_TAIL), 0);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
    cr_expect_not(vgpu_next(&d, &done), "no completion of before");
    alloc(16384);
    end();
}

Test(vgpu, machine_is_reset)
{
    begin("16K");
    leave_much_behind();
    vgpu_write(h, VGPU_REG_IRQ_MASK, 3);
    vm_devtest_reset(h);
    check_nothing_is_left();
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_ENTRIES), 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_IRQ_MASK), 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
    alloc(16384);
    end();
}

/* A GPU that hangs: its requests stay as they are, the device goes on without it. */
Test(vgpu, the_gpu_hangs)
{
    begin(NULL);
    leave_much_behind();
    struct vm_gpu_request *hanging = vm_devtest_gpu_request(h, 0);
    vm_devtest_gpu_hang(h);
    cr_expect_eq(fake_run(), 0);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 4);
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_LOST);
    cr_expect_eq(vm_devtest_gpu_waiting(h), 0, "none is told any more");
    cr_expect_eq(hanging->op, VM_GPU_OP_ALLOC);
    cr_expect_eq(hanging->u.memory.length, 100);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED | VGPU_STATUS_LOST);
    cr_expect_eq(RUN(.op = VGPU_OP_ALLOC, .arg = {1}), VGPU_LOST);
    vm_devtest_reset(h);
    cr_expect_eq(vgpu_read(h, VGPU_REG_STATUS), VGPU_STATUS_LOST);
    end();
    cr_expect_eq(hanging->op, VM_GPU_OP_ALLOC, "for as long as the process lives");
}

Test(vgpu, no_gpu)
{
    fake_gpu_clear();
    fake_gpu.gpu.n_gpus = 0;
    h = vgpu_device(&vm_plugin_descriptor, &fake_gpu.gpu, NULL);
    cr_expect_eq(vm_devtest_log_lines(h), 1);
    cr_expect_eq(vgpu_enable(&d, h, VGPU_DEPTH), VGPU_STATUS_ENABLED);
    cr_expect_eq(vgpu_read(h, VGPU_REG_GPUS), 0);
    cr_expect_eq(RUN(.op = VGPU_OP_INFO, .arg = {VGPU_DATA, 8}), VGPU_BAD_GPU);
    end();
}

Test(vgpu, properties)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 0);
    vm_devtest_set(h, "gpu", "card");
    vm_devtest_set(h, "window", "48M");
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, "power of two"), "%s", err.text);
    end();
}

/* Accesses that do not find the memory by themselves come to the device. */
Test(vgpu, window_by_accesses)
{
    begin(NULL);
    uint64_t value = 0;

    cr_expect_eq(vm_devtest_access_write(h, 1, VGPU_DATA + 3, 4, 0x11223344), VM_ACCESS_OK);
    cr_expect_eq(d.window[VGPU_DATA + 3], 0x44);
    cr_expect_eq(vm_devtest_access_read(h, 1, VGPU_DATA, 8, &value), VM_ACCESS_OK);
    cr_expect_eq(value, UINT64_C(0x11223344) << 24);
    end();
}

/* ---- Saved state ----------------------------------------------------------------------------- */

Test(vgpu, state_of_an_idle_device)
{
    begin(NULL);
    cr_assert_eq(RUN(.op = VGPU_OP_NOP), VGPU_OK);
    vgpu_write(h, VGPU_REG_IRQ_MASK, 1);
    struct vm_devtest_state state = vm_devtest_save(h);
    uint32_t tail = vgpu_read(h, VGPU_REG_COMPLETE_TAIL);

    alloc(100);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    check_nothing_is_left();
    cr_expect_eq(vgpu_read(h, VGPU_REG_COMPLETE_TAIL), tail);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    d.tail = d.seen = tail;
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), VGPU_OK);
    vm_devtest_state_free(&state);
    end();
}

Test(vgpu, state_with_objects_is_refused)
{
    struct vm_error err = VM_ERROR_INIT;

    begin(NULL);
    alloc(100);
    struct vm_devtest_state state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_load(h, &state, &err), -1);
    cr_expect(strstr(err.text, "cannot be brought back"), "%s", err.text);
    vm_devtest_state_free(&state);
    end();
}

Test(vgpu, states_that_cannot_be)
{
    static const struct {
        const char *field;
        uint64_t value;
    } bad[] = {
        {"status", 8},
        {"status", UINT32_MAX},
        {"entries", 0},
        {"entries", 3},
        {"entries", 1 << 30},
        {"submit_offset", 1},
        {"submit_tail", 1000},
        {"irq_mask", 4},
        {"irq_status", 4},
        {"n_live", 1},
        {"complete_offset", 0xffffffc0},
    };

    begin(NULL);
    struct vm_devtest_state state = vm_devtest_save(h);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect_eq(vm_devtest_load_field(h, bad[i].field, 0, bad[i].value, NULL), -1, "%s",
                     bad[i].field);
        cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    }
    vm_devtest_state_free(&state);
    cr_expect_eq(RUN(.op = VGPU_OP_SYNC), VGPU_OK);
    end();
}

/* Commands that were never taken go on where the state is loaded. */
Test(vgpu, state_with_commands)
{
    begin(NULL);
    vgpu_put(&d, &(struct vgpu_command){.op = VGPU_OP_SYNC, .id = 9});
    cr_assert_eq(vm_devtest_load_field(h, "submit_tail", 0, 1, NULL), 0);
    vm_devtest_advance(h, 1);
    fake_run();
    cr_expect(vgpu_next(&d, &done) && done.id == 9);
    end();
}
