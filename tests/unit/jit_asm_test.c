/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 encoder against capstone's disassembly: every form, with registers of every kind and
 * all shapes of address. */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugins/engine-jit/x86-64/asm.h"

enum { S = 1, U = 2, N = 4, V = 8, A = 16, I = 32, W = 64, R = 128 };

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
#define N_REGISTERS 16

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
    if (bits >= 128 || reg < 0)
        snprintf(text, 32, "%cmm%d", bits == 256 ? 'y' : 'x', reg);
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
static uint32_t rm_bits(const struct form *f)
{
    bool is_xmm = f->rm == 128 || (f->rm && f->rm < 128 && !(f->flags & R) &&
                                   (f->reg == 128 || strstr(f->mnemonic, "2si")));

    return is_xmm ? 128 : f->rm;
}

static const char *size_name(uint32_t bits, bool wide)
{
    uint32_t real = bits ? bits : wide ? 64 : 32;

    return real == 8     ? "byte"
           : real == 16  ? "word"
           : real == 32  ? "dword"
           : real == 64  ? "qword"
           : real == 256 ? "ymmword"
                         : "xmmword";
}

/* `size` "": as lea has it. */
static const char *mem_name(struct x86_mem m, const char *size, char *text)
{
    char index[16] = "", disp[32] = "";

    if (m.index != X86_NO_INDEX)
        snprintf(index, sizeof(index), m.scale ? " + %s*%d" : " + %s", names[m.index][3],
                 1 << m.scale);
    if (m.disp)
        snprintf(disp, sizeof(disp), abs(m.disp) > 9 ? " %c 0x%x" : " %c %x",
                 m.disp < 0 ? '-' : '+', (unsigned)abs(m.disp));
    snprintf(text, 96, "%s%s[%s%s%s]", size, size[0] ? " ptr " : "", names[m.base][3], index, disp);
    return text;
}

/* Every base with every kind of index and displacement: rsp and r12 need a SIB byte, rbp and r13 a
 * displacement, rsp is no index. Indices are scaled in all four ways. */
#define N_SHAPES (16 * 7 * 7)
static struct x86_mem shape(uint32_t i)
{
    static const int32_t displacements[] = {0, 8, -128, 127, 128, -4096, 0x7fffffff};
    static const uint8_t indices[] = {X86_NO_INDEX, RAX, RCX, RBP, R12, R13, R15};

    return (struct x86_mem){(uint8_t)(i % 16), indices[i / 16 % 7], displacements[i / 16 / 7],
                            i / 16 % 7 ? i % 4 : 0};
}

/* The disassembler calls the operand of comisd a whole register's, although it reads a double. */
static const char *rm_size(const struct form *f, bool wide)
{
    return strncmp(f->name, "COMIS", 5) == 0 ? "xmmword" : size_name(f->rm, wide);
}

static const char *mnemonic_of(const struct form *f, bool wide)
{
    static const char *const by_width[][2] = {
        {"movd", "movq"}, {"pinsrd", "pinsrq"}, {"pextrd", "pextrq"}};

    for (uint32_t i = 0; f->rm == 0 && i < 3; i++)
        if (strcmp(f->mnemonic, by_width[i][1]) == 0)
            return by_width[i][wide];
    return f->mnemonic;
}

/* The byte behind the instruction, if it has one, and what the disassembly says of it. */
static const char *immediate_of(const struct form *f)
{
    if (!(f->flags & I))
        return "";
    if (strncmp(f->mnemonic, "vblendv", 7) == 0) { /* it is a register */
        x86_byte(&a, 0xb0);
        return ", xmm11";
    }
    bool is_compare = strstr(f->mnemonic, "cmpeq") != NULL;
    x86_byte(&a, is_compare ? 0 : 9);
    return is_compare ? "" : ", 9";
}

static void with_registers(uint32_t form, bool wide)
{
    const struct form *f = &forms[form];
    char reg[32], rm[32], want[128];

    for (int i = 0; i < N_REGISTERS * N_REGISTERS; i++) {
        int r = i / N_REGISTERS, m = i % N_REGISTERS;
        reg_name(r, f->reg, wide, reg);
        reg_name(m, rm_bits(f) < 128 && f->flags & R ? 32 : rm_bits(f), wide, rm);
        x86_rr(&a, (enum x86_form)form, wide, r, m);
        snprintf(want, sizeof(want), "%s %s, %s%s", mnemonic_of(f, wide), f->flags & S ? rm : reg,
                 f->flags & S ? reg : rm, immediate_of(f));
        expect(want);
    }
}

