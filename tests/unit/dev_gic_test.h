/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_gic_test.h - what the tests of dev-gic share: one GIC, and short names for what is done to
 * it. */
#ifndef TESTS_UNIT_DEV_GIC_TEST_H
#define TESTS_UNIT_DEV_GIC_TEST_H

#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

/* Regions */
enum { DIST, REDIST, CPUIF = REDIST, ITS };

/* ICC_*_EL1 */
#define ICC(crm, op2) (3u << 14 | 12u << 7 | (crm) << 3 | (op2))
enum {
    PMR = 3u << 14 | 4u << 7 | 6u << 3,
    IAR0 = ICC(8u, 0u),
    EOIR0 = ICC(8u, 1u),
    HPPIR0 = ICC(8u, 2u),
    BPR0 = ICC(8u, 3u),
    AP0R0 = ICC(8u, 4u),
    AP1R0 = ICC(9u, 0u),
    DIR = ICC(11u, 1u),
    RPR = ICC(11u, 3u),
    SGI1R = ICC(11u, 5u),
    ASGI1R = ICC(11u, 6u),
    SGI0R = ICC(11u, 7u),
    IAR1 = ICC(12u, 0u),
    EOIR1 = ICC(12u, 1u),
    HPPIR1 = ICC(12u, 2u),
    BPR1 = ICC(12u, 3u),
    CTLR = ICC(12u, 4u),
    SRE = ICC(12u, 5u),
    IGRPEN0 = ICC(12u, 6u),
    IGRPEN1 = ICC(12u, 7u),
};

#define SPURIOUS 1023u

extern struct vm_devtest *gic;

/* A GIC of that version; `its`: with one, and 2 MiB of RAM at 0x40000000. */
void gic_setup(uint32_t version, uint32_t cpus, bool its);
void gic_teardown(void);

uint64_t gic_rd(uint32_t region, uint64_t offset, uint32_t size);
void gic_wr(uint32_t region, uint64_t offset, uint32_t size, uint64_t value);
/* A system register of a vCPU; the accesses must succeed. */
uint64_t icc_rd(uint32_t cpu, uint32_t reg);
void icc_wr(uint32_t cpu, uint32_t reg, uint64_t value);
int gic_irq(uint32_t cpu);
int gic_fiq(uint32_t cpu);
/* Both groups on, in distributor and all CPU interfaces; no priority masked; all awake. */
void gic_enable_all(uint32_t cpus);
/* An SPI (by INTID): enabled, of group 1, priority 0x80, to vCPU `cpu`. */
void gic_enable_spi(uint32_t intid, uint32_t cpu);
void gic_line(uint32_t intid, int level); /* of an SPI */

#endif
