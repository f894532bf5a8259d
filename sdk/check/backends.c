/* SPDX-License-Identifier: BSD-2-Clause */
/* backends.c - vm-plugin-check: character, block and network backends. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/backendtest.h>

#include "check.h"

void refused(const struct vm_error *err)
{
    char text[VM_ERROR_TEXT + 100];

    snprintf(text, sizeof(text), "create() refuses: %s\n(give what it needs as KEY=VALUE)",
             err->text);
    vm_test_broken(text);
}

/* ---- Character backends ---------------------------------------------------------------------- */

static struct vm_chartest *char_make(const struct setting *settings, uint32_t n,
                                     struct vm_error *err)
{
    struct vm_chartest *h = vm_chartest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_chartest_set(h, settings[i].name, settings[i].value);
    if (vm_chartest_create(h, err) == 0)
        return h;
    vm_chartest_free(h);
    return NULL;
}

static const char *char_try(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;
    struct vm_chartest *h;

    err = (struct vm_error)VM_ERROR_INIT;
    h = char_make(settings, n, &err);
    if (h)
        vm_chartest_free(h);
    return h ? NULL : err.text;
}

/* What goes to the standard streams goes nowhere. */
static void be_quiet(void)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    dup2(nowhere, 0);
    dup2(nowhere, 1);
    close(nowhere);
}

static struct vm_chartest *char_baseline(void)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_chartest *h = char_make(settings, baseline(settings), &err);

    if (!h)
        refused(&err);
    return h;
}

static void char_once(void *opaque)
{
    struct vm_chartest *h = char_baseline();

    (void)opaque;
    vm_chartest_turn(h, 0);
    vm_chartest_free(h);
}

static void char_refused_once(void *opaque)
{
    struct setting settings[MAX_SETTINGS];
    uint32_t n = baseline(settings);
    struct vm_chartest *h = vm_chartest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_chartest_set(h, settings[i].name, settings[i].value);
    vm_chartest_fail_watch(h, *(uint32_t *)opaque);
    if (vm_chartest_create(h, NULL) == 0)
        vm_test_broken("create() succeeds although the host refused something");
    vm_chartest_free(h);
}

static void char_life(void *opaque)
{
    struct vm_chartest *h = char_baseline();
    uint32_t watches = vm_chartest_watches(h);

    (void)opaque;
    vm_chartest_free(h);
    check_growth("create() and destroy()", char_once, NULL);
    for (uint32_t nth = 1; nth <= watches; nth++) {
        vm_test_note("create, of whose watches number %u fails", nth);
        check_growth("a create() that fails", char_refused_once, &nth);
    }
}

static void char_limits(void *opaque)
{
    (void)opaque;
    check_limits(char_try);
}

static void char_bytes(void *opaque)
{
    struct random r = random_begin("bytes");
    struct vm_chartest *h;
    uint8_t bytes[256];

    (void)opaque;
    be_quiet();
    h = char_baseline();
    for (uint32_t i = 0; i < check.steps / 10; i++) {
        uint32_t n = 1 + random_below(&r, sizeof(bytes));

        memset(bytes, (int)random_below(&r, 256), n);
        vm_test_note("step %u: %u bytes of output, then the event loop", i, n);
        if (random_below(&r, 4))
            vm_chartest_write(h, bytes, n);
        else
            vm_chartest_input_room(h, random_below(&r, 3) ? SIZE_MAX : 0);
        vm_chartest_turn(h, 0);
    }
    vm_test_note("drain() and destroy()");
    vm_chartest_ops(h)->drain(vm_chartest_backend(h));
    vm_chartest_free(h);
}

const struct vm_test_case chardev_cases[] = {
    {"made and destroyed many times, it leaves nothing behind", char_life, NULL, 0},
    {"properties at their limits are taken, or refused by name", char_limits, NULL, 0},
    {"it takes output and room for input as they come", char_bytes, NULL, 0},
    {0},
};

/* ---- Block backends -------------------------------------------------------------------------- */

static struct vm_blocktest *block_make(const struct setting *settings, uint32_t n,
                                       struct vm_error *err)
{
    struct vm_blocktest *h = vm_blocktest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_blocktest_set(h, settings[i].name, settings[i].value);
    if (vm_blocktest_create(h, err) == 0)
        return h;
    vm_blocktest_free(h);
    return NULL;
}

static const char *block_try(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;
    struct vm_blocktest *h;

    err = (struct vm_error)VM_ERROR_INIT;
    h = block_make(settings, n, &err);
    if (h)
        vm_blocktest_free(h);
    return h ? NULL : err.text;
}

static struct vm_blocktest *block_baseline(void)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_blocktest *h = block_make(settings, baseline(settings), &err);

    if (!h)
        refused(&err);
    return h;
}

static void block_once(void *opaque)
{
    (void)opaque;
    vm_blocktest_free(block_baseline());
}

