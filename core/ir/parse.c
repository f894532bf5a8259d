/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the text that print.c prints, for tests and fuzzing. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"

#define MAX_NUMBER ((uint32_t)1 << 21) /* of a value */
#define MAX_WORD   64
#define MAX_ARGS   6

struct parser {
    const char *at; /* in the line */
    uint32_t line;
    struct vm_ir_unit *ir;
    const struct vm_arch_ops *arch;
    struct vm_error *err;
    vm_ir_value *values; /* by the number in the text, or VM_NO_VALUE */
    uint32_t n_values;
};

/* One line as it is read. */
struct line {
    struct vm_ir_insn insn;
    vm_ir_value args[MAX_ARGS];
    int64_t number; /* of the value that it defines, or -1 */
};

static int refuse(const struct parser *p, const char *why, const char *what)
{
    return vm_error_set(p->err, "IR text, line %" PRIu32 ": %s%s%s", p->line, why, *what ? " " : "",
                        what);
}

/* ---- words ---- */

static void skip_blanks(struct parser *p)
{
    while (*p->at == ' ')
        p->at++;
}

static bool at_end(struct parser *p)
{
    skip_blanks(p);
    return *p->at == '\0' || *p->at == '\n';
}

static bool accept(struct parser *p, const char *text)
{
    skip_blanks(p);
    if (strncmp(p->at, text, strlen(text)) != 0)
        return false;
    p->at += strlen(text);
    return true;
}

/* Characters up to one of `ends`, which is left. */
static int word(struct parser *p, const char *ends, char text[MAX_WORD])
{
    skip_blanks(p);
    size_t n = strcspn(p->at, ends);
    if (n == 0 || n >= MAX_WORD)
        return refuse(p, "a word is missing, or too long", "");
    memcpy(text, p->at, n);
    text[n] = '\0';
    p->at += n;
    return 0;
}

static int number(struct parser *p, int64_t min, int64_t max, int64_t *value)
{
    char *end;

    skip_blanks(p);
    if (!isdigit((unsigned char)p->at[*p->at == '-']))
        return refuse(p, "a number is missing", "");
    errno = 0;
    *value = strtoll(p->at, &end, 10);
    if (errno || *value < min || *value > max)
        return refuse(p, "a number is out of range", "");
    p->at = end;
    return 0;
}

/* Takes the longest of `names` that comes next, -1 if none does. */
static int name_of(struct parser *p, const char *const *names, uint32_t n)
{
    int best = -1;

    skip_blanks(p);
    for (uint32_t i = 0; i < n; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(p->at, names[i], length) == 0 && (best < 0 || length > strlen(names[best])))
            best = (int)i;
    }
    if (best >= 0)
        p->at += strlen(names[best]);
    return best;
}

/* ---- aux, by the kind of operation ---- */

static int slot_or_helper(struct parser *p, struct vm_ir_insn *insn)
{
    bool call = insn->op == VM_OP_CALL;
    uint32_t n = call ? p->arch->n_helpers : p->arch->n_slots;
    char text[MAX_WORD];

    if (word(p, " \n", text))
        return -1;
    for (insn->aux = 0; insn->aux < n; insn->aux++) {
        if (strcmp(text,
                   call ? p->arch->helpers[insn->aux].name : p->arch->slots[insn->aux].name) == 0)
            return 0;
    }
    return refuse(p, call ? "no such helper:" : "no such slot:", text);
}

/* Logarithm of a number of bytes. */
static int size_of_bytes(struct parser *p, uint32_t *size)
{
    int64_t bytes;

    if (number(p, 1, 128, &bytes))
        return -1;
    *size = 0;
    while ((1 << *size) < bytes)
        ++*size;
    return bytes == 1 << *size ? 0 : refuse(p, "no such size of an access or a lane", "");
}

/* "4 lane2]" */
static int lanes(struct parser *p, struct vm_ir_insn *insn)
{
    uint32_t size;
    int64_t lane;

    if (size_of_bytes(p, &size))
        return -1;
    if (!accept(p, "lane") || number(p, 0, 255, &lane))
        return refuse(p, "a lane has a number", "");
    insn->aux = VM_LANES(size, lane);
    return 0;
}

