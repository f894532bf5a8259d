/* SPDX-License-Identifier: BSD-2-Clause */
/* host-features: what it may say, and that code uses nothing of the host that it forbids. */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "ir_machine.h"
#include "ir_random.h"

#define ENGINE "engine-jit"

/* Opens the engine and closes it again: an empty text, or what it says. */
static const char *say(const char *features)
{
    static struct vm_error err;
    struct test_engine engine;

    err = (struct vm_error)VM_ERROR_INIT;
    if (test_engine_open_with(&engine, ENGINE, "host-features", features, &err) == 0)
        test_engine_close(&engine);
    return err.text;
}

Test(jit_features, all_and_none)
{
    cr_assert_str_eq(say("auto"), "");
    cr_assert_str_eq(say("none"), "");
}

Test(jit_features, names_are_known)
{
    static const char *const names[] = {"bmi2",   "lzcnt", "fma",       "avx", "avx2",
                                        "sse4.1", "aes",   "pclmulqdq", "sha", "f16c"};
    char both[64];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = say(names[i]);
        cr_assert(!*text || strstr(text, "this host has no"), "%s: %s", names[i], text);
        if (*text)
            continue;
        snprintf(both, sizeof(both), "%s , %s", names[i], names[i]);
        cr_assert_str_eq(say(both), "");
    }
}

Test(jit_features, what_is_wrong_is_named)
{
    static const char *const wrong[][2] = {
        {"bogus", "\"bogus\" is neither auto nor none nor one of bmi2"},
        {"", "\"\" is neither"},
        {",", "\"\" is neither"},
        {"bmi", "\"bmi\" is neither"},
        {"BMI2", "\"BMI2\" is neither"},
        {"none,none", "\"none\" is neither"},
        {"auto,", "\"auto\" is neither"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert(strstr(say(wrong[i][0]), wrong[i][1]), "%s: %s", wrong[i][0], say(wrong[i][0]));
}

static bool is_optional(const char *mnemonic)
{
    static const char *const some[] = {"lzcnt",    "tzcnt",       "popcnt",     "shlx",
                                       "shrx",     "sarx",        "rorx",       "andn",
                                       "roundsd",  "roundss",     "aesimc",     "sha1rnds4",
                                       "sha1msg2", "sha256rnds2", "sha256msg1", "sha256msg2"};

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        if (strcmp(mnemonic, some[i]) == 0)
            return true;
    return mnemonic[0] == 'v';
}

/* How many optional instructions are in the code of random units that use `focus` a lot. */
static uint32_t count_optional(const char *features, uint32_t focus)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_ir_unit ir;
    struct test_engine engine;
    struct vm_unit unit;
    cs_insn *insns;
    uint32_t found = 0;
    csh handle;

    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    cr_assert_eq(test_engine_open_with(&engine, ENGINE, "host-features", features, &err), 0, "%s",
                 err.text);
    vm_ir_init(&ir);
    for (uint64_t i = 0; i < 20; i++) {
        uint64_t state = i;
        vm_ir_clear(&ir);
        ir_random_unit(&ir, focus, &state);
        test_unit_init(&unit, &ir, exits);
        cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), 0, "%s", err.text);
        size_t n = cs_disasm(handle, unit.entry, unit.code_bytes, 0, 0, &insns);
        cr_assert(n > 0);
        cr_assert_eq(insns[n - 1].address + insns[n - 1].size, unit.code_bytes);
        for (size_t k = 0; k < n; k++)
            found += is_optional(insns[k].mnemonic);
        cs_free(insns, n);
        engine.ops->release(engine.self, &unit);
    }
    vm_ir_free(&ir);
    test_engine_close(&engine);
    cs_close(&handle);
    return found;
}

Test(jit_features, none_is_none)
{
    static const uint16_t ops[] = {
        VM_OP_SHL,  VM_OP_CLZ,       VM_OP_CTZ,     VM_OP_POPCNT,    VM_OP_ROTR, VM_OP_FADD,
        VM_OP_FMA,  VM_OP_FMIN,      VM_OP_FTOI,    VM_OP_FNEG,      VM_OP_FCVT, VM_OP_FRINT,
        VM_OP_LOAD, VM_OP_V_AESIMIX, VM_OP_V_SHA1W, VM_OP_V_SHA256A, VM_OP_COUNT};

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        cr_assert_eq(count_optional("none", ops[i]), 0, "opcode %u", ops[i]);
        /* That it would be seen, where the host has anything. */
        if (ops[i] == VM_OP_FADD && !*say("avx"))
            cr_assert_gt(count_optional("avx", ops[i]), 0);
        if (ops[i] == VM_OP_FMA && !*say("fma"))
            cr_assert_gt(count_optional("fma", ops[i]), 0);
    }
}
