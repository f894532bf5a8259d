/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icc.c - GICv3's CPU interfaces: the system registers ICC_*_EL1 (GICv3 12.2), which come here by
 * the vCPUs' port. A register's number is its encoding as MRS has it.
 */
#include "gic.h"

#define REG(op1, crn, crm, op2) (3u << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum icc_register {
    ICC_PMR = REG(0u, 4u, 6u, 0u),
    ICC_IAR0 = REG(0u, 12u, 8u, 0u),
    ICC_EOIR0 = REG(0u, 12u, 8u, 1u),
    ICC_HPPIR0 = REG(0u, 12u, 8u, 2u),
    ICC_BPR0 = REG(0u, 12u, 8u, 3u),
    ICC_AP0R0 = REG(0u, 12u, 8u, 4u),
    ICC_AP1R0 = REG(0u, 12u, 9u, 0u),
    ICC_DIR = REG(0u, 12u, 11u, 1u),
    ICC_RPR = REG(0u, 12u, 11u, 3u),
    ICC_SGI1R = REG(0u, 12u, 11u, 5u),
    ICC_ASGI1R = REG(0u, 12u, 11u, 6u),
    ICC_SGI0R = REG(0u, 12u, 11u, 7u),
    ICC_IAR1 = REG(0u, 12u, 12u, 0u),
    ICC_EOIR1 = REG(0u, 12u, 12u, 1u),
    ICC_HPPIR1 = REG(0u, 12u, 12u, 2u),
    ICC_BPR1 = REG(0u, 12u, 12u, 3u),
    ICC_CTLR = REG(0u, 12u, 12u, 4u),
    ICC_SRE = REG(0u, 12u, 12u, 5u),
    ICC_IGRPEN0 = REG(0u, 12u, 12u, 6u),
    ICC_IGRPEN1 = REG(0u, 12u, 12u, 7u),
    ICC_SRE_EL2 = REG(4u, 12u, 9u, 5u),
    ICC_CTLR_EL3 = REG(6u, 12u, 12u, 4u),
    ICC_SRE_EL3 = REG(6u, 12u, 12u, 5u),
    ICC_IGRPEN1_EL3 = REG(6u, 12u, 12u, 7u),
};

/* Set in a register's number if the access is made in Secure state: there is one state here. */
#define SECURE_ACCESS (1u << 17)

/* ICC_CTLR: CBPR and EOImode are writable; 5 bits of priority. */
#define CTLR_PRIBITS (4u << 8)
/* ICC_CTLR_EL3 has both for Secure and for Non-secure EL1, and EOImode for EL3: all are one here,
 * and what is written for Non-secure EL1 counts. */
#define CTLR3_CBPR       3u
#define CTLR3_CBPR_NS    2u
#define CTLR3_EOIMODE    (7u << 2)
#define CTLR3_EOIMODE_NS (1u << 4)
/* ICC_SRE: system registers always, no bypass. ICC_SRE_EL2, EL3: lower levels may use theirs. */
#define SRE_ALWAYS 7u
#define SRE_LOWER  8u

/* ---- taking and ending interrupts ---- */

/* Side effects are those of a read. */
static uint64_t acknowledge(struct gic *g, uint32_t cpu, uint32_t group)
{
    const struct gic_best best = gic_find_best(g, cpu);

    if (!gic_preempts(g, cpu, &best) || best.group != group)
        return GIC_SPURIOUS;
    gic_activate(g, cpu, &best);
    return best.intid;
}

static uint64_t highest_pending(const struct gic *g, uint32_t cpu, uint32_t group)
{
    const struct gic_best best = gic_find_best(g, cpu);

    return best.group == group ? best.intid : GIC_SPURIOUS;
}

/* 4.1.1: INTIDs 1020 to 1023 are none. */
static void end_of_interrupt(struct gic *g, uint32_t cpu, uint32_t group, uint32_t intid)
{
    if (!gic_exists(g, intid) && !gic_is_lpi(g, intid))
        return;
    if (!gic_drop_priority(g, cpu, group))
        return;
    if (!(g->cpu_ctlr[cpu] & GIC_EOIMODE))
        gic_deactivate(g, cpu, intid);
    gic_update(g, cpu);
}

/* ---- sending them ---- */

/* 12.2.22: to a list of up to 16 in one cluster, or to all others. */
static void send_sgis(struct gic *g, uint32_t cpu, uint64_t value, uint32_t group)
{
    uint32_t sgi = value >> 24 & 15, cluster = value >> 16 & 0xff;
    bool others = value >> 40 & 1, here = !(value >> 48 & 0xff) && !(value >> 32 & 0xff);

    for (uint32_t to = 0; to < g->n_cpus; to++) {
        bool listed = here && !(value >> 44 & 15) && to / 16 == cluster && (value >> to % 16 & 1);

        if ((g->group[to] >> sgi & 1) == group && (others ? to != cpu : listed))
            gic_send_sgi(g, cpu, to, sgi);
    }
}

/* ---- the registers ---- */

/* 12.2.5: with CBPR, group 1 shows group 0's, one more. */
static uint64_t read_bpr1(const struct gic *g, uint32_t cpu)
{
    if (!(g->cpu_ctlr[cpu] & GIC_CBPR))
        return g->bpr1[cpu];
    return g->bpr0[cpu] < 7 ? g->bpr0[cpu] + 1u : 7;
}

static uint8_t at_least(uint64_t value, uint8_t least)
{
    return (value & 7) < least ? least : (uint8_t)(value & 7);
}

