/* SPDX-License-Identifier: BSD-2-Clause */
/* From guest bytes to one unit of IR: fetches, decodes, and calls the semantics of each
 * instruction. */
#include "emit.h"

#define UNIT_MAX_INSNS 64

/* `count` little-endian bytes. */
static uint32_t load_bytes(const uint8_t *bytes, uint32_t count)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < count; i++)
        value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

enum fetch { FETCH_OK, FETCH_END, FETCH_FAULT };

/*
 * The instruction word at `delta`. One that straddles pages is a unit of its own: FETCH_END if it
 * is not the first, and *straddles set if it is.
 */
static enum fetch fetch(struct vm_code *code, uint32_t delta, uint32_t *raw, bool *straddles)
{
    if (delta + 2 > code->n_bytes)
        return FETCH_END;
    *raw = load_bytes(code->bytes + delta, 2);
    if (rv_insn_length(*raw) == 2)
        return FETCH_OK;
    if (delta + 4 > code->n_bytes) {
        if (delta != 0)
            return FETCH_END;
        if (code->more(code) < 4)
            return FETCH_FAULT;
        *straddles = true;
    }
    *raw = load_bytes(code->bytes + delta, 4);
    return FETCH_OK;
}

void emit_illegal(struct rv_translation *t, const struct rv_insn *in)
{
    end_trap(t, RV_CAUSE_ILLEGAL, ir_const(t, in->raw));
}

/* FS becomes dirty with the first FP instruction; the unit then ends, so that what follows runs
 * under the mode that knows it. */
static void set_fs_dirty(struct rv_translation *t)
{
    vm_ir_value mstatus = get_slot(t, VM_I64, RV_SLOT_MSTATUS);

    put_slot(t, VM_I64, RV_SLOT_MSTATUS, binary(t, VM_OP_OR, mstatus, ir_const(t, MSTATUS_FS)));
}

static void emit_insn(struct rv_translation *t, const struct rv_insn *in, bool legal)
{
    vm_ir_0(t->ir, VM_OP_INSN, VM_NONE, in->length, t->delta);
    t->dirties_fp = false;
    if (legal)
        in->pattern->emit(t, in);
    else
        emit_illegal(t, in);
    if (t->dirties_fp && !t->ended) {
        set_fs_dirty(t);
        end_state(t, in->length);
    }
}

int rv_translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir)
{
    struct rv_translation t = {
        .ir = ir,
        .arch = arch,
        .privilege = RV_KEY_PRIVILEGE(code->key[0]),
        .fs = RV_KEY_FS(code->key[0]),
        .frm = RV_KEY_FRM(code->key[0]),
        .branches = code->branches,
    };
    uint32_t limit = code->max_insns < UNIT_MAX_INSNS ? code->max_insns : UNIT_MAX_INSNS;
    bool straddles = false;

    for (uint32_t n = 0; !t.ended; n++) {
        struct rv_insn in;
        uint32_t raw;
        enum fetch result = n > 0 && (n >= limit || straddles || t.alone)
                                ? FETCH_END
                                : fetch(code, t.delta, &raw, &straddles);
        if (result == FETCH_FAULT)
            return VM_TRANSLATE_FAULT;
        bool legal = result == FETCH_OK && rv_decode(raw, t.arch->extensions, &in);
        t.alone = legal && rv_insn_alone(t.arch, &in);
        if (result == FETCH_END || (t.alone && n > 0)) {
            end_exit(&t, 0);
            break;
        }
        emit_insn(&t, &in, legal);
        t.delta += in.length;
    }
    return ir->failed ? VM_TRANSLATE_ERROR : VM_TRANSLATE_OK;
}
