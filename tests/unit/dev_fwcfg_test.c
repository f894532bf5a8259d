/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_fwcfg_test.c - dev-fwcfg, driven by its registers and by DMA as firmware does it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum { DATA = 0, SELECTOR = 8, DMA = 16 };

#define RAM        0x40000000u
#define RAM_LENGTH 0x200000u
#define ORDER      (RAM + 0x100)
#define KERNEL     200000u

static struct vm_devtest *h;
static uint8_t kernel[KERNEL];

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    for (uint32_t i = 0; i < KERNEL; i++)
        kernel[i] = (uint8_t)(i * 7 + i / 256);
    vm_devtest_set_cpus(h, 3, NULL);
    vm_devtest_set_ram(h, RAM, RAM_LENGTH);
    vm_devtest_offer(h, "kernel", kernel, KERNEL);
    vm_devtest_offer(h, "cmdline", "quiet", 6);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(fwcfg, .init = setup, .fini = teardown);

static void choose(uint32_t item)
{
    vm_devtest_write(h, SELECTOR, 2, item);
}

/* The next n bytes as text. */
static const char *text(uint32_t n)
{
    static char bytes[64];

    memset(bytes, 0, sizeof(bytes));
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (char)vm_devtest_read(h, DATA, 1);
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
    uint8_t *order = vm_devtest_ram(h, ORDER, 16);

    put_big(order, control, 4);
    put_big(order + 4, length, 4);
    put_big(order + 8, address, 8);
    vm_devtest_write(h, DMA, 8, ORDER);
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
    cr_expect_eq(vm_devtest_read(h, DATA, 4), 0x03000000, "registers and DMA, little-endian");
    cr_expect_eq(vm_devtest_read(h, DMA, 8), 0x51454d5520434647, "\"QEMU CFG\"");
    cr_expect_eq(vm_devtest_read(h, DMA, 4), 0x51454d55);
    cr_expect_eq(vm_devtest_read(h, DMA + 4, 4), 0x20434647);
    cr_expect_eq(vm_devtest_read(h, SELECTOR, 2), 0);
}

/* As many bytes at once as the access has, in their order in memory. */
Test(fwcfg, data_of_all_sizes)
{
    choose(0);
    cr_expect_eq(vm_devtest_read(h, DATA, 2), 0x5145);
    cr_expect_eq(vm_devtest_read(h, DATA, 2), 0x4d55);
    cr_expect_eq(vm_devtest_read(h, DATA, 8), 0, "zeros behind the end");
    choose(0);
    cr_expect_eq(vm_devtest_read(h, DATA, 8), 0x51454d5500000000);
}

Test(fwcfg, numbers)
{
    choose(5);
    cr_expect_eq(vm_devtest_read(h, DATA, 2), 0x0300, "vCPUs");
    choose(8);
    cr_expect_eq(vm_devtest_read(h, DATA, 4), 0x400d0300, "the kernel's length");
    choose(0x14);
    cr_expect_eq(vm_devtest_read(h, DATA, 4), 0x06000000);
    choose(0x15);
    cr_expect_str_eq(text(6), "quiet");
    choose(0x0b);
    cr_expect_eq(vm_devtest_read(h, DATA, 4), 0, "no initrd");
    choose(0xffff);
    cr_expect_eq(vm_devtest_read(h, DATA, 8), 0);
}

Test(fwcfg, kernel_by_dma)
{
    cr_expect_eq(dma(0x11u << 16 | SELECT | READ, KERNEL, RAM + 0x1000), 0);
    cr_expect_arr_eq(vm_devtest_ram(h, RAM + 0x1000, KERNEL), kernel, KERNEL);
    cr_expect_eq(dma(READ, 16, RAM + 0x1000), 0);
    cr_expect_eq(vm_devtest_ram(h, RAM + 0x1000, 1)[0], 0, "zeros behind the end");
    cr_expect_eq(dma(0x11u << 16 | SELECT | SKIP, 1000, 0), 0);
    cr_expect_eq(dma(READ, 16, RAM + 0x2000), 0);
    cr_expect_arr_eq(vm_devtest_ram(h, RAM + 0x2000, 16), kernel + 1000, 16);
    choose(0x11);
    cr_expect_eq(vm_devtest_read(h, DATA, 4),
                 (uint32_t)kernel[0] << 24 | kernel[1] << 16 | kernel[2] << 8 | kernel[3]);
}

