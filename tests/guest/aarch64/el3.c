/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware of its own at EL3: calls, traps and interrupts that come there, what SCR_EL3 and
 * CPTR_EL3 decide, Secure and Non-secure state, returns from level to level.
 */
#include "test.h"

#define GICD 0x8000000ul
#define GICR 0x80a0000ul

/* SCR_EL3, with what is RES1 and AArch64 at the levels below. */
#define SCR     (1ul << 10 | 3ul << 4)
#define NS      1ul
#define SCR_IRQ (1ul << 1)
#define SCR_FIQ (1ul << 2)
#define SCR_EA  (1ul << 3)
#define SCR_HCE (1ul << 8)
#define SCR_ST  (1ul << 11)
#define SCR_TWI (1ul << 12)

#define CPTR_TFP   (1ul << 10)
#define CPTR_TCPAC (1ul << 31)
#define MDCR_TPM   (1ul << 6)
#define MDCR_TDA   (1ul << 9)

#define MASKED   0x3c0u
#define MODE(el) (MASKED | (el) << 2 | 1)

/* Where code ends: SMC's number says it, or the vector that EL1 or EL2 took. */
#define END               0xe0du
#define AT_EL(el, vector) ((el) << 8 | (vector) / 0x80)
#define FROM_SAME         0x200 /* with its own stack pointer */
#define FROM_LOWER        0x400

enum { EC_WFX = 0x01, EC_FP = 0x07, EC_ILLEGAL = 0x0e, EC_HVC = 0x16, EC_SMC = 0x17 };

struct entry {
    uint64_t esr, elr, far, spsr, x0, x1, vector;
};

static uint32_t code[16] __attribute__((aligned(64)));
uint64_t el3_active;

/* Goes to a lower level, until something comes back to EL3. */
void enter_lower(struct entry *e, uint64_t pc, uint64_t spsr, uint64_t x0, uint64_t x1);
extern const char el1_vectors[], el2_vectors[], el3_vectors[];

__asm__("    .macro stubs name, number\n"
        "    .balign 2048\n"
        "\\name:\n"
        "    .set n, \\number\n"
        "    .rept 16\n"
        "    .balign 128\n"
        "    smc #n\n"
        "    .set n, n + 1\n"
        "    .endr\n"
        "    .balign 128\n"
        "    .endm\n"
        "    stubs el1_vectors, 0x100\n"
        "    stubs el2_vectors, 0x200\n"
        "    .balign 2048\n"
        "el3_vectors:\n"
        "    .set n, 0\n"
        "    .rept 16\n"
        "    .balign 128\n"
        "    stp x0, x1, [sp, #-16]!\n"
        "    mov x0, #n\n"
        "    b el3_entry\n"
        "    .set n, n + 0x80\n"
        "    .endr\n"
        "    .balign 128\n"
        "el3_entry:\n"
        "    ldr x1, =el3_active\n"
        "    ldr x2, [x1]\n"
        "    cbz x2, 1f\n"
        "    str xzr, [x1]\n"
        "    ldp x2, x3, [sp], #16\n"
        "    ldr x1, [sp, #96]\n"
        "    stp x2, x3, [x1, #32]\n"
        "    str x0, [x1, #48]\n"
        "    mrs x2, esr_el3\n"
        "    mrs x3, elr_el3\n"
        "    stp x2, x3, [x1]\n"
        "    mrs x2, far_el3\n"
        "    mrs x3, spsr_el3\n"
        "    stp x2, x3, [x1, #16]\n"
        "    ldp x19, x20, [sp]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    add sp, sp, #112\n"
        "    ret\n"
        "1:  mrs x0, esr_el3\n"
        "    mrs x1, elr_el3\n"
        "    mrs x2, far_el3\n"
        "    bl unexpected_exception\n"
        "    .globl enter_lower\n"
        "enter_lower:\n"
        "    sub sp, sp, #112\n"
        "    stp x19, x20, [sp]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    str x0, [sp, #96]\n"
        "    ldr x9, =el3_active\n"
        "    str x9, [x9]\n"
        "    msr elr_el3, x1\n"
        "    msr spsr_el3, x2\n"
        "    mov x0, x3\n"
        "    mov x1, x4\n"
        "    eret\n");

static void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static void run(struct entry *e, uint64_t spsr, const uint32_t *words, unsigned n, uint64_t x0,
                uint64_t x1)
{
    for (unsigned i = 0; i < n; i++)
        code[i] = words[i];
    code[n] = 0xd4000003 | END << 5; /* smc */
    sync_code(code, sizeof(code));
    enter_lower(e, (uint64_t)code, spsr, x0, x1);
}

