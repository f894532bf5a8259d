/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translation cache: links, code that changes under way, mappings that change, eviction,
 * memory. Deterministic mode, where nothing else is said.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include "core/memory/tlb_table.h"
#include "vcpu_toy.h"

#define MMIO TOY_PAGE(TOY_MMIO_PAGE)

static struct toy *machine(bool direct)
{
    return toy_new(&(struct toy_options){.direct = direct, .deterministic = true});
}

static uint64_t exits(struct toy *t, enum vm_exit exit)
{
    return toy_vcpu(t, 0)->stats.exits[exit];
}

/* ---- links ---- */

/* r1 times round two units that jump to each other. */
static void load_loop(struct toy *t)
{
    TOY_CODE(t, 0, TOY(ADDI, 2, 2, 1), TOY(JMP, 0, 0, 0x7c));
    TOY_CODE(t, 0x80, TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -0x84), TOY(HALT, 0, 0, 0));
}

TOY_TEST(links_inside_a_page)
{
    struct toy *t = machine(direct);
    load_loop(t);
    t->starts[0].arg[0] = 5000;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], 5000);
    cr_assert_eq(vcpu_retired(toy_vcpu(t, 0)), 4 * 5000 + 1);
    cr_assert_geq(toy_stats(t).links, 2);
    cr_assert_lt(exits(t, VM_EXIT_NEXT), 20); /* it did not come back to the core at each turn */
    toy_free(t);
}

TOY_TEST(links_do_not_survive_their_target)
{
    struct toy *t = machine(direct);
    load_loop(t);
    t->starts[0].arg[0] = 100;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    TOY_CODE(t, 0x80, TOY(ADDI, 1, 1, -2));
    cr_assert_eq(toy_stats(t).invalidated, 1);
    struct vm_cpu *cpu = sched_cpu(t->sched, 0);
    cpu->pc = 0; /* not a reset: all else stays as it is */
    *toy_cpu(t, 0) = (struct toy_state){.r = {[1] = 100}};
    toy_vcpu(t, 0)->waiting = false;
    atomic_store(&t->halted, 0);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], 50);
    toy_free(t);
}

TOY_TEST(an_interrupt_breaks_no_link)
{
    struct toy *t = machine(direct);
    load_loop(t);
    TOY_CODE(t, TOY_PAGE(1), TOY(ADDI, 3, 3, 1), TOY(ICOUNT, 4, 0, 0), TOY(ADDI, 4, 4, 500),
             TOY(TIMER, 4, 0, 0), TOY(IRET, 0, 0, 1));
    TOY_CODE(t, TOY_PAGE(2), TOY(ADDI, 4, 0, 100), TOY(TIMER, 4, 0, 0), TOY(IEN, 0, 0, 1),
             TOY(JR, 0, 0, 0));
    t->starts[0] = (struct vm_cpu_start){.pc = TOY_PAGE(2), .arg = {20000}};
    toy_reset(t);
    toy_cpu(t, 0)->vector = TOY_PAGE(1);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], 20000);
    cr_assert_gt(toy_cpu(t, 0)->r[3], 100);
    toy_free(t);
}

/* ---- code that the program changes ---- */

#define ADD_TO_3(n) TOY(ADDI, 3, 3, n)

TOY_TEST(store_into_the_same_unit)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, TOY(STW, 1, 0, 8), TOY(ADDI, 4, 4, 1), ADD_TO_3(1), TOY(HALT, 0, 0, 0));
    t->starts[0].arg[0] = ADD_TO_3(7);
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 7);
    cr_assert_eq(toy_cpu(t, 0)->r[4], 1);
    cr_assert_eq(vcpu_retired(toy_vcpu(t, 0)), 4);
    toy_free(t);
}

