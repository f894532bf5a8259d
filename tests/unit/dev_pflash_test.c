/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pflash_test.c - dev-pflash, driven by the commands of the Intel command set, and its file. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define BANK  0x100000u /* the tests' size: 4 blocks */
#define BLOCK 0x40000u
#define BOTH  0x10001u /* times a command: to both chips */
#define READY (0x80 * BOTH)
#define WRONG (0x30 * BOTH) /* a wrong sequence of commands */

static struct vm_devtest *h;
static struct vm_error err;
static char folder[] = "/tmp/vmrun-pflash-XXXXXX", file[64], template[64];

static uint32_t rd(uint32_t offset)
{
    return (uint32_t)vm_devtest_read(h, offset, 4);
}

static void wr(uint32_t offset, uint32_t value)
{
    vm_devtest_write(h, offset, 4, value);
}

static bool is_direct(void)
{
    bool direct;

    vm_devtest_memory(h, 0, &direct);
    return direct;
}

static uint32_t status(void)
{
    wr(0, 0x70 * BOTH);
    return rd(0);
}

static void program(uint32_t offset, uint32_t value)
{
    wr(offset, 0x40 * BOTH);
    wr(offset, value);
}

static void erase(uint32_t offset)
{
    wr(offset, 0x20 * BOTH);
    wr(offset, 0xd0 * BOTH);
}

/* n words, the i-th one first + i * step */
static void program_buffer(uint32_t offset, uint32_t n, uint32_t first, uint32_t step)
{
    wr(offset, 0xe8 * BOTH);
    cr_assert_eq(rd(offset), READY);
    wr(offset, (n - 1) * BOTH);
    for (uint32_t i = 0; i < n; i++)
        wr(offset + i * 4, first + i * step);
    wr(offset, 0xd0 * BOTH);
}

static void start(const char *with_file, const char *with_template, const char *readonly)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "size", "1M");
    if (with_file)
        vm_devtest_set(h, "file", with_file);
    if (with_template)
        vm_devtest_set(h, "template", with_template);
    vm_devtest_set(h, "readonly", readonly);
    err = (struct vm_error)VM_ERROR_INIT;
}

static void create(const char *with_file, const char *with_template, const char *readonly)
{
    start(with_file, with_template, readonly);
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
}

static void expect_refused(const char *with_file, const char *with_template, const char *readonly,
                           const char *why)
{
    start(with_file, with_template, readonly);
    cr_assert_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, why), "%s", err.text);
    vm_devtest_free(h);
}

static void setup(void)
{
    create(NULL, NULL, "no");
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(pflash, .init = setup, .fini = teardown);

/* ---- reading --------------------------------------------------------------------------------- */

Test(pflash, erased_and_direct_at_first)
{
    cr_expect_eq(rd(0), 0xffffffff);
    cr_expect_eq(rd(BANK - 4), 0xffffffff);
    cr_expect(is_direct());
    cr_expect_eq(vm_devtest_region(h, 0)->length, BANK);
}

Test(pflash, modes)
{
    program(8, 0x11223344);
    wr(0, 0x90 * BOTH);
    cr_expect_eq(rd(0), 0x89 * BOTH);
    cr_expect_not(is_direct());
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(8), 0x11223344);
    cr_expect(is_direct());
    wr(0, 0x98 * BOTH);
    cr_expect_eq(rd(0x10 * 4), 'Q' * BOTH);
    cr_expect_not(is_direct());
    wr(0, 0x70 * BOTH);
    cr_expect_eq(rd(8), READY);
    wr(0, 0xff * BOTH);
    cr_expect(is_direct());
}

Test(pflash, reads_of_all_sizes)
{
    program(8, 0x11223344);
    program(12, 0x55667788);
    wr(0, 0xff * BOTH);
    cr_expect_eq(vm_devtest_read(h, 8, 8), 0x5566778811223344);
    cr_expect_eq(vm_devtest_read(h, 10, 2), 0x1122);
    cr_expect_eq(vm_devtest_read(h, 11, 1), 0x11);
    cr_expect_eq(vm_devtest_access_write(h, 0, 8, 1, 0x70), VM_ACCESS_ERROR, "no bus is as narrow");
}

/* Each chip is on its own half of the bus. */
Test(pflash, one_chip_alone)
{
    vm_devtest_write(h, 2, 2, 0x40);
    vm_devtest_write(h, 2, 2, 0x1234);
    cr_expect_eq(rd(0), 0x0080ffff);
    cr_expect_not(is_direct());
    vm_devtest_write(h, 2, 2, 0xff);
    cr_expect_eq(rd(0), 0x1234ffff);
    cr_expect(is_direct());
    vm_devtest_write(h, 2, 2, 0x20);
    vm_devtest_write(h, 2, 2, 0xd0);
    program(0, 0xffff5678);
    vm_devtest_write(h, 2, 2, 0x20);
    vm_devtest_write(h, 2, 2, 0xd0);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(0), 0xffff5678, "an erase of one chip leaves the other alone");
}

