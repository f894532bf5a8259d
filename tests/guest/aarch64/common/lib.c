/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks, printing, translation, other vCPUs, and the end of a bare-metal test. */
#include "test.h"

#define MAX_REPORTS 30

static uint64_t checks, failures;
static const char *case_name;
static uint8_t user_stack[4096] __attribute__((aligned(16)));
uint64_t user_stack_top;
static uint32_t code_buffer[8] __attribute__((aligned(64)));

/* ---- printing and checks ---- */

static void put_char(char c)
{
    volatile uint32_t *uart = (volatile uint32_t *)UART_BASE;

    while (uart[0x18 / 4] & 0x20)
        ;
    uart[0] = (uint8_t)c;
}

void print(const char *s)
{
    for (; *s; s++)
        put_char(*s);
}

void print_hex(uint64_t value)
{
    print("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        put_char("0123456789abcdef"[(value >> shift) & 15]);
}

void print_dec(uint64_t value)
{
    if (value >= 10)
        print_dec(value / 10);
    put_char((char)('0' + value % 10));
}

void finish(void)
{
    print_dec(checks);
    print(" checks, ");
    print_dec(failures);
    print(" failed\n");
    *(volatile uint32_t *)FINISHER_BASE = failures || !checks ? 1u << 16 | 0x3333 : 0x5555;
    for (;;)
        __asm__ volatile("wfi");
}

void set_case(const char *name)
{
    case_name = name;
}

void check(const char *name, uint64_t got, uint64_t expected)
{
    checks++;
    if (got == expected || ++failures > MAX_REPORTS)
        return;
    print("FAIL ");
    if (case_name) {
        print(case_name);
        print(" ");
    }
    print(name);
    print(": expected ");
    print_hex(expected);
    print(" got ");
    print_hex(got);
    print("\n");
}

void check_trap(const char *name, bool trapped, const struct trap *t, uint64_t esr, uint64_t elr)
{
    check(name, trapped, true);
    if (!trapped)
        return;
    check(name, t->esr, esr);
    check(name, t->elr, elr);
}

void unexpected_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
    print("FAIL unexpected exception: ESR ");
    print_hex(esr);
    print(" ELR ");
    print_hex(elr);
    print(" FAR ");
    print_hex(far);
    print("\n");
    failures++;
    finish();
}

/* ---- translation ---- */

#define BLOCK    1ul
#define TABLE    3ul
#define USER_RW  (1ul << 6)
#define SHARED   (3ul << 8)
#define ACCESSED (1ul << 10)
#define NOWHERE  (3ul << 53) /* UXN, PXN */
#define DEVICE   (1ul << 2)  /* the second attribute of MAIR */

/* Blocks of 1G: devices; memory for EL1; the same memory for EL0. */
void translation_on(void)
{
    static uint64_t table[512] __attribute__((aligned(4096)));

    table[0] = BLOCK | ACCESSED | NOWHERE | DEVICE;
    table[1] = 0x40000000 | BLOCK | ACCESSED | SHARED;
    table[2] = 0x40000000 | BLOCK | ACCESSED | SHARED | USER_RW;
    table[3] = BLOCK | ACCESSED | SHARED;
    user_stack_top = USER(user_stack) + sizeof(user_stack);
    SYSREG_WRITE(mair_el1, 0xff);
    SYSREG_WRITE(tcr_el1, 0x200803519); /* 39 bits, 4K, write-back, shared; no TTBR1 */
    SYSREG_WRITE(ttbr0_el1, table);
    SYSREG_WRITE(cpacr_el1, 3ul << 20);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
    /* M, C, SA, SA0, I, DZE, UCT, nTWI, nTWE, UCI */
    SYSREG_WRITE(sctlr_el1, 0x34d5d81d);
}

/* ---- code ---- */

void sync_code(void *p, size_t bytes)
{
    for (uint64_t at = (uint64_t)p & ~63ul; at < (uint64_t)p + bytes; at += 64)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    for (uint64_t at = (uint64_t)p & ~63ul; at < (uint64_t)p + bytes; at += 64)
        __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

uint64_t code_address(unsigned el)
{
    return el == 0 ? USER(code_buffer) : (uint64_t)code_buffer;
}

#define RETURN     0xd65f03c0
#define END_OF_EL0 0xd401c1a1 /* svc #0xe0d */

bool try_code(struct trap *t, unsigned el, const uint32_t *words, unsigned n, uint64_t x0,
              uint64_t x1)
{
    for (unsigned i = 0; i < n; i++)
        code_buffer[i] = words[i];
    code_buffer[n] = el == 0 ? END_OF_EL0 : RETURN;
    sync_code(code_buffer, sizeof(code_buffer));
    if (el != 0)
        return try_at(t, code_address(el), x0, x1);
    enter_el0(t, code_address(el), x0, x1);
    return t->esr != ESR(EC_SVC, 0xe0d);
}

/* ---- vCPUs ---- */

extern const char secondary_start[];

__attribute__((weak)) void secondary_main(unsigned number)
{
    (void)number;
}

#define PSCI_CPU_ON 0xc4000003

void start_cpu(unsigned number)
{
    register uint64_t x0 __asm__("x0") = PSCI_CPU_ON;
    register uint64_t x1 __asm__("x1") = number; /* MPIDR of the first 16 */
    register uint64_t x2 __asm__("x2") = (uint64_t)secondary_start;
    register uint64_t x3 __asm__("x3") = number;

    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    check("CPU_ON", x0, 0);
}
