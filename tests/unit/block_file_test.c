/* SPDX-License-Identifier: BSD-2-Clause */
/* block_file_test.c - block-file: what reaches the file and what comes back, by io_uring and by
 * threads; what is no disk; errors of the host. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define SIZE (4u << 20)

static struct vm_blocktest *h;
static char folder[] = "/var/tmp/vmrun-disk-XXXXXX", path[64];
static uint8_t data[SIZE], back[SIZE];

static void make_file(const char *name, off_t size)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, size), 0);
    close(fd);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/disk", folder);
    make_file(path, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    h = vm_blocktest_new(&vm_plugin_descriptor);
    vm_blocktest_set(h, "file", path);
}

static void teardown(void)
{
    vm_blocktest_free(h);
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(block_file, .init = setup, .fini = teardown, .timeout = 60);

/* Tests that go through all ways of carrying requests out. */
struct way {
    char aio[12], cache[12];
};
static struct way ways[] = {{"io_uring", "writeback"},
                            {"threads", "writeback"},
                            {"io_uring", "direct"},
                            {"threads", "direct"}};

/* False: this host does not have it, which for io_uring and O_DIRECT may be. */
static bool create(const struct way *way)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_blocktest_set(h, "aio", way->aio);
    vm_blocktest_set(h, "cache", way->cache);
    if (vm_blocktest_create(h, &err) == 0)
        return true;
    cr_assert(strstr(err.text, "io_uring cannot be used") || strstr(err.text, "cache = direct"),
              "%s", err.text);
    return false;
}

#define EACH_WAY(name)                                                                \
    ParameterizedTestParameters(block_file, name)                                     \
    {                                                                                 \
        return cr_make_param_array(struct way, ways, sizeof(ways) / sizeof(ways[0])); \
    }                                                                                 \
    ParameterizedTest(struct way *way, block_file, name)

static void file_bytes(off_t at, void *to, size_t n)
{
    int fd = open(path, O_RDONLY);

    cr_assert_eq(pread(fd, to, n, at), (ssize_t)n);
    close(fd);
}

EACH_WAY(writes_and_reads)
{
    if (!create(way))
        return;
    cr_expect_eq(vm_blocktest_info(h).length, SIZE);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 8192, data, 65536, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 131072, data + 4096, 4096, VM_BLOCK_FUA), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 8192, back, 65536, 0), 0);
    cr_expect_arr_eq(back, data, 65536);
    file_bytes(8192, back, 65536);
    cr_expect_arr_eq(back, data, 65536);
    file_bytes(131072, back, 4096);
    cr_expect_arr_eq(back, data + 4096, 4096);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, SIZE - 512, back, 512, 0), 0,
                 "the last sector");
    cr_expect_eq(back[0], 0);
}

/* Pieces of odd lengths at odd places, more than the kernel takes in one call. */
EACH_WAY(pieces)
{
    enum { PIECES = 1500, EACH = 512 };
    static struct vm_iovec iov[PIECES];
    struct vm_block_request *r;
    uint64_t total = (uint64_t)PIECES * EACH;

    if (!create(way))
        return;
    for (int i = 0; i < PIECES; i++)
        iov[i] = (struct vm_iovec){data + i * EACH, EACH};
    r = vm_blocktest_submit(h, VM_BLOCK_OP_WRITE, 512, iov, PIECES, 0);
    vm_blocktest_commit(h);
    cr_expect_eq(vm_blocktest_wait(h, r), 0);
    /* 1, 1023, 1, 1023 ... */
    for (int i = 0; i < PIECES; i++)
        iov[i] = (struct vm_iovec){back + i / 2 * 1024 + i % 2, i % 2 ? 1023 : 1};
    r = vm_blocktest_submit(h, VM_BLOCK_OP_READ, 512, iov, PIECES, 0);
    vm_blocktest_commit(h);
    cr_expect_eq(vm_blocktest_wait(h, r), 0);
    cr_expect_eq(memcmp(back, data, total), 0);
}

