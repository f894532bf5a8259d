/* SPDX-License-Identifier: BSD-2-Clause */
/* Which extensions a machine has: the properties that choose them, misa, and what the device tree
 * says. */
#include <stdio.h>
#include <string.h>
#include "state.h"

/* ---- Properties ---- */

#define BOOL_PROPERTY(key, value, text)                                        \
    {                                                                          \
        .size = sizeof(struct vm_property), .type = VM_PROP_BOOL, .name = key, \
        .default_value = value, .help = text                                   \
    }

static const char *const aia_choices[] = {"auto", "yes", "no", NULL};
static const char *const mmu_choices[] = {"none", "sv39", "sv48", "sv57", NULL};

const struct vm_property rv_properties[RV_N_PROPERTIES] = {
    BOOL_PROPERTY("m", "yes", "Multiplication and division"),
    BOOL_PROPERTY("a", "yes", "Atomic instructions"),
    BOOL_PROPERTY("f", "yes", "Single-precision floating point"),
    BOOL_PROPERTY("d", "yes", "Double-precision floating point (needs f)"),
    BOOL_PROPERTY("c", "yes", "Compressed instructions"),
    BOOL_PROPERTY("zicbom", "yes", "Cache-block management"),
    BOOL_PROPERTY("zicboz", "yes", "Cache-block zeroing"),
    BOOL_PROPERTY("zicntr", "yes", "Counters cycle, time and instret"),
    BOOL_PROPERTY("zicond", "yes", "Integer conditional operations"),
    BOOL_PROPERTY("zifencei", "yes", "Instruction-fetch fence"),
    BOOL_PROPERTY("zihpm", "yes", "Hardware performance counters (all read as zero)"),
    BOOL_PROPERTY("zba", "yes", "Address generation"),
    BOOL_PROPERTY("zbb", "yes", "Basic bit manipulation"),
    BOOL_PROPERTY("zbs", "yes", "Single-bit instructions"),
    BOOL_PROPERTY("sstc", "yes", "Supervisor-mode timer compare"),
    BOOL_PROPERTY("svadu", "yes",
                  "Hardware update of accessed and dirty bits, when firmware switches it on"),
    BOOL_PROPERTY("svinval", "yes", "Fine-grained invalidation of address translations"),
    BOOL_PROPERTY("svnapot", "yes", "64K pages of naturally aligned powers of two"),
    BOOL_PROPERTY("svpbmt", "yes", "Page-based memory types"),
    BOOL_PROPERTY("svvptc", "yes",
                  "A page that becomes valid is seen without a fence (always true here; whether "
                  "the guest is told)"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "mmu",
     .default_value = "sv57",
     .choices = mmu_choices,
     .help = "Widest virtual addresses; the narrower modes are there too"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "pmp-entries",
     .default_value = "16",
     .min = 0,
     .max = RV_PMP_MAX,
     .help = "Physical memory protection entries that can be used; 0: no PMP"},
    BOOL_PROPERTY("misaligned", "yes", "Loads and stores may be misaligned; otherwise they trap"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "asid-bits",
     .default_value = "16",
     .min = 0,
     .max = 16,
     .help = "Width of address space identifiers"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "aia",
     .default_value = "auto",
     .choices = aia_choices,
     .help = "Smaia and Ssaia, the advanced interrupt architecture; auto: if there is an IMSIC"},
};

/* ---- Extensions ---- */

struct extension {
    const char *name;     /* in the ISA string */
    const char *property; /* that switches it; NULL: always there, but for AIA */
    uint32_t bit;
};

/* In the order of the ISA string: single letters, Z by category, S. */
static const struct extension extensions[] = {
    {"i", NULL, RV_EXT_I},
    {"m", "m", RV_EXT_M},
    {"a", "a", RV_EXT_A},
    {"f", "f", RV_EXT_F},
    {"d", "d", RV_EXT_D},
    {"c", "c", RV_EXT_C},
    {"zicbom", "zicbom", RV_EXT_ZICBOM},
    {"zicboz", "zicboz", RV_EXT_ZICBOZ},
    {"zicntr", "zicntr", RV_EXT_ZICNTR},
    {"zicond", "zicond", RV_EXT_ZICOND},
    {"zicsr", NULL, RV_EXT_I},
    {"zifencei", "zifencei", RV_EXT_ZIFENCEI},
    {"zihpm", "zihpm", RV_EXT_ZIHPM},
    {"zba", "zba", RV_EXT_ZBA},
    {"zbb", "zbb", RV_EXT_ZBB},
    {"zbs", "zbs", RV_EXT_ZBS},
    {"smaia", NULL, RV_EXT_AIA},
    {"ssaia", NULL, RV_EXT_AIA},
    {"sstc", "sstc", RV_EXT_SSTC},
    {"svade", NULL, RV_EXT_I},
    {"svadu", "svadu", RV_EXT_SVADU},
    {"svinval", "svinval", RV_EXT_SVINVAL},
    {"svnapot", "svnapot", RV_EXT_SVNAPOT},
    {"svpbmt", "svpbmt", RV_EXT_SVPBMT},
    {"svvptc", "svvptc", RV_EXT_SVVPTC},
};
#define N_EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

