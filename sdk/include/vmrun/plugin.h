/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin.h - what every vmrun plugin exports, and what every host gives it.
 *
 * A plugin is one shared object that exports one symbol, vm_plugin_descriptor, made by the macro
 * VM_PLUGIN. Nothing in it runs when it is loaded. STABLE tier: after 1.0 this header only grows at
 * the tails of its structs.
 *
 * Rules for every struct that crosses the boundary: its first member is its own size in bytes as
 * its writer knew it; the reader copies min(own, theirs) into zeroed memory and then checks that
 * what is mandatory is there. A member that lies beyond the writer's size reads as zero or NULL,
 * which always means "not given".
 */
#ifndef VMRUN_PLUGIN_H
#define VMRUN_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VM_EXPORT            __attribute__((visibility("default")))
#define VM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define VM_EXPORT
#define VM_PRINTF(fmt, args)
#endif

/*
 * Version of the stable ABI; doc/abi-history.md says what each one brought. A host loads a plugin
 * of the same major whose minor is not newer than its own, and not older than VM_ABI_MINOR_OLDEST,
 * which moves only when something breaks: never from 1.0 on.
 */
#define VM_ABI_MAJOR        0
#define VM_ABI_MINOR        11
#define VM_ABI_MINOR_OLDEST 9

/*
 * The version that a plugin asks for: that of its SDK. To be loaded by older hosts, too, define
 * this before the first include as the oldest minor that will do, and ask VM_HAS before each use of
 * a member that is newer.
 */
#ifndef VM_PLUGIN_ABI_MINOR
#define VM_PLUGIN_ABI_MINOR VM_ABI_MINOR
#endif

/* "VMRN" little-endian: tells a vmrun descriptor from another symbol of the same name. */
#define VM_PLUGIN_MAGIC 0x4e524d56u

enum vm_plugin_kind {
    VM_KIND_ARCH = 1,    /* instruction set                (matched tier) */
    VM_KIND_BOARD = 2,   /* boot protocol, firmware tables (matched tier) */
    VM_KIND_ENGINE = 3,  /* runs translated units          (matched tier) */
    VM_KIND_ACCEL = 4,   /* runs a whole vCPU              (matched tier) */
    VM_KIND_DEVICE = 5,  /* device model                   (stable tier) */
    VM_KIND_CHARDEV = 6, /* character backend              (stable tier) */
    VM_KIND_BLOCK = 7,   /* block backend                  (stable tier) */
    VM_KIND_NET = 8,     /* network backend                (stable tier) */
    VM_KIND_DISPLAY = 9, /* display backend                (stable tier) */
    VM_KIND_GPU = 10,    /* GPU compute backend            (stable tier) */
};

/* ---- Errors ---------------------------------------------------------------------------------- */

#define VM_ERROR_TEXT 1024

/*
 * An error value. The caller owns it and hands a zeroed one with `size` set down; the callee fills
 * `text` (a sentence without a trailing newline that says what was tried, on what, and what to do)
 * and returns its failure value. Outer layers put their context in front with vm_error_prefix().
 * Printed once, at the top.
 */
struct vm_error {
    uint32_t size; /* sizeof(struct vm_error) */
    uint32_t set;  /* non-zero once a message is there */
    char text[VM_ERROR_TEXT];
};

/* clang-format off */
#define VM_ERROR_INIT { sizeof(struct vm_error), 0, { 0 } }
/* clang-format on */

/*
 * Both are in the SDK archive. `err` may be NULL (the message is dropped). vm_error_set returns -1
 * for `return` use.
 */
int vm_error_set(struct vm_error *err, const char *fmt, ...) VM_PRINTF(2, 3);
int vm_error_prefix(struct vm_error *err, const char *fmt, ...) VM_PRINTF(2, 3);

/* ---- Properties ------------------------------------------------------------------------------ */

