/* SPDX-License-Identifier: BSD-2-Clause */
/* registers.c - the controller's registers (chapter 3), enabling, reset, shutdown. */
#include <string.h>

#include "nvme.h"

#define DOORBELLS 0x1000u

enum reg {
    CAP = 0x00,
    VS = 0x08,
    INTMS = 0x0c,
    INTMC = 0x10,
    CC = 0x14,
    CSTS = 0x1c,
    AQA = 0x24,
    ASQ = 0x28,
    ACQ = 0x30
};

#define CC_ENABLE       1u
#define CC_COMMAND_SET  0x70u
#define CC_PAGE_SIZE    0x780u
#define CC_SHUTDOWN     0xc000u
#define CC_WRITABLE     0xffffffu
#define CSTS_READY      1u
#define CSTS_FATAL      2u
#define CSTS_SHUT_DOWN  8u /* complete */
#define CSTS_SHUT_STATE 0xcu

/* Queues contiguous, 15 seconds to become ready, the NVM command set, pages of 4 KiB alone. */
#define CAPABILITIES ((QUEUE_MAX - 1) | UINT64_C(1) << 16 | UINT64_C(30) << 24 | UINT64_C(1) << 37)

void nvme_fatal(struct nvme *n, const char *why)
{
    if (!(n->csts & CSTS_FATAL))
        n->pci.host->base->log(n->pci.ctx, VM_LOG_WARNING,
                               "the guest's driver: %s; the controller needs a reset", why);
    n->csts |= CSTS_FATAL;
}

void nvme_stop(struct nvme *n)
{
    n->pci.host->block_drain(n->backend);
    memset(n->sq_size, 0, sizeof(n->sq_size));
    memset(n->cq_size, 0, sizeof(n->cq_size));
    memset(n->reserved, 0, sizeof(n->reserved));
    memset(n->features, 0, sizeof(n->features));
    n->features[FEATURE_WRITE_CACHE] = (n->info.flags & VM_BLOCK_VOLATILE) != 0;
    n->n_events = n->event = 0;
    n->namespace_changed = 0;
    n->dirty = 0;
    n->csts = 0;
    n->masked = 0;
    vm_pci_lower(&n->pci);
}

static void enable(struct nvme *n)
{
    uint32_t sq = (n->aqa & 0xfff) + 1, cq = (n->aqa >> 16 & 0xfff) + 1;

    if (n->cc & (CC_COMMAND_SET | CC_PAGE_SIZE) || sq < 2 || cq < 2 || (n->asq | n->acq) % PAGE) {
        nvme_fatal(n, "it enables the controller with queues or settings that cannot be");
        return;
    }
    n->sq_base[0] = n->asq;
    n->cq_base[0] = n->acq;
    n->sq_size[0] = sq;
    n->cq_size[0] = cq;
    n->sq_head[0] = n->sq_tail[0] = n->sq_cq[0] = 0;
    n->cq_head[0] = n->cq_tail[0] = n->cq_vector[0] = 0;
    n->cq_phase[0] = n->cq_interrupts[0] = 1;
    n->csts |= CSTS_READY;
}

/* Commands that are under way end first; then all that was written is made stable (7.6.2). */
static void shut_down(struct nvme *n)
{
    io_flush_all(n);
    n->csts = (n->csts & ~CSTS_SHUT_STATE) | CSTS_SHUT_DOWN;
}

static void write_cc(struct nvme *n, uint32_t value)
{
    uint32_t before = n->cc;

    n->cc = value & CC_WRITABLE;
    if (!(before & CC_ENABLE) && n->cc & CC_ENABLE)
        enable(n);
    else if (before & CC_ENABLE && !(n->cc & CC_ENABLE))
        nvme_stop(n);
    if (!(before & CC_SHUTDOWN) && n->cc & CC_SHUTDOWN)
        shut_down(n);
    else if (before & CC_SHUTDOWN && !(n->cc & CC_SHUTDOWN))
        n->csts &= ~CSTS_SHUT_STATE;
}

static uint64_t with_half(uint64_t old, uint64_t offset, uint64_t value)
{
    return offset & 4 ? (old & UINT32_MAX) | value << 32 : (old & ~(uint64_t)UINT32_MAX) | value;
}

static int write_register(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct nvme *n = dev;
    uint32_t v = (uint32_t)value;

    (void)size;
    if (offset >= DOORBELLS) {
        uint32_t index = (uint32_t)(offset - DOORBELLS) / 4;
        if (index / 2 < N_QUEUES && (n->csts & (CSTS_READY | CSTS_FATAL)) == CSTS_READY)
            queue_doorbell(n, index / 2, index & 1, v);
        return VM_ACCESS_OK;
    }
    switch (offset) {
    case INTMS:
    case INTMC:
        n->masked = offset == INTMS ? n->masked | v : n->masked & ~v;
        queues_update_intx(n);
        break;
    case CC:
        write_cc(n, v);
        break;
    case AQA:
        n->aqa = v & 0x0fff0fff;
        break;
    case ASQ:
    case ASQ + 4:
        n->asq = with_half(n->asq, offset, v);
        break;
    case ACQ:
    case ACQ + 4:
        n->acq = with_half(n->acq, offset, v);
        break;
    default:
        break;
    }
    return VM_ACCESS_OK;
}

static int read_register(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct nvme *n = dev;
    const struct {
        uint32_t offset;
        uint32_t value;
    } registers[] = {
        {CAP, (uint32_t)CAPABILITIES},
        {CAP + 4, (uint32_t)(CAPABILITIES >> 32)},
        {VS, 0x00010400},
        {INTMS, n->masked},
        {INTMC, n->masked},
        {CC, n->cc},
        {CSTS, n->csts},
        {AQA, n->aqa},
        {ASQ, (uint32_t)n->asq},
        {ASQ + 4, (uint32_t)(n->asq >> 32)},
        {ACQ, (uint32_t)n->acq},
        {ACQ + 4, (uint32_t)(n->acq >> 32)},
    };

    (void)size;
    *value = 0;
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        if (registers[i].offset == offset)
            *value = registers[i].value;
    return VM_ACCESS_OK;
}

const struct vm_region_ops nvme_registers = {
    .size = sizeof(struct vm_region_ops),
    .read = read_register,
    .write = write_register,
};
