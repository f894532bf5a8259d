/* SPDX-License-Identifier: BSD-2-Clause */
/* What a C test uses: CSR access, the machine's addresses, checks, enter(). */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hart.h"

#define UART_BASE     0x10000000ul
#define CLINT_BASE    0x2000000ul
#define PLIC_BASE     0xc000000ul
#define FINISHER_BASE 0x100000ul
#define RTC_BASE      0x101000ul
#define RAM_BASE      0x80000000ul
#define RAM_SIZE      0x10000000ul
#define HOLE          0x20000ul /* nothing is mapped here on this board */

#define BIT(n)        (1ul << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum mode { MODE_U = 0, MODE_S = 1, MODE_M = 3 };

enum cause {
    CAUSE_FETCH_MISALIGNED = 0,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_ECALL_U = 8,
    CAUSE_ECALL_S = 9,
    CAUSE_ECALL_M = 11,
    CAUSE_FETCH_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
};

#define CAUSE_IRQ BIT(63)
enum irq { IRQ_SSI = 1, IRQ_MSI = 3, IRQ_STI = 5, IRQ_MTI = 7, IRQ_SEI = 9, IRQ_MEI = 11 };

#define MSTATUS_SIE  BIT(1)
#define MSTATUS_MIE  BIT(3)
#define MSTATUS_SPIE BIT(5)
#define MSTATUS_MPIE BIT(7)
#define MSTATUS_SPP  BIT(8)
#define MSTATUS_MPP  (3ul << 11)
#define MSTATUS_FS   (3ul << 13)
#define MSTATUS_MPRV BIT(17)
#define MSTATUS_SUM  BIT(18)
#define MSTATUS_MXR  BIT(19)
#define MSTATUS_TVM  BIT(20)
#define MSTATUS_TW   BIT(21)
#define MSTATUS_TSR  BIT(22)
#define MSTATUS_SD   BIT(63)

#define MENVCFG_STCE  BIT(63)
#define MENVCFG_PBMTE BIT(62)
#define MENVCFG_ADUE  BIT(61)
#define ENVCFG_CBZE   BIT(7)
#define ENVCFG_CBCFE  BIT(6)
#define ENVCFG_CBIE   (3ul << 4)

#define CSR_STR_(x) #x
#define CSR_STR(x)  CSR_STR_(x)
#define csr_read(csr)                                                       \
    ({                                                                      \
        uint64_t v_;                                                        \
        __asm__ volatile("csrr %0, " CSR_STR(csr) : "=r"(v_) : : "memory"); \
        v_;                                                                 \
    })
#define csr_write(csr, value) \
    __asm__ volatile("csrw " CSR_STR(csr) ", %0" : : "r"((uint64_t)(value)) : "memory")
#define csr_set(csr, value) \
    __asm__ volatile("csrs " CSR_STR(csr) ", %0" : : "r"((uint64_t)(value)) : "memory")
#define csr_clear(csr, value) \
    __asm__ volatile("csrc " CSR_STR(csr) ", %0" : : "r"((uint64_t)(value)) : "memory")
#define csr_swap(csr, value)                              \
    ({                                                    \
        uint64_t v_;                                      \
        __asm__ volatile("csrrw %0, " CSR_STR(csr) ", %1" \
                         : "=r"(v_)                       \
                         : "r"((uint64_t)(value))         \
                         : "memory");                     \
        v_;                                               \
    })

/* extension CSRs that an older assembler has no name for */
#define CSR_STIMECMP 0x14d
#define CSR_SENVCFG  0x10a
#define CSR_MENVCFG  0x30a

static inline void fence_i(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

static inline void sfence_all(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

static inline void fence_rw(void)
{
    __asm__ volatile("fence rw, rw" : : : "memory");
}

static inline uint32_t io_read32(uint64_t addr)
{
    return *(volatile uint32_t *)addr;
}

static inline void io_write32(uint64_t addr, uint32_t value)
{
    *(volatile uint32_t *)addr = value;
}

static inline uint8_t io_read8(uint64_t addr)
{
    return *(volatile uint8_t *)addr;
}

static inline void io_write8(uint64_t addr, uint8_t value)
{
    *(volatile uint8_t *)addr = value;
}

static inline uint64_t io_read64(uint64_t addr)
{
    return *(volatile uint64_t *)addr;
}

static inline void io_write64(uint64_t addr, uint64_t value)
{
    *(volatile uint64_t *)addr = value;
}

static inline uint64_t mtime(void)
{
    return io_read64(CLINT_BASE + 0xbff8);
}

static inline void set_mtimecmp(unsigned hart, uint64_t value)
{
    io_write64(CLINT_BASE + 0x4000 + 8 * hart, value);
}

static inline void set_msip(unsigned hart, uint32_t value)
{
    io_write32(CLINT_BASE + 4 * hart, value);
}

/* The facts of a trap into M-mode; a0 and a1 as the trapped code left them. */
struct trap {
    uint64_t cause, epc, tval, status, a0, a1;
};

struct hart {
    uint64_t active;
    void (*hook)(uint64_t cause);
    struct trap *trap;
    uint64_t save[16];
    uint64_t t1, stack, id;
};

_Static_assert(sizeof(struct hart) == HART_SIZE, "struct hart and hart.h differ");

extern struct hart harts[MAX_HARTS];
extern const char return_ecall[], trap_entry[];

void enter(struct trap *t, unsigned mode_and_flags, uint64_t pc, uint64_t a0, uint64_t a1);

static inline struct hart *this_hart(void)
{
    return (struct hart *)csr_read(mscratch);
}

/* The ecall cause by which code in a mode says that it came to its end. */
static inline uint64_t ecall_cause(unsigned mode)
{
    return CAUSE_ECALL_U + mode;
}

void print(const char *s);
void print_hex(uint64_t value);
void print_dec(uint64_t value);

/* Each check counts; a failing one prints its name, what was expected and what came. */
void check(const char *name, uint64_t got, uint64_t expected);
void check_true(const char *name, bool ok);
/* cause and, unless ANY, epc and tval of a trap */
#define ANY 0xa5a5a5a5deadbeeful
void check_trap(const char *name, const struct trap *t, uint64_t cause, uint64_t epc,
                uint64_t tval);
/* an illegal instruction's tval may be the instruction's bits or 0 */
void check_illegal(const char *name, const struct trap *t, uint64_t epc, uint32_t insn);

/* Prefix for the names of later checks, or NULL: tells the cases of a table apart. */
void set_case(const char *name);
void set_case_number(uint64_t number);

void finish(void) __attribute__((noreturn));
void fail_now(const char *why) __attribute__((noreturn));

/* Runs one 32-bit (or, with high half 0 and low bits not 3, 16-bit) instruction in a mode, then an
 * ecall. */
void try_insn(struct trap *t, unsigned mode, uint32_t insn, uint64_t a0, uint64_t a1);
extern uint32_t try_buffer[];

int main(void);

#endif
