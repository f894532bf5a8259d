/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test uses: system registers, checks, other vCPUs, code that is expected to trap. */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#define UART_BASE     0x9000000ul
#define FINISHER_BASE 0x9100000ul
#define FLASH_BASE    0xc0000000ul   /* mapped as memory with code */
#define HOLE          0x4000000000ul /* nothing is mapped here */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Memory is mapped twice: at its own addresses for EL1, and this much higher for EL0. */
#define USER_OFFSET 0x40000000ul
#define USER(p)     ((uint64_t)(p) + USER_OFFSET)

#define SYSREG_READ(name)                                           \
    ({                                                              \
        uint64_t v_;                                                \
        __asm__ volatile("mrs %0, " #name : "=r"(v_) : : "memory"); \
        v_;                                                         \
    })
#define SYSREG_WRITE(name, value) \
    __asm__ volatile("msr " #name ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

/* ESR_ELx */
#define ESR(ec, iss) ((uint64_t)(ec) << 26 | 1ul << 25 | (iss))
enum {
    EC_UNDEFINED = 0x00,
    EC_SVC = 0x15,
    EC_SYSREG = 0x18,
    EC_IABORT_EL0 = 0x20,
    EC_IABORT = 0x21,
    EC_PC_ALIGN = 0x22,
    EC_DABORT_EL0 = 0x24,
    EC_DABORT = 0x25,
    EC_SP_ALIGN = 0x26,
    EC_BRK = 0x3c,
};

/* The facts of an exception; x0 and x1 as the code left them. */
struct trap {
    uint64_t esr, elr, far, spsr, x0, x1;
};

uint64_t try_at(struct trap *t, uint64_t pc, uint64_t x0, uint64_t x1);
void enter_el0(struct trap *t, uint64_t pc, uint64_t x0, uint64_t x1);

/* Runs n instructions (up to 7) at EL1 or EL0. True if they ended in an exception; at EL0 what
 * comes behind them is svc #0xe0d, which is none. */
bool try_code(struct trap *t, unsigned el, const uint32_t *words, unsigned n, uint64_t x0,
              uint64_t x1);
/* Where try_code puts them, as the level sees it. */
uint64_t code_address(unsigned el);

void print(const char *s);
void print_hex(uint64_t value);
void print_dec(uint64_t value);

/* Each check counts; a failing one prints its name, what was expected and what came. */
void check(const char *name, uint64_t got, uint64_t expected);
void check_trap(const char *name, bool trapped, const struct trap *t, uint64_t esr, uint64_t elr);
/* Put in front of the names of later checks, or NULL. */
void set_case(const char *name);

void finish(void) __attribute__((noreturn));

/* Starts vCPU `number` in secondary_main(number). */
void start_cpu(unsigned number);
void secondary_main(unsigned number);

/* New instructions in [p, p + bytes) may be run. */
void sync_code(void *p, size_t bytes);

int main(void);

#endif
