/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point: taking values apart, rounding them, and choosing NaNs.
 */
#include "softfp_internal.h"

const struct vm_fp_format vm_fp_format_f16 = {.exp_bits = 5, .frac_bits = 10};
const struct vm_fp_format vm_fp_format_f32 = {.exp_bits = 8, .frac_bits = 23};
const struct vm_fp_format vm_fp_format_f64 = {.exp_bits = 11, .frac_bits = 52};

/* One row of the guests' NaN rules. */
struct nan_rule {
    uint8_t canonical; /* operands' NaNs never come through */
    uint8_t signalling_first;
    uint8_t order[3];       /* which operand of a, b, c is looked at first */
    uint8_t negative;       /* the sign of a NaN made from nothing */
    uint8_t zero_inf_valid; /* fma(0, inf, quiet NaN) does not raise NV */
    uint8_t zero_inf_new;   /* ... and delivers a new NaN instead of its operand */
};

static const struct nan_rule nan_rules[] = {
    [VM_FP_NAN_CANONICAL] = {.canonical = 1, .order = {0, 1, 2}},
    [VM_FP_NAN_ARM] = {.signalling_first = 1, .order = {2, 0, 1}, .zero_inf_new = 1},
    [VM_FP_NAN_X86] = {.order = {0, 1, 2}, .negative = 1, .zero_inf_valid = 1},
    [VM_FP_NAN_PPC] = {.order = {0, 2, 1}},
};

static const struct nan_rule *rule_of(const struct vm_fp_env *env)
{
    return &nan_rules[env->nan_rule % (sizeof(nan_rules) / sizeof(nan_rules[0]))];
}

struct fp_parts vm_fp_unpack(const struct vm_fp_format *f, const struct vm_fp_env *env,
                             uint64_t bits)
{
    uint64_t frac = bits & frac_mask(f);
    int exp = (int)(bits >> f->frac_bits) & exp_max(f);
    struct fp_parts p = {.sign = (bits & sign_bit(f)) != 0};

    if (exp == exp_max(f)) {
        p.sig = frac << (63 - f->frac_bits);
        p.kind = !frac ? FP_INF : p.sig >> 62 ? FP_QNAN : FP_SNAN;
    } else if (exp != 0) {
        p.kind = FP_FINITE;
        p.exp = exp - exp_bias(f);
        p.sig = UINT64_C(1) << 63 | frac << (63 - f->frac_bits);
    } else if (frac && !env->daz) {
        int shift = __builtin_clzll(frac);

        p.kind = FP_FINITE;
        p.exp = 1 - exp_bias(f) - f->frac_bits + 63 - shift;
        p.sig = frac << shift;
    }
    return p;
}

static uint64_t overflow(const struct vm_fp_format *f, struct vm_fp_env *env, unsigned sign)
{
    uint64_t inf = pack_inf(f, sign);

    env->flags |= VM_FP_OF | VM_FP_NX;
    switch (env->rm) {
    case VM_FP_RNE:
    case VM_FP_RMM:
        return inf;
    case VM_FP_RDN:
        return sign ? inf : inf - 1;
    case VM_FP_RUP:
        return sign ? inf - 1 : inf;
    default:
        return inf - 1;
    }
}

/* Whether sig, rounded as if the exponent had no lower bound, stays below the smallest normal. */
static int is_tiny(const struct vm_fp_format *f, const struct vm_fp_env *env, unsigned sign,
                   int biased, fp_wide sig)
{
    fp_wide kept = sig >> (127 - f->frac_bits);
    fp_wide all_ones = ((fp_wide)1 << (f->frac_bits + 1)) - 1;

    if (biased > 0) {
        return 0;
    }
    /* Only all ones, one binade below, can be carried up to the smallest normal. */
    return env->tiny_before || biased < 0 || kept != all_ones ||
           !rounds_up(env, sign, 1, sig << (f->frac_bits + 1));
}

