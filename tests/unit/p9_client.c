/* SPDX-License-Identifier: BSD-2-Clause */
/* p9_client.c - a client of 9P2000.L for the shared folder under test. */
#include "p9_client.h"

#include <stdarg.h>
#include <string.h>

#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

static uint8_t *at(struct p9_client *c, uint64_t addr)
{
    return driver_memory(&c->d, addr);
}

void p9_start(struct p9_client *c)
{
    driver_start(&c->d, c->h, UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED, 1);
    c->message = driver_alloc(&c->d, P9_ROOM);
    c->reply = driver_alloc(&c->d, P9_ROOM);
}

void p9_device(struct p9_client *c, const char *const *properties)
{
    memset(c, 0, sizeof(*c));
    c->h = driver_device(&vm_plugin_descriptor, properties);
    p9_start(c);
}

/* ---- messages ---- */

static void set(struct p9_client *c, uint32_t offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at(c, c->message)[offset + i] = (uint8_t)(value >> 8 * i);
}

void p9_bytes(struct p9_client *c, const void *bytes, uint32_t n)
{
    if (n > P9_ROOM - c->length)
        vm_test_broken("this message is too long for its client");
    if (n)
        memcpy(at(c, c->message) + c->length, bytes, n);
    c->length += n;
    set(c, 0, 4, c->length);
}

static void add(struct p9_client *c, unsigned bytes, uint64_t value)
{
    c->length += bytes;
    set(c, c->length - bytes, bytes, value);
}

static void message(struct p9_client *c, uint8_t type, const char *fields, va_list args)
{
    c->length = 7;
    set(c, 4, 1, type);
    set(c, 5, 2, type == P9_VERSION ? 0xffff : ++c->tag % 0xffff);
    for (; *fields; fields++) {
        int n = *fields == 'n' ? va_arg(args, int) : 0;

        if (*fields == 'q') {
            add(c, 8, va_arg(args, uint64_t));
        } else if (*fields == 's' || *fields == 'n') {
            const char *text = va_arg(args, const char *);

            n = *fields == 's' ? (int)strlen(text) : n;
            add(c, 2, (uint64_t)n);
            p9_bytes(c, text, (uint32_t)n);
        } else {
            add(c, *fields == 'd' ? 4 : *fields == 'w' ? 2 : 1, va_arg(args, unsigned));
        }
    }
    set(c, 0, 4, c->length);
}

void p9_message(struct p9_client *c, uint8_t type, const char *fields, ...)
{
    va_list args;

    va_start(args, fields);
    message(c, type, fields, args);
    va_end(args);
}

/* In pieces, as a guest's memory is. */
void p9_send(struct p9_client *c, uint32_t room)
{
    struct vring_buffer b[4];
    uint32_t n = 0, first = c->length < 9 ? c->length : 9;

    b[n++] = (struct vring_buffer){c->message, first, false};
    if (c->length > first)
        b[n++] = (struct vring_buffer){c->message + first, c->length - first, false};
    b[n++] = (struct vring_buffer){c->reply, room < 11 ? room : 11, true};
    if (room > 11)
        b[n++] = (struct vring_buffer){c->reply + 11, room - 11, true};
    memset(at(c, c->reply), 0xee, P9_ROOM);
    driver_add(&c->d, 0, b, n);
}

/* ---- replies ---- */

uint64_t p9_take(struct p9_client *c, unsigned bytes)
{
    uint64_t value = 0;

    if (bytes > c->end - c->in)
        vm_test_broken("a reply is too short");
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at(c, c->reply)[c->in++] << 8 * i;
    return value;
}

const uint8_t *p9_take_bytes(struct p9_client *c, uint32_t n)
{
    if (n > c->end - c->in)
        vm_test_broken("a reply is too short");
    c->in += n;
    return at(c, c->reply) + c->in - n;
}

const char *p9_take_text(struct p9_client *c)
{
    static char text[65536];
    uint32_t n = (uint32_t)p9_take(c, 2);

    memcpy(text, p9_take_bytes(c, n), n);
    text[n] = '\0';
    return text;
}