EACH_WAY(many_at_once)
{
    enum { N = 200 };
    struct vm_block_request *r[N];
    struct vm_iovec iov;

    if (!create(way))
        return;
    for (int i = 0; i < N; i++) {
        iov = (struct vm_iovec){data + i * 4096, 4096};
        r[i] = vm_blocktest_submit(h, VM_BLOCK_OP_WRITE, (uint64_t)(N - i) * 4096, &iov, 1, 0);
    }
    vm_blocktest_commit(h);
    for (int i = 0; i < N; i++)
        cr_expect_eq(vm_blocktest_wait(h, r[i]), 0);
    for (int i = 0; i < N; i++) {
        iov = (struct vm_iovec){back + i * 4096, 4096};
        r[i] = vm_blocktest_submit(h, VM_BLOCK_OP_READ, (uint64_t)(N - i) * 4096, &iov, 1, 0);
    }
    vm_blocktest_commit(h);
    for (int i = 0; i < N; i++)
        cr_expect_eq(vm_blocktest_wait(h, r[i]), 0);
    cr_expect_eq(memcmp(back, data, N * 4096), 0);
}

EACH_WAY(zeroes_and_discard)
{
    struct stat before, after;

    if (!create(way))
        return;
    cr_assert(vm_blocktest_info(h).flags & VM_BLOCK_DISCARD);
    cr_assert_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 1 << 20, 0), 0);
    cr_assert_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE_ZEROES, 512, NULL, 1024, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE_ZEROES, 65536, NULL, 65536,
                                 VM_BLOCK_UNMAP | VM_BLOCK_FUA),
                 0);
    memcpy(back + (1 << 20), data, 1 << 20);
    memset(back + (1 << 20) + 512, 0, 1024);
    memset(back + (1 << 20) + 65536, 0, 65536);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 1 << 20, 0), 0);
    cr_expect_eq(memcmp(back, back + (1 << 20), 1 << 20), 0);
    cr_assert_eq(stat(path, &before), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_DISCARD, 1 << 19, NULL, 1 << 19, 0), 0);
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(after.st_size, SIZE);
    cr_expect_lt(after.st_blocks, before.st_blocks, "space was given back");
}

/* A file that somebody made shorter meanwhile. */
EACH_WAY(truncated)
{
    if (!create(way))
        return;
    cr_assert_eq(truncate(path, 65536), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 65536, back, 4096, 0), EIO);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 65536 - 4096, back, 8192, 0), EIO);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 65536, 0), 0);
}

/* As a full disk does, a limit lets the first part of a write through. */
EACH_WAY(no_room)
{
    const struct rlimit limit = {1 << 20, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (!create(way))
        return;
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 2 << 20, data, 4096, 0), EFBIG);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, (1 << 20) - 4096, data, 8192, 0), EFBIG);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 4096, 0), 0, "the others go on");
}

/* Requests that a thread left behind when it ended are carried out all the same. */
static void *submit_and_leave(void *opaque)
{
    struct vm_block_request **r = opaque;

    for (int i = 0; i < 64; i++) {
        struct vm_iovec iov = {data + i * 16384, 16384};
        r[i] =
            vm_blocktest_submit(h, VM_BLOCK_OP_WRITE, (uint64_t)i * 16384, &iov, 1, VM_BLOCK_FUA);
    }
    vm_blocktest_commit(h);
    return NULL;
}

EACH_WAY(submitters_end)
{
    struct vm_block_request *r[64];
    pthread_t thread;

    if (!create(way))
        return;
    cr_assert_eq(pthread_create(&thread, NULL, submit_and_leave, r), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 64; i++)
        cr_expect_eq(vm_blocktest_wait(h, r[i]), 0);
    file_bytes(0, back, 64 * 16384);
    cr_expect_eq(memcmp(back, data, 64 * 16384), 0);
}

/* In the place of the C library's: a disk that fails, a file system that has no holes. */
static bool no_flush, no_holes;

int fdatasync(int fd)
{
    if (!no_flush)
        return fsync(fd);
    errno = EIO;
    return -1;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    if (!no_holes)
        return (int)syscall(SYS_fallocate, fd, mode, offset, length);
    errno = EOPNOTSUPP;
    return -1;
}

