/* SPDX-License-Identifier: BSD-2-Clause */
/* dispatch - an interpreter of byte code around one switch: jumps through a table. */
#include "../bench.h"

const unsigned bench_count = 9000000;

enum op { LOAD, ADD, SUB, XOR, SHIFT, MUL, STORE, TEST, SKIP, SWAP, COUNT, END };

/* A random program of one-byte operations, never the same twice in a row for the predictor of a
 * switch. */
#define LENGTH 256
static uint8_t code[LENGTH];
static uint64_t memory[16];

static void make(void)
{
    uint32_t seed = 4711;
    for (unsigned i = 0; i < LENGTH - 1; i++)
        code[i] = (uint8_t)(bench_random(&seed) % END | (bench_random(&seed) & 15) << 4);
    code[LENGTH - 1] = END;
}

static __attribute__((noinline)) uint64_t interpret(uint64_t steps)
{
    uint64_t a = 1, b = 2, counter = 0;
    const uint8_t *pc = code;
    while (steps--) {
        unsigned op = *pc & 15, arg = *pc >> 4;
        pc++;
        switch (op) {
        case LOAD:
            a = memory[arg];
            break;
        case ADD:
            a += b + arg;
            break;
        case SUB:
            b -= a ^ arg;
            break;
        case XOR:
            a ^= b << 1;
            break;
        case SHIFT:
            b = b >> arg | a << (63 - arg);
            break;
        case MUL:
            a *= 2 * arg + 3;
            break;
        case STORE:
            memory[arg] = a;
            break;
        case TEST:
            b += a > b;
            break;
        case SKIP:
            pc += (a & 7) == arg && *pc != END;
            break;
        case SWAP: {
            uint64_t t = a;
            a = b;
            b = t;
        } break;
        case COUNT:
            counter += arg;
            break;
        default:
            pc = code;
            break;
        }
    }
    return bench_mix(bench_mix(a, b), counter);
}

uint64_t bench_run(unsigned count)
{
    make();
    for (unsigned i = 0; i < 16; i++)
        memory[i] = i * 0x123456789u;
    return interpret((uint64_t)count * 4);
}
