/* SPDX-License-Identifier: BSD-2-Clause */
/* device.c - vm-plugin-check: the life of devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

const char *const places[PLACES] = {NULL, "pci"};

/* ---- Hosts ----------------------------------------------------------------------------------- */

/* The lines of every architecture that vmrun has: a device takes those that it knows. */
static const char *const cpu_lines[] = {"m-soft", "m-timer", "m-ext", "s-soft", "s-timer", "s-ext",
                                        "irq",    "fiq",     "virq",  "vfiq",   NULL};
static const char *const cpu_outputs[] = {"cntp",  "cntv", "cnthp",    "cntps",
                                          "cnthv", "pmu",  "gicmaint", NULL};

/* A deterministic machine refuses those. */
static bool has_gpu(void)
{
    const char *table = (const char *)check.plugin->properties;

    for (uint32_t i = 0; i < check.plugin->n_properties; i++) {
        const struct vm_property *p = (const void *)(table + i * check.plugin->property_size);
        if (p->type == VM_PROP_GPU)
            return true;
    }
    return false;
}

struct vm_devtest *device_host(int place, const struct setting *settings, uint32_t n)
{
    static const char kernel[4096] = "kernel", command_line[] = "console=none";
    struct vm_devtest *h = vm_devtest_new(check.plugin);

    vm_devtest_set_cpus(h, 2, cpu_lines);
    vm_devtest_set_cpu_outputs(h, cpu_outputs);
    if (!has_gpu())
        vm_devtest_set_deterministic(h);
    vm_devtest_set_ram(h, DEVICE_RAM, DEVICE_RAM_SIZE);
    vm_devtest_offer(h, "kernel", kernel, sizeof(kernel));
    vm_devtest_offer(h, "cmdline", command_line, sizeof(command_line));
    if (places[place])
        vm_devtest_set_bus(h, places[place], 8);
    for (uint32_t i = 0; i < n; i++)
        vm_devtest_set(h, settings[i].name, settings[i].value);
    return h;
}

/* Creates it where it can be; a device that does not take its place on the bus has none there. */
static bool create(struct vm_devtest *h, int place, struct vm_error *err)
{
    if (vm_devtest_create(h, err))
        return false;
    if (!places[place] || vm_devtest_on_bus(h))
        return true;
    vm_error_set(err, "it does not take a place on a bus");
    return false;
}

struct vm_devtest *device_make(int place)
{
    struct setting settings[MAX_SETTINGS];
    uint32_t n = baseline(settings);
    struct vm_error err = VM_ERROR_INIT, other = VM_ERROR_INIT;
    struct vm_devtest *h = device_host(place, settings, n), *elsewhere;
    char text[2 * VM_ERROR_TEXT + 200];
    bool possible;

    vm_test_note("create on %s", places[place] ? places[place] : "no bus");
    if (create(h, place, &err))
        return h;
    vm_devtest_free(h);
    elsewhere = device_host(!place, settings, n);
    possible = create(elsewhere, !place, &other);
    vm_devtest_free(elsewhere);
    if (possible)
        return NULL;
    snprintf(text, sizeof(text),
             "create() refuses, on %s: %s\non %s: %s\n(give what it needs as KEY=VALUE)",
             places[place] ? places[place] : "no bus", err.text,
             places[!place] ? places[!place] : "no bus", other.text);
    vm_test_broken(text);
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static void live_once(void *opaque)
{
    struct vm_devtest *h = device_make(*(int *)opaque);

    if (!h)
        return;
    for (int i = 0; i < 3; i++) {
        vm_devtest_advance(h, 1000000);
        reset_device(h);
    }
    vm_devtest_free(h);
}

static void check_life(void *opaque)
{
    (void)opaque;
    for (int place = 0; place < PLACES; place++)
        check_growth("create(), reset() and destroy()", live_once, &place);
}

/* What the host refuses on the way makes create() fail, with the reason, and nothing is left. */
struct refusal {
    int place;
    uint32_t nth;
};

static void refuse_once(void *opaque)
{
    const struct refusal *what = opaque;
    struct setting settings[MAX_SETTINGS];
    uint32_t n = baseline(settings);
    struct vm_error err = VM_ERROR_INIT;
    struct vm_devtest *h = device_host(what->place, settings, n);

    vm_test_note("create on %s, of whose calls number %u fails",
                 places[what->place] ? places[what->place] : "no bus", what->nth);
    vm_devtest_fail_wiring(h, what->nth);
    if (vm_devtest_create(h, &err) == 0)
        vm_test_broken("create() succeeds although the host refused something");
    if (!err.text[0])
        vm_test_broken("create() fails with an empty message");
    vm_devtest_free(h);
}

static void check_refusals(void *opaque)
{
    enum { MOST = 48 };

    (void)opaque;
    for (int place = 0; place < PLACES; place++) {
        struct vm_devtest *h = device_make(place);
        uint32_t calls = h ? vm_devtest_wiring_calls(h) : 0;

        if (h)
            vm_devtest_free(h);
        for (uint32_t nth = 1; nth <= calls && nth <= MOST; nth++) {
            struct refusal what = {place, nth};

            check_growth("a create() that fails", refuse_once, &what);
        }
    }
}

static const char *attempt(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;

    for (int place = 0; place < PLACES; place++) {
        struct vm_devtest *h = device_make(place);
        bool made;

        if (!h)
            continue;
        vm_devtest_free(h);
        h = device_host(place, settings, n);
        vm_test_note("%s", check.trying);
        err = (struct vm_error)VM_ERROR_INIT;
        made = create(h, place, &err);
        if (made)
            reset_device(h);
        vm_devtest_free(h);
        if (!made)
            return err.text;
    }
    return NULL;
}

static void check_device_limits(void *opaque)
{
    (void)opaque;
    check_limits(attempt);
}

static void check_tree(void *opaque)
{
    struct vm_devtest *h = device_make(0);

    (void)opaque;
    if (!h || !vm_devtest_fdt_interface(h))
        vm_test_skip("it says nothing for the device tree");
    vm_test_note("describe()");
    vm_devtest_fdt(h);
    vm_devtest_free(h);
}

const struct vm_test_case device_cases[] = {
    {"made, reset and destroyed many times, it leaves nothing behind", check_life, NULL, 0},
    {"whatever the host refuses, create() fails, says why and leaves nothing behind",
     check_refusals, NULL, 0},
    {"properties at their limits are taken, or refused by name", check_device_limits, NULL, 0},
    {"the device tree", check_tree, NULL, 0},
    {"registers take anything, and reset() is a reset", check_registers, NULL, 0},
    {"DMA finds holes and pieces", check_holes, NULL, 0},
    {"it is reset and destroyed with requests under way", check_in_flight, NULL, 0},
    {"a saved state is the whole state", check_saved, NULL, 0},
    {"saved states from anywhere are refused or taken", check_hostile_state, NULL, 0},
    {0},
};
