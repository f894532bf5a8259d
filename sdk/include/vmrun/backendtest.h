/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backendtest.h - hosts for one backend under test: character (vm_chartest_), block
 * (vm_blocktest_), network (vm_nettest_), GPU (vm_gputest_), display (vm_displaytest_). The test is
 * the device. Part of libvmrun-devtest.a (pkg-config vmrun-devtest); see test.h for what all test
 * hosts have in common.
 *
 * Each goes new, set, create, use, free, as devtest.h has it. The event loop, on which the
 * backend's descriptors and timers are, turns when the test says so, on its thread. What breaks the
 * contract of the kind's header, and a test that asks for what is not there, ends in
 * vm_test_broken().
 */
#ifndef VMRUN_BACKENDTEST_H
#define VMRUN_BACKENDTEST_H

#include <stdbool.h>
#include <vmrun/block.h>
#include <vmrun/chardev.h>
#include <vmrun/display.h>
#include <vmrun/gpu.h>
#include <vmrun/net.h>
#include <vmrun/test.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Character backends: life ---------------------------------------------------------------- */

struct vm_chartest;

struct vm_chartest *vm_chartest_new(const struct vm_plugin *plugin);
void vm_chartest_free(struct vm_chartest *h); /* destroys the backend, too */
void vm_chartest_set(struct vm_chartest *h, const char *property, const char *value);
void vm_chartest_fail_watch(struct vm_chartest *h,
                            uint32_t nth); /* the nth watch_fd (from 1) fails */
/* 0, or -1 with err set; a watch that is left behind is a broken contract, as after destroy(). */
int vm_chartest_create(struct vm_chartest *h, struct vm_error *err);
void vm_chartest_destroy(struct vm_chartest *h); /* the backend only; what was recorded stays */
const struct vm_chardev_ops *vm_chartest_ops(const struct vm_chartest *h);
void *vm_chartest_backend(const struct vm_chartest *h);

/* The event loop: waits until a descriptor is ready, at most `ms`, and calls back what is. Returns
 * how many callbacks ran. */
int vm_chartest_turn(struct vm_chartest *h, int ms);
/* Turns until nothing is ready for 20 ms; thousands of turns are a broken contract. */
void vm_chartest_settle(struct vm_chartest *h);
uint32_t vm_chartest_watches(const struct vm_chartest *h); /* how many there are */

/* The device's side: output; returns what write() did. */
size_t vm_chartest_write(struct vm_chartest *h, const void *bytes, size_t n);
/* Takes at most n bytes of input from now on (default: any); tells the backend if n is not 0. */
void vm_chartest_input_room(struct vm_chartest *h, size_t n);
const char *vm_chartest_input(struct vm_chartest *h, size_t *n); /* all so far; n may be NULL */
const char *vm_chartest_events(const struct vm_chartest *h); /* "opened closed break " in order */
uint32_t vm_chartest_writable_calls(const struct vm_chartest *h);
bool vm_chartest_quit(const struct vm_chartest *h); /* request_quit was called */

/* ---- Block backends -------------------------------------------------------------------------- */

struct vm_blocktest;

struct vm_blocktest *vm_blocktest_new(const struct vm_plugin *plugin);
void vm_blocktest_free(struct vm_blocktest *h); /* destroys the backend, too */
void vm_blocktest_set(struct vm_blocktest *h, const char *property, const char *value);
int vm_blocktest_create(struct vm_blocktest *h, struct vm_error *err); /* 0, or -1 with err set */
void vm_blocktest_destroy(struct vm_blocktest *h);                     /* the backend only */
const struct vm_block_ops *vm_blocktest_ops(const struct vm_blocktest *h);
void *vm_blocktest_backend(const struct vm_blocktest *h);
struct vm_block_info vm_blocktest_info(struct vm_blocktest *h);

/*
 * Submits a request, which waits for commit; the iov is copied, what it points to is not. For
 * DISCARD and WRITE_ZEROES only the lengths in it count. Up to 256 at a time.
 */
