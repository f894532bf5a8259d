/* SPDX-License-Identifier: BSD-2-Clause */
/* Start-up of every bare-metal test: stacks, bss, PMP, trap entry, and enter(). */
#include "hart.h"

    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrw mie, zero
    la t0, trap_entry
    csrw mtvec, t0
    csrr s0, mhartid
    li t0, MAX_HARTS
    bgeu s0, t0, park

    la sp, stacks
    li t0, STACK_SIZE
    addi t1, s0, 1
    mul t0, t0, t1
    add sp, sp, t0
    la tp, harts
    li t0, HART_SIZE
    mul t0, t0, s0
    add tp, tp, t0
    csrw mscratch, tp

    /* one NAPOT entry that lets S and U use all memory; the PMP tests change it */
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, 0x6000            /* FS = dirty */
    csrs mstatus, t0
    bnez s0, secondary_start

    la t0, __bss_start
    la t1, __bss_end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:  call hart_init
    fence rw, rw
    la t0, boot_done
    li t1, 1
    sw t1, 0(t0)
    call main
    call finish

/* the other harts wait for a clean bss, then run secondary_main where the test has one */
secondary_start:
    .weak secondary_main
    la t0, boot_done
1:  lw t1, 0(t0)
    beqz t1, 1b
    fence rw, rw
    lla t0, secondary_entry
    ld t0, 0(t0)
    beqz t0, park
    call hart_init
    mv a0, s0
    lla t0, secondary_entry
    ld t0, 0(t0)
    jalr t0
park:
    wfi
    j park

/* mscratch -> hart block: what does not come from zeroed memory */
hart_init:
    csrr t0, mscratch
    csrr t1, mhartid
    sd t1, HART_ID(t0)
    la t2, trap_stacks
    li t3, TRAP_STACK_SIZE
    addi t1, t1, 1
    mul t3, t3, t1
    add t2, t2, t3
    sd t2, HART_STACK(t0)
    ret

/*
 * void enter(struct trap *t, unsigned mode_and_flags, uint64_t pc, uint64_t a0, uint64_t a1)
 * Runs code in the mode until the next trap into M-mode that has no returning hook, then returns
 * with the trap's facts in *t. A function that returns makes an ecall.
 */
    .globl enter
enter:
    csrr t0, mscratch
    sd a0, HART_TRAP(t0)
    sd ra, HART_SAVE + 0(t0)
    sd sp, HART_SAVE + 8(t0)
    sd gp, HART_SAVE + 16(t0)
    sd tp, HART_SAVE + 24(t0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd s\n, HART_SAVE + 32 + 8 * \n(t0)
    .endr
    li t1, 1
    sd t1, HART_ACTIVE(t0)
    li t1, 0x1880            /* MPP, MPIE */
    csrc mstatus, t1
    andi t1, a1, 3
    slli t1, t1, 11
    csrs mstatus, t1
    andi t1, a1, ENTER_MIE
    slli t1, t1, 3           /* bit 4 -> MPIE */
    csrs mstatus, t1
    csrw mepc, a2
    la ra, return_ecall
    mv a0, a3
    mv a1, a4
    mret

    .globl return_ecall
return_ecall:
    .option push
    .option norvc
    ecall
    .option pop

    .balign 4
    .globl trap_entry
trap_entry:
    csrrw t0, mscratch, t0
    sd t1, HART_T1(t0)
    csrr t1, mcause
    bgez t1, 1f
    ld t1, HART_HOOK(t0)
    bnez t1, call_hook
1:  ld t1, HART_ACTIVE(t0)
    beqz t1, unexpected

    sd zero, HART_ACTIVE(t0)
    ld t1, HART_TRAP(t0)
    sd a0, TRAP_A0(t1)
    sd a1, TRAP_A1(t1)
    csrr a0, mcause
    sd a0, TRAP_CAUSE(t1)
    csrr a0, mepc
    sd a0, TRAP_EPC(t1)
    csrr a0, mtval
    sd a0, TRAP_TVAL(t1)
    csrr a0, mstatus
    sd a0, TRAP_STATUS(t1)
    ld ra, HART_SAVE + 0(t0)
    ld sp, HART_SAVE + 8(t0)
    ld gp, HART_SAVE + 16(t0)
    ld tp, HART_SAVE + 24(t0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld s\n, HART_SAVE + 32 + 8 * \n(t0)
    .endr
    csrw mscratch, t0
    ret

unexpected:
    ld sp, HART_STACK(t0)
    csrw mscratch, t0
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    tail unexpected_trap

/* An interrupt that returns: hook(mcause) on the trap stack, all caller-saved registers kept. */
call_hook:
    ld t1, HART_STACK(t0)
    addi t1, t1, -160
    sd sp, 0(t1)
    mv sp, t1
    sd ra, 8(sp)
    ld t1, HART_T1(t0)
    sd t1, 16(sp)
    csrr t1, mscratch        /* the interrupted t0 */
    sd t1, 24(sp)
    csrw mscratch, t0
    sd t2, 32(sp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    sd a\n, 40 + 8 * \n(sp)
    .endr
    sd t3, 104(sp)
    sd t4, 112(sp)
    sd t5, 120(sp)
    sd t6, 128(sp)
    sd gp, 136(sp)
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrr a0, mcause
    ld t1, HART_HOOK(t0)
    jalr t1
    ld gp, 136(sp)
    ld t6, 128(sp)
    ld t5, 120(sp)
    ld t4, 112(sp)
    ld t3, 104(sp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    ld a\n, 40 + 8 * \n(sp)
    .endr
    ld t2, 32(sp)
    ld t0, 24(sp)
    ld t1, 16(sp)
    ld ra, 8(sp)
    ld sp, 0(sp)
    mret

    .section .data
    .balign 8
secondary_entry:
    .dword secondary_main
boot_done:
    .word 0

    .section .bss
    .balign 16
    .globl harts
harts:
    .skip MAX_HARTS * HART_SIZE
    .balign 16
stacks:
    .skip MAX_HARTS * STACK_SIZE
trap_stacks:
    .skip MAX_HARTS * TRAP_STACK_SIZE
