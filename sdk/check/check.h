/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h - what the files of vm-plugin-check share. */
#ifndef SDK_CHECK_CHECK_H
#define SDK_CHECK_CHECK_H

#include <stdbool.h>
#include <vmrun/test.h>

#define MAX_SETTINGS 64

struct setting {
    const char *name, *value;
};

/* What is checked, and how: set up by main() before the first case runs. */
struct check {
    const char *file;
    const struct vm_plugin *plugin;
    uint64_t seed;
    uint32_t steps;   /* of a random series */
    uint32_t seconds; /* that a case may take */
    struct setting given[MAX_SETTINGS];
    uint32_t n_given;
    char trying[256]; /* the settings of an attempt, in words */
    char folder[64];  /* where files are that properties name */
};
extern struct check check;

/* ---- Properties ---- */

/*
 * The settings that a plugin is made with: what the user gave, and something for each backend and
 * each required property that he did not.
 */
uint32_t baseline(struct setting settings[MAX_SETTINGS]);

/*
 * Makes and destroys one instance with these settings, as the kind does it. NULL: it could be made,
 * else what create() said; valid until the next call.
 */
typedef const char *try_fn(const struct setting *settings, uint32_t n);

/* Cases that all kinds of the stable tier share. */
void check_descriptor(void *opaque);
void check_values(void *opaque);
/* Every property at its limits: what create() refuses, it refuses with a word about it. */
void check_limits(try_fn *attempt);
/* Nothing is left behind, however often one is made. */
void check_growth(const char *what, void (*once)(void *opaque), void *opaque);

/* ---- Random numbers: the same series for the same seed and name ---- */

struct random {
    uint64_t state;
};
struct random random_begin(const char *name);
uint64_t random_next(struct random *r);
uint32_t random_below(struct random *r, uint32_t n);

/* ---- Cases by kind; the table's end has no name ---- */

/* A plugin that cannot be made with what there is cannot be checked. */
VM_TEST_NORETURN void refused(const struct vm_error *err);

extern const struct vm_test_case device_cases[], chardev_cases[], block_cases[], net_cases[],
    gpu_cases[], display_cases[], other_cases[];

/* ---- Devices (device.c, fuzz.c, state.c) ---- */

#include <vmrun/devtest.h>

enum { PLACES = 2 };
extern const char *const places[PLACES];

/* A host with the settings; place: an index of `places`. */
struct vm_devtest *device_host(int place, const struct setting *settings, uint32_t n);
/*
 * A device in that place, or NULL if it has none there. A plugin that can be made in no place fails
 * the case.
 */
struct vm_devtest *device_make(int place);
#define DEVICE_RAM      0x80000000u
#define DEVICE_RAM_SIZE 0x100000u

/* A guest, neighbours and backends that do anything, for so many steps. */
void fuzz_device(struct vm_devtest *h, struct random *r, uint32_t steps);
/* The machine's reset, and what it must have done. */
void reset_device(struct vm_devtest *h);

void check_registers(void *opaque);
void check_holes(void *opaque);
void check_in_flight(void *opaque);
void check_saved(void *opaque);
void check_hostile_state(void *opaque);

#endif
