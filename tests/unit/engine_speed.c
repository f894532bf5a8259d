/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast an engine runs small loops of IR, in guest instructions a second: `make
 * tests/unit/engine-speed && tests/unit/engine-speed [ENGINE]`. Not a test; for work on an engine.
 */
#include <stdio.h>
#include <time.h>
#include "ir_machine.h"

#define INSNS 100000000

static struct vm_ir_unit ir;

static vm_ir_value reg(uint32_t n)
{
    return vm_ir_0(&ir, VM_OP_GET, VM_I64, SLOT_R0 + n, 0);
}

static void set(uint32_t n, vm_ir_value v)
{
    vm_ir_1(&ir, VM_OP_PUT, VM_I64, SLOT_R0 + n, 0, v);
}

static void insn(void)
{
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, (int64_t)ir.guest_insns * 4);
}

/* One guest instruction: register d = a op b. */
static void op(enum vm_ir_op o, uint32_t d, uint32_t a, vm_ir_value b)
{
    set(d, vm_ir_2(&ir, o, VM_I64, 0, 0, reg(a), b));
}

static vm_ir_value number(int64_t n)
{
    return vm_ir_const(&ir, VM_I64, n);
}

static void independent(uint32_t i)
{
    op(VM_OP_ADD, i, i, number(1));
}

static void dependent(uint32_t i)
{
    (void)i;
    op(VM_OP_ADD, 0, 0, number(3));
}

static void mixed(uint32_t i)
{
    static const uint8_t ops[] = {VM_OP_ADD, VM_OP_XOR, VM_OP_SHL, VM_OP_SUB,
                                  VM_OP_AND, VM_OP_OR,  VM_OP_SHR, VM_OP_MUL};

    op((enum vm_ir_op)ops[i], i, (i + 3) % 8, i % 2 ? reg((i + 5) % 8) : number(3));
}

#define MEMOP_64 (3u | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

static void loads(uint32_t i)
{
    set(i % 7, vm_ir_1(&ir, VM_OP_LOAD, VM_I64, MEMOP_64, 8 * i, reg(8)));
}

static void stores(uint32_t i)
{
    vm_ir_2(&ir, VM_OP_STORE, VM_I64, MEMOP_64, 8 * i, reg(8), reg(i % 7));
}

static void floats(uint32_t i)
{
    vm_ir_value a = vm_ir_0(&ir, VM_OP_GET, VM_F64, SLOT_D0, 0),
                b = vm_ir_0(&ir, VM_OP_GET, VM_F64, SLOT_D0 + 1, 0);

    vm_ir_1(&ir, VM_OP_PUT, VM_F64, SLOT_D0 + 2 + i % 2, 0,
            vm_ir_2(&ir, i % 2 ? VM_OP_FADD : VM_OP_FMUL, VM_F64, 0, 0, a, b));
}

static const struct {
    const char *name;
    void (*emit)(uint32_t i);
} loops[] = {
    {"independent adds", independent},
    {"dependent adds", dependent},
    {"mixed integer", mixed},
    {"loads", loads},
    {"stores", stores},
    {"f64 add, multiply", floats},
};

/* Eight times the body, then a branch back to the start. */
static int build(void (*body)(uint32_t), struct vm_unit *unit, struct vm_unit_exit *exits,
                 const struct test_engine *e)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_clear(&ir);
    for (uint32_t i = 0; i < 8; i++) {
        insn();
        body(i);
    }
    insn();
    vm_ir_1(&ir, VM_OP_EXIT_IF, VM_NONE, 0, 0,
            vm_ir_2(&ir, VM_OP_NE, VM_I64, 0, 0, reg(9), number(0)));
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 36);
    test_unit_init(unit, &ir, exits);
    if (e->ops->compile(e->self, &ir, unit, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    e->ops->link(e->self, unit, 0, unit);
    return 0;
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(const struct test_engine *e, struct test_machine *m, struct vm_unit *unit,
                const char *name)
{
    test_slot_set(m, SLOT_R0 + 8, TEST_BASE);
    test_slot_set(m, SLOT_R0 + 9, 1);
    test_slot_set(m, SLOT_D0, 0x3ff8000000000000);
    test_slot_set(m, SLOT_D0 + 1, 0x3ff3333333333333);
    test_slot_set(m, SLOT_FLAGS, 1);
    m->cpu->pc = 0x80000000;
    m->cpu->countdown = INSNS;
    double begin = cpu_seconds();
    enum vm_exit exit = e->ops->enter(e->self, m->cpu, unit);
    double seconds = cpu_seconds() - begin;
    int32_t left = m->cpu->countdown;
    if (exit != VM_EXIT_POLL)
        printf("%-20s left with %d\n", name, exit);
    else
        printf("%-20s %8.0f MIPS\n", name, (INSNS - left) / seconds / 1e6);
}

int main(int argc, char **argv)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct test_engine e;
    struct vm_unit unit;

    if (test_engine_open(&e, argc > 1 ? argv[1] : "engine-interp") != 0)
        return 1;
    struct test_machine *m = test_machine_new(e.ops->frame_size);
    if (!m || (e.ops->cpu_init && e.ops->cpu_init(e.self, m->cpu, NULL) != 0))
        return 1;
    vm_ir_init(&ir);
    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        if (build(loops[i].emit, &unit, exits, &e) != 0)
            return 1;
        run(&e, m, &unit, loops[i].name);
        e.ops->release(e.self, &unit);
    }
    vm_ir_free(&ir);
    test_machine_free(m);
    test_engine_close(&e);
    return 0;
}
