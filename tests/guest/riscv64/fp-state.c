/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point state: reserved rounding modes, fcsr and its parts, FS off, initial and dirty. */
#include "insn.h"
#include "test.h"

#define FFLAGS       1
#define FRM          2
#define FCSR         3
#define RM(insn, rm) ((insn) | (uint32_t)(rm) << 12)

struct fp_insn {
    const char *name;
    uint32_t insn;
};

/* all with a rounding mode, its field 0 here; operands fa0, fa1, fa2 or a0 */
static const struct fp_insn rounded[] = {
    {"fadd.s", 0x00b50553},    {"fsub.s", 0x08b50553},    {"fmul.s", 0x10b50553},
    {"fdiv.s", 0x18b50553},    {"fsqrt.s", 0x58050553},   {"fmadd.s", 0x60b50543},
    {"fmsub.s", 0x60b50547},   {"fnmsub.s", 0x60b5054b},  {"fnmadd.s", 0x60b5054f},
    {"fcvt.w.s", 0xc0050553},  {"fcvt.wu.s", 0xc0150553}, {"fcvt.l.s", 0xc0250553},
    {"fcvt.lu.s", 0xc0350553}, {"fcvt.s.w", 0xd0050553},  {"fcvt.s.wu", 0xd0150553},
    {"fcvt.s.l", 0xd0250553},  {"fcvt.s.lu", 0xd0350553}, {"fadd.d", 0x02b50553},
    {"fsub.d", 0x0ab50553},    {"fmul.d", 0x12b50553},    {"fdiv.d", 0x1ab50553},
    {"fsqrt.d", 0x5a050553},   {"fmadd.d", 0x62b50543},   {"fmsub.d", 0x62b50547},
    {"fnmsub.d", 0x62b5054b},  {"fnmadd.d", 0x62b5054f},  {"fcvt.w.d", 0xc2050553},
    {"fcvt.wu.d", 0xc2150553}, {"fcvt.l.d", 0xc2250553},  {"fcvt.lu.d", 0xc2350553},
    {"fcvt.d.l", 0xd2250553},  {"fcvt.d.lu", 0xd2350553}, {"fcvt.s.d", 0x40150553},
};

/* none of these look at frm */
static const struct fp_insn unrounded[] = {
    {"fsgnj.s", 0x20b50553},  {"fsgnjn.s", 0x20b51553}, {"fsgnjx.s", 0x20b52553},
    {"fmin.s", 0x28b50553},   {"fmax.s", 0x28b51553},   {"feq.s", 0xa0b52553},
    {"flt.s", 0xa0b51553},    {"fle.s", 0xa0b50553},    {"fclass.s", 0xe0051553},
    {"fmv.x.w", 0xe0050553},  {"fmv.w.x", 0xf0050553},  {"fsgnj.d", 0x22b50553},
    {"fsgnjn.d", 0x22b51553}, {"fsgnjx.d", 0x22b52553}, {"fmin.d", 0x2ab50553},
    {"fmax.d", 0x2ab51553},   {"feq.d", 0xa2b52553},    {"flt.d", 0xa2b51553},
    {"fle.d", 0xa2b50553},    {"fclass.d", 0xe2051553}, {"fmv.x.d", 0xe2050553},
    {"fmv.d.x", 0xf2050553},  {"flw", 0x00052507},      {"fld", 0x00053507},
    {"fsw", 0x00a52027},      {"fsd", 0x00a53027},
};

static uint64_t cell[2];

static void expect_illegal(const char *what, unsigned mode, uint32_t insn)
{
    struct trap t;

    try_insn(&t, mode, insn, (uint64_t)cell, 0);
    check_illegal(what, &t, (uint64_t)try_buffer, insn);
}

static void expect_legal(const char *what, unsigned mode, uint32_t insn)
{
    struct trap t;

    try_insn(&t, mode, insn, (uint64_t)cell, 0);
    check_trap(what, &t, ecall_cause(mode), ANY, ANY);
}