static void with_memory(uint32_t form, bool wide)
{
    const struct form *f = &forms[form];
    char reg[32], mem[96], want[256];

    for (uint32_t i = 0; i < N_SHAPES; i++) {
        int r = (int)(i * 5 % N_REGISTERS);
        reg_name(r, f->reg, wide, reg);
        mem_name(shape(i), form == X86_LEA ? "" : rm_size(f, wide), mem);
        x86_rm(&a, (enum x86_form)form, wide, r, shape(i));
        snprintf(want, sizeof(want), "%s %s, %s%s", mnemonic_of(f, wide), f->flags & S ? mem : reg,
                 f->flags & S ? reg : mem, immediate_of(f));
        expect(want);
    }
}

/* VEX: shifts by a register have their r/m before the third register. */
static void with_three(uint32_t form, bool wide)
{
    const struct form *f = &forms[form];
    const char *v = f->flags & A ? "v" : "";
    bool last = f->reg < 128;
    char reg[32], rm[96], middle[32], want[256];

    for (int i = 0; i < N_REGISTERS * N_REGISTERS; i++) {
        int r = i / N_REGISTERS, m = i % N_REGISTERS, mid = (i * 7 + 3) % N_REGISTERS;
        reg_name(r, f->reg, wide, reg);
        reg_name(m, rm_bits(f), wide, rm);
        reg_name(mid, f->reg, wide, middle);
        x86_rrr(&a, (enum x86_form)form, wide, r, mid, m);
        snprintf(want, sizeof(want), "%s%s %s, %s, %s%s", v, f->mnemonic, reg, last ? rm : middle,
                 last ? middle : rm, immediate_of(f));
        expect(want);
    }
    for (uint32_t i = 0; i < N_SHAPES; i++) {
        int r = (int)(i * 5 % N_REGISTERS), mid = (int)(i * 3 % N_REGISTERS);
        reg_name(r, f->reg, wide, reg);
        reg_name(mid, f->reg, wide, middle);
        mem_name(shape(i), size_name(f->rm, wide), rm);
        x86_rrm(&a, (enum x86_form)form, wide, r, mid, shape(i));
        snprintf(want, sizeof(want), "%s%s %s, %s, %s%s", v, f->mnemonic, reg, last ? rm : middle,
                 last ? middle : rm, immediate_of(f));
        expect(want);
    }
}

Test(jit_asm, forms)
{
    for (uint32_t form = 0; form < X86_FORM_COUNT; form++) {
        uint32_t flags = forms[form].flags;
        bool open = forms[form].reg == 0 || forms[form].rm == 0;
        for (int wide = form == X86_MOVSXD; wide <= (int)open; wide++) {
            if (flags & (V | A))
                with_three(form, wide);
            if (!(flags & (N | V)))
                with_registers(form, wide);
            if (!(flags & V))
                with_memory(form, wide);
        }
    }
}