static void check_end(const struct entry *e, uint32_t number)
{
    check("vector", e->vector, FROM_LOWER);
    check("ESR", e->esr, ESR(EC_SMC, number));
}

/* ---- what one instruction does ---- */

#define TRAPS(ec, iss) ESR(ec, iss)
#define SYSREG_ISS(op0, op1, crn, crm, op2, rt) \
    ((uint64_t)(op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | 1)

static const struct {
    const char *name;
    uint64_t scr, cptr, mdcr;
    uint32_t el, word;
    uint64_t esr;   /* of what comes to EL3 */
    uint64_t lower; /* ESR of the level that took it, if it was one */
} cases[] = {
    {"smc", NS, 0, 0, 1, 0xd4000ee3, ESR(EC_SMC, 0x77), 0},
    {"smc of EL2", NS, 0, 0, 2, 0xd4000ee3, ESR(EC_SMC, 0x77), 0},
    {"smc, secure", 0, 0, 0, 1, 0xd4000ee3, ESR(EC_SMC, 0x77), 0},
    {"fmov", NS, 0, 0, 1, 0x9e6703e0, ESR(EC_SMC, END), 0},
    {"fmov, TFP", NS, CPTR_TFP, 0, 1, 0x9e6703e0, ESR(EC_FP, 0x1e00000), 0},
    {"fmov of EL2, TFP", NS, CPTR_TFP, 0, 2, 0x9e6703e0, ESR(EC_FP, 0x1e00000), 0},
    {"cpacr", NS, 0, 0, 1, 0xd5381040, ESR(EC_SMC, END), 0},
    {"cpacr, TCPAC", NS, CPTR_TCPAC, 0, 1, 0xd5381040, ESR(EC_SYSREG, SYSREG_ISS(3, 0, 1, 0, 2, 0)),
     0},
    {"cptr_el2, TCPAC", NS, CPTR_TCPAC, 0, 2, 0xd53c1140,
     ESR(EC_SYSREG, SYSREG_ISS(3, 4, 1, 1, 2, 0)), 0},
    {"wfi, TWI", NS | SCR_TWI, 0, 0, 1, 0xd503207f, ESR(EC_WFX, 0x1e00000), 0},
    {"wfi of EL2, TWI", NS | SCR_TWI, 0, 0, 2, 0xd503207f, ESR(EC_WFX, 0x1e00000), 0},
    {"pmcr, TPM", NS, 0, MDCR_TPM, 1, 0xd53b9c00, ESR(EC_SYSREG, SYSREG_ISS(3, 3, 9, 12, 0, 0)), 0},
    {"mdscr, TDA", NS, 0, MDCR_TDA, 1, 0xd5300240, ESR(EC_SYSREG, SYSREG_ISS(2, 0, 0, 2, 2, 0)), 0},
    {"hvc, no HCE", NS, 0, 0, 1, 0xd4000ee2, ESR(EC_SMC, AT_EL(1, FROM_SAME)),
     ESR(EC_UNDEFINED, 0)},
    {"hvc, HCE", NS | SCR_HCE, 0, 0, 1, 0xd4000ee2, ESR(EC_SMC, AT_EL(2, FROM_LOWER)),
     ESR(EC_HVC, 0x77)},
    {"hvc, secure", SCR_HCE, 0, 0, 1, 0xd4000ee2, ESR(EC_SMC, AT_EL(1, FROM_SAME)),
     ESR(EC_UNDEFINED, 0)},
    {"cntps_ctl, not secure", NS | SCR_ST, 0, 0, 1, 0xd53fe220, ESR(EC_SMC, AT_EL(1, FROM_SAME)),
     ESR(EC_UNDEFINED, 0)},
    {"cntps_ctl, ST", SCR_ST, 0, 0, 1, 0xd53fe220, ESR(EC_SMC, END), 0},
    {"cntps_ctl, no ST", 0, 0, 0, 1, 0xd53fe220, ESR(EC_SYSREG, SYSREG_ISS(3, 7, 14, 2, 1, 0)), 0},
    {"scr_el3", NS, 0, 0, 2, 0xd53e1100, ESR(EC_SMC, AT_EL(2, FROM_SAME)), ESR(EC_UNDEFINED, 0)},
    {"iar0, FIQ", NS | SCR_FIQ, 0, 0, 1, 0xd538c800, ESR(EC_SYSREG, SYSREG_ISS(3, 0, 12, 8, 0, 0)),
     0},
    {"iar0, IRQ", NS | SCR_IRQ, 0, 0, 1, 0xd538c800, ESR(EC_SMC, END), 0},
    {"iar1, IRQ", NS | SCR_IRQ, 0, 0, 1, 0xd538cc00, ESR(EC_SYSREG, SYSREG_ISS(3, 0, 12, 12, 0, 0)),
     0},
    {"pmr, FIQ", NS | SCR_FIQ, 0, 0, 1, 0xd5384600, ESR(EC_SMC, END), 0},
    {"pmr, both", NS | SCR_FIQ | SCR_IRQ, 0, 0, 1, 0xd5384600,
     ESR(EC_SYSREG, SYSREG_ISS(3, 0, 4, 6, 0, 0)), 0},
    {"external abort", NS, 0, 0, 1, 0xf9400021, ESR(EC_SMC, AT_EL(1, FROM_SAME)),
     ESR(EC_DABORT, 0x10)},
    {"external abort, EA", NS | SCR_EA, 0, 0, 1, 0xf9400021, ESR(EC_DABORT_EL0, 0x10), 0},
};

static void check_cases(void)
{
    struct entry e;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        set_case(cases[i].name);
        SYSREG_WRITE(scr_el3, SCR | cases[i].scr);
        SYSREG_WRITE(cptr_el3, cases[i].cptr);
        SYSREG_WRITE(mdcr_el3, cases[i].mdcr);
        /* x1 is a place where nothing is */
        run(&e, MODE(cases[i].el), &cases[i].word, 1, 0, 0x20000000);
        check("vector", e.vector, FROM_LOWER);
        check("ESR", e.esr, cases[i].esr);
        if (cases[i].lower)
            check("ESR below",
                  (cases[i].esr & 0xf00) == 0x100 ? SYSREG_READ(esr_el1) : SYSREG_READ(esr_el2),
                  cases[i].lower);
        else
            check("ELR", e.elr,
                  (uint64_t)code + ((cases[i].esr >> 26) != EC_SMC   ? 0
                                    : (cases[i].esr & 0xffff) == END ? 8
                                                                     : 4));
        if (cases[i].esr == ESR(EC_DABORT_EL0, 0x10))
            check("FAR", e.far, 0x20000000);
        if (!cases[i].lower)
            check("SPSR", e.spsr & 0xf, cases[i].el << 2 | 1);
    }
    SYSREG_WRITE(cptr_el3, 0);
    SYSREG_WRITE(mdcr_el3, 0);
    set_case(NULL);
}

