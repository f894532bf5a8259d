/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3's virtual CPU interface, which is part of the PE (IHI 0069, 4.6 to 4.8, 12.3 and 12.4): the
 * list registers by which EL2 injects interrupts, and what EL1 sees of them instead of ICC_*.
 */
#include "vgic.h"
#include "sysregs.h"

#define HCR_EN        (1u << 0)
#define HCR_UIE       (1u << 1)
#define HCR_LRENPIE   (1u << 2)
#define HCR_NPIE      (1u << 3)
#define HCR_GROUPS    4 /* VGrp0EIE, VGrp0DIE, VGrp1EIE, VGrp1DIE from here on */
#define HCR_EOI_SHIFT 27
#define HCR_EOI_COUNT (31ull << HCR_EOI_SHIFT)
#define HCR_BITS      (0x7cffull | HCR_EOI_COUNT)

#define VMCR_ENABLE(group) (1u << (group))
#define VMCR_FIQEN         (1u << 3)
#define VMCR_CBPR          (1u << 4)
#define VMCR_EOIM          (1u << 9)
#define VMCR_BPR1_SHIFT    18
#define VMCR_BPR0_SHIFT    21
#define VMCR_PMR_SHIFT     24

#define LR_ID(lr)       ((uint32_t)(lr))
#define LR_PHYSICAL(lr) ((uint32_t)((lr) >> 32) & 0x1fff)
#define LR_EOI          (1ull << 41) /* without HW: tell of the end */
#define LR_PRIORITY(lr) ((uint32_t)((lr) >> 48) & 0xf8)
#define LR_GROUP(lr)    ((uint32_t)((lr) >> 60) & 1)
#define LR_HW           (1ull << 61)
#define LR_PENDING      (1ull << 62)
#define LR_ACTIVE       (1ull << 63)
#define LR_STATE        (LR_PENDING | LR_ACTIVE)
#define LR_BITS         0xf0f81fffffffffffull

#define NO_INTERRUPT 1023u
#define FIRST_LPI    8192u
#define IDLE         0xffu
#define MIN_BPR0     2u
#define MIN_BPR1     3u

/* 5 bits of priority, INTIDs of 24 bits, all affinities; no direct injection. */
#define VTR \
    (4u << 29 | 4u << 26 | 1u << 23 | 1u << 21 | 1u << 20 | 1u << 19 | (A64_LIST_REGISTERS - 1))
#define CTLR (4u << 8 | 1u << 11 | 1u << 15)

/* ---- Priorities ---- */

static uint32_t bpr0(const struct a64_state *s)
{
    return s->ich_vmcr >> VMCR_BPR0_SHIFT & 7;
}

static uint32_t bpr1(const struct a64_state *s)
{
    if (s->ich_vmcr & VMCR_CBPR)
        return bpr0(s) < 7 ? bpr0(s) + 1 : 7;
    return s->ich_vmcr >> VMCR_BPR1_SHIFT & 7;
}

/* The part of a priority that decides about preemption. */
static uint32_t group_priority(const struct a64_state *s, uint32_t group, uint32_t priority)
{
    uint32_t low = group == 0 || (s->ich_vmcr & VMCR_CBPR) ? bpr0(s) + 1 : bpr1(s);

    return priority & ~((1u << low) - 1);
}

static uint32_t running_priority(const struct a64_state *s)
{
    uint32_t active = (uint32_t)(s->ich_apr[0] | s->ich_apr[1]);

    return active ? (uint32_t)__builtin_ctz(active) << 3 : IDLE;
}

/* The list register of the highest pending interrupt, or -1. */
static int highest_pending(const struct a64_state *s)
{
    int best = -1;

    for (int i = 0; i < A64_LIST_REGISTERS; i++) {
        uint64_t lr = s->ich_lr[i];
        if ((lr & LR_STATE) == LR_PENDING && (s->ich_vmcr & VMCR_ENABLE(LR_GROUP(lr))) &&
            (best < 0 || LR_PRIORITY(lr) < LR_PRIORITY(s->ich_lr[best])))
            best = i;
    }
    return best;
}

/* Whether it is signalled: the mask and what runs let it through. */
static bool is_signalled(const struct a64_state *s, int i)
{
    uint32_t priority, running = running_priority(s);

    if (i < 0 || !(s->ich_hcr & HCR_EN))
        return false;
    priority = LR_PRIORITY(s->ich_lr[i]);
    return priority < (s->ich_vmcr >> VMCR_PMR_SHIFT & 0xff) &&
           group_priority(s, LR_GROUP(s->ich_lr[i]), priority) < running;
}