/* The same where the unit is cut short by the end of a slice. */
TOY_TEST(store_into_a_short_unit)
{
    for (uint64_t limit = 1; limit < 8; limit++) {
        struct toy *t = machine(direct);
        TOY_CODE(t, 0, TOY(STW, 1, 0, 12), TOY(ADDI, 4, 4, 1), TOY(ADDI, 5, 5, 1), ADD_TO_3(1),
                 TOY(ADDI, 6, 6, 1), TOY(ADDI, 6, 6, 1), TOY(ADDI, 6, 6, 1), TOY(HALT, 0, 0, 0));
        t->starts[0].arg[0] = ADD_TO_3(7);
        t->sched->config.max_instructions = limit;
        toy_reset(t);
        toy_run(t, STOP_LIMIT);
        cr_assert_eq(vcpu_retired(toy_vcpu(t, 0)), limit);
        cr_assert_eq(toy_cpu(t, 0)->r[3], limit > 3 ? 7 : 0, "limit %u", (unsigned)limit);
        t->sched->config.max_instructions = 0;
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_cpu(t, 0)->r[3], 7);
        toy_free(t);
    }
}

/* r5: address of the code to change, to ADD_TO_3(i) in round i; r6: rounds. */
static void load_patcher(struct toy *t, uint64_t function)
{
    TOY_CODE(t, 0, TOY(STW, 1, 5, 0), TOY(ADDI, 1, 1, 1), TOY(ADDI, 7, 0, 16), TOY(JR, 0, 5, 0),
             TOY(ADDI, 6, 6, -1), TOY(BNE, 6, 0, -20), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, function, ADD_TO_3(0), TOY(JR, 0, 7, 0));
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = ADD_TO_3(1);
    toy_cpu(t, 0)->r[5] = function;
}

static void patch(bool direct, uint64_t function)
{
    struct toy *t = machine(direct);
    load_patcher(t, function);
    toy_cpu(t, 0)->r[6] = 100;
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 5050);
    cr_assert_geq(toy_stats(t).invalidated, 99);
    toy_free(t);
}

TOY_TEST(store_into_another_unit_of_the_page)
{
    patch(direct, 0x200);
}

TOY_TEST(store_into_another_page)
{
    patch(direct, TOY_PAGE(3) + 0x10);
}

TOY_TEST(data_beside_code_is_no_code)
{
    struct toy *t = machine(direct);
    load_loop(t);
    TOY_CODE(t, 0, TOY(ST, 1, 0, 0x100), TOY(ST, 2, 0, 0x88 + 8), TOY(JMP, 0, 0, 0x78));
    t->starts[0].arg[0] = 1000;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_load(t, 0x100), 1);
    cr_assert_eq(toy_stats(t).invalidated, 0);
    cr_assert_lt(toy_stats(t).translated, 10);
    toy_free(t);
}

/* ---- code that others change, in parallel mode ---- */

static void *write_halt(void *opaque)
{
    usleep(20000);
    TOY_CODE(opaque, 8, TOY(HALT, 0, 0, 0));
    return NULL;
}

TOY_TEST(dma_into_code_that_runs)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct});
    pthread_t writer;
    TOY_CODE(t, 0, TOY(ADDI, 1, 1, 1), TOY(JMP, 0, 0, 4), TOY(JMP, 0, 0, -8));
    toy_reset(t);
    pthread_create(&writer, NULL, write_halt, t);
    toy_run(t, STOP_POWEROFF);
    pthread_join(writer, NULL);
    cr_assert_eq(vcpu_retired(toy_vcpu(t, 0)), 3 * toy_cpu(t, 0)->r[1]);
    toy_free(t);
}

/*
 * vCPU 1 writes ADD_TO_3-like code into a function and then its number into a mailbox; vCPU 0 waits
 * for the number, synchronises as fence.i does, calls the function, and answers.
 */
TOY_TEST(another_cpu_changes_code)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 2});
    uint32_t rounds = toy_rounds(300);
    TOY_CODE(t, 0, /* vCPU 0: r1 number, r5 function, r8 mailbox */
             TOY(ADDI, 1, 1, 1), TOY(LD, 2, 8, 0), TOY(BNE, 2, 1, -4), TOY(KEY, 0, 0, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 5, 0), TOY(BNE, 3, 1, 16), TOY(ST, 1, 8, 8),
             TOY(BNE, 1, 6, -32), TOY(HALT, 0, 0, 0), TOY(TRAP, 0, 0, 1));
    TOY_CODE(t, TOY_PAGE(1), /* vCPU 1: r4 code */
             TOY(ADDI, 1, 1, 1), TOY(ADDI, 4, 4, 1), TOY(STW, 4, 5, 0), TOY(ST, 1, 8, 0),
             TOY(LD, 2, 8, 8), TOY(BNE, 2, 1, -4), TOY(BNE, 1, 6, -24), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(2), TOY(ADDI, 3, 0, 0), TOY(JR, 0, 7, 0));
    t->starts[1].pc = TOY_PAGE(1);
    toy_reset(t);
    for (int i = 0; i < 2; i++) {
        toy_cpu(t, (uint32_t)i)->r[4] = TOY(ADDI, 3, 0, 0);
        toy_cpu(t, (uint32_t)i)->r[5] = TOY_PAGE(2);
        toy_cpu(t, (uint32_t)i)->r[6] = rounds;
        toy_cpu(t, (uint32_t)i)->r[8] = TOY_PAGE(10);
    }
    cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
    cr_assert_eq(toy_cpu(t, 0)->r[3], rounds);
    toy_free(t);
}

