/* SPDX-License-Identifier: BSD-2-Clause */
/* aarch64_float_manual.c - see aarch64_float_manual.h. */
#include "aarch64_float_manual.h"
#include "fp.h"

static const struct format alternative_half = {5, 10, true};

static const struct format *format_of(int index, const struct control *c)
{
    return c->ahp && index == HALF ? &alternative_half : &formats[index];
}

/* FZ16 is not for conversions between formats, of which halves are never flushed. */
static bool is_flushed(const struct instruction *in, int format, const struct control *c)
{
    return format == HALF ? c->fz16 && in->kind != CONVERT : c->fz;
}

unsigned arity(const struct instruction *in)
{
    return in->kind != ARITHMETIC || in->op == SQRT ? 1 : in->op == FMA && !in->step ? 3 : 2;
}

static uint64_t unpack(const struct instruction *in, const struct control *c, uint64_t v,
                       uint8_t *flags)
{
    const struct format *f = format_of(in->from, c);

    if (!is_flushed(in, in->from, c) || v & inf_of(f) || !(v & ~sign_of(f)))
        return v;
    if (in->from != HALF)
        *flags |= VM_FP_ID;
    return v & sign_of(f);
}

/* FPProcessNaNs: of n operands, addends first; false: none is a NaN. */
static bool process_nans(const struct format *f, const struct control *c, const uint64_t *v,
                         unsigned n, uint64_t *result, uint8_t *flags)
{
    static const uint8_t order[3] = {2, 0, 1};
    const uint8_t *first = n == 3 ? order : order + 1;
    unsigned chosen = n;

    for (unsigned i = n; i-- > 0;)
        chosen = is_nan(f, v[first[i]]) ? i : chosen;
    if (chosen == n)
        return false;
    for (unsigned i = n; i-- > 0;)
        chosen = is_snan(f, v[first[i]]) ? i : chosen;
    *flags |= is_snan(f, v[first[chosen]]) ? VM_FP_NV : 0;
    *result = c->dn ? nan_of(f) : v[first[chosen]] | quiet_of(f);
    return true;
}

static uint64_t one_of(const struct format *f)
{
    return inf_of(f) >> 1 & inf_of(f);
}

static uint64_t two_of(const struct format *f)
{
    return one_of(f) + (UINT64_C(1) << f->frac_bits);
}

/* What the oracle has, rounded: the last step of most operations. */
static uint64_t round_result(const struct instruction *in, const struct control *c, uint8_t *flags)
{
    uint8_t both[2];
    uint64_t r = oracle_round(c->rounding, both);

    if (is_flushed(in, in->to, c) && oracle_is_tiny()) {
        *flags |= VM_FP_UF;
        return r & sign_of(&formats[in->to]);
    }
    *flags |= both[1];
    return r;
}

/* What the oracle took up is zero times infinity. */
static bool is_zero_times_infinity(void)
{
    return mpfr_zero_p(oracle_a) ? mpfr_inf_p(oracle_b)
                                 : mpfr_inf_p(oracle_a) && mpfr_zero_p(oracle_b);
}

/* FPRecipStepFused and FPRSqrtStepFused, of what may be zero times infinity. */
static uint64_t step(const struct instruction *in, const struct control *c, uint64_t *v,
                     uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    uint64_t half = UINT64_C(1) << (f->frac_bits - 1), one_and_half = one_of(f) + half, r;

    v[0] ^= sign_of(f);
    if (process_nans(f, c, v, 2, &r, flags))
        return r;
    v[2] = in->step == 2 ? two_of(f) : two_of(f) + half;
    oracle_take(f, FMA, v, f, 0);
    if (is_zero_times_infinity())
        return in->step == 2 ? v[2] : one_and_half;
    if (in->step == 3)
        oracle_halve();
    return round_result(in, c, flags);
}

static uint64_t arithmetic(const struct instruction *in, const struct control *c, uint64_t *v,
                           uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    unsigned n = arity(in);
    uint64_t r;

    v[0] ^= in->negate_product ? sign_of(f) : 0;
    v[2] ^= in->negate_addend ? sign_of(f) : 0;
    bool nan = process_nans(f, c, v, n, &r, flags);
    oracle_take(f, in->op, v, f, 0);
    if (nan && n == 3 && is_nan(f, v[2]) && !(*flags & VM_FP_NV) && is_zero_times_infinity()) {
        *flags |= VM_FP_NV;
        r = nan_of(f);
    }
    if (!nan && in->extended && is_zero_times_infinity())
        r = ((v[0] ^ v[1]) & sign_of(f)) | two_of(f);
    else if (!nan)
        r = round_result(in, c, flags);
    r ^= in->negate_result ? sign_of(f) : 0;
    return in->absolute ? r & ~sign_of(f) : r;
}

