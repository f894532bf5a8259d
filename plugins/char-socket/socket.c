/* SPDX-License-Identifier: BSD-2-Clause */
/* socket.c - a unix stream socket as a character backend: it listens, and serves one client at a
 * time. */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vmrun/chardev.h>

#include "../char-common/stream.h"

struct server {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    struct stream stream;
    int listener, client; /* -1: none */
    int spare; /* given up to accept and turn away a client when descriptors have run out */
    struct vm_fd_watch *watch;
    struct sockaddr_un address;
    struct stat made; /* the socket's file, to know it again */
};

/* ---- Clients --------------------------------------------------------------------------------- */

static void disconnect_client(void *opaque)
{
    struct server *s = opaque;

    if (s->client < 0)
        return;
    stream_disconnect(&s->stream);
    close(s->client);
    s->client = -1;
    s->host->event(s->ctx, VM_CHARDEV_CLOSED);
}

/* The client has gone. Its last input may still wait for the device: the end of that is what
 * disconnects. */
static void output_failed(void *opaque, int error)
{
    (void)opaque;
    (void)error;
}

static const struct stream_callbacks stream_callbacks = {
    .input_ended = disconnect_client,
    .output_failed = output_failed,
};

/* Whether the client has gone, which the event thread may learn only after the next one knocks. */
static bool client_gone(const struct server *s)
{
    char byte;
    ssize_t n = recv(s->client, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void take_client(struct server *s, int fd)
{
    struct stream_side side = {.fd = fd, .mode = STREAM_SOCKET};
    struct vm_error err = VM_ERROR_INIT;

    if (s->client >= 0 && client_gone(s))
        disconnect_client(s);
    if (s->client >= 0) {
        s->host->base->log(s->ctx, VM_LOG_INFO, "%s: a second client was turned away",
                           s->address.sun_path);
        close(fd);
        return;
    }
    s->client = fd;
    if (stream_connect(&s->stream, side, side, &err) < 0) {
        s->client = -1;
        close(fd);
        return;
    }
    s->host->event(s->ctx, VM_CHARDEV_OPENED);
}

/* No descriptor is left for a client: turns it away, since its knocking would go on for ever. */
static void turn_away(struct server *s)
{
    int fd;

    close(s->spare);
    fd = accept(s->listener, NULL, NULL);
    if (fd >= 0)
        close(fd);
    s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    s->host->base->log(s->ctx, VM_LOG_WARNING, "%s: a client was turned away: too many open files",
                       s->address.sun_path);
}

static void knock(void *opaque, int fd, uint32_t events)
{
    struct server *s = opaque;
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (client >= 0)
        take_client(s, client);
    else if (errno == EMFILE || errno == ENFILE)
        turn_away(s);
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Makes way for our socket if at its path lies a socket that nobody listens on any more. */
static int remove_dead_socket(const struct server *s, struct vm_error *err)
{
    const char *path = s->address.sun_path;
    struct stat st;
    int fd, alive, error;

    if (lstat(path, &st) < 0)
        return vm_error_set(err, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return vm_error_set(err, "%s exists and is no socket; remove it or name another path",
                            path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vm_error_set(err, "cannot make a socket: %s", strerror(errno));
    alive = connect(fd, (const struct sockaddr *)&s->address, sizeof(s->address)) == 0;
    error = errno;
    close(fd);
    if (alive || error != ECONNREFUSED)
        return vm_error_set(err, "%s is in use by another process", path);
    if (unlink(path) < 0)
        return vm_error_set(err, "cannot remove the dead socket %s: %s", path, strerror(errno));
    return 0;
}

static int bind_path(struct server *s, struct vm_error *err)
{
    const struct sockaddr *address = (const struct sockaddr *)&s->address;
    int bound;

    /* The file takes the socket's own mode (less the umask), so there is no moment in which others
     * could connect. */
    if (fchmod(s->listener, 0600) < 0)
        return vm_error_set(err, "cannot set a socket's mode: %s", strerror(errno));
    bound = bind(s->listener, address, sizeof(s->address));
    if (bound < 0 && errno == EADDRINUSE) {
        if (remove_dead_socket(s, err) < 0)
            return -1;
        bound = bind(s->listener, address, sizeof(s->address));
    }
    if (bound < 0)
        return vm_error_set(err, "cannot make the socket %s: %s", s->address.sun_path,
                            strerror(errno));
    if (lstat(s->address.sun_path, &s->made) < 0)
        return vm_error_set(err, "cannot look at %s: %s", s->address.sun_path, strerror(errno));
    return 0;
}

static int open_listener(struct server *s, const char *path, struct vm_error *err)
{
    if (strlen(path) >= sizeof(s->address.sun_path))
        return vm_error_set(err, "%s: a socket's path has at most %zu characters", path,
                            sizeof(s->address.sun_path) - 1);
    s->address.sun_family = AF_UNIX;
    strcpy(s->address.sun_path, path);
    s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0)
        return vm_error_set(err, "cannot make a socket: %s", strerror(errno));
    if (bind_path(s, err) < 0)
        return -1;
    if (listen(s->listener, 4) < 0)
        return vm_error_set(err, "cannot listen on %s: %s", path, strerror(errno));
    s->watch = s->host->watch_fd(s->ctx, s->listener, VM_FD_READ, knock, s, err);
    return s->watch ? 0 : -1;
}

static void tear_down(struct server *s)
{
    struct stat st;

    /* Only our own file is removed, not one that somebody put in its place. */
    if (s->made.st_ino && lstat(s->address.sun_path, &st) == 0 && st.st_ino == s->made.st_ino &&
        st.st_dev == s->made.st_dev)
        unlink(s->address.sun_path);
    if (s->watch)
        s->host->watch_remove(s->watch);
    if (s->listener >= 0)
        close(s->listener);
    if (s->client >= 0)
        close(s->client);
    if (s->spare >= 0)
        close(s->spare);
    free(s);
}

static void destroy(void *be)
{
    struct server *s = be;

    stream_destroy(&s->stream);
    tear_down(s);
}

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct server *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->listener = s->client = s->spare = -1;
    if (open_listener(s, host->base->prop_string(props, "path"), err) < 0 ||
        stream_init(&s->stream, host, ctx, &stream_callbacks, s, err) < 0) {
        tear_down(s);
        return NULL;
    }
    return s;
}

static size_t write_output(void *be, const uint8_t *bytes, size_t n)
{
    return stream_write(&((struct server *)be)->stream, bytes, n);
}

static void input_ready(void *be)
{
    stream_input_ready(&((struct server *)be)->stream);
}

static void drain(void *be)
{
    stream_drain(&((struct server *)be)->stream);
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
     .name = "path",
     .flags = VM_PROP_REQUIRED,
     .help = "the socket's file; made at the start with mode 0600 and removed at the end"},
};

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-socket", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "a unix stream socket that clients connect to",
          .description = "One client at a time; a second one is turned away. While there is none, "
                         "the guest's output "
                         "is dropped. A socket file that a dead process left is replaced.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