/* ---- mappings ---- */

/* An instruction whose second half lies at the start of the next page. */
static void load_straddler(struct toy *t, uint32_t first_page, uint32_t insn)
{
    TOY_CODE(t, TOY_PAGE(first_page + 1) - 2, insn);
}

TOY_TEST(straddling_instruction_whose_second_page_is_remapped)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, /* call the straddler, remap, flush, again */
             TOY(ADDI, 7, 0, 8), TOY(JR, 0, 5, 0), TOY(MAP, 1, 6, 0), TOY(FLUSH, 0, 6, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 5, 0), TOY(HALT, 0, 0, 0));
    load_straddler(t, 8, TOY(ADDI, 3, 3, 5)); /* its second half in page 9, or in page 8 below */
    load_straddler(t, 9, TOY(ADDI, 4, 4, 9));
    TOY_CODE(t, TOY_PAGE(9) + 2, TOY(JR, 0, 7, 0));
    TOY_CODE(t, TOY_PAGE(10) + 2, TOY(JR, 0, 7, 0));
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = TOY_MAP_RAM(10);
    toy_cpu(t, 0)->r[5] = TOY_PAGE(9) - 2;
    toy_cpu(t, 0)->r[6] = TOY_PAGE(9);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 5);
    cr_assert_eq(toy_cpu(t, 0)->r[4], 5); /* op of page 10, number of page 8 */
    toy_free(t);
}

/* Two virtual pages on one physical page: both halves of the instruction are in it. */
TOY_TEST(straddling_instruction_on_one_page)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, TOY(ADDI, 7, 0, 8), TOY(JR, 0, 5, 0), TOY(STW, 1, 6, 0), TOY(ADDI, 7, 0, 20),
             TOY(JR, 0, 5, 0), TOY(HALT, 0, 0, 0));
    atomic_store(&t->map[9], TOY_MAP_RAM(8));
    uint16_t halves[2] = {5, TOY(ADDI, 3, 3, 0) >> 16};
    space_write(t->space, TOY_RAM + TOY_PAGE(9) - 2, &halves[0], 2, false);
    space_write(t->space, TOY_RAM + TOY_PAGE(8), &halves[1], 2, false);
    TOY_CODE(t, TOY_PAGE(8) + 2, TOY(JR, 0, 7, 0));
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = TOY(ADDI, 4, 4, 0) >> 16 | TOY(JR, 0, 7, 0) << 16;
    toy_cpu(t, 0)->r[5] = TOY_PAGE(9) - 2;
    toy_cpu(t, 0)->r[6] = TOY_PAGE(8);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 5);
    cr_assert_eq(toy_cpu(t, 0)->r[4], 5);
    toy_free(t);
}

