/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of system instructions: registers, hints, barriers, calls and returns. */
#include "emit.h"
#include "sysregs.h"

/* ---- Which register ---- */

static uint32_t current_el(const struct a64_translation *t)
{
    return A64_KEY_EL(t->key[0]);
}

static uint32_t number_of(const struct a64_insn *in)
{
    return in->raw >> 5 & 0xffff;
}

static const struct a64_sysreg *find(const struct a64_translation *t, uint32_t number, bool write)
{
    const struct a64_sysreg *reg =
        a64_find_sysreg(t->arch, number, current_el(t), (t->key[0] & A64_KEY_E2H) != 0);

    return reg && a64_sysreg_allowed(reg, current_el(t), write) ? reg : NULL;
}

bool a64_insn_alone(const struct a64_arch *arch, const struct a64_insn *in)
{
    const struct a64_sysreg *reg;

    if (in->pattern->format != A64_FORMAT_SYS)
        return false;
    reg = a64_find_sysreg(arch, number_of(in), 1, false);
    return reg && (reg->flags & A64_REG_ALONE);
}

bool fp_enabled(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t target = A64_KEY_FPTRAP(t->key[0]);

    (void)in;
    if (target != 0)
        end_trap(t, A64_ESR(A64_EC_FP, 0x1e00000) | A64_TRAP_TARGET(target), ir_const(t, 0));
    return target == 0;
}

/* ---- Registers that are slots ---- */

/* Whether an access needs no helper: nothing can trap it, or the mode key tells. */
static bool is_plain(const struct a64_translation *t, const struct a64_sysreg *reg)
{
    if (reg->slot == A64_NO_SLOT)
        return false;
    if (reg->check == a64_check_sp_el0)
        return t->key[0] & A64_KEY_SPSEL;
    if (reg->check == a64_check_daif)
        return current_el(t) > 0 || (t->key[0] & A64_KEY_UMA);
    return !reg->check || !(t->key[0] & A64_KEY_SLOW_SYS);
}

static void check_interrupts(struct a64_translation *t)
{
    vm_ir_call(t->ir, A64_HELPER_INTERRUPTS, 0, NULL);
}

static void put_plain(struct a64_translation *t, const struct a64_sysreg *reg, vm_ir_value value)
{
    if (reg->mask != UINT64_MAX)
        value = binary(t, VM_OP_AND, value, ir_const(t, (int64_t)reg->mask));
    put_slot(t, VM_I64, reg->slot, value);
    if (reg->slot == A64_SLOT_DAIF)
        check_interrupts(t);
}

/* ---- MRS, MSR, SYS ---- */

static vm_ir_value index_of(struct a64_translation *t, const struct a64_sysreg *reg)
{
    return ir_const(t, reg - a64_sysregs);
}

static void read_fpsr(struct a64_translation *t, uint32_t rd)
{
    vm_ir_value flags = get_slot(t, VM_I64, A64_SLOT_FPFLAGS);

    put_x(t, rd, CALL(t, A64_HELPER_FPSR, flags, get_slot(t, VM_I64, A64_SLOT_QC)));
}

static void write_fpsr(struct a64_translation *t, vm_ir_value value)
{
    vm_ir_value qc = binary(t, VM_OP_SHR, value, ir_const(t, 27));

    put_slot(t, VM_I64, A64_SLOT_FPFLAGS, CALL(t, A64_HELPER_FPFLAGS, value));
    put_slot(t, VM_I64, A64_SLOT_QC, binary(t, VM_OP_AND, qc, ir_const(t, 1)));
}

void emit_mrs(struct a64_translation *t, const struct a64_insn *in)
{
    const struct a64_sysreg *reg = find(t, number_of(in), false);

    if (!reg)
        emit_undefined(t, in);
    else if ((reg->flags & A64_REG_FP) && !fp_enabled(t, in))
        return;
    else if (reg->read == a64_read_fpsr)
        read_fpsr(t, in->rd);
    else if (reg->flags & A64_REG_FLAGS)
        put_x(t, in->rd, get_nzcv(t));
    else if (reg->read == a64_read_current_el)
        put_x(t, in->rd, ir_const(t, current_el(t) << 2));
    else if (is_plain(t, reg))
        put_x(t, in->rd, get_slot(t, VM_I64, reg->slot));
    else
        put_x(t, in->rd, CALL(t, A64_HELPER_MRS, index_of(t, reg), ir_const(t, in->raw)));
}

static uint32_t writer_of(const struct a64_translation *t, const struct a64_sysreg *reg)
{
    if (A64_SYS_OP0(reg->number) != 1)
        return A64_HELPER_MSR;
    if (reg->write == a64_cache_zero && !(t->key[0] & (A64_KEY_ALIGN | A64_KEY_WATCH)))
        return A64_HELPER_ZERO;
    return A64_HELPER_MAINTAIN;
}