/* The kernel forgets what it could not write, and calls the next flush a success. */
Test(block_file, failed_flush_is_remembered)
{
    vm_blocktest_set(h, "aio", "threads");
    cr_assert_eq(vm_blocktest_create(h, NULL), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    no_flush = true;
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), EIO);
    no_flush = false;
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), EIO);
}

Test(block_file, zeroes_without_holes)
{
    no_holes = true;
    cr_assert_eq(vm_blocktest_create(h, NULL), 0);
    cr_assert_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 3 << 20, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE_ZEROES, 512, NULL, 2 << 20, VM_BLOCK_UNMAP),
                 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_DISCARD, 0, NULL, 512, 0), 0, "a hint, not taken");
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 3 << 20, 0), 0);
    memset(data + 512, 0, 2 << 20);
    cr_expect_eq(memcmp(back, data, 3 << 20), 0);
}

static void expect_refused(const char *text)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_blocktest_create(h, &err), -1);
    cr_expect_not_null(strstr(err.text, text), "%s", err.text);
}

Test(block_file, is_not_there)
{
    vm_blocktest_set(h, "file", "/nowhere/disk.img");
    unlink(path);
    expect_refused("No such file");
    make_file(path, 512);
}

Test(block_file, odd_length)
{
    make_file(path, 1000);
    expect_refused("truncate -s %512");
}

Test(block_file, empty)
{
    make_file(path, 0);
    expect_refused("is empty");
}

Test(block_file, folder)
{
    unlink(path);
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused("a folder");
    rmdir(path);
}

Test(block_file, fifo)
{
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused("regular file or a block device");
}

Test(block_file, locked_against_a_second_writer)
{
    struct vm_blocktest *second = vm_blocktest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(vm_blocktest_create(h, NULL), 0);
    vm_blocktest_set(second, "file", path);
    cr_expect_eq(vm_blocktest_create(second, &err), -1);
    cr_expect_not_null(strstr(err.text, "in use"), "%s", err.text);
    vm_blocktest_free(second);
}

Test(block_file, readers_share)
{
    struct vm_blocktest *second = vm_blocktest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_blocktest_set(h, "read-only", "yes");
    cr_assert_eq(vm_blocktest_create(h, NULL), 0);
    vm_blocktest_set(second, "file", path);
    vm_blocktest_set(second, "read-only", "yes");
    cr_expect_eq(vm_blocktest_create(second, &err), 0, "%s", err.text);
    cr_expect_eq(vm_blocktest_info(second).flags, VM_BLOCK_READ_ONLY);
    cr_expect_eq(vm_blocktest_do(second, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    vm_blocktest_free(second);
}

/* Runs as another user where the test is root, whom no permission stops. */
Test(block_file, auto_read_only)
{
    cr_assert_eq(chmod(path, 0444), 0);
    cr_assert_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    int created = vm_blocktest_create(h, NULL);
    cr_expect_eq(created, 0);
    cr_expect_eq(vm_blocktest_info(h).flags, VM_BLOCK_READ_ONLY);
    vm_blocktest_destroy(h);
    vm_blocktest_set(h, "read-only", "no");
    struct vm_error err = VM_ERROR_INIT;
    struct vm_blocktest *strict = vm_blocktest_new(&vm_plugin_descriptor);
    vm_blocktest_set(strict, "file", path);
    vm_blocktest_set(strict, "read-only", "no");
    cr_expect_eq(vm_blocktest_create(strict, &err), -1);
    cr_expect_not_null(strstr(err.text, "read-only = yes"), "%s", err.text);
    vm_blocktest_free(strict);
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

Test(block_file, wants_paths_only)
{
    const struct vm_block_ops *ops = vm_blocktest_ops(h);
    const char *property = NULL;

    cr_expect_eq(ops->wants("disk.img", &property), 1);
    cr_expect_str_eq(property, "file");
    cr_expect_eq(ops->wants("/a:b/c", &property), 1);
    cr_expect_eq(ops->wants("nbd://localhost", &property), 0);
}
