/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-iommu-test.c - an IOMMU for tests: a short list of ranges, each for one requester, that lead
 * elsewhere. While it is off everything passes as it is.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

enum {
    REG_ON = 0x00,
    REG_FAULTS = 0x08, /* how many, and of the last one: */
    REG_FAULT_ADDRESS = 0x10,
    REG_FAULT_REQUESTER = 0x18,
    REG_RANGES = 0x100, /* each: requester, from, to, length with bit 63: may be written */
    RANGES = 8,
    RANGE_BYTES = 32,
    REG_BYTES = 0x1000,
};

#define WRITABLE (UINT64_C(1) << 63)

struct iommu {
    uint64_t on, faults, fault_address, fault_requester;
    uint64_t ranges[RANGES * 4];
};

static uint64_t *find(struct iommu *m, uint64_t offset)
{
    switch (offset) {
    case REG_ON:
        return &m->on;
    case REG_FAULTS:
        return &m->faults;
    case REG_FAULT_ADDRESS:
        return &m->fault_address;
    case REG_FAULT_REQUESTER:
        return &m->fault_requester;
    default:
        if (offset < REG_RANGES || offset >= REG_RANGES + RANGES * RANGE_BYTES)
            return NULL;
        return &m->ranges[(offset - REG_RANGES) / 8];
    }
}

static int regs_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const uint64_t *reg = find(dev, offset);

    (void)size;
    *value = reg ? *reg : 0;
    return VM_ACCESS_OK;
}

static int regs_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    uint64_t *reg = find(dev, offset);

    (void)size;
    if (reg)
        *reg = value;
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = regs_read,
    .write = regs_write,
};

static int translate(void *dev, uint32_t requester, uint64_t addr, int write,
                     struct vm_iommu_mapping *out)
{
    struct iommu *m = dev;

    *out = (struct vm_iommu_mapping){.address = addr, .length = UINT64_MAX - addr};
    if (!m->on)
        return VM_ACCESS_OK;
    for (uint32_t i = 0; i < RANGES; i++) {
        const uint64_t *r = &m->ranges[i * 4];
        uint64_t length = r[3] & ~WRITABLE;
        if (r[0] != requester || addr < r[1] || addr - r[1] >= length ||
            (write && !(r[3] & WRITABLE)))
            continue;
        out->address = r[2] + (addr - r[1]);
        out->length = length - (addr - r[1]);
        return VM_ACCESS_OK;
    }
    m->faults++;
    m->fault_address = addr;
    m->fault_requester = requester;
    return VM_ACCESS_ERROR;
}

static const struct vm_device_iommu device_iommu = {
    .size = sizeof(struct vm_device_iommu),
    .translate = translate,
};

static void reset(void *dev, int kind)
{
    (void)kind;
    memset(dev, 0, sizeof(struct iommu));
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .length = REG_BYTES,
        .ops = &region_ops,
        .valid_min = 8,
        .valid_max = 8,
        .impl_min = 8,
        .impl_max = 8,
    };
    struct iommu *m = calloc(1, sizeof(*m));

    (void)props;
    if (!m)
        vm_error_set(err, "out of memory");
    if (m && host->add_region(ctx, &region, err) < 0) {
        free(m);
        m = NULL;
    }
    return m;
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct iommu, on, VM_STATE_U64),
    VM_STATE(struct iommu, faults, VM_STATE_U64),
    VM_STATE(struct iommu, fault_address, VM_STATE_U64),
    VM_STATE(struct iommu, fault_requester, VM_STATE_U64),
    VM_STATE_ARRAY(struct iommu, ranges, VM_STATE_U64, RANGES * 4),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    return strcmp(id, VM_DEVICE_IOMMU_INTERFACE) == 0 ? &device_iommu : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-iommu-test", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "IOMMU for tests", .get_interface = get_interface);
