/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU has: the models, the properties that choose, the ID registers and the device tree. */
#include <string.h>
#include "sysregs.h"

#define F(name) A64_FEATURE(name)

/* ---- Models ---- */

#define V8_0 \
    (F(BASE) | F(FP) | F(SIMD) | F(CRC32) | F(AES) | F(PMULL) | F(SHA1) | F(SHA256) | F(PMU))
#define V8_2                                                                                     \
    (V8_0 | F(LSE) | F(LOR) | F(PAN) | F(HPDS) | F(HAFDBS) | F(VHE) | F(RDM) | F(RAS) | F(UAO) | \
     F(DPB) | F(FP16) | F(DOTPROD) | F(LRCPC) | F(SSBS))
#define LATER                                                                                     \
    (F(SHA512) | F(SHA3) | F(FHM) | F(LVA) | F(LPA) | F(JSCVT) | F(FCMA) | F(LRCPC2) | F(FLAGM) | \
     F(FRINTTS) | F(SB) | F(DPB2) | F(DIT) | F(TLBIOS) | F(TLBIRANGE) | F(CSV2) | F(E0PD))

static const struct {
    const char *compatible;
    uint64_t features, midr;
    uint32_t pa_bits;
} models[] = {
    [A64_CORTEX_A57] = {"arm,cortex-a57", V8_0, 0x411fd073, 44},
    [A64_CORTEX_A72] = {"arm,cortex-a72", V8_0, 0x411fd080, 44},
    [A64_NEOVERSE_N1] = {"arm,neoverse-n1", V8_2, 0x414fd0c1, 48},
    [A64_CPU_MAX] = {"arm,armv8", V8_2 | LATER, 0x000f0510, 52},
};

static const char *const model_names[] = {"cortex-a57", "cortex-a72", "neoverse-n1", "max", NULL};

#define BOOL_PROPERTY(key, value, text)                                        \
    {                                                                          \
        .size = sizeof(struct vm_property), .type = VM_PROP_BOOL, .name = key, \
        .default_value = value, .help = text                                   \
    }

const struct vm_property a64_properties[A64_N_PROPERTIES] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "cpu",
     .default_value = "max",
     .choices = model_names,
     .help = "Model: max has all that is there but what has a key of its own"},
    BOOL_PROPERTY("el2", "no", "Exception level 2, for hypervisors"),
    BOOL_PROPERTY("el3", "no", "Exception level 3, for secure firmware"),
    BOOL_PROPERTY("pauth", "no", "Pointer authentication"),
    BOOL_PROPERTY("bti", "no", "Branch target identification"),
    BOOL_PROPERTY("pmu", "yes", "Performance monitor"),
    BOOL_PROPERTY("lva", "yes", "Addresses of 52 bits with 64K pages, where the model has them"),
};

uint64_t a64_model_features(enum a64_cpu_model model)
{
    return models[model].features;
}

uint64_t a64_mpidr(uint32_t index)
{
    return 1ull << 31 | (uint64_t)(index / 16) << 8 | index % 16;
}

/* ---- ID registers ---- */

static void put(struct a64_arch *arch, uint32_t crm, uint32_t op2, uint32_t bit, uint64_t value)
{
    arch->id[crm - 4][op2] |= value << bit;
}

static void put_if(struct a64_arch *arch, uint32_t crm, uint32_t op2, uint32_t bit,
                   uint64_t feature, uint64_t value)
{
    if (a64_has(arch, feature))
        put(arch, crm, op2, bit, value);
}

/* ID_AA64PFR0 and PFR1, ID_AA64DFR0. */
static void processor_features(struct a64_arch *arch)
{
    uint64_t fp = a64_has(arch, F(FP16)) ? 1 : 0;

    put(arch, 4, 0, 0, 0x11); /* EL0 and EL1: AArch64 only */
    put(arch, 4, 0, 8, arch->el2);
    put(arch, 4, 0, 12, arch->el3);
    put(arch, 4, 0, 16, fp);
    put(arch, 4, 0, 20, fp);
    put(arch, 4, 0, 24, arch->gic);
    put_if(arch, 4, 0, 28, F(RAS), 1);
    put_if(arch, 4, 0, 48, F(DIT), 1);
    put(arch, 4, 0, 56, a64_has(arch, F(CSV2)) ? 3 : 1); /* CSV2, CSV3: nothing speculates */
    put(arch, 4, 0, 60, 1);
    put_if(arch, 4, 1, 0, F(BTI), 1);
    put_if(arch, 4, 1, 4, F(SSBS), 2);
    put(arch, 5, 0, 0, a64_has(arch, F(VHE)) ? 8 : 6);
    put_if(arch, 5, 0, 8, F(PMU), a64_has(arch, F(VHE)) ? 4 : 1);
    put(arch, 5, 0, 12, A64_BREAKPOINTS - 1);
    put(arch, 5, 0, 20, A64_WATCHPOINTS - 1);
    put(arch, 5, 0, 28, A64_CONTEXT_BREAKPOINTS - 1);
}

