/* SPDX-License-Identifier: BSD-2-Clause */
/* config.c - features and configuration space (Virtio 1.2, 5.2.3 and 5.2.4). */
#include <string.h>

#include "blk.h"

static void put(struct blk *b, uint32_t offset, uint32_t bytes, uint64_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        b->config[offset + i] = (uint8_t)(value >> 8 * i);
}

uint64_t blk_features(const struct blk *b)
{
    uint64_t features = BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_TOPOLOGY | BLK_F_MQ;

    if (b->info.flags & VM_BLOCK_READ_ONLY)
        return features | BLK_F_RO;
    if (b->info.flags & VM_BLOCK_VOLATILE)
        features |= BLK_F_FLUSH | BLK_F_CONFIG_WCE;
    if (b->info.flags & VM_BLOCK_DISCARD)
        features |= BLK_F_DISCARD;
    if (b->info.flags & VM_BLOCK_WRITE_ZEROES)
        features |= BLK_F_WRITE_ZEROES;
    return features;
}

static uint32_t log2_of(uint32_t power)
{
    return (uint32_t)__builtin_ctz(power);
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

void blk_fill_config(struct blk *b)
{
    const struct vm_block_info *i = &b->info;
    uint32_t blocks = i->physical_size / i->block_size;

    put(b, 0, 8, i->length / SECTOR);
    put(b, 12, 4, b->virtio.queue_size > 2 ? b->virtio.queue_size - 2 : 1); /* seg_max */
    put(b, 20, 4, i->block_size);
    put(b, 24, 1, log2_of(blocks));
    put(b, 26, 2, at_most(blocks, UINT16_MAX));
    put(b, 28, 4, i->optimal_size / i->block_size);
    put(b, CONFIG_WRITEBACK, 1, b->writeback);
    put(b, 34, 2, b->n_queues);
    put(b, 36, 4, MAX_ERASE);
    put(b, 40, 4, MAX_SEGMENTS);
    put(b, 44, 4, i->discard_granularity / SECTOR);
    put(b, 48, 4, MAX_ERASE);
    put(b, 52, 4, MAX_SEGMENTS);
    put(b, 56, 1, 1); /* zeroes may be unmapped */
}
