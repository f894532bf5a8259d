/* SPDX-License-Identifier: BSD-2-Clause */
/* identify.c - what the controller and its namespace are (5.15). */
#include <stdio.h>
#include <string.h>

#include "nvme.h"

enum structure { NAMESPACE = 0, CONTROLLER = 1, NAMESPACE_LIST = 2, DESCRIPTORS = 3 };

#define MODEL "vmrun NVMe disk"

/* Texts are padded with blanks. */
static void put_text(uint8_t *to, size_t n, const char *text)
{
    size_t length = strlen(text);

    memset(to, ' ', n);
    memcpy(to, text, length < n ? length : n);
}

/* A UUID of the serial number's (version 8: of our own making), so that it stays the same. */
static void make_uuid(const struct nvme *n, uint8_t uuid[16])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < 16; i++) {
        for (const char *p = n->serial; *p; p++)
            h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
        h = (h ^ (uint64_t)i) * UINT64_C(0x100000001b3);
        uuid[i] = (uint8_t)(h >> 32);
    }
    uuid[6] = (uuid[6] & 0x0f) | 0x80;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static void controller(const struct nvme *n, uint8_t *to)
{
    uint8_t uuid[16];
    char text[37];

    put_le(to, 2, vm_pci_get(&n->pci, 0, 2));
    put_le(to + 2, 2, vm_pci_get(&n->pci, 0x2c, 2));
    put_text(to + 4, 20, n->serial);
    put_text(to + 24, 40, MODEL);
    put_text(to + 64, 8, "1.0");
    to[77] = TRANSFER_LOG2;
    put_le(to + 80, 4, 0x00010400);
    put_le(to + 92, 4, EVENT_NAMESPACE); /* events that it can tell */
    to[111] = 1;                         /* an I/O controller */
    to[258] = 3;                         /* commands to abort at a time, less one */
    to[259] = MAX_EVENTS - 1;
    to[260] = 3;                /* one firmware slot, read-only */
    put_le(to + 266, 2, 0x157); /* warning and critical temperature, kelvins */
    put_le(to + 268, 2, 0x175);
    to[512] = 0x66; /* sizes of queue entries */
    to[513] = 0x44;
    put_le(to + 516, 4, 1); /* namespaces */
    put_le(to + 520, 2,
           (n->info.flags & VM_BLOCK_DISCARD ? 4 : 0) |
               (n->info.flags & VM_BLOCK_WRITE_ZEROES ? 8 : 0));
    to[525] = (n->info.flags & VM_BLOCK_VOLATILE) != 0;
    make_uuid(n, uuid);
    for (int i = 0, at = 0; i < 16; i++)
        at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%02x",
                       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
    snprintf((char *)to + 768, 256, "nqn.2014-08.org.nvmexpress:uuid:%s", text);
    put_le(to + 2048, 2, 2500); /* the one power state: 25 watts */
}

static void namespace(const struct nvme *n, uint8_t *to)
{
    uint64_t blocks = n->info.length / n->info.block_size;

    for (int i = 0; i < 3; i++)
        put_le(to + 8 * i, 8, blocks);
    to[24] = 4; /* deallocated blocks are told as such, not read as errors */
    to[33] = 1; /* what was deallocated reads as zeros, if it was asked for with zeroes */
    to[99] = n->info.flags & VM_BLOCK_READ_ONLY ? 1 : 0; /* write protected */
    to[128 + 2] = (uint8_t)__builtin_ctz(n->info.block_size);
}

static void descriptors(const struct nvme *n, uint8_t *to)
{
    to[0] = 3; /* a UUID */
    to[1] = 16;
    make_uuid(n, to + 4);
}

uint32_t identify_command(struct nvme *n, const struct command *c)
{
    uint8_t bytes[PAGE] = {0};
    uint32_t id = c->namespace;

    switch (c->dw[10] & 0xff) {
    case NAMESPACE:
        if (id != 1 && id != UINT32_MAX)
            return INVALID_NAMESPACE | NO_RETRY;
        namespace(n, bytes);
        break;
    case CONTROLLER:
        controller(n, bytes);
        break;
    case NAMESPACE_LIST:
        if (id >= UINT32_MAX - 1)
            return INVALID_NAMESPACE | NO_RETRY;
        put_le(bytes, 4, id == 0);
        break;
    case DESCRIPTORS:
        if (id != 1)
            return INVALID_NAMESPACE | NO_RETRY;
        descriptors(n, bytes);
        break;
    default:
        return INVALID_FIELD | NO_RETRY;
    }
    return prp_copy(n, c, bytes, sizeof(bytes), 1);
}
