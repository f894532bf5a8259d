/* SPDX-License-Identifier: BSD-2-Clause */
/* How the loop stops: exact pc and instruction count for faults, pending exits and exits without a
 * link. */
#include "interp.h"

/* The guest instruction to which a place belongs: the last one that starts at it or before it. */
static uint32_t insn_at(const struct interp_code *code, const struct interp_insn *place)
{
    uint32_t index = (uint32_t)(place - code->code), low = 0, high = (uint32_t)code->guest_insns;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (code->marks[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void interp_give_back(struct vm_cpu *cpu, int32_t count)
{
    int32_t now = atomic_load_explicit(&cpu->countdown, memory_order_relaxed);

    atomic_store_explicit(&cpu->countdown, now + count, memory_order_relaxed);
}

enum vm_exit interp_leave(struct vm_cpu *cpu)
{
    uint32_t pending = cpu->pending_exit;

    cpu->pending_exit = VM_EXIT_NONE;
    cpu->exit_unit = NULL;
    return pending == VM_EXIT_NONE ? VM_EXIT_NEXT : (enum vm_exit)pending;
}

enum vm_exit interp_leave_trap(struct vm_cpu *cpu, const struct interp_code *code,
                               const struct interp_insn *place)
{
    uint32_t insn = insn_at(code, place);

    cpu->pc += code->marks[insn].delta;
    interp_give_back(cpu, code->guest_insns - (int32_t)insn);
    cpu->pending_exit = VM_EXIT_NONE;
    cpu->exit_unit = NULL;
    return VM_EXIT_TRAP;
}

bool interp_ends_insn(struct vm_cpu *cpu, const struct interp_code *code,
                      const struct interp_insn *place)
{
    uint32_t insn = insn_at(code, place - 1), index = (uint32_t)(place - code->code);

    if (insn + 1 < (uint32_t)code->guest_insns) {
        if (code->marks[insn + 1].first != index)
            return false;
        cpu->pc += code->marks[insn + 1].delta;
        interp_give_back(cpu, code->guest_insns - (int32_t)(insn + 1));
        return true;
    }
    if (place->handler != interp_handlers()[I_EXIT])
        return false;
    cpu->pc += (uint64_t)(int64_t)place->delta;
    return true;
}

static uint32_t exit_index(const struct interp_code *code, const struct interp_insn *record)
{
    uint32_t place = (uint32_t)(record - code->code), i = 0;

    while (i + 1 < code->n_exits && code->exits[i] != place)
        i++;
    return i;
}

struct interp_code *interp_unlinked(struct vm_cpu *cpu, const struct interp_code *code,
                                    const struct interp_insn *record)
{
    uint64_t target = code->unit->page_offset + (uint64_t)(int64_t)record->delta;

    /* The core never links to another page: those go through the jump cache, like indirect jumps.
     */
    if (target >= VM_PAGE_SIZE) {
        const struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(cpu->pc)];
        if (e->pc == cpu->pc && e->tag == cpu->jump_tag)
            return e->entry;
    }
    cpu->exit_unit = code->unit;
    cpu->exit_index = exit_index(code, record);
    return NULL;
}
