/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-modifying code on one hart: patched loops, functions, code beside data, code copied and
 * reused. */
#include "insn.h"
#include "stubs.h"

#define ADDI(rd, rs, imm) ((uint32_t)((imm)&0xfff) << 20 | (rs) << 15 | (rd) << 7 | 0x13)
#define LI_A0(imm)        ADDI(10u, 0u, imm)
#define RET               0x00008067u

static uint32_t code[1024] __attribute__((aligned(4096)));
static uint32_t code2[1024] __attribute__((aligned(4096)));

static uint64_t call(const void *f)
{
    uint64_t (*fn)(void) = (uint64_t(*)(void))f;

    return fn();
}

/* the same function rewritten over and over */
static void rewritten(void)
{
    set_case("rewritten function");
    for (int i = 0; i < 2000; i++) {
        code[0] = LI_A0(i & 0x7ff);
        code[1] = RET;
        fence_i();
        check("new result", call(code), (uint64_t)(i & 0x7ff));
    }
}

/* only one instruction in the middle changes, by stores of every width */
static void patched_by_width(void)
{
    set_case("patched");
    for (unsigned i = 0; i < 8; i++)
        code[i] = ADDI(10u, 10u, 1);
    code[0] = LI_A0(0);
    code[8] = RET;
    fence_i();
    check("before", call(code), 7);
    code[3] = ADDI(10u, 10u, 100);
    fence_i();
    check("by a word", call(code), 106);
    ((volatile uint8_t *)&code[3])[3] = 0; /* imm 100 = 0x064: the low four bits stay */
    fence_i();
    check("by a byte", call(code), 10);
    ((volatile uint16_t *)&code[3])[1] = (uint16_t)(ADDI(10u, 10u, 50) >> 16);
    fence_i();
    check("by a halfword", call(code), 56);
    *(volatile uint64_t *)&code[4] = (uint64_t)ADDI(10u, 10u, 20) << 32 | ADDI(10u, 10u, 10);
    fence_i();
    check("by a doubleword", call(code), 84);
    *(volatile uint32_t *)((uint64_t)&code[5] + 2) =
        (uint32_t)(ADDI(10u, 10u, 7) << 16 | ADDI(10u, 10u, 3) >> 16);
    *(volatile uint16_t *)((uint64_t)&code[6] + 2) = (uint16_t)(ADDI(10u, 10u, 7) >> 16);
    fence_i();
    check("by a misaligned word", call(code), 1 + 1 + 50 + 10 + 3 + 7 + 1);
    __asm__ volatile("amoswap.w zero, %1, (%0)"
                     :
                     : "r"(&code[1]), "r"(ADDI(10u, 10u, 1000))
                     : "memory");
    fence_i();
    check("by an amo", call(code), 1000 + 1 + 50 + 10 + 3 + 7 + 1);
    __asm__ volatile("1: lr.w t0, (%0); sc.w t0, %1, (%0); bnez t0, 1b"
                     :
                     : "r"(&code[2]), "r"(ADDI(10u, 10u, -1))
                     : "t0", "memory");
    fence_i();
    check("by lr and sc", call(code), 1000 - 1 + 50 + 10 + 3 + 7 + 1);
    __asm__ volatile("fmv.w.x ft0, %1; fsw ft0, 0(%0)"
                     :
                     : "r"(&code[2]), "r"(ADDI(10u, 10u, 2))
                     : "memory");
    fence_i();
    check("by fsw", call(code), 1000 + 2 + 50 + 10 + 3 + 7 + 1);
}

/*
 * A loop that patches its own body while it runs: each round adds the immediate that the round
 * before it has stored.
 */
__attribute__((naked, noinline)) static uint64_t patching_loop(void)
{
    __asm__ volatile(".option push\n\t.option norvc\n\t"
                     "li a0, 0\n\t"
                     "li a1, 1\n\t"
                     "li a2, 100\n\t"
                     "la a3, 2f\n\t"
                     "lw a4, 0(a3)\n\t"
                     "slli a4, a4, 44\n\t"
                     "srli a4, a4, 44\n" /* the instruction without its immediate */
                     "1: slli a5, a1, 20\n\t"
                     "or a5, a5, a4\n\t"
                     "sw a5, 0(a3)\n\t"
                     "fence.i\n"
                     "2: addi a0, a0, 0\n\t"
                     "addi a1, a1, 1\n\t"
                     "bleu a1, a2, 1b\n\t"
                     "ret\n\t.option pop");
}

