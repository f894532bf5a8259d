/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicsr: every instruction form, read-only and missing CSRs, privilege, WARL fields. */
#include "insn.h"
#include "test.h"

#define MSCRATCH 0x340
#define MHARTID  0xf14
#define BUFFER   ((uint64_t)try_buffer)

/* the six forms on a plain read-write CSR (sscratch): old value out, new value in */
static void forms(void)
{
    struct form {
        const char *name;
        uint32_t insn;
        uint64_t old, a0, result, after;
    };
    static const struct form table[] = {
        {"csrrw", CSRRW(0x140, 10, 10), 0x1234, ~0ul, 0x1234, ~0ul},
        {"csrrw to x0", CSRRW(0x140, 0, 10), 0x1234, 7, 7, 7},
        {"csrrw of x0", CSRRW(0x140, 10, 0), 0x1234, 7, 0x1234, 0},
        {"csrrs", CSRRS(0x140, 10, 10), 0xf0, 0x3c, 0xf0, 0xfc},
        {"csrrs of x0", CSRRS(0x140, 10, 0), 0xf0, 7, 0xf0, 0xf0},
        {"csrrs to x0", CSRRS(0x140, 0, 10), 0xf0, 0x8000000000000000, 0x8000000000000000,
         0x80000000000000f0},
        {"csrrc", CSRRC(0x140, 10, 10), 0xff, 0x3c, 0xff, 0xc3},
        {"csrrc of x0", CSRRC(0x140, 10, 0), 0xff, 7, 0xff, 0xff},
        {"csrrc to x0", CSRRC(0x140, 0, 10), 0xff, 1, 1, 0xfe},
        {"csrrwi", CSRRWI(0x140, 10, 31), 0x1234, 7, 0x1234, 31},
        {"csrrwi 0", CSRRWI(0x140, 10, 0), 0x1234, 7, 0x1234, 0},
        {"csrrwi to x0", CSRRWI(0x140, 0, 5), 0x1234, 7, 7, 5},
        {"csrrsi", CSRRSI(0x140, 10, 31), 0x1200, 7, 0x1200, 0x121f},
        {"csrrsi 0", CSRRSI(0x140, 10, 0), 0x1200, 7, 0x1200, 0x1200},
        {"csrrci", CSRRCI(0x140, 10, 31), 0x12ff, 7, 0x12ff, 0x12e0},
        {"csrrci 0", CSRRCI(0x140, 10, 0), 0x12ff, 7, 0x12ff, 0x12ff},
        {"csrrci to x0", CSRRCI(0x140, 0, 1), ~0ul, 7, 7, ~1ul},
    };
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        set_case(table[i].name);
        csr_write(sscratch, table[i].old);
        try_insn(&t, MODE_M, table[i].insn, table[i].a0, 0);
        check_trap("runs", &t, CAUSE_ECALL_M, ANY, ANY);
        check("result", t.a0, table[i].result);
        check("new value", csr_read(sscratch), table[i].after);
    }
    set_case(NULL);
}

struct access {
    const char *name;
    unsigned mode;
    uint32_t insn;
    bool traps;
};