/* -1: there is no such register, or it cannot be read. */
static int icc_read(struct gic *g, uint32_t cpu, uint32_t reg, uint64_t *value)
{
    switch (reg) {
    case ICC_PMR:
        *value = g->pmr[cpu];
        return 0;
    case ICC_IAR0:
    case ICC_IAR1:
        *value = acknowledge(g, cpu, reg == ICC_IAR1);
        return 0;
    case ICC_HPPIR0:
    case ICC_HPPIR1:
        *value = highest_pending(g, cpu, reg == ICC_HPPIR1);
        return 0;
    case ICC_BPR0:
        *value = g->bpr0[cpu];
        return 0;
    case ICC_BPR1:
        *value = read_bpr1(g, cpu);
        return 0;
    case ICC_AP0R0:
    case ICC_AP1R0:
        *value = g->apr[2 * cpu + (reg == ICC_AP1R0)];
        return 0;
    case ICC_RPR:
        *value = gic_running_priority(g, cpu);
        return 0;
    case ICC_CTLR:
        *value = (g->cpu_ctlr[cpu] & (GIC_CBPR | GIC_EOIMODE)) | CTLR_PRIBITS;
        return 0;
    case ICC_CTLR_EL3:
        *value = (g->cpu_ctlr[cpu] & GIC_CBPR ? CTLR3_CBPR : 0) |
                 (g->cpu_ctlr[cpu] & GIC_EOIMODE ? CTLR3_EOIMODE : 0) | CTLR_PRIBITS;
        return 0;
    case ICC_SRE:
        *value = SRE_ALWAYS;
        return 0;
    case ICC_SRE_EL2:
    case ICC_SRE_EL3:
        *value = SRE_ALWAYS | SRE_LOWER;
        return 0;
    case ICC_IGRPEN0:
        *value = g->cpu_groups[cpu] & 1;
        return 0;
    case ICC_IGRPEN1:
    case ICC_IGRPEN1_EL3:
        *value = g->cpu_groups[cpu] >> 1 & 1;
        return 0;
    default:
        return -1;
    }
}

static void write_group_enable(struct gic *g, uint32_t cpu, uint32_t group, bool on)
{
    uint8_t bit = (uint8_t)(1u << group);

    g->cpu_groups[cpu] = on ? g->cpu_groups[cpu] | bit : g->cpu_groups[cpu] & (uint8_t)~bit;
}

/* Those whose write is an action. False: it is another one. */
static bool icc_act(struct gic *g, uint32_t cpu, uint32_t reg, uint64_t value)
{
    switch (reg) {
    case ICC_EOIR0:
    case ICC_EOIR1:
        end_of_interrupt(g, cpu, reg == ICC_EOIR1, value & 0xffffff);
        return true;
    case ICC_DIR: /* 12.2.9: only where ending did not do it */
        if (g->cpu_ctlr[cpu] & GIC_EOIMODE)
            gic_deactivate(g, cpu, value & 0xffffff);
        gic_update(g, cpu);
        return true;
    case ICC_SGI0R:
    case ICC_SGI1R:
        send_sgis(g, cpu, value, reg == ICC_SGI1R);
        return true;
    case ICC_ASGI1R: /* of the other security state, which is not there */
        return true;
    default:
        return false;
    }
}

/* -1: there is no such register, or it cannot be written. */
static int icc_write(struct gic *g, uint32_t cpu, uint32_t reg, uint64_t value)
{
    switch (reg) {
    case ICC_PMR:
        g->pmr[cpu] = value & GIC_PRIORITY_MASK;
        break;
    case ICC_BPR0:
        g->bpr0[cpu] = at_least(value, GIC_MIN_BPR0);
        break;
    case ICC_BPR1:
        if (!(g->cpu_ctlr[cpu] & GIC_CBPR))
            g->bpr1[cpu] = at_least(value, GIC_MIN_BPR1);
        break;
    case ICC_AP0R0:
    case ICC_AP1R0:
        g->apr[2 * cpu + (reg == ICC_AP1R0)] = (uint32_t)value;
        break;
    case ICC_CTLR:
        g->cpu_ctlr[cpu] = value & (GIC_CBPR | GIC_EOIMODE);
        break;
    case ICC_CTLR_EL3:
        g->cpu_ctlr[cpu] =
            (value & CTLR3_CBPR_NS ? GIC_CBPR : 0) | (value & CTLR3_EOIMODE_NS ? GIC_EOIMODE : 0);
        break;
    case ICC_SRE:
    case ICC_SRE_EL2:
    case ICC_SRE_EL3:
        break;
    case ICC_IGRPEN0:
    case ICC_IGRPEN1:
    case ICC_IGRPEN1_EL3:
        write_group_enable(g, cpu, reg != ICC_IGRPEN0, value & 1);
        break;
    default:
        return -1;
    }
    gic_update(g, cpu);
    return 0;
}

/* A register that changes when it is read has no writes. */
static int port_access(void *dev, uint32_t cpu, uint32_t reg, int write, uint64_t bits,
                       uint64_t mask, uint64_t *value)
{
    struct gic *g = dev;
    uint64_t old = 0;

    *value = 0;
    reg &= ~SECURE_ACCESS;
    if (!write)
        return icc_read(g, cpu, reg, value);
    if (reg == ICC_IAR0 || reg == ICC_IAR1)
        return -1;
    if (icc_act(g, cpu, reg, bits & mask))
        return 0;
    if (icc_read(g, cpu, reg, &old) < 0)
        return -1;
    *value = old;
    return icc_write(g, cpu, reg, (old & ~mask) | (bits & mask));
}

const struct vm_cpu_port_ops gic_port_ops = {
    .size = sizeof(struct vm_cpu_port_ops),
    .access = port_access,
};