/* CFI 6: what a driver takes from the table. */
Test(pflash, query_table)
{
    static const struct {
        uint32_t word, value;
    } expected[] = {
        {0x10, 'Q'}, {0x11, 'R'}, {0x12, 'Y'},  {0x13, 1},   {0x14, 0},   {0x15, 0x31},
        {0x27, 19},  {0x28, 1},   {0x2a, 6},    {0x2b, 0},   {0x2c, 1},   {0x2d, 3},
        {0x2e, 0},   {0x2f, 0},   {0x30, 2},    {0x31, 'P'}, {0x32, 'R'}, {0x33, 'I'},
        {0x34, '1'}, {0x35, '0'}, {0x36, 0x20}, {0x3f, 0},   {0x40, 0},   {0x0f, 0},
    };

    wr(0x55 * 4, 0x98 * BOTH);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        cr_expect_eq(rd(expected[i].word * 4), expected[i].value * BOTH, "word 0x%x: 0x%x",
                     expected[i].word, rd(expected[i].word * 4));
}

/* ---- programming and erasing ----------------------------------------------------------------- */

Test(pflash, bits_are_cleared_only)
{
    program(0x100, 0xff00ff0f);
    program(0x100, 0x0ffff0ff);
    cr_expect_eq(status(), READY);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(0x100), 0x0f00f00f);
    wr(0x100, 0x10 * BOTH);
    wr(0x100, 0);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(0x100), 0, "0x10 is the other command to program");
    cr_expect_eq(rd(0x104), 0xffffffff);
}

Test(pflash, erase_of_a_block)
{
    program(BLOCK - 4, 0);
    program(BLOCK, 0);
    program(2 * BLOCK - 4, 0);
    program(2 * BLOCK, 0);
    erase(BLOCK + 0x1234);
    cr_expect_eq(status(), READY);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(BLOCK - 4), 0);
    cr_expect_eq(rd(BLOCK), 0xffffffff);
    cr_expect_eq(rd(2 * BLOCK - 4), 0xffffffff);
    cr_expect_eq(rd(2 * BLOCK), 0);
}

Test(pflash, buffer)
{
    program_buffer(BLOCK - 128, 32, 0x1000, 0x10001);
    cr_expect_eq(status(), READY);
    program_buffer(BLOCK, 1, 0x77, 0);
    cr_expect_eq(status(), READY);
    wr(0, 0xff * BOTH);
    for (uint32_t i = 0; i < 32; i++)
        cr_expect_eq(rd(BLOCK - 128 + i * 4), 0x1000 + i * 0x10001);
    cr_expect_eq(rd(BLOCK - 132), 0xffffffff);
    cr_expect_eq(rd(BLOCK), 0x77);
}

/* Code may have been made from what was written, and only from that. */
Test(pflash, the_host_is_told_of_writes)
{
    uint64_t before = vm_devtest_memory_written(h);

    program(0, 0);
    cr_expect_eq(vm_devtest_memory_written(h) - before, 8, "once for each chip");
    erase(0);
    cr_expect_geq(vm_devtest_memory_written(h) - before, 8 + BLOCK);
}

static void expect_wrong(const char *what)
{
    cr_expect_eq(status(), READY | WRONG, "%s: 0x%x", what, rd(0));
    wr(0, 0x50 * BOTH);
    cr_expect_eq(status(), READY);
    wr(0, 0xff * BOTH);
    for (uint32_t i = 0; i < BANK; i += 4)
        if (rd(i) != 0xffffffff)
            cr_assert_fail("%s: changed 0x%x", what, i);
}

Test(pflash, wrong_sequences)
{
    wr(0, 0x20 * BOTH);
    wr(0, 0xff * BOTH);
    expect_wrong("an erase that is not confirmed");
    wr(0, 0x60 * BOTH);
    wr(0, 0x55 * BOTH);
    expect_wrong("an unknown change of a lock");
    wr(0, 0xe8 * BOTH);
    wr(0, 32 * BOTH);
    expect_wrong("more words than the buffer has");
    wr(0, 0xe8 * BOTH);
    wr(0, 1 * BOTH);
    wr(0x100, 0);
    wr(0x108, 0);
    expect_wrong("a word too far behind");
    wr(0, 0xe8 * BOTH);
    wr(0, 1 * BOTH);
    wr(0x100, 0);
    wr(0xfc, 0);
    expect_wrong("a word in front of the first");
    wr(0, 0xe8 * BOTH);
    wr(0, 1 * BOTH);
    wr(BLOCK - 4, 0);
    expect_wrong("a buffer across two blocks");
    wr(0, 0xe8 * BOTH);
    wr(0, 0);
    wr(0, 0);
    wr(0, 0xff * BOTH);
    expect_wrong("a buffer that is not confirmed");
    wr(BANK - 4, 0xe8 * BOTH);
    wr(BANK - 4, 31 * BOTH);
    wr(BANK - 4, 0);
    expect_wrong("a buffer beyond the end");
    wr(0, 0xd0 * BOTH);
    wr(0, 0xaa * BOTH);
    wr(0, 0xf0 * BOTH);
    cr_expect_eq(status(), READY, "unknown commands do nothing");
}