/* ---- Maintenance ---- */

static uint64_t ended(const struct a64_state *s)
{
    uint64_t eisr = 0;

    for (int i = 0; i < A64_LIST_REGISTERS; i++)
        if (!(s->ich_lr[i] & (LR_STATE | LR_HW)) && (s->ich_lr[i] & LR_EOI))
            eisr |= 1ull << i;
    return eisr;
}

static uint64_t empty(const struct a64_state *s)
{
    uint64_t elrsr = 0;

    for (int i = 0; i < A64_LIST_REGISTERS; i++)
        if (!(s->ich_lr[i] & LR_STATE) && ((s->ich_lr[i] & LR_HW) || !(s->ich_lr[i] & LR_EOI)))
            elrsr |= 1ull << i;
    return elrsr;
}

static uint64_t maintenance(const struct a64_state *s)
{
    uint64_t misr = ended(s) ? 1 : 0;
    int used = 0, pending = 0;

    for (int i = 0; i < A64_LIST_REGISTERS; i++) {
        used += (s->ich_lr[i] & LR_STATE) != 0;
        pending += (s->ich_lr[i] & LR_STATE) == LR_PENDING;
    }
    misr |= (s->ich_hcr & HCR_UIE) && used <= 1 ? 2 : 0;
    misr |= (s->ich_hcr & HCR_LRENPIE) && (s->ich_hcr & HCR_EOI_COUNT) ? 4 : 0;
    misr |= (s->ich_hcr & HCR_NPIE) && pending == 0 ? 8 : 0;
    for (uint32_t group = 0; group < 2; group++) {
        bool enabled = s->ich_vmcr & VMCR_ENABLE(group);
        uint32_t bit = HCR_GROUPS + 2 * group + !enabled;
        misr |= s->ich_hcr & 1ull << bit;
    }
    return misr;
}

void a64_vgic_update(struct vm_cpu *cpu)
{
    struct a64_state *s = a64_state(cpu);
    int best = highest_pending(s), level = (s->ich_hcr & HCR_EN) && maintenance(s);
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_relaxed);

    s->vgic_lines = 0;
    if (is_signalled(s, best))
        s->vgic_lines = A64_LINE_BIT(LR_GROUP(s->ich_lr[best]) ? A64_LINE_VIRQ : A64_LINE_VFIQ);
    if (level != (int)(lines >> A64_LINE_MAINTENANCE & 1))
        cpu->host->set_line(cpu, A64_LINE_MAINTENANCE, level);
}

/* ---- Taking and ending ---- */

static uint64_t acknowledge(struct a64_state *s, uint32_t group)
{
    int i = highest_pending(s);
    uint64_t *lr;

    if (!is_signalled(s, i) || LR_GROUP(s->ich_lr[i]) != group)
        return NO_INTERRUPT;
    lr = &s->ich_lr[i];
    s->ich_apr[group] |= 1ull << (group_priority(s, group, LR_PRIORITY(*lr)) >> 3);
    *lr = (*lr & ~LR_PENDING) | (LR_ID(*lr) < FIRST_LPI ? LR_ACTIVE : 0);
    return LR_ID(*lr);
}

/* What is active with the highest priority is so no more, if it is of that group. */
static bool drop_priority(struct a64_state *s, uint32_t group)
{
    uint64_t all = s->ich_apr[0] | s->ich_apr[1], bit = all & -all;

    if (!(s->ich_apr[group] & bit))
        return false;
    s->ich_apr[group] &= ~bit;
    return true;
}

/* An interrupt of hardware ends in the distributor, too. What no list register has is counted. */
static void deactivate(struct vm_cpu *cpu, uint32_t intid)
{
    struct a64_state *s = a64_state(cpu);
    uint64_t ignored;

    for (int i = 0; i < A64_LIST_REGISTERS; i++) {
        uint64_t *lr = &s->ich_lr[i];
        if (!(*lr & LR_ACTIVE) || LR_ID(*lr) != intid)
            continue;
        *lr &= ~LR_ACTIVE;
        if (*lr & LR_HW)
            cpu->host->port_access(cpu, A64_PORT_GIC, A64_SYS(3, 0, 12, 11, 1), true,
                                   LR_PHYSICAL(*lr), UINT64_MAX, &ignored);
        return;
    }
    s->ich_hcr =
        (s->ich_hcr & ~HCR_EOI_COUNT) | ((s->ich_hcr + (1ull << HCR_EOI_SHIFT)) & HCR_EOI_COUNT);
}

