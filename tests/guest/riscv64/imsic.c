/* SPDX-License-Identifier: BSD-2-Clause */
/* IMSIC interrupt files of both levels: the windows, top registers, messages, traps. */
#include "aia.h"
#include "insn.h"
#include "stubs.h"

#define N_IDS 255 /* of both files on this board */

static void send(uint64_t base, uint32_t identity)
{
    io_write32(base, identity);
}

/* What is legal in the registers of one file, by its window. */
static void registers(const char *name, uint64_t (*read)(uint64_t),
                      void (*write)(uint64_t, uint64_t))
{
    set_case(name);
    write(EIDELIVERY, 1);
    check("eidelivery on", read(EIDELIVERY), 1);
    write(EIDELIVERY, 0);
    check("eidelivery off", read(EIDELIVERY), 0);
    write(EITHRESHOLD, N_IDS);
    check("eithreshold", read(EITHRESHOLD), N_IDS);
    write(EITHRESHOLD, 0);
    for (unsigned word = 0; word < 4; word++) {
        uint64_t all = word ? ~0ul : ~1ul;

        set_case_number(word);
        write(EIE(word), ~0ul);
        check("eie", read(EIE(word)), all);
        write(EIE(word), 0);
        check("eie off", read(EIE(word)), 0);
        write(EIP(word), ~0ul);
        check("eip", read(EIP(word)), all);
        write(EIP(word), 0);
        check("eip off", read(EIP(word)), 0);
    }
    set_case(NULL);
}

/* Which numbers raise an illegal instruction exception. */
static void numbers(void)
{
    static const struct {
        uint32_t reg;
        bool there;
    } cases[] = {{0x00, false}, {0x2f, false}, {0x30, true},  {0x31, false}, {0x3e, true},
                 {0x3f, false}, {0x40, false}, {0x6f, false}, {0x70, true},  {0x72, true},
                 {0x80, true},  {0x81, false}, {0x86, true},  {0x87, false}, {0xc0, true},
                 {0xc1, false}, {0xc6, true},  {0xc7, false}};
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        set_case("number");
        set_case_number(cases[i].reg);
        csr_write(CSR_MISELECT, cases[i].reg);
        csr_write(CSR_SISELECT, cases[i].reg);
        check("miselect", csr_read(CSR_MISELECT), cases[i].reg);
        try_insn(&t, MODE_M, CSRRS(CSR_MIREG, 10, 0), 0, 0);
        check("mireg", t.cause, cases[i].there ? CAUSE_ECALL_M : CAUSE_ILLEGAL);
        try_insn(&t, MODE_S, CSRRS(CSR_SIREG, 10, 0), 0, 0);
        check("sireg", t.cause, cases[i].there ? CAUSE_ECALL_S : CAUSE_ILLEGAL);
    }
    set_case("privilege");
    csr_write(CSR_MISELECT, EIDELIVERY);
    try_insn(&t, MODE_S, CSRRS(CSR_MIREG, 10, 0), 0, 0);
    check("mireg in S", t.cause, CAUSE_ILLEGAL);
    try_insn(&t, MODE_S, CSRRW(CSR_MTOPEI, 10, 0), 0, 0);
    check("mtopei in S", t.cause, CAUSE_ILLEGAL);
    try_insn(&t, MODE_U, CSRRW(CSR_STOPEI, 10, 0), 0, 0);
    check("stopei in U", t.cause, CAUSE_ILLEGAL);
    try_insn(&t, MODE_M, CSRRW(CSR_MTOPI, 0, 10), 0, 0);
    check("mtopi is read only", t.cause, CAUSE_ILLEGAL);
    set_case(NULL);
}