/* ---- returns ---- */

static void check_returns(void)
{
    /* msr elr_el2, x0; msr spsr_el2, x1; eret */
    static const uint32_t down[] = {0xd51c4020, 0xd51c4001, 0xd69f03e0};
    static uint32_t below[] = {0xd5384240 /* mrs x0, CurrentEL */, 0xd4000ee2 /* hvc #0x77 */};
    static const uint32_t level[] = {0xd5384240};
    struct entry e;

    SYSREG_WRITE(scr_el3, SCR | NS | SCR_HCE);
    for (unsigned el = 1; el <= 2; el++) {
        run(&e, MODE(el), level, 1, 0, 0);
        check_end(&e, END);
        check("CurrentEL", e.x0, el << 2);
    }
    sync_code(below, sizeof(below));
    run(&e, MODE(2), down, 3, (uint64_t)below, MODE(1));
    check_end(&e, AT_EL(2, FROM_LOWER));
    check("CurrentEL at the end of the chain", e.x0, 1 << 2);
    check("ESR_EL2", SYSREG_READ(esr_el2), ESR(EC_HVC, 0x77));
    check("ELR_EL2", SYSREG_READ(elr_el2), (uint64_t)below + 8);
    check("SPSR_EL2", SYSREG_READ(spsr_el2) & 0xf, 5);
    set_case("EL2, secure");
    SYSREG_WRITE(scr_el3, SCR);
    run(&e, MODE(2), level, 1, 0, 0);
    check("vector", e.vector, FROM_SAME);
    check("ESR", e.esr, ESR(EC_ILLEGAL, 0));
    check("PSTATE.IL", e.spsr >> 20 & 1, 1);
    check("level", e.spsr & 0xf, 0xd);
    set_case("AArch32");
    run(&e, MASKED | 0x13, level, 1, 0, 0);
    check("ESR", e.esr, ESR(EC_ILLEGAL, 0));
    set_case(NULL);
}