/* "8s big align mmu1.acq parts3 add]" */
static int memop(struct parser *p, struct vm_ir_insn *insn)
{
    int64_t mmu, parts = 0;

    if (size_of_bytes(p, &insn->aux))
        return -1;
    if (accept(p, "s"))
        insn->aux |= VM_MEMOP_SIGNED;
    else if (!accept(p, "u"))
        return refuse(p, "an access is signed or not", "");
    insn->aux |= (accept(p, "big") ? VM_MEMOP_BIG : 0);
    insn->aux |= (accept(p, "align") ? VM_MEMOP_ALIGN : 0);
    if (!accept(p, "mmu") || number(p, 0, VM_MMU_COUNT - 1, &mmu))
        return refuse(p, "an access has an MMU index", "");
    insn->aux |= (uint32_t)mmu << VM_MEMOP_MMU_SHIFT;
    insn->aux |= (uint32_t)name_of(p, ir_order_names, 4) << 8;
    if (accept(p, "parts") && number(p, 1, 4, &parts))
        return -1;
    insn->aux |= (uint32_t)parts << VM_MEMOP_PARTS_SHIFT;
    if (insn->op == VM_OP_AMO) {
        int amo = name_of(p, ir_amo_names, VM_AMO_COUNT);
        if (amo < 0)
            return refuse(p, "no such read-modify-write operation", "");
        insn->aux |= (uint32_t)amo << VM_MEMOP_AMO_SHIFT;
    }
    return 0;
}

/* "rne from.f64 variant1 default_nan flush]" */
static int fp_aux(struct parser *p, struct vm_ir_insn *insn)
{
    int rm = name_of(p, ir_round_names, 5), src = 0;
    int64_t variant = 0;

    if (rm < 0)
        return refuse(p, "no such rounding mode", "");
    if (accept(p, "from") && (src = name_of(p, ir_type_names, VM_LANE_TYPE_COUNT)) <= 0)
        return refuse(p, "no such type", "");
    if (accept(p, "variant") && number(p, 1, 255, &variant))
        return -1;
    insn->aux = VM_AUX((uint32_t)src, (uint32_t)rm, (uint32_t)variant);
    insn->aux |= accept(p, "default_nan") ? VM_AUX_DEFAULT_NAN : 0;
    insn->aux |= accept(p, "flush") ? VM_AUX_FLUSH : 0;
    return 0;
}

/* What stands in square brackets. */
static int bracket(struct parser *p, struct vm_ir_insn *insn)
{
    int64_t n = 0;
    int jump;

    switch (insn->op) {
    case VM_OP_EXIT_TO:
        jump = name_of(p, ir_jump_names, 3);
        insn->aux = (uint32_t)jump;
        return jump < 0 ? refuse(p, "no such kind of jump", "") : 0;
    case VM_OP_INSN:
        if (number(p, 0, UINT32_MAX, &n) || !accept(p, "bytes"))
            return refuse(p, "a guest instruction has a length in bytes", "");
        insn->aux = (uint32_t)n;
        return 0;
    case VM_OP_EXIT:
    case VM_OP_EXIT_IF:
        if (!accept(p, "block") || number(p, 0, UINT32_MAX - 1, &n))
            return refuse(p, "an exit goes to a block", "");
        insn->aux = (uint32_t)n + 1;
        return 0;
    case VM_OP_LABEL:
        insn->aux = accept(p, "entry")    ? VM_LABEL_ENTRY
                    : accept(p, "target") ? VM_LABEL_ENTRY | VM_LABEL_TARGET
                    : accept(p, "inner")  ? VM_LABEL_INNER
                                          : 0;
        return insn->aux ? 0 : refuse(p, "unknown flags", "");
    default:
        if (ir_ops[insn->op].flags & IR_LANES)
            return lanes(p, insn);
        return ir_ops[insn->op].flags & IR_MEMORY ? memop(p, insn) : fp_aux(p, insn);
    }
}

static int aux(struct parser *p, struct vm_ir_insn *insn)
{
    if (insn->op == VM_OP_GET || insn->op == VM_OP_PUT || insn->op == VM_OP_CALL)
        return slot_or_helper(p, insn);
    if (!accept(p, "[")) {
        bool may_lack =
            insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF || insn->op == VM_OP_LABEL;
        return may_lack ? 0 : refuse(p, "[ is missing", "");
    }
    if (bracket(p, insn))
        return -1;
    return accept(p, "]") ? 0 : refuse(p, "] is missing", "");
}

