/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - vm-plugin-check: loads a plugin in a host of its own and runs conformance tests, each in
 * a process of its own. Prints TAP.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define LOAD_SECONDS 20
#define MAX_CASES    32

struct check check = {.steps = 20000, .seconds = 60};

static const char usage[] =
    "usage: vm-plugin-check [--seed N] [--steps N] [--seconds N] FILE.so [KEY=VALUE]...\n"
    "Checks that a plugin keeps to the contracts of the vmrun SDK.\n";

/* ---- Arguments ------------------------------------------------------------------------------- */

static int number(const char *text, uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = text ? strtoull(text, &end, 0) : 0;
    return text && *text >= '0' && *text <= '9' && !*end && !errno && *value <= max ? 0 : -1;
}

static int take_setting(char *text)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text || check.n_given == MAX_SETTINGS)
        return -1;
    *equals = '\0';
    check.given[check.n_given++] = (struct setting){text, equals + 1};
    return 0;
}

/* 0; 1: all is said and done; -1: wrong. */
static int take_arguments(int argc, char **argv)
{
    uint64_t value;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            return 1;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("vm-plugin-check of vmrun %s, plugin ABI %d.%d\n", CHECK_VERSION, VM_ABI_MAJOR,
                   VM_ABI_MINOR);
            return 1;
        }
        if (strcmp(argv[i], "--seed") == 0) {
            if (number(argv[++i], UINT64_MAX, &check.seed))
                return -1;
        } else if (strcmp(argv[i], "--steps") == 0) {
            if (number(argv[++i], 100000000, &value))
                return -1;
            check.steps = (uint32_t)value;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            if (number(argv[++i], 100000, &value) || value == 0)
                return -1;
            check.seconds = (uint32_t)value;
        } else if (argv[i][0] == '-') {
            return -1;
        } else if (!check.file) {
            check.file = argv[i];
        } else if (take_setting(argv[i])) {
            return -1;
        }
    }
    return check.file ? 0 : -1;
}

/* Settings are looked at once the plugin is there. */
static int check_settings(void)
{
    for (uint32_t i = 0; i < check.n_given; i++) {
        struct vm_error err = VM_ERROR_INIT;

        if (vm_test_value(check.plugin, check.given[i].name, check.given[i].value, &err)) {
            fprintf(stderr, "vm-plugin-check: %s\n", err.text);
            return -1;
        }
    }
    return 0;
}

/* ---- The folder for files that properties name ----------------------------------------------- */

static int make_folder(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(check.folder, sizeof(check.folder), "%.32s/vm-plugin-check-XXXXXX",
             tmp && *tmp ? tmp : "/tmp");
    return mkdtemp(check.folder) ? 0 : -1;
}

static void remove_folder(void)
{
    DIR *folder = opendir(check.folder);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(check.folder);
}

/* ---- Cases ----------------------------------------------------------------------------------- */

/* Whether the plugin can be loaded: asked in another process, since it may crash or hang there. */
static bool can_be_loaded(void)
{
    int status = 1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_RDWR);

        dup2(nowhere, 1);
        dup2(nowhere, 2);
        alarm(LOAD_SECONDS);
        _exit(vm_test_load(check.file, NULL) ? 0 : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void load(void *opaque)
{
    struct vm_error err = VM_ERROR_INIT;

    (void)opaque;
    if (!vm_test_load(check.file, &err))
        vm_test_broken(err.text);
}

static const struct vm_test_case loading = {"it is loaded", load, NULL, LOAD_SECONDS};

static const struct vm_test_case *cases_of(uint32_t kind)
{
    switch (kind) {
    case VM_KIND_DEVICE:
        return device_cases;
    case VM_KIND_CHARDEV:
        return chardev_cases;
    case VM_KIND_BLOCK:
        return block_cases;
    case VM_KIND_NET:
        return net_cases;
    case VM_KIND_GPU:
        return gpu_cases;
    case VM_KIND_DISPLAY:
        return display_cases;
    default:
        return other_cases;
    }
}

static int run_cases(void)
{
    static const struct vm_test_case common[] = {
        {"its descriptor and properties are in order", check_descriptor, NULL, 0},
        {"wrong values are refused by name", check_values, NULL, 0},
    };
    struct vm_test_case cases[MAX_CASES] = {loading, common[0], common[1]};
    uint32_t n = 3;

    for (const struct vm_test_case *c = cases_of(check.plugin->kind); c->name; c++)
        cases[n++] = *c;
    for (uint32_t i = 1; i < n; i++)
        cases[i].seconds = check.seconds;
    printf("# %s, seed %" PRIu64 "\n", check.plugin->name, check.seed);
    return vm_test_main(cases, n);
}

int main(int argc, char **argv)
{
    int result = take_arguments(argc, argv);

    if (result) {
        if (result < 0)
            fputs(usage, stderr);
        return result < 0 ? 2 : 0;
    }
    if (access(check.file, R_OK)) {
        fprintf(stderr, "vm-plugin-check: %s: %s\n", check.file, strerror(errno));
        return 2;
    }
    if (!can_be_loaded())
        return vm_test_main(&loading, 1);
    check.plugin = vm_test_load(check.file, NULL);
    if (!check.plugin || check_settings())
        return 2;
    if (make_folder()) {
        fprintf(stderr, "vm-plugin-check: %s: %s\n", check.folder, strerror(errno));
        return 2;
    }
    result = run_cases();
    remove_folder();
    return result;
}
