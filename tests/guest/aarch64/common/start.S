/* SPDX-License-Identifier: BSD-2-Clause */
/* Start-up of every bare-metal test, exception vectors, try_at() and enter_el0(). */
#include "cpu.h"

    .section .text.start, "ax"
    .globl _start
_start:
    ldr x1, =__bss_start
    ldr x2, =__bss_end
1:  cmp x1, x2
    b.hs 2f
    str xzr, [x1], #8
    b 1b
2:  mov x0, #0
    bl prepare
    bl main
    bl finish

/* Where PSCI starts another vCPU: its number is in x0. */
    .globl secondary_start
secondary_start:
    bl prepare
    bl secondary_main
3:  wfi
    b 3b

/* Stack, vectors, translation of vCPU x0, which stays in x0. */
prepare:
    mov x19, x30
    ldr x1, =stacks + STACK_SIZE
    mov x2, #STACK_SIZE
    madd x1, x0, x2, x1
    mov sp, x1
    ldr x1, =cpus
    mov x2, #CPU_SIZE
    madd x1, x0, x2, x1
    msr tpidr_el1, x1
    ldr x1, =vectors
    msr vbar_el1, x1
    mov x20, x0
    bl translation_on
    mov x0, x20
    ret x19

/* Keeps what a function must, for the exception that ends it; x9: this vCPU. */
    .macro save_context
    mrs x9, tpidr_el1
    str x0, [x9, #CPU_TRAP]
    stp x19, x20, [x9, #CPU_SAVE]
    stp x21, x22, [x9, #CPU_SAVE + 16]
    stp x23, x24, [x9, #CPU_SAVE + 32]
    stp x25, x26, [x9, #CPU_SAVE + 48]
    stp x27, x28, [x9, #CPU_SAVE + 64]
    stp x29, x30, [x9, #CPU_SAVE + 80]
    mov x10, sp
    str x10, [x9, #CPU_SAVE + 96]
    mov x10, #1
    str x10, [x9, #CPU_ACTIVE]
    .endm

/*
 * uint64_t try_at(struct trap *t, uint64_t pc, uint64_t x0, uint64_t x1): calls code at this level.
 * 1 if it ended in an exception, whose facts are in *t then; 0 if it returned. t has x0 and x1.
 */
    .globl try_at
try_at:
    save_context
    mov x10, x1
    mov x0, x2
    mov x1, x3
    blr x10
    mrs x9, tpidr_el1
    str xzr, [x9, #CPU_ACTIVE]
    ldr x10, [x9, #CPU_TRAP]
    stp x0, x1, [x10, #TRAP_X0]
    mov x0, #0
    ldr x30, [x9, #CPU_SAVE + 88]
    ret

/* void enter_el0(struct trap *t, uint64_t pc, uint64_t x0, uint64_t x1): until the next exception. */
    .globl enter_el0
enter_el0:
    save_context
    ldr x9, =user_stack_top
    ldr x9, [x9]
    msr sp_el0, x9
    mov x9, #0x3c0
    msr spsr_el1, x9
    msr elr_el1, x1
    mov x0, x2
    mov x1, x3
    eret

synchronous:
    msr tpidrro_el0, x0
    mrs x0, tpidr_el1
    str x1, [x0, #CPU_X1]
    ldr x1, [x0, #CPU_ACTIVE]
    cbz x1, unexpected
    str xzr, [x0, #CPU_ACTIVE]
    ldr x1, [x0, #CPU_X1]
    mov x9, x0
    ldr x10, [x9, #CPU_TRAP]
    mrs x0, tpidrro_el0
    stp x0, x1, [x10, #TRAP_X0]
    mrs x0, esr_el1
    mrs x1, elr_el1
    stp x0, x1, [x10, #TRAP_ESR]
    mrs x0, far_el1
    mrs x1, spsr_el1
    stp x0, x1, [x10, #TRAP_FAR]
    ldp x19, x20, [x9, #CPU_SAVE]
    ldp x21, x22, [x9, #CPU_SAVE + 16]
    ldp x23, x24, [x9, #CPU_SAVE + 32]
    ldp x25, x26, [x9, #CPU_SAVE + 48]
    ldp x27, x28, [x9, #CPU_SAVE + 64]
    ldp x29, x30, [x9, #CPU_SAVE + 80]
    ldr x10, [x9, #CPU_SAVE + 96]
    mov sp, x10
    mov x0, #1
    ret

unexpected:
    ldr x1, =stacks + STACK_SIZE
    mov sp, x1
    mrs x0, esr_el1
    mrs x1, elr_el1
    mrs x2, far_el1
    bl unexpected_exception

    .balign 2048
vectors:
    .rept 4
    .balign 128
    b synchronous
    .balign 128
    b unexpected
    .balign 128
    b unexpected
    .balign 128
    b unexpected
    .endr

    .section .bss
    .balign 16
cpus:
    .skip MAX_CPUS * CPU_SIZE
stacks:
    .skip MAX_CPUS * STACK_SIZE
