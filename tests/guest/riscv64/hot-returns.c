/* SPDX-License-Identifier: BSD-2-Clause */
/* Hot code that ends with mret to a place inside of its page, and looks where it is just before. */
#include "insn.h"
#include "test.h"

#define TURNS 40000ul

int main(void)
{
    uint64_t turns = 0, left = TURNS, place = 0, difference = 0;

    set_case("mret");
    __asm__ volatile(
        "1:  li t2, 3\n"
        "2:  addi t2, t2, -1\n"
        "    bnez t2, 2b\n"
        "    csrs mstatus, %[mpp]\n"
        "    la t0, 3f\n"
        "    csrw mepc, t0\n"
        "    auipc %[place], 0\n"
        "    mret\n"
        "    j 4f\n"
        "3:  sub t0, t0, %[place]\n"
        "    add %[difference], %[difference], t0\n"
        "    addi %[turns], %[turns], 1\n"
        "    addi %[left], %[left], -1\n"
        "    bnez %[left], 1b\n"
        "4:\n"
        : [turns] "+r"(turns), [left] "+r"(left), [place] "+r"(place), [difference] "+r"(difference)
        : [mpp] "r"(MSTATUS_MPP)
        : "t0", "t2", "memory");
    check("turns", turns, TURNS);
    check("distance", difference, TURNS * 10);
    return 0;
}
