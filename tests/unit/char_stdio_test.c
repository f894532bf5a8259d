/* SPDX-License-Identifier: BSD-2-Clause */
/* char_stdio_test.c - char-stdio over pipes, files, sockets and terminals. Each test has a process
 * of its own. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

TestSuite(stdio, .timeout = 20);

static struct vm_chartest *h;
static int input, output; /* our ends of standard input and output */

static void create(void)
{
    h = vm_chartest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
}

static void become(int fd, int standard)
{
    cr_assert_geq(dup2(fd, standard), 0);
    close(fd);
}

static void use_pipes(void)
{
    int in[2], out[2];

    cr_assert_eq(pipe(in), 0);
    cr_assert_eq(pipe(out), 0);
    become(in[0], 0);
    become(out[1], 1);
    input = in[1];
    output = out[0];
    signal(SIGPIPE, SIG_IGN);
}

/* A terminal as standard input and output; `input` and `output` are its other end. */
static void use_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

    cr_assert_geq(master, 0);
    cr_assert_eq(grantpt(master), 0);
    cr_assert_eq(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_geq(slave, 0);
    cr_assert_geq(dup2(slave, 0), 0);
    become(slave, 1);
    input = output = master;
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
}

static void type(const char *text)
{
    cr_assert_eq(write(input, text, strlen(text)), (ssize_t)strlen(text));
    vm_chartest_settle(h);
}

/* What has come out since the last call. */
static const char *printed(void)
{
    static char buffer[4096];
    ssize_t n;

    fcntl(output, F_SETFL, fcntl(output, F_GETFL) | O_NONBLOCK);
    vm_chartest_settle(h);
    n = read(output, buffer, sizeof(buffer) - 1);
    buffer[n > 0 ? n : 0] = '\0';
    return buffer;
}

/* ---- Pipes, files, sockets ------------------------------------------------------------------- */

Test(stdio, pipes_both_ways)
{
    use_pipes();
    create();
    type("hello");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "hello");
    cr_expect_eq(vm_chartest_write(h, "world", 5), 5);
    cr_expect_str_eq(printed(), "world");
    cr_expect_str_eq(vm_chartest_events(h), "");
    vm_chartest_free(h);
}

