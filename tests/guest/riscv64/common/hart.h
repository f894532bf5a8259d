/* SPDX-License-Identifier: BSD-2-Clause */
/* The per-hart block that mscratch points at: its layout, shared by start.S and C. */
#ifndef GUEST_HART_H
#define GUEST_HART_H

#define MAX_HARTS       8
#define STACK_SIZE      16384
#define TRAP_STACK_SIZE 8192

#define HART_ACTIVE 0   /* enter() is under way: the next trap ends it */
#define HART_HOOK   8   /* C handler for interrupts that return, or 0 */
#define HART_TRAP   16  /* where enter()'s caller wants the trap's facts */
#define HART_SAVE   24  /* ra sp gp tp s0..s11 of enter()'s caller */
#define HART_T1     152 /* scratch of the trap entry */
#define HART_STACK  160 /* top of the trap stack */
#define HART_ID     168
#define HART_SIZE   176

#define TRAP_CAUSE  0
#define TRAP_EPC    8
#define TRAP_TVAL   16
#define TRAP_STATUS 24
#define TRAP_A0     32
#define TRAP_A1     40

#define ENTER_MIE 0x10 /* flag of enter(): mstatus.MIE is 1 in the entered code */

#endif
