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

/* ---- SHA-1, SHA-256 and SHA-512: each result's two halves are a helper's each ---- */

/* Which operands a helper takes: vectors in the order d, n, m, and how many halves of the second.
 */
enum shape { N, DN, DNM, DSM };

static void quad(struct a64_translation *t, const struct a64_insn *in, uint32_t helper,
                 enum shape shape)
{
    vm_ir_value args[6];
    struct vector r;
    uint32_t count = 0;

    if (shape != N) {
        args[count++] = get_low(t, in->rd);
        args[count++] = get_high(t, in->rd);
    }
    args[count++] = get_low(t, in->rn);
    if (shape != DSM)
        args[count++] = get_high(t, in->rn);
    if (shape == DNM || shape == DSM) {
        args[count++] = get_low(t, in->rm);
        args[count++] = get_high(t, in->rm);
    }
    for (uint32_t i = 0; i < 2; i++)
        r.half[i] = vm_ir_call(t->ir, helper + i, count, args);
    put_q(t, in->rd, r.half[0], r.half[1]);
}

#define QUAD(name, NAME, shape) SIMD(name, quad(t, in, A64_HELPER_##NAME##_LOW, shape))

QUAD(sha1c, SHA1C, DSM)
QUAD(sha1p, SHA1P, DSM)
QUAD(sha1m, SHA1M, DSM)
QUAD(sha1su0, SHA1SU0, DNM)
QUAD(sha1su1, SHA1SU1, DN)
QUAD(sha256h, SHA256H, DNM)
QUAD(sha256h2, SHA256H2, DNM)
QUAD(sha256su0, SHA256SU0, DN)
QUAD(sha256su1, SHA256SU1, DNM)
QUAD(sha512h, SHA512H, DNM)
QUAD(sha512h2, SHA512H2, DNM)
QUAD(sha512su0, SHA512SU0, DN)
QUAD(sha512su1, SHA512SU1, DNM)

/* A word rotated left by 30. */
static void sha1_rotate(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value word = vm_ir_1(t->ir, VM_OP_TRUNC, VM_I32, 0, 0, get_low(t, in->rn));

    put_low(t, in->rd, extend_w(t, binary_w(t, VM_OP_ROTL, word, ir_const_w(t, 30))));
}

SIMD(sha1h, sha1_rotate(t, in))

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