static bool is_special(uint64_t intid)
{
    return intid >= 1020 && intid <= NO_INTERRUPT;
}

static void end_of_interrupt(struct vm_cpu *cpu, uint32_t group, uint64_t intid)
{
    struct a64_state *s = a64_state(cpu);

    if (is_special(intid) || !drop_priority(s, group))
        return;
    if (!(s->ich_vmcr & VMCR_EOIM) && intid < FIRST_LPI)
        deactivate(cpu, (uint32_t)intid);
}

static uint64_t pending_of(const struct a64_state *s, uint32_t group)
{
    int i = highest_pending(s);

    return i >= 0 && LR_GROUP(s->ich_lr[i]) == group ? LR_ID(s->ich_lr[i]) : NO_INTERRUPT;
}

/* ---- EL1's view: ICV_* ---- */

static void set_vmcr(struct a64_state *s, uint32_t shift, uint32_t width, uint64_t value)
{
    uint64_t mask = ((1ull << width) - 1) << shift;

    s->ich_vmcr = (s->ich_vmcr & ~mask) | (value << shift & mask);
}

static uint64_t at_least(uint64_t value, uint64_t least)
{
    return (value & 7) < least ? least : value & 7;
}

enum view {
    V_PMR = A64_SYS(3, 0, 4, 6, 0),
    V_IAR0 = A64_SYS(3, 0, 12, 8, 0),
    V_EOIR0 = A64_SYS(3, 0, 12, 8, 1),
    V_HPPIR0 = A64_SYS(3, 0, 12, 8, 2),
    V_BPR0 = A64_SYS(3, 0, 12, 8, 3),
    V_AP0R0 = A64_SYS(3, 0, 12, 8, 4),
    V_AP1R0 = A64_SYS(3, 0, 12, 9, 0),
    V_DIR = A64_SYS(3, 0, 12, 11, 1),
    V_RPR = A64_SYS(3, 0, 12, 11, 3),
    V_IAR1 = A64_SYS(3, 0, 12, 12, 0),
    V_EOIR1 = A64_SYS(3, 0, 12, 12, 1),
    V_HPPIR1 = A64_SYS(3, 0, 12, 12, 2),
    V_BPR1 = A64_SYS(3, 0, 12, 12, 3),
    V_CTLR = A64_SYS(3, 0, 12, 12, 4),
    V_IGRPEN0 = A64_SYS(3, 0, 12, 12, 6),
    V_IGRPEN1 = A64_SYS(3, 0, 12, 12, 7),
};

static int view_read(struct a64_state *s, uint32_t number, uint64_t *value)
{
    switch (number) {
    case V_PMR:
        *value = s->ich_vmcr >> VMCR_PMR_SHIFT & 0xff;
        return 0;
    case V_IAR0:
    case V_IAR1:
        *value = acknowledge(s, number == V_IAR1);
        return 0;
    case V_HPPIR0:
    case V_HPPIR1:
        *value = pending_of(s, number == V_HPPIR1);
        return 0;
    case V_BPR0:
        *value = bpr0(s);
        return 0;
    case V_BPR1:
        *value = bpr1(s);
        return 0;
    case V_AP0R0:
    case V_AP1R0:
        *value = s->ich_apr[number == V_AP1R0];
        return 0;
    case V_RPR:
        *value = running_priority(s);
        return 0;
    case V_CTLR:
        *value = CTLR | (s->ich_vmcr & VMCR_CBPR ? 1 : 0) | (s->ich_vmcr & VMCR_EOIM ? 2 : 0);
        return 0;
    case V_IGRPEN0:
    case V_IGRPEN1:
        *value = (s->ich_vmcr & VMCR_ENABLE(number == V_IGRPEN1)) != 0;
        return 0;
    default:
        return -1;
    }
}

