/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vCPU remembers of units: tables of the jump cache that contexts have for themselves, what
 * stands behind them, and that none of it survives the unit.
 */
#include "vcpu_toy.h"

#define ADD_TO_3(n) TOY(ADDI, 3, 3, n)
#define FUNCTION    TOY_PAGE(4)
#define ALIAS_PAGE  9
#define ROUNDS      100u
/* In the upper half of what KEY takes: another address space. */
#define CONTEXT(n) ((uint64_t)(n) << 32)

static struct toy *machine(bool direct)
{
    return toy_new(&(struct toy_options){.direct = direct, .deterministic = true});
}

static const struct vcpu_stats *stats(struct toy *t)
{
    return &toy_vcpu(t, 0)->stats;
}

/* An address on pages 5 to 8 that has the same place in the jump cache as pc. */
static uint64_t rival_of(uint64_t pc)
{
    uint64_t rival = TOY_PAGE(5);
    while (vm_jump_index(rival) != vm_jump_index(pc) || rival % VM_PAGE_SIZE > VM_PAGE_SIZE - 8)
        rival += 2;
    cr_assert_lt(rival, TOY_PAGE(9));
    return rival;
}

static void load_function(struct toy *t, uint64_t at, uint32_t insn)
{
    TOY_CODE(t, at, insn, TOY(JR, 0, 7, 0));
}

/* r9 rounds: writes r1, which grows by one, to r5 as an instruction, calls r5, then r6. */
static void load_patching_loop(struct toy *t)
{
    TOY_CODE(t, 0, TOY(STW, 1, 5, 0), TOY(ADDI, 1, 1, 1), TOY(ADDI, 7, 0, 16), TOY(JR, 0, 5, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 6, 0), TOY(ADDI, 9, 9, -1), TOY(BNE, 9, 0, -28),
             TOY(HALT, 0, 0, 0));
}

static void prepare(struct toy *t)
{
    load_function(t, FUNCTION, ADD_TO_3(1));
    load_function(t, rival_of(FUNCTION), TOY(ADDI, 4, 4, 1));
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = ADD_TO_3(1);
    toy_cpu(t, 0)->r[5] = FUNCTION;
    toy_cpu(t, 0)->r[6] = rival_of(FUNCTION);
    toy_cpu(t, 0)->r[9] = ROUNDS;
}

TOY_TEST(rivals_in_the_jump_cache_are_not_looked_up_again)
{
    struct toy *t = machine(direct);
    load_patching_loop(t);
    TOY_CODE(t, 0, TOY(ADDI, 2, 2, 1)); /* nothing is written */
    prepare(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], ROUNDS);
    cr_assert_eq(toy_cpu(t, 0)->r[4], ROUNDS);
    cr_assert_geq(stats(t)->jump_misses, 2 * (ROUNDS - 1));
    cr_assert_lt(stats(t)->lookups, 20);
    toy_free(t);
}

TOY_TEST(code_that_left_the_jump_cache_is_changed)
{
    struct toy *t = machine(direct);
    load_patching_loop(t);
    prepare(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], ROUNDS * (ROUNDS + 1) / 2);
    cr_assert_eq(toy_cpu(t, 0)->r[4], ROUNDS);
    toy_free(t);
}

/*
 * vCPU 1 writes code, then its number into a mailbox; vCPU 0 waits for the number, synchronises,
 * calls the function and then its rival, so that the function is in no jump cache when it changes.
 */
TOY_TEST(another_cpu_changes_code_that_left_the_jump_cache)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 2});
    uint32_t rounds = toy_rounds(300);
    TOY_CODE(t, 0, /* vCPU 0: r1 number, r5 function, r6 rival, r8 mailbox, r9 rounds */
             TOY(ADDI, 1, 1, 1), TOY(LD, 2, 8, 0), TOY(BNE, 2, 1, -4), TOY(KEY, 0, 0, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 5, 0), TOY(BNE, 3, 1, 24), TOY(ADDI, 7, 0, 36),
             TOY(JR, 0, 6, 0), TOY(ST, 1, 8, 8), TOY(BNE, 1, 9, -40), TOY(HALT, 0, 0, 0),
             TOY(TRAP, 0, 0, 1));
    TOY_CODE(t, TOY_PAGE(1), /* vCPU 1: r4 code */
             TOY(ADDI, 1, 1, 1), TOY(ADDI, 4, 4, 1), TOY(STW, 4, 5, 0), TOY(ST, 1, 8, 0),
             TOY(LD, 2, 8, 8), TOY(BNE, 2, 1, -4), TOY(BNE, 1, 9, -24), TOY(HALT, 0, 0, 0));
    load_function(t, FUNCTION, TOY(ADDI, 3, 0, 0));
    load_function(t, rival_of(FUNCTION), TOY(ADDI, 10, 10, 1));
    t->starts[1].pc = TOY_PAGE(1);
    toy_reset(t);
    for (uint32_t i = 0; i < 2; i++) {
        toy_cpu(t, i)->r[4] = TOY(ADDI, 3, 0, 0);
        toy_cpu(t, i)->r[5] = FUNCTION;
        toy_cpu(t, i)->r[6] = rival_of(FUNCTION);
        toy_cpu(t, i)->r[8] = TOY_PAGE(10);
        toy_cpu(t, i)->r[9] = rounds;
    }
    cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
    cr_assert_eq(toy_cpu(t, 0)->r[3], rounds);
    cr_assert_eq(toy_cpu(t, 0)->r[10], rounds);
    toy_free(t);
}

