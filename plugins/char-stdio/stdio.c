/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdio.c - the terminal, or whatever standard input and output are, as a character backend.
 *
 * A terminal's descriptors are shared with the shell and with everything else that runs on it, so
 * O_NONBLOCK must not be set on them: they are opened anew through /proc/self/fd, which gives file
 * descriptions of our own. Where that is not allowed (a terminal of another user after su) the
 * shared ones are used with care (STREAM_POLLED).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <vmrun/chardev.h>

#include "../char-common/stream.h"

#define CTRL_A 0x01

struct stdio {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    struct stream stream;
    struct stream_side in, out;
    bool escape, signals; /* properties */
    bool after_ctrl_a;    /* the last input byte was the escape character */
    struct termios saved;
    volatile sig_atomic_t raw; /* the terminal was changed and `saved` is to be put back */
};

/* There is one standard input in a process. */
static atomic_bool in_use;

/* ---- Terminal modes -------------------------------------------------------------------------- */

/* Sets modes even from the background, where the terminal would otherwise stop the process.
 * Async-signal-safe. */
static int set_modes(int fd, const struct termios *modes)
{
    sigset_t block, before;
    int result;

    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    result = tcsetattr(fd, TCSANOW, modes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void restore_terminal(struct stdio *io)
{
    if (io->raw) {
        io->raw = 0;
        set_modes(io->in.fd, &io->saved);
    }
}

/*
 * Every key goes to the guest at once and unechoed. Output processing is left on, so that vmrun's
 * own messages on the same terminal keep their line starts; a guest's CR LF comes out right either
 * way.
 */
static int make_raw(struct stdio *io, struct vm_error *err)
{
    struct termios modes;

    if (tcgetattr(io->in.fd, &io->saved) < 0)
        return vm_error_set(err, "cannot read the terminal's modes: %s", strerror(errno));
    modes = io->saved;
    modes.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | (io->signals ? 0 : ISIG));
    modes.c_cflag = (modes.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    modes.c_cc[VSUSP] =
        _POSIX_VDISABLE; /* with `signal`, Ctrl-C and Ctrl-\ are vmrun's; a stop is nobody's */
    io->raw = 1;
    if (set_modes(io->in.fd, &modes) < 0) {
        io->raw = 0;
        return vm_error_set(err, "cannot set the terminal's modes: %s", strerror(errno));
    }
    return 0;
}

/* ---- Input ----------------------------------------------------------------------------------- */

static void print_help(struct stdio *io)
{
    static const char help[] = "\r\n"
                               "Ctrl-A x        leave vmrun\r\n"
                               "Ctrl-A b        send a break\r\n"
                               "Ctrl-A Ctrl-A   send Ctrl-A (or: Ctrl-A a)\r\n"
                               "Ctrl-A h        this help\r\n";

    stream_write(&io->stream, (const uint8_t *)help, sizeof(help) - 1);
}

static enum stream_verdict filter(void *opaque, uint8_t *byte)
{
    struct stdio *io = opaque;

    if (!io->escape)
        return STREAM_PASS;
    if (!io->after_ctrl_a) {
        io->after_ctrl_a = *byte == CTRL_A;
        return io->after_ctrl_a ? STREAM_SKIP : STREAM_PASS;
    }
    io->after_ctrl_a = false;
    switch (*byte) {
    case 'x':
    case 'X':
        io->host->request_quit(io->ctx);
        return STREAM_SKIP;
    case 'b':
    case 'B':
        return STREAM_BREAK;
    case 'a':
    case 'A':
    case CTRL_A:
        *byte = CTRL_A;
        return STREAM_PASS;
    case 'h':
    case 'H':
    case '?':
        print_help(io);
        return STREAM_SKIP;
    default:
        return STREAM_SKIP;
    }
}

/* No more input; the machine and its output go on. */
static void input_ended(void *opaque)
{
    struct stdio *io = opaque;

    stream_stop_input(&io->stream);
}

static void output_failed(void *opaque, int error)
{
    struct stdio *io = opaque;

    stream_stop_output(&io->stream);
    io->host->base->log(io->ctx, VM_LOG_WARNING,
                        "standard output: %s; the guest's output is dropped from here on",
                        strerror(error));
}

static const struct stream_callbacks stream_callbacks = {
    .filter = filter,
    .input_ended = input_ended,
    .output_failed = output_failed,
};

/* ---- Opening --------------------------------------------------------------------------------- */

static bool is_dev_null(const struct stat *st)
{
    struct stat null;

    return S_ISCHR(st->st_mode) && stat("/dev/null", &null) == 0 && st->st_rdev == null.st_rdev;
}

/*
 * A descriptor of our own for standard descriptor `fd`; side->fd stays -1 if it is closed or
 * /dev/null: nothing to read, nobody to write to.
 */
static int open_side(struct stream_side *side, int fd, int access, struct vm_error *err)
{
    char path[32];
    struct stat st;

    side->fd = -1;
    if (fstat(fd, &st) < 0 || is_dev_null(&st))
        return 0;
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        side->mode = STREAM_NONBLOCK;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        side->fd = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (side->fd >= 0)
            return 0;
        /* What poll() promises: PIPE_BUF bytes of a pipe, and of a terminal no more than one. */
        side->mode = STREAM_POLLED;
        side->max_write = S_ISFIFO(st.st_mode) ? PIPE_BUF : 1;
    } else {
        side->mode = S_ISSOCK(st.st_mode) ? STREAM_SOCKET : STREAM_NONBLOCK;
    }
    side->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return side->fd >= 0
               ? 0
               : vm_error_set(err, "cannot duplicate descriptor %d: %s", fd, strerror(errno));
}

static void close_side(struct stream_side *side)
{
    if (side->fd >= 0)
        close(side->fd);
    side->fd = -1;
}

/* A terminal that another job is using is left alone: no modes are changed and nothing is read from
 * it. */
static int set_up_terminal(struct stdio *io, struct vm_error *err)
{
    pid_t foreground;

    if (io->in.fd < 0 || !isatty(io->in.fd))
        return 0;
    foreground = tcgetpgrp(io->in.fd);
    if (foreground >= 0 && foreground != getpgrp()) {
        io->host->base->log(io->ctx, VM_LOG_INFO,
                            "runs in the background: nothing is read from the terminal");
        close_side(&io->in);
        return 0;
    }
    io->stream.keep_reading = true; /* Ctrl-A x must work with a guest that reads nothing */
    return make_raw(io, err);
}

static int start(struct stdio *io, struct vm_error *err)
{
    struct vm_error watch_error = VM_ERROR_INIT;
    struct stream_side none = {.fd = -1};

    if (stream_init(&io->stream, io->host, io->ctx, &stream_callbacks, io, err) < 0)
        return -1;
    if (set_up_terminal(io, err) == 0) {
        if (stream_connect(&io->stream, io->in, io->out, &watch_error) == 0)
            return 0;
        /* Some odd device that cannot be polled: go on without input. */
        io->host->base->log(io->ctx, VM_LOG_WARNING, "standard input: %s", watch_error.text);
        if (stream_connect(&io->stream, none, io->out, err) == 0)
            return 0;
        restore_terminal(io);
    }
    stream_destroy(&io->stream);
    return -1;
}

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct stdio *io;

    if (atomic_exchange(&in_use, true)) {
        vm_error_set(err, "standard input and output can serve only one device");
        return NULL;
    }
    io = calloc(1, sizeof(*io));
    if (!io) {
        vm_error_set(err, "out of memory");
    } else {
        io->host = host;
        io->ctx = ctx;
        io->escape = host->base->prop_uint(props, "escape") != 0;
        io->signals = host->base->prop_uint(props, "signal") != 0;
        io->out.fd = -1;
        if (open_side(&io->in, STDIN_FILENO, O_RDONLY, err) == 0 &&
            open_side(&io->out, STDOUT_FILENO, O_WRONLY, err) == 0 && start(io, err) == 0)
            return io;
        close_side(&io->in);
        close_side(&io->out);
    }
    free(io);
    atomic_store(&in_use, false);
    return NULL;
}