struct vm_block_request *vm_blocktest_submit(struct vm_blocktest *h, uint32_t op, uint64_t offset,
                                             const struct vm_iovec *iov, uint32_t n_iov,
                                             uint32_t flags);
void vm_blocktest_commit(struct vm_blocktest *h);
bool vm_blocktest_done(struct vm_blocktest *h, struct vm_block_request *r);
/* Waits until it is done, and gives its error; more than 20 seconds are a broken contract. */
int vm_blocktest_wait(struct vm_blocktest *h, struct vm_block_request *r);
/* One request of one piece, from submit to its error; only READ and WRITE have data. */
int vm_blocktest_do(struct vm_blocktest *h, uint32_t op, uint64_t offset, void *data,
                    uint64_t length, uint32_t flags);

/* ---- Network backends ------------------------------------------------------------------------ */

struct vm_nettest;

struct vm_nettest *vm_nettest_new(const struct vm_plugin *plugin);
void vm_nettest_free(struct vm_nettest *h); /* destroys the backend, too */
void vm_nettest_set(struct vm_nettest *h, const char *property, const char *value);
/* 0, or -1 with err set; a watch or timer that is left behind is a broken contract, as after
 * destroy(). */
int vm_nettest_create(struct vm_nettest *h, struct vm_error *err);
void vm_nettest_destroy(struct vm_nettest *h); /* the backend only */
const struct vm_net_ops *vm_nettest_ops(const struct vm_nettest *h);
void *vm_nettest_backend(const struct vm_nettest *h);

/* Waits until something is to be done, at most `ms`, and does it; returns how many callbacks ran.
 */
int vm_nettest_turn(struct vm_nettest *h, int ms);

/* Sends a frame, in one piece behind a header (NULL: zeroes). What send() returned. */
size_t vm_nettest_send(struct vm_nettest *h, const struct vm_net_header *header, const void *frame,
                       size_t n);
/* How many more frames are taken from now on; tells the backend if that is not 0. */
void vm_nettest_room(struct vm_nettest *h, uint32_t frames);
/* Turns until a frame has come in, at most `ms`; the oldest not yet seen, NULL: none. Valid until
 * the next call. */
const uint8_t *vm_nettest_frame(struct vm_nettest *h, int ms, size_t *n,
                                struct vm_net_header *header);
uint32_t vm_nettest_writable_calls(const struct vm_nettest *h);

/* ---- GPU backends ---------------------------------------------------------------------------- */

struct vm_gputest;

struct vm_gputest *vm_gputest_new(const struct vm_plugin *plugin);
void vm_gputest_free(struct vm_gputest *h); /* destroys the backend, too */
void vm_gputest_set(struct vm_gputest *h, const char *property, const char *value);
int vm_gputest_create(struct vm_gputest *h, struct vm_error *err); /* 0, or -1 with err set */
/* The backend only. No request may be under way; what they made and nobody freed may be there. */
void vm_gputest_destroy(struct vm_gputest *h);
const struct vm_gpu_ops *vm_gputest_ops(const struct vm_gputest *h);
void *vm_gputest_backend(const struct vm_gputest *h);
/* How many GPUs; 0: `why` (may be NULL) says the reason, and without one the contract is broken. */
uint32_t vm_gputest_count(struct vm_gputest *h, struct vm_error *why);
struct vm_gpu_info vm_gputest_info(struct vm_gputest *h, uint32_t gpu);

/*
 * Submits a request of the test's, which stays as it is until it is done; `size` may be 0. One that
 * makes no sense for any backend (no such GPU, nothing to copy) is done at once, as in a machine,
 * without the backend's having seen it. The backend is called on the calling thread, which must
 * always be the same.
 */
void vm_gputest_submit(struct vm_gputest *h, struct vm_gpu_request *r);
/* Whether it is done; lets the backend look (poll) if it is not. */
bool vm_gputest_done(struct vm_gputest *h, struct vm_gpu_request *r);
/*
 * Waits until it is done, and gives its error. More than 120 seconds are a broken contract, and so
 * are results that no device can use.
 */
