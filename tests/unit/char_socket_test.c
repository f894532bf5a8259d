/* SPDX-License-Identifier: BSD-2-Clause */
/* char_socket_test.c - char-socket: clients come and go, and what may lie at its path. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_chartest *h;
static char folder[] = "/tmp/vmrun-socket-XXXXXX", path[64];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_set(h, "path", path);
}

static void teardown(void)
{
    vm_chartest_free(h);
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(sock, .init = setup, .fini = teardown, .timeout = 20);

static int try_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int client(void)
{
    int fd = try_connect();

    cr_assert_geq(fd, 0);
    vm_chartest_settle(h);
    return fd;
}

static void leave(int fd)
{
    close(fd);
    vm_chartest_settle(h);
}

static const char *heard(int fd)
{
    static char buffer[256];
    ssize_t n;

    vm_chartest_settle(h);
    n = read(fd, buffer, sizeof(buffer) - 1);
    buffer[n > 0 ? n : 0] = '\0';
    return buffer;
}

Test(sock, both_ways)
{
    int fd;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    fd = client();
    cr_expect_str_eq(vm_chartest_events(h), "opened ");
    cr_expect_eq(write(fd, "in", 2), 2);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "in");
    cr_expect_eq(vm_chartest_write(h, "out", 3), 3);
    cr_expect_str_eq(heard(fd), "out");
    leave(fd);
    cr_expect_str_eq(vm_chartest_events(h), "opened closed ");
}

Test(sock, without_a_client_output_is_dropped)
{
    int fd;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    for (int i = 0; i < 10000; i++)
        cr_assert_eq(vm_chartest_write(h, "dropped", 7), 7);
    fd = client();
    cr_expect_eq(vm_chartest_write(h, "seen", 4), 4);
    cr_expect_str_eq(heard(fd), "seen");
    close(fd);
}

Test(sock, one_client_at_a_time)
{
    int first, second;
    char byte;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    first = client();
    second = client();
    cr_expect_eq(read(second, &byte, 1), 0, "turned away");
    cr_expect_eq(vm_chartest_write(h, "hi", 2), 2);
    cr_expect_str_eq(heard(first), "hi");
    close(first); /* not noticed yet when the next one comes */
    close(second);
    second = client();
    cr_expect_eq(vm_chartest_write(h, "ho", 2), 2);
    cr_expect_str_eq(heard(second), "ho");
    leave(second);
    cr_expect_str_eq(vm_chartest_events(h), "opened closed opened closed ");
}

Test(sock, a_client_that_writes_and_leaves_is_heard_to_the_end)
{
    int fd;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    vm_chartest_input_room(h, 2);
    fd = client();
    cr_expect_eq(write(fd, "abcdef", 6), 6);
    vm_chartest_settle(h);
    leave(fd);
    cr_expect_eq(vm_chartest_write(h, "echo", 4), 4, "and no SIGPIPE");
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_events(h), "opened ");
    vm_chartest_input_room(h, SIZE_MAX);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abcdef");
    cr_expect_str_eq(vm_chartest_events(h), "opened closed ");
}

Test(sock, a_client_that_does_not_read_blocks_nobody)
{
    static char block[4096];
    size_t taken, total = 0;
    uint32_t calls;
    int fd;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    fd = client();
    do {
        taken = vm_chartest_write(h, block, sizeof(block));
        total += taken;
        vm_chartest_settle(h);
    } while (taken > 0 && total < 100000000);
    cr_expect_lt(total, 100000000);
    calls = vm_chartest_writable_calls(h);
    leave(fd);
    cr_expect_gt(vm_chartest_writable_calls(h), calls,
                 "who waited for room is told when the client leaves");
    cr_expect_eq(vm_chartest_write(h, block, sizeof(block)), sizeof(block));
}

Test(sock, only_for_its_owner)
{
    struct stat st;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_assert_eq(lstat(path, &st), 0);
    cr_expect(S_ISSOCK(st.st_mode));
    cr_expect_eq(st.st_mode & 0777, 0600);
    vm_chartest_destroy(h);
    cr_expect_neq(lstat(path, &st), 0, "removed at the end");
}

Test(sock, a_dead_socket_is_replaced)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    cr_assert_eq(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    close(client());
}

static void expect_refused(const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_chartest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
}

Test(sock, a_living_socket_is_left)
{
    struct vm_chartest *other = vm_chartest_new(&vm_plugin_descriptor);
    int fd;

    vm_chartest_set(other, "path", path);
    cr_assert_eq(vm_chartest_create(other, NULL), 0);
    expect_refused("in use by another process");
    fd = try_connect();
    cr_expect_geq(fd, 0, "the other one still serves");
    close(fd);
    vm_chartest_free(other);
}

Test(sock, what_is_no_socket_is_left)
{
    struct stat st;

    close(open(path, O_CREAT | O_WRONLY, 0600));
    expect_refused("exists and is no socket");
    cr_expect_eq(lstat(path, &st), 0);
    cr_expect(S_ISREG(st.st_mode));
}

static void expect_path_refused(const char *bad, const char *message)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_chartest *other = vm_chartest_new(&vm_plugin_descriptor);

    vm_chartest_set(other, "path", bad);
    cr_expect_eq(vm_chartest_create(other, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
    vm_chartest_free(other);
}

Test(sock, bad_paths)
{
    char long_path[200];

    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    expect_path_refused(long_path, "at most 107 characters");
    expect_path_refused("/no/such/folder/socket", "No such file");
}

Test(sock, a_file_put_in_its_place_is_left)
{
    struct stat st;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_assert_eq(unlink(path), 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    vm_chartest_destroy(h);
    cr_expect_eq(lstat(path, &st), 0);
}

Test(sock, failing_watches_leave_nothing)
{
    struct vm_error err = VM_ERROR_INIT;
    struct stat st;
    int before = dup(0);

    close(before);
    for (uint32_t n = 1; n <= 2; n++) {
        struct vm_chartest *other = vm_chartest_new(&vm_plugin_descriptor);

        vm_chartest_set(other, "path", path);
        vm_chartest_fail_watch(other, n);
        cr_expect_eq(vm_chartest_create(other, &err), -1);
        cr_expect_neq(lstat(path, &st), 0);
        vm_chartest_free(other);
    }
    cr_expect_eq(dup(0), before);
}

/* With no descriptor left a client is turned away, and the knocking stops. */
Test(sock, descriptors_run_out)
{
    struct rlimit limit;
    int fd, spare[64], n = 0;
    char byte;

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 64;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (n < 64 && (spare[n] = dup(0)) >= 0)
        n++;
    close(spare[--n]);
    fd = client();
    cr_expect_eq(read(fd, &byte, 1), 0);
    cr_expect(strstr(vm_test_log_text(), "too many open files"));
    close(fd);
    while (n > 0)
        close(spare[--n]);
    fd = client();
    cr_expect_str_eq(vm_chartest_events(h), "opened ");
    close(fd);
}