uint64_t vm_fp_round_pack(const struct vm_fp_format *f, struct vm_fp_env *env, unsigned sign,
                          int exp, fp_wide sig)
{
    int shift = leading_zeros(sig);
    int biased = exp - shift + exp_bias(f);
    int tiny;
    fp_wide rest;
    uint64_t bits;

    sig <<= shift;
    tiny = is_tiny(f, env, sign, biased, sig);
    if (tiny && env->ftz) {
        env->flags |= env->ftz == VM_FP_FTZ_UF ? VM_FP_UF : VM_FP_UF | VM_FP_NX;
        return pack_zero(f, sign);
    }
    if (biased <= 0) {
        sig = shift_right_sticky(sig, 1 - biased);
        biased = 0;
    }
    /*
     * The leading bit of a normal significand is added to the exponent field, so that field starts
     * one lower; a carry out of the fraction moves on into the exponent by itself.
     */
    bits = (uint64_t)(sig >> (127 - f->frac_bits));
    rest = sig << (f->frac_bits + 1);
    if (biased > 0) {
        bits += (uint64_t)(biased - 1) << f->frac_bits;
    }
    bits += (uint64_t)rounds_up(env, sign, bits & 1, rest);
    if (biased >= exp_max(f) || bits >= pack_inf(f, 0)) {
        return overflow(f, env, sign);
    }
    if (rest) {
        env->flags |= tiny ? VM_FP_NX | VM_FP_UF : VM_FP_NX;
    }
    return bits | pack_zero(f, sign);
}

static uint64_t new_nan(const struct vm_fp_format *f, const struct vm_fp_env *env)
{
    return pack_inf(f, rule_of(env)->negative) | UINT64_C(1) << (f->frac_bits - 1);
}

uint64_t vm_fp_invalid(const struct vm_fp_format *f, struct vm_fp_env *env)
{
    env->flags |= VM_FP_NV;
    return new_nan(f, env);
}

/* The operand that the rule chooses; there is a NaN among them. */
static const struct fp_parts *choose(const struct nan_rule *rule, const struct fp_parts *operands,
                                     int n, int least_kind)
{
    const struct fp_parts *p = operands;

    for (int i = 0; i < 3; i++) {
        if (rule->order[i] < n) {
            p = &operands[rule->order[i]];
            if (p->kind >= least_kind) {
                break;
            }
        }
    }
    return p;
}

uint64_t vm_fp_pick_nan(const struct vm_fp_format *f, struct vm_fp_env *env,
                        const struct fp_parts *operands, int n)
{
    const struct nan_rule *rule = rule_of(env);
    const struct fp_parts *p;
    int signalling = 0;

    for (int i = 0; i < n; i++) {
        signalling |= operands[i].kind == FP_SNAN;
    }
    if (signalling) {
        env->flags |= VM_FP_NV;
    }
    if (rule->canonical || env->default_nan) {
        return new_nan(f, env);
    }
    p = choose(rule, operands, n, signalling && rule->signalling_first ? FP_SNAN : FP_QNAN);
    return pack_inf(f, p->sign) | UINT64_C(1) << (f->frac_bits - 1) |
           (p->sig >> (63 - f->frac_bits) & frac_mask(f));
}

uint64_t vm_fp_pick_nan_fma(const struct vm_fp_format *f, struct vm_fp_env *env,
                            const struct fp_parts *operands)
{
    const struct nan_rule *rule = rule_of(env);
    const struct fp_parts *a = &operands[0], *b = &operands[1], *c = &operands[2];
    int zero_inf =
        (a->kind == FP_ZERO && b->kind == FP_INF) || (a->kind == FP_INF && b->kind == FP_ZERO);

    if (zero_inf && !rule->zero_inf_valid) {
        env->flags |= VM_FP_NV;
    }
    if (zero_inf && rule->zero_inf_new && c->kind == FP_QNAN) {
        return new_nan(f, env);
    }
    return vm_fp_pick_nan(f, env, operands, 3);
}
