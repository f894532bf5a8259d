/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - messages from and to the virtqueue: each chain is a message to read, then room for its
 * reply. All here runs in locked callbacks, but for work(), which serves a message on a work
 * thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "p9.h"

#define VERSION "9P2000.L"

/* One chain under way. */
struct request {
    struct call call; /* first */
    struct request *next, *previous;
    struct p9 *device;
    struct vm_virtq_element *element;
    struct session *session;         /* kept */
    const struct request *waits_for; /* Tflush: for its end, NULL: for nothing */
    uint8_t message[MESSAGE_BYTES];
    uint8_t reply[REPLY_BYTES];
};

/* ---- requests ---- */

static struct request *take_request(struct p9 *p)
{
    struct request *r = p->free;

    if (r)
        p->free = r->next;
    else
        r = malloc(sizeof(*r));
    if (!r)
        return NULL;
    memset(r, 0, offsetof(struct request, message));
    r->device = p;
    r->next = p->under_way;
    if (r->next)
        r->next->previous = r;
    p->under_way = r;
    p->n_under_way++;
    return r;
}

void queue_free(struct p9 *p)
{
    while (p->free) {
        struct request *r = p->free;

        p->free = r->next;
        free(r);
    }
}

/* ---- replies ---- */

static void give_back(struct request *r)
{
    struct call *c = &r->call;
    uint64_t head = (uint64_t)(c->out - c->reply);

    vm_virtio_write(r->element, 0, c->reply, head);
    if (c->tail)
        vm_virtio_write(r->element, head, c->tail, c->tail_length);
    vm_virtio_push(&r->device->virtio, 0, r->element, head + c->moved + c->tail_length);
    free(c->tail);
}

static void end(struct request *r)
{
    struct p9 *p = r->device;

    *(r->previous ? &r->previous->next : &p->under_way) = r->next;
    if (r->next)
        r->next->previous = r->previous;
    p->n_under_way--;
    give_back(r);
    r->next = p->free;
    p->free = r;
}

/* The reply is there. Behind it go those to requests to flush it, which came later. */
static void finish(struct request *r)
{
    struct p9 *p = r->device;
    struct request *other = r->previous;

    end(r);
    while (other) {
        struct request *newer = other->previous;

        if (other->waits_for == r)
            end(other);
        other = newer;
    }
    if (p->stopping && !p->n_under_way) {
        p->stopping = false;
        vm_virtio_queue_stopped(&p->virtio, 0);
    }
}

static void reply_now(struct request *r, int error)
{
    p9_end_reply(&r->call, error);
    finish(r);
}

/* ---- work ---- */

static void work(void *opaque)
{
    struct request *r = opaque;

    if (r->call.type != T_VERSION)
        p9_serve(&r->call);
    session_drop(r->session);
}

static void done(void *opaque)
{
    struct request *r = opaque;
    struct p9 *p = r->device;

    finish(r);
    vm_virtio_flush(&p->virtio, 0);
}

static void submit(struct request *r)
{
    struct p9 *p = r->device;

    if (p->virtio.host->submit_work(p->virtio.ctx, work, done, r)) {
        session_drop(r->session);
        reply_now(r, ENOMEM);
    }
}

/*
 * What is in the host's page cache goes at once: most kernels of guests ask for one page at a time
 * and wait for it. In deterministic mode what the host has cached must make no difference.
 */
static bool serve_now(struct request *r)
{
    struct call *c = &r->call;

    if ((c->type != T_READ && c->type != T_WRITE) || r->device->deterministic)
        return false;
    c->now = true;
    p9_serve(c);
    if (!c->blocks) {
        session_drop(r->session);
        finish(r);
        return true;
    }
    c->now = c->blocks = false;
    c->in = r->message + P9_HEADER_BYTES;
    return false;
}

/* ---- messages that are about others ---- */

/*
 * Tversion msize[4] version[s] begins a session. What the guest held before is closed on a work
 * thread before it is told so: it cannot pile up sessions.
 */
static void begin_session(struct request *r)
{
    struct p9 *p = r->device;
    struct call *c = &r->call;
    uint32_t msize = get32(c);
    char version[P9_NAME_BYTES];

    get_text(c, version, sizeof(version));
    if (get_end(c) || msize < P9_MIN_MSIZE) {
        reply_now(r, c->error ? c->error : EMSGSIZE);
        return;
    }
    if (msize > p->share.max_msize)
        msize = p->share.max_msize;
    bool known = strcmp(version, VERSION) == 0;
    r->session = p->session;
    p->session = known ? session_new(&p->share, msize) : NULL;
    if (known && !p->session) {
        p->session = r->session;
        r->session = NULL;
        reply_now(r, ENOMEM);
        return;
    }
    put32(c, msize);
    put_text(c, known ? VERSION : "unknown", strlen(known ? VERSION : "unknown"));
    p9_end_reply(c, 0);
    submit(r);
}

