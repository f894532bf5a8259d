/* SPDX-License-Identifier: BSD-2-Clause */
/* char_pty_test.c - char-pty: somebody opens and closes the other end, and the link to it. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_chartest *h;
static char folder[] = "/tmp/vmrun-pty-XXXXXX", path[64], name[64];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/link", folder);
    h = vm_chartest_new(&vm_plugin_descriptor);
}

static void teardown(void)
{
    vm_chartest_free(h);
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(pty, .init = setup, .fini = teardown, .timeout = 20);

static void create(void)
{
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_assert_eq(sscanf(vm_test_log_text(), "serial line is %63[^, ]", name), 1, "%s",
                 vm_test_log_text());
}

static int open_peer(void)
{
    int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);

    cr_assert_geq(fd, 0);
    vm_chartest_settle(h);
    return fd;
}

static void close_peer(int fd)
{
    close(fd);
    vm_chartest_settle(h);
}

static const char *read_peer(int fd)
{
    static char buffer[256];
    ssize_t n;

    vm_chartest_settle(h);
    n = read(fd, buffer, sizeof(buffer) - 1);
    buffer[n > 0 ? n : 0] = '\0';
    return buffer;
}

Test(pty, both_ways)
{
    int fd;

    create();
    fd = open_peer();
    cr_expect_str_eq(vm_chartest_events(h), "opened ");
    cr_expect_eq(write(fd, "in\r\003", 4), 4);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "in\r\003", "raw");
    cr_expect_eq(vm_chartest_write(h, "out\n", 4), 4);
    cr_expect_str_eq(read_peer(fd), "out\n", "raw, and no echo");
    close_peer(fd);
    cr_expect_str_eq(vm_chartest_events(h), "opened closed ");
}

Test(pty, without_a_peer_output_is_dropped_and_nothing_spins)
{
    int fd;

    create();
    vm_chartest_settle(h);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(vm_chartest_write(h, "dropped", 7), 7);
    fd = open_peer();
    cr_expect_eq(vm_chartest_write(h, "seen", 4), 4);
    cr_expect_str_eq(read_peer(fd), "seen");
    close_peer(fd);
    cr_expect_str_eq(vm_chartest_events(h), "opened closed ");
}

Test(pty, peers_come_and_go)
{
    create();
    for (int i = 0; i < 5; i++) {
        int fd = open_peer();

        cr_expect_eq(write(fd, "x", 1), 1);
        vm_chartest_settle(h);
        close_peer(fd);
    }
    cr_expect_str_eq(vm_chartest_input(h, NULL), "xxxxx");
    cr_expect_str_eq(vm_chartest_events(h),
                     "opened closed opened closed opened closed opened closed opened closed ");
}

Test(pty, a_peer_that_writes_and_leaves_is_heard_to_the_end)
{
    int fd;

    create();
    vm_chartest_input_room(h, 2);
    fd = open_peer();
    cr_expect_eq(write(fd, "abcdef", 6), 6);
    vm_chartest_settle(h);
    close_peer(fd);
    cr_expect_eq(vm_chartest_write(h, "echo", 4), 4);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "ab");
    vm_chartest_input_room(h, SIZE_MAX);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abcdef");
    cr_expect_str_eq(vm_chartest_events(h), "opened closed ");
}

Test(pty, a_peer_that_does_not_read_blocks_nobody)
{
    static char block[4096], got[4096];
    size_t taken, total = 0, received = 0;
    ssize_t n;
    int fd;

    create();
    fd = open_peer();
    memset(block, 'x', sizeof(block));
    do {
        taken = vm_chartest_write(h, block, sizeof(block));
        total += taken;
        vm_chartest_settle(h);
    } while (taken > 0 && total < 10000000);
    cr_expect_lt(total, 10000000);
    while ((n = read(fd, got, sizeof(got))) > 0 || vm_chartest_turn(h, 20) > 0)
        received += n > 0 ? (size_t)n : 0;
    cr_expect_eq(received, total);
    cr_expect_gt(vm_chartest_writable_calls(h), 0);
    close_peer(fd);
}

Test(pty, drain_lets_the_peer_read)
{
    int status;
    pid_t reader;

    create();
    reader = fork();
    if (reader == 0) {
        char buffer[64];
        int fd = open(name, O_RDWR | O_NOCTTY);
        size_t got = 0;
        ssize_t n;

        usleep(200000);
        while (got < 8 && (n = read(fd, buffer, sizeof(buffer))) > 0)
            got += (size_t)n;
        _exit(got == 8 ? 42 : 1);
    }
    while (strcmp(vm_chartest_events(h), "opened ") != 0)
        vm_chartest_turn(h, 100);
    cr_expect_eq(vm_chartest_write(h, "the end\n", 8), 8);
    vm_chartest_ops(h)->drain(vm_chartest_backend(h));
    vm_chartest_destroy(h);
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_expect_eq(WEXITSTATUS(status), 42);
}

Test(pty, link_is_made_and_removed)
{
    char target[64] = "";
    struct stat st;

    vm_chartest_set(h, "link", path);
    create();
    cr_expect_gt(readlink(path, target, sizeof(target) - 1), 0);
    cr_expect_str_eq(target, name);
    vm_chartest_destroy(h);
    cr_expect_neq(lstat(path, &st), 0);
}

Test(pty, a_stale_link_is_replaced)
{
    char target[64] = "";

    cr_assert_eq(symlink("/dev/pts/987654", path), 0);
    vm_chartest_set(h, "link", path);
    create();
    cr_expect_gt(readlink(path, target, sizeof(target) - 1), 0);
    cr_expect_str_eq(target, name);
}

Test(pty, a_link_that_somebody_changed_is_left)
{
    struct stat st;

    vm_chartest_set(h, "link", path);
    create();
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink("/etc/hostname", path), 0);
    vm_chartest_destroy(h);
    cr_expect_eq(lstat(path, &st), 0);
}

static void expect_refused(const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_chartest_set(h, "link", path);
    cr_expect_eq(vm_chartest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
}

Test(pty, what_is_no_link_of_ours_is_refused)
{
    struct stat st;

    close(open(path, O_CREAT | O_WRONLY, 0600));
    expect_refused("exists and is no link");
    cr_expect_eq(lstat(path, &st), 0);
}

Test(pty, a_link_elsewhere_is_refused)
{
    cr_assert_eq(symlink("/etc/hostname", path), 0);
    expect_refused("exists and is no link");
}

Test(pty, a_link_in_no_folder_is_refused)
{
    snprintf(path, sizeof(path), "%s/no/such/link", folder);
    expect_refused("No such file");
}

Test(pty, failing_watches_leave_nothing)
{
    struct vm_error err = VM_ERROR_INIT;
    struct stat st;
    int before = dup(0);

    close(before);
    vm_chartest_set(h, "link", path);
    vm_chartest_fail_watch(h, 2);
    cr_expect_eq(vm_chartest_create(h, &err), -1);
    cr_expect_neq(lstat(path, &st), 0);
    cr_expect_eq(dup(0), before);
}
