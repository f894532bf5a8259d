/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test.h - tests of plugins without a guest: loading one, running test cases, what all test hosts
 * have in common. Part of libvmrun-devtest.a (pkg-config vmrun-devtest).
 *
 * The hosts are in devtest.h (devices) and backendtest.h (character, block and network backends).
 * They need nothing but the plugin: either its sources are linked into the test, which then has
 *     extern const struct vm_plugin vm_plugin_descriptor;
 * or its file is loaded by vm_test_load(). Any test framework will do; vm_test_main() is a small
 * one for those who have none.
 *
 * Whoever breaks a contract ends the test. What a plugin may not do (an interrupt output that it
 * never declared, DMA from a thread that has not the lock, a read wider than was asked for ...) and
 * what a test may not ask for is reported by vm_test_broken(). What may fail in a machine, as
 * create() may, fails as a value, with a struct vm_error that says why.
 */
#ifndef VMRUN_TEST_H
#define VMRUN_TEST_H

#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VM_TEST_NORETURN __attribute__((noreturn))
#else
#define VM_TEST_NORETURN
#endif

/* ---- Plugins and values ---------------------------------------------------------------------- */

/*
 * Loads the shared object `path`, whose name must be that of the plugin, and checks its descriptor
 * as vmrun does. The result, in this SDK's layout, lives until the process ends. NULL with err set.
 */
const struct vm_plugin *vm_test_load(const char *path, struct vm_error *err);

/* Whether a user's INI could give that property that value: 0, or -1 with err set, which names the
 * property. */
int vm_test_value(const struct vm_plugin *plugin, const char *property, const char *value,
                  struct vm_error *err);

/* ---- The plugin's log, since the last create() of any host ----------------------------------- */

uint32_t vm_test_log_lines(void);   /* how many lines there were */
const char *vm_test_log_text(void); /* the last one */

/* ---- Test cases ------------------------------------------------------------------------------ */

struct vm_test_case {
    const char *name;          /* one line: "reset lowers the interrupt" */
    void (*run)(void *opaque); /* returns: passed */
    void *opaque;
    uint32_t seconds; /* a case that takes longer has failed; 0: 60 */
};

/*
 * Runs each case in a process of its own, with empty standard input and its standard output on
 * standard error, so that one which crashes, hangs or ends the process has failed and hurts no
 * other; prints the results in the Test Anything Protocol. Returns what main() returns: 0, or 1 if
 * a case failed. The process must have no threads yet.
 */
int vm_test_main(const struct vm_test_case *cases, uint32_t n);

/*
 * The running case has failed, or cannot be run here and is skipped: why. Ends its process; where
 * no case is running (another framework's tests), the text goes to standard error and vm_test_fail
 * aborts, vm_test_skip exits with status 77.
 */
VM_TEST_NORETURN void vm_test_fail(const char *file, int line, const char *fmt, ...)
    VM_PRINTF(3, 4);
VM_TEST_NORETURN void vm_test_skip(const char *fmt, ...) VM_PRINTF(1, 2);
/* The same for a broken contract. */
VM_TEST_NORETURN void vm_test_broken(const char *what);
/* What the case is about to do: told if it crashes or hangs there. */
void vm_test_note(const char *fmt, ...) VM_PRINTF(1, 2);

#define VM_TEST_CHECK(condition) \
    ((condition) ? (void)0 : vm_test_fail(__FILE__, __LINE__, "%s", #condition))
/* Two unsigned numbers are the same. */
#define VM_TEST_EQUAL(got, wanted) \
    vm_test_equal(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(wanted))
void vm_test_equal(const char *file, int line, const char *what, uint64_t got, uint64_t wanted);

#ifdef __cplusplus
}
#endif
#endif
