/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_fwcfg_test.c - dev-fwcfg, driven by its registers and by DMA as firmware does it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devhost.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum { DATA = 0, SELECTOR = 8, DMA = 16 };

#define RAM        0x40000000u
#define RAM_LENGTH 0x200000u
#define ORDER      (RAM + 0x100)
#define KERNEL     200000u

static struct devhost *h;
static uint8_t kernel[KERNEL];

static void setup(void)
{
    h = devhost_new(&vm_plugin_descriptor);
    for (uint32_t i = 0; i < KERNEL; i++)
        kernel[i] = (uint8_t)(i * 7 + i / 256);
    devhost_set_cpus(h, 3, NULL);
    devhost_set_ram(h, RAM, RAM_LENGTH);
    devhost_offer(h, "kernel", kernel, KERNEL);
    devhost_offer(h, "cmdline", "quiet", 6);
    cr_assert_eq(devhost_create(h, NULL), 0);
}

static void teardown(void)
{
    devhost_free(h);
}

TestSuite(fwcfg, .init = setup, .fini = teardown);

static void choose(uint32_t item)
{
    devhost_write(h, SELECTOR, 2, item);
}

/* The next n bytes as text. */
static const char *text(uint32_t n)
{
    static char bytes[64];

    memset(bytes, 0, sizeof(bytes));
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (char)devhost_read(h, DATA, 1);
    return bytes;
}

static void put_big(uint8_t *p, uint64_t value, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> (n - 1 - i) * 8);
}

/* Its control word afterwards. */
static uint32_t dma(uint32_t control, uint32_t length, uint64_t address)
{
    uint8_t *order = devhost_ram(h, ORDER, 16);

    put_big(order, control, 4);
    put_big(order + 4, length, 4);
    put_big(order + 8, address, 8);
    devhost_write(h, DMA, 8, ORDER);
    return (uint32_t)order[0] << 24 | order[1] << 16 | order[2] << 8 | order[3];
}

#define ERROR  1u
#define READ   2u
#define SKIP   4u
#define SELECT 8u
#define WRITE  16u

Test(fwcfg, signature_and_features)
{
    choose(0);
    cr_expect_str_eq(text(4), "QEMU");
    choose(1);
    cr_expect_eq(devhost_read(h, DATA, 4), 0x03000000, "registers and DMA, little-endian");
    cr_expect_eq(devhost_read(h, DMA, 8), 0x51454d5520434647, "\"QEMU CFG\"");
    cr_expect_eq(devhost_read(h, DMA, 4), 0x51454d55);
    cr_expect_eq(devhost_read(h, DMA + 4, 4), 0x20434647);
    cr_expect_eq(devhost_read(h, SELECTOR, 2), 0);
}

/* As many bytes at once as the access has, in their order in memory. */
Test(fwcfg, data_of_all_sizes)
{
    choose(0);
    cr_expect_eq(devhost_read(h, DATA, 2), 0x5145);
    cr_expect_eq(devhost_read(h, DATA, 2), 0x4d55);
    cr_expect_eq(devhost_read(h, DATA, 8), 0, "zeros behind the end");
    choose(0);
    cr_expect_eq(devhost_read(h, DATA, 8), 0x51454d5500000000);
}

Test(fwcfg, numbers)
{
    choose(5);
    cr_expect_eq(devhost_read(h, DATA, 2), 0x0300, "vCPUs");
    choose(8);
    cr_expect_eq(devhost_read(h, DATA, 4), 0x400d0300, "the kernel's length");
    choose(0x14);
    cr_expect_eq(devhost_read(h, DATA, 4), 0x06000000);
    choose(0x15);
    cr_expect_str_eq(text(6), "quiet");
    choose(0x0b);
    cr_expect_eq(devhost_read(h, DATA, 4), 0, "no initrd");
    choose(0x19);
    cr_expect_eq(devhost_read(h, DATA, 4), 0, "no files in the directory");
    choose(0xffff);
    cr_expect_eq(devhost_read(h, DATA, 8), 0);
}

Test(fwcfg, kernel_by_dma)
{
    cr_expect_eq(dma(0x11u << 16 | SELECT | READ, KERNEL, RAM + 0x1000), 0);
    cr_expect_arr_eq(devhost_ram(h, RAM + 0x1000, KERNEL), kernel, KERNEL);
    cr_expect_eq(dma(READ, 16, RAM + 0x1000), 0);
    cr_expect_eq(devhost_ram(h, RAM + 0x1000, 1)[0], 0, "zeros behind the end");
    cr_expect_eq(dma(0x11u << 16 | SELECT | SKIP, 1000, 0), 0);
    cr_expect_eq(dma(READ, 16, RAM + 0x2000), 0);
    cr_expect_arr_eq(devhost_ram(h, RAM + 0x2000, 16), kernel + 1000, 16);
    choose(0x11);
    cr_expect_eq(devhost_read(h, DATA, 4),
                 (uint32_t)kernel[0] << 24 | kernel[1] << 16 | kernel[2] << 8 | kernel[3]);
}

Test(fwcfg, address_in_two_halves)
{
    uint8_t *order = devhost_ram(h, ORDER, 16);

    put_big(order, SELECT | READ, 4);
    put_big(order + 4, 4, 4);
    put_big(order + 8, RAM, 8);
    devhost_write(h, DMA, 4, 0);
    cr_expect_eq(order[3], SELECT | READ, "not yet");
    devhost_write(h, DMA + 4, 4, ORDER);
    cr_expect_eq(order[3], 0);
    cr_expect_arr_eq(devhost_ram(h, RAM, 4), "QEMU", 4);
}

Test(fwcfg, hostile_dma)
{
    cr_expect_eq(dma(WRITE, 4, RAM), ERROR, "nothing can be written");
    cr_expect_eq(dma(READ, 4, 0), ERROR, "no RAM");
    cr_expect_eq(dma(READ, 0xffffffff, RAM), ERROR, "more than there is RAM");
    cr_expect_eq(dma(READ, 8, UINT64_MAX - 3), ERROR, "beyond the end of the bus");
    cr_expect_eq(dma(0, 4, RAM), 0, "nothing to do");
    cr_expect_eq(dma(READ, 0, 0), 0, "nothing to read");
    for (int i = 0; i < 3; i++)
        cr_expect_eq(dma(SKIP, 0xffffffff, 0), 0);
    devhost_write(h, DMA, 8, 0);
    devhost_write(h, DMA, 8, UINT64_MAX);
    devhost_write(h, DMA, 8, RAM + RAM_LENGTH - 8);
    /* Onto its own order: whatever it is, it ends. */
    cr_expect_eq(dma(0x11u << 16 | SELECT | READ, 4096, ORDER), 0);
}

Test(fwcfg, other_accesses_do_nothing)
{
    choose(0);
    devhost_write(h, DATA, 4, 0x1234);
    devhost_write(h, SELECTOR, 4, 5);
    devhost_write(h, DMA, 2, 5);
    cr_expect_str_eq(text(4), "QEMU");
}

Test(fwcfg, reset_and_saved_state)
{
    choose(0);
    text(2);
    struct devhost_state state = devhost_save(h);
    devhost_reset(h);
    cr_expect_str_eq(text(4), "QEMU");
    cr_assert_eq(devhost_load(h, &state, NULL), 0);
    cr_expect_str_eq(text(2), "MU");
    devhost_state_free(&state);
}
