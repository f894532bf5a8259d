/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nvme.h - NVMe controller (NVM Express Base Specification 1.4): what the files of this plugin
 * share. One namespace; PRPs, no SGLs; pages of 4 KiB.
 */
#ifndef DEV_NVME_NVME_H
#define DEV_NVME_NVME_H

#include <vmrun/pci.h>

#define PAGE          4096u
#define N_QUEUES      17u /* the admin queue, and those for I/O */
#define QUEUE_MAX     1024u
#define TRANSFER_LOG2 8u /* pages, of one command: MDTS */
#define TRANSFER_MAX  (PAGE << TRANSFER_LOG2)
#define MAX_PIECES    (2 * (TRANSFER_MAX / PAGE + 1))
#define MAX_RANGES    256u
#define MAX_EVENTS    4u /* asynchronous event requests that may wait */
#define N_FEATURES    16u
#define SERIAL_BYTES  20
#define COMMAND_BYTES 64u
#define ENTRY_BYTES   16u /* of a completion queue */

/* Status: type << 8 | code, as the completion has them; NO_RETRY for what will fail again. */
enum status {
    OK = 0,
    INVALID_OPCODE = 0x001,
    INVALID_FIELD = 0x002,
    DATA_TRANSFER_ERROR = 0x004,
    INTERNAL_ERROR = 0x006,
    INVALID_NAMESPACE = 0x00b,
    PRP_OFFSET_INVALID = 0x013,
    LBA_OUT_OF_RANGE = 0x080,
    CAPACITY_EXCEEDED = 0x081,
    INVALID_CQ = 0x100,
    INVALID_QUEUE = 0x101,
    INVALID_QUEUE_SIZE = 0x102,
    TOO_MANY_EVENTS = 0x105,
    INVALID_VECTOR = 0x108,
    INVALID_LOG_PAGE = 0x109,
    INVALID_DELETION = 0x10c,
    FEATURE_NOT_SAVEABLE = 0x10d,
    READ_ONLY = 0x182,
    WRITE_FAULT = 0x280,
    READ_ERROR = 0x281,
    NO_RETRY = 0x4000,
    PENDING = 0x10000, /* no status: it is completed later */
};

#define FEATURE_WRITE_CACHE 0x06u
#define FEATURE_QUEUES      0x07u
#define FEATURE_EVENTS      0x0bu
#define EVENT_NAMESPACE     0x100u /* of FEATURE_EVENTS */

struct command {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t namespace;
    uint64_t prp1, prp2;
    uint32_t dw[16]; /* as the specification counts them */
};

struct range {
    uint64_t offset, length; /* bytes */
};

/* A command that the backend has. */
struct request {
    struct vm_block_request block; /* first */
    struct request *next;          /* of the free ones */
    uint32_t queue;
    uint16_t id;
    uint32_t n_mapped, n_pieces;
    uint8_t writes_memory, is_own; /* is_own: not of a queue */
    struct vm_iovec mapped[MAX_PIECES], pieces[MAX_PIECES];
    uint32_t n_ranges, range;
    struct range ranges[MAX_RANGES];
};

struct nvme {
    struct vm_pci pci; /* first */
    struct vm_block *backend;
    struct vm_block_info info;
    char serial[SERIAL_BYTES + 1];
    struct vm_timer *timer; /* goes on with queues */
    struct request *free;
    uint32_t reserved[N_QUEUES]; /* completion queues: places for commands that are under way */
    uint32_t dirty;              /* completion queues with entries that nobody was told of */
    uint8_t shutting_down;

    /* Saved state. */
    uint32_t cc, csts, aqa, masked;
    uint64_t asq, acq;
    uint64_t sq_base[N_QUEUES], cq_base[N_QUEUES];
    uint32_t sq_size[N_QUEUES], cq_size[N_QUEUES]; /* entries; 0: there is none */
    uint32_t sq_head[N_QUEUES], sq_tail[N_QUEUES], sq_cq[N_QUEUES];
    uint32_t cq_head[N_QUEUES], cq_tail[N_QUEUES], cq_vector[N_QUEUES];
    uint8_t cq_phase[N_QUEUES], cq_interrupts[N_QUEUES];
    uint32_t features[N_FEATURES];
    uint16_t events[MAX_EVENTS]; /* IDs of the requests that wait */
    uint32_t n_events;
    uint32_t event; /* one that nobody waited for; 0: none */
    uint8_t namespace_changed;
};

static inline uint64_t get_le(const uint8_t *bytes, uint32_t n)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static inline void put_le(uint8_t *bytes, uint32_t n, uint64_t value)
{
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* ---- registers.c ---- */

extern const struct vm_region_ops nvme_registers;
/* Queues and what belongs to them are gone; nothing is under way any more. */
void nvme_stop(struct nvme *n);
/* Only a reset helps: DMA failed, or what the driver set up cannot be. */
void nvme_fatal(struct nvme *n, const char *why);

/* ---- queues.c ---- */

void queue_doorbell(struct nvme *n, uint32_t queue, int completion, uint32_t value);
/* Fetches commands until the queue is empty or its completion queue has no more room. */
void queue_run(struct nvme *n, uint32_t queue);
void queues_run_all(struct nvme *n);
/* Completes a command; the driver is told by queues_tell(). */
void queue_complete(struct nvme *n, uint32_t queue, uint16_t id, uint32_t result, uint32_t status);
void queues_tell(struct nvme *n);
void queues_update_intx(struct nvme *n);

/* ---- prp.c ---- */

/* Maps the command's `length` bytes for the request; a status. */
uint32_t prp_map(struct nvme *n, struct request *r, const struct command *c, uint64_t length,
                 int write);
void prp_unmap(struct nvme *n, struct request *r, int written);
/* Copies between them and `bytes`. */
uint32_t prp_copy(struct nvme *n, const struct command *c, void *bytes, uint64_t length, int write);

/* ---- admin.c, identify.c, io.c: each returns a status, *result is the completion's first word */

uint32_t admin_command(struct nvme *n, const struct command *c, uint32_t *result);
void admin_event(struct nvme *n, uint32_t type, uint32_t info, uint32_t log_page);
uint32_t identify_command(struct nvme *n, const struct command *c);
uint32_t io_command(struct nvme *n, uint32_t queue, const struct command *c);
void io_done(void *dev, struct vm_block_request *block);
/* Puts everything on stable storage, and waits for that. */
void io_flush_all(struct nvme *n);
struct request *request_take(struct nvme *n);
void request_give(struct nvme *n, struct request *r);
void requests_free(struct nvme *n);

#endif
