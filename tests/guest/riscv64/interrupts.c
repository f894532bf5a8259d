/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts at the CPU: enables by mode, delegation, vectors, CLINT sources, wfi. */
#include "insn.h"
#include "stubs.h"

#define NEVER (~0ul)
#define ALL_S (BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI))

static void quiet(void)
{
    csr_write(mie, 0);
    csr_write(mip, 0);
    csr_write(mideleg, 0);
    csr_clear(mstatus, MSTATUS_SIE | MSTATUS_MIE);
    set_msip(0, 0);
    set_mtimecmp(0, NEVER);
}

/* Enters a loop that makes an ecall after enough rounds: a pending interrupt must come first. */
static uint64_t loop(void)
{
    uint64_t n = 20000;

    __asm__ volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+r"(n));
    return n;
}

static void run_loop(struct trap *t, unsigned mode_and_flags)
{
    enter(t, mode_and_flags, (uint64_t)loop, 0, 0);
}

/* one S-level interrupt made pending by software in mip, in every mode, enabled or not, delegated
 * or not */
static void enables(void)
{
    static const unsigned irqs[] = {IRQ_SSI, IRQ_STI, IRQ_SEI};
    static const unsigned modes[] = {MODE_U, MODE_S, MODE_M};

    for (unsigned bits = 0; bits < 9 * 16; bits++) {
        unsigned irq = irqs[bits / 16 % 3], mode = modes[bits / 48];
        bool in_mie = bits & 1, gie = bits & 2, delegated = bits & 4, mie = bits & 8;
        bool to_m = in_mie && !delegated && (mode != MODE_M || mie);
        bool to_s = in_mie && delegated && (mode == MODE_U || (mode == MODE_S && gie));
        struct trap t;

        set_case("S-level interrupt");
        set_case_number(mode << 16 | irq << 8 | (bits & 15));
        quiet();
        csr_write(stvec, (uint64_t)stub_strap);
        csr_write(mideleg, delegated ? ALL_S : 0);
        csr_write(mip, BIT(irq));
        csr_write(mie, in_mie ? BIT(irq) : 0);
        if (gie)
            csr_set(mstatus, MSTATUS_SIE);
        run_loop(&t, mode | (mie ? ENTER_MIE : 0));
        if (to_m) {
            check_trap("to M", &t, CAUSE_IRQ | irq, (uint64_t)loop, 0);
        } else if (to_s) {
            struct trap f = s_trap_facts();

            check_trap("M sees the ecall of the S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap,
                       ANY);
            check_trap("to S", &f, CAUSE_IRQ | irq, (uint64_t)loop, 0);
            check("SPP", f.status & MSTATUS_SPP, mode == MODE_S ? MSTATUS_SPP : 0);
            check("SPIE", f.status & MSTATUS_SPIE, gie ? MSTATUS_SPIE : 0);
            check("SIE", f.status & MSTATUS_SIE, 0);
        } else {
            check_trap("to nobody", &t, ecall_cause(mode), ANY, ANY);
        }
    }
    quiet();
    set_case(NULL);
}

/* mtvec and stvec mode 1: interrupts to base + 4 * cause, exceptions to base */
__attribute__((naked, aligned(256))) static void m_vectors(void)
{
    __asm__ volatile(".option push\n\t.option norvc\n\t"
                     ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n\t"
                     "j m_vector_\\n\n\t"
                     ".endr\n\t"
                     ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n\t"
                     "m_vector_\\n: li a1, \\n\n\tj trap_entry\n\t"
                     ".endr\n\t.option pop");
}

static void vectors(void)
{
    static const unsigned irqs[] = {IRQ_SSI, IRQ_STI, IRQ_SEI};
    struct trap t;

    csr_write(mtvec, (uint64_t)m_vectors | 1);
    for (unsigned i = 0; i < ARRAY_SIZE(irqs); i++) {
        set_case("vectored");
        set_case_number(irqs[i]);
        quiet();
        csr_write(stvec, (uint64_t)stub_strap_vectors | 1);
        csr_write(mip, BIT(irqs[i]));
        csr_write(mie, BIT(irqs[i]));
        run_loop(&t, MODE_U);
        check("mcause", t.cause, CAUSE_IRQ | irqs[i]);
        check("M vector", t.a1, irqs[i]);

        csr_write(mideleg, ALL_S);
        run_loop(&t, MODE_U);
        check_trap("S handler", &t, CAUSE_ECALL_S, ANY, ANY);
        check("S vector", t.a0, irqs[i]);
        check("scause", csr_read(scause), CAUSE_IRQ | irqs[i]);
    }
    quiet();
    set_case("vectored");
    set_msip(0, 1);
    csr_write(mie, BIT(IRQ_MSI));
    run_loop(&t, MODE_S);
    check("M software vector", t.a1, IRQ_MSI);
    quiet();
    set_mtimecmp(0, 0);
    csr_write(mie, BIT(IRQ_MTI));
    run_loop(&t, MODE_M | ENTER_MIE);
    check("M timer vector", t.a1, IRQ_MTI);
    quiet();
    try_insn(&t, MODE_M, INSN_ECALL, 5, 5);
    check("M exception goes to the base", t.a1, 0);
    csr_write(medeleg, BIT(CAUSE_ILLEGAL));
    try_insn(&t, MODE_U, 0xffffffff, 5, 5);
    check("S exception goes to the base", t.a0, 0);
    csr_write(medeleg, 0);
    csr_write(mtvec, (uint64_t)trap_entry);
    set_case(NULL);
}

