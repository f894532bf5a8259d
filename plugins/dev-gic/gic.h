/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gic.h - the state of a GIC and what its files share.
 *
 * Sources: Arm Generic Interrupt Controller Architecture Specification, GIC architecture version 3
 * and 4 (IHI 0069H, "GICv3"), and version 2.0 (IHI 0048B.b, "GICv2"). There is one security state:
 * GICv3's GICD_CTLR.DS is 1, GICv2 is without the Security Extensions.
 *
 * Interrupts lie in banks of 32. The first GIC_CPUS banks are the private ones (SGIs and PPIs) of
 * the vCPUs, those behind them hold the SPIs.
 */
#ifndef DEV_GIC_GIC_H
#define DEV_GIC_GIC_H

#include <stdbool.h>

#include <vmrun/device.h>

#define GIC_CPUS    128
#define GIC_CPUS_V2 8
#define GIC_WORDS   31 /* banks of SPIs, at most */
#define GIC_BANKS   (GIC_CPUS + GIC_WORDS)
#define GIC_SPIS    (32 * GIC_WORDS)
#define GIC_SGIS    16
#define GIC_PRIVATE 32

/* Priorities have 5 bits, the upper ones of 8, all of which can preempt. */
#define GIC_PRIORITY_MASK 0xf8u
#define GIC_IDLE          0xffu /* running priority when nothing is active */
#define GIC_MIN_BPR0      2
#define GIC_MIN_BPR1      3

/* GICv3 2.2.1: INTIDs that are none. */
enum { GIC_NONSECURE = 1022, GIC_SPURIOUS = 1023 };

#define GIC_LPI_FIRST 8192u
#define GIC_LPIS      8192u /* INTIDs of 14 bits */
#define GIC_ID_BITS   14u

/* GICD_CTLR */
enum { GICD_GROUP0 = 1, GICD_GROUP1 = 2, GICD_ARE = 0x10, GICD_DS = 0x40 };

struct gic {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint32_t version; /* 2 or 3 */
    uint32_t n_cpus, n_words;
    int irq[GIC_CPUS], fiq[GIC_CPUS]; /* handles of the vCPUs' lines */
    bool has_its;

    /* ---- Saved state: distributor, redistributors ---- */
    uint8_t enabled_groups; /* GICD_CTLR, bits 0 and 1 */
    uint32_t group[GIC_BANKS], enabled[GIC_BANKS], active[GIC_BANKS];
    uint32_t edge[GIC_BANKS];  /* edge-triggered; else level-sensitive */
    uint32_t level[GIC_BANKS]; /* of the inputs */
    uint32_t latch[GIC_BANKS]; /* pending by itself, whatever the input's level is */
    uint8_t priority[GIC_BANKS * 32];
    uint64_t route[GIC_SPIS];                    /* GICv3: GICD_IROUTER */
    uint8_t targets[GIC_SPIS];                   /* GICv2: GICD_ITARGETSR */
    uint8_t sgi_sources[GIC_CPUS_V2 * GIC_SGIS]; /* GICv2: who has sent what is pending */
    uint8_t asleep[GIC_CPUS];                    /* GICv3: GICR_WAKER.ProcessorSleep */

    /* ---- Saved state: CPU interfaces ---- */
    uint8_t pmr[GIC_CPUS], bpr0[GIC_CPUS], bpr1[GIC_CPUS];
    uint8_t cpu_groups[GIC_CPUS]; /* ICC_IGRPEN0, ICC_IGRPEN1: bits 0 and 1 */
    uint8_t cpu_ctlr[GIC_CPUS];   /* GIC_CBPR... */
    uint32_t apr[2 * GIC_CPUS];   /* active priorities of group 0, of group 1: a pair each */

    /* ---- Saved state: LPIs ---- */
    uint8_t lpis_enabled[GIC_CPUS];          /* GICR_CTLR.EnableLPIs */
    uint64_t propbaser, pendbaser[GIC_CPUS]; /* GICR_PROPBASER is one for all */
    uint8_t lpi_config[GIC_LPIS];            /* as last read from the guest's table */
    uint64_t lpi_pending[GIC_CPUS * GIC_LPIS / 64];
    uint32_t its_ctlr;
    uint64_t its_cbaser, its_cwriter, its_creadr, its_baser[2];

    /* ---- Derived ---- */
    uint32_t n_lpis_pending[GIC_CPUS];
    bool any_of_all; /* some SPI is for any vCPU (GIC_ROUTE_ANY) */
};

/* cpu_ctlr */
enum { GIC_CBPR = 1, GIC_EOIMODE = 2, GIC_ACKCTL = 4, GIC_FIQEN = 8 };

static inline uint32_t gic_bank(uint32_t cpu, uint32_t intid)
{
    return intid < GIC_PRIVATE ? cpu : GIC_CPUS + intid / 32 - 1;
}

