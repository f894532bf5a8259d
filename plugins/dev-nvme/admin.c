/* SPDX-License-Identifier: BSD-2-Clause */
/* admin.c - commands of the admin queue (chapter 5). */
#include <string.h>

#include "nvme.h"

enum opcode {
    DELETE_SQ = 0x00,
    CREATE_SQ = 0x01,
    GET_LOG_PAGE = 0x02,
    DELETE_CQ = 0x04,
    CREATE_CQ = 0x05,
    IDENTIFY = 0x06,
    ABORT = 0x08,
    SET_FEATURES = 0x09,
    GET_FEATURES = 0x0a,
    EVENT_REQUEST = 0x0c,
};

enum log_page { LOG_ERRORS = 1, LOG_HEALTH = 2, LOG_FIRMWARE = 3, LOG_NAMESPACES = 4 };

#define ENTRY_SIZES 0x460000u /* of I/O queues, in CC */

/* ---- queues ---------------------------------------------------------------------------------- */

/* What both kinds have: number, size and address. */
static uint32_t check_queue(const struct nvme *n, const struct command *c, const uint32_t *sizes)
{
    uint32_t queue = c->dw[10] & 0xffff, size = (c->dw[10] >> 16) + 1;

    if (queue == 0 || queue >= N_QUEUES || sizes[queue])
        return INVALID_QUEUE | NO_RETRY;
    if (size < 2 || size > QUEUE_MAX)
        return INVALID_QUEUE_SIZE | NO_RETRY;
    if (!(c->dw[11] & 1) || (n->cc & 0xff0000) != ENTRY_SIZES)
        return INVALID_FIELD | NO_RETRY; /* it must be in one piece */
    return c->prp1 % PAGE ? PRP_OFFSET_INVALID | NO_RETRY : OK;
}

static uint32_t create_cq(struct nvme *n, const struct command *c)
{
    uint32_t queue = c->dw[10] & 0xffff, vector = c->dw[11] >> 16;
    uint32_t status = check_queue(n, c, n->cq_size);

    if (status)
        return status;
    if (vector >= n->pci.n_msix)
        return INVALID_VECTOR | NO_RETRY;
    n->cq_base[queue] = c->prp1;
    n->cq_size[queue] = (c->dw[10] >> 16) + 1;
    n->cq_head[queue] = n->cq_tail[queue] = 0;
    n->cq_phase[queue] = 1;
    n->cq_vector[queue] = vector;
    n->cq_interrupts[queue] = c->dw[11] >> 1 & 1;
    n->reserved[queue] = 0;
    return OK;
}

static uint32_t create_sq(struct nvme *n, const struct command *c)
{
    uint32_t queue = c->dw[10] & 0xffff, cq = c->dw[11] >> 16;
    uint32_t status = check_queue(n, c, n->sq_size);

    if (status)
        return status;
    if (cq == 0 || cq >= N_QUEUES || !n->cq_size[cq])
        return INVALID_CQ | NO_RETRY;
    n->sq_base[queue] = c->prp1;
    n->sq_size[queue] = (c->dw[10] >> 16) + 1;
    n->sq_head[queue] = n->sq_tail[queue] = 0;
    n->sq_cq[queue] = cq;
    return OK;
}

/* Its commands are done before the deletion is. */
static uint32_t delete_sq(struct nvme *n, const struct command *c)
{
    uint32_t queue = c->dw[10] & 0xffff;

    if (queue == 0 || queue >= N_QUEUES || !n->sq_size[queue])
        return INVALID_QUEUE | NO_RETRY;
    n->pci.host->block_drain(n->backend);
    n->sq_size[queue] = 0;
    return OK;
}

static uint32_t delete_cq(struct nvme *n, const struct command *c)
{
    uint32_t queue = c->dw[10] & 0xffff;

    if (queue == 0 || queue >= N_QUEUES || !n->cq_size[queue])
        return INVALID_QUEUE | NO_RETRY;
    for (uint32_t i = 0; i < N_QUEUES; i++)
        if (n->sq_size[i] && n->sq_cq[i] == queue)
            return INVALID_DELETION | NO_RETRY;
    n->cq_size[queue] = 0;
    n->dirty &= ~(1u << queue);
    queues_update_intx(n);
    return OK;
}

/* ---- features -------------------------------------------------------------------------------- */

/* A bit for each that there is: 1, 2, and 4 to 11 (5.21.1). */
#define FEATURES 0x0ff6u