uint32_t vm_gputest_wait(struct vm_gputest *h, struct vm_gpu_request *r);
uint32_t vm_gputest_do(struct vm_gputest *h, struct vm_gpu_request *r); /* both */
void vm_gputest_host_memory(struct vm_gputest *h, void *base, uint64_t length, int there);

/* One request of GPU 0 each, from submit to its error, on stream 0. */
uint32_t vm_gputest_alloc(struct vm_gputest *h, uint64_t length, uint64_t *address);
uint32_t vm_gputest_release(struct vm_gputest *h, uint64_t address);
uint32_t vm_gputest_write(struct vm_gputest *h, uint64_t address, const void *from, uint64_t n);
uint32_t vm_gputest_read(struct vm_gputest *h, uint64_t address, void *to, uint64_t n);
/* The log goes into `log`, which may be NULL. */
uint32_t vm_gputest_compile(struct vm_gputest *h, uint32_t format, const char *source, char *log,
                            uint32_t log_size, uint64_t *module);
/* The function, without its parameters. */
uint32_t vm_gputest_function(struct vm_gputest *h, uint64_t module, const char *name,
                             uint64_t *function);
/* `blocks` of `threads` in one dimension. */
uint32_t vm_gputest_launch(struct vm_gputest *h, uint64_t function, uint32_t blocks,
                           uint32_t threads, const void *arguments, uint32_t size);

/* ---- Display backends ------------------------------------------------------------------------ */

struct vm_displaytest;

struct vm_displaytest *vm_displaytest_new(const struct vm_plugin *plugin);
void vm_displaytest_free(struct vm_displaytest *h); /* destroys the backend, too */
void vm_displaytest_set(struct vm_displaytest *h, const char *property, const char *value);
void vm_displaytest_fail_watch(struct vm_displaytest *h, uint32_t nth); /* as vm_chartest's */
/* 0, or -1 with err set; a watch or timer that is left behind is a broken contract, as after
 * destroy(). */
int vm_displaytest_create(struct vm_displaytest *h, struct vm_error *err);
void vm_displaytest_destroy(struct vm_displaytest *h); /* the backend only */
const struct vm_display_ops *vm_displaytest_ops(const struct vm_displaytest *h);
void *vm_displaytest_backend(const struct vm_displaytest *h);

/* Waits until something is to be done, at most `ms`, and does it; returns how many callbacks ran.
 */
int vm_displaytest_turn(struct vm_displaytest *h, int ms);
uint32_t vm_displaytest_watches(const struct vm_displaytest *h); /* how many there are */

/* The backend is told a mode of that size, 60 frames a second; 0, 0: nothing is shown. What was
 * asked for stays asked for. */
void vm_displaytest_mode(struct vm_displaytest *h, uint32_t width, uint32_t height);
/*
 * The picture, black at first in each mode, for the test to draw in: 0xRRGGBB of each pixel, line
 * by line. The backend cannot write to it, and cannot read beyond its end. NULL: nothing is shown.
 */
uint32_t *vm_displaytest_picture(struct vm_displaytest *h);
/* Whether a frame is asked for; `flags` and `not_before_ns` of request() may be NULL. */
bool vm_displaytest_wants(const struct vm_displaytest *h, uint32_t *flags, int64_t *not_before_ns);
/*
 * Gives the backend the frame that it has asked for, whenever it wants it: these rectangles are
 * new, or all of the picture, as it must be (n 0; the mode's first frame; VM_DISPLAY_WHOLE). false:
 * it has asked for none, or nothing is shown.
 */
bool vm_displaytest_frame(struct vm_displaytest *h, const struct vm_display_rect *rects,
                          uint32_t n);

/* How many more reports of input are taken from now on (default: any); tells the backend if that is
 * not 0. */
void vm_displaytest_room(struct vm_displaytest *h, uint32_t reports);
uint32_t vm_displaytest_reports(const struct vm_displaytest *h); /* that came in and were taken */
/* Turns until a report has come in, at most `ms`; the events of the oldest not yet seen, NULL:
 * none. Valid until the next call. */
const struct vm_display_event *vm_displaytest_report(struct vm_displaytest *h, int ms, uint32_t *n);

#ifdef __cplusplus
}
#endif
#endif