/* writes to read-only CSRs, CSRs that do not exist, CSRs of a higher privilege */
static const struct access accesses[] = {
    {"csrrw mhartid", MODE_M, CSRRW(MHARTID, 10, 10), true},
    {"csrrw mhartid of x0", MODE_M, CSRRW(MHARTID, 10, 0), true},
    {"csrrw x0, mhartid, x0", MODE_M, CSRRW(MHARTID, 0, 0), true},
    {"csrrs mhartid of x0", MODE_M, CSRRS(MHARTID, 10, 0), false},
    {"csrrs mhartid of a register that holds 0", MODE_M, CSRRS(MHARTID, 10, 11), true},
    {"csrrc mhartid of x0", MODE_M, CSRRC(MHARTID, 10, 0), false},
    {"csrrc mhartid of a register", MODE_M, CSRRC(MHARTID, 10, 11), true},
    {"csrrwi mhartid 0", MODE_M, CSRRWI(MHARTID, 10, 0), true},
    {"csrrsi mhartid 0", MODE_M, CSRRSI(MHARTID, 10, 0), false},
    {"csrrsi mhartid 1", MODE_M, CSRRSI(MHARTID, 10, 1), true},
    {"csrrci mhartid 0", MODE_M, CSRRCI(MHARTID, 10, 0), false},
    {"csrrci mhartid 1", MODE_M, CSRRCI(MHARTID, 10, 1), true},
    {"read mvendorid", MODE_M, CSRRS(0xf11, 10, 0), false},
    {"read marchid", MODE_M, CSRRS(0xf12, 10, 0), false},
    {"read mimpid", MODE_M, CSRRS(0xf13, 10, 0), false},
    {"read mconfigptr", MODE_M, CSRRS(0xf15, 10, 0), false},
    {"write cycle", MODE_M, CSRRW(0xc00, 0, 10), true},
    {"write time", MODE_M, CSRRW(0xc01, 0, 10), true},
    {"write instret", MODE_M, CSRRW(0xc02, 0, 10), true},
    {"CSR 0x000", MODE_M, CSRRS(0x000, 10, 0), true},
    {"CSR 0x4ff", MODE_M, CSRRS(0x4ff, 10, 0), true},
    {"CSR 0x8ff", MODE_M, CSRRS(0x8ff, 10, 0), true},
    {"CSR 0x1ff", MODE_M, CSRRS(0x1ff, 10, 0), true},
    {"CSR 0x3ff", MODE_M, CSRRS(0x3ff, 10, 0), true},
    {"CSR 0x9ff", MODE_M, CSRRS(0x9ff, 10, 0), true},
    {"CSR 0xbff", MODE_M, CSRRS(0xbff, 10, 0), true},
    {"CSR 0xcff", MODE_M, CSRRS(0xcff, 10, 0), true},
    {"CSR 0xfff", MODE_M, CSRRS(0xfff, 10, 0), true},
    {"write of CSR 0x8ff", MODE_M, CSRRW(0x8ff, 0, 10), true},
    {"pmpcfg0", MODE_M, CSRRS(0x3a0, 10, 0), false},
    {"pmpcfg1 (RV32 only)", MODE_M, CSRRS(0x3a1, 10, 0), true},
    {"pmpcfg3 (RV32 only)", MODE_M, CSRRS(0x3a3, 10, 0), true},
    {"mstatush (RV32 only)", MODE_M, CSRRS(0x310, 10, 0), true},
    {"mcycleh (RV32 only)", MODE_M, CSRRS(0xb80, 10, 0), true},
    {"cycleh (RV32 only)", MODE_M, CSRRS(0xc80, 10, 0), true},
    {"timeh (RV32 only)", MODE_M, CSRRS(0xc81, 10, 0), true},
    {"instreth (RV32 only)", MODE_M, CSRRS(0xc82, 10, 0), true},
    {"stimecmph (RV32 only)", MODE_M, CSRRS(0x15d, 10, 0), true},
    {"menvcfgh (RV32 only)", MODE_M, CSRRS(0x31a, 10, 0), true},
    {"hstatus without H", MODE_M, CSRRS(0x600, 10, 0), true},
    {"vsstatus without H", MODE_M, CSRRS(0x200, 10, 0), true},
    {"vstart without V", MODE_M, CSRRS(0x008, 10, 0), true},
    {"vl without V", MODE_M, CSRRS(0xc20, 10, 0), true},
    {"sstatus in M", MODE_M, CSRRS(0x100, 10, 0), false},
    {"sstatus in S", MODE_S, CSRRS(0x100, 10, 0), false},
    {"sstatus in U", MODE_U, CSRRS(0x100, 10, 0), true},
    {"sscratch in U", MODE_U, CSRRW(0x140, 10, 10), true},
    {"satp in S", MODE_S, CSRRS(0x180, 10, 0), false},
    {"satp in U", MODE_U, CSRRS(0x180, 10, 0), true},
    {"mstatus in S", MODE_S, CSRRS(0x300, 10, 0), true},
    {"mstatus in U", MODE_U, CSRRS(0x300, 10, 0), true},
    {"mhartid in S", MODE_S, CSRRS(MHARTID, 10, 0), true},
    {"mscratch in S", MODE_S, CSRRW(MSCRATCH, 10, 10), true},
    {"medeleg in S", MODE_S, CSRRS(0x302, 10, 0), true},
    {"mcycle in S", MODE_S, CSRRS(0xb00, 10, 0), true},
    {"pmpaddr0 in S", MODE_S, CSRRW(0x3b0, 0, 10), true},
    {"fcsr in U", MODE_U, CSRRS(0x003, 10, 0), false},
    {"menvcfg in S", MODE_S, CSRRS(CSR_MENVCFG, 10, 0), true},
    {"senvcfg in S", MODE_S, CSRRS(CSR_SENVCFG, 10, 0), false},
    {"senvcfg in U", MODE_U, CSRRS(CSR_SENVCFG, 10, 0), true},
};

static void permissions(void)
{
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++) {
        const struct access *a = &accesses[i];

        set_case(a->name);
        try_insn(&t, a->mode, a->insn, 0xbad0, 0);
        if (a->traps) {
            check_illegal("traps", &t, BUFFER, a->insn);
            check("rd is left alone", t.a0, 0xbad0);
        } else {
            check_trap("works", &t, ecall_cause(a->mode), ANY, ANY);
        }
    }
    set_case(NULL);
}

