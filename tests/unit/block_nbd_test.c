/* SPDX-License-Identifier: BSD-2-Clause */
/* block_nbd_test.c - block-nbd against nbdkit: data, errors, servers that go away, come back, or
 * never answer. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define SIZE (64u << 20)

static struct vm_blocktest *h;
static char folder[] = "/tmp/vmrun-nbd-XXXXXX", sock[64], ready[64], image[64], uri[128];
static pid_t server;
static uint8_t data[SIZE / 4], back[SIZE / 4];

static void nap(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* nbdkit with these arguments, up and listening: that is when it writes its process id. */
static void start(const char *arg, ...)
{
    const char *args[24] = {"nbdkit", "-f", "-U", sock, "-P", ready};
    int n = 6;
    va_list list;

    va_start(list, arg);
    for (; arg && n < 23; arg = va_arg(list, const char *))
        args[n++] = arg;
    va_end(list);
    server = fork();
    if (server == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execvp("nbdkit", (char *const *)args);
        _exit(127);
    }
    for (int i = 0; i < 500 && access(ready, F_OK); i++)
        nap(20);
    cr_assert_eq(access(ready, F_OK), 0, "nbdkit does not start");
}

static void stop(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    unlink(sock);
    unlink(ready);
}

static void setup(void)
{
    if (system("nbdkit --version >/dev/null 2>&1"))
        cr_skip_test("nbdkit is not installed");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(sock, sizeof(sock), "%s/s", folder);
    snprintf(ready, sizeof(ready), "%s/p", folder);
    snprintf(image, sizeof(image), "%s/i", folder);
    snprintf(uri, sizeof(uri), "nbd+unix:///?socket=%s", sock);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    h = vm_blocktest_new(&vm_plugin_descriptor);
    vm_blocktest_set(h, "uri", uri);
}

static void teardown(void)
{
    vm_blocktest_free(h);
    stop();
    unlink(image);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(block_nbd, .init = setup, .fini = teardown, .timeout = 60);

static void create(void)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(vm_blocktest_create(h, &err), 0, "%s", err.text);
}

static void make_image(void)
{
    int fd = open(image, O_WRONLY | O_CREAT, 0600);

    cr_assert_eq(ftruncate(fd, SIZE), 0);
    close(fd);
}

Test(block_nbd, writes_and_reads)
{
    start("memory", "64M", NULL);
    create();
    struct vm_block_info info = vm_blocktest_info(h);
    cr_expect_eq(info.length, SIZE);
    cr_expect(info.flags & VM_BLOCK_VOLATILE);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 4096, data, sizeof(data), 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 512, VM_BLOCK_FUA), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 4096, back, sizeof(back), 0), 0);
    cr_expect_eq(memcmp(back, data, sizeof(data)), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE_ZEROES, 4096, NULL, 8192, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_DISCARD, 65536, NULL, 65536, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 4096, back, 16384, 0), 0);
    cr_expect_eq(back[8191], 0);
    cr_expect_eq(back[8192], data[8192]);
}

/* One request longer than any command may be, in pieces of odd lengths. */
Test(block_nbd, long_request_in_pieces)
{
    struct vm_block_request *r;
    struct vm_iovec iov[3] = {{data, 1}, {data + 1, 5 << 20}, {data + 1 + (5 << 20), 0}};

    iov[2].length = sizeof(data) - iov[0].length - iov[1].length;
    start("--filter=blocksize-policy", "memory", "64M", "blocksize-maximum=1M", NULL);
    create();
    r = vm_blocktest_submit(h, VM_BLOCK_OP_WRITE, 512, iov, 3, 0);
    cr_expect_eq(vm_blocktest_wait(h, r), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 512, back, sizeof(back), 0), 0);
    cr_expect_eq(memcmp(back, data, sizeof(data)), 0);
}

Test(block_nbd, many_at_once)
{
    enum { N = 200 };
    struct vm_block_request *r[N];

    start("memory", "64M", NULL);
    create();
    for (int i = 0; i < N; i++) {
        struct vm_iovec iov = {data + i * 4096, 4096};
        r[i] = vm_blocktest_submit(h, VM_BLOCK_OP_WRITE, (uint64_t)i * 4096, &iov, 1, 0);
    }
    for (int i = 0; i < N; i++)
        cr_expect_eq(vm_blocktest_wait(h, r[i]), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, N * 4096, 0), 0);
    cr_expect_eq(memcmp(back, data, N * 4096), 0);
}