static void write_register(struct a64_translation *t, const struct a64_insn *in,
                           const struct a64_sysreg *reg, vm_ir_value value)
{
    if (is_plain(t, reg)) {
        put_plain(t, reg, value);
        return;
    }
    CALL(t, writer_of(t, reg), index_of(t, reg), value, ir_const(t, in->raw));
    if (reg->flags & A64_REG_STATE)
        end_state(t, 4);
}

void emit_msr(struct a64_translation *t, const struct a64_insn *in)
{
    const struct a64_sysreg *reg = find(t, number_of(in), true);
    vm_ir_value value;

    if (!reg) {
        emit_undefined(t, in);
        return;
    }
    if ((reg->flags & A64_REG_FP) && !fp_enabled(t, in))
        return;
    value = get_x(t, in->rd);
    if (reg->read == a64_read_fpsr)
        write_fpsr(t, value);
    else if (reg->flags & A64_REG_FLAGS)
        set_flags_literal(t, binary(t, VM_OP_AND, value, ir_const(t, 0xf0000000)));
    else
        write_register(t, in, reg, value);
}

void emit_sys(struct a64_translation *t, const struct a64_insn *in)
{
    const struct a64_sysreg *reg = find(t, number_of(in), true);

    if (reg)
        write_register(t, in, reg, get_x(t, in->rd));
    else
        emit_undefined(t, in);
}

void emit_sysl(struct a64_translation *t, const struct a64_insn *in)
{
    const struct a64_sysreg *reg = find(t, number_of(in), false);

    if (reg)
        put_x(t, in->rd, CALL(t, A64_HELPER_MRS, index_of(t, reg), ir_const(t, in->raw)));
    else
        emit_undefined(t, in);
}

/* ---- MSR (immediate) ---- */

/* DAIFSet and DAIFClr. At EL0 a trap tells of MSR (register), Rt 31, as the manual has it. */
static void change_daif(struct a64_translation *t, const struct a64_insn *in, bool set)
{
    const struct a64_sysreg *reg = find(t, A64_SYS(3, 3, 4, 2, 1), true);
    vm_ir_value bits = ir_const(t, (int64_t)a64_field(in, 8, 4) << 6), old;

    if (!is_plain(t, reg)) {
        CALL(t, A64_HELPER_MSR, index_of(t, reg), bits, ir_const(t, in->raw));
        return;
    }
    old = get_slot(t, VM_I64, A64_SLOT_DAIF);
    put_slot(t, VM_I64, A64_SLOT_DAIF, binary(t, set ? VM_OP_OR : VM_OP_ANDN, old, bits));
    if (!set)
        check_interrupts(t);
}

void emit_msr_imm(struct a64_translation *t, const struct a64_insn *in)
{
    /* by op1 and op2: the register that has the same bit, and where */
    static const struct {
        uint8_t op1, op2, bit;
        uint16_t number;
    } fields[] = {
        {0, 3, 23, A64_SYS(3, 0, 4, 2, 4)}, /* UAO */
        {0, 4, 22, A64_SYS(3, 0, 4, 2, 3)}, /* PAN */
        {0, 5, 0, A64_SYS(3, 0, 4, 2, 0)},  /* SPSel */
        {3, 1, 12, A64_SYS(3, 3, 4, 2, 6)}, /* SSBS */
        {3, 2, 24, A64_SYS(3, 3, 4, 2, 5)}, /* DIT */
    };
    uint32_t op1 = a64_field(in, 16, 3), op2 = a64_field(in, 5, 3);
    const struct a64_sysreg *reg = NULL;
    vm_ir_value value;

    if (op1 == 3 && op2 >= 6) {
        change_daif(t, in, op2 == 6);
        return;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].op1 == op1 && fields[i].op2 == op2) {
            reg = find(t, fields[i].number, true);
            value = ir_const(t, (int64_t)(a64_field(in, 8, 4) & 1) << fields[i].bit);
        }
    }
    if (reg)
        write_register(t, in, reg, value);
    else
        emit_undefined(t, in);
}

/* ---- Calls and returns ---- */

void emit_svc(struct a64_translation *t, const struct a64_insn *in)
{
    end_trap(t, A64_ESR(A64_EC_SVC, a64_field(in, 5, 16)) | A64_TRAP_NEXT, ir_const(t, 0));
}

/* A call that the board answers. */
static void call_firmware(struct a64_translation *t, uint32_t conduit)
{
    CALL(t, A64_HELPER_FIRMWARE, ir_const(t, conduit));
    forget_flags(t);
    end_state(t, 4);
}