static int view_write(struct vm_cpu *cpu, uint32_t number, uint64_t value)
{
    struct a64_state *s = a64_state(cpu);

    switch (number) {
    case V_PMR:
        set_vmcr(s, VMCR_PMR_SHIFT, 8, value & 0xf8);
        return 0;
    case V_EOIR0:
    case V_EOIR1:
        end_of_interrupt(cpu, number == V_EOIR1, value & 0xffffff);
        return 0;
    case V_DIR:
        if ((s->ich_vmcr & VMCR_EOIM) && !is_special(value & 0xffffff) &&
            (value & 0xffffff) < FIRST_LPI)
            deactivate(cpu, value & 0xffffff);
        return 0;
    case V_BPR0:
        set_vmcr(s, VMCR_BPR0_SHIFT, 3, at_least(value, MIN_BPR0));
        return 0;
    case V_BPR1:
        if (!(s->ich_vmcr & VMCR_CBPR))
            set_vmcr(s, VMCR_BPR1_SHIFT, 3, at_least(value, MIN_BPR1));
        return 0;
    case V_AP0R0:
    case V_AP1R0:
        s->ich_apr[number == V_AP1R0] = value & UINT32_MAX;
        return 0;
    case V_CTLR:
        s->ich_vmcr &= ~(uint64_t)(VMCR_CBPR | VMCR_EOIM);
        s->ich_vmcr |= (value & 1 ? VMCR_CBPR : 0) | (value & 2 ? VMCR_EOIM : 0);
        return 0;
    case V_IGRPEN0:
    case V_IGRPEN1:
        set_vmcr(s, number == V_IGRPEN1, 1, value & 1);
        return 0;
    default:
        return -1;
    }
}

/* ---- EL2's: ICH_* ---- */

enum control {
    ICH_AP0R0 = A64_SYS(3, 4, 12, 8, 0),
    ICH_AP1R0 = A64_SYS(3, 4, 12, 9, 0),
    ICH_HCR = A64_SYS(3, 4, 12, 11, 0),
    ICH_VTR = A64_SYS(3, 4, 12, 11, 1),
    ICH_MISR = A64_SYS(3, 4, 12, 11, 2),
    ICH_EISR = A64_SYS(3, 4, 12, 11, 3),
    ICH_ELRSR = A64_SYS(3, 4, 12, 11, 5),
    ICH_VMCR = A64_SYS(3, 4, 12, 11, 7),
    ICH_LR0 = A64_SYS(3, 4, 12, 12, 0),
};

/* The register as a field of the state, and its bits; NULL: it is none. */
static uint64_t *control_field(struct a64_state *s, uint32_t number, uint64_t *bits)
{
    *bits = UINT32_MAX;
    switch (number) {
    case ICH_AP0R0:
    case ICH_AP1R0:
        return &s->ich_apr[number == ICH_AP1R0];
    case ICH_HCR:
        *bits = HCR_BITS;
        return &s->ich_hcr;
    case ICH_VMCR:
        *bits = 0xfffc0213;
        return &s->ich_vmcr;
    default:
        *bits = LR_BITS;
        return number >= ICH_LR0 && number < ICH_LR0 + A64_LIST_REGISTERS
                   ? &s->ich_lr[number - ICH_LR0]
                   : NULL;
    }
}

static int control_access(struct a64_state *s, uint32_t number, bool write, uint64_t value,
                          uint64_t *old)
{
    uint64_t bits, *field = control_field(s, number, &bits);

    switch (number) {
    case ICH_VTR:
        *old = VTR;
        return 0;
    case ICH_MISR:
        *old = maintenance(s);
        return 0;
    case ICH_EISR:
        *old = ended(s);
        return 0;
    case ICH_ELRSR:
        *old = empty(s);
        return 0;
    default:
        break;
    }
    if (!field)
        return -1;
    *old = *field;
    if (write)
        *field = value & bits;
    if (number == ICH_VMCR && write) { /* binary points have a least value; FIQs are always on */
        set_vmcr(s, VMCR_BPR0_SHIFT, 3, at_least(bpr0(s), MIN_BPR0));
        set_vmcr(s, VMCR_BPR1_SHIFT, 3, at_least(value >> VMCR_BPR1_SHIFT, MIN_BPR1));
        s->ich_vmcr = (s->ich_vmcr & ~(7ull << VMCR_PMR_SHIFT)) | VMCR_FIQEN;
    }
    return 0;
}

/* ---- Access ---- */

bool a64_vgic_has(uint32_t number)
{
    uint32_t crm = A64_SYS_CRM(number);

    return (number & A64_GIC_VIRTUAL) ||
           (A64_SYS_OP1(number) == 4 && !(crm == 9 && A64_SYS_OP2(number) >= 4));
}

int a64_vgic_access(struct vm_cpu *cpu, uint32_t number, bool write, uint64_t value, uint64_t *old)
{
    struct a64_state *s = a64_state(cpu);
    int result;

    if (!(number & A64_GIC_VIRTUAL))
        result = control_access(s, number, write, value, old);
    else if (write)
        result = view_write(cpu, number & 0xffff, value);
    else
        result = view_read(s, number & 0xffff, old);
    a64_vgic_update(cpu);
    return result;
}