static void clint(void)
{
    struct trap t;
    uint64_t now;

    quiet();
    set_case("msip");
    set_msip(0, 0xffffffff);
    check("only bit 0 is kept", io_read32(CLINT_BASE), 1);
    check("mip.MSIP", csr_read(mip) & BIT(IRQ_MSI), BIT(IRQ_MSI));
    set_msip(0, 0xfffffffe);
    check("mip.MSIP clear", csr_read(mip) & BIT(IRQ_MSI), 0);

    set_case("mtimecmp");
    now = mtime();
    set_mtimecmp(0, now + 100000000);
    check("reads back", io_read64(CLINT_BASE + 0x4000), now + 100000000);
    check("low half", io_read32(CLINT_BASE + 0x4000), (uint32_t)(now + 100000000));
    check("high half", io_read32(CLINT_BASE + 0x4004), (now + 100000000) >> 32);
    check("not yet", csr_read(mip) & BIT(IRQ_MTI), 0);
    set_mtimecmp(0, now);
    check("at once", csr_read(mip) & BIT(IRQ_MTI), BIT(IRQ_MTI));
    set_mtimecmp(0, NEVER);
    check("gone", csr_read(mip) & BIT(IRQ_MTI), 0);

    /* a deadline that comes while the loop runs */
    set_case("timer");
    csr_write(mie, BIT(IRQ_MTI));
    now = mtime();
    set_mtimecmp(0, now + 20000);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("interrupts the spin", &t, CAUSE_IRQ | IRQ_MTI, (uint64_t)stub_spin, 0);
    check_true("not before its time", mtime() >= now + 20000);
    quiet();
    set_case(NULL);
}

/* wfi ends by what is enabled in mie, also where it is disabled globally, and then no trap is taken
 */
static void wait_for_interrupt(void)
{
    struct trap t;
    uint64_t now;

    quiet();
    set_case("wfi");
    csr_write(mie, BIT(IRQ_MTI));
    now = mtime();
    set_mtimecmp(0, now + 20000);
    enter(&t, MODE_M, (uint64_t)stub_wfi, 0, 0);
    check_trap("M, globally disabled", &t, CAUSE_ECALL_M, (uint64_t)stub_wfi + 4, 0);
    check_true("waited", mtime() >= now + 20000);

    now = mtime();
    set_mtimecmp(0, now + 20000);
    enter(&t, MODE_M | ENTER_MIE, (uint64_t)stub_wfi, 0, 0);
    check_trap("M, enabled: epc after the wfi", &t, CAUSE_IRQ | IRQ_MTI, (uint64_t)stub_wfi + 4, 0);

    now = mtime();
    set_mtimecmp(0, now + 20000);
    enter(&t, MODE_S, (uint64_t)stub_wfi, 0, 0);
    check_trap("S", &t, CAUSE_IRQ | IRQ_MTI, (uint64_t)stub_wfi + 4, 0);

    /* delegated, S globally disabled: wfi in S ends, without a trap */
    quiet();
    csr_write(mideleg, ALL_S);
    csr_write(mie, BIT(IRQ_SSI));
    csr_write(mip, BIT(IRQ_SSI));
    enter(&t, MODE_S, (uint64_t)stub_wfi, 0, 0);
    check_trap("S, already pending", &t, CAUSE_ECALL_S, (uint64_t)stub_wfi + 4, 0);
    quiet();
    set_case(NULL);
}

/* SSIP from S-mode, and interrupts unmasked by csr writes and xret are taken at once */
static void unmasking(void)
{
    struct trap t;

    quiet();
    set_case("S sets SSIP itself");
    csr_write(mideleg, ALL_S);
    csr_write(mie, BIT(IRQ_SSI));
    csr_set(mstatus, MSTATUS_SIE);
    csr_write(stvec, (uint64_t)stub_strap);
    try_insn(&t, MODE_S, CSRRSI(0x144, 0, 2), 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("right after the csr instruction", csr_read(sepc), (uint64_t)try_buffer + 4);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_SSI);

    quiet();
    set_case("SIE set with one pending");
    csr_write(mideleg, ALL_S);
    csr_write(mie, BIT(IRQ_SSI));
    csr_write(mip, BIT(IRQ_SSI));
    try_insn(&t, MODE_S, CSRRSI(0x100, 0, 2), 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("right after the csr instruction", csr_read(sepc), (uint64_t)try_buffer + 4);

    quiet();
    set_case("MIE set with one pending");
    csr_write(mie, BIT(IRQ_SSI));
    csr_write(mip, BIT(IRQ_SSI));
    try_insn(&t, MODE_M, CSRRSI(0x300, 0, 8), 0, 0);
    check_trap("M", &t, CAUSE_IRQ | IRQ_SSI, (uint64_t)try_buffer + 4, 0);

    set_case("mie bit set with MIE on");
    csr_write(mie, 0);
    enter(&t, MODE_M | ENTER_MIE, (uint64_t)try_buffer, 0, 0);
    check_trap("nothing enabled", &t, CAUSE_ECALL_M, ANY, ANY);
    try_buffer[0] = CSRRS(0x304, 0, REG_A0);
    try_buffer[1] = INSN_ECALL;
    fence_i();
    enter(&t, MODE_M | ENTER_MIE, (uint64_t)try_buffer, BIT(IRQ_SSI), 0);
    check_trap("M", &t, CAUSE_IRQ | IRQ_SSI, (uint64_t)try_buffer + 4, 0);
    quiet();
    set_case(NULL);
}

int main(void)
{
    quiet();
    enables();
    vectors();
    clint();
    wait_for_interrupt();
    unmasking();
    return 0;
}