Test(jit_asm, vzeroupper)
{
    x86_vzeroupper(&a);
    expect("vzeroupper");
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

    for (int r = 0; r < N_REGISTERS; r++) {
        for (int wide = 0; wide < 2; wide++) {
            const char *reg = names[r][2 + wide];
            for (int k = 0; k < 8; k++) {
                for (int n = 0; n < 4; n++) {
                    snprintf(want, sizeof(want), "%s %s, %s", alu[k], reg, imm_text(imms[n], imm));
                    x86_alu_imm(&a, k, wide, r, imms[n]);
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
            snprintf(want, sizeof(want), "test %s, 0x12345678", reg);
            x86_test_imm(&a, wide, r, 0x12345678);
            expect(want);
            int other = (r * 5 + 9) % N_REGISTERS;
            const char *from = names[other][2 + wide];
            snprintf(want, sizeof(want), "imul %s, %s, 0x64", reg, from);
            x86_imul_imm(&a, wide, r, other, 100);
            expect(want);
            snprintf(want, sizeof(want), "imul %s, %s, 0x186a0", reg, from);
            x86_imul_imm(&a, wide, r, other, 100000);
            expect(want);
            snprintf(want, sizeof(want), "bswap %s", reg);
            x86_bswap(&a, wide, r);
            expect(want);
            snprintf(want, sizeof(want), "rorx %s, %s, 0xc", reg, from);
            x86_rorx(&a, wide, r, other, 12);
            expect(want);
        }
    }
}

Test(jit_asm, immediates_to_memory)
{
    static const char *const alu[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    static const int32_t imms[] = {1, 127, 128, 0x12345678};
    char want[128], mem[96], imm[32];

    for (uint32_t i = 0; i < 4 * N_SHAPES; i++) {
        struct x86_mem m = shape(i / 4);
        bool wide = i & 1;
        int k = (int)(i / 4 % 8);
        imm_text(imms[i % 4], imm);
        snprintf(want, sizeof(want), "%s %s, %s", alu[k], mem_name(m, size_name(0, wide), mem),
                 imm);
        x86_alu_mem_imm(&a, k, wide, m, imms[i % 4]);
        expect(want);
        imm_text(0x12, imm);
        snprintf(want, sizeof(want), "test %s, %s", mem_name(m, size_name(8, false), mem), imm);
        x86_test_mem_imm(&a, m, 0x12);
        expect(want);
        uint32_t size = 1u << i % 4;
        snprintf(want, sizeof(want), "mov %s, %s", mem_name(m, size_name(8 * size, false), mem),
                 imm);
        x86_mov_mem_imm(&a, size, m, 0x12);
        expect(want);
    }
}

Test(jit_asm, moves_of_constants)
{
    static const struct {
        uint64_t value;
        const char *mnemonic, *text;
        bool wide;
    } cases[] = {
        {0, "mov", "0", false},
        {0xffffffff, "mov", "0xffffffff", false},
        {0x100000000, "movabs", "0x100000000", true},
        {(uint64_t)-0x1000, "mov", "-0x1000", true},
        {0x8000000000000000, "movabs", "0x8000000000000000", true},
    };
    char want[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int r = 0; r < N_REGISTERS; r++) {
            snprintf(want, sizeof(want), "%s %s, %s", cases[i].mnemonic,
                     names[r][2 + cases[i].wide], cases[i].text);
            x86_mov_imm(&a, r, cases[i].value);
            expect(want);
        }
    }
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
        for (int r = 0; r < N_REGISTERS; r++) {
            snprintf(want, sizeof(want), "set%s %s", cc[i], names[r][0]);
            x86_setcc(&a, i, r);
            expect(want);
            for (int wide = 0; wide < 2; wide++) {
                int from = (r + i) % N_REGISTERS;
                snprintf(want, sizeof(want), "cmov%s %s, %s", cc[i], names[r][2 + wide],
                         names[from][2 + wide]);
                x86_cmov(&a, i, wide, r, from);
                expect(want);
            }
        }
    }
    x86_aim(&a, x86_jmp(&a), 0);
    expect("jmp 0x1000");
    x86_aim(&a, x86_call(&a), 0);
    expect("call 0x1000");
    for (int r = 0; r < N_REGISTERS; r++) {
        snprintf(want, sizeof(want), "jmp %s", names[r][3]);
        x86_jmp_reg(&a, r);
        expect(want);
        snprintf(want, sizeof(want), "push %s", names[r][3]);
        x86_push(&a, r);
        expect(want);
        snprintf(want, sizeof(want), "pop %s", names[r][3]);
        x86_pop(&a, r);
        expect(want);
    }
    x86_ret(&a);
    expect("ret");
    x86_sign_rdx(&a, true);
    expect("cqo");
    x86_sign_rdx(&a, false);
    expect("cdq");
    x86_lock(&a);
    x86_rm(&a, X86_CMPXCHG16, false, R9, x86_at(R13, 8));
    expect("lock cmpxchg word ptr [r13 + 8], r9w");
    x86_lock_or_stack(&a);
    expect("lock or dword ptr [rsp], 0");
}

/* Instructions that take an address and nothing else. */
Test(jit_asm, of_memory_alone)
{
    static const struct {
        const char *mnemonic, *size;
        void (*emit)(struct x86 *, struct x86_mem);
    } cases[] = {
        {"stmxcsr", "dword", x86_stmxcsr},
        {"ldmxcsr", "dword", x86_ldmxcsr},
        {"jmp", "qword", x86_jmp_mem},
        {"call", "qword", x86_call_mem},
    };
    char want[128], mem[96];

    for (uint32_t i = 0; i < 4 * N_SHAPES; i++) {
        snprintf(want, sizeof(want), "%s %s", cases[i % 4].mnemonic,
                 mem_name(shape(i / 4), cases[i % 4].size, mem));
        cases[i % 4].emit(&a, shape(i / 4));
        expect(want);
    }
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

/* A jump over the next instruction is wholly inside an aligned word of eight bytes. */
Test(jit_asm, alignment_of_patches)
{
    for (uint32_t before = 0; before < 16; before++) {
        for (uint32_t i = 0; i < before; i++)
            x86_byte(&a, 0x90);
        x86_align_patch(&a);
        cr_assert_leq(a.n % 8 + 5, 8);
        cr_assert_lt(a.n, before + 8);
        a.n = 0;
    }
}

/* What fills the gap does nothing. */
Test(jit_asm, alignment_of_loops)
{
    for (uint32_t before = 0; before < 16; before++) {
        cs_insn *insn;
        for (uint32_t i = 0; i < before; i++)
            x86_byte(&a, 0x90);
        x86_align16(&a);
        cr_assert_eq(a.n % 16, 0);
        cr_assert_lt(a.n, before + 16);
        size_t n = cs_disasm(handle, a.bytes, a.n, 0, 0, &insn);
        for (size_t i = 0; i < n; i++)
            cr_assert_str_eq(insn[i].mnemonic, "nop");
        cr_assert(a.n == 0 || (n && insn[n - 1].address + insn[n - 1].size == a.n));
        if (n)
            cs_free(insn, n);
        a.n = 0;
    }
}
