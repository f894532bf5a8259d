/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of cryptography. */
#include "emit_simd.h"

/* ---- AES ---- */

static void columns(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    put_v(t, in->rd, vec_one(t, op, 0, get_v(t, in->rn)));
}

static void rows(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    vm_ir_value keyed = vec_bits(t, VM_OP_V_XOR, get_v(t, in->rd), get_v(t, in->rn));

    put_v(t, in->rd, vec_one(t, op, 0, keyed));
}

SIMD(aese, rows(t, in, VM_OP_V_AESSUB))
SIMD(aesd, rows(t, in, VM_OP_V_AESISUB))
SIMD(aesmc, columns(t, in, VM_OP_V_AESMIX))
SIMD(aesimc, columns(t, in, VM_OP_V_AESIMIX))

/* ---- SHA-1 and SHA-256 ---- */

static vm_ir_value three(struct a64_translation *t, enum vm_ir_op op, uint32_t a, uint32_t b,
                         uint32_t c)
{
    return vm_ir_3(t->ir, op, VM_V128, 0, 0, get_v(t, a), get_v(t, b), get_v(t, c));
}

/* The operands' order is IR's, but for where the state's second half is the destination. */
SIMD(sha1c, put_v(t, in->rd, three(t, VM_OP_V_SHA1C, in->rd, in->rn, in->rm)))
SIMD(sha1p, put_v(t, in->rd, three(t, VM_OP_V_SHA1P, in->rd, in->rn, in->rm)))
SIMD(sha1m, put_v(t, in->rd, three(t, VM_OP_V_SHA1M, in->rd, in->rn, in->rm)))
SIMD(sha256h, put_v(t, in->rd, three(t, VM_OP_V_SHA256A, in->rd, in->rn, in->rm)))
SIMD(sha256h2, put_v(t, in->rd, three(t, VM_OP_V_SHA256E, in->rn, in->rd, in->rm)))

static void words(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    put_v(t, in->rd, vec_bits(t, op, get_v(t, in->rd), get_v(t, in->rn)));
}

SIMD(sha1su1, words(t, in, VM_OP_V_SHA1W))
SIMD(sha256su0, words(t, in, VM_OP_V_SHA256W0))

/* d is W[t-16] and on, n the next four words, m four more. */
static void sha1_words(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value d = get_v(t, in->rd), third = vec_ext(t, d, get_v(t, in->rn), 8);

    put_v(t, in->rd,
          vec_bits(t, VM_OP_V_XOR, vec_bits(t, VM_OP_V_XOR, d, third), get_v(t, in->rm)));
}

/* n is W[t-8] and on, m the next four words. */
static void sha256_words(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value m = get_v(t, in->rm), seventh = vec_ext(t, get_v(t, in->rn), m, 4);

    put_v(t, in->rd, vec_bits(t, VM_OP_V_SHA256W1, vec_add(t, 2, get_v(t, in->rd), seventh), m));
}

SIMD(sha1su0, sha1_words(t, in))
SIMD(sha256su1, sha256_words(t, in))

/* A word rotated left by 30. */
static void sha1_rotate(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value word = vm_ir_1(t->ir, VM_OP_TRUNC, VM_I32, 0, 0, get_low(t, in->rn));

    put_low(t, in->rd, extend_w(t, binary_w(t, VM_OP_ROTL, word, ir_const_w(t, 30))));
}

SIMD(sha1h, sha1_rotate(t, in))

/* ---- SHA-512: names are FIPS 180-4's ---- */

static vm_ir_value add(struct a64_translation *t, vm_ir_value a, vm_ir_value b)
{
    return binary(t, VM_OP_ADD, a, b);
}

/* x rotated to the right by each of three counts. */
static vm_ir_value big_sigma(struct a64_translation *t, vm_ir_value x, uint32_t first,
                             uint32_t second, uint32_t third)
{
    return binary(t, VM_OP_XOR,
                  binary(t, VM_OP_XOR, binary(t, VM_OP_ROTR, x, ir_const(t, first)),
                         binary(t, VM_OP_ROTR, x, ir_const(t, second))),
                  binary(t, VM_OP_ROTR, x, ir_const(t, third)));
}

/* Ch(e, f, g) and the sum of e */
static vm_ir_value chosen(struct a64_translation *t, vm_ir_value e, vm_ir_value f, vm_ir_value g)
{
    vm_ir_value differ = binary(t, VM_OP_AND, binary(t, VM_OP_XOR, f, g), e);

    return add(t, binary(t, VM_OP_XOR, differ, g), big_sigma(t, e, 14, 18, 41));
}