Test(stdio, shared_descriptors_stay_blocking)
{
    use_pipes();
    create();
    cr_expect_eq(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
    cr_expect_eq(fcntl(1, F_GETFL) & O_NONBLOCK, 0);
    vm_chartest_free(h);
    cr_expect_eq(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
    cr_expect_eq(fcntl(1, F_GETFL) & O_NONBLOCK, 0);
}

Test(stdio, after_the_end_of_input_output_goes_on)
{
    use_pipes();
    create();
    type("bye");
    close(input);
    vm_chartest_settle(h); /* aborts if the end of file spins */
    cr_expect_eq(vm_chartest_watches(h), 1, "only the one for wake-ups");
    cr_expect(!vm_chartest_quit(h));
    cr_expect_eq(vm_chartest_write(h, "still here", 10), 10);
    cr_expect_str_eq(printed(), "still here");
    vm_chartest_free(h);
}

Test(stdio, input_waits_for_the_device)
{
    use_pipes();
    create();
    vm_chartest_input_room(h, 3);
    type("abcdefgh");
    close(input);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abc");
    vm_chartest_input_room(h, 2);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abcde");
    vm_chartest_input_room(h, SIZE_MAX);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abcdefgh");
    vm_chartest_free(h);
}

Test(stdio, much_input_in_order)
{
    char text[20000];
    size_t n;

    use_pipes();
    create();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    cr_assert_eq(write(input, text, sizeof(text)), (ssize_t)sizeof(text));
    close(input);
    do {
        vm_chartest_input_room(h, 16);
        vm_chartest_settle(h);
        vm_chartest_input(h, &n);
    } while (n < sizeof(text) && vm_chartest_watches(h) > 1);
    vm_chartest_input_room(h, SIZE_MAX);
    vm_chartest_settle(h);
    cr_expect_arr_eq(vm_chartest_input(h, &n), text, sizeof(text));
    cr_expect_eq(n, sizeof(text));
    vm_chartest_free(h);
}

Test(stdio, a_full_pipe_blocks_nobody)
{
    static char block[1000];
    size_t total = 0, got = 0;
    ssize_t n;

    use_pipes();
    create();
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 1000; i++) {
        size_t taken = vm_chartest_write(h, block, sizeof(block));

        total += taken;
        vm_chartest_turn(h, 0);
        if (taken == 0)
            break;
    }
    cr_expect_lt(total, 200000);
    cr_expect_eq(vm_chartest_write(h, "y", 1), 0);
    vm_chartest_settle(h);
    cr_expect_eq(vm_chartest_writable_calls(h), 0);
    fcntl(output, F_SETFL, O_NONBLOCK);
    while ((n = read(output, block, sizeof(block))) > 0 || vm_chartest_turn(h, 20) > 0)
        got += n > 0 ? (size_t)n : 0;
    cr_expect_eq(got, total);
    cr_expect_gt(vm_chartest_writable_calls(h), 0);
    cr_expect_eq(vm_chartest_write(h, "y", 1), 1);
    vm_chartest_free(h);
}

Test(stdio, drain_waits_for_a_slow_reader_but_not_for_ever)
{
    static char block[100000];
    pid_t reader;
    int status, n = 0;

    use_pipes();
    create();
    while (vm_chartest_write(h, block, sizeof(block)) == sizeof(block) ||
           vm_chartest_turn(h, 0) > 0)
        ;
    vm_chartest_ops(h)->drain(vm_chartest_backend(h)); /* nobody reads */
    reader = fork();
    if (reader == 0) {
        struct pollfd p = {.fd = output, .events = POLLIN};

        usleep(100000);
        while (poll(&p, 1, 300) > 0 && read(output, block, sizeof(block)) > 0)
            n++;
        _exit(n > 0 ? 42 : 1);
    }
    vm_chartest_ops(h)->drain(vm_chartest_backend(h));
    vm_chartest_free(h);
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_expect_eq(WEXITSTATUS(status), 42);
}

Test(stdio, a_reader_that_goes_away)
{
    use_pipes();
    create();
    close(output);
    cr_expect_eq(vm_chartest_write(h, "lost", 4), 4);
    vm_chartest_settle(h);
    cr_expect_eq(vm_test_log_lines(), 1);
    cr_expect_eq(vm_chartest_write(h, "lost", 4), 4);
    vm_chartest_settle(h);
    cr_expect_eq(vm_test_log_lines(), 1, "said once");
    type("input");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "input");
    vm_chartest_free(h);
}

Test(stdio, closed_descriptors)
{
    close(0);
    close(1);
    create();
    cr_expect_eq(vm_chartest_write(h, "nowhere", 7), 7);
    vm_chartest_settle(h);
    vm_chartest_input_room(h, 10);
    vm_chartest_settle(h);
    vm_chartest_ops(h)->drain(vm_chartest_backend(h));
    vm_chartest_free(h);
}

Test(stdio, dev_null)
{
    become(open("/dev/null", O_RDWR), 0);
    cr_assert_geq(dup2(0, 1), 0);
    create();
    cr_expect_eq(vm_chartest_watches(h), 1);
    cr_expect_eq(vm_chartest_write(h, "nowhere", 7), 7);
    vm_chartest_settle(h);
    vm_chartest_free(h);
}

Test(stdio, regular_files)
{
    char text[16] = "";
    FILE *in = tmpfile(), *out = tmpfile();

    cr_assert(in && out);
    fputs("from a file", in);
    rewind(in);
    cr_assert_geq(dup2(fileno(in), 0), 0);
    cr_assert_geq(dup2(fileno(out), 1), 0);
    create();
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "from a file");
    cr_expect_eq(vm_chartest_write(h, "to a file", 9), 9);
    vm_chartest_settle(h);
    vm_chartest_free(h);
    cr_expect_eq(pread(fileno(out), text, sizeof(text) - 1, 0), 9);
    cr_expect_str_eq(text, "to a file");
}

