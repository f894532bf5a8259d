/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: one handler per operation, each ending in a jump to the next one's. Everything that is
 * not the straight way of an operation is a call, so that the compiler keeps the few variables of
 * the loop in registers.
 */
#include "alu.h"
#include "interp.h"
#include "steps.h"

typedef uint64_t cell_t __attribute__((may_alias));
typedef uint32_t half_t __attribute__((may_alias));

static const int32_t *handlers;

const int32_t *interp_handlers(void)
{
    if (!handlers)
        interp_run(NULL, NULL);
    return handlers;
}

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* memops of the fast handlers. */
#define MEMOP_U8      0
#define MEMOP_S8      (0 | VM_MEMOP_SIGNED)
#define MEMOP_U16     1
#define MEMOP_S16     (1 | VM_MEMOP_SIGNED)
#define MEMOP_U32     2
#define MEMOP_S32     (2 | VM_MEMOP_SIGNED)
#define MEMOP_64      3
#define MEMOP_8       0
#define MEMOP_16      1
#define MEMOP_32      2
#define MEMOP_DATA(m) ((m) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

/*
 * The tag must equal the address less what lies inside the page, where the bits that make an access
 * misaligned are left in: a misaligned one never matches and takes the slow path.
 */
static inline const struct vm_tlb_entry *fast_entry(const struct vm_cpu *cpu, uint64_t va,
                                                    uint64_t size, enum vm_access access)
{
    const struct vm_tlb_view *view = &cpu->tlb[VM_MMU_DATA];
    const struct vm_tlb_entry *e = &view->entries[vm_tlb_index(va, view->mask)];

    return LIKELY(e->tag[access] == (va & (VM_PAGE_MASK | (size - 1)))) ? e : NULL;
}

/* vm_ram_load and vm_ram_store for what is known to be aligned. */
static inline uint64_t ram_load(uint64_t host, uint32_t size)
{
    if (host & (size - 1))
        __builtin_unreachable();
    return vm_ram_load((const void *)(uintptr_t)host, size);
}

static inline void ram_store(uint64_t host, uint32_t size, uint64_t v)
{
    if (host & (size - 1))
        __builtin_unreachable();
    vm_ram_store((void *)(uintptr_t)host, size, v);
}

enum vm_exit interp_run(struct vm_cpu *cpu, struct interp_code *code)
{
#define INTERP_ONE(name) [I_##name] = &&do_##name - &&base_label,
    static const int32_t offsets[I_COUNT] = {INTERP_ALL};
#undef INTERP_ONE

    if (!cpu) {
        handlers = offsets;
        return VM_EXIT_NONE;
    }

    uint8_t *const base = cpu->state;
    const struct interp_insn *ip, *record;
    uint64_t acc = 0;
    int32_t given_back;

    ENTER(code, 0);

base_label:

#include "handlers.h"

    /* ---- ways out ---- */

unlinked : {
    struct interp_code *to = interp_unlinked(cpu, code, record);
    acc = 0;
    if (to)
        ENTER(to, given_back);
    interp_give_back(cpu, given_back);
    return VM_EXIT_NEXT;
}
pending:
    if (interp_ends_insn(cpu, code, ip))
        return interp_leave(cpu);
    acc = 0;
    DISPATCH();
state:
    if (cpu->pending_exit == VM_EXIT_NONE || cpu->pending_exit == VM_EXIT_NEXT)
        cpu->pending_exit = VM_EXIT_STATE;
    return interp_leave(cpu);
fault:
    return interp_leave_trap(cpu, code, ip);
hot:
    interp_give_back(cpu, code->guest_insns);
    cpu->exit_unit = code->unit;
    return VM_EXIT_HOT;
poll:
    cpu->exit_unit = NULL;
    return VM_EXIT_POLL;
}