Test(fwcfg, address_in_two_halves)
{
    uint8_t *order = vm_devtest_ram(h, ORDER, 16);

    put_big(order, SELECT | READ, 4);
    put_big(order + 4, 4, 4);
    put_big(order + 8, RAM, 8);
    vm_devtest_write(h, DMA, 4, 0);
    cr_expect_eq(order[3], SELECT | READ, "not yet");
    vm_devtest_write(h, DMA + 4, 4, ORDER);
    cr_expect_eq(order[3], 0);
    cr_expect_arr_eq(vm_devtest_ram(h, RAM, 4), "QEMU", 4);
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
    vm_devtest_write(h, DMA, 8, 0);
    vm_devtest_write(h, DMA, 8, UINT64_MAX);
    vm_devtest_write(h, DMA, 8, RAM + RAM_LENGTH - 8);
    /* Onto its own order: whatever it is, it ends. */
    cr_expect_eq(dma(0x11u << 16 | SELECT | READ, 4096, ORDER), 0);
}

Test(fwcfg, other_accesses_do_nothing)
{
    choose(0);
    vm_devtest_write(h, DATA, 4, 0x1234);
    vm_devtest_write(h, SELECTOR, 4, 5);
    vm_devtest_write(h, DMA, 2, 5);
    cr_expect_str_eq(text(4), "QEMU");
}

Test(fwcfg, reset_and_saved_state)
{
    choose(0);
    text(2);
    struct vm_devtest_state state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_expect_str_eq(text(4), "QEMU");
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    cr_expect_str_eq(text(2), "MU");
    vm_devtest_state_free(&state);
}

/* ---- Files with names ------------------------------------------------------------------------ */

/* The item with that name, and its length; 0: the directory has it not. */
static uint32_t find_file(const char *name, uint32_t *length)
{
    uint32_t n, item = 0;

    choose(0x19);
    n = (uint32_t)vm_devtest_read(h, DATA, 4);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bytes = (uint32_t)vm_devtest_read(h, DATA, 4);
        uint32_t number = (uint32_t)vm_devtest_read(h, DATA, 2);
        cr_expect_eq(vm_devtest_read(h, DATA, 2), 0);
        if (strcmp(text(56), name) == 0) {
            item = number;
            *length = bytes;
        }
    }
    cr_expect_eq(vm_devtest_read(h, DATA, 4), 0, "and no more");
    return item;
}

/* Reads a whole file. */
static uint32_t read_file(const char *name, uint8_t *to, uint32_t room)
{
    uint32_t length = 0, item = find_file(name, &length);

    cr_assert_geq(item, 0x20, "%s is not there", name);
    cr_assert_leq(length, room);
    choose(item);
    for (uint32_t i = 0; i < length; i++)
        to[i] = (uint8_t)vm_devtest_read(h, DATA, 1);
    cr_expect_eq(vm_devtest_read(h, DATA, 1), 0, "zeros behind the end");
    return length;
}

/* The structure of that type, or NULL; and the place of its strings' first byte. */
static uint8_t *structure(uint8_t *tables, uint32_t n, uint8_t type)
{
    for (uint8_t *s = tables; s + 4 <= tables + n;) {
        uint8_t *end = s + s[1];
        if (s[0] == type)
            return s;
        while (end[0] || end[1])
            end++;
        s = end + 2;
    }
    return NULL;
}

static const char *string_of(const uint8_t *s, uint32_t number)
{
    const char *p = (const char *)s + s[1];

    if (number == 0)
        return "";
    while (--number)
        p += strlen(p) + 1;
    return p;
}

Test(fwcfg, smbios)
{
    uint8_t anchor[24], tables[1024], sum = 0;

    cr_assert_eq(read_file("etc/smbios/smbios-anchor", anchor, sizeof(anchor)), 24);
    uint32_t n = read_file("etc/smbios/smbios-tables", tables, sizeof(tables));
    for (uint32_t i = 0; i < 24; i++)
        sum = (uint8_t)(sum + anchor[i]);
    cr_expect_eq(sum, 0);
    cr_expect_arr_eq(anchor, "_SM3_", 5);
    cr_expect_eq(anchor[12] | anchor[13] << 8, n);
    const uint8_t *system = structure(tables, n, 1);
    cr_assert_not_null(system);
    cr_expect_str_eq(string_of(system, system[4]), "vmrun");
    cr_expect_str_eq(string_of(system, system[5]), "virtual machine");
    cr_expect_eq(system[6] | system[7], 0, "neither version nor serial number");
    cr_assert_not_null(structure(tables, n, 3));
    cr_assert_not_null(structure(tables, n, 32));
    const uint8_t *last = structure(tables, n, 127);
    cr_expect_eq(last, tables + n - 6, "the last one, with no strings");
}