Test(stdio, a_socket)
{
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_geq(dup2(pair[0], 0), 0);
    become(pair[0], 1);
    input = output = pair[1];
    create();
    type("ping");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "ping");
    cr_expect_eq(vm_chartest_write(h, "pong", 4), 4);
    cr_expect_str_eq(printed(), "pong");
    close(pair[1]);
    vm_chartest_settle(h);
    cr_expect_eq(vm_chartest_write(h, "pong", 4), 4, "and no SIGPIPE");
    vm_chartest_settle(h);
    vm_chartest_free(h);
}

Test(stdio, only_one)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_chartest *second = vm_chartest_new(&vm_plugin_descriptor);

    use_pipes();
    create();
    cr_expect_eq(vm_chartest_create(second, &err), -1);
    cr_expect(strstr(err.text, "only one device"));
    vm_chartest_free(h);
    cr_expect_eq(vm_chartest_create(second, NULL), 0, "after the first is gone");
    vm_chartest_free(second);
}

Test(stdio, failing_watches_leave_nothing)
{
    struct vm_error err = VM_ERROR_INIT;
    int before;

    use_pipes();
    before = dup(0);
    close(before);
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_fail_watch(h, 1);
    cr_expect_eq(vm_chartest_create(h, &err), -1);
    vm_chartest_free(h);
    cr_expect_eq(dup(0), before, "no descriptor stays open");
}

Test(stdio, input_that_cannot_be_watched_is_done_without)
{
    use_pipes();
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_fail_watch(h, 2);
    cr_expect_eq(vm_chartest_create(h, NULL), 0);
    cr_expect_eq(vm_chartest_write(h, "still", 5), 5);
    cr_expect_str_eq(printed(), "still");
    vm_chartest_free(h);
}

/* ---- Escapes --------------------------------------------------------------------------------- */

Test(stdio, escapes)
{
    use_pipes();
    create();
    type("a\001\001b\001ac\001zd");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "a\001b\001cd");
    type("\001");
    type("b");
    cr_expect_str_eq(vm_chartest_events(h), "break ");
    cr_expect_str_eq(printed(), "");
    type("\001h");
    cr_expect(strstr(printed(), "Ctrl-A x"));
    cr_expect(!vm_chartest_quit(h));
    type("\001x");
    cr_expect(vm_chartest_quit(h));
    cr_expect_str_eq(vm_chartest_input(h, NULL), "a\001b\001cd");
    vm_chartest_free(h);
}

Test(stdio, a_break_keeps_its_place)
{
    use_pipes();
    create();
    vm_chartest_input_room(h, 1);
    type("ab\001bcd");
    cr_expect_str_eq(vm_chartest_events(h), "");
    vm_chartest_input_room(h, 1);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "ab");
    cr_expect_str_eq(vm_chartest_events(h), "break ");
    vm_chartest_input_room(h, 10);
    vm_chartest_settle(h);
    cr_expect_str_eq(vm_chartest_input(h, NULL), "abcd");
    vm_chartest_free(h);
}

Test(stdio, escape_off)
{
    use_pipes();
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_set(h, "escape", "off");
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    type("\001x\001\001");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "\001x\001\001");
    cr_expect(!vm_chartest_quit(h));
    vm_chartest_free(h);
}

/* ---- Terminals ------------------------------------------------------------------------------- */

static bool is_raw(void)
{
    struct termios t;

    cr_assert_eq(tcgetattr(0, &t), 0);
    return !(t.c_lflag & (ICANON | ECHO)) && !(t.c_iflag & (ICRNL | IXON)) && (t.c_oflag & OPOST);
}

static bool has_signals(void)
{
    struct termios t;

    cr_assert_eq(tcgetattr(0, &t), 0);
    return t.c_lflag & ISIG;
}

static void expect_same_modes(const struct termios *before)
{
    struct termios t;

    cr_assert_eq(tcgetattr(0, &t), 0);
    cr_expect_eq(t.c_iflag, before->c_iflag);
    cr_expect_eq(t.c_oflag, before->c_oflag);
    cr_expect_eq(t.c_cflag, before->c_cflag);
    cr_expect_eq(t.c_lflag, before->c_lflag);
    cr_expect_arr_eq(t.c_cc, before->c_cc, sizeof(t.c_cc));
}

