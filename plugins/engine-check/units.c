/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a unit: engine b's code for the whole of it, engine a's for each block. */
#include <stdlib.h>
#include <string.h>
#include "check.h"

/* ---- blocks of a region ---- */

static bool has_delta(uint32_t op)
{
    return op == VM_OP_PC || op == VM_OP_INSN || op == VM_OP_EXIT || op == VM_OP_EXIT_IF ||
           op == VM_OP_EXIT_STATE;
}

static bool is_exit(const struct vm_ir_insn *insn)
{
    return insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF;
}

/* An indirect jump that may go on at the region's targets: in a's code it compares with each. */
static bool may_stay(const struct vm_ir_insn *insn)
{
    return insn->op == VM_OP_EXIT_TO && insn->aux == VM_JUMP_PLAIN;
}

static bool is_target(const struct vm_ir_insn *insn)
{
    return insn->op == VM_OP_LABEL && insn->aux & VM_LABEL_TARGET;
}

static void ask_for_targets(struct vm_ir_unit *out, const struct vm_ir_unit *ir, vm_ir_value jump,
                            int64_t delta)
{
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        int64_t to = ir->insns[i].imm - delta;
        if (!is_target(&ir->insns[i]))
            continue;
        vm_ir_value place = vm_ir_0(out, VM_OP_PC, VM_NONE, 0, to);
        vm_ir_value same = vm_ir_2(out, VM_OP_EQ, VM_I64, 0, 0, jump, place);
        vm_ir_1(out, VM_OP_EXIT_IF, VM_NONE, 0, to, same);
    }
}

/* Copies instructions [from, to) of a region into a unit of its own that begins at `delta`. */
static void copy_block(struct vm_ir_unit *out, const struct vm_ir_unit *ir, uint32_t from,
                       uint32_t to, int64_t delta)
{
    for (uint32_t i = from; i < to && !out->failed; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        vm_ir_value args[6] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE};
        for (uint32_t k = 0; k < insn->n_args; k++)
            args[k] = vm_ir_arg(insn, k) - from;
        if (may_stay(insn))
            ask_for_targets(out, ir, args[0], delta);
        if (insn->op == VM_OP_CALL)
            vm_ir_call(out, insn->aux, insn->n_args, args);
        else
            vm_ir_emit(out, (enum vm_ir_op)insn->op, (enum vm_ir_type)insn->type,
                       is_exit(insn) ? 0 : insn->aux, insn->imm - (has_delta(insn->op) ? delta : 0),
                       insn->n_args, args[0], args[1], args[2]);
    }
}

static void add_exit(struct check_block *block, int64_t delta, uint32_t target, uint32_t leaves)
{
    uint32_t k = block->unit.n_exits++;

    block->exits[k].delta = delta;
    block->target[k] = target;
    block->leaves[k] = leaves;
}

/* Where each exit of instructions [from, to) leads; `leaving` counts those that leave the whole
 * unit. */
static int fill_exits(struct check_block *block, const struct vm_ir_unit *ir, uint32_t from,
                      uint32_t to, int64_t delta, uint32_t *leaving)
{
    uint32_t n = 0, rank = 0;

    for (uint32_t i = 0; i < ir->n_insns; i++)
        n += i >= from && i < to ? is_exit(&ir->insns[i]) : is_target(&ir->insns[i]);
    block->exits = calloc(n + 1, sizeof(*block->exits));
    block->target = calloc(n + 1, sizeof(*block->target));
    block->leaves = calloc(n + 1, sizeof(*block->leaves));
    if (!block->exits || !block->target || !block->leaves)
        return -1;
    block->unit.exits = block->exits;
    for (uint32_t i = from; i < to; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        if (is_exit(insn))
            add_exit(block, insn->imm - delta, insn->aux ? insn->aux - 1 : CHECK_NONE,
                     insn->aux ? CHECK_NONE : (*leaving)++);
    }
    for (uint32_t i = 0; i < ir->n_insns && may_stay(&ir->insns[to - 1]); i++) {
        if (is_target(&ir->insns[i]))
            add_exit(block, ir->insns[i].imm - delta, rank, CHECK_NONE);
        rank += ir->insns[i].op == VM_OP_LABEL;
    }
    return 0;
}

