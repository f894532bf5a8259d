/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints IR as text, for --trace and for messages. Never trusts the unit: a wrong one can be
 * printed too. */
#include <inttypes.h>
#include "core/ir/ir.h"

static const char *type_name(uint32_t type)
{
    return type < VM_LANE_TYPE_COUNT ? ir_type_names[type] : ".?";
}

static void print_value(vm_ir_value v, FILE *out)
{
    if (v == VM_NO_VALUE)
        fputs("%?", out);
    else
        fprintf(out, "%%%" PRIu32, v);
}

static void print_memop(uint32_t memop, bool amo, FILE *out)
{
    fprintf(out, " [%u%s%s%s mmu%u%s", VM_MEMOP_SIZE(memop), memop & VM_MEMOP_SIGNED ? "s" : "u",
            memop & VM_MEMOP_BIG ? " big" : "", memop & VM_MEMOP_ALIGN ? " align" : "",
            VM_MEMOP_MMU(memop), ir_order_names[memop >> 8 & 3]);
    if (VM_MEMOP_PARTS(memop))
        fprintf(out, " parts%u", VM_MEMOP_PARTS(memop));
    if (amo)
        fprintf(out, " %s",
                VM_MEMOP_AMO(memop) < VM_AMO_COUNT ? ir_amo_names[VM_MEMOP_AMO(memop)] : "?");
    fputc(']', out);
}

static void print_fp_aux(uint32_t aux, FILE *out)
{
    uint32_t rm = VM_AUX_RM(aux);

    fprintf(out, " [%s",
            rm < sizeof(ir_round_names) / sizeof(ir_round_names[0]) ? ir_round_names[rm] : "?");
    if (VM_AUX_SRC(aux))
        fprintf(out, " from%s", type_name(VM_AUX_SRC(aux)));
    if (VM_AUX_VARIANT(aux))
        fprintf(out, " variant%u", VM_AUX_VARIANT(aux));
    fputs(aux & VM_AUX_DEFAULT_NAN ? " default_nan" : "", out);
    fputs(aux & VM_AUX_FLUSH ? " flush" : "", out);
    fputc(']', out);
}

/* What `aux` says, by the kind of operation. */
static void print_aux(const struct vm_ir_insn *insn, const struct vm_arch_ops *arch, FILE *out)
{
    uint32_t aux = insn->aux;

    switch (insn->op) {
    case VM_OP_GET:
    case VM_OP_PUT:
        if (aux < arch->n_slots)
            fprintf(out, " %s", arch->slots[aux].name);
        else
            fprintf(out, " slot%" PRIu32 "?", aux);
        break;
    case VM_OP_CALL:
        if (aux < arch->n_helpers)
            fprintf(out, " %s", arch->helpers[aux].name);
        else
            fprintf(out, " helper%" PRIu32 "?", aux);
        break;
    case VM_OP_EXIT_TO:
        fprintf(out, " [%s]", aux <= VM_JUMP_RETURN ? ir_jump_names[aux] : "?");
        break;
    case VM_OP_INSN:
        fprintf(out, " [%" PRIu32 " bytes]", aux);
        break;
    case VM_OP_EXIT:
    case VM_OP_EXIT_IF:
        if (aux)
            fprintf(out, " [block %" PRIu32 "]", aux - 1);
        break;
    case VM_OP_LABEL:
        if (aux)
            fprintf(out, " [%s]",
                    aux == VM_LABEL_ENTRY                       ? "entry"
                    : aux == (VM_LABEL_ENTRY | VM_LABEL_TARGET) ? "target"
                    : aux == VM_LABEL_INNER                     ? "inner"
                                                                : "?");
        break;
    default:
        if (ir_ops[insn->op].flags & IR_LANES)
            fprintf(out, " [%u lane%" PRIu32 "]", 1u << (VM_LANE_SIZE(aux) & 31),
                    VM_LANE_NUMBER(aux));
        else if (ir_ops[insn->op].flags & IR_MEMORY)
            print_memop(aux, insn->op == VM_OP_AMO, out);
        else
            print_fp_aux(aux, out);
    }
}

static void print_insn(const struct vm_ir_unit *ir, uint32_t index, const struct vm_arch_ops *arch,
                       FILE *out)
{
    const struct vm_ir_insn *insn = &ir->insns[index];

    if (insn->op >= VM_OP_COUNT) {
        fprintf(out, "    op%u?\n", insn->op);
        return;
    }
    const struct ir_op_info *info = &ir_ops[insn->op];
    if (insn->op != VM_OP_LABEL)
        fputs(insn->op == VM_OP_INSN ? "  " : "    ", out);
    if (info->result != '-')
        fprintf(out, "%%%" PRIu32 " = ", index);
    fprintf(out, "%s%s", info->name, type_name(insn->type));
    if (info->flags & IR_AUX)
        print_aux(insn, arch, out);
    for (uint32_t i = 0; i < insn->n_args && i < 6; i++) {
        fputs(i ? ", " : " ", out);
        print_value(vm_ir_arg(insn, i), out);
    }
    if (info->flags & IR_IMM && insn->op != VM_OP_CALL)
        fprintf(out, "%s%s%" PRId64 " (0x%" PRIx64 ")", insn->n_args ? ", " : " ", "#", insn->imm,
                (uint64_t)insn->imm);
    fputc('\n', out);
}

void ir_print(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, FILE *out)
{
    fprintf(out, "unit: %" PRIu32 " guest instructions, %" PRIu32 " bytes\n", ir->guest_insns,
            ir->guest_bytes);
    if (ir->failed)
        fprintf(out, "  failed: %s\n", ir->why ? ir->why : "no reason given");
    for (uint32_t i = 0; i < ir->n_insns; i++)
        print_insn(ir, i, arch, out);
}
