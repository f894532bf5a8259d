/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.c - the layout of every struct of the stable ABI, as it was released.
 *
 * A row here is a promise to plugins that are already compiled. A struct may get members at its
 * tail: then its STRUCT row changes and MEMBER rows are added. No other row may ever change. Sizes
 * are those of a 64-bit host. Prints TAP.
 */
#include <stdint.h>
#include <stdio.h>
#include <vmrun/chardev.h>
#include <vmrun/device.h>
#include <vmrun/plugin.h>

struct row {
    const char *name;
    size_t offset, size;           /* as compiled now */
    size_t want_offset, want_size; /* as promised */
};

#define STRUCT(s, size)                              \
    {                                                \
        "struct " #s, 0, sizeof(struct s), 0, (size) \
    }
#define MEMBER(s, m, offset, size)                                                     \
    {                                                                                  \
#s "." #m, offsetof(struct s, m), sizeof(((struct s *)0)->m), (offset), (size) \
    }
#define CONSTANT(c, value)             \
    {                                  \
#c, 0, (size_t)(c), 0, (value) \
    }

static const struct row rows[] = {
    CONSTANT(VM_PLUGIN_MAGIC, 0x4e524d56),
    CONSTANT(VM_KIND_ARCH, 1),
    CONSTANT(VM_KIND_BOARD, 2),
    CONSTANT(VM_KIND_ENGINE, 3),
    CONSTANT(VM_KIND_ACCEL, 4),
    CONSTANT(VM_KIND_DEVICE, 5),
    CONSTANT(VM_KIND_CHARDEV, 6),
    CONSTANT(VM_KIND_BLOCK, 7),
    CONSTANT(VM_KIND_NET, 8),
    CONSTANT(VM_KIND_DISPLAY, 9),
    CONSTANT(VM_KIND_GPU, 10),
    CONSTANT(VM_PROP_BOOL, 1),
    CONSTANT(VM_PROP_UINT, 2),
    CONSTANT(VM_PROP_SIZE, 3),
    CONSTANT(VM_PROP_STRING, 4),
    CONSTANT(VM_PROP_PATH, 5),
    CONSTANT(VM_PROP_ENUM, 6),
    CONSTANT(VM_PROP_CHARDEV, 7),
    CONSTANT(VM_PROP_DURATION, 8),
    CONSTANT(VM_PROP_REQUIRED, 1),
    CONSTANT(VM_CHARDEV_OPENED, 1),
    CONSTANT(VM_CHARDEV_CLOSED, 2),
    CONSTANT(VM_CHARDEV_BREAK, 3),
    CONSTANT(VM_FD_READ, 1),
    CONSTANT(VM_FD_WRITE, 2),
    CONSTANT(VM_FD_HANGUP, 4),
    CONSTANT(VM_REGION_MMIO, 1),
    CONSTANT(VM_REGION_PIO, 2),
    CONSTANT(VM_LITTLE_ENDIAN, 0),
    CONSTANT(VM_BIG_ENDIAN, 1),
    CONSTANT(VM_ACCESS_OK, 0),
    CONSTANT(VM_ACCESS_ERROR, 1),
    CONSTANT(VM_STATE_U8, 1),
    CONSTANT(VM_STATE_U16, 2),
    CONSTANT(VM_STATE_U32, 3),
    CONSTANT(VM_STATE_U64, 4),
    CONSTANT(VM_REQUEST_POWEROFF, 1),
    CONSTANT(VM_REQUEST_RESET, 2),
    CONSTANT(VM_DEVICE_INTERRUPT_CONTROLLER, 1),
    CONSTANT(VM_RESET_COLD, 1),
    STRUCT(vm_error, 1032),
    MEMBER(vm_error, size, 0, 4),
    MEMBER(vm_error, set, 4, 4),
    MEMBER(vm_error, text, 8, 1024),
    STRUCT(vm_property, 72),
    MEMBER(vm_property, size, 0, 4),
    MEMBER(vm_property, type, 4, 4),
    MEMBER(vm_property, name, 8, 8),
    MEMBER(vm_property, unit, 16, 8),
    MEMBER(vm_property, default_value, 24, 8),
    MEMBER(vm_property, min, 32, 8),
    MEMBER(vm_property, max, 40, 8),
    MEMBER(vm_property, choices, 48, 8),
    MEMBER(vm_property, help, 56, 8),
    MEMBER(vm_property, flags, 64, 4),
    MEMBER(vm_property, reserved, 68, 4),
    STRUCT(vm_host, 48),
    MEMBER(vm_host, size, 0, 4),
    MEMBER(vm_host, abi_minor, 4, 4),
    MEMBER(vm_host, log, 8, 8),
    MEMBER(vm_host, get_interface, 16, 8),
    MEMBER(vm_host, prop_given, 24, 8),
    MEMBER(vm_host, prop_uint, 32, 8),
    MEMBER(vm_host, prop_string, 40, 8),
    STRUCT(vm_plugin, 88),
    MEMBER(vm_plugin, size, 0, 4),
    MEMBER(vm_plugin, magic, 4, 4),
    MEMBER(vm_plugin, abi_major, 8, 2),
    MEMBER(vm_plugin, abi_minor, 10, 2),
    MEMBER(vm_plugin, kind, 12, 4),
    MEMBER(vm_plugin, name, 16, 8),
    MEMBER(vm_plugin, version, 24, 8),
    MEMBER(vm_plugin, licence, 32, 8),
    MEMBER(vm_plugin, summary, 40, 8),
    MEMBER(vm_plugin, description, 48, 8),
    MEMBER(vm_plugin, properties, 56, 8),
    MEMBER(vm_plugin, n_properties, 64, 4),
    MEMBER(vm_plugin, property_size, 68, 4),
    MEMBER(vm_plugin, matched_abi, 72, 8),
    MEMBER(vm_plugin, get_interface, 80, 8),
    STRUCT(vm_chardev_host, 72),
    MEMBER(vm_chardev_host, size, 0, 4),
    MEMBER(vm_chardev_host, reserved, 4, 4),
    MEMBER(vm_chardev_host, base, 8, 8),
    MEMBER(vm_chardev_host, receive, 16, 8),
    MEMBER(vm_chardev_host, writable, 24, 8),
    MEMBER(vm_chardev_host, event, 32, 8),
    MEMBER(vm_chardev_host, request_quit, 40, 8),
    MEMBER(vm_chardev_host, watch_fd, 48, 8),
    MEMBER(vm_chardev_host, watch_change, 56, 8),
    MEMBER(vm_chardev_host, watch_remove, 64, 8),
    STRUCT(vm_chardev_ops, 56),
    MEMBER(vm_chardev_ops, size, 0, 4),
    MEMBER(vm_chardev_ops, reserved, 4, 4),
    MEMBER(vm_chardev_ops, create, 8, 8),
    MEMBER(vm_chardev_ops, destroy, 16, 8),
    MEMBER(vm_chardev_ops, write, 24, 8),
    MEMBER(vm_chardev_ops, input_ready, 32, 8),
    MEMBER(vm_chardev_ops, drain, 40, 8),
    MEMBER(vm_chardev_ops, emergency_restore, 48, 8),
    STRUCT(vm_region_ops, 32),
    MEMBER(vm_region_ops, size, 0, 4),
    MEMBER(vm_region_ops, reserved, 4, 4),
    MEMBER(vm_region_ops, read, 8, 8),
    MEMBER(vm_region_ops, write, 16, 8),
    STRUCT(vm_region, 48),
    MEMBER(vm_region, size, 0, 4),
    MEMBER(vm_region, kind, 4, 4),
    MEMBER(vm_region, name, 8, 8),
    MEMBER(vm_region, length, 16, 8),
    MEMBER(vm_region, ops, 24, 8),
    MEMBER(vm_region, byte_order, 32, 4),
    MEMBER(vm_region, valid_min, 36, 1),
    MEMBER(vm_region, valid_max, 37, 1),
    MEMBER(vm_region, impl_min, 38, 1),
    MEMBER(vm_region, impl_max, 39, 1),
    MEMBER(vm_region, unaligned, 40, 1),
    MEMBER(vm_region, movable, 41, 1),
    MEMBER(vm_region, reserved, 42, 6),
    STRUCT(vm_state_field, 32),
    MEMBER(vm_state_field, size, 0, 4),
    MEMBER(vm_state_field, type, 4, 4),
    MEMBER(vm_state_field, name, 8, 8),
    MEMBER(vm_state_field, offset, 16, 8),
    MEMBER(vm_state_field, count, 24, 4),
    MEMBER(vm_state_field, since, 28, 4),
    STRUCT(vm_state_table, 24),
    MEMBER(vm_state_table, size, 0, 4),
    MEMBER(vm_state_table, version, 4, 4),
    MEMBER(vm_state_table, fields, 8, 8),
    MEMBER(vm_state_table, n_fields, 16, 4),
    MEMBER(vm_state_table, field_size, 20, 4),
    STRUCT(vm_fdt_api, 112),
    MEMBER(vm_fdt_api, size, 0, 4),
    MEMBER(vm_fdt_api, reserved, 4, 4),
    MEMBER(vm_fdt_api, empty, 8, 8),
    MEMBER(vm_fdt_api, u32, 16, 8),
    MEMBER(vm_fdt_api, u64, 24, 8),
    MEMBER(vm_fdt_api, string, 32, 8),
    MEMBER(vm_fdt_api, strings, 40, 8),
    MEMBER(vm_fdt_api, bytes, 48, 8),
    MEMBER(vm_fdt_api, phandle, 56, 8),
    MEMBER(vm_fdt_api, child, 64, 8),
    MEMBER(vm_fdt_api, root, 72, 8),
    STRUCT(vm_device_fdt, 40),
    MEMBER(vm_device_fdt, size, 0, 4),
    MEMBER(vm_device_fdt, reserved, 4, 4),
    MEMBER(vm_device_fdt, node_name, 8, 8),
    MEMBER(vm_device_fdt, describe, 16, 8),
    MEMBER(vm_device_fdt, encode_irq, 24, 8),
    STRUCT(vm_chardev_client, 32),
    MEMBER(vm_chardev_client, size, 0, 4),
    MEMBER(vm_chardev_client, reserved, 4, 4),
    MEMBER(vm_chardev_client, receive, 8, 8),
    MEMBER(vm_chardev_client, writable, 16, 8),
    MEMBER(vm_chardev_client, event, 24, 8),
    STRUCT(vm_device_host, 384),
    MEMBER(vm_device_host, size, 0, 4),
    MEMBER(vm_device_host, reserved, 4, 4),
    MEMBER(vm_device_host, base, 8, 8),
    MEMBER(vm_device_host, add_region, 16, 8),
    MEMBER(vm_device_host, add_irq_outputs, 24, 8),
    MEMBER(vm_device_host, add_irq_inputs, 32, 8),
    MEMBER(vm_device_host, cpu_count, 40, 8),
    MEMBER(vm_device_host, claim_cpu_line, 48, 8),
    MEMBER(vm_device_host, has_cpu_line, 56, 8),
    MEMBER(vm_device_host, chardev_attach, 64, 8),
    MEMBER(vm_device_host, set_irq, 72, 8),
    MEMBER(vm_device_host, set_cpu_line, 80, 8),
    MEMBER(vm_device_host, clock_ns, 88, 8),
    MEMBER(vm_device_host, wall_clock_ns, 96, 8),
    MEMBER(vm_device_host, counter_hz, 104, 8),
    MEMBER(vm_device_host, counter_read, 112, 8),
    MEMBER(vm_device_host, counter_write, 120, 8),
    MEMBER(vm_device_host, counter_deadline, 128, 8),
    MEMBER(vm_device_host, timer_new, 136, 8),
    MEMBER(vm_device_host, timer_arm, 144, 8),
    MEMBER(vm_device_host, dma_read, 152, 8),
    MEMBER(vm_device_host, dma_write, 160, 8),
    MEMBER(vm_device_host, chardev_write, 168, 8),
    MEMBER(vm_device_host, chardev_input_ready, 176, 8),
    MEMBER(vm_device_host, request, 184, 8),
    STRUCT(vm_device_ops, 64),
    MEMBER(vm_device_ops, size, 0, 4),
    MEMBER(vm_device_ops, flags, 4, 4),
    MEMBER(vm_device_ops, create, 8, 8),
    MEMBER(vm_device_ops, destroy, 16, 8),
    MEMBER(vm_device_ops, reset, 24, 8),
    MEMBER(vm_device_ops, irq_input, 32, 8),
    MEMBER(vm_device_ops, state, 40, 8),
    MEMBER(vm_device_ops, state_loaded, 48, 8),
    MEMBER(vm_device_ops, state_saving, 56, 8),
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

int main(void)
{
    int failures = 0;

    if (sizeof(void *) != 8) {
        printf("1..0 # SKIP the table is that of a 64-bit host\n");
        return 0;
    }
    printf("1..%d\n", N_ROWS);
    for (int i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        int same = r->offset == r->want_offset && r->size == r->want_size;
        failures += !same;
        printf("%sok %d - %s\n", same ? "" : "not ", i + 1, r->name);
        if (!same)
            printf("# at %zu with %zu bytes, wanted at %zu with %zu\n", r->offset, r->size,
                   r->want_offset, r->want_size);
    }
    return failures != 0;
}