/* ID_AA64ISAR0 and ISAR1. */
static void instruction_sets(struct a64_arch *arch)
{
    static const struct {
        uint8_t op2, bit;
        uint16_t value;
        uint64_t features;
    } fields[] = {
        {0, 4, 1, F(AES)},
        {0, 4, 1, F(AES) | F(PMULL)},
        {0, 8, 1, F(SHA1)},
        {0, 12, 1, F(SHA256)},
        {0, 12, 1, F(SHA256) | F(SHA512)},
        {0, 16, 1, F(CRC32)},
        {0, 20, 2, F(LSE)},
        {0, 28, 1, F(RDM)},
        {0, 32, 1, F(SHA3)},
        {0, 36, 1, F(SM3)},
        {0, 40, 1, F(SM4)},
        {0, 44, 1, F(DOTPROD)},
        {0, 48, 1, F(FHM)},
        {0, 52, 1, F(FLAGM)},
        {0, 52, 1, F(FLAGM) | F(FLAGM2)},
        {0, 56, 1, F(TLBIOS)},
        {0, 56, 1, F(TLBIOS) | F(TLBIRANGE)},
        {1, 0, 1, F(DPB)},
        {1, 0, 1, F(DPB2)},
        {1, 8, 1, F(PAUTH)},
        {1, 12, 1, F(JSCVT)},
        {1, 16, 1, F(FCMA)},
        {1, 20, 1, F(LRCPC)},
        {1, 20, 1, F(LRCPC2)},
        {1, 28, 1, F(PAUTH)},
        {1, 32, 1, F(FRINTTS)},
        {1, 36, 1, F(SB)},
        {1, 44, 1, F(BF16)},
        {1, 52, 1, F(I8MM)},
    };

    /* what comes twice counts 1 and 2 */
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (a64_has(arch, fields[i].features))
            arch->id[2][fields[i].op2] += (uint64_t)fields[i].value << fields[i].bit;
}

/* ID_AA64MMFR0 to MMFR2. */
static void memory_model(struct a64_arch *arch)
{
    static const uint8_t ranges[] = {32, 36, 40, 42, 44, 48, 52};
    uint32_t range = 0;

    while (ranges[range] < arch->pa_bits)
        range++;
    put(arch, 7, 0, 0, range);
    put(arch, 7, 0, 4, 2);  /* ASIDs of 16 bits */
    put(arch, 7, 0, 20, 1); /* pages of 16K, and by zeros of 4K and 64K */
    put_if(arch, 7, 1, 0, F(HAFDBS), 2);
    put(arch, 7, 1, 4, arch->vmid_bits == 16 ? 2 : 0);
    put_if(arch, 7, 1, 8, F(VHE), 1);
    put_if(arch, 7, 1, 12, F(HPDS), 1);
    put_if(arch, 7, 1, 16, F(LOR), 1);
    put_if(arch, 7, 1, 20, F(PAN), a64_has(arch, F(UAO)) ? 2 : 1);
    if (arch->el2)
        put_if(arch, 7, 1, 28, F(VHE), 1); /* execute-never of stage 2 by level */
    put_if(arch, 7, 2, 0, F(UAO), 1);      /* CnP: of the same age */
    put_if(arch, 7, 2, 4, F(UAO), 1);
    put_if(arch, 7, 2, 12, F(RAS), 1);
    put_if(arch, 7, 2, 16, F(LVA), 1);
    put_if(arch, 7, 2, 60, F(E0PD), 1);
}

static void identify(struct a64_arch *arch)
{
    memset(arch->id, 0, sizeof(arch->id));
    processor_features(arch);
    instruction_sets(arch);
    memory_model(arch);
}

/* ---- Configuration ---- */

void a64_set_features(struct a64_arch *arch, enum a64_cpu_model model, uint64_t features)
{
    arch->model = model;
    arch->features = features;
    arch->midr = models[model].midr;
    arch->pa_bits = models[model].pa_bits;
    if (!a64_has(arch, F(LPA)) && arch->pa_bits > 48)
        arch->pa_bits = 48;
    arch->asid_bits = 16;
    arch->vmid_bits = a64_has(arch, F(VHE)) ? 16 : 8;
    identify(arch);
    a64_sysreg_configure(arch);
}

int a64_configure(struct a64_arch *arch, const struct vm_host *host,
                  const struct vm_machine_info *info, const struct vm_props *props,
                  struct vm_error *err)
{
    enum a64_cpu_model model = (enum a64_cpu_model)(host->prop_uint(props, "cpu") & 3);
    uint64_t features = models[model].features;

    (void)err;
    if (host->prop_uint(props, "pauth"))
        features |= F(PAUTH);
    if (host->prop_uint(props, "bti"))
        features |= F(BTI);
    if (!host->prop_uint(props, "pmu"))
        features &= ~F(PMU);
    if (!host->prop_uint(props, "lva"))
        features &= ~(F(LVA) | F(LPA));
    arch->host = host;
    arch->el2 = host->prop_uint(props, "el2") != 0;
    arch->el3 = host->prop_uint(props, "el3") != 0;
    arch->cpus = info->cpus;
    arch->counter_hz = info->counter_hz;
    a64_set_features(arch, model, features);
    return 0;
}

/* The registers of a GICv3's CPU interface are there from now on. */
int a64_claim_port(void *opaque, uint32_t cpu, uint32_t port, struct vm_error *err)
{
    struct a64_arch *arch = opaque;

    (void)cpu;
    (void)port;
    (void)err;
    if (!arch->gic) {
        arch->gic = true;
        identify(arch);
        a64_sysreg_configure(arch);
    }
    return 0;
}

/* ---- Device tree ---- */

struct vm_fdt_node *a64_fdt_cpu(void *opaque, uint32_t index, const struct vm_fdt_api *fdt,
                                struct vm_fdt_node *node)
{
    const struct a64_arch *arch = opaque;
    uint32_t affinity = (uint32_t)(a64_mpidr(index) & 0xffffff);

    fdt->string(node, "compatible", models[arch->model].compatible);
    if (affinity != index)
        fdt->u32(node, "reg", &affinity, 1);
    return NULL;
}
