/* SPDX-License-Identifier: BSD-2-Clause */
/* blk.h - virtio block device (Virtio 1.2, 5.2): what the files of this plugin share. */
#ifndef DEV_VIRTIO_BLK_BLK_H
#define DEV_VIRTIO_BLK_BLK_H

#include <vmrun/virtio.h>

#define BLK_F_SEG_MAX      (UINT64_C(1) << 2)
#define BLK_F_RO           (UINT64_C(1) << 5)
#define BLK_F_BLK_SIZE     (UINT64_C(1) << 6)
#define BLK_F_FLUSH        (UINT64_C(1) << 9)
#define BLK_F_TOPOLOGY     (UINT64_C(1) << 10)
#define BLK_F_CONFIG_WCE   (UINT64_C(1) << 11)
#define BLK_F_MQ           (UINT64_C(1) << 12)
#define BLK_F_DISCARD      (UINT64_C(1) << 13)
#define BLK_F_WRITE_ZEROES (UINT64_C(1) << 14)

#define CONFIG_BYTES     60
#define CONFIG_WRITEBACK 32 /* offset of the one byte that the driver may write */

#define SECTOR       512u
#define MAX_QUEUES   16
#define MAX_SEGMENTS 16         /* ranges of one DISCARD or WRITE_ZEROES */
#define MAX_ERASE    (1u << 21) /* sectors of one such range */
#define SERIAL_BYTES 20

struct segment {
    uint64_t offset, length; /* bytes */
    uint32_t flags;          /* VM_BLOCK_UNMAP */
};

/* One chain under way. */
struct request {
    struct vm_block_request block; /* first */
    struct request *next;          /* of the free ones */
    struct vm_virtq_element *element;
    uint32_t queue;
    uint64_t written;        /* bytes of the in-part, if it succeeds, without the status */
    struct vm_iovec *pieces; /* own ones, where the chain's do not do */
    uint32_t room;
    uint32_t n_segments, segment;
    struct segment segments[MAX_SEGMENTS];
};

struct blk {
    struct vm_virtio virtio; /* first */
    struct vm_block *backend;
    struct vm_block_info info;
    char serial[SERIAL_BYTES];
    uint32_t n_queues;
    uint8_t config[CONFIG_BYTES];
    struct request *free;
    uint32_t under_way[MAX_QUEUES];
    uint8_t stopping[MAX_QUEUES];
    uint32_t dirty; /* queues with chains given back that the driver has not been told of */

    /* Saved state. */
    uint8_t writeback;
};

/* ---- config.c ---- */

uint64_t blk_features(const struct blk *b);
/* What the driver reads, from info and the rest. */
void blk_fill_config(struct blk *b);

/* ---- request.c ---- */

void blk_notify(void *dev, uint32_t queue);
void blk_done(void *dev, struct vm_block_request *block);
void blk_told(void *dev); /* the end of a series of blk_done() */
void blk_free_requests(struct blk *b);

#endif