int rv_isa_configure(struct rv_arch *arch, const struct vm_host *host, const struct vm_props *props,
                     struct vm_error *err)
{
    static const uint32_t modes[] = {RV_BARE, RV_SV39, RV_SV48, RV_SV57};

    arch->extensions = 0;
    for (size_t i = 0; i < N_EXTENSIONS; i++) {
        const struct extension *e = &extensions[i];
        if (!e->property || host->prop_uint(props, e->property))
            arch->extensions |= e->bit;
    }
    if (rv_has(arch, RV_EXT_D) && !rv_has(arch, RV_EXT_F))
        return vm_error_set(err,
                            "d = yes needs f = yes: double precision builds on single precision");
    if (strcmp(host->prop_string(props, "aia"), "yes") != 0)
        arch->extensions &= ~RV_EXT_AIA;
    arch->no_aia = strcmp(host->prop_string(props, "aia"), "no") == 0;
    arch->satp_mode = modes[host->prop_uint(props, "mmu") & 3];
    arch->pmp_entries = (uint32_t)host->prop_uint(props, "pmp-entries");
    arch->misaligned = host->prop_uint(props, "misaligned") != 0;
    arch->asid_mask = (1u << host->prop_uint(props, "asid-bits")) - 1;
    return 0;
}

uint64_t rv_misa(const struct rv_arch *arch)
{
    uint64_t misa = 2ull << 62 | 1ull << ('s' - 'a') | 1ull << ('u' - 'a');

    for (size_t i = 0; i < N_EXTENSIONS; i++) {
        if (extensions[i].name[1] == '\0' && rv_has(arch, extensions[i].bit))
            misa |= 1ull << (extensions[i].name[0] - 'a');
    }
    return misa;
}

/* ---- Device tree ---- */

/* riscv,isa: "rv64imafdc_zicbom_..." */
static void isa_string(const struct rv_arch *arch, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "rv64");

    for (size_t i = 0; i < N_EXTENSIONS && used < size; i++) {
        const struct extension *e = &extensions[i];
        if (rv_has(arch, e->bit))
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", e->name[1] ? "_" : "", e->name);
    }
}

static const char *mmu_type(const struct rv_arch *arch)
{
    switch (arch->satp_mode) {
    case RV_SV39:
        return "riscv,sv39";
    case RV_SV48:
        return "riscv,sv48";
    case RV_SV57:
        return "riscv,sv57";
    default:
        return "riscv,none";
    }
}

static void fdt_isa(const struct rv_arch *arch, const struct vm_fdt_api *fdt,
                    struct vm_fdt_node *node)
{
    const char *names[N_EXTENSIONS];
    const uint32_t block = RV_CBO_BLOCK;
    char text[256];
    uint32_t n = 0;

    isa_string(arch, text, sizeof(text));
    fdt->string(node, "riscv,isa", text);
    fdt->string(node, "riscv,isa-base", "rv64i");
    for (size_t i = 0; i < N_EXTENSIONS; i++) {
        if (rv_has(arch, extensions[i].bit))
            names[n++] = extensions[i].name;
    }
    fdt->strings(node, "riscv,isa-extensions", names, n);
    fdt->string(node, "mmu-type", mmu_type(arch));
    if (rv_has(arch, RV_EXT_ZICBOM))
        fdt->u32(node, "riscv,cbom-block-size", &block, 1);
    if (rv_has(arch, RV_EXT_ZICBOZ))
        fdt->u32(node, "riscv,cboz-block-size", &block, 1);
}

/* The core has written device_type and reg, and the timebase-frequency that all share. */
struct vm_fdt_node *rv_fdt_cpu(void *opaque, uint32_t index, const struct vm_fdt_api *fdt,
                               struct vm_fdt_node *node)
{
    const struct rv_arch *arch = opaque;
    const uint32_t one = 1;
    struct vm_fdt_node *controller;

    (void)index;
    fdt->string(node, "compatible", "riscv");
    fdt->string(node, "status", "okay");
    fdt_isa(arch, fdt, node);
    controller = fdt->child(node, "interrupt-controller");
    fdt->u32(controller, "#interrupt-cells", &one, 1);
    fdt->empty(controller, "interrupt-controller");
    fdt->string(controller, "compatible", "riscv,cpu-intc");
    return controller;
}
