/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loops of wander.c, in a page of their own. a0 points at base, mask, steps, seed and turns.
 * At the end, or at a fault, a0 is what is left to do and a1 the sum of what was loaded.
 */
    .macro NEXT base         /* t0 = base + (random & mask) */
    slli t0, a3, 13
    xor a3, a3, t0
    srli t0, a3, 7
    xor a3, a3, t0
    slli t0, a3, 17
    xor a3, a3, t0
    srli t0, a3, 20
    and t0, t0, a5
    add t0, t0, \base
    .endm

    .macro READ base         /* the 8 bytes there */
    NEXT \base
    ld t1, 0(t0)
    add a1, a1, t1
    .endm

    .macro STEP base         /* adds one to them */
    READ \base
    addi t1, t1, 1
    sd t1, 0(t0)
    .endm

    .text
    .balign 4096
    .globl wander_steps, wander_turns, wander_frames
wander_steps:                /* as many reads as there are turns, and then the steps */
    mv t6, a0
    ld a4, 0(t6)
    ld a5, 8(t6)
    ld a0, 16(t6)
    ld a3, 24(t6)
    ld a2, 32(t6)
    li a1, 0
    beqz a2, 1f
2:
    READ a4
    addi a2, a2, -1
    bnez a2, 2b
1:
    STEP a4
    addi a0, a0, -1
    bnez a0, 1b
    ecall

/* as many steps at the base and in the next one of the ranges behind it, by turns */
wander_turns:
    mv t6, a0
    ld a4, 0(t6)
    ld a5, 8(t6)
    ld a3, 24(t6)
    ld a0, 32(t6)
    mv a6, a4
    li a7, 0x1000000
    li a1, 0
1:
    ld a2, 16(t6)
2:
    STEP a4
    addi a2, a2, -1
    bnez a2, 2b
    ld a2, 16(t6)
    add a6, a6, a7
3:
    STEP a6
    addi a2, a2, -1
    bnez a2, 3b
    addi a0, a0, -1
    bnez a0, 1b
    ecall

/* as many steps, each of which reads and writes about one place: four accesses off one register */
wander_frames:
    mv t6, a0
    ld a4, 0(t6)
    ld a5, 8(t6)
    ld a0, 16(t6)
    ld a3, 24(t6)
    li a1, 0
4:
    NEXT a4
    ld t1, -16(t0)
    ld t2, 8(t0)
    add a1, a1, t1
    addi t1, t1, 1
    sd t1, 24(t0)
    add a1, a1, t2
    addi t2, t2, 3
    sd t2, -8(t0)
    addi a0, a0, -1
    bnez a0, 4b
    ecall
    .balign 4096
