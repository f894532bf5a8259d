/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin_test.c - the registry with real shared objects: those in order load, the broken ones are
 * told apart, nothing is hurt. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/device.h>
#include "core/plugin/registry.h"

static char folder[] = "/tmp/vmrun-plugin-XXXXXX";
static struct registry *reg;
static struct vm_error err;

static void run(const char *fmt, const char *a, const char *b)
{
    char command[4096];

    snprintf(command, sizeof(command), fmt, a, b);
    if (system(command) != 0) {
        fprintf(stderr, "plugin_test: this failed: %s\n", command);
        exit(1);
    }
}

/* The plugins are built once, before the tests, each of which is a process of its own. */
ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    const char *src = getenv("VMRUN_SRCDIR");

    (void)set;
    if (!src || !mkdtemp(folder)) {
        fprintf(stderr, "plugin_test: VMRUN_SRCDIR is not set; run this test by make check\n");
        exit(1);
    }
    run("sh %s/tests/unit/plugins/build.sh %s", src, folder);
    setenv("VMRUN_PLUGIN_PATH", folder, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    run("rm -rf %s%s", folder, "");
}

static void set_up(void)
{
    snprintf(folder, sizeof(folder), "%s", getenv("VMRUN_PLUGIN_PATH"));
    err = (struct vm_error)VM_ERROR_INIT;
    reg = registry_new(&err);
    cr_assert_not_null(reg, "%s", err.text);
}

static void tear_down(void)
{
    registry_free(reg);
}

TestSuite(plugin, .init = set_up, .fini = tear_down);

static const struct plugin_info *find(const struct plugin_info *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}

Test(plugin, listed)
{
    static const struct {
        const char *name;
        const char *problem; /* begins with; NULL: in order */
    } rows[] = {
        {"mock-good", NULL},
        {"mock-old-minor", "built for plugin ABI 0.8, wanted 0.9 to "},
        {"mock-longer", NULL},
        {"mock-noise", NULL},
        {"mock-no-symbol", "it has no symbol 'vm_plugin_descriptor'"},
        {"mock-bad-magic", "its descriptor has the magic number 0x12345678, wanted 0x4e524d56"},
        {"mock-major", "built for plugin ABI 7."},
        {"mock-minor", "built for plugin ABI 0.99, wanted "},
        {"mock-tiny", "its descriptor has only 4 bytes"},
        {"mock-short", "its descriptor has 32 bytes, wanted at least "},
        {"mock-huge", "its descriptor has 2147483647 bytes"},
        {"mock-kind", "its kind is 77"},
        {"mock-name", "it calls itself 'dev-other'; the file must be named dev-other.so"},
        {"mock-wild-name", "crashes when loaded (signal 11)"},
        {"mock-summary", "its descriptor lacks"},
        {"mock-no-summary", "its descriptor lacks"},
        {"mock-no-get", "its descriptor has no get_interface"},
        {"mock-lacks", "it lacks the interface 'vm.device/1'"},
        {"mock-crash-get", "crashes when loaded (signal 11)"},
        {"engine-mock", "built for matched ABI 0123456789abcdef, wanted "},
        {"engine-mock-no-hash", "an engine plugin must carry the hash"},
        {"mock-stride", "its property table is broken (9 entries of 8 bytes)"},
        {"mock-prop-type", "property 'extra' has the unknown type 99"},
        {"mock-prop-name", "property 8 has no proper name"},
        {"mock-prop-twice", "property 'flag' is there twice"},
        {"mock-prop-reserved", "property 'irq' has a name that vmrun keeps for itself"},
        {"mock-prop-choices", "property 'extra' has no choices"},
        {"mock-prop-range", "property 'extra' has a minimum above its maximum"},
        {"mock-prop-default", "the default of property 'extra' is wrong: 'many' is not a number"},
        {"mock-crash", "crashes when loaded (signal 11)"},
        {"mock-abort", "crashes when loaded (signal 6)"},
        {"mock-exit", "ends the program when loaded"},
        {"mock-hang", "hangs when loaded"},
        {"mock-undefined", "the loader says: undefined symbol: nowhere"},
        {"mock-library", "the loader says: libvmrun-test-gone.so: cannot open shared object file"},
        {"mock-empty", "the loader says: "},
        {"mock-text", "the loader says: "},
        {"mock-cut-20", "the loader says: "},
        {"mock-cut-1000", ""},
        {"mock-riscv", "it is built for another kind of processor"},
        {"mock-folder", "the loader says: "},
    };
    struct plugin_info *list;
    size_t n;

    cr_assert_eq(registry_list(reg, &list, &n, &err), 0, "%s", err.text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct plugin_info *info = find(list, n, rows[i].name);
        cr_expect_not_null(info, "%s is not listed", rows[i].name);
        if (!info)
            continue;
        const char *problem = info->problem ? info->problem : "(none)";
        if (rows[i].problem) {
            cr_expect(info->problem &&
                          strncmp(problem, rows[i].problem, strlen(rows[i].problem)) == 0,
                      "%s: '%s'", rows[i].name, problem);
        } else {
            cr_expect_null(info->problem, "%s: '%s'", rows[i].name, problem);
            cr_expect_eq(info->kind, VM_KIND_DEVICE);
            cr_expect_str_eq(info->summary, "a plugin for tests");
            cr_expect_str_eq(info->version, "1.0");
        }
    }
    registry_list_free(list, n);
}

