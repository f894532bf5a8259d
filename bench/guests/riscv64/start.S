/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S - BENCH_HARTS harts, each with a stack, its own variables below that, and floating point
 * on; then main(hart). The others sleep.
 */
#define STACK_SHIFT 16

    .section .text.start, "ax"
    .globl _start
_start:
    csrr s0, mhartid
    li t0, BENCH_HARTS
    bgeu s0, t0, park
    la tp, stacks
    slli t0, s0, STACK_SHIFT
    add tp, tp, t0
    li t0, 1 << STACK_SHIFT
    add sp, tp, t0
    li t0, 0x6000
    csrs mstatus, t0
    la t2, cleared
    bnez s0, 3f

    la t0, __bss_start
    la t1, _end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:  li t0, 1
    fence rw, w
    sw t0, 0(t2)

3:  lw t0, 0(t2)
    beqz t0, 3b
    fence r, rw
    mv a0, s0
    call main
    bnez s0, park
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
park:
    wfi
    j park

    .data
    .balign 4
cleared:
    .word 0

    .bss
    .balign 16
stacks:
    .skip BENCH_HARTS << STACK_SHIFT