/* ---- interrupts ---- */

#define SGI 3u

static void send(unsigned group)
{
    uint64_t value = SGI << 24 | 1;

    if (group == 0)
        SYSREG_WRITE(s3_0_c12_c11_7, value); /* ICC_SGI0R_EL1 */
    else
        SYSREG_WRITE(s3_0_c12_c11_5, value); /* ICC_SGI1R_EL1 */
}

static void set_up_gic(void)
{
    write32(GICD, 3);
    write32(GICR + 0x14, 0);
    write32(GICR + 0x10100, 1u << SGI);
    SYSREG_WRITE(s3_0_c4_c6_0, 0xff); /* ICC_PMR_EL1 */
    SYSREG_WRITE(s3_0_c12_c12_6, 1);  /* ICC_IGRPEN0_EL1 */
    SYSREG_WRITE(s3_6_c12_c12_7, 2);  /* ICC_IGRPEN1_EL3, for Secure state: there is none */
    check("ICC_IGRPEN1_EL1", SYSREG_READ(s3_0_c12_c12_7), 0);
    SYSREG_WRITE(s3_6_c12_c12_7, 1);
    check("ICC_IGRPEN1_EL1", SYSREG_READ(s3_0_c12_c12_7), 1);
    check("ICC_IGRPEN1_EL3", SYSREG_READ(s3_6_c12_c12_7), 1);
    SYSREG_WRITE(s3_6_c12_c12_4, 1ul << 3); /* ICC_CTLR_EL3.EOImode_EL1S is nothing */
    check("ICC_CTLR_EL3", SYSREG_READ(s3_6_c12_c12_4) >> 8 & 7, 4);
    check("ICC_SRE_EL3", SYSREG_READ(s3_6_c12_c12_5) & 9, 9);
}

static void check_interrupts(void)
{
    static const uint32_t nop = 0xd503201f;
    static const struct {
        uint64_t route;
        uint32_t vector;
    } kinds[] = {{SCR_FIQ, 0x100}, {SCR_IRQ, 0x80}};
    struct entry e;

    set_up_gic();
    for (unsigned group = 0; group < 2; group++) {
        uint64_t unmasked = MODE(1) & ~(group ? 0x80ul : 0x40ul);
        set_case(group ? "IRQ" : "FIQ");
        write32(GICR + 0x10080, group << SGI);
        send(group);
        SYSREG_WRITE(scr_el3, SCR | NS);
        run(&e, MODE(1), &nop, 1, 0, 0);
        check_end(&e, END); /* masked at EL1 */
        run(&e, unmasked, &nop, 1, 0, 0);
        check_end(&e, AT_EL(1, FROM_SAME + kinds[group].vector));
        for (unsigned secure = 0; secure < 2; secure++) {
            SYSREG_WRITE(scr_el3, SCR | kinds[group].route | (secure ? 0 : NS));
            run(&e, MODE(1), &nop, 1, 0, 0);
            check("vector", e.vector, FROM_LOWER + kinds[group].vector);
            check("ELR", e.elr, (uint64_t)code);
            check("ISR_EL1", SYSREG_READ(isr_el1), group ? 0x80 : 0x40);
        }
        /* the other kind's route does not matter */
        SYSREG_WRITE(scr_el3, SCR | NS | kinds[!group].route);
        run(&e, MODE(1), &nop, 1, 0, 0);
        check_end(&e, END);
        if (group == 0) {
            check("IAR0", SYSREG_READ(s3_0_c12_c8_0), SGI);
            SYSREG_WRITE(s3_0_c12_c8_1, SGI);
        } else {
            check("IAR1", SYSREG_READ(s3_0_c12_c12_0), SGI);
            SYSREG_WRITE(s3_0_c12_c12_1, SGI);
        }
        check("over", SYSREG_READ(isr_el1), 0);
    }
    set_case(NULL);
}

int main(void)
{
    check("CurrentEL", SYSREG_READ(CurrentEL), 3 << 2);
    SYSREG_WRITE(vbar_el3, el3_vectors);
    SYSREG_WRITE(vbar_el2, el2_vectors);
    SYSREG_WRITE(vbar_el1, el1_vectors);
    SYSREG_WRITE(sctlr_el1, 0x30d50818); /* no translation; SA, SA0, nTWI, nTWE */
    SYSREG_WRITE(cptr_el2, 0x33ff & ~(1ul << 10));
    SYSREG_WRITE(hcr_el2, 1ul << 31);
    check_cases();
    check_returns();
    check_interrupts();
    return 0;
}