static void warl(void)
{
    uint64_t misa = csr_read(misa);

    check("misa MXL", misa >> 62, 2);
    check("misa has IMAFDCSU", misa & 0x14112d, 0x14112d);

    csr_write(mcause, 0x800000000000000b);
    check("mcause keeps an interrupt", csr_read(mcause), 0x800000000000000b);
    csr_write(mtval, 0x123456789abcdef0);
    check("mtval is writable", csr_read(mtval), 0x123456789abcdef0);
    csr_write(stval, 0xfffffff789abcdef);
    check("stval is writable", csr_read(stval), 0xfffffff789abcdef);

    csr_write(medeleg, ~0ul);
    check("medeleg bit 11 is 0", csr_read(medeleg) & BIT(CAUSE_ECALL_M), 0);
    check("medeleg has the usual bits", csr_read(medeleg) & 0xb3ff, 0xb3ff);
    csr_write(medeleg, 0);
    csr_write(mideleg, 0x222);
    check("mideleg has the S bits", csr_read(mideleg), 0x222);
    csr_write(mie, ~0ul);
    check("mie has all six", csr_read(mie) & 0xaaa, 0xaaa);
    check("sie shows the delegated", csr_read(sie) & 0xaaa, 0x222);
    csr_write(sie, 0);
    check("sie clears only its own", csr_read(mie) & 0xaaa, 0x888);
    csr_write(mideleg, 0);
    csr_write(mie, 0xaaa);
    check("sie without delegation", csr_read(sie) & 0xaaa, 0);
    csr_write(mie, 0);

    csr_write(sip, 0);
    csr_write(mip, 0x222);
    check("mip S bits are writable in M", csr_read(mip) & 0x222, 0x222);
    csr_write(mideleg, 0x222);
    csr_write(sip, 0);
    check("sip writes only SSIP", csr_read(mip) & 0x222, 0x220);
    csr_write(mip, 0);
    csr_write(mideleg, 0);
    set_mtimecmp(0, ~0ul);
    csr_write(mip, 0x888);
    check("mip M bits are not writable", csr_read(mip) & 0x888, 0);

    csr_write(mscratch, (uint64_t)&harts[0]);
    csr_write(mcounteren, 0);
    csr_write(mcounteren, 7);
    check("mcounteren", csr_read(mcounteren) & 7, 7);
    csr_write(scounteren, 5);
    check("scounteren", csr_read(scounteren) & 7, 5);
    csr_write(scounteren, 7);
}

static void status_fields(void)
{
    uint64_t saved = csr_read(mstatus), v;

    check("mstatus UXL", (saved >> 32) & 3, 2);
    check("mstatus SXL", (saved >> 34) & 3, 2);
    csr_write(mstatus, (saved & ~MSTATUS_MPP) | 2ul << 11);
    check_true("MPP never reads the reserved value", (csr_read(mstatus) >> 11 & 3) != 2);
    csr_write(mstatus, saved);

    /* sstatus is a view: only its fields come through, and only they change */
    csr_set(mstatus, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR);
    v = csr_read(sstatus);
    check("sstatus hides M fields",
          v & (MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR), 0);
    csr_write(sstatus, ~0ul);
    v = csr_read(mstatus);
    check("sstatus sets SIE SPIE SPP FS SUM MXR",
          v & (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR),
          MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR);
    check("sstatus does not set MIE and MPRV", v & (MSTATUS_MIE | MSTATUS_MPRV), 0);
    csr_write(sstatus, 0);
    v = csr_read(mstatus);
    check("sstatus clears its fields",
          v & (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR),
          0);
    check("and leaves M fields", v & (MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR),
          MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR);

    csr_write(mstatus, saved & ~MSTATUS_FS);
    check("SD without FS", csr_read(mstatus) & MSTATUS_SD, 0);
    csr_set(mstatus, 1ul << 13);
    check("SD with FS initial", csr_read(mstatus) & MSTATUS_SD, 0);
    csr_set(mstatus, MSTATUS_FS);
    check("SD with FS dirty", csr_read(mstatus) & MSTATUS_SD, MSTATUS_SD);
    check("SD in sstatus", csr_read(sstatus) & MSTATUS_SD, MSTATUS_SD);
    csr_write(mstatus, saved);
}

static void trap_vectors(void)
{
    uint64_t saved = csr_read(mtvec);

    csr_write(mtvec, 0x80001001);
    check("mtvec mode 1", csr_read(mtvec), 0x80001001);
    csr_write(mtvec, saved);
    csr_write(stvec, 0x80002000);
    check("stvec mode 0", csr_read(stvec), 0x80002000);
    csr_write(stvec, 0xffffffff80002001);
    check("stvec mode 1", csr_read(stvec), 0xffffffff80002001);
    csr_write(stvec, 0x80002000);
    csr_write(stvec, 0x80004002);
    check_true("stvec mode 2 is not kept", (csr_read(stvec) & 3) != 2);
}

int main(void)
{
    forms();
    permissions();
    warl();
    status_fields();
    trap_vectors();
    return 0;
}