static inline uint32_t gic_bit(uint32_t intid)
{
    return UINT32_C(1) << (intid & 31);
}

static inline bool gic_exists(const struct gic *g, uint32_t intid)
{
    return intid < GIC_PRIVATE + 32 * g->n_words;
}

/* Affinity of a vCPU as in MPIDR_EL1: 16 to a cluster. */
static inline uint32_t gic_affinity(uint32_t cpu)
{
    return (cpu / 16) << 8 | cpu % 16;
}

/* ---- deliver.c: which interrupt a vCPU gets, and its states -----------------------------------
 */

struct gic_best {
    uint32_t intid; /* GIC_SPURIOUS: none */
    uint8_t priority, group;
};

/* Of what is pending and enabled for the vCPU, the highest. */
struct gic_best gic_find_best(const struct gic *g, uint32_t cpu);
/* Whether the CPU interface signals it: PMR and running priority let it through. */
bool gic_preempts(const struct gic *g, uint32_t cpu, const struct gic_best *best);
uint8_t gic_running_priority(const struct gic *g, uint32_t cpu);
/* Drives the vCPU's lines; after every change. */
void gic_update(struct gic *g, uint32_t cpu);
void gic_update_all(struct gic *g);
/* After a change of this interrupt: of all vCPUs that it may concern. */
void gic_update_for(struct gic *g, uint32_t cpu, uint32_t intid);
/* pending -> active */
void gic_activate(struct gic *g, uint32_t cpu, const struct gic_best *best);
/* What is active with the highest priority is so no more, if it is of that group. False: not. */
bool gic_drop_priority(struct gic *g, uint32_t cpu, uint32_t group);
void gic_deactivate(struct gic *g, uint32_t cpu, uint32_t intid);
void gic_input(void *dev, uint32_t line, int level);
void gic_send_sgi(struct gic *g, uint32_t from, uint32_t to, uint32_t sgi);
/* GICD_IROUTER.Interrupt_Routing_Mode: to any one vCPU. */
#define GIC_ROUTE_ANY (UINT64_C(1) << 31)
/* After a change of routes. */
void gic_routes_changed(struct gic *g);

/* ---- registers.c: the distributor's registers that are arrays over interrupts, for the private
 * bank of `cpu` where they are below 32. False: there is no such register. ----------------------
 */

/* Whether the register at `offset` is about private interrupts. */
bool gic_is_private(uint32_t offset);
bool gic_array_read(const struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size,
                    uint64_t *value);
bool gic_array_write(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size, uint64_t value);

/* ---- Regions ----------------------------------------------------------------------------------
 */

extern const struct vm_region_ops gic_dist_ops;   /* dist.c */
extern const struct vm_region_ops gic_redist_ops; /* redist.c */
extern const struct vm_region_ops gic_cpuif_ops;  /* gicc.c: GICv2 */
extern const struct vm_region_ops gic_its_ops;    /* its.c */
extern const struct vm_cpu_port_ops gic_port_ops; /* icc.c: GICv3 */

#define GICD_LENGTH_V3 0x10000u
#define GICD_LENGTH_V2 0x1000u
#define GICC_LENGTH    0x2000u
#define GICR_LENGTH    0x20000u /* of each vCPU */
#define GITS_LENGTH    0x20000u

/* Peripheral identification, the same at the end of each frame (GICv3 12.1.3); 0 elsewhere. */
uint32_t gic_identification(const struct gic *g, uint32_t offset);
#define GIC_IIDR 0x43bu /* made by Arm, product and revision 0: of no quirks */

/* ---- lpi.c ------------------------------------------------------------------------------------
 */

/* Whether LPI `intid` is one that vCPU `cpu` can have. */
bool gic_is_lpi(const struct gic *g, uint32_t intid);
void gic_lpi_set_pending(struct gic *g, uint32_t cpu, uint32_t intid, bool pending);
bool gic_lpi_pending(const struct gic *g, uint32_t cpu, uint32_t intid);
/* Reads the configuration of one, or of all, from the guest's table anew. */
void gic_lpi_reload(struct gic *g, uint32_t intid);
void gic_lpi_reload_all(struct gic *g);
void gic_lpis_enable(struct gic *g, uint32_t cpu);
/* Like gic_find_best, of LPIs alone; `best` is what it has to beat. */
void gic_lpi_find_best(const struct gic *g, uint32_t cpu, struct gic_best *best);
/* Counts what is pending anew. */
void gic_lpi_count(struct gic *g);
void gic_lpi_move_all(struct gic *g, uint32_t from, uint32_t to);

/* ---- its.c ------------------------------------------------------------------------------------
 */

void gic_its_reset(struct gic *g);

#endif
