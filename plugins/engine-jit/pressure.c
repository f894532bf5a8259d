/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pressure.c - how many integer values a stretch of code has at the same time that are in no slot:
 * these want temporaries, and what finds none goes to the frame and comes back.
 */
#include <string.h>
#include "jit.h"
#include "passes/rewrite.h"

/* Whether it is computed, and needed beyond the next operation. A slot's value is read from there.
 */
static bool wants_register(const struct vm_ir_insn *insn, uint32_t i, uint32_t end)
{
    enum vm_ir_type type = jit_result_type(insn);

    return type != VM_NONE && !jit_is_float(type) && insn->op != VM_OP_GET &&
           insn->op != VM_OP_CONST && insn->op != VM_OP_PC && end > i + 1;
}

/* Where each value is used last, or is put into a slot, whichever comes first. */
static void find_ends(const struct vm_ir_unit *ir, uint32_t first, uint32_t last, uint32_t *end)
{
    memset(end + first, 0, (last - first) * sizeof(*end));
    for (uint32_t i = last; i-- > first;)
        for (uint32_t k = 0; k < ir->insns[i].n_args; k++) {
            vm_ir_value v = vm_ir_arg(&ir->insns[i], k);
            if (!end[v] || ir->insns[i].op == VM_OP_PUT)
                end[v] = i;
        }
}

/* Values that are pushed out when there is room for `room` of them: the one that is needed last
 * goes. */
static uint32_t pushed_out(const struct vm_ir_unit *ir, uint32_t first, uint32_t last,
                           const uint32_t *end, uint32_t room)
{
    uint32_t live[JIT_MOST_TEMPS], n = 0, pushed = 0;

    for (uint32_t i = first; i < last; i++) {
        uint32_t kept = 0;
        for (uint32_t k = 0; k < n; k++)
            if (live[k] > i)
                live[kept++] = live[k];
        n = kept;
        if (!wants_register(&ir->insns[i], i, end[i]))
            continue;
        uint32_t worst = 0, value = end[i];
        if (n < room) {
            live[n++] = value;
            continue;
        }
        pushed++;
        for (uint32_t k = 1; k < n; k++)
            worst = live[k] > live[worst] ? k : worst;
        if (n > 0 && live[worst] > value)
            live[worst] = value;
    }
    return pushed;
}

void jit_pressure(const struct vm_ir_unit *ir, uint32_t first, uint32_t last, uint32_t *scratch,
                  uint32_t pushed[JIT_MOST_TEMPS + 1])
{
    find_ends(ir, first, last, scratch);
    for (uint32_t n = 1; n <= JIT_MOST_TEMPS; n++) /* one is for what is used at once */
        pushed[n] += pushed_out(ir, first, last, scratch, n - 1);
}