/* ---- engine a ---- */

static int compile_block(struct checker *checker, struct check_block *block,
                         const struct vm_ir_unit *ir, struct vm_error *err)
{
    block->unit.guest_insns = ir->guest_insns;
    block->unit.guest_bytes = ir->guest_bytes;
    block->unit.tier = 1;
    int result = checker->a.ops.compile(checker->a.self, ir, &block->unit, err);
    if (result == VM_COMPILE_ERROR)
        vm_error_prefix(err, "%s", checker->a.name);
    return result;
}

/* Block `number` of a region: instructions [from, to) behind its label. */
static int take_block(struct checker *checker, struct check_code *code, uint32_t number,
                      uint32_t from, uint32_t to, uint32_t *leaving, struct vm_error *err)
{
    struct check_block *block = &code->blocks[number];
    int64_t delta = code->ir.insns[from - 1].imm;
    struct vm_ir_unit ir;
    int result = VM_COMPILE_ERROR;

    vm_ir_init(&ir);
    copy_block(&ir, &code->ir, from, to, delta);
    block->unit.page_offset = code->unit->page_offset + (uint32_t)delta;
    block->unit.pc = (code->unit->pc & VM_PAGE_MASK) + block->unit.page_offset;
    if (ir.failed || fill_exits(block, &code->ir, from, to, delta, leaving))
        vm_error_set(err, "engine-check: out of memory");
    else
        result = block->unit.n_exits > VM_UNIT_MAX_EXITS ? VM_COMPILE_REFUSED
                                                         : compile_block(checker, block, &ir, err);
    vm_ir_free(&ir);
    return result;
}

static int compile_region_a(struct checker *checker, struct check_code *code, struct vm_error *err)
{
    const struct vm_ir_unit *ir = &code->ir;
    uint32_t leaving = 0, number = 0;

    for (uint32_t from = 1; from < ir->n_insns; number++) {
        uint32_t to = from;
        while (to < ir->n_insns && ir->insns[to].op != VM_OP_LABEL)
            to++;
        int result = take_block(checker, code, number, from, to, &leaving, err);
        if (result != VM_COMPILE_OK)
            return result;
        from = to + 1;
    }
    return VM_COMPILE_OK;
}

static int compile_a(struct checker *checker, struct check_code *code, struct vm_error *err)
{
    struct check_block *block = code->blocks;
    uint32_t leaving = 0;

    if (code->region)
        return compile_region_a(checker, code, err);
    block->unit.page_offset = code->unit->page_offset;
    block->unit.pc = code->unit->pc;
    if (fill_exits(block, &code->ir, 0, code->ir.n_insns, 0, &leaving))
        return vm_error_set(err, "engine-check: out of memory");
    return compile_block(checker, block, &code->ir, err);
}

/* ---- engine b ---- */

static int compile_b(struct checker *checker, struct check_code *code, struct vm_error *err)
{
    const struct vm_unit *unit = code->unit;
    const struct check_engine *b = &checker->b;

    for (uint32_t i = 0; i < code->n_entries; i++) {
        const struct vm_unit *from = code->region ? unit->entries[i] : unit;
        struct vm_unit *to = &code->b_units[i];
        to->guest_insns = from->guest_insns;
        to->guest_bytes = from->guest_bytes;
        to->page_offset = from->page_offset;
        to->n_exits = from->n_exits;
        to->exits = from->exits;
        to->pc = from->pc;
        to->tier = from->tier < b->ops.tiers ? from->tier : b->ops.tiers;
        code->b_list[i] = to;
    }
    if (code->region) {
        code->b_units[0].n_entries = code->n_entries;
        code->b_units[0].entries = code->b_list;
    }
    int result = b->ops.compile(b->self, &code->ir, &code->b_units[0], err);
    if (result == VM_COMPILE_ERROR)
        vm_error_prefix(err, "%s", b->name);
    return result;
}

/* ---- both ---- */