Test(pflash, locks)
{
    wr(BLOCK, 0x60 * BOTH);
    wr(BLOCK, 0x01 * BOTH);
    wr(BLOCK, 0x90 * BOTH);
    cr_expect_eq(rd(BLOCK + 8), 1 * BOTH);
    cr_expect_eq(rd(8), 0);
    program(BLOCK, 0);
    cr_expect_eq(status(), READY | 0x12 * BOTH);
    wr(0, 0x50 * BOTH);
    erase(BLOCK);
    cr_expect_eq(status(), READY | 0x22 * BOTH);
    wr(0, 0x50 * BOTH);
    program_buffer(BLOCK, 2, 0, 0);
    cr_expect_eq(status(), READY | 0x12 * BOTH);
    wr(0, 0x50 * BOTH);
    program(0, 0);
    wr(BLOCK, 0x60 * BOTH);
    wr(BLOCK, 0xd0 * BOTH);
    program(BLOCK, 5);
    cr_expect_eq(status(), READY);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(BLOCK), 5);
    cr_expect_eq(rd(0), 0);
}

Test(pflash, locked_down_until_a_reset)
{
    wr(0, 0x60 * BOTH);
    wr(0, 0x2f * BOTH);
    wr(0, 0x60 * BOTH);
    wr(0, 0xd0 * BOTH);
    program(0, 0);
    cr_expect_eq(status(), READY | 0x12 * BOTH);
    vm_devtest_reset(h);
    cr_expect(is_direct());
    cr_expect_eq(rd(0), 0xffffffff);
    program(0, 0);
    cr_expect_eq(status(), READY);
}

Test(pflash, contents_outlive_a_reset)
{
    program(4, 0x1234);
    vm_devtest_reset(h);
    cr_expect_eq(rd(4), 0x1234);
}

/* ---- saved state ----------------------------------------------------------------------------- */

Test(pflash, saved_state)
{
    wr(0x100, 0xe8 * BOTH);
    wr(0x100, 1 * BOTH);
    wr(0x100, 0x11111111);
    struct vm_devtest_state state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_load(h, &state, &err), 0, "%s", err.text);
    cr_expect_not(is_direct());
    wr(0x104, 0x22222222);
    wr(0x100, 0xd0 * BOTH);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(0x100), 0x11111111);
    cr_expect_eq(rd(0x104), 0x22222222);
    vm_devtest_state_free(&state);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void no_setup(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/flash", folder);
    snprintf(template, sizeof(template), "%s/template", folder);
}

static void remove_folder(void)
{
    unlink(file);
    unlink(template);
    cr_expect_eq(rmdir(folder), 0, "something was left in %s", folder);
}

TestSuite(pflash_file, .init = no_setup, .fini = remove_folder);

static void make_file(const char *path, uint64_t length)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

    cr_assert(fd >= 0 && ftruncate(fd, (off_t)length) == 0);
    if (length)
        cr_assert_eq(pwrite(fd, "firmware", 8, 0), 8);
    close(fd);
}

static uint32_t in_file(uint64_t offset)
{
    uint32_t value = 0x5a5a5a5a;
    int fd = open(file, O_RDONLY);

    cr_assert_eq(pread(fd, &value, 4, (off_t)offset), 4);
    close(fd);
    return value;
}

/* Before the next command: so that nothing is lost when the process is killed. */
Test(pflash_file, what_is_programmed_is_there_at_once)
{
    make_file(file, BANK);
    create(file, NULL, "no");
    cr_expect_eq(rd(0), 0x6d726966, "\"firm\"");
    erase(BLOCK);
    cr_expect_eq(in_file(2 * BLOCK - 4), 0xffffffff);
    program(BLOCK, 0x12345678);
    cr_expect_eq(in_file(BLOCK), 0x12345678);
    program_buffer(BLOCK + 4, 2, 7, 1);
    cr_expect_eq(in_file(BLOCK + 8), 8);
    wr(0, 0xff * BOTH);
    cr_expect_eq(vm_devtest_run_work(h), 1, "it is put on the disk when all is done");
    cr_expect_eq(vm_devtest_run_work(h), 0);
    vm_devtest_free(h);
    create(file, NULL, "no");
    cr_expect_eq(rd(BLOCK), 0x12345678);
    cr_expect_eq(rd(BLOCK + 8), 8);
    cr_expect_eq(rd(0), 0x6d726966);
    vm_devtest_free(h);
}

