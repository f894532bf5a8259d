/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * imsic.c - RISC-V incoming MSI controllers: one instance has the interrupt files of one privilege
 * level of all harts.
 *
 * Source: The RISC-V Advanced Interrupt Architecture 1.0 ("AIA" below), chapter 3. A file is
 * written to by messages and by stores to its page, and read by its hart's CSRs, which come here
 * through the vCPU's port. There are no guest files.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

#define IMSIC_MAX_HARTS 512
#define IMSIC_MAX_IDS   2047 /* AIA 3.1 */
#define IMSIC_WORDS     ((IMSIC_MAX_IDS + 1) / 64)
#define IMSIC_PAGE      4096u

/* AIA 3.5: offsets in a file's page; all else is read-only zeros. */
enum { SETEIPNUM_LE = 0, SETEIPNUM_BE = 4 };

/* AIA 3.7: registers behind *iselect. Of eip and eie those of even numbers exist, 64 bits each. */
enum imsic_register {
    EIDELIVERY = 0x70,
    EITHRESHOLD = 0x72,
    EIP = 0x80,
    EIE = 0xc0,
    EIE_LAST = 0xff,
};

struct imsic {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    int machine_level;
    uint32_t n_harts;
    uint32_t ids; /* largest identity */
    int lines[IMSIC_MAX_HARTS];

    /* Saved state; a row of IMSIC_WORDS for each hart. */
    uint8_t eidelivery[IMSIC_MAX_HARTS];
    uint16_t eithreshold[IMSIC_MAX_HARTS];
    uint64_t eip[IMSIC_MAX_HARTS * IMSIC_WORDS];
    uint64_t eie[IMSIC_MAX_HARTS * IMSIC_WORDS];
};

/* ---- An interrupt file ----------------------------------------------------------------------- */

/* The bits of word `word` that are identities; 0 is none. `ids` is one less than a multiple of 64.
 */
static uint64_t identities(const struct imsic *m, uint32_t word)
{
    if (word > m->ids / 64)
        return 0;
    return word == 0 ? ~1ull : UINT64_MAX;
}

/* AIA 3.9: the smallest identity that is pending, enabled and below the threshold; 0: none. */
static uint32_t top_identity(const struct imsic *m, uint32_t hart)
{
    const uint64_t *eip = m->eip + hart * IMSIC_WORDS, *eie = m->eie + hart * IMSIC_WORDS;

    for (uint32_t w = 0; w <= m->ids / 64; w++) {
        uint64_t ready = eip[w] & eie[w];

        if (ready) {
            uint32_t identity = w * 64 + (uint32_t)__builtin_ctzll(ready);

            return !m->eithreshold[hart] || identity < m->eithreshold[hart] ? identity : 0;
        }
    }
    return 0;
}

/* AIA 3.10. */
static void drive(struct imsic *m, uint32_t hart)
{
    m->host->set_cpu_line(m->ctx, m->lines[hart],
                          m->eidelivery[hart] == 1 && top_identity(m, hart) != 0);
}

static void set_pending(struct imsic *m, uint32_t hart, uint32_t identity)
{
    if (hart >= m->n_harts || identity == 0 || identity > m->ids)
        return;
    m->eip[hart * IMSIC_WORDS + identity / 64] |= 1ull << identity % 64;
    drive(m, hart);
}

/* ---- Registers behind the CSRs --------------------------------------------------------------- */

static uint64_t merge(uint64_t old, uint64_t bits, uint64_t mask)
{
    return (old & ~mask) | (bits & mask);
}

static uint64_t access_topei(struct imsic *m, uint32_t hart, int write)
{
    uint32_t identity = top_identity(m, hart);

    if (write && identity)
        m->eip[hart * IMSIC_WORDS + identity / 64] &= ~(1ull << identity % 64);
    return (uint64_t)identity << 16 | identity;
}

/* WARL: 0 and 1. An APLIC or PLIC cannot deliver past the file (0x40000000). */
static uint64_t access_eidelivery(struct imsic *m, uint32_t hart, int write, uint64_t bits,
                                  uint64_t mask)
{
    uint64_t old = m->eidelivery[hart], value = merge(old, bits, mask);

    if (write && value <= 1)
        m->eidelivery[hart] = (uint8_t)value;
    return old;
}