static void rounding_modes(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rounded); i++) {
        set_case(rounded[i].name);
        for (unsigned frm = 0; frm < 8; frm++) {
            set_case_number(frm);
            csr_write(frm, frm);
            if (frm < 5)
                expect_legal("dynamic mode works", MODE_M, RM(rounded[i].insn, 7));
            else
                expect_illegal("dynamic reserved mode traps", MODE_M, RM(rounded[i].insn, 7));
            if (frm == 5 || frm == 6)
                expect_illegal("static reserved mode traps", MODE_M, RM(rounded[i].insn, frm));
            else if (frm < 5)
                expect_legal("static mode works", MODE_M, RM(rounded[i].insn, frm));
            expect_legal("static mode, whatever frm", MODE_M, RM(rounded[i].insn, 0));
        }
    }
    csr_write(frm, 6);
    for (unsigned i = 0; i < ARRAY_SIZE(unrounded); i++) {
        set_case(unrounded[i].name);
        expect_legal("ignores frm", MODE_M, unrounded[i].insn);
    }
    csr_write(frm, 0);
    set_case(NULL);
}

static void registers(void)
{
    csr_write(fcsr, ~0ul);
    check("fcsr keeps 8 bits", csr_read(fcsr), 0xff);
    check("frm", csr_read(frm), 7);
    check("fflags", csr_read(fflags), 0x1f);
    csr_write(frm, 2);
    check("frm in fcsr", csr_read(fcsr), 0x5f);
    csr_write(fflags, 0xffffffe5);
    check("fflags in fcsr", csr_read(fcsr), 0x45);
    csr_write(frm, 0xfffffff9);
    check("frm keeps 3 bits", csr_read(fcsr), 0x25);
    csr_clear(fflags, 4);
    check("fflags cleared by bit", csr_read(fcsr), 0x21);
    csr_write(fcsr, 0);
    check("fcsr 0", csr_read(fcsr), 0);
}

/* FS = off: every instruction and CSR of F and D is illegal in every mode, and leaves FS off */
static void fs_off(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};

    for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
        csr_clear(mstatus, MSTATUS_FS);
        for (unsigned i = 0; i < ARRAY_SIZE(rounded); i++) {
            set_case(rounded[i].name);
            expect_illegal("traps with FS off", modes[m], rounded[i].insn);
        }
        for (unsigned i = 0; i < ARRAY_SIZE(unrounded); i++) {
            set_case(unrounded[i].name);
            expect_illegal("traps with FS off", modes[m], unrounded[i].insn);
        }
        set_case("CSR");
        for (unsigned csr = FFLAGS; csr <= FCSR; csr++) {
            set_case_number(csr);
            expect_illegal("read traps with FS off", modes[m], CSRRS(csr, REG_A1, 0));
            expect_illegal("write traps with FS off", modes[m], CSRRW(csr, 0, REG_A1));
        }
        check("FS stays off", csr_read(mstatus) & MSTATUS_FS, 0);
        csr_set(mstatus, MSTATUS_FS);
    }
    set_case(NULL);
}

/* what writes a register or fcsr makes FS dirty */
static void fs_dirty(void)
{
    static const struct fp_insn writers[] = {
        {"fadd.d", 0x02b50553},
        {"fmv.d.x", 0xf2050553},
        {"flw", 0x00052507},
        {"fld", 0x00053507},
        {"fsgnj.s", 0x20b50553},
        {"fcvt.d.w", 0xd2050553},
        {"write fcsr", CSRRW(FCSR, 0, REG_A1)},
        {"write frm", CSRRWI(FRM, 0, 1)},
        {"write fflags", CSRRWI(FFLAGS, 0, 1)},
        {"c.fld", 0x2108},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(writers); i++) {
        set_case(writers[i].name);
        for (uint64_t from = 1; from <= 2; from++) {
            csr_clear(mstatus, MSTATUS_FS);
            csr_set(mstatus, from << 13);
            expect_legal("works", MODE_M, writers[i].insn);
            check("makes FS dirty", csr_read(mstatus) & (MSTATUS_FS | MSTATUS_SD),
                  MSTATUS_FS | MSTATUS_SD);
        }
    }
    csr_write(fcsr, 0);
    set_case(NULL);
}

int main(void)
{
    rounding_modes();
    registers();
    fs_off();
    fs_dirty();
    return 0;
}
