/* SPDX-License-Identifier: BSD-2-Clause */
/* From guest words to one unit of IR: decodes, and calls the semantics of each instruction. */
#include "emit.h"
#include "sysregs.h"

#define UNIT_MAX_INSNS 64

static uint32_t load_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void emit_undefined(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    end_trap(t, A64_ESR(A64_EC_UNDEFINED, 0), ir_const(t, 0));
}

/* ---- around an instruction ---- */

/* What an indirect branch in a guarded page may lead to: these look at BTYPE themselves. */
static bool is_landing_pad(const struct a64_insn *in)
{
    bool sign_sp = in->pattern->emit == emit_pauth_hint &&
                   (a64_field(in, 5, 7) == 0x19 || a64_field(in, 5, 7) == 0x1b);

    return sign_sp || in->pattern->emit == emit_bti || in->pattern->emit == emit_brk ||
           in->pattern->emit == emit_hlt;
}

/* BTYPE is not 0 only behind an indirect branch, and that ends a unit. */
static void check_branch_target(struct a64_translation *t, const struct a64_insn *in, bool legal)
{
    if (t->delta != 0 || !a64_has(t->arch, A64_FEATURE(BTI)) || (legal && is_landing_pad(in)))
        return;
    vm_ir_2(t->ir, VM_OP_TRAP_IF, VM_NONE, 0, (int64_t)(A64_ESR(A64_EC_BTI, 0) | A64_TRAP_BTI),
            get_slot(t, VM_I64, A64_SLOT_BTYPE), ir_const(t, 0));
}

static void emit_insn(struct a64_translation *t, const struct a64_insn *in, bool legal)
{
    vm_ir_0(t->ir, VM_OP_INSN, VM_NONE, 4, t->delta);
    if (t->key[0] & A64_KEY_SS)
        CALL(t, A64_HELPER_STEP, ir_const(t, in->raw));
    if (t->key[0] & A64_KEY_BREAK)
        CALL(t, A64_HELPER_BREAKPOINT, ir_pc(t, 0));
    check_branch_target(t, in, legal);
    if (legal)
        in->pattern->emit(t, in);
    else
        emit_undefined(t, in);
}

/* ---- units ---- */

/* Behind a conditional branch a unit goes on with what tests the same flags: there they are known.
 */
static bool tests_flags(const struct a64_insn *in)
{
    switch (in->pattern->format) {
    case A64_FORMAT_BCOND:
    case A64_FORMAT_CSEL:
    case A64_FORMAT_CCMP:
    case A64_FORMAT_CCMPIMM:
        return true;
    default:
        return false;
    }
}

/* Whether the unit ends before `in`, the one behind its n-th instruction. To test the same flags
 * again it always goes on behind a branch. */
static bool ends_before(struct a64_translation *t, const struct a64_insn *in, bool legal,
                        bool alone)
{
    if (alone || (t->key[0] & A64_KEY_SS))
        return true;
    if (!t->branched || (t->on_flags && legal && tests_flags(in)))
        return false;
    if (t->branches == 0)
        return true;
    t->branches--;
    return false;
}

/* No instruction, and perhaps no room for one on the page: it counts as one byte. */
static void emit_misaligned(struct a64_translation *t)
{
    vm_ir_0(t->ir, VM_OP_INSN, VM_NONE, 1, 0);
    end_trap(t, A64_ESR(A64_EC_PC_ALIGN, 0), ir_pc(t, 0));
}

int a64_translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir)
{
    struct a64_translation t = {
        .ir = ir,
        .arch = arch,
        .key = {code->key[0], code->key[1]},
        .page_offset = code->page_offset,
        .branches = code->branches,
        .sp_aligned = !(code->key[0] & A64_KEY_SP_ALIGN),
    };
    uint32_t limit = code->max_insns < UNIT_MAX_INSNS ? code->max_insns : UNIT_MAX_INSNS;
    bool alone = false;

    if (code->page_offset % 4 != 0)
        emit_misaligned(&t);
    for (uint32_t n = 0; !t.ended; n++) {
        struct a64_insn in;
        bool legal, more = n == 0 || (n < limit && t.delta + 4 <= code->n_bytes && !alone);
        if (more) {
            legal = a64_decode(load_word(code->bytes + t.delta), t.arch->features, &in);
            alone = legal && a64_insn_alone(t.arch, &in);
        }
        if (!more || (n > 0 && ends_before(&t, &in, legal, alone))) {
            end_exit(&t, 0);
            break;
        }
        t.branched = t.on_flags = false;
        emit_insn(&t, &in, legal);
        t.delta += 4;
    }
    return ir->failed ? VM_TRANSLATE_ERROR : VM_TRANSLATE_OK;
}
