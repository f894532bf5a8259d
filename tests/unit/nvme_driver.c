/* SPDX-License-Identifier: BSD-2-Clause */
/* nvme_driver.c - the simplest driver of an NVMe controller under test. */
#include "nvme_driver.h"

#include <string.h>

#include <vmrun/pci.h>

#include <vmrun/test.h>

struct vm_devtest *nvme_device(const struct vm_plugin *plugin, const char *disk)
{
    struct vm_devtest *h = vm_devtest_new(plugin);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 3 << 3);
    vm_devtest_set_ram(h, NVME_RAM, NVME_RAM_BYTES);
    vm_devtest_set(h, "file", disk);
    if (vm_devtest_create(h, &err) < 0)
        vm_test_broken(err.text);
    vm_devtest_reset(h);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_MASTER);
    return h;
}

uint32_t nvme_read(struct nvme_driver *d, uint32_t offset)
{
    uint64_t value;

    vm_devtest_access_read(d->h, 0, offset, 4, &value);
    return (uint32_t)value;
}

void nvme_write(struct nvme_driver *d, uint32_t offset, uint32_t value)
{
    vm_devtest_access_write(d->h, 0, offset, 4, value);
}

uint32_t nvme_enable(struct nvme_driver *d, struct vm_devtest *h)
{
    memset(d, 0, sizeof(*d));
    d->h = h;
    memset(d->phase, 1, sizeof(d->phase));
    memset(vm_devtest_ram(h, NVME_RAM, 0x8000), 0, 0x8000);
    nvme_write(d, NVME_CC, 0);
    nvme_write(d, NVME_AQA, (NVME_DEPTH - 1) | (NVME_DEPTH - 1) << 16);
    nvme_write(d, NVME_ASQ, NVME_QUEUE(0, 0));
    nvme_write(d, NVME_ASQ + 4, 0);
    nvme_write(d, NVME_ACQ, NVME_QUEUE(0, 1));
    nvme_write(d, NVME_ACQ + 4, 0);
    nvme_write(d, NVME_CC, 0x460001);
    return nvme_read(d, NVME_CSTS);
}

void nvme_submit(struct nvme_driver *d, uint32_t queue, uint32_t dw[16])
{
    dw[0] = (dw[0] & 0xffff) | (uint32_t)++d->id << 16;
    memcpy(vm_devtest_ram(d->h, NVME_QUEUE(queue, 0) + d->tail[queue] * 64, 64), dw, 64);
    d->tail[queue] = (d->tail[queue] + 1) % NVME_DEPTH;
    nvme_write(d, 0x1000 + 8 * queue, d->tail[queue]);
}

int nvme_completion(struct nvme_driver *d, uint32_t queue, uint32_t *result)
{
    uint32_t entry[4];

    memcpy(entry, vm_devtest_ram(d->h, NVME_QUEUE(queue, 1) + d->head[queue] * 16, 16), 16);
    if ((entry[3] >> 16 & 1) != d->phase[queue])
        return -1;
    if (++d->head[queue] == NVME_DEPTH) {
        d->head[queue] = 0;
        d->phase[queue] ^= 1;
    }
    nvme_write(d, 0x1004 + 8 * queue, d->head[queue]);
    if (result)
        *result = entry[0];
    return (int)(entry[3] >> 17 & 0x3fff); /* without the bit that says not to retry */
}

uint32_t nvme_command(struct nvme_driver *d, uint32_t queue, uint32_t dw[16], uint32_t *result)
{
    nvme_submit(d, queue, dw);
    int status = nvme_completion(d, queue, result);
    if (status < 0)
        vm_test_broken("an NVMe command is not completed");
    return (uint32_t)status;
}

uint32_t nvme_make_queues(struct nvme_driver *d)
{
    uint32_t cq[16] = {5, [6] = NVME_QUEUE(1, 1), [10] = 1 | (NVME_DEPTH - 1) << 16, [11] = 3};
    uint32_t sq[16] = {
        1, [6] = NVME_QUEUE(1, 0), [10] = 1 | (NVME_DEPTH - 1) << 16, [11] = 0x10001};
    uint32_t status = nvme_command(d, 0, cq, NULL);

    return status ? status : nvme_command(d, 0, sq, NULL);
}