int p9_reply(struct p9_client *c)
{
    const uint8_t *sent = at(c, c->message);
    uint32_t written;
    uint16_t id;
    uint8_t type;

    if (!driver_get(&c->d, 0, &id, &written))
        return -1;
    c->in = 0;
    c->end = written;
    if (p9_take(c, 4) != written)
        vm_test_broken("a reply's size is not what was written");
    type = (uint8_t)p9_take(c, 1);
    if (p9_take(c, 2) != (sent[5] | (unsigned)sent[6] << 8))
        return -1;
    if (type == 7)
        return (int)p9_take(c, 4);
    return type == sent[4] + 1 ? 0 : -1;
}

int p9_again(struct p9_client *c)
{
    p9_send(c, P9_ROOM);
    vm_devtest_run_work(c->h);
    return p9_reply(c);
}

int p9_call(struct p9_client *c, uint8_t type, const char *fields, ...)
{
    va_list args;

    va_start(args, fields);
    message(c, type, fields, args);
    va_end(args);
    return p9_again(c);
}

/* ---- usual ones ---- */

int p9_mount(struct p9_client *c, uint32_t root)
{
    int error = p9_call(c, P9_VERSION, "ds", 65536, "9P2000.L");

    return error ? error : p9_call(c, P9_ATTACH, "ddssd", root, P9_NOFID, "root", "", 0);
}

int p9_walk(struct p9_client *c, uint32_t from, uint32_t to, const char *path)
{
    uint16_t n = 0;
    int error;

    p9_message(c, P9_WALK, "ddw", from, to, 0);
    while (*path) {
        size_t length = strcspn(path, "/");

        add(c, 2, length);
        p9_bytes(c, path, (uint32_t)length);
        path += length + (path[length] == '/');
        n++;
    }
    set(c, 15, 2, n);
    error = p9_again(c);
    return error ? error : p9_take(c, 2) == n ? 0 : -2;
}

int p9_open(struct p9_client *c, uint32_t fid, uint32_t flags)
{
    return p9_call(c, P9_LOPEN, "dd", fid, flags);
}

int p9_clunk(struct p9_client *c, uint32_t fid)
{
    return p9_call(c, P9_CLUNK, "d", fid);
}

int p9_create(struct p9_client *c, uint32_t fid, const char *name, uint32_t flags, uint32_t mode)
{
    return p9_call(c, P9_LCREATE, "dsddd", fid, name, flags, mode, 0);
}

int p9_write(struct p9_client *c, uint32_t fid, uint64_t offset, const void *bytes, uint32_t n)
{
    p9_message(c, P9_WRITE, "dqd", fid, offset, n);
    p9_bytes(c, bytes, n);
    return p9_again(c);
}

const char *p9_read(struct p9_client *c, uint32_t fid, uint64_t offset, uint32_t n)
{
    static char text[P9_ROOM + 1];

    if (p9_call(c, P9_READ, "dqd", fid, offset, n))
        return NULL;
    n = (uint32_t)p9_take(c, 4);
    memcpy(text, p9_take_bytes(c, n), n);
    text[n] = '\0';
    return text;
}

/* ---- those that must succeed ---- */

void p9_use(struct p9_client *c, const char *folder, const char *property, const char *value)
{
    const char *const properties[] = {"folder", folder, property, value, NULL};

    if (c->h)
        vm_devtest_free(c->h);
    p9_device(c, properties);
    if (p9_mount(c, P9_ROOT))
        vm_test_broken("the folder cannot be mounted");
}

void p9_at(struct p9_client *c, uint32_t fid, const char *path)
{
    if (p9_walk(c, P9_ROOT, fid, path))
        vm_test_broken(path);
}

void p9_open_at(struct p9_client *c, uint32_t fid, const char *path, uint32_t flags)
{
    p9_at(c, fid, path);
    if (p9_open(c, fid, flags))
        vm_test_broken(path);
}
