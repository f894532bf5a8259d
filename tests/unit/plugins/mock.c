/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mock.c - a plugin in many states of disrepair. build.sh compiles it once for each MOCK_x, with
 * MOCK_NAME the file's name.
 *
 * Without any of them it is a plugin in order, whose properties have one of each type.
 */
#include <stdlib.h>
#include <unistd.h>
#include <vmrun/abi-hash.h>
#include <vmrun/device.h>

#if defined(MOCK_CRASH)
__attribute__((constructor)) static void crash(void)
{
    *(volatile int *)16 = 1;
}
#elif defined(MOCK_ABORT)
__attribute__((constructor)) static void die(void)
{
    abort();
}
#elif defined(MOCK_EXIT)
__attribute__((constructor)) static void leave(void)
{
    exit(0);
}
#elif defined(MOCK_HANG)
__attribute__((constructor)) static void hang(void)
{
    for (;;)
        pause();
}
#elif defined(MOCK_NOISE)
__attribute__((constructor)) static void noise(void)
{
    static const char text[] = "noise\n";
    if (write(1, text, sizeof(text) - 1) < 0 || write(2, text, sizeof(text) - 1) < 0)
        return;
}
#elif defined(MOCK_MISSING_LIBRARY)
int gone(void);
int (*const keep_gone)(void) = gone;
#elif defined(MOCK_UNDEFINED)
int nowhere(void);
VM_EXPORT int call_nowhere(void);
int call_nowhere(void)
{
    return nowhere();
}
#endif

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    static char instance;
    (void)host, (void)ctx, (void)props, (void)err;
    return &instance;
}

static void destroy(void *dev)
{
    (void)dev;
}

static void reset(void *dev, int kind)
{
    (void)dev, (void)kind;
}

static const struct vm_device_ops ops = {
    .size = sizeof(ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
};

static const void *get_interface(const char *id)
{
#ifdef MOCK_CRASH_INTERFACE
    return *(const void *const volatile *)id + *(volatile int *)24;
#endif
#ifdef MOCK_LACKS_INTERFACE
    return NULL;
#endif
    return __builtin_strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const char *const colours[] = {"red", "green", "blue", NULL};
static const char *const no_colours[] = {NULL};

#ifndef MOCK_PROPERTY
#define MOCK_PROPERTY .type = VM_PROP_STRING, .name = "extra"
#endif

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "flag",
     .default_value = "no",
     .help = "a switch"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "count",
     .default_value = "3",
     .min = 1,
     .max = 9,
     .help = "a number"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "room",
     .min = 4096,
     .max = 1 << 20,
     .unit = "bytes",
     .help = "a size"},
    {.size = sizeof(struct vm_property), .type = VM_PROP_STRING, .name = "label", .help = "a text"},
    {.size = sizeof(struct vm_property), .type = VM_PROP_PATH, .name = "file", .help = "a file"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "colour",
     .default_value = "green",
     .choices = colours,
     .help = "a colour"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_CHARDEV,
     .name = "chardev",
     .help = "a backend"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "delay",
     .default_value = "10ms",
     .help = "a time"},
    {.size = sizeof(struct vm_property), MOCK_PROPERTY},
};

/* What the descriptor says, each overridden by some MOCK_x. */
#ifndef MOCK_SIZE
#define MOCK_SIZE sizeof(struct vm_plugin)
#endif
#ifndef MOCK_MAGIC
#define MOCK_MAGIC VM_PLUGIN_MAGIC
#endif
#ifndef MOCK_MAJOR
#define MOCK_MAJOR VM_ABI_MAJOR
#endif
#ifndef MOCK_MINOR
#define MOCK_MINOR VM_ABI_MINOR
#endif
#ifndef MOCK_KIND
#define MOCK_KIND VM_KIND_DEVICE
#endif
#ifndef MOCK_CALLS_ITSELF
#define MOCK_CALLS_ITSELF MOCK_NAME
#endif
#ifndef MOCK_SUMMARY
#define MOCK_SUMMARY "a plugin for tests"
#endif
#ifndef MOCK_HASH
#define MOCK_HASH NULL
#endif
#ifndef MOCK_INTERFACE
#define MOCK_INTERFACE get_interface
#endif
#ifndef MOCK_STRIDE
#define MOCK_STRIDE sizeof(struct vm_property)
#endif

#ifdef MOCK_NO_SYMBOL
#define DESCRIPTOR some_other_symbol
#else
#define DESCRIPTOR vm_plugin_descriptor
#endif

/* A descriptor of a later SDK, with members behind ours. */
struct longer_plugin {
    struct vm_plugin plugin;
    uint64_t later[4];
};

VM_EXPORT extern const struct longer_plugin DESCRIPTOR;
VM_EXPORT const struct longer_plugin DESCRIPTOR = {
    .plugin =
        {
            .size = MOCK_SIZE,
            .magic = MOCK_MAGIC,
            .abi_major = MOCK_MAJOR,
            .abi_minor = MOCK_MINOR,
            .kind = MOCK_KIND,
            .name = MOCK_CALLS_ITSELF,
            .version = "1.0",
            .licence = "BSD-2-Clause",
            .summary = MOCK_SUMMARY,
            .properties = properties,
            .n_properties = sizeof(properties) / sizeof(properties[0]),
            .property_size = MOCK_STRIDE,
            .matched_abi = MOCK_HASH,
            .get_interface = MOCK_INTERFACE,
        },
    .later = {1, 2, 3, 4},
};