Test(plugin, loaded)
{
    struct vm_device_ops ops;
    const struct vm_plugin *p = registry_load(reg, "mock-good", VM_KIND_DEVICE, &err);

    cr_assert_not_null(p, "%s", err.text);
    cr_expect_str_eq(p->name, "mock-good");
    cr_expect_eq(p->size, sizeof(*p));
    cr_expect_eq(p->n_properties, 9);
    cr_expect_str_eq(p->properties[1].name, "count");
    cr_expect_eq(registry_load(reg, "mock-good", VM_KIND_ANY, &err), p, "loaded once");
    cr_expect_eq(plugin_interface(p, VM_DEVICE_INTERFACE, &ops, sizeof(ops),
                                  offsetof(struct vm_device_ops, reset), &err),
                 0);
    cr_expect_eq(ops.size, sizeof(ops));
    cr_expect_not_null(ops.create);
    cr_expect_null(ops.state);
    cr_expect_eq(plugin_interface(p, "vm.nothing/1", &ops, sizeof(ops), 4, &err), -1);
    cr_expect(strstr(err.text, "lacks the interface 'vm.nothing/1'"), "%s", err.text);
}

Test(plugin, newer_tails_are_cut_off)
{
    const struct vm_plugin *p = registry_load(reg, "mock-longer", VM_KIND_DEVICE, &err);

    cr_assert_not_null(p, "%s", err.text);
    cr_expect_eq(p->size, sizeof(*p));
}

/* Both directions of the sized copy: a writer that knew less, and one that knew more. */
struct small_ops {
    uint32_t size;
    uint32_t a, b;
};

static struct small_ops small = {sizeof(small), 1, 2};

static const void *get_small(const char *id)
{
    (void)id;
    return &small;
}

Test(plugin, interfaces_are_copied_by_size)
{
    static const struct vm_plugin p = {.name = "small", .get_interface = get_small};
    struct {
        uint32_t size, a, b, c;
    } longer = {0, 9, 9, 9};
    struct {
        uint32_t size, a;
    } shorter;

    cr_expect_eq(plugin_interface(&p, "x", &longer, sizeof(longer), 8, &err), 0);
    cr_expect_eq(longer.size, sizeof(longer));
    cr_expect_eq(longer.b, 2);
    cr_expect_eq(longer.c, 0, "what the plugin does not know is zero");
    cr_expect_eq(plugin_interface(&p, "x", &shorter, sizeof(shorter), 8, &err), 0);
    cr_expect_eq(shorter.size, sizeof(shorter));
    cr_expect_eq(shorter.a, 1);
    cr_expect_eq(plugin_interface(&p, "x", &longer, sizeof(longer), sizeof(longer), &err), -1);
    cr_expect(strstr(err.text, "has 12 bytes, wanted at least 16"), "%s", err.text);
}

