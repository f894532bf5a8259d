/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser of printed IR: what was printed comes back as it was, and what is wrong is refused. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_random.h"

static struct vm_ir_unit ir, back;
static struct vm_error err;

static void set_up(void)
{
    vm_ir_init(&ir);
    vm_ir_init(&back);
    err = (struct vm_error)VM_ERROR_INIT;
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    vm_ir_free(&back);
}

TestSuite(ir_text, .init = set_up, .fini = tear_down);

static char *printed(const struct vm_ir_unit *unit)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    ir_print(unit, &test_arch, out);
    fclose(out);
    return text;
}

static void expect_round_trip(uint64_t seed)
{
    char *text = printed(&ir);

    vm_ir_clear(&back);
    cr_assert_eq(ir_parse(&back, &test_arch, text, &err), 0, "seed %#" PRIx64 ": %s\n%s", seed,
                 err.text, text);
    cr_assert_eq(back.n_insns, ir.n_insns, "seed %#" PRIx64, seed);
    for (uint32_t i = 0; i < ir.n_insns; i++)
        cr_assert_eq(memcmp(&back.insns[i], &ir.insns[i], sizeof(ir.insns[i])), 0,
                     "seed %#" PRIx64 ": instruction %" PRIu32 "\n%s", seed, i, text);
    cr_assert_eq(back.guest_insns, ir.guest_insns);
    cr_assert_eq(back.guest_bytes, ir.guest_bytes);
    free(text);
}

Test(ir_text, round_trip)
{
    uint64_t seed = test_seed();

    for (uint32_t i = 0; i < 40 * VM_OP_COUNT; i++) {
        uint64_t state = seed + i;
        vm_ir_clear(&ir);
        ir_random_unit(&ir, i % VM_OP_COUNT, &state);
        expect_round_trip(seed + i);
        vm_ir_clear(&ir);
        ir_random_region(&ir, i % VM_OP_COUNT, &state);
        expect_round_trip(seed + i);
    }
}

Test(ir_text, by_hand)
{
    static const char text[] = "\nlabel [entry] #16\n"
                               "insn [4 bytes] #16\n"
                               "%700 = get.i64 r3\n"
                               "  %2=load.i32 [2s big align mmu2.seq] %700, #-8 (anything)\n"
                               "%700 = extu.i32 %2\n"
                               "exit_if [block 0] %700, #16\n"
                               "exit [block 1] #32\n"
                               "label [inner] #32\n"
                               "insn [2 bytes] #32\n"
                               "exit_to [return] %700\n\n";

    cr_assert_eq(ir_parse(&ir, &test_arch, text, &err), 0, "%s", err.text);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    cr_assert_eq(ir.n_insns, 10);
    cr_assert_eq(ir.insns[2].aux, 3);
    cr_assert_eq(ir.insns[3].aux, 1 | VM_MEMOP_SIGNED | VM_MEMOP_BIG | VM_MEMOP_ALIGN |
                                      VM_MMU_ALT0 << VM_MEMOP_MMU_SHIFT | VM_MEMOP_ACQUIRE |
                                      VM_MEMOP_RELEASE);
    cr_assert_eq(ir.insns[3].imm, -8);
    cr_assert_eq(ir.insns[5].arg[0], 4);
    cr_assert_eq(ir.insns[7].aux, VM_LABEL_INNER);
    cr_assert_eq(ir.insns[9].aux, VM_JUMP_RETURN);
}

Test(ir_text, refused)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"fly.i64 %1", "no such operation: fly"},
        {"insn [4 bytes] #0\n%1 = get.i64 q9", "line 2: no such slot: q9"},
        {"call sing", "no such helper: sing"},
        {"%1 = not.i64 %7", "not defined"},
        {"%1 = const.i64 #5 %1", "more than"},
        {"%1 = const.i64 #99999999999999999999", "out of range"},
        {"%1 = const.i64 #x", "number is missing"},
        {"%x = const.i64 #1", "number is missing"},
        {"%9999999 = const.i64 #1", "out of range"},
        {"%1 const.i64 #1", "= is missing"},
        {"%1 = const.i65 #1", "more than"},
        {"%1 = const.i64 #1\n%2 = load.i64 %1, #0", "[ is missing"},
        {"%1 = const.i64 #1\n%2 = load.i64 [8u mmu1 %1, #0", "] is missing"},
        {"%1 = const.i64 #1\n%2 = load.i64 [3u mmu1] %1, #0", "size"},
        {"%1 = const.i64 #1\n%2 = load.i64 [8 mmu1] %1, #0", "signed or not"},
        {"%1 = const.i64 #1\n%2 = load.i64 [8u mmu4] %1, #0", "MMU"},
        {"%1 = const.i64 #1\n%2 = amo.i64 [8u mmu1 mul] %1, %1, #0", "read-modify-write"},
        {"%1 = const.f64 #1\n%2 = fadd.f64 [up] %1, %1", "rounding"},
        {"%1 = const.f64 #1\n%2 = fcvt.f32 [rne from.f8] %1", "type"},
        {"%1 = const.i64 #1\nexit_to [away] %1", "jump"},
        {"exit [blocks 1] #0", "block"},
        {"label [exit] #0", "flags"},
        {"insn [4] #0", "bytes"},
        {"unit: some", "totals"},
        {"%1 = const.i64 #1\n%2 = add.i64 %1", "wrong number of operands"},
        {"%1 = const.i64 #1\n%2 = call mix %1, %1, %1, %1, %1, %1, %1", "too many operands"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err = (struct vm_error)VM_ERROR_INIT;
        vm_ir_clear(&ir);
        cr_expect_eq(ir_parse(&ir, &test_arch, wrong[i].text, &err), -1, "%s", wrong[i].text);
        cr_expect(strstr(err.text, wrong[i].part), "\"%s\" does not say \"%s\"", err.text,
                  wrong[i].part);
    }
}