/* Tflush oldtag[2]: answered once that one is, which cannot be called back. */
static void flush(struct request *r)
{
    const struct request *other = r->next; /* those that came before */
    uint16_t tag = get16(&r->call);

    if (get_end(&r->call)) {
        reply_now(r, r->call.error);
        return;
    }
    p9_end_reply(&r->call, 0);
    while (other && other->call.tag != tag)
        other = other->next;
    if (other && other->waits_for) /* a Tflush: that is answered before this one */
        other = other->waits_for;
    r->waits_for = other;
    if (!other)
        finish(r);
}

/* ---- chains ---- */

static uint32_t length_of(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Where a message is in order so far: an errno value otherwise. */
static int copy_message(struct request *r, uint32_t length)
{
    const struct vm_virtq_element *e = r->element;
    struct call *c = &r->call;
    uint32_t most = r->device->session ? r->device->session->msize : MESSAGE_BYTES;

    if (length < P9_HEADER_BYTES || length > e->out_length)
        return EINVAL;
    if (length > most || (length > MESSAGE_BYTES && c->type != T_WRITE))
        return EMSGSIZE;
    c->data_length = c->type == T_WRITE ? length : e->in_length;
    c->data = c->type == T_WRITE ? e->out : e->in;
    c->n_data = c->type == T_WRITE ? e->n_out : e->n_in;
    if (c->type == T_WRITE && length > P9_WRITE_OFFSET)
        length = P9_WRITE_OFFSET;
    vm_virtio_read(e, 0, r->message, length);
    c->in = r->message + P9_HEADER_BYTES;
    c->in_end = r->message + length;
    return 0;
}

static void begin(struct request *r, uint32_t length)
{
    struct p9 *p = r->device;
    int error = copy_message(r, length);

    p9_begin_reply(&r->call);
    if (!error && r->call.type == T_VERSION) {
        begin_session(r);
        return;
    }
    if (!error && r->call.type == T_FLUSH) {
        flush(r);
        return;
    }
    if (!error && !p9_has(r->call.type))
        error = EOPNOTSUPP;
    if (!error && !p->session)
        error = EPROTO;
    if (error) {
        reply_now(r, error);
        return;
    }
    r->session = r->call.session = p->session;
    session_keep(r->session);
    if (r->session->msize < (size_t)(r->call.out_end - r->reply))
        r->call.out_end = r->reply + r->session->msize;
    if (!serve_now(r))
        submit(r);
}

static void take_chain(struct p9 *p, struct vm_virtq_element *e)
{
    uint8_t header[P9_HEADER_BYTES];
    struct request *r;

    if (e->in_length < P9_ERROR_BYTES ||
        vm_virtio_read(e, 0, header, sizeof(header)) < sizeof(header)) {
        vm_virtio_fail(&p->virtio, "a message without a header, or without room for a reply");
        return;
    }
    r = take_request(p);
    if (!r) {
        vm_virtio_fail(&p->virtio, "there is no memory for its messages");
        return;
    }
    r->element = e;
    r->call.share = &p->share;
    r->call.type = header[4];
    r->call.tag = (uint16_t)(header[5] | header[6] << 8);
    r->call.reply = r->reply;
    r->call.out_end = r->reply + (e->in_length < REPLY_BYTES ? e->in_length : REPLY_BYTES);
    begin(r, length_of(header));
}

void queue_notify(void *dev, uint32_t queue)
{
    struct p9 *p = dev;
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&p->virtio, queue)))
        take_chain(p, e);
    vm_virtio_flush(&p->virtio, queue);
}

int queue_stop(void *dev, uint32_t queue)
{
    struct p9 *p = dev;

    (void)queue;
    p->stopping = p->n_under_way != 0;
    return p->stopping;
}

/* ---- the end of a session by reset ---- */

static void drop_session(void *session)
{
    session_drop(session);
}

static void nothing(void *session)
{
    (void)session;
}

void queue_reset(void *dev)
{
    struct p9 *p = dev;
    struct session *s = p->session;

    p->session = NULL;
    if (s && p->virtio.host->submit_work(p->virtio.ctx, drop_session, nothing, s))
        session_drop(s);
}