/* ---- lines ---- */

static int operands(struct parser *p, struct line *l)
{
    int64_t n;

    while (accept(p, "%")) {
        if (number(p, 0, MAX_NUMBER, &n))
            return -1;
        if (n >= p->n_values || p->values[n] == VM_NO_VALUE)
            return refuse(p, "operand is not defined before its use", "");
        if (l->insn.n_args == MAX_ARGS)
            return refuse(p, "too many operands", "");
        l->args[l->insn.n_args++] = p->values[n];
        accept(p, ",");
    }
    if (accept(p, "#")) {
        if (number(p, INT64_MIN, INT64_MAX, &l->insn.imm))
            return -1;
        if (accept(p, "("))
            p->at += strcspn(p->at, ")\n");
        accept(p, ")");
    }
    return at_end(p) ? 0 : refuse(p, "more than the operation takes:", "");
}

static int operation(struct parser *p, struct line *l)
{
    char text[MAX_WORD];
    int type;

    if (word(p, " .\n", text))
        return -1;
    while (l->insn.op < VM_OP_COUNT && strcmp(ir_ops[l->insn.op].name, text) != 0)
        l->insn.op++;
    if (l->insn.op == VM_OP_COUNT)
        return refuse(p, "no such operation:", text);
    type = name_of(p, ir_type_names, VM_TYPE_COUNT); /* the empty name is always there */
    l->insn.type = (uint8_t)type;
    if (ir_ops[l->insn.op].flags & IR_AUX && aux(p, &l->insn))
        return -1;
    return operands(p, l);
}

static int define(struct parser *p, int64_t n, vm_ir_value v)
{
    if (n < 0)
        return 0;
    if (n >= p->n_values) {
        uint32_t count = (uint32_t)n * 2 + 64;
        vm_ir_value *values = realloc(p->values, count * sizeof(*values));
        if (!values)
            return refuse(p, "out of memory", "");
        memset(values + p->n_values, 0xff, (count - p->n_values) * sizeof(*values));
        p->values = values;
        p->n_values = count;
    }
    p->values[n] = v;
    return 0;
}

static int emit(struct parser *p, const struct line *l)
{
    const struct vm_ir_insn *insn = &l->insn;
    vm_ir_value v;

    if (insn->op == VM_OP_CALL)
        v = vm_ir_call(p->ir, insn->aux, insn->n_args, l->args);
    else
        v = vm_ir_emit(p->ir, (enum vm_ir_op)insn->op, (enum vm_ir_type)insn->type, insn->aux,
                       insn->imm, insn->n_args, l->args[0], l->args[1], l->args[2]);
    return p->ir->failed ? refuse(p, p->ir->why, "") : define(p, l->number, v);
}

static int one_line(struct parser *p)
{
    struct line l = {.number = -1};
    int64_t insns, bytes;

    memset(l.args, 0xff, sizeof(l.args));
    if (at_end(p))
        return 0;
    if (accept(p, "unit:")) {
        if (number(p, 0, UINT32_MAX, &insns) || !accept(p, "guest instructions,") ||
            number(p, 0, UINT32_MAX, &bytes))
            return refuse(p, "a unit's totals are missing", "");
        p->ir->guest_bytes = (uint32_t)bytes;
        p->at += strcspn(p->at, "\n");
        return 0;
    }
    if (accept(p, "%")) {
        if (number(p, 0, MAX_NUMBER, &l.number))
            return -1;
        if (!accept(p, "="))
            return refuse(p, "= is missing", "");
    }
    return operation(p, &l) ? -1 : emit(p, &l);
}

int ir_parse(struct vm_ir_unit *ir, const struct vm_arch_ops *arch, const char *text,
             struct vm_error *err)
{
    struct parser p = {.at = text, .line = 1, .ir = ir, .arch = arch, .err = err};
    int result;

    while ((result = one_line(&p)) == 0 && *p.at == '\n') {
        p.at++;
        p.line++;
    }
    free(p.values);
    return result;
}
