/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks, printing and the end of a bare-metal test. */
#include "test.h"

#define MAX_REPORTS 30

static uint64_t checks, failures;
static const char *case_name;
static uint64_t case_number;
static bool case_numbered;

static void put_char(char c)
{
    while (!(io_read8(UART_BASE + 5) & 0x20))
        ;
    io_write8(UART_BASE, (uint8_t)c);
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

static void end(uint32_t word)
{
    io_write32(FINISHER_BASE, word);
}

void finish(void)
{
    print_dec(checks);
    print(" checks, ");
    print_dec(failures);
    print(" failed\n");
    end(failures || !checks ? (1u << 16) | 0x3333 : 0x5555);
    for (;;)
        __asm__ volatile("wfi");
}

void fail_now(const char *why)
{
    print("FAIL ");
    if (case_name)
        print(case_name);
    print(" ");
    print(why);
    print("\n");
    failures++;
    finish();
}

void set_case(const char *name)
{
    case_name = name;
    case_numbered = false;
}

void set_case_number(uint64_t number)
{
    case_number = number;
    case_numbered = true;
}

static bool begin_report(const char *name)
{
    failures++;
    if (failures > MAX_REPORTS)
        return false;
    print("FAIL ");
    if (case_name) {
        print(case_name);
        print(" ");
    }
    if (case_numbered) {
        print("[");
        print_hex(case_number);
        print("] ");
    }
    print(name);
    return true;
}

static void report(const char *name, const char *what, uint64_t got, uint64_t expected)
{
    if (!begin_report(name))
        return;
    print(what);
    print(": expected ");
    print_hex(expected);
    print(" got ");
    print_hex(got);
    print("\n");
}

void check(const char *name, uint64_t got, uint64_t expected)
{
    checks++;
    if (got != expected)
        report(name, "", got, expected);
}

void check_true(const char *name, bool ok)
{
    checks++;
    if (!ok)
        report(name, " is true", 0, 1);
}

static void report_trap(const char *name, const char *what, const struct trap *t, uint64_t got,
                        uint64_t expected)
{
    report(name, what, got, expected);
    if (failures > MAX_REPORTS)
        return;
    print("     cause ");
    print_hex(t->cause);
    print(" epc ");
    print_hex(t->epc);
    print(" tval ");
    print_hex(t->tval);
    print("\n");
}

void check_trap(const char *name, const struct trap *t, uint64_t cause, uint64_t epc, uint64_t tval)
{
    checks++;
    if (t->cause != cause)
        report_trap(name, " cause", t, t->cause, cause);
    else if (epc != ANY && t->epc != epc)
        report_trap(name, " epc", t, t->epc, epc);
    else if (tval != ANY && t->tval != tval)
        report_trap(name, " tval", t, t->tval, tval);
}

void check_illegal(const char *name, const struct trap *t, uint64_t epc, uint32_t insn)
{
    check_trap(name, t, CAUSE_ILLEGAL, epc, t->tval == 0 ? 0 : insn);
}

/* called by the assembler macros: one check of an integer result */
struct asm_case {
    uint64_t operand[3];
    uint64_t expected;
    uint64_t flags;
    const char *name;
};

void asm_failed(const struct asm_case *c, uint64_t got, uint64_t form)
{
    failures++;
    if (failures > MAX_REPORTS)
        return;
    print("FAIL ");
    print(c->name);
    print(" (form ");
    print_dec(form);
    print("): expected ");
    print_hex(c->expected);
    print(" got ");
    print_hex(got);
    print("\n");
}

void asm_flags_failed(const struct asm_case *c, uint64_t got, uint64_t form)
{
    failures++;
    if (failures > MAX_REPORTS)
        return;
    print("FAIL ");
    print(c->name);
    print(" (form ");
    print_dec(form);
    print("): expected fflags ");
    print_hex(c->flags);
    print(" got ");
    print_hex(got);
    print("\n");
}

void asm_count(uint64_t n)
{
    checks += n;
}

void unexpected_trap(uint64_t cause, uint64_t epc, uint64_t tval)
{
    print("FAIL unexpected trap: cause ");
    print_hex(cause);
    print(" epc ");
    print_hex(epc);
    print(" tval ");
    print_hex(tval);
    print(" hart ");
    print_dec(this_hart()->id);
    print("\n");
    failures++;
    finish();
}

uint32_t try_buffer[4] __attribute__((aligned(16)));

void try_insn(struct trap *t, unsigned mode, uint32_t insn, uint64_t a0, uint64_t a1)
{
    uint16_t *p = (uint16_t *)try_buffer;

    *p++ = (uint16_t)insn;
    if ((insn & 3) == 3)
        *p++ = (uint16_t)(insn >> 16);
    *p++ = 0x0073; /* ecall */
    *p++ = 0;
    fence_i();
    enter(t, mode, (uint64_t)try_buffer, a0, a1);
}

void *memset(void *dst, int c, size_t n)
{
    volatile uint8_t *d = dst;

    while (n--)
        *d++ = (uint8_t)c;
    return dst;
}

void *memcpy(void *dst, const void *src, size_t n)
{
    volatile uint8_t *d = dst;
    const uint8_t *s = src;

    while (n--)
        *d++ = *s++;
    return dst;
}
