/* SPDX-License-Identifier: BSD-2-Clause */
/* slots.h - what an engine derives from an arch's table of slots. To be included by one file of it.
 */
#ifndef ENGINE_COMMON_SLOTS_H
#define ENGINE_COMMON_SLOTS_H

#include <vmrun/arch.h>

static inline uint32_t slot_bytes(const struct vm_slot *slot)
{
    if (slot->type == VM_V128)
        return 16;
    return slot->type == VM_I32 || slot->type == VM_F32 ? 4 : 8;
}

static inline void join_rings(uint32_t *next, uint32_t s, uint32_t t)
{
    uint32_t i = s, after = next[s];

    do {
        if (i == t)
            return;
        i = next[i];
    } while (i != s);
    next[s] = next[t];
    next[t] = after;
}

/* Links each slot with the others that share bytes with it, in a ring: `overlap` has n_slots words.
 */
static inline void find_overlaps(const struct vm_arch_ops *arch, uint32_t *overlap)
{
    const struct vm_slot *slots = arch->slots;

    for (uint32_t s = 0; s < arch->n_slots; s++) {
        overlap[s] = s;
        for (uint32_t t = 0; t < s; t++) {
            if (slots[s].offset < slots[t].offset + slot_bytes(&slots[t]) &&
                slots[t].offset < slots[s].offset + slot_bytes(&slots[s]))
                join_rings(overlap, s, t);
        }
    }
}

#endif
