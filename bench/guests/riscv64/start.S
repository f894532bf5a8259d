/* SPDX-License-Identifier: BSD-2-Clause */
/* start.S - one hart, a stack, floating point on, then main(); the others sleep. */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
    bnez t0, park
    la sp, stack_top
    li t0, 0x6000
    csrs mstatus, t0
    la t0, __bss_start
    la t1, _end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:  call main
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
park:
    wfi
    j park

    .bss
    .balign 16
stack:
    .skip 65536
stack_top:
