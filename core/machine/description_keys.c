/* SPDX-License-Identifier: BSD-2-Clause */
/* description_keys.c - one table of all that the core itself takes from a machine file. */
#include "core/machine/description_keys.h"
#include <string.h>
#include <vmrun/engine.h>
#include "core/machine/description.h"

#define KEY(t, key, u, def, low, high, flag, text)                                           \
    {                                                                                        \
        .size = sizeof(struct vm_property), .type = (t), .name = (key), .unit = (u),         \
        .default_value = (def), .min = (low), .max = (high), .flags = (flag), .help = (text) \
    }
#define CHOICE(key, def, list, text)                                             \
    {                                                                            \
        .size = sizeof(struct vm_property), .type = VM_PROP_ENUM, .name = (key), \
        .default_value = (def), .choices = (list), .help = (text)                \
    }

static const char *const modes[] = {"parallel", "deterministic", NULL};
static const char *const reset_actions[] = {"reboot", "exit", NULL};

static const struct vm_property machine_keys[] = {
    KEY(VM_PROP_SIZE, "memory", "bytes", "512M", UINT64_C(1) << 20, UINT64_C(1) << 48, 0,
        "RAM of the guest; a multiple of 4K"),
    KEY(VM_PROP_UINT, "cpus", NULL, "1", 1, 512, 0, "number of vCPUs; the board may take fewer"),
    KEY(VM_PROP_UINT, "threads", NULL, "0", 0, 512, 0,
        "host threads that run the vCPUs; 0 is one for each vCPU"),
    CHOICE("mode", "parallel", modes,
           "parallel: as fast as it goes; deterministic: one thread, virtual time counts "
           "instructions, every run is the same"),
    KEY(VM_PROP_UINT, "ips", "instructions", "100000000", 1000, UINT64_C(1000000000000), 0,
        "instructions in one virtual second of deterministic mode"),
    KEY(VM_PROP_STRING, "arch", NULL, NULL, 0, 0, VM_PROP_REQUIRED,
        "instruction set: an arch plugin, with or without 'arch-'"),
    KEY(VM_PROP_STRING, "board", NULL, NULL, 0, 0, 0,
        "board plugin, with or without 'board-'; the arch has a default"),
    KEY(VM_PROP_STRING, "engine", NULL, "auto", 0, 0, 0,
        "engine plugin, with or without 'engine-'; auto: all that there are, code rises from the "
        "one that starts fast to the one that runs fast as it proves to be hot"),
    CHOICE("on-reset", "reboot", reset_actions, "what to do when the guest asks for a reset"),
    KEY(VM_PROP_BOOL, "hugepages", NULL, "yes", 0, 0, 0,
        "back the guest's RAM with huge pages where the host can"),
    KEY(VM_PROP_UINT, "numa-node", NULL, NULL, 0, 1023, 0,
        "bind the guest's RAM to this NUMA node of the host"),
    KEY(VM_PROP_UINT, "tier1-threshold", "entries", "16", 0, INT32_MAX, 0,
        "engine = auto: entries after which a unit is hot enough for the next engine; 0: at once"),
    KEY(VM_PROP_DURATION, "engine-switch", NULL, NULL, 1000, UINT64_C(3600000000000), 0,
        "for tests, with engine = auto: change the engine of the running machine this often"),
    KEY(VM_PROP_UINT, "tier2-threshold", NULL, "4", 0, UINT32_MAX, 0,
        "slices that must end at a unit before it becomes a region; 0: at once"),
    KEY(VM_PROP_SIZE, "code-cache", "bytes", NULL, UINT64_C(1) << 20, UINT64_C(1) << 40, 0,
        "most memory for the guest code that each engine has translated; the oldest goes first. "
        "Without it 24M, or what an engine's own cache holds"),
};