static uint64_t converted_nan(const struct instruction *in, const struct control *c, uint64_t v,
                              uint8_t *flags)
{
    const struct format *f = &formats[in->from], *t = &formats[in->to];
    uint64_t sign = v & sign_of(f) ? sign_of(t) : 0;
    int shift = t->frac_bits - f->frac_bits;
    bool alternative = c->ahp && in->to == HALF;

    *flags |= is_snan(f, v) || alternative ? VM_FP_NV : 0;
    if (alternative)
        return sign;
    if (c->dn)
        return nan_of(t);
    v &= (UINT64_C(1) << f->frac_bits) - 1;
    return sign | nan_of(t) | (shift < 0 ? v >> -shift : v << shift);
}

static uint64_t convert(const struct instruction *in, const struct control *c, const uint64_t *v,
                        uint8_t *flags)
{
    const struct format *f = format_of(in->from, c), *t = format_of(in->to, c);

    if (is_nan(f, v[0]))
        return converted_nan(in, c, v[0], flags);
    oracle_take(f, TO_F16, v, t, 0);
    uint8_t own = 0;
    struct control odd = *c;
    odd.rounding = in->to_odd ? VM_FP_RTZ : c->rounding;
    uint64_t r = round_result(in, &odd, &own);
    if (in->to_odd && (own & VM_FP_NX))
        r |= 1;
    if (t->alternative && (own & VM_FP_OF || mpfr_inf_p(oracle_a))) {
        *flags |= VM_FP_NV;
        return (mpfr_signbit(oracle_a) ? sign_of(t) : 0) | (sign_of(t) - 1);
    }
    *flags |= own;
    return r;
}

/* FPRoundIntN: whether oracle_integral, of v, is a signed integer of so many bits. */
static bool fits(const struct format *f, uint64_t v, int bits)
{
    return !is_nan(f, v) && mpfr_number_p(oracle_a) &&
           mpfr_cmp_si_2exp(oracle_integral, -1, bits - 1) >= 0 &&
           mpfr_cmp_si_2exp(oracle_integral, 1, bits - 1) < 0;
}

static uint64_t to_integral(const struct instruction *in, const struct control *c,
                            const uint64_t *v, uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    uint64_t r;

    if (!in->limit && process_nans(f, c, v, 1, &r, flags))
        return r;
    oracle_from_bits(f, v[0], oracle_a);
    bool inexact = oracle_round_integral(in->rounding < 0 ? c->rounding : in->rounding);
    if (in->limit && !fits(f, v[0], in->limit)) {
        *flags |= VM_FP_NV;
        mpfr_set_si_2exp(oracle_integral, -1, in->limit - 1, MPFR_RNDN);
    } else if (inexact && in->tells_inexact) {
        *flags |= VM_FP_NX;
    }
    return oracle_to_bits(f, oracle_integral);
}

static uint64_t to_integer(const struct instruction *in, const uint64_t *v, uint8_t *flags)
{
    const uintmax_t all = UINT64_MAX >> (64 - in->to);
    const intmax_t low = in->is_unsigned ? 0 : -(intmax_t)(all >> 1) - 1;
    uint8_t own = VM_FP_NV;
    uint64_t r = 0;

    if (!is_nan(&formats[in->from], v[0])) {
        oracle_from_bits(&formats[in->from], v[0], oracle_a);
        mpfr_mul_2si(oracle_a, oracle_a, in->fraction, MPFR_RNDZ);
        r = oracle_to_int(in->rounding, low, in->is_unsigned ? all : all >> 1, &own);
    }
    *flags |= own;
    return r & all;
}

static uint64_t from_integer(const struct instruction *in, const struct control *c, uint64_t *v,
                             uint8_t *flags)
{
    v[0] &= UINT64_MAX >> (64 - in->from);
    if (in->from == 16)
        v[0] = in->is_unsigned ? v[0] : (uint64_t)(int16_t)v[0];
    oracle_take(&formats[in->to],
                (enum op_id)(FROM_I32 + 2 * (in->from == 64) + (in->is_unsigned ? 1 : 0)), v,
                &formats[in->to], in->fraction);
    return round_result(in, c, flags);
}

/* ---- estimates: FPRecipEstimate, FPRSqrtEstimate, FPRecpX ---- */

/* The eight bits behind the point of 1 / (a / 512), and of its root. */
static uint64_t estimate_reciprocal(uint64_t a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2 & 255;
}

static uint64_t estimate_root(uint64_t a)
{
    uint64_t b = 512;

    a = a < 256 ? 2 * a + 1 : ((a >> 1 << 1) + 1) * 2;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2 & 255;
}

struct parts {
    int64_t exponent;  /* biased; below 1 for what had to be moved */
    uint64_t fraction; /* 52 bits */
};

static struct parts normalised(const struct format *f, uint64_t v)
{
    const uint64_t top = UINT64_C(1) << 51, all = 2 * top - 1;
    struct parts p = {.exponent = (int64_t)((v & inf_of(f)) >> f->frac_bits)};

    p.fraction = v << (52 - f->frac_bits) & all;
    if (p.exponent == 0) {
        for (; !(p.fraction & top); p.exponent--)
            p.fraction = p.fraction << 1;
        p.fraction = p.fraction << 1 & all;
    }
    return p;
}