/* The page of a function that is remembered goes elsewhere and comes back, its rival in between. */
TOY_TEST(a_page_of_code_that_left_the_jump_cache_is_remapped)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, /* r1 and r2: where the page leads, in turns */
             TOY(MAP, 1, 5, 0), TOY(FLUSH, 0, 5, 0), TOY(ADDI, 7, 0, 16), TOY(JR, 0, 5, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 6, 0), TOY(ADDI, 10, 1, 0), TOY(ADDI, 1, 2, 0),
             TOY(ADDI, 2, 10, 0), TOY(ADDI, 9, 9, -1), TOY(BNE, 9, 0, -40), TOY(HALT, 0, 0, 0));
    load_function(t, TOY_PAGE(10), TOY(ADDI, 11, 11, 1));
    prepare(t);
    toy_cpu(t, 0)->r[1] = TOY_MAP_RAM(10);
    toy_cpu(t, 0)->r[2] = TOY_MAP_RAM(4);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], ROUNDS / 2);
    cr_assert_eq(toy_cpu(t, 0)->r[11], ROUNDS / 2);
    cr_assert_eq(toy_cpu(t, 0)->r[4], ROUNDS);
    cr_assert_lt(stats(t)->lookups, ROUNDS); /* the function is found again in either place */
    toy_free(t);
}

/* r9 rounds: in each of the address spaces r10 to r12 calls r5 and r6, then writes r1 to r8. */
static void load_contexts(struct toy *t)
{
    uint32_t code[20], n = 0;
    for (uint32_t space = 10; space <= 12; space++) {
        code[n++] = TOY(KEY, space, 0, 0);
        for (uint32_t function = 5; function <= 6; function++, n += 2) {
            code[n] = TOY(ADDI, 7, 0, 4 * (n + 2));
            code[n + 1] = TOY(JR, 0, function, 0);
        }
    }
    code[n++] = TOY(STW, 1, 8, 0);
    code[n++] = TOY(ADDI, 1, 1, 1);
    code[n++] = TOY(ADDI, 9, 9, -1);
    code[n] = TOY(BNE, 9, 0, -4 * (int)n);
    code[++n] = TOY(HALT, 0, 0, 0);
    toy_code(t, 0, code, n + 1);
    load_function(t, FUNCTION, ADD_TO_3(0));
    toy_reset(t);
    struct toy_state *s = toy_cpu(t, 0);
    for (uint32_t i = 0; i < 3; i++)
        s->r[10 + i] = CONTEXT(i);
    s->r[1] = ADD_TO_3(1);
    s->r[5] = s->r[6] = FUNCTION;
    s->r[8] = TOY_PAGE(11);
    s->r[9] = ROUNDS;
}

TOY_TEST(address_spaces_that_take_turns_miss_no_jumps)
{
    struct toy *t = machine(direct);
    load_contexts(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_lt(stats(t)->jump_misses, 60);
    toy_free(t);
}

/* In three address spaces, by one address and by two. */
TOY_TEST(code_is_changed_that_is_remembered_in_many_places)
{
    for (uint32_t alias = 0; alias < 2; alias++) {
        struct toy *t = machine(direct);
        atomic_store(&t->map[ALIAS_PAGE], TOY_MAP_RAM(4));
        load_contexts(t);
        toy_cpu(t, 0)->r[6] = alias ? TOY_PAGE(ALIAS_PAGE) : FUNCTION;
        toy_cpu(t, 0)->r[8] = FUNCTION;
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_cpu(t, 0)->r[3], 6 * ROUNDS * (ROUNDS - 1) / 2);
        toy_free(t);
    }
}
