/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicntr: cycle, time, instret; who may read them (mcounteren, scounteren); mcountinhibit. */
#include "insn.h"
#include "test.h"

#define CYCLE   0xc00
#define TIME    0xc01
#define INSTRET 0xc02

static void spin(unsigned n)
{
    for (volatile unsigned i = 0; i < n; i++)
        ;
}

static void counting(void)
{
    uint64_t cycle = csr_read(cycle), instret = csr_read(instret), time = csr_read(time);
    uint64_t d;

    spin(1000);
    d = csr_read(instret) - instret;
    check_true("instret counts the loop", d >= 4000 && d < 40000);
    check_true("cycle counts", csr_read(cycle) > cycle);
    for (unsigned i = 0; i < 1000 && csr_read(time) == time; i++)
        spin(1000);
    check_true("time counts", csr_read(time) > time);
    d = csr_read(minstret);
    check_true("minstret is instret", csr_read(instret) - d < 1000);

    /* the time CSR is the CLINT's mtime */
    time = csr_read(time);
    d = mtime();
    check_true("mtime is at or after time", d >= time);
    check_true("time is at or after mtime", csr_read(time) >= d);
    check_true("and close to it", csr_read(time) - time < 10000000);
}

static void writing(void)
{
    csr_write(mcycle, 0x100000000000);
    check_true("mcycle is writable", csr_read(mcycle) - 0x100000000000 < 0x100000000);
    check_true("cycle is mcycle", csr_read(cycle) - 0x100000000000 < 0x100000000);
    csr_write(minstret, 0x200000000000);
    check_true("minstret is writable", csr_read(minstret) - 0x200000000000 < 100000);
    check_true("instret is minstret", csr_read(instret) - 0x200000000000 < 100000);
    csr_write(minstret, ~0ul - 10);
    spin(100);
    check_true("minstret wraps around", csr_read(minstret) < 100000);
}

static void inhibit(void)
{
    uint64_t cycle, instret;

    csr_write(mcountinhibit, 5);
    check("mcountinhibit keeps CY and IR", csr_read(mcountinhibit) & 7, 5);
    cycle = csr_read(mcycle);
    instret = csr_read(minstret);
    spin(1000);
    check("mcycle stands still", csr_read(mcycle), cycle);
    check("minstret stands still", csr_read(minstret), instret);
    csr_write(mcountinhibit, 0);
    spin(1000);
    check_true("mcycle counts again", csr_read(mcycle) > cycle);
    check_true("minstret counts again", csr_read(minstret) > instret);
    csr_write(mcountinhibit, 2);
    check("mcountinhibit bit 1 is 0", csr_read(mcountinhibit) & 2, 0);
    csr_write(mcountinhibit, 0);
}

/* S needs the bit of mcounteren, U those of both */
static void permissions(void)
{
    struct trap t;

    for (unsigned m = 0; m < 8; m++) {
        for (unsigned s = 0; s < 8; s++) {
            csr_write(mcounteren, m);
            csr_write(scounteren, s);
            set_case_number(m << 4 | s);
            for (unsigned i = 0; i < 3; i++) {
                uint32_t insn = CSRRS(CYCLE + i, REG_A0, 0);

                try_insn(&t, MODE_M, insn, 0, 0);
                check_trap("M always may", &t, CAUSE_ECALL_M, ANY, ANY);
                try_insn(&t, MODE_S, insn, 0, 0);
                if (m >> i & 1)
                    check_trap("S may", &t, CAUSE_ECALL_S, ANY, ANY);
                else
                    check_illegal("S may not", &t, (uint64_t)try_buffer, insn);
                try_insn(&t, MODE_U, insn, 0, 0);
                if (m & s & 1u << i)
                    check_trap("U may", &t, CAUSE_ECALL_U, ANY, ANY);
                else
                    check_illegal("U may not", &t, (uint64_t)try_buffer, insn);
            }
        }
    }
    set_case(NULL);
}

int main(void)
{
    struct trap t;

    counting();
    writing();
    inhibit();
    permissions();
    set_case("hpmcounter");
    try_insn(&t, MODE_M, CSRRS(0xb03, REG_A0, 0), 0, 0);
    check_trap("mhpmcounter3 exists", &t, CAUSE_ECALL_M, ANY, ANY);
    try_insn(&t, MODE_M, CSRRS(0x323, REG_A0, 0), 0, 0);
    check_trap("mhpmevent3 exists", &t, CAUSE_ECALL_M, ANY, ANY);
    return 0;
}
