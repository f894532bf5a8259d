/* SPDX-License-Identifier: BSD-2-Clause */
/* common.h - what the test hosts of all plugin kinds have in common: properties, log, buffers. */
#ifndef SDK_DEVTEST_COMMON_H
#define SDK_DEVTEST_COMMON_H

#include <vmrun/chardev.h>
#include <vmrun/test.h>

/* Bytes that grow, always with a zero behind them. */
struct vm_test_buffer {
    char *text;
    size_t size;
};

void vm_test_bytes(struct vm_test_buffer *b, const void *bytes, size_t n);
void vm_test_text(struct vm_test_buffer *b, const char *fmt, ...) VM_PRINTF(2, 3);

/* Zeroed memory; never NULL. */
void *vm_test_alloc(size_t n);

/*
 * The plugin under test: its properties' values, which are those that a machine would have, and its
 * main interface, copied into `ops` (`size` bytes, of which `mandatory` must be there).
 */
struct vm_test_plugin {
    const struct vm_plugin *plugin;
    struct vm_props *props;
};

void vm_test_open(struct vm_test_plugin *t, const struct vm_plugin *plugin, uint32_t kind,
                  const char *interface, void *ops, uint32_t size, uint32_t mandatory);
void vm_test_set(struct vm_test_plugin *t, const char *name, const char *value);
/* Before create(): the defaults, and an empty log. -1 with err set: something required is unset. */
int vm_test_ready(struct vm_test_plugin *t, struct vm_error *err);
void vm_test_close(struct vm_test_plugin *t);

/* Reads at most `size` bytes of a struct that begins with its own size, the rest becomes zero. */
void vm_test_copy(void *out, uint32_t size, const void *theirs);

int vm_test_prop_given(const struct vm_props *props, const char *name);
uint64_t vm_test_prop_uint(const struct vm_props *props, const char *name);
const char *vm_test_prop_string(const struct vm_props *props, const char *name);

/* Descriptors that a backend has its host watch (vmrun/chardev.h, watch_fd); all zeros: none. */
#define VM_TEST_WATCHES 16

struct vm_test_watches {
    struct vm_fd_watch *list[VM_TEST_WATCHES]; /* NULL: free */
};

struct vm_fd_watch *vm_test_watch(struct vm_test_watches *of, int fd, uint32_t events,
                                  vm_fd_callback callback, void *opaque);
void vm_test_watch_change(struct vm_fd_watch *watch, uint32_t events);
void vm_test_watch_remove(struct vm_fd_watch *watch);
uint32_t vm_test_watch_count(const struct vm_test_watches *of);
/* Waits so many ms at most for any to be ready, and tells the backend of those that are; returns
 * how often it was told. */
int vm_test_watch_poll(struct vm_test_watches *of, int ms);

/* Timers that a backend has of its host (vmrun/net.h, timer_new); all zeros: none. Deadlines are
 * times of vm_test_clock_ns(). */
#define VM_TEST_TIMERS 8

struct vm_test_timer;

struct vm_test_timers {
    struct vm_test_timer *list[VM_TEST_TIMERS]; /* NULL: free */
};

int64_t vm_test_clock_ns(void);
struct vm_test_timer *vm_test_timer_new(struct vm_test_timers *of, void (*callback)(void *opaque),
                                        void *opaque);
struct vm_test_timers *vm_test_timer_of(const struct vm_test_timer *timer);
void vm_test_timer_arm(struct vm_test_timer *timer, int64_t deadline_ns);
void vm_test_timer_free(struct vm_test_timer *timer);
uint32_t vm_test_timer_count(const struct vm_test_timers *of);
/* Calls back those that are due; returns how many. */
int vm_test_timer_run(struct vm_test_timers *of);

void vm_test_log(const void *who, int level, const char *fmt, ...) VM_PRINTF(3, 4);

/* The host's side common to all kinds, without interfaces. */
extern const struct vm_host vm_test_base;

#endif