static void machine_file(void)
{
    set_case("machine");
    csr_write(mie, BIT(IRQ_MEI));
    m_write(EIDELIVERY, 1);
    m_write(EIE(0), BIT(5) | BIT(9));
    m_write(EIE(2), BIT(2));
    check("quiet", csr_read(mip) & BIT(IRQ_MEI), 0);
    check("nothing on top", csr_read(CSR_MTOPEI), 0);
    check("no top interrupt", csr_read(CSR_MTOPI), 0);
    send(IMSIC_M_BASE, 130);
    send(IMSIC_M_BASE, 9);
    send(IMSIC_M_BASE, 7);
    check("eip0", m_read(EIP(0)), BIT(9) | BIT(7));
    check("eip4", m_read(EIP(2)), BIT(2));
    check("MEIP", csr_read(mip) & BIT(IRQ_MEI), BIT(IRQ_MEI));
    check("mtopi", csr_read(CSR_MTOPI) >> 16, IRQ_MEI);
    check("lowest enabled first", csr_read(CSR_MTOPEI), TOPEI(9));
    check("a read claims nothing", csr_read(CSR_MTOPEI), TOPEI(9));
    m_write(EITHRESHOLD, 9);
    check("threshold", csr_read(CSR_MTOPEI), 0);
    check("threshold and MEIP", csr_read(mip) & BIT(IRQ_MEI), 0);
    m_write(EITHRESHOLD, 10);
    check("above", csr_read(CSR_MTOPEI), TOPEI(9));
    check("claim", csr_swap(CSR_MTOPEI, 0), TOPEI(9));
    check("the rest is masked", csr_swap(CSR_MTOPEI, 0), 0);
    m_write(EITHRESHOLD, 0);
    check("claim the next", csr_swap(CSR_MTOPEI, 0), TOPEI(130));
    check("none left", csr_swap(CSR_MTOPEI, 0), 0);
    check("line is low", csr_read(mip) & BIT(IRQ_MEI), 0);
    csr_write(CSR_MISELECT, EIE(0));
    csr_set(CSR_MIREG, BIT(7));
    check("set", csr_read(CSR_MIREG), BIT(5) | BIT(7) | BIT(9));
    check("MEIP by enabling", csr_read(mip) & BIT(IRQ_MEI), BIT(IRQ_MEI));
    csr_clear(CSR_MIREG, BIT(7) | BIT(5));
    check("clear", csr_read(CSR_MIREG), BIT(9));
    check("MEIP by disabling", csr_read(mip) & BIT(IRQ_MEI), 0);
    m_write(EIP(0), 0);
    send(IMSIC_M_BASE, 0);
    send(IMSIC_M_BASE, N_IDS + 1);
    send(IMSIC_M_BASE + 0x800, 9);
    check("what is no identity", m_read(EIP(0)), 0);
    check("reads of the page", io_read32(IMSIC_M_BASE), 0);
    m_write(EIP(0), BIT(9));
    m_write(EIDELIVERY, 0);
    check("delivery off", csr_read(mip) & BIT(IRQ_MEI), 0);
    check("delivery off: top", csr_read(CSR_MTOPEI), TOPEI(9));
    m_write(EIP(0), 0);
}

static void supervisor_file(void)
{
    set_case("supervisor");
    csr_write(mie, BIT(IRQ_SEI));
    csr_write(mideleg, BIT(IRQ_SEI));
    s_write(EIDELIVERY, 1);
    s_write(EIE(0), BIT(9));
    send(IMSIC_S_BASE, 9);
    check("SEIP", csr_read(mip) & BIT(IRQ_SEI), BIT(IRQ_SEI));
    check("not the other file", m_read(EIP(0)), 0);
    check("stopi", csr_read(CSR_STOPI) >> 16, IRQ_SEI);
    check("mtopi", csr_read(CSR_MTOPI), 0);
    check("claim", csr_swap(CSR_STOPEI, 0), TOPEI(9));
    check("SEIP low", csr_read(mip) & BIT(IRQ_SEI), 0);
    check("stopi none", csr_read(CSR_STOPI), 0);
}

static void traps(void)
{
    struct trap t;

    set_case("trap");
    csr_write(mie, BIT(IRQ_MEI) | BIT(IRQ_SEI));
    csr_write(mideleg, BIT(IRQ_SEI));
    csr_write(stvec, (uint64_t)stub_strap);
    csr_set(mstatus, MSTATUS_SIE);
    m_write(EIDELIVERY, 1);
    m_write(EIE(0), BIT(3));
    send(IMSIC_M_BASE, 3);
    send(IMSIC_S_BASE, 9);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("M first", &t, CAUSE_IRQ | IRQ_MEI, (uint64_t)stub_spin, 0);
    check("claim M", csr_swap(CSR_MTOPEI, 0), TOPEI(3));
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("then S", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_SEI);
    check("claim S", csr_swap(CSR_STOPEI, 0), TOPEI(9));

    /* the enabling instruction itself lets it in: the next one is not reached */
    s_write(EIDELIVERY, 0);
    send(IMSIC_S_BASE, 9);
    csr_write(CSR_SISELECT, EIDELIVERY);
    csr_set(mstatus, MSTATUS_SIE);
    try_insn(&t, MODE_S, CSRRSI(CSR_SIREG, 0, 1), 0, 0);
    check_trap("after sireg", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("sepc", csr_read(sepc), (uint64_t)try_buffer + 4);
    check("claim it", csr_swap(CSR_STOPEI, 0), TOPEI(9));
    csr_clear(mstatus, MSTATUS_SIE);
}

static void waiting(void)
{
    struct trap t;

    set_case("wfi");
    csr_write(mie, BIT(IRQ_MEI));
    m_write(EIP(0), BIT(3));
    run_stub(&t, MODE_M, stub_wfi, 0, 0);
    check("pending: goes on", t.cause, CAUSE_ECALL_M);
    check("claim", csr_swap(CSR_MTOPEI, 0), TOPEI(3));
}

int main(void)
{
    csr_write(mie, 0);
    set_mtimecmp(0, ~0ul);
    registers("machine registers", m_read, m_write);
    registers("supervisor registers", s_read, s_write);
    numbers();
    machine_file();
    supervisor_file();
    traps();
    waiting();
    return 0;
}
