/* SPDX-License-Identifier: BSD-2-Clause */
/* vgic.h - the GIC's virtual CPU interface. */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include "state.h"

/* Whether a GIC register's number (with A64_GIC_VIRTUAL) means one that is here. */
bool a64_vgic_has(uint32_t number);
/* One access. -1: there is no such register. */
int a64_vgic_access(struct vm_cpu *cpu, uint32_t number, bool write, uint64_t value, uint64_t *old);
/* The lines, from the registers. */
void a64_vgic_update(struct vm_cpu *cpu);

#endif
