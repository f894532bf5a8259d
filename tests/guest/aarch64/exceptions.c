/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous exceptions from EL1 and EL0: syndrome, return address, fault address. */
#include "test.h"

#define MEMORY ((uint64_t)buffer)
static uint64_t buffer[8] __attribute__((aligned(64)));

/* Data aborts. ISS: WnR is bit 6; fault status in bits 5..0. */
#define ALIGNMENT   0x21
#define TRANSLATION 0x05 /* level 1 */
#define PERMISSION  0x0d /* level 1 */
#define WRITE       0x40

static const struct {
    const char *name;
    uint32_t word; /* works on x0, at the address x1 */
    uint32_t offset, iss;
} aborts[] = {
    {"ldr", 0xf9400020, 0, TRANSLATION},           {"ldrb", 0x39400020, 3, TRANSLATION},
    {"str", 0xf9000020, 8, TRANSLATION | WRITE},   {"stp", 0xa9000420, 0, TRANSLATION | WRITE},
    {"ldp", 0xa9400420, 1, TRANSLATION},           {"ldxr", 0xc85f7c20, 0, TRANSLATION},
    {"ldr pre-index", 0xf8408c20, 0, TRANSLATION}, {"ldar", 0xc8dffc20, 0, TRANSLATION},
    {"ldadd", 0xf8200020, 0, TRANSLATION | WRITE}, {"cas", 0xc8a07c20, 0, TRANSLATION | WRITE},
};

static void check_aborts(unsigned el)
{
    struct trap t;

    for (size_t i = 0; i < ARRAY_SIZE(aborts); i++) {
        uint64_t va = HOLE + aborts[i].offset, far = va;
        set_case(aborts[i].name);
        if (aborts[i].word == 0xf8408c20)
            far += 8;
        bool trapped = try_code(&t, el, &aborts[i].word, 1, 0x1234, va);
        /* A read-modify-write may be reported as a read where reading faults first. */
        if (trapped && (aborts[i].word & 0x3fe00000) != 0x39000000 &&
            (t.esr & WRITE) != (aborts[i].iss & WRITE) &&
            (aborts[i].word == 0xf8200020 || aborts[i].word == 0xc8a07c20))
            t.esr ^= WRITE;
        check_trap("abort", trapped, &t, ESR(el ? EC_DABORT : EC_DABORT_EL0, aborts[i].iss),
                   code_address(el));
        check("FAR", t.far, far);
        check("base", t.x1, va);
        check("x0", t.x0, 0x1234);
    }
}

/* What must be aligned although SCTLR.A is clear. */
static const struct {
    const char *name;
    uint32_t word;
    uint32_t iss;
} misaligned[] = {
    {"ldxr", 0xc85f7c20, ALIGNMENT},          {"ldaxr.w", 0x885ffc20, ALIGNMENT},
    {"ldar", 0xc8dffc20, ALIGNMENT},          {"stlr", 0xc89ffc20, ALIGNMENT | WRITE},
    {"ldadd", 0xb8200020, ALIGNMENT | WRITE}, {"swp", 0xf8208020, ALIGNMENT | WRITE},
    {"cas", 0xc8a07c20, ALIGNMENT | WRITE},   {"casp", 0x48207c20, ALIGNMENT | WRITE},
    {"ldxp", 0xc87f0420, ALIGNMENT},
};

static void check_alignment(unsigned el)
{
    uint64_t base = (el ? MEMORY : USER(MEMORY)) + 1;
    const uint32_t ldr = 0xf9400020, ldxp = 0xc87f0c20 /* ldxp x0, x3, [x1] */;
    struct trap t;

    for (size_t i = 0; i < ARRAY_SIZE(misaligned); i++) {
        set_case(misaligned[i].name);
        check_trap("misaligned", try_code(&t, el, &misaligned[i].word, 1, 0, base), &t,
                   ESR(el ? EC_DABORT : EC_DABORT_EL0, misaligned[i].iss), code_address(el));
        check("FAR", t.far, base);
    }
    set_case("ldr");
    check("misaligned", try_code(&t, el, &ldr, 1, 0, base), false);
    set_case("ldxp of 16 bytes at 8");
    check("traps", try_code(&t, el, &ldxp, 1, 0, base + 7), true);
    SYSREG_WRITE(sctlr_el1, SYSREG_READ(sctlr_el1) | 2);
    set_case("SCTLR.A");
    check_trap("misaligned", try_code(&t, el, &ldr, 1, 0, base), &t,
               ESR(el ? EC_DABORT : EC_DABORT_EL0, ALIGNMENT), code_address(el));
    SYSREG_WRITE(sctlr_el1, SYSREG_READ(sctlr_el1) & ~2ul);
    set_case(NULL);
}

