/* SPDX-License-Identifier: BSD-2-Clause */
/* char_file_test.c - char-file: what ends up in the file, and what is no file. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_chartest *h;
static char folder[] = "/tmp/vmrun-file-XXXXXX", path[64];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_set(h, "path", path);
}

static void teardown(void)
{
    vm_chartest_free(h);
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(file, .init = setup, .fini = teardown, .timeout = 20);

static const char *contents(void)
{
    static char buffer[256];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, buffer, sizeof(buffer) - 1);

    close(fd);
    buffer[n > 0 ? n : 0] = '\0';
    return n < 0 ? "no file" : buffer;
}

static void put(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

Test(file, is_made_and_written)
{
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_expect_eq(vm_chartest_write(h, "one ", 4), 4);
    cr_expect_eq(vm_chartest_write(h, "two", 3), 3);
    cr_expect_str_eq(contents(), "one two", "at once");
    vm_chartest_destroy(h);
    cr_expect_str_eq(contents(), "one two");
}

Test(file, starts_empty)
{
    put("old");
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_expect_eq(vm_chartest_write(h, "n", 1), 1);
    cr_expect_str_eq(contents(), "n");
}

Test(file, append)
{
    put("old ");
    vm_chartest_set(h, "append", "on");
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_expect_eq(vm_chartest_write(h, "new", 3), 3);
    cr_expect_str_eq(contents(), "old new");
}

Test(file, an_empty_one_is_removed_if_it_was_made)
{
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    vm_chartest_destroy(h);
    cr_expect_str_eq(contents(), "no file");
    put("");
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    vm_chartest_destroy(h);
    cr_expect_str_eq(contents(), "", "it was there before");
}

Test(file, errors_are_said_once_and_output_goes_on)
{
    struct rlimit limit = {.rlim_cur = 4, .rlim_max = RLIM_INFINITY};

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(vm_chartest_write(h, "12345", 5), 5);
    cr_expect_eq(vm_chartest_write(h, "6", 1), 1);
    cr_expect_eq(vm_test_log_lines(), 1);
    cr_expect(strstr(vm_test_log_text(), "File too large"), "%s", vm_test_log_text());
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(vm_chartest_write(h, "7", 1), 1);
    cr_expect_str_eq(contents(), "12347");
}

static void expect_refused(const char *message)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_chartest_create(h, &err), -1);
    cr_expect(strstr(err.text, message), "%s", err.text);
}

Test(file, a_folder_is_refused)
{
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused("Is a directory");
    rmdir(path);
}

Test(file, a_fifo_is_refused)
{
    int reader;

    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused("No such device"); /* nobody reads: and opening it did not wait */
    reader = open(path, O_RDONLY | O_NONBLOCK);
    expect_refused("is not a regular file");
    close(reader);
}

Test(file, no_folder)
{
    struct vm_chartest *other = vm_chartest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_chartest_set(other, "path", "/no/such/folder/log");
    cr_expect_eq(vm_chartest_create(other, &err), -1);
    cr_expect(strstr(err.text, "No such file"));
    vm_chartest_free(other);
}