Test(block_nbd, server_says_no)
{
    start("--filter=error", "memory", "64M", "error-pwrite=ENOSPC", "error-pwrite-rate=100%",
          "error-pread=EIO", "error-pread-rate=100%", NULL);
    create();
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 4096, 0), ENOSPC);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), EIO);
}

Test(block_nbd, read_only)
{
    start("-r", "memory", "64M", NULL);
    create();
    cr_expect_eq(vm_blocktest_info(h).flags, VM_BLOCK_READ_ONLY);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), 0);
}

static void expect_refused(const char *text)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_blocktest_create(h, &err), -1);
    cr_expect_not_null(strstr(err.text, text), "%s", err.text);
}

Test(block_nbd, no_server)
{
    expect_refused("cannot connect to nbd+unix");
}

Test(block_nbd, odd_length)
{
    start("memory", "1000", NULL);
    expect_refused("multiple of 512");
}

/* Something listens and never says a word. */
Test(block_nbd, silent_server)
{
    vm_blocktest_set(h, "timeout", "300ms");
    start("--filter=delay", "memory", "64M", "delay-open=1000", NULL);
    expect_refused("no answer");
}

Test(block_nbd, server_gone)
{
    struct vm_block_request *r[8];

    start("--filter=delay", "memory", "64M", "rdelay=1", NULL);
    create();
    for (int i = 0; i < 8; i++) {
        struct vm_iovec iov = {back + i * 4096, 4096};
        r[i] = vm_blocktest_submit(h, VM_BLOCK_OP_READ, 0, &iov, 1, 0);
    }
    stop();
    for (int i = 0; i < 8; i++)
        cr_expect_eq(vm_blocktest_wait(h, r[i]), EIO);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), EIO);
    cr_expect_gt(vm_test_log_lines(), 0, "the user is told");
}

Test(block_nbd, server_hangs)
{
    vm_blocktest_set(h, "timeout", "500ms");
    start("--filter=delay", "memory", "64M", "rdelay=1000", NULL);
    create();
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), EIO);
}

/* The server comes back in time: nothing is noticed. */
Test(block_nbd, reconnects)
{
    struct vm_iovec iov = {back, 4096};
    struct vm_block_request *r;

    make_image();
    vm_blocktest_set(h, "reconnect", "20s");
    start("file", image, NULL);
    create();
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 4096, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    stop();
    r = vm_blocktest_submit(h, VM_BLOCK_OP_READ, 0, &iov, 1, 0);
    nap(300);
    cr_expect_not(vm_blocktest_done(h, r));
    start("file", image, NULL);
    cr_expect_eq(vm_blocktest_wait(h, r), 0);
    cr_expect_eq(memcmp(back, data, 4096), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
}

/* What the lost server had not flushed may be gone. */
Test(block_nbd, lost_writes_are_told)
{
    make_image();
    vm_blocktest_set(h, "reconnect", "20s");
    start("file", image, NULL);
    create();
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, data, 4096, 0), 0);
    stop();
    start("file", image, NULL);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), 0);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), EIO);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
}

Test(block_nbd, reconnect_in_vain)
{
    make_image();
    vm_blocktest_set(h, "reconnect", "1s");
    start("file", image, NULL);
    create();
    stop();
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), EIO);
}

/* Another disk under the same name is not gone on with. */
Test(block_nbd, another_size)
{
    make_image();
    vm_blocktest_set(h, "reconnect", "1500ms");
    start("file", image, NULL);
    create();
    stop();
    cr_assert_eq(truncate(image, SIZE / 2), 0);
    start("file", image, NULL);
    cr_expect_eq(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, back, 4096, 0), EIO);
}

Test(block_nbd, wants_its_schemes)
{
    const struct vm_block_ops *ops = vm_blocktest_ops(h);
    const char *property = NULL;

    cr_expect_eq(ops->wants("nbd://localhost:10809/x", &property), 100);
    cr_expect_str_eq(property, "uri");
    cr_expect_eq(ops->wants("nbd+unix:///?socket=/tmp/s", &property), 100);
    cr_expect_eq(ops->wants("nbd", &property), 0);
    cr_expect_eq(ops->wants("disk.img", &property), 0);
}
