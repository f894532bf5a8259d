/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syscon.c - power-off and reset of a RISC-V machine: SiFive's test finisher.
 *
 * Source: the "Test Finisher" of SiFive's freedom platforms, as the syscon-poweroff and
 * syscon-reboot bindings of the Linux kernel and OpenSBI's sifive_test driver use it: one 32-bit
 * register.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

enum syscon_layout {
    SYSCON_FINISH =
        0x0, /* write: what to do in the low half, an exit code in the high half; reads as zero */
    SYSCON_LENGTH = 0x1000
};

enum syscon_command {
    SYSCON_FAIL = 0x3333,  /* power off, status from the code */
    SYSCON_PASS = 0x5555,  /* power off, status 0 */
    SYSCON_RESET = 0x7777, /* reset */
};

struct syscon {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
};

/* A process's exit status has 8 bits, and a failure must never look like success. */
static int fail_status(uint32_t code)
{
    return code == 0 ? 1 : code > 255 ? 255 : (int)code;
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev;
    (void)offset;
    (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct syscon *s = dev;

    (void)size;
    if (offset != SYSCON_FINISH)
        return VM_ACCESS_OK;
    switch (value & 0xffff) {
    case SYSCON_FAIL:
        s->host->request(s->ctx, VM_REQUEST_POWEROFF, fail_status((uint32_t)value >> 16));
        break;
    case SYSCON_PASS:
        s->host->request(s->ctx, VM_REQUEST_POWEROFF, 0);
        break;
    case SYSCON_RESET:
        s->host->request(s->ctx, VM_REQUEST_RESET, 0);
        break;
    default:
        s->host->base->log(s->ctx, VM_LOG_DEBUG, "unknown command 0x%x ignored", (unsigned)value);
        break;
    }
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct syscon *s = calloc(1, sizeof(*s));
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = SYSCON_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 2,
        .valid_max = 4,
        .impl_min = 2,
        .impl_max = 4,
    };

    (void)props;
    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    if (host->add_region(ctx, &region, err) < 0) {
        free(s);
        return NULL;
    }
    return s;
}

static void reset(void *dev, int kind)
{
    (void)dev;
    (void)kind;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset, /* it keeps nothing, so there is no state table either */
};

static void add_action(const struct vm_fdt_api *fdt, struct vm_fdt_node *node, const char *name,
                       const char *compatible, uint32_t command)
{
    struct vm_fdt_node *action = fdt->child(fdt->root(node), name);
    uint32_t regmap = fdt->phandle(node);

    fdt->string(action, "compatible", compatible);
    fdt->u32(action, "regmap", &regmap, 1);
    fdt->u32(action, "offset", &(uint32_t){SYSCON_FINISH}, 1);
    fdt->u32(action, "value", &command, 1);
}

/* Bindings: Documentation/devicetree/bindings/power/reset/syscon-{poweroff,reboot}.yaml of the
 * Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const compatible[] = {"sifive,test1", "sifive,test0", "syscon"};

    (void)dev;
    (void)err;
    fdt->strings(node, "compatible", compatible, 3);
    add_action(fdt, node, "poweroff", "syscon-poweroff", SYSCON_PASS);
    add_action(fdt, node, "reboot", "syscon-reboot", SYSCON_RESET);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "test",
    .describe = describe,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-syscon", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "power-off and reset register (SiFive test finisher)",
          .description = "One register by which the guest ends the machine (0x5555: status 0; "
                         "0x3333 with a code in "
                         "the high half: that status) or resets it (0x7777).",
          .get_interface = get_interface);
