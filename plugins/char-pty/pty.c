/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pty.c - a pseudo-terminal as a character backend: any terminal program can open its other end.
 *
 * Whether somebody has the other end open shows as a hang-up of ours, which poll() would report
 * without end. So our end is watched only while there is somebody, and otherwise inotify tells when
 * the other end is opened.
 */
#define _GNU_SOURCE /* ptsname_r */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <vmrun/chardev.h>

#include "../char-common/stream.h"

#define DRAIN_STEPS 100 /* of 10 ms */

struct pty {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    struct stream stream;
    int master, notify;
    struct vm_fd_watch *notify_watch;
    bool connected;
    char name[64]; /* of the other end */
    char *link;    /* symbolic link to it, or NULL */
};

/* ---- Somebody comes and goes ----------------------------------------------------------------- */

static bool peer_there(const struct pty *p)
{
    struct pollfd fd = {.fd = p->master};

    return poll(&fd, 1, 0) == 0 || !(fd.revents & POLLHUP);
}

static void connect_peer(struct pty *p)
{
    struct stream_side side = {.fd = p->master, .mode = STREAM_NONBLOCK};
    struct vm_error err = VM_ERROR_INIT;

    if (p->connected || !peer_there(p))
        return;
    if (stream_connect(&p->stream, side, side, &err) < 0)
        return; /* the stream has logged why */
    p->connected = true;
    p->host->event(p->ctx, VM_CHARDEV_OPENED);
}

static void disconnect_peer(void *opaque)
{
    struct pty *p = opaque;

    if (p->connected) {
        p->connected = false;
        stream_disconnect(&p->stream);
        p->host->event(p->ctx, VM_CHARDEV_CLOSED);
        connect_peer(p); /* the next one may be there already, its notification gone by */
    }
}

/* The peer has gone. Its last input may still wait for the device: the end of that is what
 * disconnects. */
static void output_failed(void *opaque, int error)
{
    (void)opaque;
    (void)error;
}

static void opened(void *opaque, int fd, uint32_t events)
{
    struct pty *p = opaque;
    _Alignas(struct inotify_event) char buffer[1024];

    (void)events;
    while (read(fd, buffer, sizeof(buffer)) > 0)
        ;
    connect_peer(p);
}

static const struct stream_callbacks stream_callbacks = {
    .input_ended = disconnect_peer,
    .output_failed = output_failed,
};

/* ---- The link -------------------------------------------------------------------------------- */

/* Where the symbolic link `path` leads, "" if it is none. */
static void link_target(const char *path, char target[64])
{
    ssize_t n = readlink(path, target, 63);

    target[n > 0 ? n : 0] = '\0';
}

/* A link that leads to a pseudo-terminal was left by an earlier run and is replaced; anything else
 * is not ours. */
static int make_link(struct pty *p, const char *path, struct vm_error *err)
{
    char target[64];

    link_target(path, target);
    if (strncmp(target, "/dev/pts/", 9) == 0)
        unlink(path);
    if (symlink(p->name, path) < 0) {
        if (errno == EEXIST)
            return vm_error_set(
                err,
                "%s exists and is no link to a pseudo-terminal; remove it or name another link",
                path);
        return vm_error_set(err, "cannot make the link %s: %s", path, strerror(errno));
    }
    p->link = strdup(path);
    if (!p->link) {
        unlink(path);
        return vm_error_set(err, "out of memory");
    }
    return 0;
}

/* ---- Life ------------------------------------------------------------------------------------ */

/*
 * Leaves the pair as if somebody had just closed the other end, with the raw modes that a serial
 * line has; before it was open once, it neither hangs up nor keeps modes.
 */
static int prepare_slave(struct pty *p, struct vm_error *err)
{
    struct termios modes;
    int fd = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return vm_error_set(err, "cannot open %s: %s", p->name, strerror(errno));
    if (tcgetattr(fd, &modes) == 0) {
        cfmakeraw(&modes);
        tcsetattr(fd, TCSANOW, &modes);
    }
    close(fd);
    return 0;
}

static int open_master(struct pty *p, struct vm_error *err)
{
    p->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (p->master < 0)
        return vm_error_set(err, "cannot open a pseudo-terminal: %s", strerror(errno));
    if (fcntl(p->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ||
        fcntl(p->master, F_SETFD, FD_CLOEXEC) < 0 || grantpt(p->master) < 0 ||
        unlockpt(p->master) < 0 || ptsname_r(p->master, p->name, sizeof(p->name)) != 0)
        return vm_error_set(err, "cannot set up a pseudo-terminal: %s", strerror(errno));
    return prepare_slave(p, err);
}

static int watch_opens(struct pty *p, struct vm_error *err)
{
    p->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (p->notify < 0 || inotify_add_watch(p->notify, p->name, IN_OPEN) < 0)
        return vm_error_set(err, "cannot watch %s: %s", p->name, strerror(errno));
    p->notify_watch = p->host->watch_fd(p->ctx, p->notify, VM_FD_READ, opened, p, err);
    return p->notify_watch ? 0 : -1;
}

static void tear_down(struct pty *p)
{
    char target[64];

    if (p->link) {
        link_target(p->link, target);
        if (strcmp(target, p->name) == 0)
            unlink(p->link);
    }
    free(p->link);
    if (p->notify_watch)
        p->host->watch_remove(p->notify_watch);
    if (p->notify >= 0)
        close(p->notify);
    if (p->master >= 0)
        close(p->master);
    free(p);
}

static void destroy(void *be)
{
    struct pty *p = be;

    stream_destroy(&p->stream);
    tear_down(p);
}

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct pty *p = calloc(1, sizeof(*p));
    const char *link = host->base->prop_string(props, "link");

    if (!p) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    p->host = host;
    p->ctx = ctx;
    p->master = p->notify = -1;
    if (open_master(p, err) < 0 || watch_opens(p, err) < 0 ||
        (link && make_link(p, link, err) < 0) ||
        stream_init(&p->stream, host, ctx, &stream_callbacks, p, err) < 0) {
        tear_down(p);
        return NULL;
    }
    host->base->log(ctx, VM_LOG_INFO, "serial line is %s%s%s", p->name, link ? ", linked as " : "",
                    link ? link : "");
    return p;
}

static size_t write_output(void *be, const uint8_t *bytes, size_t n)
{
    return stream_write(&((struct pty *)be)->stream, bytes, n);
}

static void input_ready(void *be)
{
    stream_input_ready(&((struct pty *)be)->stream);
}

/* Closing our end takes away what the peer has not read yet, so it is given time to. */
static void drain(void *be)
{
    struct pty *p = be;
    int fd, unread = 0;

    stream_drain(&p->stream);
    if (!p->connected || !peer_there(p))
        return;
    fd = open(p->name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < DRAIN_STEPS && ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
         i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    if (fd >= 0)
        close(fd);
}

static const struct vm_chardev_ops ops = {
    .size = sizeof(struct vm_chardev_ops),
    .create = create,
    .destroy = destroy,
    .write = write_output,
    .input_ready = input_ready,
    .drain = drain,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "link",
     .help = "symbolic link to the pseudo-terminal, made at the start and removed at the end"},
};

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-pty", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a pseudo-terminal that terminal programs can open",
          .description = "Its name is logged at the start. Terminal programs may open and close it "
                         "at any time; while "
                         "none has it open, the guest's output is dropped.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