static void destroy(void *be)
{
    struct stdio *io = be;

    restore_terminal(io);
    stream_destroy(&io->stream);
    close_side(&io->in);
    close_side(&io->out);
    free(io);
    atomic_store(&in_use, false);
}

static size_t write_output(void *be, const uint8_t *bytes, size_t n)
{
    return stream_write(&((struct stdio *)be)->stream, bytes, n);
}

static void input_ready(void *be)
{
    stream_input_ready(&((struct stdio *)be)->stream);
}

static void drain(void *be)
{
    stream_drain(&((struct stdio *)be)->stream);
}

static void emergency_restore(void *be)
{
    restore_terminal(be);
}

static const struct vm_chardev_ops ops = {
    .size = sizeof(struct vm_chardev_ops),
    .create = create,
    .destroy = destroy,
    .write = write_output,
    .input_ready = input_ready,
    .drain = drain,
    .emergency_restore = emergency_restore,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "escape",
     .default_value = "on",
     .help = "Ctrl-A starts a command: x leaves, b sends a break, a sends Ctrl-A, h lists them"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "signal",
     .default_value = "off",
     .help = "Ctrl-C and Ctrl-\\ on the terminal end vmrun instead of going to the guest"},
};

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-stdio", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "the terminal, or standard input and output",
          .description = "If standard input is a terminal, every key goes to the guest until vmrun "
                         "ends, but for the "
                         "commands that start with Ctrl-A; the terminal is put back afterwards. It "
                         "may as well be a "
                         "pipe, a file, /dev/null or closed: the end of the input does not end the "
                         "machine. Only one "
                         "device can use it.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