static const struct vm_property boot_keys[] = {
    KEY(VM_PROP_PATH, "firmware", NULL, NULL, 0, 0, 0, "firmware image that runs first"),
    KEY(VM_PROP_PATH, "kernel", NULL, NULL, 0, 0, 0, "kernel image, or a bare-metal program"),
    KEY(VM_PROP_PATH, "initrd", NULL, NULL, 0, 0, 0, "initial RAM disk for the kernel"),
    KEY(VM_PROP_STRING, "cmdline", NULL, NULL, 0, 0, 0, "command line for the kernel"),
};

static const struct vm_property device_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "device plugin"),
    KEY(VM_PROP_STRING, "address", NULL, NULL, 0, 0, 0,
        "guest-physical address of each register region, separated by commas"),
    KEY(VM_PROP_STRING, "irq", NULL, NULL, 0, 0, 0,
        "where each interrupt output goes: CONTROLLER:LINE, separated by commas"),
    KEY(VM_PROP_STRING, "bus", NULL, NULL, 0, 0, 0,
        "the device that it sits on, and where: NAME or NAME:PLACE (PCI: SLOT or SLOT.FUNCTION)"),
    KEY(VM_PROP_STRING, "iommu", NULL, NULL, 0, 0, 0,
        "the device that translates its DMA; a bus has one for all that sit on it"),
};

static const struct vm_property chardev_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "chardev plugin"),
};

static const struct vm_property block_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "block plugin"),
};

static const struct vm_property net_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "net plugin"),
};

static const struct vm_property gpu_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "gpu plugin"),
};

static const struct vm_property display_keys[] = {
    KEY(VM_PROP_STRING, "type", NULL, NULL, 0, 0, VM_PROP_REQUIRED, "display plugin"),
};

static const struct vm_property engine_keys[] = {
    KEY(VM_PROP_BOOL, "sync", NULL, "no", 0, 0, 0,
        "compile hot code on the vCPU that runs it, which then waits; always so in deterministic "
        "mode"),
    KEY(VM_PROP_UINT, "workers", "threads", NULL, 1, 256, 0,
        "most threads that compile hot code; one less than the host's processors if it is not "
        "given, at least 1"),
};

#define KEYS(table) (table), sizeof(table) / sizeof((table)[0])

static const struct section_kind section_kinds[] = {
    {"machine", false, false, KEYS(machine_keys)},
    {"boot", false, false, KEYS(boot_keys)},
    {"arch", false, true, NULL, 0},
    {"board", false, true, NULL, 0},
    {"device", true, true, KEYS(device_keys)},
    {"chardev", true, true, KEYS(chardev_keys)},
    {"block", true, true, KEYS(block_keys)},
    {"net", true, true, KEYS(net_keys)},
    {"gpu", true, true, KEYS(gpu_keys)},
    {"display", true, true, KEYS(display_keys)},
};

enum { N_KINDS = sizeof(section_kinds) / sizeof(section_kinds[0]) };

const struct section_kind *section_kind(const char *kind)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(section_kinds[i].kind, kind) == 0)
            return &section_kinds[i];
    }
    return NULL;
}

const struct section_kind *engine_section_kind(const struct vm_plugin *plugin)
{
    static const struct section_kind plain = {"engine", false, true, NULL, 0};
    static const struct section_kind regions = {"engine", false, true, KEYS(engine_keys)};
    struct vm_engine_ops ops;
    struct vm_error ignored = VM_ERROR_INIT;
    bool known = plugin_interface(plugin, VM_ENGINE_INTERFACE, &ops, sizeof(ops),
                                  (uint32_t)sizeof(ops.size), &ignored) == 0;

    return known && ops.flags & VM_ENGINE_REGIONS ? &regions : &plain;
}

size_t section_kind_names(const char *const **names)
{
    static const char *const list[] = {"machine", "boot", "arch", "board",   "device", "chardev",
                                       "block",   "net",  "gpu",  "display", NULL};
    _Static_assert(sizeof(list) / sizeof(list[0]) == N_KINDS + 1, "one name per kind");

    *names = list;
    return N_KINDS;
}

const struct vm_property *description_keys(const char *kind, uint32_t *n)
{
    const struct section_kind *k = section_kind(kind);

    *n = k ? k->n_keys : 0;
    return k ? k->keys : NULL;
}
