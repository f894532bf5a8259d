/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that C and assembler share. */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#define MAX_CPUS   8
#define STACK_SIZE 16384

/* struct cpu */
#define CPU_ACTIVE 0
#define CPU_TRAP   8
#define CPU_X1     16
#define CPU_SAVE   24 /* x19..x30, sp */
#define CPU_SIZE   128

/* struct trap */
#define TRAP_ESR  0
#define TRAP_ELR  8
#define TRAP_FAR  16
#define TRAP_SPSR 24
#define TRAP_X0   32
#define TRAP_X1   40

#endif