static uint64_t packed(const struct format *f, int64_t exponent, uint64_t fraction)
{
    const uint64_t top = UINT64_C(1) << 51;

    if (exponent <= 0) {
        fraction = (top | fraction >> 1) >> -exponent;
        exponent = 0;
    }
    return (uint64_t)exponent << f->frac_bits | fraction >> (52 - f->frac_bits);
}

static uint64_t reciprocal(const struct instruction *in, const struct control *c, uint64_t v,
                           uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    const int64_t bias = (int64_t)(one_of(f) >> f->frac_bits);
    uint64_t sign = v & sign_of(f);

    v &= ~sign;
    if (v == 0) {
        *flags |= VM_FP_DZ;
        return sign | inf_of(f);
    }
    if (v == inf_of(f))
        return sign;
    struct parts p = normalised(f, v);
    if (p.exponent < -1) { /* below 2 to the power of -(bias + 1) */
        *flags |= VM_FP_OF | VM_FP_NX;
        bool infinite = c->rounding == VM_FP_RNE || c->rounding == (sign ? VM_FP_RDN : VM_FP_RUP);
        return sign | (inf_of(f) - !infinite);
    }
    if (is_flushed(in, in->to, c) && p.exponent >= 2 * bias - 1) {
        *flags |= VM_FP_UF;
        return sign;
    }
    uint64_t bits = estimate_reciprocal(256 | p.fraction >> 44);
    return sign | packed(f, 2 * bias - 1 - p.exponent, bits << 44);
}

static uint64_t reciprocal_root(const struct instruction *in, uint64_t v, uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    const int64_t bias = (int64_t)(one_of(f) >> f->frac_bits);

    if (!(v & ~sign_of(f))) {
        *flags |= VM_FP_DZ;
        return v | inf_of(f);
    }
    if (v & sign_of(f)) {
        *flags |= VM_FP_NV;
        return nan_of(f);
    }
    if (v == inf_of(f))
        return 0;
    struct parts p = normalised(f, v);
    uint64_t scaled = 256 | p.fraction >> 44;
    uint64_t bits = estimate_root(p.exponent & 1 ? scaled >> 1 : scaled);
    return packed(f, (3 * bias - 1 - p.exponent) >> 1, bits << 44);
}

static uint64_t estimate(const struct instruction *in, const struct control *c, uint64_t *v,
                         uint8_t *flags)
{
    const struct format *f = &formats[in->from];
    uint64_t r;

    if (process_nans(f, c, v, 1, &r, flags))
        return r;
    if (in->kind == RECIPROCAL)
        return reciprocal(in, c, v[0], flags);
    if (in->kind == RECIPROCAL_ROOT)
        return reciprocal_root(in, v[0], flags);
    uint64_t exponent = v[0] & inf_of(f);
    exponent = exponent ? ~exponent & inf_of(f) : inf_of(f) - (UINT64_C(1) << f->frac_bits);
    return (v[0] & sign_of(f)) | exponent;
}

/* FPConvertNaN, and what is exact. */
static uint64_t half_to_single(const struct instruction *in, const struct control *c, uint64_t v,
                               uint8_t *flags)
{
    const struct format *h = &formats[HALF], *s = &formats[SINGLE];

    v = unpack(in, c, v, flags);
    if ((v & inf_of(h)) == inf_of(h))
        return (v & sign_of(h)) << 16 | inf_of(s) | (v & (quiet_of(h) * 2 - 1)) << 13;
    if (!(v & ~sign_of(h)))
        return v << 16;
    oracle_from_bits(h, v, oracle_a);
    return oracle_to_bits(s, oracle_a);
}

/* FPMulAddH: a product of two halves is exact in single precision, and halves are never subnormal
 * there. */
static uint64_t widened(const struct instruction *in, const struct control *c,
                        const uint64_t operands[3], uint8_t *flags)
{
    struct instruction single = *in;
    const uint64_t v[3] = {half_to_single(in, c, operands[0], flags),
                           half_to_single(in, c, operands[1], flags), operands[2]};

    single.from = SINGLE;
    single.widens = false;
    return expected(&single, c, v, flags);
}

uint64_t expected(const struct instruction *in, const struct control *c, const uint64_t operands[3],
                  uint8_t *flags)
{
    uint64_t v[3];

    if (in->widens)
        return widened(in, c, operands, flags);
    for (unsigned i = 0; i < 3; i++)
        v[i] = in->kind != FROM_INTEGER && i < arity(in) ? unpack(in, c, operands[i], flags)
                                                         : operands[i];
    switch (in->kind) {
    case ARITHMETIC:
        return in->step ? step(in, c, v, flags) : arithmetic(in, c, v, flags);
    case CONVERT:
        return convert(in, c, v, flags);
    case INTEGRAL:
        return to_integral(in, c, v, flags);
    case TO_INTEGER:
        return to_integer(in, v, flags);
    case FROM_INTEGER:
        return from_integer(in, c, v, flags);
    default:
        return estimate(in, c, v, flags);
    }
}