static int create_with(const char *key, const char *value, struct vm_error *err)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, key, value);
    return vm_devtest_create(h, err);
}

static void expect_refused(const char *key, const char *value, const char *why)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(create_with(key, value, &err), -1, "%s = %s", key, value);
    cr_expect(strstr(err.text, why), "%s", err.text);
    vm_devtest_free(h);
}

Test(fwcfg_user, smbios_of_the_user)
{
    static const uint8_t uuid[16] = {0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde,
                                     0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    uint8_t tables[1024];

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "manufacturer", "");
    vm_devtest_set(h, "serial", "ds=nocloud");
    vm_devtest_set(h, "uuid", "12345678-9ABC-def0-1234-56789abcdef0");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    uint32_t n = read_file("etc/smbios/smbios-tables", tables, sizeof(tables));
    const uint8_t *system = structure(tables, n, 1);
    cr_assert_not_null(system);
    cr_expect_eq(system[4], 0);
    cr_expect_str_eq(string_of(system, system[7]), "ds=nocloud");
    cr_expect_arr_eq(system + 8, uuid, 16);
    vm_devtest_free(h);
}

Test(fwcfg_user, smbios_refused)
{
    char text65[66];

    memset(text65, 'x', 65);
    text65[65] = '\0';
    expect_refused("serial", text65, "serial: has more than 64 characters");
    expect_refused("product", "a\tb", "product: has a character that is not printable ASCII");
    expect_refused("uuid", "12345678-9abc-def0-1234-56789abcdef", "is no UUID");
    expect_refused("uuid", "12345678-9abc-def0-1234-56789abcdef00", "is no UUID");
    expect_refused("uuid", "12345678-9abc-def0-123456789abcdef0", "is no UUID");
    expect_refused("uuid", "x2345678-9abc-def0-1234-56789abcdef0", "is no UUID");
}

/* ---- a folder of the user's ---- */

static char folder[] = "/tmp/vmrun-fwcfg-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s%s", folder, name);
    return path;
}

static void make_file(const char *name, uint64_t length)
{
    int fd = open(path_of(name), O_CREAT | O_RDWR, 0600);

    cr_assert(fd >= 0 && ftruncate(fd, (off_t)length) == 0);
    cr_assert_eq(pwrite(fd, "content", 7, 0), 7);
    close(fd);
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
    cr_assert_eq(mkdir(path_of("/opt"), 0700), 0);
}

static void remove_folder(void)
{
    cr_expect_eq(rmdir(path_of("/opt")), 0);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(fwcfg_folder, .init = make_folder, .fini = remove_folder);

Test(fwcfg_folder, files_have_their_paths)
{
    uint8_t bytes[64];
    uint32_t length = 0;

    make_file("/opt/one", 7);
    make_file("/bootorder", 9);
    make_file("/.hidden", 7);
    cr_assert_eq(create_with("files", folder, NULL), 0);
    unlink(path_of("/opt/one"));
    unlink(path_of("/bootorder"));
    unlink(path_of("/.hidden"));
    cr_expect_eq(read_file("opt/one", bytes, sizeof(bytes)), 7);
    cr_expect_arr_eq(bytes, "content", 7);
    cr_expect_eq(read_file("bootorder", bytes, sizeof(bytes)), 9);
    cr_expect_eq(find_file(".hidden", &length), 0);
    cr_expect_neq(find_file("etc/smbios/smbios-anchor", &length), 0, "besides, what is made here");
    vm_devtest_free(h);
}

Test(fwcfg_folder, refused)
{
    static const char long_name[] = "/opt/a-name-of-56-characters-which-is-one-more-than-there-fit";

    expect_refused("files", "/proc/none", "files: /proc/none: cannot be opened");
    make_file(long_name, 7);
    expect_refused("files", folder, "the name is longer than 55 characters");
    unlink(path_of(long_name));
    make_file("/opt/big", (16u << 20) + 1);
    expect_refused("files", folder, "opt/big: has more than 16 MiB");
    unlink(path_of("/opt/big"));
    cr_assert_eq(mkfifo(path_of("/opt/pipe"), 0600), 0);
    expect_refused("files", folder, "opt/pipe: is neither a file nor a folder");
    unlink(path_of("/opt/pipe"));
    cr_assert_eq(symlink("..", path_of("/opt/up")), 0);
    expect_refused("files", folder, "too many folders in each other");
    unlink(path_of("/opt/up"));
}