static void check_calls(unsigned el)
{
    static const uint32_t svc = 0xd4002461 /* svc #0x123 */, brk = 0xd4200ee0 /* brk #0x77 */;
    struct trap t;

    check_trap("svc", try_code(&t, el, &svc, 1, 0, 0), &t, ESR(EC_SVC, 0x123),
               code_address(el) + 4);
    check("SPSR of svc", t.spsr & 0xf, el ? 5 : 0);
    check_trap("brk", try_code(&t, el, &brk, 1, 0, 0), &t, ESR(EC_BRK, 0x77), code_address(el));
}

/* The stack pointer is checked where it is a base; the pc where it goes. */
static void check_pointers(unsigned el)
{
    static const uint32_t sp[] = {0x910023ff /* add sp, sp, #8 */, 0xf94003e0 /* ldr x0, [sp] */},
                          sp_twice[] = {0xf94003e2 /* ldr x2, [sp] */, 0xd10013ff /* sub sp, #4 */,
                                        0xf94003e0},
                          br[] = {0xd61f0020 /* br x1 */};
    struct trap t;

    check_trap("sp", try_code(&t, el, sp, 2, 0, 0), &t, ESR(EC_SP_ALIGN, 0), code_address(el) + 4);
    check_trap("sp again", try_code(&t, el, sp_twice, 3, 0, 0), &t, ESR(EC_SP_ALIGN, 0),
               code_address(el) + 8);
    uint64_t target = code_address(el) + 2;
    check_trap("pc", try_code(&t, el, br, 1, 0, target), &t, ESR(EC_PC_ALIGN, 0), target);
    check("FAR of pc", t.far, target);
    check_trap("fetch", try_code(&t, el, br, 1, 0, HOLE), &t,
               ESR(el ? EC_IABORT : EC_IABORT_EL0, TRANSLATION), HOLE);
    check("FAR of fetch", t.far, HOLE);
}

static void check_permissions(void)
{
    static const uint32_t load = 0xf9400020, store = 0xf9000020, ldtr = 0xf8400820, br = 0xd61f0020;
    struct trap t;

    check_trap("EL0 reads EL1's", try_code(&t, 0, &load, 1, 0, MEMORY), &t,
               ESR(EC_DABORT_EL0, PERMISSION), code_address(0));
    check_trap("EL0 writes EL1's", try_code(&t, 0, &store, 1, 0, MEMORY), &t,
               ESR(EC_DABORT_EL0, PERMISSION | WRITE), code_address(0));
    check_trap("ldtr of EL1's", try_code(&t, 1, &ldtr, 1, 0, MEMORY), &t,
               ESR(EC_DABORT, PERMISSION), code_address(1));
    check("ldtr of EL0's", try_code(&t, 1, &ldtr, 1, 0, USER(MEMORY)), false);
    check("EL1 reads EL0's", try_code(&t, 1, &load, 1, 0, USER(MEMORY)), false);
    /* What EL0 may write, EL1 may not run. */
    check_trap("EL1 runs EL0's", try_code(&t, 1, &br, 1, 0, USER(MEMORY)), &t,
               ESR(EC_IABORT, PERMISSION), USER(MEMORY));
}

int main(void)
{
    for (unsigned el = 0; el < 2; el++) {
        check_calls(el);
        check_aborts(el);
        check_alignment(el);
        check_pointers(el);
    }
    check_permissions();
    return 0;
}