Test(stdio, terminal_is_raw_and_put_back)
{
    struct termios before;

    use_terminal();
    cr_assert_eq(tcgetattr(0, &before), 0);
    create();
    cr_expect(is_raw());
    cr_expect(!has_signals());
    type("k\r\003\032");
    cr_expect_str_eq(vm_chartest_input(h, NULL), "k\r\003\032", "every key, Ctrl-C and Ctrl-Z too");
    cr_expect_eq(vm_chartest_write(h, "out", 3), 3);
    cr_expect_str_eq(printed(), "out", "and no echo");
    cr_expect_eq(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
    vm_chartest_free(h);
    expect_same_modes(&before);
}

Test(stdio, terminal_with_signals)
{
    use_terminal();
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_set(h, "signal", "on");
    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_expect(is_raw());
    cr_expect(has_signals());
    vm_chartest_free(h);
}

Test(stdio, emergency)
{
    struct termios before;

    use_terminal();
    cr_assert_eq(tcgetattr(0, &before), 0);
    create();
    vm_chartest_ops(h)->emergency_restore(vm_chartest_backend(h));
    expect_same_modes(&before);
    vm_chartest_free(h);
    expect_same_modes(&before);
}

Test(stdio, terminal_modes_come_back_after_a_failure)
{
    struct vm_error err = VM_ERROR_INIT;
    struct termios before;

    use_terminal();
    cr_assert_eq(tcgetattr(0, &before), 0);
    h = vm_chartest_new(&vm_plugin_descriptor);
    vm_chartest_fail_watch(h, 1);
    cr_expect_eq(vm_chartest_create(h, &err), -1);
    vm_chartest_free(h);
    expect_same_modes(&before);
}

Test(stdio, escapes_work_while_the_guest_hangs)
{
    char keys[3000];

    use_terminal();
    create();
    vm_chartest_input_room(h, 0);
    memset(keys, 'k', sizeof(keys));
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(write(input, keys, sizeof(keys)), (ssize_t)sizeof(keys));
        vm_chartest_settle(h);
    }
    type("\001b");
    cr_expect_str_eq(vm_chartest_events(h), "break ");
    type("\001x");
    cr_expect(vm_chartest_quit(h));
    vm_chartest_input_room(h, SIZE_MAX);
    vm_chartest_settle(h);
    cr_expect_eq(strlen(vm_chartest_input(h, NULL)), 4096, "as much as a terminal would keep");
    vm_chartest_free(h);
}

Test(stdio, terminal_hangs_up)
{
    use_terminal();
    signal(SIGHUP, SIG_IGN);
    create();
    close(input);
    vm_chartest_settle(h);
    cr_expect_eq(vm_chartest_write(h, "x", 1), 1);
    vm_chartest_settle(h);
    cr_expect(!vm_chartest_quit(h));
    vm_chartest_free(h);
}

/* In a background job nothing is read and no mode is changed; and nothing stops the process. */
Test(stdio, background_job)
{
    pid_t session, job;
    int status;

    use_terminal();
    session = fork();
    if (session == 0) {
        struct termios before, after;

        setsid();
        ioctl(0, TIOCSCTTY, 0);
        tcgetattr(0, &before);
        job = fork();
        if (job == 0) {
            setpgid(0, 0);
            h = vm_chartest_new(&vm_plugin_descriptor);
            if (vm_chartest_create(h, NULL) < 0)
                _exit(1);
            tcgetattr(0, &after);
            if (after.c_lflag != before.c_lflag || vm_chartest_watches(h) != 1)
                _exit(2);
            vm_chartest_write(h, "bg", 2);
            vm_chartest_settle(h);
            vm_chartest_free(h);
            _exit(42);
        }
        waitpid(job, &status, WUNTRACED);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
    }
    cr_assert_eq(waitpid(session, &status, 0), session);
    cr_expect_eq(WEXITSTATUS(status), 42);
}