/* stores to data in the page that the code runs in, all the time, must not disturb it nor be lost
 */
static void data_beside_code(void)
{
    volatile uint64_t *data = (volatile uint64_t *)&code[512];
    uint64_t sum = 0;
    static const uint32_t body[] = {
        0x00053583, /* ld a1, 0(a0) */
        0x00158593, /* addi a1, a1, 1 */
        0x00b53023, /* sd a1, 0(a0) */
        0xfff60613, /* addi a2, a2, -1 */
        0xfe0618e3, /* bnez a2, -16 */
        0x00058513, /* mv a0, a1 */
        RET,
    };

    set_case("data in the code's page");
    for (unsigned i = 0; i < ARRAY_SIZE(body); i++)
        code[i] = body[i];
    *data = 5;
    fence_i();
    for (unsigned i = 0; i < 20; i++) {
        register uint64_t a0 __asm__("a0") = (uint64_t)data;
        register uint64_t a2 __asm__("a2") = 1000;

        __asm__ volatile("jalr %2" : "+r"(a0), "+r"(a2) : "r"(code) : "ra", "a1", "memory");
        sum = a0;
    }
    check("count", sum, 20005);
    check("in memory", *data, 20005);
    /* data right behind the last instruction, in its cache line */
    code[ARRAY_SIZE(body)] = 0;
    for (unsigned i = 0; i < 100; i++)
        ((volatile uint32_t *)code)[ARRAY_SIZE(body)] += i;
    check("word behind the code", code[ARRAY_SIZE(body)], 4950);
}

/* a function in one page writes a function in another, calls it, and is itself rewritten by it */
static void two_pages(void)
{
    set_case("two pages");
    for (int i = 0; i < 300; i++) {
        uint32_t *a = i & 1 ? code : code2, *b = i & 1 ? code2 : code;

        a[16] = LI_A0(i);
        a[17] = RET;
        fence_i();
        check("this one", call(&a[16]), (uint64_t)i);
        if (i)
            check("the other one", call(&b[16]), (uint64_t)(i - 1));
    }
}

/* a long run over the end of a page, copied to another place, both versions alive */
static void copied(void)
{
    static uint32_t source[2048] __attribute__((aligned(4096)));
    const unsigned n = 600, at = 700;

    set_case("copied");
    for (unsigned i = 0; i < n; i++)
        source[at + i] = ADDI(10u, 10u, 1);
    source[at] = LI_A0(0);
    source[at + n] = RET;
    fence_i();
    check("original", call(&source[at]), n - 1);
    for (unsigned i = 0; i <= n; i++)
        code[i] = source[at + i];
    code[n / 2] = ADDI(10u, 10u, 2);
    fence_i();
    check("copy", call(code), n);
    check("original again", call(&source[at]), n - 1);
    source[at + 400] = ADDI(10u, 10u, 3);
    fence_i();
    check("original patched beyond the page", call(&source[at]), n + 1);
}

/* an instruction that becomes a compressed pair, and back */
static void resized(void)
{
    set_case("resized");
    for (unsigned i = 0; i < 50; i++) {
        code[0] = LI_A0(0);
        code[1] = i & 1 ? 0x05050505 : ADDI(10u, 10u, 64); /* two c.addi a0, 1 */
        code[2] = RET;
        fence_i();
        check("result", call(code), i & 1 ? 2 : 64);
    }
}

int main(void)
{
    rewritten();
    patched_by_width();
    set_case("loop that patches itself");
    check("sum of 1 to 100", patching_loop(), 5050);
    check("again", patching_loop(), 5050);
    data_beside_code();
    two_pages();
    copied();
    resized();
    return 0;
}