/* By a direct jump and by an indirect one. */
TOY_TEST(jumps_to_another_page_after_remap)
{
    for (int indirect = 0; indirect < 2; indirect++) {
        struct toy *t = machine(direct);
        uint32_t jump = indirect ? TOY(JR, 0, 6, 0) : TOY(JMP, 0, 0, 0x4000 - 4);
        TOY_CODE(t, 0, TOY(ADDI, 7, 0, 8), jump, TOY(ADDI, 8, 8, -1), TOY(BNE, 8, 0, -12),
                 TOY(ADDI, 8, 8, 10), TOY(ADDI, 9, 9, -1), TOY(BNE, 9, 0, 8), TOY(HALT, 0, 0, 0),
                 TOY(MAP, 1, 6, 0), TOY(FLUSH, 0, 6, 0), TOY(JMP, 0, 0, -40));
        TOY_CODE(t, TOY_PAGE(4), TOY(ADDI, 3, 3, 1), TOY(JR, 0, 7, 0));
        TOY_CODE(t, TOY_PAGE(5), TOY(ADDI, 4, 4, 1), TOY(JR, 0, 7, 0));
        toy_reset(t);
        toy_cpu(t, 0)->r[1] = TOY_MAP_RAM(5);
        toy_cpu(t, 0)->r[6] = TOY_PAGE(4);
        toy_cpu(t, 0)->r[8] = 10;
        toy_cpu(t, 0)->r[9] = 2;
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_cpu(t, 0)->r[3], 10);
        cr_assert_eq(toy_cpu(t, 0)->r[4], 10);
        toy_free(t);
    }
}

/* The numbers of mappings start over: nothing of before may come alive again. */
TOY_TEST(mapping_generations_wrap)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, TOY(ADDI, 7, 0, 8), TOY(JR, 0, 6, 0), TOY(MAP, 1, 6, 0), TOY(FLUSH, 0, 6, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 6, 0), TOY(MAP, 2, 6, 0), TOY(FLUSH, 0, 6, 0),
             TOY(ADDI, 9, 9, -1), TOY(BNE, 9, 0, -36), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(4), TOY(ADDI, 3, 3, 1), TOY(JR, 0, 7, 0));
    TOY_CODE(t, TOY_PAGE(5), TOY(ADDI, 4, 4, 1), TOY(JR, 0, 7, 0));
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = TOY_MAP_RAM(5);
    toy_cpu(t, 0)->r[2] = TOY_MAP_RAM(4);
    toy_cpu(t, 0)->r[6] = TOY_PAGE(4);
    toy_cpu(t, 0)->r[9] = 20;
    struct vcpu *v = toy_vcpu(t, 0);
    struct vm_jump_entry *old = &v->cpu->jump_cache[7];
    *old = (struct vm_jump_entry){.pc = 1, .tag = 1};
    v->tlb->last_generation = UINT32_MAX - 10;
    toy_run(t, STOP_POWEROFF);
    cr_assert_lt(v->tlb->last_generation, 1000);
    cr_assert_neq(old->tag, 1);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 20);
    cr_assert_eq(toy_cpu(t, 0)->r[4], 20);
    cr_assert_eq(v->cpu->jump_tag, (uint64_t)tlb_fetch_generation(v->tlb) << 32 |
                                       (uint64_t)v->key_id << TAG_ENGINE_BITS | v->engine);
    toy_free(t);
}

/* A page whose upper half may not be fetched from, and one that was whole when it was translated.
 */
TOY_TEST(fetch_rules_inside_a_page)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, TOY(ADDI, 7, 0, 8), TOY(JR, 0, 5, 0), TOY(MAP, 1, 6, 0), TOY(FLUSH, 0, 6, 0),
             TOY(ADDI, 7, 0, 24), TOY(JR, 0, 5, 0), TOY(TRAP, 0, 0, 5));
    TOY_CODE(t, TOY_PAGE(4) + 0x7f8, TOY(ADDI, 3, 3, 1), TOY(ADDI, 3, 3, 1), TOY(ADDI, 3, 3, 1),
             TOY(JR, 0, 7, 0));
    TOY_CODE(t, TOY_PAGE(1), TOY(HALT, 0, 0, 0));
    toy_reset(t);
    toy_cpu(t, 0)->vector = TOY_PAGE(1);
    toy_cpu(t, 0)->r[1] = TOY_MAP_RAM(4) | TOY_NO_CACHE;
    toy_cpu(t, 0)->r[5] = TOY_PAGE(4) + 0x7f8;
    toy_cpu(t, 0)->r[6] = TOY_PAGE(4);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 5);
    cr_assert_eq(toy_cpu(t, 0)->epc, TOY_PAGE(4) + 0x800);
    cr_assert_eq(toy_cpu(t, 0)->cause, 1000);
    toy_free(t);
}