Test(plugin, refused)
{
    static const struct {
        const char *name;
        uint32_t kind;
        const char *message;
    } rows[] = {
        {"mock-god", VM_KIND_DEVICE, "there is no plugin 'mock-god'; did you mean 'mock-good'?"},
        {"good", VM_KIND_DEVICE, "there is no plugin 'good'; did you mean 'mock-good'?"},
        {"toaster", VM_KIND_DEVICE, "there is no plugin 'toaster'; --list-plugins"},
        {"mock-good", VM_KIND_CHARDEV, "plugin 'mock-good' is of kind device, wanted chardev"},
        {"../mock-good", VM_KIND_DEVICE, "'../mock-good' is no plugin name"},
        {"/etc/passwd", VM_KIND_DEVICE, "'/etc/passwd' is no plugin name"},
        {"..", VM_KIND_DEVICE, "'..' is no plugin name"},
        {".", VM_KIND_DEVICE, "'.' is no plugin name"},
        {"", VM_KIND_DEVICE, "'' is no plugin name"},
        {"mock good", VM_KIND_DEVICE, "'mock good' is no plugin name"},
        {"mock-crash", VM_KIND_DEVICE, "plugin 'mock-crash' ("},
        {"mock-exit", VM_KIND_DEVICE, "plugin 'mock-exit' ("},
        {"mock-cut-9000", VM_KIND_DEVICE, "plugin 'mock-cut-9000' ("},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        err = (struct vm_error)VM_ERROR_INIT;
        cr_expect_null(registry_load(reg, rows[i].name, rows[i].kind, &err), "%s", rows[i].name);
        cr_expect(strncmp(err.text, rows[i].message, strlen(rows[i].message)) == 0, "%s: '%s'",
                  rows[i].name, err.text);
    }
}

Test(plugin, earlier_folders_hide_later_ones)
{
    char path[256];

    run("mkdir -p %s/first%s", folder, "");
    run("cp %s/mock-good.so %s/first/mock-minor.so", folder, folder);
    snprintf(path, sizeof(path), "%s/first:%s", folder, folder);
    setenv("VMRUN_PLUGIN_PATH", path, 1);
    registry_free(reg);
    reg = registry_new(&err);
    cr_expect_null(registry_load(reg, "mock-minor", VM_KIND_DEVICE, &err));
    cr_expect(strstr(err.text, "/first/mock-minor.so"), "%s", err.text);
}

static void write_list(const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/optional-plugins", folder);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* What a packager's list says: for plugins that are not there, and for those alone. */
Test(plugin, packages)
{
    static const char lines[] =
        "#\n\n  mock-far\tvmrun-mock-far # far\nmock-good vmrun-mock-good\n"
        "lonely\nthree words here\nmock-far other-package\n%0300d a\nmock-end last";
    struct plugin_info *list;
    char text[1024];
    size_t n, missing = 0;

    snprintf(text, sizeof(text), lines, 1);
    write_list(text);
    cr_expect_null(registry_load(reg, "mock-far", VM_KIND_DEVICE, &err));
    cr_expect_str_eq(err.text, "the plugin 'mock-far' is not installed; it comes with the package "
                               "'vmrun-mock-far'");
    cr_expect_not_null(registry_load(reg, "mock-good", VM_KIND_DEVICE, &err));
    cr_assert_eq(registry_list(reg, &list, &n, &err), 0, "%s", err.text);
    for (size_t i = 0; i < n; i++)
        missing += list[i].package != NULL;
    cr_expect_eq(missing, 2);
    cr_expect_str_eq(find(list, n, "mock-far")->package, "vmrun-mock-far");
    cr_expect_str_eq(find(list, n, "mock-end")->package, "last");
    cr_expect_null(find(list, n, "mock-good")->package);
    registry_list_free(list, n);
    write_list("");
}
