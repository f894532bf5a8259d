/* SPDX-License-Identifier: BSD-2-Clause */
/* mock_plugins.c - plugins that are linked in, for tests of descriptions. */
#include "mock_plugins.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include <vmrun/board.h>
#include <vmrun/chardev.h>
#include <vmrun/device.h>
#include <vmrun/engine.h>

#define P .size = sizeof(struct vm_property)

static const char *const mock_archs[] = {"arch-mock", NULL};
static const char *const other_archs[] = {"arch-other", NULL};
static const struct vm_arch_ops arch_ops = {.size = sizeof(arch_ops),
                                            .default_board = "board-mock"};
static const struct vm_board_ops board_ops = {
    .size = sizeof(board_ops), .archs = mock_archs, .max_cpus = 4};
static const struct vm_board_ops other_ops = {
    .size = sizeof(other_ops), .archs = other_archs, .max_cpus = 4};
static const struct vm_engine_ops engine_ops = {.size = sizeof(engine_ops)};
static const struct vm_engine_ops slow_ops = {.size = sizeof(slow_ops), .auto_rank = 1};
static const struct vm_engine_ops fast_ops = {.size = sizeof(fast_ops), .auto_rank = 7};
static const struct vm_device_ops device_ops = {.size = sizeof(device_ops)};
static const struct vm_chardev_ops chardev_ops = {.size = sizeof(chardev_ops)};

#define INTERFACE(name, interface, ops)                      \
    static const void *name(const char *id)                  \
    {                                                        \
        return strcmp(id, (interface)) == 0 ? &(ops) : NULL; \
    }

INTERFACE(get_arch, VM_ARCH_INTERFACE, arch_ops)
INTERFACE(get_board, VM_BOARD_INTERFACE, board_ops)
INTERFACE(get_other, VM_BOARD_INTERFACE, other_ops)
INTERFACE(get_engine, VM_ENGINE_INTERFACE, engine_ops)
INTERFACE(get_slow, VM_ENGINE_INTERFACE, slow_ops)
INTERFACE(get_fast, VM_ENGINE_INTERFACE, fast_ops)
INTERFACE(get_device, VM_DEVICE_INTERFACE, device_ops)
INTERFACE(get_chardev, VM_CHARDEV_INTERFACE, chardev_ops)

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct vm_property arch_properties[] = {
    {P, .type = VM_PROP_STRING, .name = "isa", .default_value = "rv64gc",
     .help = "instruction set"},
};
static const struct vm_property engine_properties[] = {
    {P, .type = VM_PROP_SIZE, .name = "room", .default_value = "8M", .max = 1 << 30},
};
static const struct vm_property device_properties[] = {
    {P, .type = VM_PROP_BOOL, .name = "flag", .default_value = "no"},
    {P, .type = VM_PROP_UINT, .name = "count", .default_value = "3", .min = 1, .max = 9},
    {P, .type = VM_PROP_SIZE, .name = "room", .max = 1 << 20},
    {P, .type = VM_PROP_PATH, .name = "file"},
    {P, .type = VM_PROP_ENUM, .name = "colour", .default_value = "green", .choices = colours},
    {P, .type = VM_PROP_CHARDEV, .name = "chardev"},
    {P, .type = VM_PROP_DURATION, .name = "delay", .default_value = "10ms"},
};
static const struct vm_property needy_properties[] = {
    {P, .type = VM_PROP_PATH, .name = "path", .flags = VM_PROP_REQUIRED},
};

#define MOCK(k, n, get)                                                                    \
    .size = sizeof(struct vm_plugin), .magic = VM_PLUGIN_MAGIC, .abi_major = VM_ABI_MAJOR, \
    .abi_minor = VM_ABI_MINOR, .kind = (k), .name = (n), .version = "1.0",                 \
    .licence = "BSD-2-Clause", .summary = "for tests", .get_interface = (get),             \
    .matched_abi = VM_MATCHED_ABI_HASH

static const struct vm_plugin plugins[] = {
    {MOCK(VM_KIND_ARCH, "arch-mock", get_arch), VM_PLUGIN_PROPERTIES(arch_properties)},
    {MOCK(VM_KIND_BOARD, "board-mock", get_board)},
    {MOCK(VM_KIND_BOARD, "board-other", get_other)},
    {MOCK(VM_KIND_ENGINE, "engine-mock", get_engine)},
    {MOCK(VM_KIND_ENGINE, "engine-fast", get_fast), VM_PLUGIN_PROPERTIES(engine_properties)},
    {MOCK(VM_KIND_ENGINE, "engine-slow", get_slow)},
    {MOCK(VM_KIND_DEVICE, "dev-mock", get_device), VM_PLUGIN_PROPERTIES(device_properties)},
    {MOCK(VM_KIND_DEVICE, "dev-intc", get_device)},
    {MOCK(VM_KIND_CHARDEV, "char-mock", get_chardev)},
    {MOCK(VM_KIND_CHARDEV, "char-needy", get_chardev), VM_PLUGIN_PROPERTIES(needy_properties)},
};

struct registry *mock_registry(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct registry *reg = registry_new(&err);

    for (size_t i = 0; reg && i < sizeof(plugins) / sizeof(plugins[0]); i++) {
        if (registry_add(reg, &plugins[i], &err)) {
            registry_free(reg);
            reg = NULL;
        }
    }
    if (!reg) {
        fprintf(stderr, "mock_registry: %s\n", err.text);
        abort();
    }
    return reg;
}