/* Which block each entry is; false: the labels are not as vm_unit.entries says. */
static bool fill_entries(struct check_code *code)
{
    uint32_t n = 0, block = 0;

    for (uint32_t i = 0; code->region && i < code->ir.n_insns; i++) {
        const struct vm_ir_insn *insn = &code->ir.insns[i];
        if (insn->op != VM_OP_LABEL)
            continue;
        if (insn->aux & VM_LABEL_ENTRY && n < code->n_entries)
            code->entries[n++].block = block;
        block++;
    }
    for (uint32_t i = 0; i < code->n_entries; i++) {
        code->entries[i].code = code;
        code->entries[i].unit = &code->b_units[i];
    }
    return !code->region || n == code->n_entries;
}

static void free_code(struct checker *checker, struct check_code *code)
{
    if (code->b_units && code->b_units[0].code)
        checker->b.ops.release(checker->b.self, &code->b_units[0]);
    for (uint32_t i = 0; code->blocks && i < code->n_blocks; i++) {
        struct check_block *block = &code->blocks[i];
        if (block->unit.code)
            checker->a.ops.release(checker->a.self, &block->unit);
        free(block->exits);
        free(block->target);
        free(block->leaves);
    }
    vm_ir_free(&code->ir);
    free(code->blocks);
    free(code->b_units);
    free(code->b_list);
    free(code->entries);
    free(code);
}

static struct check_code *new_code(const struct vm_ir_unit *ir, struct vm_unit *unit)
{
    struct check_code *code = calloc(1, sizeof(*code));

    if (!code)
        return NULL;
    code->unit = unit;
    code->region = unit->n_entries > 0;
    code->n_entries = code->region ? unit->n_entries : 1;
    for (uint32_t i = 0; i < ir->n_insns; i++)
        code->n_blocks += ir->insns[i].op == VM_OP_LABEL;
    code->n_blocks += !code->region;
    code->ir = *ir;
    code->ir.capacity = ir->n_insns;
    code->ir.insns = malloc(ir->n_insns * sizeof(*ir->insns));
    code->blocks = calloc(code->n_blocks, sizeof(*code->blocks));
    code->b_units = calloc(code->n_entries, sizeof(*code->b_units));
    code->b_list = calloc(code->n_entries, sizeof(*code->b_list));
    code->entries = calloc(code->n_entries, sizeof(*code->entries));
    if (code->ir.insns)
        memcpy(code->ir.insns, ir->insns, ir->n_insns * sizeof(*ir->insns));
    return code;
}

static uint64_t bytes_of(const struct check_code *code)
{
    uint64_t n =
        sizeof(*code) + code->ir.n_insns * sizeof(*code->ir.insns) + code->b_units[0].code_bytes;

    for (uint32_t i = 0; i < code->n_blocks; i++)
        n += sizeof(code->blocks[i]) + code->blocks[i].unit.code_bytes;
    return n;
}

int check_compile(void *self, const struct vm_ir_unit *ir, struct vm_unit *unit,
                  struct vm_error *err)
{
    struct checker *checker = self;

    if (unit->n_entries > 0 && !(checker->b.ops.flags & VM_ENGINE_REGIONS))
        return VM_COMPILE_REFUSED;
    struct check_code *code = new_code(ir, unit);
    if (!code || !code->ir.insns || !code->blocks || !code->b_units || !code->b_list ||
        !code->entries) {
        if (code)
            free_code(checker, code);
        return vm_error_set(err, "engine-check: out of memory");
    }
    int result = fill_entries(code) ? compile_a(checker, code, err)
                                    : vm_error_set(err, "engine-check: entries are missing");
    if (result == VM_COMPILE_OK)
        result = compile_b(checker, code, err);
    if (result != VM_COMPILE_OK) {
        free_code(checker, code);
        return result;
    }
    for (uint32_t i = 0; i < code->n_entries; i++) {
        struct vm_unit *entry = code->region ? unit->entries[i] : unit;
        entry->code = code;
        entry->entry = &code->entries[i];
    }
    unit->code_bytes = bytes_of(code);
    atomic_fetch_add_explicit(&checker->stats[code->region ? CHECK_STAT_REGIONS : CHECK_STAT_UNITS],
                              1, memory_order_relaxed);
    return VM_COMPILE_OK;
}

void check_release(void *self, struct vm_unit *unit)
{
    free_code(self, unit->code);
    unit->code = unit->entry = NULL;
}
