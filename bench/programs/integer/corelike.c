/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * corelike - integer work of the kind that CoreMark does: a linked list that is searched, reversed
 * and sorted, a small integer matrix, a state machine over text, and a CRC over it all. Uses no
 * library, so that it runs on the bare machine as well.
 */
#include "../bench.h"

#define NODES 64
#define SIZE  12

const unsigned bench_count = 40000;

struct node {
    struct node *next;
    int16_t value, index;
};

static BENCH_OWN struct node nodes[NODES];
static BENCH_OWN int16_t a[SIZE][SIZE], b[SIZE][SIZE];
static BENCH_OWN int32_t c[SIZE][SIZE];
static const char text[] =
    "5012,+3.5e10,-110.700,0xff,T0.3e-1F,,-.123456,Inf,1.4,-874.,3e,++,87,64.5e+7";

static uint16_t crc16(uint32_t v, uint16_t crc)
{
    for (int i = 0; i < 16; i++) {
        int carry = (crc ^ v) & 1;
        v >>= 1;
        crc = (uint16_t)(crc >> 1);
        if (carry)
            crc ^= 0xa001;
    }
    return crc;
}

static struct node *merge(struct node *x, struct node *y)
{
    struct node head, *tail = &head;
    while (x && y) {
        struct node **from = x->value <= y->value ? &x : &y;
        tail->next = *from;
        tail = *from;
        *from = (*from)->next;
    }
    tail->next = x ? x : y;
    return head.next;
}

static struct node *sort(struct node *list, int n)
{
    if (n < 2)
        return list;
    struct node *mid = list;
    for (int i = 1; i < n / 2; i++)
        mid = mid->next;
    struct node *rest = mid->next;
    mid->next = 0;
    return merge(sort(list, n / 2), sort(rest, n - n / 2));
}

static uint16_t run_list(uint32_t seed, uint16_t crc)
{
    for (int i = 0; i < NODES; i++) {
        seed = seed * 1103515245u + 12345u;
        nodes[i] =
            (struct node){i + 1 < NODES ? &nodes[i + 1] : 0, (int16_t)(seed >> 16), (int16_t)i};
    }
    struct node *list = nodes, *reversed = 0;
    while (list) {
        struct node *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    int found = 0;
    for (int want = 0; want < 16; want++)
        for (struct node *n = reversed; n; n = n->next)
            if ((n->value & 15) == want) {
                found += n->index;
                break;
            }
    for (struct node *n = sort(reversed, NODES); n; n = n->next)
        crc = crc16((uint16_t)n->value, crc);
    return crc16((uint32_t)found, crc);
}

static uint16_t run_matrix(int16_t seed, uint16_t crc)
{
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (int16_t)(seed + i * j);
            b[i][j] = (int16_t)(seed - i + j);
        }
    int32_t sum = 0;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            int32_t v = 0;
            for (int k = 0; k < SIZE; k++)
                v += a[i][k] * b[k][j];
            c[i][j] = v;
            sum += ((v >> 2) & 15) * ((v >> 5) & 127);
        }
    return crc16((uint32_t)sum, crc);
}

enum state { START, SIGN, INT, FRACTION, EXPONENT, EXPONENT_SIGN, BAD, STATES };

static enum state step(enum state s, char ch)
{
    int digit = ch >= '0' && ch <= '9';
    switch (s) {
    case START:
        return digit ? INT : ch == '+' || ch == '-' ? SIGN : ch == '.' ? FRACTION : BAD;
    case SIGN:
        return digit ? INT : ch == '.' ? FRACTION : BAD;
    case INT:
        return digit ? INT : ch == '.' ? FRACTION : ch == 'e' ? EXPONENT : BAD;
    case FRACTION:
        return digit ? FRACTION : ch == 'e' ? EXPONENT : BAD;
    case EXPONENT:
        return digit ? EXPONENT_SIGN : ch == '+' || ch == '-' ? EXPONENT_SIGN : BAD;
    case EXPONENT_SIGN:
        return digit ? EXPONENT_SIGN : BAD;
    default:
        return BAD;
    }
}

static uint16_t run_states(unsigned flip, uint16_t crc)
{
    uint32_t counts[STATES] = {0};
    enum state s = START;
    for (unsigned i = 0; i + 1 < sizeof(text); i++) {
        char ch = (char)(text[i] ^ (i % 17 == flip % 17 ? 1 : 0));
        s = ch == ',' ? START : step(s, ch);
        counts[s]++;
    }
    for (int i = 0; i < STATES; i++)
        crc = crc16(counts[i], crc);
    return crc;
}

uint64_t bench_run(unsigned count)
{
    uint16_t crc = 0;
    for (unsigned i = 0; i < count; i++) {
        crc = run_list(i, crc);
        crc = run_matrix((int16_t)i, crc);
        crc = run_states(i, crc);
    }
    return crc;
}
