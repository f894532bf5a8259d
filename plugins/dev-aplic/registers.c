/* SPDX-License-Identifier: BSD-2-Clause */
/* registers.c - the control region of an interrupt domain (AIA 4.5, 4.8.1). */
#include "aplic.h"

/* AIA, table 4.1. */
enum offsets {
    DOMAINCFG = 0x0,
    SOURCECFG = 0x4, /* of source 1 */
    SOURCECFG_END = 0x1000,
    MSIADDRCFG = 0x1bc0,
    MSIADDRCFG_END = 0x1bd0,
    SETIP = 0x1c00, /* four blocks of bits, each with a register for one bit by number: */
    SETIPNUM = 0x1cdc,
    IN_CLRIP = 0x1d00,
    CLRIPNUM = 0x1ddc,
    SETIE = 0x1e00,
    SETIENUM = 0x1edc,
    CLRIE = 0x1f00,
    CLRIENUM = 0x1fdc,
    BITS_END = 0x2000,
    SETIPNUM_LE = 0x2000,
    GENMSI = 0x3000,
    TARGET = 0x3004, /* of source 1 */
    TARGET_END = 0x4000,
    IDC = 0x4000, /* 32 bytes a hart */
};
enum idc_offsets { IDELIVERY = 0x0, IFORCE = 0x4, ITHRESHOLD = 0x8, TOPI = 0x18, CLAIMI = 0x1c };
#define IDC_BYTES 32u

#define DOMAINCFG_CONSTANT 0x80000000u
#define DOMAINCFG_IE       (1u << 8)
#define DOMAINCFG_DM       (1u << 2)

/* ---- Legal values ---------------------------------------------------------------------------- */

uint32_t aplic_source_mask(const struct aplic *a, uint32_t word)
{
    uint32_t last = a->sources / 32, mask = UINT32_MAX;

    if (word > last)
        mask = 0;
    else if (word == last)
        mask >>= 31 - a->sources % 32;
    return word == 0 ? mask & ~1u : mask;
}

/* No guest index: there is no hypervisor extension. Priority 0 becomes 1. */
uint32_t aplic_legal_target(const struct aplic *a, uint32_t value)
{
    if (a->messages)
        return value & 0xfffc07ffu;
    value &= 0xfffc00ffu;
    return TARGET_PRIO(value) ? value : value | 1;
}

uint32_t aplic_legal_msiaddrcfg(uint32_t index, uint32_t value)
{
    static const uint32_t masks[N_MSIADDRCFG] = {
        [MMSIADDRCFG] = 0xffffffff,
        [MMSIADDRCFGH] = 0x9f77ffff,
        [SMSIADDRCFG] = 0xffffffff,
        [SMSIADDRCFGH] = 0x00700fff,
    };

    return value & masks[index];
}

/* ---- Bits of many sources -------------------------------------------------------------------- */

static uint32_t read_bits(const struct aplic *a, enum aplic_domain d, uint32_t block, uint32_t word)
{
    uint32_t bits = 0;

    if (block == SETIP)
        return a->ip[d][word];
    if (block == SETIE)
        return a->ie[d][word];
    for (uint32_t i = 0; block == IN_CLRIP && i < 32; i++) {
        uint32_t source = word * 32 + i;

        bits |= (uint32_t)aplic_rectified(a, d, source) << i;
    }
    return bits;
}

static void write_bit(struct aplic *a, enum aplic_domain d, uint32_t block, uint32_t source)
{
    switch (block) {
    case SETIP:
        aplic_set_pending(a, d, source);
        break;
    case IN_CLRIP:
        aplic_clear_pending(a, d, source);
        break;
    default:
        aplic_set_enabled(a, d, source, block == SETIE);
        break;
    }
}

/* A block: 32 words of bits, and at its end a register that takes one source's number. */
static void write_block(struct aplic *a, enum aplic_domain d, uint32_t offset, uint32_t value)
{
    uint32_t block = offset & ~0xffu, at = offset & 0xff;

    if (at == (SETIPNUM & 0xff)) {
        write_bit(a, d, block, value);
    } else if (at / 4 < APLIC_WORDS) {
        for (value &= aplic_source_mask(a, at / 4); value; value &= value - 1)
            write_bit(a, d, block, at / 4 * 32 + (uint32_t)__builtin_ctz(value));
    }
}

/* ---- Interrupt delivery control -------------------------------------------------------------- */

static uint32_t claim(struct aplic *a, enum aplic_domain d, uint32_t hart)
{
    uint32_t top = aplic_top(a, d, hart);

    if (top)
        aplic_clear_pending(a, d, top >> 16);
    else
        a->iforce[d][hart] = 0;
    aplic_drive(a, d, hart);
    return top;
}

static uint32_t read_idc(struct aplic *a, enum aplic_domain d, uint32_t hart, uint32_t reg)
{
    if (hart >= a->n_harts)
        return 0;
    switch (reg) {
    case IDELIVERY:
        return a->idelivery[d][hart];
    case IFORCE:
        return a->iforce[d][hart];
    case ITHRESHOLD:
        return a->ithreshold[d][hart];
    case TOPI:
        return aplic_top(a, d, hart);
    case CLAIMI:
        return claim(a, d, hart);
    default:
        return 0;
    }
}