/* Maj(a, b, c) and the sum of a */
static vm_ir_value majority(struct a64_translation *t, vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    vm_ir_value two = binary(t, VM_OP_AND, binary(t, VM_OP_OR, a, b), c);

    return add(t, binary(t, VM_OP_OR, two, binary(t, VM_OP_AND, a, b)),
               big_sigma(t, a, 28, 34, 39));
}

/* Two rounds; the second one's operands are the first one's, moved on. */
static void sha512_e(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value f = get_low(t, in->rn), g = get_high(t, in->rn), d = get_low(t, in->rm);
    vm_ir_value e = get_high(t, in->rm);
    vm_ir_value high = add(t, chosen(t, e, f, g), get_high(t, in->rd));
    vm_ir_value low = add(t, chosen(t, add(t, high, d), e, f), get_low(t, in->rd));

    put_q(t, in->rd, low, high);
}

static void sha512_a(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value a = get_low(t, in->rm), b = get_high(t, in->rm), c = get_low(t, in->rn);
    vm_ir_value high = add(t, majority(t, a, b, c), get_high(t, in->rd));
    vm_ir_value low = add(t, majority(t, high, a, b), get_low(t, in->rd));

    put_q(t, in->rd, low, high);
}

/* In each half: rotated by two counts, and shifted. */
static vm_ir_value small_sigma(struct a64_translation *t, vm_ir_value x, uint32_t first,
                               uint32_t second, uint32_t by)
{
    const uint32_t counts[] = {first, second};
    vm_ir_value r = vec_shift(t, VM_OP_V_SHR, 3, x, by);

    for (uint32_t i = 0; i < 2; i++) {
        vm_ir_value low = vec_shift(t, VM_OP_V_SHR, 3, x, counts[i]);
        vm_ir_value high = vec_shift(t, VM_OP_V_SHL, 3, x, 64 - counts[i]);
        r = vec_bits(t, VM_OP_V_XOR, r, vec_bits(t, VM_OP_V_OR, low, high));
    }
    return r;
}

static void sha512_first_words(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value d = get_v(t, in->rd), next = vec_ext(t, d, get_v(t, in->rn), 8);

    put_v(t, in->rd, vec_add(t, 3, d, small_sigma(t, next, 1, 8, 7)));
}

static void sha512_last_words(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value sum = vec_add(t, 3, get_v(t, in->rd), get_v(t, in->rm));

    put_v(t, in->rd, vec_add(t, 3, sum, small_sigma(t, get_v(t, in->rn), 19, 61, 6)));
}

SIMD(sha512h, sha512_e(t, in))
SIMD(sha512h2, sha512_a(t, in))
SIMD(sha512su0, sha512_first_words(t, in))
SIMD(sha512su1, sha512_last_words(t, in))

/* ---- SHA-3: bits of both halves ---- */

static void sha3(struct a64_translation *t, const struct a64_insn *in,
                 vm_ir_value (*fn)(struct a64_translation *t, const struct a64_insn *in,
                                   vm_ir_value n, vm_ir_value m, vm_ir_value a))
{
    struct vector r;

    for (uint32_t i = 0; i < 2; i++)
        r.half[i] =
            fn(t, in, get_half(t, in->rn, i), get_half(t, in->rm, i), get_half(t, in->ra, i));
    put_q(t, in->rd, r.half[0], r.half[1]);
}

#define SHA3(name, EXPRESSION)                                                           \
    static vm_ir_value name##_bits(struct a64_translation *t, const struct a64_insn *in, \
                                   vm_ir_value n, vm_ir_value m, vm_ir_value a)          \
    {                                                                                    \
        (void)in;                                                                        \
        (void)a;                                                                         \
        return EXPRESSION;                                                               \
    }                                                                                    \
    SIMD(name, sha3(t, in, name##_bits))

SHA3(eor3, binary(t, VM_OP_XOR, binary(t, VM_OP_XOR, n, m), a))
SHA3(bcax, binary(t, VM_OP_XOR, n, binary(t, VM_OP_ANDN, m, a)))
SHA3(rax1, binary(t, VM_OP_XOR, n, binary(t, VM_OP_ROTL, m, ir_const(t, 1))))
SHA3(xar, binary(t, VM_OP_ROTR, binary(t, VM_OP_XOR, n, m), ir_const(t, a64_field(in, 10, 6))))