enum vm_property_type {
    VM_PROP_BOOL = 1,     /* yes/no, true/false, on/off, 1/0 */
    VM_PROP_UINT = 2,     /* decimal or 0x hexadecimal, checked against min..max */
    VM_PROP_SIZE = 3,     /* bytes; suffix K, M, G, T (powers of 1024); checked against min..max */
    VM_PROP_STRING = 4,   /* any text */
    VM_PROP_PATH = 5,     /* a file, relative to the INI's folder; given to the plugin absolute */
    VM_PROP_ENUM = 6,     /* one of `choices`; read as index (prop_uint) or text (prop_string) */
    VM_PROP_CHARDEV = 7,  /* a backend: a [chardev NAME] section's name, or a short one ("stdio") */
    VM_PROP_DURATION = 8, /* nanoseconds; suffix ns, us, ms, s */
    VM_PROP_DEVICE = 9,   /* another device, by the name of its [device NAME] section */
    /*
     * Backends: a [block NAME] or [net NAME] section's name; or short, a path or URI for a block
     * backend ("disk.img", "nbd+unix:///?socket=s"), a plugin's short name for a network ("user").
     */
    VM_PROP_BLOCK = 10,
    VM_PROP_NET = 11,
    /* A GPU backend: a [gpu NAME] section's name, or a plugin's ("gpu-opencl", "opencl"). */
    VM_PROP_GPU = 12,
    /* A display backend: a [display NAME] section's name, or a plugin's ("display-ppm", "ppm"). */
    VM_PROP_DISPLAY = 13,
};

#define VM_PROP_REQUIRED 1u /* no default: the user must give it */

/*
 * One property that a plugin takes. One table gives parsing, validation, --describe, did-you-mean
 * and the man page.
 */
struct vm_property {
    uint32_t size;              /* sizeof(struct vm_property) */
    uint32_t type;              /* enum vm_property_type */
    const char *name;           /* key in the INI, lower case with hyphens */
    const char *unit;           /* "Hz", "bytes", ... for the help text; NULL if none */
    const char *default_value;  /* as the user would write it; NULL: unset (or required) */
    uint64_t min, max;          /* inclusive range for UINT, SIZE and DURATION; both 0: no limit */
    const char *const *choices; /* for ENUM: NULL-terminated */
    const char *help;           /* one sentence, no full stop needed */
    uint32_t flags;             /* VM_PROP_REQUIRED */
    uint32_t reserved;          /* zero */
};

/*
 * The checked values of one instance. Opaque; read through struct vm_host. Valid during create()
 * only: copy strings.
 */
struct vm_props;

/* ---- Memory ---------------------------------------------------------------------------------- */

/* Bytes of the host's memory, for transfers in several pieces. */
struct vm_iovec {
    void *base;
    uint64_t length;
};

/* ---- The host's side that every plugin gets -------------------------------------------------- */

enum vm_log_level { VM_LOG_ERROR = 0, VM_LOG_WARNING = 1, VM_LOG_INFO = 2, VM_LOG_DEBUG = 3 };

/*
 * Services common to all kinds. The host owns it; it lives until the process ends. Functions may be
 * called from any thread unless they say otherwise. A member newer than the plugin's
 * VM_PLUGIN_ABI_MINOR may be missing (VM_HAS below).
 */
struct vm_host {
    uint32_t size;
    uint32_t abi_minor; /* the host's VM_ABI_MINOR */

    /*
     * Log one line (no newline). `who` is the instance's context as given to create(), or NULL.
     * Rate-limited by host.
     */
    void (*log)(const void *who, int level, const char *fmt, ...) VM_PRINTF(3, 4);

    /* An optional host capability by id ("vm.host.fdt/1"), or NULL. [before start] */
    const void *(*get_interface)(const char *id);

    /*
     * Property values by name; asking for a name or type not in the plugin's table is a bug and
     * aborts a debug host. prop_given: set by the user or by a default. prop_uint: UINT, SIZE,
     * DURATION, BOOL, ENUM (its index). prop_string: STRING, PATH, ENUM, CHARDEV, DEVICE; NULL if
     * unset.
     */
    int (*prop_given)(const struct vm_props *props, const char *name);
    uint64_t (*prop_uint)(const struct vm_props *props, const char *name);
    const char *(*prop_string)(const struct vm_props *props, const char *name);
};

/* True if struct `p` (whose first member is its size) reaches member `m` and the member is set. */
#define VM_HAS(p, m) ((p)->size >= offsetof(__typeof__(*(p)), m) + sizeof((p)->m) && (p)->m != 0)

/* ---- The descriptor -------------------------------------------------------------------------- */