static void block_life(void *opaque)
{
    (void)opaque;
    check_growth("create() and destroy()", block_once, NULL);
}

static void block_limits(void *opaque)
{
    (void)opaque;
    check_limits(block_try);
}

static void block_info(void *opaque)
{
    struct vm_blocktest *h = block_baseline();
    struct vm_block_info info = vm_blocktest_info(h);

    (void)opaque;
    VM_TEST_CHECK(info.block_size >= 512 && info.block_size <= 65536);
    VM_TEST_CHECK((info.block_size & (info.block_size - 1)) == 0);
    VM_TEST_CHECK(info.length % info.block_size == 0);
    VM_TEST_CHECK(info.physical_size >= info.block_size);
    vm_blocktest_free(h);
}

/* What is written is what is read, in any order; what is behind is left alone. */
static void block_data(void *opaque)
{
    enum { BLOCKS = 64 };
    struct random r = random_begin("data");
    struct vm_blocktest *h = block_baseline();
    struct vm_block_info info = vm_blocktest_info(h);
    size_t size = info.block_size;
    uint8_t wanted[BLOCKS] = {0}, known[BLOCKS] = {0}, *bytes = malloc(size);

    (void)opaque;
    if (info.flags & VM_BLOCK_READ_ONLY)
        vm_test_skip("it is read-only");
    if (info.length < BLOCKS * size)
        vm_test_skip("it has less than %d blocks", BLOCKS);
    for (uint32_t i = 0; i < check.steps / 10; i++) {
        uint32_t block = random_below(&r, BLOCKS);

        vm_test_note("step %u: block %u", i, block);
        if (random_below(&r, 2)) {
            wanted[block] = (uint8_t)random_next(&r);
            known[block] = 1;
            memset(bytes, wanted[block], size);
            VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, block * size, bytes, size, 0), 0);
        } else if (known[block]) {
            VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_READ, block * size, bytes, size, 0), 0);
            for (size_t at = 0; at < size; at++)
                if (bytes[at] != wanted[block])
                    vm_test_broken("a block does not read as it was written");
        }
        if (i % 256 == 0)
            VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    }
    free(bytes);
    vm_blocktest_free(h);
}

const struct vm_test_case block_cases[] = {
    {"made and destroyed many times, it leaves nothing behind", block_life, NULL, 0},
    {"properties at their limits are taken, or refused by name", block_limits, NULL, 0},
    {"what it says about itself makes sense", block_info, NULL, 0},
    {"what is written is read", block_data, NULL, 0},
    {0},
};

/* ---- Network backends ------------------------------------------------------------------------ */

static struct vm_nettest *net_make(const struct setting *settings, uint32_t n, struct vm_error *err)
{
    struct vm_nettest *h = vm_nettest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_nettest_set(h, settings[i].name, settings[i].value);
    if (vm_nettest_create(h, err) == 0)
        return h;
    vm_nettest_free(h);
    return NULL;
}

static const char *net_try(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;
    struct vm_nettest *h;

    err = (struct vm_error)VM_ERROR_INIT;
    h = net_make(settings, n, &err);
    if (h)
        vm_nettest_free(h);
    return h ? NULL : err.text;
}

static struct vm_nettest *net_baseline(void)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_nettest *h = net_make(settings, baseline(settings), &err);

    if (!h)
        refused(&err);
    return h;
}

static void net_once(void *opaque)
{
    struct vm_nettest *h = net_baseline();

    (void)opaque;
    vm_nettest_turn(h, 0);
    vm_nettest_free(h);
}

static void net_life(void *opaque)
{
    (void)opaque;
    check_growth("create() and destroy()", net_once, NULL);
}

static void net_limits(void *opaque)
{
    (void)opaque;
    check_limits(net_try);
}

static void net_frames(void *opaque)
{
    struct random r = random_begin("frames");
    struct vm_nettest *h = net_baseline();
    uint8_t frame[1514];

    (void)opaque;
    for (uint32_t i = 0; i < check.steps / 10; i++) {
        uint32_t n = VM_NET_MIN_FRAME + random_below(&r, sizeof(frame) - VM_NET_MIN_FRAME);

        vm_test_note("step %u: a frame of %u bytes, then the event loop", i, n);
        for (uint32_t at = 0; at < n; at++)
            frame[at] = (uint8_t)(random_next(&r) >> random_below(&r, 8));
        if (random_below(&r, 4))
            vm_nettest_send(h, NULL, frame, n);
        else
            vm_nettest_room(h, random_below(&r, 3));
        vm_nettest_turn(h, 0);
    }
    vm_test_note("destroy()");
    vm_nettest_free(h);
}

const struct vm_test_case net_cases[] = {
    {"made and destroyed many times, it leaves nothing behind", net_life, NULL, 0},
    {"properties at their limits are taken, or refused by name", net_limits, NULL, 0},
    {"it takes frames and room as they come", net_frames, NULL, 0},
    {0},
};