/* WLRL: as many bits as the largest identity has. */
static uint64_t access_eithreshold(struct imsic *m, uint32_t hart, int write, uint64_t bits,
                                   uint64_t mask)
{
    uint64_t old = m->eithreshold[hart], legal = UINT32_MAX >> __builtin_clz(m->ids);

    if (write)
        m->eithreshold[hart] = (uint16_t)(merge(old, bits, mask) & legal);
    return old;
}

static uint64_t access_bits(const struct imsic *m, uint64_t *words, uint32_t hart, uint32_t word,
                            int write, uint64_t bits, uint64_t mask)
{
    uint64_t *at = &words[hart * IMSIC_WORDS + word], old = *at;

    if (write)
        *at = merge(old, bits, mask) & identities(m, word);
    return old;
}

static int port_access(void *dev, uint32_t cpu, uint32_t reg, int write, uint64_t bits,
                       uint64_t mask, uint64_t *value)
{
    struct imsic *m = dev;

    if (reg == VM_RISCV_TOPEI)
        *value = access_topei(m, cpu, write);
    else if (reg == EIDELIVERY)
        *value = access_eidelivery(m, cpu, write, bits, mask);
    else if (reg == EITHRESHOLD)
        *value = access_eithreshold(m, cpu, write, bits, mask);
    else if (reg > EIDELIVERY && reg < EIP)
        *value = 0; /* reserved: reads zero, writes are ignored */
    else if (reg < EIP || reg > EIE_LAST || reg % 2)
        return -1;
    else
        *value =
            access_bits(m, reg < EIE ? m->eip : m->eie, cpu, (reg & 0x3f) / 2, write, bits, mask);
    if (write)
        drive(m, cpu);
    return 0;
}

static const struct vm_cpu_port_ops port_ops = {
    .size = sizeof(struct vm_cpu_port_ops),
    .access = port_access,
};

/* ---- Memory region --------------------------------------------------------------------------- */