static void write_idc(struct aplic *a, enum aplic_domain d, uint32_t hart, uint32_t reg,
                      uint32_t value)
{
    if (hart >= a->n_harts)
        return;
    if (reg == IDELIVERY && value <= 1)
        a->idelivery[d][hart] = (uint8_t)value;
    else if (reg == IFORCE && value <= 1)
        a->iforce[d][hart] = (uint8_t)value;
    else if (reg == ITHRESHOLD)
        a->ithreshold[d][hart] = (uint8_t)value;
    aplic_drive(a, d, hart);
}

/* ---- The rest -------------------------------------------------------------------------------- */

/* AIA 4.5.3: in the root domain, if there are messages. */
static int has_msiaddrcfg(const struct aplic *a, enum aplic_domain d)
{
    return a->messages && d == APLIC_MACHINE;
}

static void write_msiaddrcfg(struct aplic *a, uint32_t index, uint32_t value)
{
    if (!(a->msiaddrcfg[MMSIADDRCFGH] & MMSIADDRCFGH_L))
        a->msiaddrcfg[index] = aplic_legal_msiaddrcfg(index, value);
}

static void write_target(struct aplic *a, enum aplic_domain d, uint32_t source, uint32_t value)
{
    uint32_t before = TARGET_HART(a->target[d][source]);

    if (!aplic_active(a, d, source))
        return;
    a->target[d][source] = aplic_legal_target(a, value);
    aplic_drive(a, d, before);
    aplic_deliver(a, d, source);
}

static void write_genmsi(struct aplic *a, enum aplic_domain d, uint32_t value)
{
    if (!a->messages)
        return;
    a->genmsi[d] = aplic_legal_target(a, value);
    aplic_send(a, d, TARGET_HART(value), TARGET_EIID(value));
}

static uint32_t read_register(struct aplic *a, enum aplic_domain d, uint32_t offset)
{
    if (offset == DOMAINCFG)
        return DOMAINCFG_CONSTANT | (a->enabled[d] ? DOMAINCFG_IE : 0) |
               (a->messages ? DOMAINCFG_DM : 0);
    if (offset < SOURCECFG_END)
        return a->sourcecfg[d][offset / 4];
    if (offset >= MSIADDRCFG && offset < MSIADDRCFG_END)
        return has_msiaddrcfg(a, d) ? a->msiaddrcfg[(offset - MSIADDRCFG) / 4] : 0;
    if (offset >= SETIP && offset < BITS_END)
        return (offset & 0xff) / 4 < APLIC_WORDS
                   ? read_bits(a, d, offset & ~0xffu, (offset & 0xff) / 4)
                   : 0;
    if (offset == GENMSI)
        return a->genmsi[d];
    if (offset >= TARGET && offset < TARGET_END)
        return a->target[d][(offset - GENMSI) / 4];
    if (offset >= IDC)
        return read_idc(a, d, (offset - IDC) / IDC_BYTES, offset % IDC_BYTES);
    return 0;
}

static void write_register(struct aplic *a, enum aplic_domain d, uint32_t offset, uint32_t value)
{
    if (offset == DOMAINCFG) {
        a->enabled[d] = (value & DOMAINCFG_IE) != 0;
        aplic_deliver_all(a, d);
    } else if (offset < SOURCECFG_END) {
        aplic_configure(a, d, offset / 4, value);
    } else if (offset >= MSIADDRCFG && offset < MSIADDRCFG_END) {
        if (has_msiaddrcfg(a, d))
            write_msiaddrcfg(a, (offset - MSIADDRCFG) / 4, value);
    } else if (offset >= SETIP && offset < BITS_END) {
        write_block(a, d, offset, value);
    } else if (offset == SETIPNUM_LE) {
        aplic_set_pending(a, d, value);
    } else if (offset == GENMSI) {
        write_genmsi(a, d, value);
    } else if (offset >= TARGET && offset < TARGET_END) {
        write_target(a, d, (offset - GENMSI) / 4, value);
    } else if (offset >= IDC) {
        write_idc(a, d, (offset - IDC) / IDC_BYTES, offset % IDC_BYTES, value);
    }
}

/* ---- Regions --------------------------------------------------------------------------------- */

/* AIA 4.5: a multiple of 4 KiB, at least 16 KiB; with messages there is no IDC. */
uint64_t aplic_region_length(const struct aplic *a)
{
    uint64_t idc = a->messages ? 0 : (uint64_t)a->n_harts * IDC_BYTES;

    return IDC + (idc + 0xfff) / 0x1000 * 0x1000;
}

#define REGION(name, domain)                                                           \
    static int name##_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value) \
    {                                                                                  \
        (void)size;                                                                    \
        *value = read_register(dev, domain, (uint32_t)offset);                         \
        return VM_ACCESS_OK;                                                           \
    }                                                                                  \
    static int name##_write(void *dev, uint64_t offset, uint32_t size, uint64_t value) \
    {                                                                                  \
        (void)size;                                                                    \
        write_register(dev, domain, (uint32_t)offset, (uint32_t)value);                \
        return VM_ACCESS_OK;                                                           \
    }

REGION(supervisor, APLIC_SUPERVISOR)
REGION(machine, APLIC_MACHINE)

const struct vm_region_ops aplic_region_ops[APLIC_DOMAINS] = {
    [APLIC_SUPERVISOR] = {.size = sizeof(struct vm_region_ops),
                          .read = supervisor_read,
                          .write = supervisor_write},
    [APLIC_MACHINE] = {.size = sizeof(struct vm_region_ops),
                       .read = machine_read,
                       .write = machine_write},
};