struct vm_plugin {
    uint32_t size;           /* sizeof(struct vm_plugin) */
    uint32_t magic;          /* VM_PLUGIN_MAGIC */
    uint16_t abi_major;      /* VM_ABI_MAJOR the plugin was built with */
    uint16_t abi_minor;      /* VM_ABI_MINOR the plugin was built with */
    uint32_t kind;           /* enum vm_plugin_kind */
    const char *name;        /* same as the file's name without ".so" */
    const char *version;     /* the plugin's own version */
    const char *licence;     /* SPDX expression */
    const char *summary;     /* one line for --list-plugins */
    const char *description; /* a few sentences for --describe and the man page; may be NULL */
    const struct vm_property *properties; /* n_properties entries; NULL if none */
    uint32_t n_properties;
    uint32_t property_size;  /* their sizeof as the plugin knew it: the stride */
    const char *matched_abi; /* VM_MATCHED_ABI_HASH for matched kinds, else NULL */
    /*
     * Interface `id`, or NULL if the plugin has it not. The result is constant for the life of the
     * process. Every kind has one mandatory interface, named in its header, as
     * VM_DEVICE_INTERFACE. Must be pure. [any thread]
     */
    const void *(*get_interface)(const char *id);
};

#define VM_PLUGIN_SYMBOL "vm_plugin_descriptor"

/*
 * Defines the descriptor. Give kind, name and what else applies as designated initialisers:
 *   VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-foo", .version = "1.0", .licence = "MIT",
 *             .summary = "...", VM_PLUGIN_PROPERTIES(foo_properties),
 *             .get_interface = foo_interface)
 * With -DVM_STATIC_PLUGIN=foo the symbol becomes vm_plugin_descriptor_foo, for static linking.
 */
#ifdef VM_STATIC_PLUGIN
#define VM_PLUGIN_CAT2(a, b) a##_##b
#define VM_PLUGIN_CAT(a, b)  VM_PLUGIN_CAT2(a, b)
#define VM_PLUGIN_DESCRIPTOR VM_PLUGIN_CAT(vm_plugin_descriptor, VM_STATIC_PLUGIN)
#else
#define VM_PLUGIN_DESCRIPTOR vm_plugin_descriptor
#endif

#define VM_PLUGIN_PROPERTIES(table)                                            \
    .properties = (table), .n_properties = sizeof(table) / sizeof((table)[0]), \
    .property_size = sizeof(struct vm_property)

#define VM_PLUGIN(...)                                                                         \
    VM_EXPORT extern const struct vm_plugin VM_PLUGIN_DESCRIPTOR;                              \
    VM_EXPORT const struct vm_plugin VM_PLUGIN_DESCRIPTOR = {.size = sizeof(struct vm_plugin), \
                                                             .magic = VM_PLUGIN_MAGIC,         \
                                                             .abi_major = VM_ABI_MAJOR,        \
                                                             .abi_minor = VM_PLUGIN_ABI_MINOR, \
                                                             __VA_ARGS__}

/*
 * The same by position, for C++ before C++20, which has no designated initialisers:
 *   VM_PLUGIN_DEFINE(VM_KIND_DEVICE, "dev-foo", "1.0", "MIT", "one line", "sentences, or NULL",
 *                    foo_properties, 3, foo_interface);
 */
/* clang-format off */
#ifdef __cplusplus
#define VM_PLUGIN_LINKAGE extern "C"
#else
#define VM_PLUGIN_LINKAGE extern
#endif
#define VM_PLUGIN_DEFINE(kind_, name_, version_, licence_, summary_, description_, properties_,   \
                         n_properties_, get_interface_)                                           \
    VM_PLUGIN_LINKAGE VM_EXPORT const struct vm_plugin VM_PLUGIN_DESCRIPTOR;                      \
    const struct vm_plugin VM_PLUGIN_DESCRIPTOR = {                                               \
        sizeof(struct vm_plugin), VM_PLUGIN_MAGIC, VM_ABI_MAJOR, VM_PLUGIN_ABI_MINOR, (kind_),    \
        (name_), (version_), (licence_), (summary_), (description_), (properties_),               \
        (n_properties_), sizeof(struct vm_property), NULL, (get_interface_)}
/* clang-format on */

#ifdef __cplusplus
}
#endif
#endif
