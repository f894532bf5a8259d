/* SPDX-License-Identifier: BSD-2-Clause */
/* check_machine.c - [machine] and [boot], and the plugins of which every machine has one: arch and
 * board. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vmrun/board.h>
#include "core/machine/check.h"

#define PAGE_BYTES 4096u

/* ---- plugins ---- */

/* Loads what a key of [machine] names, with or without the kind's prefix, and reads its section.
 * `word` is never NULL. */
static int take_plugin(struct checking *c, struct instance *out, const char *kind_name,
                       uint32_t kind, const char *word)
{
    const struct ini_section *machine = check_section(c, "machine");
    const char *prefix = pool_printf(c->ini->pool, "%s-", kind_name);
    bool whole = strncmp(word, prefix, strlen(prefix)) == 0;

    out->name = whole ? word : pool_printf(c->ini->pool, "%s%s", prefix, word);
    out->where = check_where(machine, kind_name);
    out->plugin = registry_load(c->reg, out->name, kind, c->err);
    if (!out->plugin) {
        vm_error_prefix(c->err, "[machine] %s", kind_name);
        return ini_error_at(c->err, out->where);
    }
    const struct ini_section *own = check_section(c, kind_name);
    out->section = own;
    out->props = check_properties(c, own, out->plugin->properties, out->plugin->n_properties, NULL);
    return out->props ? 0 : -1;
}

/* A value of [machine] that fits no plugin: the message is in err. */
static int machine_error(struct checking *c, const char *key)
{
    vm_error_prefix(c->err, "[machine] %s", key);
    return ini_error_at(c->err, check_where(check_section(c, "machine"), key));
}

static int take_arch(struct checking *c, const char **default_board)
{
    struct vm_arch_ops ops;

    if (take_plugin(c, &c->d->arch, "arch", VM_KIND_ARCH,
                    props_string(c->d->machine_props, "arch")))
        return -1;
    if (plugin_interface(c->d->arch.plugin, VM_ARCH_INTERFACE, &ops, sizeof(ops),
                         END_OF(struct vm_arch_ops, default_board), c->err))
        return machine_error(c, "arch");
    *default_board = ops.default_board;
    return 0;
}

static int take_board(struct checking *c, const char *default_board)
{
    const char *word = props_string(c->d->machine_props, "board");
    struct vm_board_ops ops;
    bool fits = false;

    if (!word)
        word = default_board;
    if (!word) {
        vm_error_set(c->err, "'%s' has no default board; name one", c->d->arch.name);
        return machine_error(c, "board");
    }
    if (take_plugin(c, &c->d->board, "board", VM_KIND_BOARD, word))
        return -1;
    if (plugin_interface(c->d->board.plugin, VM_BOARD_INTERFACE, &ops, sizeof(ops),
                         END_OF(struct vm_board_ops, max_cpus), c->err))
        return machine_error(c, "board");
    for (size_t i = 0; ops.archs && ops.archs[i]; i++)
        fits |= strcmp(ops.archs[i], c->d->arch.name) == 0;
    if (!fits) {
        vm_error_set(c->err, "'%s' does not go with '%s'; it is made for '%s'", c->d->board.name,
                     c->d->arch.name, ops.archs && ops.archs[0] ? ops.archs[0] : "nothing");
        return machine_error(c, "board");
    }
    if (c->d->cpus > ops.max_cpus) {
        vm_error_set(c->err, "%u is more than '%s' takes; it must be from 1 to %u", c->d->cpus,
                     c->d->board.name, ops.max_cpus);
        return machine_error(c, "cpus");
    }
    return 0;
}

/* ---- [machine] ---- */

static int check_numbers(struct checking *c)
{
    struct description *d = c->d;

    if (d->memory % PAGE_BYTES) {
        vm_error_set(c->err, "%llu bytes is not a multiple of 4K", (unsigned long long)d->memory);
        return machine_error(c, "memory");
    }
    if (d->deterministic && d->threads > 1) {
        vm_error_set(c->err, "deterministic mode runs in one thread; leave the key out");
        return machine_error(c, "threads");
    }
    return 0;
}

int check_machine(struct checking *c)
{
    struct description *d = c->d;
    const struct ini_section *s = check_section(c, "machine");
    const char *default_board = NULL;
    uint32_t n;
    const struct vm_property *keys = description_keys("machine", &n);

    d->machine_props = check_properties(c, s, keys, n, NULL);
    if (!d->machine_props)
        return -1;
    d->machine_where = s->where;
    d->memory_where = check_where(s, "memory");
    d->cpus_where = check_where(s, "cpus");
    d->memory = props_uint(d->machine_props, "memory");
    d->cpus = (uint32_t)props_uint(d->machine_props, "cpus");
    d->threads = (uint32_t)props_uint(d->machine_props, "threads");
    d->deterministic = props_uint(d->machine_props, "mode") == 1;
    d->ips = props_uint(d->machine_props, "ips");
    d->on_reset = props_uint(d->machine_props, "on-reset") == 0 ? ON_RESET_REBOOT : ON_RESET_EXIT;
    d->code_cache = props_given(d->machine_props, "code-cache")
                        ? props_uint(d->machine_props, "code-cache")
                        : 0;
    d->tier1_threshold = (uint32_t)props_uint(d->machine_props, "tier1-threshold");
    d->engine_switch = props_given(d->machine_props, "engine-switch")
                           ? props_uint(d->machine_props, "engine-switch")
                           : 0;
    d->tier2_threshold = (uint32_t)props_uint(d->machine_props, "tier2-threshold");
    d->hugepages = props_uint(d->machine_props, "hugepages") != 0;
    d->numa_node = props_given(d->machine_props, "numa-node")
                       ? (int)props_uint(d->machine_props, "numa-node")
                       : -1;
    return check_numbers(c) || take_arch(c, &default_board) || take_board(c, default_board) ||
                   check_engines(c)
               ? -1
               : 0;
}

/* ---- [boot] ---- */

/* A file that will be loaded: it must be there and readable now, not only when the machine starts.
 */
static int check_readable(const char *path, struct vm_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    int result = 0;

    if (fd < 0 || fstat(fd, &st))
        result = vm_error_set(err, "cannot open '%s': %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        result = vm_error_set(err, "'%s' is not a regular file", path);
    else if (st.st_size == 0)
        result = vm_error_set(err, "'%s' is empty", path);
    if (fd >= 0)
        close(fd);
    return result;
}

int check_boot(struct checking *c)
{
    struct description *d = c->d;
    const struct ini_section *s = check_section(c, "boot");
    const struct {
        const char *key;
        const char **value;
        struct location *where;
        bool is_file;
    } parts[] = {
        {"firmware", &d->firmware, &d->firmware_where, true},
        {"kernel", &d->kernel, &d->kernel_where, true},
        {"initrd", &d->initrd, &d->initrd_where, true},
        {"cmdline", &d->cmdline, &d->cmdline_where, false},
    };
    uint32_t n;
    const struct vm_property *keys = description_keys("boot", &n);

    d->boot_props = check_properties(c, s, keys, n, NULL);
    if (!d->boot_props)
        return -1;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        *parts[i].value = props_string(d->boot_props, parts[i].key);
        *parts[i].where = check_where(s, parts[i].key);
        if (*parts[i].value && parts[i].is_file && check_readable(*parts[i].value, c->err))
            return check_error_key(c, s, ini_key(s, parts[i].key));
    }
    return 0;
}
