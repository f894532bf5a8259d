/* SPDX-License-Identifier: BSD-2-Clause */
/* ini_test.c - machine files that are in order: what they say, from where, and what wins. The wrong
 * ones are in tests/cli. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/machine/description.h"
#include "core/machine/ini.h"
#include "mock_plugins.h"

#define BASE                                                     \
    "[machine]\narch = mock\nengine = mock\n"                    \
    "[device intc]\ntype = dev-intc\naddress = 0x1000, 0x3000\n" \
    "[device d0]\ntype = dev-mock\naddress = 0x2000\nirq = intc:5, intc:0x10\nchardev = mock\n"

static char folder[] = "/tmp/vmrun-ini-XXXXXX";
static struct registry *reg;
static struct vm_error err;

/* Every file that a test writes goes to the folder, which is also the working folder. */
static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir("sub", 0777), 0);
    reg = mock_registry();
    err = (struct vm_error)VM_ERROR_INIT;
}

static void tear_down(void)
{
    char command[64];

    registry_free(reg);
    cr_assert_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static struct ini *read_text(const char *text)
{
    write_file("m.ini", text);
    struct ini *ini = ini_read("m.ini", &err);
    cr_assert_not_null(ini, "%s", err.text);
    return ini;
}

static const char *value_of(const struct ini *ini, const char *kind, const char *name,
                            const char *key)
{
    const struct ini_key *k = ini_key(ini_section(ini, kind, name), key);
    return k ? k->value : NULL;
}

static struct description *load(const char *text, const struct override *overrides, size_t n)
{
    write_file("m.ini", text);
    struct description *d = description_load("m.ini", overrides, n, reg, &err);
    cr_assert_not_null(d, "%s", err.text);
    return d;
}

TestSuite(ini, .init = set_up, .fini = tear_down);
TestSuite(description, .init = set_up, .fini = tear_down);

/* ---- text ---- */

Test(ini, sections_and_keys)
{
    struct ini *ini = read_text(
        "\xef\xbb\xbf; a comment\n\n[machine] ; of mine\nmemory=1G\r\ncpus   =   2  ; two\n"
        "[device  uart0 ]\n# nothing\n[boot]\ncmdline = a=b \"c d\" e;f\nempty =");

    cr_expect_eq(ini->n_sections, 3);
    cr_expect_str_eq(value_of(ini, "machine", NULL, "memory"), "1G");
    cr_expect_str_eq(value_of(ini, "machine", NULL, "cpus"), "2");
    cr_expect_str_eq(value_of(ini, "boot", NULL, "cmdline"), "a=b \"c d\" e;f");
    cr_expect_str_eq(value_of(ini, "boot", NULL, "empty"), "");
    cr_expect_null(value_of(ini, "boot", NULL, "memory"));
    cr_assert_not_null(ini_section(ini, "device", "uart0"));
    cr_expect_eq(ini_section(ini, "device", "uart0")->n_keys, 0);
    cr_expect_eq(ini_section(ini, "device", "uart0")->where.line, 6);
    cr_expect_eq(ini_key(ini_section(ini, "boot", NULL), "cmdline")->where.line, 9);
    cr_expect_str_eq(ini_key(ini_section(ini, "boot", NULL), "cmdline")->where.file, "m.ini");
    ini_free(ini);
}

Test(ini, long_values_go_on_in_indented_lines)
{
    struct ini *ini = read_text("[boot]\ncmdline = one ; comment\n\ttwo = 2\n; between\n\n   three "
                                "; comment\nkernel =\n  k\n");

    cr_expect_str_eq(value_of(ini, "boot", NULL, "cmdline"), "one two = 2 three");
    cr_expect_str_eq(value_of(ini, "boot", NULL, "kernel"), "k");
    cr_expect_eq(ini_key(ini_section(ini, "boot", NULL), "kernel")->where.line, 7);
    ini_free(ini);
}

Test(ini, the_longest_line)
{
    char text[INI_LINE_BYTES + 32] = "[boot]\ncmdline = ";
    size_t head = strlen(text);

    /* The line itself, without the header above it. */
    memset(text + head, 'x', INI_LINE_BYTES - (head - 7));
    struct ini *ini = read_text(text);
    cr_expect_eq(strlen(value_of(ini, "boot", NULL, "cmdline")), INI_LINE_BYTES - (head - 7));
    ini_free(ini);
    strcat(text, "x");
    write_file("m.ini", text);
    cr_expect_null(ini_read("m.ini", &err));
    cr_expect(strstr(err.text, "m.ini:2: the line is longer than 199 bytes"), "%s", err.text);
}

Test(ini, the_includer_wins)
{
    write_file("sub/base.ini", "[machine]\nmemory = 1G\ncpus = 2\n[boot]\nkernel = k\n");
    struct ini *ini = read_text("include = sub/base.ini\n[machine]\ncpus = 4\n");

    cr_expect_eq(ini->n_sections, 2);
    cr_expect_str_eq(value_of(ini, "machine", NULL, "memory"), "1G");
    cr_expect_str_eq(value_of(ini, "machine", NULL, "cpus"), "4");
    cr_expect_str_eq(ini_key(ini_section(ini, "machine", NULL), "memory")->where.file,
                     "sub/base.ini");
    cr_expect_str_eq(ini_key(ini_section(ini, "machine", NULL), "cpus")->where.file, "m.ini");
    cr_expect_str_eq(ini_section(ini, "machine", NULL)->where.file, "m.ini");
    ini_free(ini);
}

/* ---- descriptions ---- */

Test(description, defaults)
{
    struct description *d = load(BASE, NULL, 0);

    cr_expect_eq(d->memory, UINT64_C(512) << 20);
    cr_expect_eq(d->cpus, 1);
    cr_expect_eq(d->threads, 0);
    cr_expect_not(d->deterministic);
    cr_expect_eq(d->on_reset, ON_RESET_REBOOT);
    cr_expect(d->hugepages);
    cr_expect_eq(d->numa_node, -1);
    cr_expect_str_eq(d->arch.name, "arch-mock");
    cr_expect_str_eq(d->board.name, "board-mock", "the arch's default");
    cr_expect_str_eq(d->engines[0]->name, "engine-mock");
    cr_expect_str_eq(props_string(d->arch.props, "isa"), "rv64gc");
    cr_expect_null(d->kernel);
    cr_expect_null(d->cmdline);
    cr_expect_eq(d->memory_where.line, 1, "of the section");
    description_free(d);
}

/* All that have a rank, by rank; each has its own section. */
Test(description, engines)
{
    const struct override overrides[] = {{"machine.engine", "auto"}, {"fast.room", "3M"}};
    struct description *d = load(BASE, overrides, 2);
    cr_expect(d->engine_auto);
    cr_assert_eq(d->n_engines, 2);
    cr_expect_str_eq(d->engines[0]->name, "engine-slow");
    cr_expect_str_eq(d->engines[1]->name, "engine-fast");
    cr_expect_eq(props_uint(d->engines[1]->props, "room"), 3 << 20);
    description_free(d);

    d = load(BASE "[fast]\nroom = 5M\n", NULL, 0);
    cr_expect_not(d->engine_auto);
    cr_assert_eq(d->n_engines, 1);
    cr_expect_str_eq(d->engines[0]->name, "engine-mock");
    const struct instance *fast = description_engine(d, "fast", &err);
    cr_assert_not_null(fast, "%s", err.text);
    cr_expect_eq(props_uint(fast->props, "room"), 5 << 20);
    cr_expect_eq(description_engine(d, "engine-fast", &err), fast);
    cr_expect_null(description_engine(d, "engine-gone", &err));
    description_free(d);
}

/* What is installed may not spoil a machine file: a device may have an engine's name. */
Test(description, a_device_hides_an_engine)
{
    const struct override overrides[] = {{"fast.count", "7"}};
    struct description *d = load(BASE "[device fast]\ntype = dev-mock\n", overrides, 1);
    cr_expect_eq(props_uint(d->devices[2].props, "count"), 7);
    description_free(d);
}

Test(description, devices)
{
    struct description *d = load(BASE, NULL, 0);

    cr_assert_eq(d->n_devices, 2);
    cr_expect_str_eq(d->devices[0].name, "intc");
    cr_expect_eq(d->devices[0].n_addresses, 2);
    cr_expect_eq(d->devices[0].addresses[1], 0x3000);
    cr_expect_eq(d->devices[0].n_irqs, 0);
    cr_expect_eq(d->devices[1].where.line, 7);
    cr_expect_eq(d->devices[1].address_where.line, 9);
    cr_assert_eq(d->devices[1].n_irqs, 2);
    cr_expect_str_eq(d->devices[1].irqs[0].controller, "intc");
    cr_expect_eq(d->devices[1].irqs[0].line, 5);
    cr_expect_eq(d->devices[1].irqs[1].line, 16);
    cr_expect_eq(d->devices[1].irqs[1].where.line, 10);
    description_free(d);
}

Test(description, backends_without_a_section)
{
    struct description *d = load(BASE "[device d1]\ntype = dev-mock\nchardev = mock\n", NULL, 0);

    cr_assert_eq(d->n_backends, 2, "each device has its own");
    cr_expect(d->backends[0].implicit);
    cr_expect_str_eq(d->backends[0].name, "mock");
    cr_expect_str_eq(d->backends[0].plugin->name, "char-mock");
    cr_expect_eq(description_backend(d, &d->devices[1], VM_KIND_CHARDEV, "mock"), &d->backends[0]);
    cr_expect_eq(description_backend(d, &d->devices[2], VM_KIND_CHARDEV, "mock"), &d->backends[1]);
    cr_expect_null(description_backend(d, &d->devices[0], VM_KIND_CHARDEV, "mock"));
    description_free(d);
}

Test(description, a_section_hides_a_backend_of_its_name)
{
    struct description *d = load(BASE "[chardev mock]\ntype = char-needy\npath = sub/x\n", NULL, 0);
    char path[64];

    snprintf(path, sizeof(path), "%s/sub/x", folder);
    cr_assert_eq(d->n_backends, 1);
    cr_expect_not(d->backends[0].implicit);
    cr_expect_eq(d->backends[0].user, 1);
    cr_expect_str_eq(props_string(d->backends[0].props, "path"), path);
    description_free(d);
}

Test(description, overrides)
{
    static const struct override overrides[] = {
        {"machine.memory", "64M"},  {"machine.mode", "deterministic"},
        {"boot.cmdline", "a=b; c"}, {"boot.kernel", "kernel"},
        {"d0.count", "7"},          {"d0.chardev", "c1"},
        {"arch.isa", "rv64i"},      {"machine.memory", "128M"},
    };
    char path[64];

    snprintf(path, sizeof(path), "%s/kernel", folder);
    write_file("kernel", "x");
    struct description *d = load(BASE "count = 5\n[chardev c1]\ntype = char-mock\n", overrides,
                                 sizeof(overrides) / sizeof(overrides[0]));
    cr_expect_eq(d->memory, 128 << 20, "the last one wins");
    cr_expect(d->deterministic);
    cr_expect_str_eq(d->cmdline, "a=b; c");
    cr_expect_str_eq(d->kernel, path);
    cr_expect_str_eq(d->kernel_where.file, "command line");
    cr_expect_eq(props_uint(d->devices[1].props, "count"), 7);
    cr_expect_str_eq(props_string(d->devices[1].props, "chardev"), "c1");
    cr_expect_str_eq(props_string(d->arch.props, "isa"), "rv64i");
    description_free(d);
}

Test(description, paths_start_at_the_file_that_names_them)
{
    char kernel[64], initrd[64];

    snprintf(kernel, sizeof(kernel), "%s/sub/k", folder);
    snprintf(initrd, sizeof(initrd), "%s/i", folder);
    write_file("sub/base.ini", "[boot]\nkernel = k\n");
    write_file("sub/k", "x");
    write_file("i", "x");
    struct description *d = load("include = sub/base.ini\n" BASE "[boot]\ninitrd = i\n", NULL, 0);
    cr_expect_str_eq(d->kernel, kernel);
    cr_expect_str_eq(d->initrd, initrd);
    cr_expect_str_eq(d->kernel_where.file, "sub/base.ini");
    cr_expect_eq(d->kernel_where.line, 2);
    description_free(d);
}

Test(description, refused)
{
    static const struct {
        const char *tail;
        const char *message;
    } rows[] = {
        {"[machine]\n", "m.ini:12: [machine] is there twice"},
        {"[board]\nx = 1\n", "m.ini:13: [board] x: unknown key"},
        {"[arch]\nias = rv64i\n", "m.ini:13: [arch] ias: unknown key; did you mean 'isa'?"},
        {"count = 10\n", "m.ini:12: [device d0] count: 10 is out of range"},
        {"[device d1]\ntype = dev-mock\nchardev = needy\n",
         "m.ini:14: [device d1] chardev: the backend 'needy' needs a [chardev NAME] section of its "
         "own"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "%s%s", BASE, rows[i].tail);
        write_file("m.ini", text);
        err = (struct vm_error)VM_ERROR_INIT;
        cr_expect_null(description_load("m.ini", NULL, 0, reg, &err), "%s", rows[i].tail);
        cr_expect(strstr(err.text, rows[i].message) == err.text, "got '%s', wanted '%s'", err.text,
                  rows[i].message);
    }
}

Test(description, a_board_of_another_arch)
{
    static const struct override other = {"machine.board", "other"};

    write_file("m.ini", BASE);
    cr_expect_null(description_load("m.ini", &other, 1, reg, &err));
    cr_expect_str_eq(err.text, "command line: [machine] board: 'board-other' does not go with "
                               "'arch-mock'; it is made for 'arch-other'");
}

/* What --explain prints is a machine file for the same machine, and explaining that gives the same
 * values again. */
Test(description, explained_machines_are_machine_files)
{
    struct override cmdline = {"boot.cmdline", NULL};
    char words[1000] = "", *texts[2] = {NULL, NULL};
    size_t sizes[2];

    for (int i = 0; i < 90; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "%sword%d=1", i ? " " : "",
                 i);
    cmdline.value = words;
    struct description *d = load(BASE "delay = 5us\nfile = sub/x\n", &cmdline, 1);
    for (int i = 0; i < 2; i++) {
        FILE *f = open_memstream(&texts[i], &sizes[i]);
        description_explain(d, f);
        fclose(f);
        description_free(d);
        d = load(texts[i], NULL, 0);
    }
    cr_expect_str_eq(d->cmdline, words);
    cr_expect_eq(props_uint(d->devices[1].props, "delay"), 5000);
    cr_expect_eq(d->devices[1].n_irqs, 2);
    for (int i = 0; i < 2; i++) { /* the comments differ: they say where it was said */
        for (char *p = texts[i]; *p; p++) {
            if (*p == ';')
                memset(p, ' ', strcspn(p, "\n"));
        }
    }
    cr_expect(strstr(texts[0], "delay = 5us") && strstr(texts[1], "delay = 5us"));
    cr_expect(strstr(texts[0], "irq = intc:5, intc:0x10") &&
              strstr(texts[1], "irq = intc:5, intc:0x10"));
    description_free(d);
    free(texts[0]);
    free(texts[1]);
}