/* `data`: the four bytes written, as little-endian. */
static int message(void *dev, uint64_t offset, uint32_t requester, uint32_t data)
{
    struct imsic *m = dev;
    uint32_t hart = (uint32_t)(offset / IMSIC_PAGE);

    (void)requester;
    if (offset % IMSIC_PAGE == SETEIPNUM_LE)
        set_pending(m, hart, data);
    else if (offset % IMSIC_PAGE == SETEIPNUM_BE)
        set_pending(m, hart, __builtin_bswap32(data));
    return VM_ACCESS_OK;
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
    (void)size;
    return message(dev, offset, 0, (uint32_t)value);
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
    .message = message,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

static void reset(void *dev, int kind)
{
    struct imsic *m = dev;

    (void)kind;
    memset(m->eidelivery, 0, sizeof(m->eidelivery));
    memset(m->eithreshold, 0, sizeof(m->eithreshold));
    memset(m->eip, 0, m->n_harts * IMSIC_WORDS * sizeof(m->eip[0]));
    memset(m->eie, 0, m->n_harts * IMSIC_WORDS * sizeof(m->eie[0]));
    for (uint32_t hart = 0; hart < m->n_harts; hart++)
        drive(m, hart);
}

static const struct vm_state_field state_fields[] = {
    VM_STATE_ARRAY(struct imsic, eidelivery, VM_STATE_U8, IMSIC_MAX_HARTS),
    VM_STATE_ARRAY(struct imsic, eithreshold, VM_STATE_U16, IMSIC_MAX_HARTS),
    VM_STATE_ARRAY(struct imsic, eip, VM_STATE_U64, IMSIC_MAX_HARTS *IMSIC_WORDS),
    VM_STATE_ARRAY(struct imsic, eie, VM_STATE_U64, IMSIC_MAX_HARTS *IMSIC_WORDS),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int state_loaded(void *dev, struct vm_error *err)
{
    struct imsic *m = dev;
    uint64_t threshold = UINT32_MAX >> __builtin_clz(m->ids), wrong = 0;

    for (uint32_t hart = 0; hart < IMSIC_MAX_HARTS; hart++) {
        int here = hart < m->n_harts;

        wrong |= m->eidelivery[hart] > here;
        wrong |= m->eithreshold[hart] & ~(here ? threshold : 0);
        for (uint32_t w = 0; w < IMSIC_WORDS; w++) {
            uint64_t bits = m->eip[hart * IMSIC_WORDS + w] | m->eie[hart * IMSIC_WORDS + w];

            wrong |= bits & ~(here ? identities(m, w) : 0);
        }
    }
    if (wrong)
        return vm_error_set(err,
                            "saved IMSIC state: it is of harts or identities that this IMSIC has "
                            "not (%u harts, ids = %u)",
                            m->n_harts, m->ids);
    for (uint32_t hart = 0; hart < m->n_harts; hart++)
        drive(m, hart);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const char *const levels[] = {"machine", "supervisor", NULL};

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "level",
     .choices = levels,
     .flags = VM_PROP_REQUIRED,
     .help = "Privilege level whose interrupt files these are"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "ids",
     .default_value = "255",
     .min = 63,
     .max = IMSIC_MAX_IDS,
     .help = "Largest interrupt identity; one less than a multiple of 64"},
};

static int wire_hart(struct imsic *m, uint32_t hart, struct vm_error *err)
{
    const struct vm_device_host *host = m->host;

    m->lines[hart] = host->claim_cpu_line(m->ctx, hart, m->machine_level ? "m-ext" : "s-ext", err);
    if (m->lines[hart] < 0)
        return -1;
    return host->claim_cpu_port(m->ctx, hart, m->machine_level ? "imsic-m" : "imsic-s", &port_ops,
                                err);
}

/* A page for each hart. AIA 3.6: up to the next power of two they are filled with zeros. */
static uint64_t region_length(uint32_t harts)
{
    uint64_t length = IMSIC_PAGE;

    while (length < (uint64_t)harts * IMSIC_PAGE)
        length *= 2;
    return length;
}

static int wire(struct imsic *m, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "files",
        .length = region_length(m->n_harts),
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (m->n_harts > IMSIC_MAX_HARTS)
        return vm_error_set(err, "an IMSIC serves at most %d vCPUs, not %u", IMSIC_MAX_HARTS,
                            m->n_harts);
    if (m->ids % 64 != 63)
        return vm_error_set(err, "ids: %u is not one less than a multiple of 64", m->ids);
    for (uint32_t hart = 0; hart < m->n_harts; hart++) {
        if (wire_hart(m, hart, err) < 0)
            return -1;
    }
    return m->host->add_region(m->ctx, &region, err) < 0 ? -1 : 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct imsic *m;

    if (!VM_HAS(host, claim_cpu_port)) {
        vm_error_set(err, "this vmrun is too old for an IMSIC: its vCPUs have no ports");
        return NULL;
    }
    m = calloc(1, sizeof(*m));
    if (!m) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    m->host = host;
    m->ctx = ctx;
    m->machine_level = host->base->prop_uint(props, "level") == 0;
    m->ids = (uint32_t)host->base->prop_uint(props, "ids");
    m->n_harts = host->cpu_count(ctx);
    if (wire(m, err) < 0) {
        free(m);
        return NULL;
    }
    return m;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* ---- Device tree ----------------------------------------------------------------------------- */

/* Binding: Documentation/devicetree/bindings/interrupt-controller/riscv,imsics.yaml of the Linux
 * kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    const struct imsic *m = dev;

    (void)err;
    fdt->string(node, "compatible", "riscv,imsics");
    fdt->u32(node, "#interrupt-cells", &(uint32_t){0}, 1);
    fdt->empty(node, "interrupt-controller");
    fdt->u32(node, "#msi-cells", &(uint32_t){0}, 1);
    fdt->empty(node, "msi-controller");
    fdt->u32(node, "riscv,num-ids", &m->ids, 1);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "imsics",
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-imsic", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "RISC-V incoming MSI controllers (IMSIC) of all vCPUs, for one level",
          .description = "Takes message-signalled interrupts for the machine or the supervisor "
                         "level, one 4 KiB page for each vCPU, and gives them to the vCPU's "
                         "external interrupt line and its AIA registers. With it the vCPUs have "
                         "Smaia and Ssaia. A machine that boots firmware and a kernel has one of "
                         "each level.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