void emit_hvc(struct a64_translation *t, const struct a64_insn *in)
{
    if (current_el(t) == 0) {
        emit_undefined(t, in);
    } else if (!t->arch->el2) {
        call_firmware(t, VM_ARM_HVC);
    } else {
        CALL(t, A64_HELPER_HVC, ir_const(t, a64_field(in, 5, 16)));
        end_state(t, 4);
    }
}

void emit_smc(struct a64_translation *t, const struct a64_insn *in)
{
    if (current_el(t) == 0 || !(t->arch->el2 || t->arch->el3)) {
        emit_undefined(t, in);
        return;
    }
    CALL(t, A64_HELPER_SMC, ir_const(t, a64_field(in, 5, 16)));
    if (t->arch->el3)
        end_state(t, 4);
    else
        call_firmware(t, VM_ARM_SMC);
}

void emit_brk(struct a64_translation *t, const struct a64_insn *in)
{
    end_trap(t, A64_ESR(A64_EC_BRK, a64_field(in, 5, 16)), ir_const(t, 0));
}

/* There is no halting debug. */
void emit_hlt(struct a64_translation *t, const struct a64_insn *in)
{
    emit_undefined(t, in);
}

void emit_dcps(struct a64_translation *t, const struct a64_insn *in)
{
    emit_undefined(t, in);
}

void emit_drps(struct a64_translation *t, const struct a64_insn *in)
{
    emit_undefined(t, in);
}

/* ELR of this level: a slot for EL1, behind a helper for the others. */
static vm_ir_value return_address(struct a64_translation *t)
{
    static const uint16_t numbers[] = {0, A64_SYS(3, 0, 4, 0, 1), A64_SYS(3, 4, 4, 0, 1),
                                       A64_SYS(3, 6, 4, 0, 1)};

    if (current_el(t) == 1)
        return get_slot(t, VM_I64, A64_SLOT_ELR_EL1);
    return CALL(t, A64_HELPER_MRS, index_of(t, find(t, numbers[current_el(t)], false)),
                ir_const(t, 0));
}

static void end_return(struct a64_translation *t, vm_ir_value target)
{
    CALL(t, A64_HELPER_ERET, target);
    vm_ir_0(t->ir, VM_OP_EXIT_PC, VM_NONE, 0, 0);
    t->ended = true;
}

void emit_eret(struct a64_translation *t, const struct a64_insn *in)
{
    if (current_el(t) == 0)
        emit_undefined(t, in);
    else
        end_return(t, return_address(t));
}

void emit_eret_auth(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t what = A64_PAUTH_CHECK << 8 | (a64_field(in, 10, 1) ? A64_KEY_IB : A64_KEY_IA);

    if (current_el(t) == 0) {
        emit_undefined(t, in);
        return;
    }
    vm_ir_value target = return_address(t);
    end_return(t, CALL(t, A64_HELPER_PAUTH, ir_const(t, what), target, get_xsp(t, 31)));
}

/* ---- Hints ---- */

void emit_nop(struct a64_translation *t, const struct a64_insn *in)
{
    (void)t;
    (void)in;
}

void emit_yield(struct a64_translation *t, const struct a64_insn *in)
{
    emit_nop(t, in);
}

/* Events are not kept: one may always be pending, so that waiting for one ends at once. */
void emit_wfe(struct a64_translation *t, const struct a64_insn *in)
{
    emit_nop(t, in);
}

void emit_sev(struct a64_translation *t, const struct a64_insn *in)
{
    emit_nop(t, in);
}

void emit_sevl(struct a64_translation *t, const struct a64_insn *in)
{
    emit_nop(t, in);
}

void emit_wfi(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    vm_ir_call(t->ir, A64_HELPER_WFI, 0, NULL);
    end_state(t, 4);
}

void emit_esb(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    if (t->arch->el2 && current_el(t) < 2)
        vm_ir_call(t->ir, A64_HELPER_ESB, 0, NULL);
}

/* ---- Barriers ---- */

static void fence(struct a64_translation *t, uint32_t crm)
{
    static const uint8_t kinds[] = {VM_FENCE_ALL, VM_FENCE_LL | VM_FENCE_LS, VM_FENCE_SS,
                                    VM_FENCE_ALL};

    vm_ir_0(t->ir, VM_OP_FENCE, VM_NONE, 0, kinds[crm & 3]);
}

void emit_dmb(struct a64_translation *t, const struct a64_insn *in)
{
    fence(t, a64_field(in, 8, 4));
}

void emit_dsb(struct a64_translation *t, const struct a64_insn *in)
{
    fence(t, a64_field(in, 8, 4));
}

/* What changes the context of instructions does so at once; but what other vCPUs did to code that
 * this one has translated reaches it where it leaves translated code. */
void emit_isb(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    end_state(t, 4);
}

void emit_sb(struct a64_translation *t, const struct a64_insn *in)
{
    emit_nop(t, in);
}
