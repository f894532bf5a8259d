/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: instructions for cryptography, translated and run by both engines, against the
 * standards' examples: FIPS 197, FIPS 180-4.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include "aarch64_runner.h"
#include "state.h"

TestSuite(aarch64_crypto, .init = runners_open, .fini = runners_close, .timeout = 60);

static struct runner *runner;
static uint64_t (*v)[2]; /* its V registers */

static void run(const uint32_t *words, uint32_t n)
{
    runner_compile(runner, "cryptography", words, n, 1);
    runner_run(runner);
    runner_release(runner);
}

#define RUN(...) \
    run((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* A test with each engine. */
#define CRYPTO(name)                  \
    static void check_##name(void);   \
    Test(aarch64_crypto, name)        \
    {                                 \
        FOR_RUNNERS(r)                \
        {                             \
            runner = r;               \
            v = a64_state(r->cpu)->v; \
            check_##name();           \
        }                             \
    }                                 \
    static void check_##name(void)

static void set(uint32_t reg, uint64_t low, uint64_t high)
{
    v[reg][0] = low;
    v[reg][1] = high;
}

static void expect(uint32_t reg, uint64_t low, uint64_t high)
{
    cr_expect(v[reg][0] == low && v[reg][1] == high,
              "v%u: %016" PRIx64 "%016" PRIx64 ", not %016" PRIx64 "%016" PRIx64, reg, v[reg][1],
              v[reg][0], high, low);
}

/* ---- instructions ---- */

#define DNM(word, d, n, m) ((word) | (uint32_t)(m) << 16 | (uint32_t)(n) << 5 | (uint32_t)(d))
#define DN(word, d, n)     DNM(word, d, n, 0)

enum {
    AESE = 0x4e284800,
    AESD = 0x4e285800,
    AESMC = 0x4e286800,
    AESIMC = 0x4e287800,
    PMULL = 0x0ee0e000,
    PMULL2 = 0x4ee0e000,
    SHA1C = 0x5e000000,
    SHA1P = 0x5e001000,
    SHA1M = 0x5e002000,
    SHA1SU0 = 0x5e003000,
    SHA1H = 0x5e280800,
    SHA1SU1 = 0x5e281800,
    SHA256H = 0x5e004000,
    SHA256H2 = 0x5e005000,
    SHA256SU0 = 0x5e282800,
    SHA256SU1 = 0x5e006000,
};
#define SHA512H   0xce608000
#define SHA512H2  0xce608400
#define SHA512SU0 0xcec08000
#define SHA512SU1 0xce608800
#define ADD_4S    0x4ea08400
#define ADD_2D    0x4ee08400
#define MOV       0x4ea01c00 /* n and m are the same */
#define EXT_8     0x6e004000

/* ---- AES ---- */

/* Appendix B, round 1: at its start, after ShiftRows, after MixColumns; bytes in memory order. */
#define START   0x2be2f4a0bee33d19, 0x0848f8e92a8dc69a
#define SHIFTED 0xae52b4e0305dbfd4, 0xe598271ef11141b8
#define MIXED   0x9a19cbe0e5816604, 0x4c2606287ad3f848

CRYPTO(aes)
{
    set(0, 0, 0);
    set(1, START);
    RUN(DN(AESE, 0, 1));
    expect(0, SHIFTED);
    RUN(DN(AESE, 1, 2));
    expect(1, SHIFTED);
    RUN(DN(AESMC, 3, 1));
    expect(3, MIXED);
    RUN(DN(AESIMC, 3, 3), DN(AESD, 1, 2));
    expect(3, SHIFTED);
    expect(1, START);
    RUN(DN(AESE, 1, 2), DN(AESMC, 1, 1));
    expect(1, MIXED);
}

/* Appendix C.1: a block under a key whose schedule is made beside. */
static void expand(uint32_t w[44])
{
    for (uint32_t i = 0; i < 4; i++)
        w[i] = 0x03020100 + i * 0x04040404;
    for (uint32_t i = 4, constant = 1; i < 44; i++) {
        uint32_t t = w[i - 1];
        if (i % 4 == 0) {
            set(0, (uint64_t)t << 32 | t, (uint64_t)t << 32 | t); /* all columns are the same */
            set(1, 0, 0);
            RUN(DN(AESE, 0, 1));
            t = (uint32_t)v[0][0];
            t = (t >> 8 | t << 24) ^ constant;
            constant = constant << 1 ^ (constant & 0x80 ? 0x11b : 0);
        }
        w[i] = w[i - 4] ^ t;
    }
}

#define ROUND(key)         DN(AESE, 0, key), DN(AESMC, 0, 0)
#define INVERSE_ROUND(key) DN(AESD, 0, key), DN(AESIMC, 0, 0)

CRYPTO(aes_128)
{
    const uint64_t plain[] = {0x7766554433221100, 0xffeeddccbbaa9988};
    uint32_t w[44];

    expand(w);
    set(0, plain[0], plain[1]);
    for (uint32_t i = 0; i < 11; i++)
        memcpy(v[16 + i], w + 4 * i, 16);
    RUN(ROUND(16), ROUND(17), ROUND(18), ROUND(19), ROUND(20), ROUND(21), ROUND(22), ROUND(23),
        ROUND(24), DN(AESE, 0, 25));
    set(0, v[0][0] ^ v[26][0], v[0][1] ^ v[26][1]);
    expect(0, 0x30047b6ad8e0c469, 0x5ac5b47080b7cdd8);
    for (uint32_t i = 1; i < 10; i++)
        RUN(DN(AESIMC, 16 + i, 16 + i));
    RUN(INVERSE_ROUND(26), INVERSE_ROUND(25), INVERSE_ROUND(24), INVERSE_ROUND(23),
        INVERSE_ROUND(22), INVERSE_ROUND(21), INVERSE_ROUND(20), INVERSE_ROUND(19),
        INVERSE_ROUND(18), DN(AESD, 0, 17));
    set(0, v[0][0] ^ v[16][0], v[0][1] ^ v[16][1]);
    expect(0, plain[0], plain[1]);
}

/* (x^63 + 1)^2 = x^126 + 1; (x + 1)(x^2 + x + 1) = x^3 + 1 */
CRYPTO(polynomials)
{
    set(0, 0x8000000000000001, 3);
    set(1, 0x8000000000000001, 7);
    RUN(DNM(PMULL, 2, 0, 1), DNM(PMULL2, 1, 0, 1));
    expect(2, 1, 0x4000000000000000);
    expect(1, 9, 0);
}

/* ---- hashes of the message "abc", padded to a block ---- */

static void message(uint32_t first, uint32_t word_bytes)
{
    for (uint32_t i = 0; i < 16; i++)
        memset((uint8_t *)v[first] + i * word_bytes, 0, word_bytes);
    v[first][0] = 0x61626380ull << (8 * word_bytes - 32);
    memcpy((uint8_t *)v[first] + 15 * word_bytes, &(uint32_t){24}, 4);
}

static uint64_t two(const uint32_t *w)
{
    return w[0] | (uint64_t)w[1] << 32;
}

/* Registers: v0 state, s1 e, v4 to v7 the message, v8 constant, v9 sum, v10 and v11 the state
 * before. */
CRYPTO(sha1)
{
    static const uint32_t start[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    static const uint32_t k[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static const uint32_t rounds[] = {SHA1C, SHA1P, SHA1M, SHA1P};

    set(0, two(start), two(start + 2));
    set(1, 0xc3d2e1f0, 0);
    set(10, v[0][0], v[0][1]);
    message(4, 4);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t w = 4 + i % 4, next = 4 + (i + 1) % 4, third = 4 + (i + 2) % 4;
        uint64_t c = k[i / 5] * 0x100000001u;
        set(8, c, c);
        RUN(DNM(ADD_4S, 9, w, 8), DN(SHA1H, 2, 0), DNM(rounds[i / 5], 0, 1, 9), DNM(MOV, 1, 2, 2),
            DNM(SHA1SU0, w, next, third), DN(SHA1SU1, w, 4 + (i + 3) % 4));
    }
    RUN(DNM(ADD_4S, 0, 0, 10));
    expect(0, 0x4706816aa9993e36, 0x7850c26cba3e2571);
    expect(1, 0x9cd0d89d - 0xc3d2e1f0, 0);
}

/* FIPS 180-4, 4.2.3; the words of 32 bits are the upper halves of these. */
static const uint64_t sha512_k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};
static const uint64_t sha512_start[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                         0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                         0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static uint64_t upper_two(const uint64_t *w)
{
    return w[0] >> 32 | (w[1] >> 32 << 32);
}

CRYPTO(sha256)
{
    const uint64_t *start = sha512_start;

    for (uint32_t i = 0; i < 2; i++) {
        set(i, upper_two(start + 4 * i), upper_two(start + 4 * i + 2));
        set(10 + i, v[i][0], v[i][1]);
    }
    message(4, 4);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t w = 4 + i % 4, third = 4 + (i + 2) % 4;
        set(8, upper_two(sha512_k + 4 * i), upper_two(sha512_k + 4 * i + 2));
        RUN(DNM(ADD_4S, 9, w, 8), DNM(MOV, 2, 0, 0), DNM(SHA256H, 0, 1, 9), DNM(SHA256H2, 1, 2, 9),
            DN(SHA256SU0, w, 4 + (i + 1) % 4), DNM(SHA256SU1, w, third, 4 + (i + 3) % 4));
    }
    RUN(DNM(ADD_4S, 0, 0, 10), DNM(ADD_4S, 1, 1, 11));
    expect(0, 0x8f01cfeaba7816bf, 0x5dae2223414140de);
    expect(1, 0x96177a9cb00361a3, 0xf20015adb410ff61);
}

/* Registers: v0 to v4 pairs of the state's words, whose roles change; v8 to v15 the message, v16 on
 * what is between, v20 to v23 the state before. */
CRYPTO(sha512)
{
    uint32_t ab = 0, cd = 1, ef = 2, gh = 3, next = 4;

    for (uint32_t i = 0; i < 4; i++) {
        set(i, sha512_start[2 * i], sha512_start[2 * i + 1]);
        set(20 + i, v[i][0], v[i][1]);
    }
    message(8, 8);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t w = 8 + i % 8, old = gh;
        set(16, sha512_k[2 * i], sha512_k[2 * i + 1]);
        RUN(DNM(ADD_2D, 16, 16, w), DNM(EXT_8, 16, 16, 16), DNM(EXT_8, 17, ef, gh),
            DNM(EXT_8, 18, cd, ef), DNM(ADD_2D, gh, gh, 16), DNM(SHA512H, gh, 17, 18),
            DNM(ADD_2D, next, cd, gh), DNM(SHA512H2, gh, cd, ab),
            DNM(EXT_8, 19, 8 + (i + 4) % 8, 8 + (i + 5) % 8), DN(SHA512SU0, w, 8 + (i + 1) % 8),
            DNM(SHA512SU1, w, 8 + (i + 7) % 8, 19));
        gh = ef, ef = next, next = cd, cd = ab, ab = old;
    }
    RUN(DNM(ADD_2D, ab, ab, 20), DNM(ADD_2D, cd, cd, 21), DNM(ADD_2D, ef, ef, 22),
        DNM(ADD_2D, gh, gh, 23));
    expect(ab, 0xddaf35a193617aba, 0xcc417349ae204131);
    expect(cd, 0x12e6fa4e89a97ea2, 0x0a9eeee64b55d39a);
    expect(ef, 0x2192992a274fc1a8, 0x36ba3c23a3feebbd);
    expect(gh, 0x454d4423643ce80e, 0x2a9ac94fa54ca49f);
}
