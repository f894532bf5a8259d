/* SPDX-License-Identifier: BSD-2-Clause */
/* Misaligned accesses to Device memory fault whatever SCTLR.A says: to RAM that a table maps so, to
 * registers, and to all memory while translation is off. */
#include "test.h"

#define ALIGNMENT 0x21
#define WRITE     0x40

/* Where RAM is mapped as Device memory for EL1, and for EL0. */
#define AS_DEVICE(el, p) ((uint64_t)(p) + ((el) ? 0xc0000000ul : 0x100000000ul))

#define BLOCK    1ul
#define USER_RW  (1ul << 6)
#define ACCESSED (1ul << 10)
#define NOWHERE  (3ul << 53)
#define DEVICE   (1ul << 2)

static uint64_t buffer[32] __attribute__((aligned(256)));
static uint64_t table[512] __attribute__((aligned(4096)));

/* What an access has to be aligned to, 0: it always faults. All work on [x1]. */
static const struct {
    const char *name;
    uint32_t word, align;
    bool write;
} accesses[] = {
    {"ldrb", 0x39400020, 1, false},    {"ldr", 0xf9400020, 8, false},
    {"ldrh", 0x79400020, 2, false},    {"ldrsw", 0xb9800020, 4, false},
    {"str.w", 0xb9000020, 4, true},    {"ldp", 0xa9400820, 8, false},
    {"stp", 0xa9000820, 8, true},      {"ldr.q", 0x3dc00020, 16, false},
    {"str.q", 0x3d800020, 16, true},   {"ldr.d", 0xfd400020, 8, false},
    {"ldp.q", 0xad400420, 16, false},  {"ld1.16b", 0x4c407020, 1, false},
    {"st1.16b", 0x4c007020, 1, true},  {"ld1.4s", 0x4c407820, 4, false},
    {"ld1.2d", 0x4c407c20, 8, false},  {"st2.8h", 0x4c008420, 2, true},
    {"ld3.8b", 0x0c404020, 1, false},  {"st3.4h", 0x0c004420, 2, true},
    {"ld4.4s", 0x4c400820, 4, false},  {"ld1.h[1]", 0x0d404820, 2, false},
    {"ld1r.2d", 0x4d40cc20, 8, false}, {"dc zva", 0xd50b7421, 0, true},
    {"ldxr", 0xc85f7c20, 8, false},    {"ldar.w", 0x88dffc20, 4, false},
    {"ldadd", 0xf8200022, 8, true},
};

static void map_devices(void)
{
    const uint64_t *old = (const uint64_t *)(SYSREG_READ(ttbr0_el1) & ~0xffful);

    for (unsigned i = 0; i < 4; i++)
        table[i] = old[i];
    table[4] = 0x40000000 | BLOCK | ACCESSED | NOWHERE | DEVICE;
    table[5] = 0x40000000 | BLOCK | ACCESSED | NOWHERE | DEVICE | USER_RW;
    SYSREG_WRITE(ttbr0_el1, table);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

/* Each access, often enough for every tier of an engine, at each address of a line. */
static void check_accesses(unsigned el, uint64_t base, bool device)
{
    struct trap t;

    for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
        set_case(accesses[i].name);
        for (uint64_t va = base + 16; va < base + 33; va++) {
            bool faults = device && (!accesses[i].align || va % accesses[i].align != 0);
            bool demands =
                (accesses[i].word & 0x3f000000) == 0x08000000 || accesses[i].word == 0xf8200022;
            faults |= demands && va % accesses[i].align != 0;
            bool trapped = try_code(&t, el, &accesses[i].word, 1, 0, va);
            check(faults ? "must fault" : "must not fault", trapped, faults);
            if (!trapped || !faults)
                continue;
            check("ESR", t.esr,
                  ESR(el ? EC_DABORT : EC_DABORT_EL0, ALIGNMENT | (accesses[i].write ? WRITE : 0)));
            check("FAR", t.far, va);
            check("ELR", t.elr, code_address(el));
        }
    }
    set_case(NULL);
}

/* What was stored through one mapping is there through the other. */
static void check_values(void)
{
    volatile uint64_t *device = (volatile uint64_t *)AS_DEVICE(1, buffer);

    for (unsigned i = 0; i < 32; i++)
        device[i] = 0x0123456789abcdef * (i + 1);
    for (unsigned i = 0; i < 32; i++)
        check("value", *(volatile uint64_t *)&buffer[i], 0x0123456789abcdef * (i + 1));
}

static void check_registers(void)
{
    static const uint32_t ldr = 0xb9400020;
    struct trap t;

    check_trap("registers", try_code(&t, 1, &ldr, 1, 0, UART_BASE + 0x19), &t,
               ESR(EC_DABORT, ALIGNMENT), code_address(1));
    check("FAR of registers", t.far, UART_BASE + 0x19);
    check("aligned registers", try_code(&t, 1, &ldr, 1, 0, UART_BASE + 0x18), false);
}

int main(void)
{
    uint64_t sctlr = SYSREG_READ(sctlr_el1);

    map_devices();
    SYSREG_WRITE(sctlr_el1, sctlr | 1ul << 14); /* DZE */
    for (unsigned round = 0; round < 20; round++)
        for (unsigned el = 0; el < 2; el++) {
            check_accesses(el, AS_DEVICE(el, buffer), true);
            check_accesses(el, el ? (uint64_t)buffer : USER(buffer), false);
        }
    check_values();
    check_registers();
    SYSREG_WRITE(sctlr_el1, sctlr & ~1ul);
    check_accesses(1, (uint64_t)buffer, true);
    SYSREG_WRITE(sctlr_el1, sctlr);
    check_accesses(1, (uint64_t)buffer, false);
    return 0;
}
