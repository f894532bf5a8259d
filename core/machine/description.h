/* SPDX-License-Identifier: BSD-2-Clause */
/* description.h - the checked description of a machine: what an INI file says, with plugins found
 * and values parsed. */
#ifndef CORE_MACHINE_DESCRIPTION_H
#define CORE_MACHINE_DESCRIPTION_H

#include <stdbool.h>
#include <stdio.h>
#include "core/plugin/registry.h"

/* Where something was said. file is NULL for a default; "-s" overrides have file "command line" and
 * line 0. */
struct location {
    const char *file;
    int line;
};

struct irq_target {
    const char *controller; /* instance name */
    uint32_t line;
    struct location where;
};

/* One [kind name] section, or the machine's arch, its board, an engine. */
struct instance {
    const char *name;
    const struct vm_plugin *plugin;
    struct vm_props *props;  /* finished */
    struct vm_props *common; /* engines: keys that are the core's own */
    struct location where;
    /* devices */
    uint64_t *addresses;
    uint32_t n_addresses;
    struct location address_where;
    struct irq_target *irqs;
    uint32_t n_irqs;
    const char *bus;       /* the device that it sits on, NULL: none */
    const char *bus_place; /* where on it, NULL: where there is room */
    const char *iommu;     /* the device that translates its DMA, NULL: that of its bus */
    struct location bus_where, iommu_where;
    uint32_t bus_depth; /* so many buses are above it */
    /* backends */
    uint32_t kind; /* VM_KIND_CHARDEV, VM_KIND_NET ... */
    bool implicit; /* made because a device named a backend without a section, `chardev = stdio`;
                      name is what it wrote */
    uint32_t user; /* index of the device that uses it; no other does */
    const struct ini_section *section; /* what the file says of it, or NULL; for --explain */
};

struct ini;
struct ini_section;

enum on_reset { ON_RESET_REBOOT = 0, ON_RESET_EXIT = 1 };

struct description {
    /* [machine] */
    uint64_t memory; /* bytes */
    uint32_t cpus;
    uint32_t threads;   /* host threads for vCPUs; 0: one each */
    bool deterministic; /* mode = deterministic | parallel */
    uint64_t ips;       /* deterministic mode: instructions per virtual second */
    enum on_reset on_reset;
    uint64_t code_cache;      /* bytes; machine.code-cache */
    uint32_t tier1_threshold; /* machine.tier1-threshold */
    uint32_t tier2_threshold; /* machine.tier2-threshold */
    uint64_t engine_switch;   /* ns; 0: never */
    uint32_t workers;         /* threads that compile regions; 0: vCPUs do it themselves */
    bool hugepages;           /* machine.hugepages, default yes */
    int numa_node;            /* machine.numa-node, -1: not bound */
    struct location machine_where, memory_where, cpus_where;
    struct instance arch, board;
    /* The engines that it runs on, as code rises through them; one, unless engine = auto. */
    const struct instance *engines[4];
    uint32_t n_engines;
    bool engine_auto;
    const char **engine_names; /* of those that are installed, without "engine-" */
    size_t n_engine_names;
    struct instance *known_engines; /* those loaded so far: see description_engine() */
    uint32_t n_known_engines;
    /* [boot], absolute paths or NULL */
    const char *firmware, *kernel, *initrd, *cmdline;
    struct location firmware_where, kernel_where, initrd_where, cmdline_where;
    /*
     * [device NAME] in file order; backends ([chardev NAME], [block NAME], [net NAME], [gpu NAME],
     * [display NAME]) by kind and in file order, implicit ones behind those. A device's property of
     * a backend's type holds a name from here (an implicit file's is its absolute path); two
     * devices that say `chardev = null` have one instance each, told apart by `user`.
     */
    struct instance *devices;
    uint32_t n_devices;
    struct instance *backends;
    uint32_t n_backends;
    struct ini *ini; /* owns all texts and arrays above */
    struct registry *registry;
    struct vm_props *machine_props, *boot_props;
};

struct override {
    const char *key; /* "machine.cpus" or "uart0.chardev" (instance name) */
    const char *value;
};

/* Reads and checks `path`; everything that can be known without making an instance. NULL with err
 * set (text has file:line: first). */
struct description *description_load(const char *path, const struct override *overrides,
                                     size_t n_overrides, struct registry *reg,
                                     struct vm_error *err);
void description_free(struct description *d);
/* --explain: the machine that would be built, defaults included, as an INI with comments saying
 * where each value came from. */
void description_explain(const struct description *d, FILE *out);

/* The backend of kind VM_KIND_* that device `device` named in a property, or NULL. */
const struct instance *description_backend(const struct description *d,
                                           const struct instance *device, uint32_t kind,
                                           const char *name);

/*
 * The installed engine of that name, with or without "engine-", and what its section says. NULL
 * with err set. [main thread]
 */
const struct instance *description_engine(struct description *d, const char *name,
                                          struct vm_error *err);

/* Keys of [machine] and [boot], and those of [device], [chardev] and [net] that are the same for
 * every plugin: for --describe. */
const struct vm_property *description_keys(const char *kind, uint32_t *n);

#endif