Test(pflash_file, made_from_a_template)
{
    make_file(template, 8192);
    create(file, template, "no");
    cr_expect_eq(rd(0), 0x6d726966);
    cr_expect_eq(rd(8), 0);
    cr_expect_eq(rd(8192), 0xffffffff);
    erase(0);
    cr_expect_eq(in_file(BANK - 4), 0xffffffff);
    cr_expect_eq(in_file(0), 0xffffffff);
    struct vm_devtest *first = h;
    expect_refused(file, template, "no", "is in use");
    vm_devtest_free(first);
    create(file, template, "no");
    cr_expect_eq(rd(0), 0xffffffff, "the template is for a file that is not there");
    vm_devtest_free(h);
}

/* --check makes a machine, too, and one whose start fails has no use for a file. */
Test(pflash_file, not_made_before_it_is_written)
{
    make_file(template, 8192);
    create(file, template, "no");
    wr(0, 0x70 * BOTH);
    wr(0, 0xff * BOTH);
    vm_devtest_reset(h);
    vm_devtest_free(h);
    cr_expect_neq(access(file, F_OK), 0);
    create(file, template, "yes");
    cr_expect_eq(rd(0), 0x6d726966, "there is nothing to write to a file");
    program(0, 0);
    vm_devtest_free(h);
    cr_expect_neq(access(file, F_OK), 0);
}

/* Two machines that want to make it: the second one's guest is told that it cannot write. */
Test(pflash_file, made_by_another_meanwhile)
{
    make_file(template, 8192);
    create(file, template, "no");
    make_file(file, BANK);
    program(8192, 0x12345678);
    cr_expect_eq(rd(0) & 0x10 * BOTH, 0x10 * BOTH, "programming fails");
    wr(0, 0x50 * BOTH);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(8192), 0xffffffff);
    cr_expect_eq(in_file(8192), 0);
    cr_expect_eq(vm_devtest_run_work(h), 0);
    vm_devtest_free(h);
}

Test(pflash_file, read_only)
{
    make_file(file, 8192);
    create(file, NULL, "yes");
    cr_expect_eq(rd(0), 0x6d726966);
    cr_expect_eq(rd(BANK - 4), 0xffffffff, "a short one is padded");
    program(0, 0);
    cr_expect_eq(status(), READY | 0x12 * BOTH);
    erase(0);
    cr_expect_eq(status(), READY | 0x32 * BOTH);
    wr(0, 0xff * BOTH);
    cr_expect_eq(rd(0), 0x6d726966);
    cr_expect_eq(in_file(0), 0x6d726966);
    vm_devtest_free(h);
}

/* For firmware that the board puts there. */
Test(pflash_file, read_only_without_a_file)
{
    create(NULL, NULL, "yes");
    cr_expect_eq(rd(0), 0);
    vm_devtest_free(h);
}

Test(pflash_file, refused)
{
    expect_refused(file, NULL, "no", "cannot be opened");
    expect_refused(file, template, "no", "cannot be opened");
    expect_refused(NULL, template, "no", "template: there is no file");
    expect_refused(folder, NULL, "yes", "is no regular file");
    make_file(file, 8192);
    expect_refused(file, NULL, "no", "has 8192 bytes, and the flash 1048576");
    make_file(file, BANK + 1);
    expect_refused(file, NULL, "yes", "has 1048577 bytes, more than the flash");
    unlink(file);
    make_file(template, BANK + 1);
    expect_refused(file, template, "no", "more than the flash");
    expect_refused("/proc/no/flash", template, "yes", "more than the flash");
    make_file(template, 8192);
    expect_refused("/proc/no/flash", template, "no", "cannot be made");
    cr_expect_neq(access(file, F_OK), 0, "nothing was made");
}

Test(pflash_file, in_use)
{
    make_file(file, BANK);
    create(file, NULL, "no");
    struct vm_devtest *first = h;
    expect_refused(file, NULL, "no", "is in use");
    expect_refused(file, NULL, "yes", "is in use");
    vm_devtest_free(first);
    create(file, NULL, "yes");
    first = h;
    create(file, NULL, "yes");
    vm_devtest_free(h);
    vm_devtest_free(first);
}

Test(pflash_file, size)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "size", "3M");
    err = (struct vm_error)VM_ERROR_INIT;
    cr_assert_eq(vm_devtest_create(h, &err), -1);
    cr_expect(strstr(err.text, "size: 3145728 is no power of two"), "%s", err.text);
    vm_devtest_free(h);
}
