/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores of structures under SCTLR.A, where the lanes must be aligned, and under
 * watchpoints, which see each byte that is accessed and no other. */
#include "test.h"

#define ALIGNMENT     0x21
#define WATCHED       0x22
#define WRITE         0x40
#define EC_WATCHPOINT 0x35

#define MDSCR_KDE (1ul << 13)
#define MDSCR_MDE (1ul << 15)
/* DBGWCR0_EL1: on, at EL1, for loads or stores; and which bytes of eight. */
#define WCR(write, bytes) (1ul | 1ul << 1 | ((write) ? 2ul : 1ul) << 3 | (uint64_t)(bytes) << 5)

static uint8_t buffer[256] __attribute__((aligned(128)));

/* All work on [x1]. */
static const struct {
    const char *name;
    uint32_t word, lane, bytes;
    bool write;
} structures[] = {
    {"ld1.16b", 0x4c407020, 1, 16, false},    {"ld1.4s of 4", 0x4c402820, 4, 64, false},
    {"st1.8h of 3", 0x4c006420, 2, 48, true}, {"ld2.8b", 0x0c408020, 1, 16, false},
    {"st2.2d", 0x4c008c20, 8, 32, true},      {"ld3.4h", 0x0c404420, 2, 24, false},
    {"st3.16b", 0x4c004020, 1, 48, true},     {"ld4.4s", 0x4c400820, 4, 64, false},
    {"st4.8b", 0x0c000020, 1, 32, true},      {"ld1.b[3]", 0x0d400c20, 1, 1, false},
    {"st1.s[2]", 0x4d008020, 4, 4, true},     {"ld2.h[5]", 0x4d604820, 2, 4, false},
    {"st3.d[1]", 0x4d00a420, 8, 24, true},    {"ld4.s[0]", 0x0d60a020, 4, 16, false},
    {"ld1r.8h", 0x4d40c420, 2, 2, false},     {"ld2r.2s", 0x0d60c820, 4, 8, false},
    {"ld3r.16b", 0x4d40e020, 1, 3, false},    {"ld4r.2d", 0x4d60ec20, 8, 32, false},
    {"ld1 post", 0x4cdf7020, 1, 16, false},   {"st4.4h post", 0x0c820420, 2, 32, true},
};

static void check_alignment(void)
{
    uint64_t sctlr = SYSREG_READ(sctlr_el1);
    struct trap t;

    SYSREG_WRITE(sctlr_el1, sctlr | 2);
    for (size_t i = 0; i < ARRAY_SIZE(structures); i++) {
        set_case(structures[i].name);
        for (uint64_t va = (uint64_t)buffer; va < (uint64_t)buffer + 17; va++) {
            bool faults = va % structures[i].lane != 0;
            check("aligned", try_code(&t, 1, &structures[i].word, 1, 0, va), faults);
            if (!faults)
                continue;
            check("ESR", t.esr, ESR(EC_DABORT, ALIGNMENT | (structures[i].write ? WRITE : 0)));
            check("FAR", t.far, va);
            check("base", t.x1, va);
        }
    }
    SYSREG_WRITE(sctlr_el1, sctlr);
    set_case(NULL);
}

/* An exception has masked debug exceptions. */
static void watch(uint64_t address, bool write)
{
    __asm__ volatile("msr daifclr, #8" : : : "memory");
    SYSREG_WRITE(dbgwvr0_el1, address & ~7ul);
    SYSREG_WRITE(dbgwcr0_el1, WCR(write, 1u << (address & 7)));
}

static void check_byte(size_t i, uint64_t base, uint64_t watched)
{
    bool write = structures[i].write;
    bool inside = watched >= base && watched < base + structures[i].bytes;
    uint8_t before;
    struct trap t;

    watch(watched, !write);
    check("the other direction", try_code(&t, 1, &structures[i].word, 1, 0, base), false);
    SYSREG_WRITE(dbgwcr0_el1, 0);
    before = *(volatile uint8_t *)watched ^ 0x55;
    *(volatile uint8_t *)watched = before;
    watch(watched, write);
    check("watched", try_code(&t, 1, &structures[i].word, 1, 0, base), inside);
    SYSREG_WRITE(dbgwcr0_el1, 0);
    if (!inside)
        return;
    check("ESR", t.esr, ESR(EC_WATCHPOINT, WATCHED | (write ? WRITE : 0)));
    check("FAR", t.far, watched);
    check("ELR", t.elr, code_address(1));
    check("base", t.x1, base);
    check("nothing was stored", *(volatile uint8_t *)watched, before);
}

static void check_watchpoints(void)
{
    SYSREG_WRITE(oslar_el1, 0);
    SYSREG_WRITE(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    for (size_t i = 0; i < ARRAY_SIZE(structures); i++) {
        set_case(structures[i].name);
        for (unsigned step = 0; step < 2; step++) {
            uint64_t base = (uint64_t)buffer + 64 + step * 3;
            uint32_t bytes = structures[i].bytes;
            check_byte(i, base, base - 1);
            check_byte(i, base, base);
            check_byte(i, base, base + bytes / 2);
            check_byte(i, base, base + bytes - 1);
            check_byte(i, base, base + bytes);
        }
    }
    SYSREG_WRITE(mdscr_el1, 0);
    set_case(NULL);
}

int main(void)
{
    check_alignment();
    check_watchpoints();
    return 0;
}
