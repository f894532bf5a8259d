/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 encoder against capstone's disassembly: every form, with registers of every kind and
 * all shapes of address. */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugins/engine-jit/x86-64/asm.h"

enum { S = 1, L = 2, N = 4, V = 8 };

static const struct form {
    const char *name, *mnemonic;
    uint32_t reg, rm, flags;
} forms[] = {
#define X86_FORM(NAME, mnemonic, prefix, map, opcode, reg, rm, flags) \
    {#NAME, mnemonic, reg, rm, flags},
#include "plugins/engine-jit/x86-64/forms.def"
#undef X86_FORM
};

static const char *const names[16][4] = {
    {"al", "ax", "eax", "rax"},      {"cl", "cx", "ecx", "rcx"},
    {"dl", "dx", "edx", "rdx"},      {"bl", "bx", "ebx", "rbx"},
    {"spl", "sp", "esp", "rsp"},     {"bpl", "bp", "ebp", "rbp"},
    {"sil", "si", "esi", "rsi"},     {"dil", "di", "edi", "rdi"},
    {"r8b", "r8w", "r8d", "r8"},     {"r9b", "r9w", "r9d", "r9"},
    {"r10b", "r10w", "r10d", "r10"}, {"r11b", "r11w", "r11d", "r11"},
    {"r12b", "r12w", "r12d", "r12"}, {"r13b", "r13w", "r13d", "r13"},
    {"r14b", "r14w", "r14d", "r14"}, {"r15b", "r15w", "r15d", "r15"},
};
static const int registers[] = {RAX, RCX, RSP, RBP, RSI, R8, R12, R13, R15};
#define N_REGISTERS (sizeof(registers) / sizeof(registers[0]))

static struct x86 a;
static csh handle;

static void set_up(void)
{
    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
}

static void tear_down(void)
{
    cs_close(&handle);
    free(a.bytes);
}

TestSuite(jit_asm, .init = set_up, .fini = tear_down);

/* What is in the buffer is exactly this one instruction; empties it. */
static void expect(const char *want)
{
    char got[256] = "(nothing)";
    cs_insn *insn;
    size_t n = cs_disasm(handle, a.bytes, a.n, 0x1000, 0, &insn);

    cr_assert(!a.failed);
    if (n == 1)
        snprintf(got, sizeof(got), "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "",
                 insn->op_str);
    cr_assert(n == 1 && insn->size == a.n && strcmp(got, want) == 0, "%s; want %s", got, want);
    cs_free(insn, n);
    a.n = 0;
}

static const char *reg_name(int reg, uint32_t bits, bool wide, char *text)
{
    if (bits == 128 || reg < 0)
        snprintf(text, 32, "xmm%d", reg);
    else
        strcpy(text, names[reg][bits == 0    ? 2 + wide
                                : bits == 8  ? 0
                                : bits == 16 ? 1
                                : bits == 32 ? 2
                                             : 3]);
    return text;
}

/* An r/m register of a form whose other operand is an XMM register is one as well, unless it is
 * open. */
static bool rm_is_xmm(const struct form *f)
{
    return f->rm == 128 || (f->rm && (f->reg == 128 || strncmp(f->mnemonic, "cvtt", 4) == 0));
}

static void mem_name(struct x86_mem m, uint32_t bits, bool wide, bool sized, char *text)
{
    uint32_t real = bits ? bits : wide ? 64 : 32;
    const char *size = real == 8    ? "byte"
                       : real == 16 ? "word"
                       : real == 32 ? "dword"
                       : real == 64 ? "qword"
                                    : "xmmword";
    char index[16] = "", disp[32] = "";

    if (m.index != X86_NO_INDEX)
        snprintf(index, sizeof(index), " + %s", names[m.index][3]);
    if (m.disp)
        snprintf(disp, sizeof(disp), abs(m.disp) > 9 ? " %c 0x%x" : " %c %x",
                 m.disp < 0 ? '-' : '+', (unsigned)abs(m.disp));
    snprintf(text, 96, "%s%s[%s%s%s]", sized ? size : "", sized ? " ptr " : "", names[m.base][3],
             index, disp);
}

static const char *mnemonic_of(const struct form *f, bool wide)
{
    return strcmp(f->mnemonic, "movq") == 0 && !wide ? "movd" : f->mnemonic;
}

static void with_registers(uint32_t form, bool wide)
{
    const struct form *f = &forms[form];
    char reg[32], rm[32], want[128];

    for (size_t i = 0; i < N_REGISTERS * N_REGISTERS; i++) {
        int r = registers[i / N_REGISTERS], m = registers[i % N_REGISTERS];
        reg_name(r, f->reg, wide, reg);
        reg_name(m, rm_is_xmm(f) ? 128 : f->rm, wide, rm);
        snprintf(want, sizeof(want), "%s %s, %s", mnemonic_of(f, wide), f->flags & S ? rm : reg,
                 f->flags & S ? reg : rm);
        x86_rr(&a, (enum x86_form)form, wide, r, m);
        expect(want);
    }
}

static void with_memory(uint32_t form, bool wide)
{
    static const int32_t displacements[] = {0, 8, -128, 127, 128, -4096, 0x7fffffff};
    const struct form *f = &forms[form];
    char reg[32], mem[96], want[256];

    for (size_t i = 0; i < N_REGISTERS * 7 * 3; i++) {
        static const uint8_t indices[] = {X86_NO_INDEX, RCX, R13};
        struct x86_mem m = {(uint8_t)registers[i % N_REGISTERS], indices[i / 7 / N_REGISTERS],
                            displacements[i / N_REGISTERS % 7]};
        int r = registers[i * 5 % N_REGISTERS];
        reg_name(r, f->reg, wide, reg);
        mem_name(m, f->rm, wide, form != X86_LEA, mem);
        snprintf(want, sizeof(want), "%s %s, %s", mnemonic_of(f, wide), f->flags & S ? mem : reg,
                 f->flags & S ? reg : mem);
        x86_rm(&a, (enum x86_form)form, wide, r, m);
        expect(want);
    }
}

static void with_three(uint32_t form, bool wide)
{
    const struct form *f = &forms[form];
    char reg[32], rm[32], middle[32], want[128];

    for (size_t i = 0; i < N_REGISTERS * N_REGISTERS; i++) {
        int r = registers[i / N_REGISTERS], m = registers[i % N_REGISTERS],
            mid = registers[(i * 7 + 3) % N_REGISTERS];
        reg_name(r, f->reg, wide, reg);
        reg_name(m, f->reg == 128 ? 128 : f->rm, wide, rm);
        reg_name(mid, f->reg, wide, middle);
        bool last = f->reg != 128;
        snprintf(want, sizeof(want), "%s %s, %s, %s", f->mnemonic, reg, last ? rm : middle,
                 last ? middle : rm);
        x86_rrr(&a, (enum x86_form)form, wide, r, mid, m);
        expect(want);
    }
}

Test(jit_asm, forms)
{
    for (uint32_t form = 0; form < X86_FORM_COUNT; form++) {
        bool open = forms[form].reg == 0 || forms[form].rm == 0;
        for (int wide = form == X86_MOVSXD; wide <= (int)open; wide++) {
            if (forms[form].flags & V) {
                with_three(form, wide);
                continue;
            }
            if (!(forms[form].flags & N))
                with_registers(form, wide);
            /* Capstone prints the memory of a few in its own way; their shapes are those of the
             * others. */
            if (strncmp(forms[form].name, "MOVQ", 4) != 0 &&
                strncmp(forms[form].name, "COMIS", 5) != 0)
                with_memory(form, wide);
        }
    }
}

static const char *imm_text(int64_t imm, char *text)
{
    if (imm < 0)
        snprintf(text, 32, imm > -10 ? "-%llx" : "-0x%llx", (unsigned long long)-imm);
    else
        snprintf(text, 32, imm > 9 ? "0x%llx" : "%llx", (unsigned long long)imm);
    return text;
}

Test(jit_asm, immediates)
{
    static const char *const alu[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    static const char *const shifts[] = {"rol", "ror", NULL, NULL, "shl", "shr", NULL, "sar"};
    static const char *const ones[] = {NULL, NULL, "not", "neg", "mul", "imul", "div", "idiv"};
    static const int32_t imms[] = {1, 127, 128, 0x12345678};
    char want[128], imm[32];

    for (size_t i = 0; i < N_REGISTERS; i++) {
        for (int wide = 0; wide < 2; wide++) {
            int r = registers[i];
            const char *reg = names[r][2 + wide];
            for (int k = 0; k < 8; k++) {
                for (int n = 0; n < 4; n++) {
                    snprintf(want, sizeof(want), "%s %s, %s", alu[k], reg, imm_text(imms[n], imm));
                    x86_alu_imm(&a, k, wide, r, imms[n]);
                    expect(want);
                    snprintf(want, sizeof(want), "%s %s ptr [rbp + 0x40], %s", alu[k],
                             wide ? "qword" : "dword", imm);
                    x86_alu_mem_imm(&a, k, wide, x86_at(RBP, 0x40), imms[n]);
                    expect(want);
                }
                if (shifts[k]) {
                    snprintf(want, sizeof(want), "%s %s, 0x1f", shifts[k], reg);
                    x86_shift(&a, k, wide, r, 31);
                    expect(want);
                    snprintf(want, sizeof(want), "%s %s, cl", shifts[k], reg);
                    x86_shift_cl(&a, k, wide, r);
                    expect(want);
                }
                if (ones[k]) {
                    snprintf(want, sizeof(want), "%s %s", ones[k], reg);
                    x86_one(&a, k, wide, r);
                    expect(want);
                }
            }
            snprintf(want, sizeof(want), "imul %s, %s, 0x64", reg, names[R9][2 + wide]);
            x86_imul_imm(&a, wide, r, R9, 100);
            expect(want);
            snprintf(want, sizeof(want), "imul %s, %s, 0x186a0", reg, names[R9][2 + wide]);
            x86_imul_imm(&a, wide, r, R9, 100000);
            expect(want);
            snprintf(want, sizeof(want), "bswap %s", reg);
            x86_bswap(&a, wide, r);
            expect(want);
            snprintf(want, sizeof(want), "rorx %s, %s, 0xc", reg, names[RDX][2 + wide]);
            x86_rorx(&a, wide, r, RDX, 12);
            expect(want);
        }
    }
}

Test(jit_asm, moves_of_constants)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {
        {0, "mov r9d, 0"},
        {0xffffffff, "mov r9d, 0xffffffff"},
        {0x100000000, "movabs r9, 0x100000000"},
        {(uint64_t)-0x1000, "mov r9, -0x1000"},
        {0x8000000000000000, "movabs r9, 0x8000000000000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        x86_mov_imm(&a, R9, cases[i].value);
        expect(cases[i].text);
    }
    x86_mov_mem_imm(&a, 1, x86_at(RBP, 4), 0x12);
    expect("mov byte ptr [rbp + 4], 0x12");
    x86_mov_mem_imm(&a, 2, x86_at(R12, 4), 0x1234);
    expect("mov word ptr [r12 + 4], 0x1234");
    x86_mov_mem_imm(&a, 4, x86_at(RSP, 4), 0x12345678);
    expect("mov dword ptr [rsp + 4], 0x12345678");
    x86_mov_mem_imm(&a, 8, x86_at_index(RAX, R9), 0x12);
    expect("mov qword ptr [rax + r9], 0x12");
}

Test(jit_asm, control_and_the_rest)
{
    static const char *const cc[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                     "s", "ns", "p", "np", "l", "ge", "le", "g"};
    char want[64];

    for (int i = 0; i < 16; i++) {
        snprintf(want, sizeof(want), "j%s 0x1000", cc[i]);
        x86_aim(&a, x86_jcc(&a, i), 0);
        expect(want);
        snprintf(want, sizeof(want), "set%s sil", cc[i]);
        x86_setcc(&a, i, RSI);
        expect(want);
    }
    x86_aim(&a, x86_jmp(&a), 0);
    expect("jmp 0x1000");
    x86_aim(&a, x86_call(&a), 0);
    expect("call 0x1000");
    x86_jmp_reg(&a, R11);
    expect("jmp r11");
    x86_jmp_mem(&a, x86_at(RCX, 24));
    expect("jmp qword ptr [rcx + 0x18]");
    x86_call_mem(&a, x86_at(RAX, 0));
    expect("call qword ptr [rax]");
    x86_push(&a, R12);
    expect("push r12");
    x86_pop(&a, RBX);
    expect("pop rbx");
    x86_ret(&a);
    expect("ret");
    x86_sign_rdx(&a, true);
    expect("cqo");
    x86_sign_rdx(&a, false);
    expect("cdq");
    x86_stmxcsr(&a, x86_at(RBP, 0x100));
    expect("stmxcsr dword ptr [rbp + 0x100]");
    x86_ldmxcsr(&a, x86_at(RBP, 0x100));
    expect("ldmxcsr dword ptr [rbp + 0x100]");
    x86_lock_or_stack(&a);
    expect("lock or dword ptr [rsp], 0");
}

/* A patchable displacement is wholly inside an aligned word. */
Test(jit_asm, alignment)
{
    for (uint32_t before = 0; before < 8; before++) {
        for (uint32_t i = 0; i < before; i++)
            x86_byte(&a, 0x90);
        x86_align4(&a, 3);
        cr_assert_eq(x86_jmp(&a) % 4, 0);
        x86_align4(&a, 2);
        cr_assert_eq(x86_jcc(&a, CC_E) % 4, 0);
        a.n = 0;
    }
}