static uint32_t set_features(struct nvme *n, const struct command *c, uint32_t *result)
{
    uint32_t id = c->dw[10] & 0xff, value = c->dw[11];

    if (c->dw[10] >> 31)
        return FEATURE_NOT_SAVEABLE | NO_RETRY;
    if (id >= N_FEATURES || !(FEATURES >> id & 1))
        return INVALID_FIELD | NO_RETRY;
    if (id == FEATURE_QUEUES) {
        *result = (N_QUEUES - 2) | (N_QUEUES - 2) << 16;
        return OK;
    }
    if (id == FEATURE_WRITE_CACHE) {
        if (n->features[id] && !(value & 1))
            io_flush_all(n);
        value &= 1;
    }
    n->features[id] = value;
    return OK;
}

static uint32_t get_features(const struct nvme *n, const struct command *c, uint32_t *result)
{
    uint32_t id = c->dw[10] & 0xff;

    if (id >= N_FEATURES || !(FEATURES >> id & 1))
        return INVALID_FIELD | NO_RETRY;
    *result = id == FEATURE_QUEUES ? (N_QUEUES - 2) | (N_QUEUES - 2) << 16 : n->features[id];
    return OK;
}

/* ---- logs, events ---------------------------------------------------------------------------- */

static uint32_t fill_log(struct nvme *n, uint32_t page, uint8_t bytes[PAGE])
{
    switch (page) {
    case LOG_ERRORS:
        break;
    case LOG_HEALTH:
        put_le(bytes + 1, 2, 300); /* kelvins */
        bytes[3] = 100;            /* spare blocks, percent */
        bytes[4] = 10;
        break;
    case LOG_FIRMWARE:
        bytes[0] = 1;
        memcpy(bytes + 8, "1.0     ", 8);
        break;
    case LOG_NAMESPACES:
        bytes[0] = n->namespace_changed;
        n->namespace_changed = 0;
        break;
    default:
        return INVALID_LOG_PAGE | NO_RETRY;
    }
    return OK;
}

static uint32_t get_log_page(struct nvme *n, const struct command *c)
{
    uint64_t offset = c->dw[12] | (uint64_t)c->dw[13] << 32;
    uint64_t length = ((c->dw[10] >> 16 | (uint64_t)(c->dw[11] & 0xffff) << 16) + 1) * 4;
    uint8_t bytes[PAGE] = {0};
    uint32_t status = fill_log(n, c->dw[10] & 0xff, bytes);

    if (status)
        return status;
    if (offset % 4 || offset >= PAGE || length > PAGE - offset)
        return INVALID_FIELD | NO_RETRY;
    return prp_copy(n, c, bytes + offset, length, 1);
}

static uint32_t event_request(struct nvme *n, const struct command *c, uint32_t *result)
{
    if (n->event) {
        *result = n->event;
        n->event = 0;
        return OK;
    }
    if (n->n_events == MAX_EVENTS)
        return TOO_MANY_EVENTS | NO_RETRY;
    n->events[n->n_events++] = c->id;
    return PENDING;
}

/* Of events that nobody waits for the latest is kept. */
void admin_event(struct nvme *n, uint32_t type, uint32_t info, uint32_t log_page)
{
    uint32_t event = type | info << 8 | log_page << 16;

    if (n->n_events == 0) {
        n->event = event;
        return;
    }
    uint16_t id = n->events[0];
    memmove(n->events, n->events + 1, --n->n_events * sizeof(n->events[0]));
    queue_complete(n, 0, id, event, OK);
}

/* ---- all ------------------------------------------------------------------------------------- */

uint32_t admin_command(struct nvme *n, const struct command *c, uint32_t *result)
{
    switch (c->opcode) {
    case DELETE_SQ:
        return delete_sq(n, c);
    case CREATE_SQ:
        return create_sq(n, c);
    case GET_LOG_PAGE:
        return get_log_page(n, c);
    case DELETE_CQ:
        return delete_cq(n, c);
    case CREATE_CQ:
        return create_cq(n, c);
    case IDENTIFY:
        return identify_command(n, c);
    case ABORT:
        *result = 1; /* too late: it is with the backend, or done */
        return OK;
    case SET_FEATURES:
        return set_features(n, c, result);
    case GET_FEATURES:
        return get_features(n, c, result);
    case EVENT_REQUEST:
        return event_request(n, c, result);
    default:
        return INVALID_OPCODE | NO_RETRY;
    }
}