TOY_TEST(mode_keys)
{
    struct toy *t = machine(direct);
    TOY_CODE(t, 0, TOY(KEY, 1, 0, 0), TOY(GETKEY, 2, 0, 0), TOY(BNE, 1, 2, 24), TOY(KEY, 0, 0, 0),
             TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -20), TOY(HALT, 0, 0, 0), TOY(HALT, 0, 0, 0),
             TOY(TRAP, 0, 0, 1));
    t->starts[0].arg[0] = 3000; /* more than the cache knows at a time */
    toy_reset(t);
    cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
    cr_assert_eq(toy_cpu(t, 0)->r[1], 0);
    toy_free(t);
}

/* ---- limits ---- */

/* Short units all over pages 1 to 40, each a jump to the next; r1 rounds. */
static void load_chain(struct toy *t)
{
    for (uint32_t page = 1; page <= 40; page++) {
        uint32_t code[512];
        for (uint32_t i = 0; i < 512; i += 2) {
            code[i] = TOY(ADDI, 2, 2, 1);
            code[i + 1] = TOY(JMP, 0, 0, i == 510 ? 2048 + 4 : 4);
        }
        toy_code(t, TOY_PAGE(page), code, 512);
    }
    TOY_CODE(t, 0, TOY(JMP, 0, 0, 4096));
    TOY_CODE(t, TOY_PAGE(41), TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, 8), TOY(HALT, 0, 0, 0),
             TOY(JR, 0, 0, 0));
}

TOY_TEST(eviction_keeps_the_limit)
{
    struct toy *t = toy_new(&(struct toy_options){
        .direct = direct, .deterministic = true, .code_cache_bytes = 256 << 10});
    load_chain(t);
    t->starts[0].arg[0] = toy_rounds(20);
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    struct tcache_stats s = toy_stats(t);
    cr_assert_eq(toy_cpu(t, 0)->r[2], toy_rounds(20) * 40 * 256);
    cr_assert_gt(s.evicted, 10000);
    cr_assert_leq(s.live_bytes, (256 << 10) + 8192);
    cr_assert_leq(s.dead_bytes, 2 * (256 << 10) / 8 + 8192);
    toy_free(t);
}

TOY_TEST(eviction_with_many_cpus)
{
    struct toy *t =
        toy_new(&(struct toy_options){.direct = direct, .cpus = 4, .code_cache_bytes = 64 << 10});
    load_chain(t);
    for (int i = 0; i < 4; i++)
        t->starts[i].arg[0] = toy_rounds(10);
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(toy_cpu(t, i)->r[2], toy_rounds(10) * 40 * 256);
    cr_assert_leq(toy_stats(t).live_bytes, (64 << 10) + 4 * 8192);
    toy_free(t);
}

static uint64_t resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert(f);
    cr_assert_eq(fscanf(f, "%lu %lu", &size, &resident), 2);
    fclose(f);
    return (uint64_t)resident * 4096;
}

/* With a second vCPU that sleeps through all of it. */
TOY_TEST(a_million_invalidations_leave_memory_flat)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 2});
    uint32_t rounds = toy_rounds(direct ? 200000 : 1000000);
    load_patcher(t, TOY_PAGE(3));
    TOY_CODE(t, 12, TOY(JR, 0, 5, 0), TOY(ADDI, 6, 6, -1), TOY(BNE, 6, 0, -20),
             TOY(ST, 0, 8, TOY_DEV_STOP));
    TOY_CODE(t, TOY_PAGE(4), TOY(WAIT, 0, 0, 0));
    t->starts[1].pc = TOY_PAGE(4);
    for (int pass = 0; pass < 2; pass++) {
        uint64_t before = resident_bytes();
        toy_reset(t);
        toy_cpu(t, 0)->r[1] = ADD_TO_3(0);
        toy_cpu(t, 0)->r[5] = TOY_PAGE(3);
        toy_cpu(t, 0)->r[6] = pass ? rounds : 20000;
        toy_cpu(t, 0)->r[8] = MMIO;
        toy_run(t, STOP_POWEROFF);
        struct tcache_stats s = toy_stats(t);
        cr_assert_geq(s.invalidated, (pass ? rounds : 20000) - 1);
        cr_assert_lt(s.live, 20);
        cr_assert_leq(s.dead_bytes, 4 << 20);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
        if (pass)
            cr_assert_lt(resident_bytes(), before + (6 << 20));
#endif
        (void)before;
    }
    toy_free(t);
}
