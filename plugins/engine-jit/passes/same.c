/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: puts of what is in the slot already, whichever way the block was reached. */
#include <stdlib.h>
#include "facts.h"
#include "rewrite.h"

static bool drop(struct vm_ir_unit *ir, const struct vm_arch_ops *arch, const bool *dropped)
{
    struct jit_rewrite rw;

    if (!jit_rewrite_begin(&rw, ir, arch))
        return false;
    for (uint32_t i = 0; i < ir->n_insns; i++)
        if (!dropped[i])
            jit_rewrite_copy(&rw, i);
    return jit_rewrite_end(&rw);
}

bool jit_pass_same(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                   struct jit_pass_stats *stats)
{
    struct jit_flow flow;

    if (ir->insns[0].op != VM_OP_LABEL || !jit_flow_blocks(&flow, ir))
        return true;
    struct jit_facts *facts = jit_facts_new(ir, arch);
    bool *dropped = calloc(ir->n_insns, sizeof(*dropped)), ok = facts && dropped;
    if (ok) {
        uint64_t all = flow.n == JIT_MAX_BLOCKS ? UINT64_MAX : JIT_BIT(flow.n) - 1;
        jit_facts_begin(facts, flow.entries, JIT_MAX_BLOCKS);
        uint32_t n = jit_facts_settle(facts, &flow, all, dropped);
        stats->forwarded += n;
        ok = n == 0 || drop(ir, arch, dropped);
    }
    free(dropped);
    jit_facts_free(facts);
    return ok;
}
