/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aplic.h - the state of an advanced platform-level interrupt controller, shared by its files.
 *
 * Source: The RISC-V Advanced Interrupt Architecture 1.0 ("AIA"), chapter 4. There are two
 * interrupt domains: the root at machine level, and its one child at supervisor level. Both
 * deliver by messages, or both directly to the harts, for good. Registers are little-endian.
 */
#ifndef DEV_APLIC_APLIC_H
#define DEV_APLIC_APLIC_H

#include <vmrun/device.h>

#define APLIC_SOURCES 1024 /* AIA 4.5: source 0 ("none") included */
#define APLIC_WORDS   (APLIC_SOURCES / 32)
#define APLIC_HARTS   512

/* Domains; also the numbers of their regions. The child comes first: it is what other devices'
 * device-tree nodes refer to. */
enum aplic_domain { APLIC_SUPERVISOR = 0, APLIC_MACHINE = 1, APLIC_DOMAINS = 2 };

/* AIA 4.5.2: sourcecfg. */
#define SOURCECFG_DELEGATED (1u << 10)
enum source_mode {
    SOURCE_INACTIVE = 0,
    SOURCE_DETACHED = 1,
    SOURCE_EDGE1 = 4,
    SOURCE_EDGE0 = 5,
    SOURCE_LEVEL1 = 6,
    SOURCE_LEVEL0 = 7,
};

/* AIA 4.5.16: target. */
#define TARGET_HART(target) ((target) >> 18)
#define TARGET_PRIO(target) ((target)&0xff)  /* direct delivery */
#define TARGET_EIID(target) ((target)&0x7ff) /* messages */

/* AIA 4.5.3, 4.5.4: in the order of their offsets. */
enum { MMSIADDRCFG, MMSIADDRCFGH, SMSIADDRCFG, SMSIADDRCFGH, N_MSIADDRCFG };
#define MMSIADDRCFGH_L (1u << 31)

struct aplic {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint32_t sources; /* 1..sources */
    uint32_t n_harts;
    int messages;                          /* delivery mode: 1 MSI, 0 direct */
    char *imsic[APLIC_DOMAINS];            /* names of the devices that take them */
    int lines[APLIC_DOMAINS][APLIC_HARTS]; /* direct delivery */
    uint32_t phandle;                      /* of the child's node in the device tree */

    /* Saved state. */
    uint32_t input[APLIC_WORDS];    /* levels of the wires */
    uint8_t enabled[APLIC_DOMAINS]; /* domaincfg.IE */
    uint16_t sourcecfg[APLIC_DOMAINS][APLIC_SOURCES];
    uint32_t target[APLIC_DOMAINS][APLIC_SOURCES];
    uint32_t ip[APLIC_DOMAINS][APLIC_WORDS];
    uint32_t ie[APLIC_DOMAINS][APLIC_WORDS];
    uint32_t genmsi[APLIC_DOMAINS];
    uint32_t msiaddrcfg[N_MSIADDRCFG];
    uint8_t idelivery[APLIC_DOMAINS][APLIC_HARTS];
    uint8_t iforce[APLIC_DOMAINS][APLIC_HARTS];
    uint8_t ithreshold[APLIC_DOMAINS][APLIC_HARTS];
};

/* ---- deliver.c: sources, pending bits, delivery ---- */

/* Whether the source can be written to in this domain: it exists, and the root has not kept it. */
int aplic_visible(const struct aplic *a, enum aplic_domain d, uint32_t source);
int aplic_active(const struct aplic *a, enum aplic_domain d, uint32_t source);
/* AIA 4.5.2: 1 while the wire asserts an interrupt. */
int aplic_rectified(const struct aplic *a, enum aplic_domain d, uint32_t source);
/* A write to sourcecfg, with what it does to the child. */
void aplic_configure(struct aplic *a, enum aplic_domain d, uint32_t source, uint32_t value);
/* Writes that set or clear a pending or enable bit, "if possible" (AIA 4.7). */
void aplic_set_pending(struct aplic *a, enum aplic_domain d, uint32_t source);
void aplic_clear_pending(struct aplic *a, enum aplic_domain d, uint32_t source);
void aplic_set_enabled(struct aplic *a, enum aplic_domain d, uint32_t source, int enabled);
/* The wire of `source` changed. */
void aplic_wire(struct aplic *a, uint32_t source, int level);
/* Delivers what can be delivered now: of one source, or of all. */
void aplic_deliver(struct aplic *a, enum aplic_domain d, uint32_t source);
void aplic_deliver_all(struct aplic *a, enum aplic_domain d);
/* Sends one message to a hart at the domain's level. */
void aplic_send(struct aplic *a, enum aplic_domain d, uint32_t hart, uint32_t identity);
/* AIA 4.8.1.4: value of topi; 0: none. */
uint32_t aplic_top(const struct aplic *a, enum aplic_domain d, uint32_t hart);
void aplic_drive(struct aplic *a, enum aplic_domain d, uint32_t hart);

/* ---- registers.c ---- */

extern const struct vm_region_ops aplic_region_ops[APLIC_DOMAINS];
uint64_t aplic_region_length(const struct aplic *a);
/* The bits of word `word` that are sources. */
uint32_t aplic_source_mask(const struct aplic *a, uint32_t word);
/* The legal bits of a target and of an address register. */
uint32_t aplic_legal_target(const struct aplic *a, uint32_t value);
uint32_t aplic_legal_msiaddrcfg(uint32_t index, uint32_t value);

#endif
