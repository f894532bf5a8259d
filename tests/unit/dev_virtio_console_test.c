/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_virtio_console_test.c - dev-virtio-console, driven by a driver and by its backends. */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/test.h>
#include "virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

#define MULTIPORT (UINT64_C(1) << 1)

enum { CONTROL_IN = 2, CONTROL_OUT = 3 };
enum { READY = 0, ADD = 1, PORT_READY = 3, CONSOLE = 4, RESIZE = 5, OPEN = 6, NAME = 7 };

static struct vm_devtest *h;
static struct driver d;

static const char *const one[] = {"chardev", "a", NULL};
static const char *const two[] = {"chardev", "a",   "chardev1", "b",  "name1", "a.port",
                                  "columns", "100", "rows",     "40", NULL};

static void teardown(void)
{
    vm_devtest_free(h);
}

static void make_one(void)
{
    h = driver_device(&vm_plugin_descriptor, one);
}

static void make_two(void)
{
    h = driver_device(&vm_plugin_descriptor, two);
}

TestSuite(console, .init = make_one, .fini = teardown);
TestSuite(ports, .init = make_two, .fini = teardown);

/* Puts text into a buffer of the guest and sends it. */
static uint16_t put(uint32_t queue, const void *bytes, uint32_t n)
{
    struct vring_buffer b = {driver_alloc(&d, n), n, false};

    memcpy(driver_memory(&d, b.addr), bytes, n);
    return driver_add(&d, queue, &b, 1);
}

static uint64_t offer(uint32_t queue, uint32_t n)
{
    struct vring_buffer b = {driver_alloc(&d, n), n, true};

    driver_add(&d, queue, &b, 1);
    return b.addr;
}

static int used(uint32_t queue, uint32_t *written)
{
    uint16_t id;

    return driver_get(&d, queue, &id, written);
}

static int is_done(uint32_t queue)
{
    uint32_t written;

    return used(queue, &written);
}

/* ---- one console ----------------------------------------------------------------------------- */

Test(console, what_it_is)
{
    d.h = h;
    cr_assert_eq(driver_read(&d, REG_DEVICE_ID), 3);
    cr_assert_eq(driver_offered(&d) & 7, 4, "neither a size nor several ports");
    cr_assert_eq(driver_read(&d, REG_CONFIG + 4), 1);
    driver_write(&d, REG_QUEUE_SELECT, 2);
    cr_assert_eq(driver_read(&d, REG_QUEUE_MAX), 0);
}

Test(console, output)
{
    for (int packed = 0; packed < 2; packed++) {
        driver_start(&d, h, packed ? 0 : UINT64_MAX, 2);
        for (int i = 0; i < 100; i++) {
            put(1, "hello ", 6);
            cr_assert(is_done(1));
        }
    }
    size_t n;
    cr_assert_eq(strncmp(vm_devtest_output(h, &n), "hello hello ", 12), 0);
    cr_assert_eq(n, 1200);
}

Test(console, long_output_in_pieces)
{
    static char text[100000];
    struct vring_buffer b[2];
    size_t n;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    driver_start(&d, h, 0, 2);
    b[0] = (struct vring_buffer){driver_alloc(&d, sizeof(text)), 65536, false};
    b[1] = (struct vring_buffer){b[0].addr + 65536, sizeof(text) - 65536, false};
    memcpy(driver_memory(&d, b[0].addr), text, sizeof(text));
    driver_add(&d, 1, b, 2);
    cr_assert(is_done(1));
    const char *out = vm_devtest_output(h, &n);
    cr_assert_eq(n, sizeof(text));
    cr_assert_eq(memcmp(out, text, n), 0);
}

/* The backend takes a part, and later the rest: nothing twice, nothing lost. */
Test(console, slow_backend)
{
    driver_start(&d, h, 0, 2);
    vm_devtest_output_room(h, 5);
    put(1, "hello world", 11);
    put(1, "!", 1);
    cr_assert_not(is_done(1));
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello");
    put(1, "?", 1);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello");
    vm_devtest_output_room(h, 3);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello wo");
    cr_assert_not(is_done(1));
    vm_devtest_output_room(h, SIZE_MAX);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello world!?");
    for (int i = 0; i < 3; i++)
        cr_assert(is_done(1));
}

/* Saved in the middle of a chain. */
Test(console, state_of_a_slow_backend)
{
    struct vm_devtest_state state;

    driver_start(&d, h, 0, 2);
    vm_devtest_output_room(h, 5);
    put(1, "hello world", 11);
    state = vm_devtest_save(h);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    vm_devtest_state_free(&state);
    vm_devtest_advance(h, 1);
    vm_devtest_output_room(h, SIZE_MAX);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello world");
    cr_assert(is_done(1));
}

/* What a reset cuts off is gone, and the next driver's text comes from its start. */
Test(console, reset_while_the_backend_is_slow)
{
    driver_start(&d, h, 0, 2);
    vm_devtest_output_room(h, 2);
    put(1, "hello", 5);
    driver_start(&d, h, 0, 2);
    vm_devtest_output_room(h, SIZE_MAX);
    put(1, "world", 5);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "heworld");
    driver_write(&d, REG_STATUS, 0);
    cr_assert_eq(vm_devtest_mappings(h), 0);
}

Test(console, input)
{
    uint32_t written;
    uint64_t a, b;

    driver_start(&d, h, 0, 2);
    driver_interrupt(&d);
    cr_assert_eq(vm_devtest_send(h, "x", 1), 0, "the guest has no buffer yet");
    a = offer(0, 4);
    cr_assert_eq(vm_devtest_input_ready_calls(h), 1);
    b = offer(0, 100);
    cr_assert_eq(vm_devtest_send(h, "hello", 5), 5);
    cr_assert(used(0, &written));
    cr_assert_eq(written, 4);
    cr_assert_eq(memcmp(driver_memory(&d, a), "hell", 4), 0);
    cr_assert(used(0, &written));
    cr_assert_eq(written, 1);
    cr_assert_eq(memcmp(driver_memory(&d, b), "o", 1), 0);
    cr_assert_eq(driver_interrupt(&d), 1);
    cr_assert_eq(vm_devtest_send(h, "more", 4), 0);
    offer(0, 2);
    cr_assert_eq(vm_devtest_send(h, "more", 4), 2);
}

Test(console, input_before_there_is_a_driver)
{
    cr_assert_eq(vm_devtest_send(h, "x", 1), 0);
    vm_devtest_chardev_event(h, VM_CHARDEV_CLOSED);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    driver_start(&d, h, 0, 2);
    offer(0, 8);
    cr_assert_eq(vm_devtest_send(h, "x", 1), 1);
}

Test(console, buffer_for_input_that_cannot_be_written)
{
    driver_start(&d, h, 0, 2);
    put(0, "x", 1);
    cr_assert_eq(vm_devtest_send(h, "x", 1), 0);
    cr_assert(driver_read(&d, REG_STATUS) & NEEDS_RESET);
    cr_assert_eq(vm_devtest_send(h, "x", 1), 0);
}

Test(console, emergency_write)
{
    d.h = h;
    driver_write(&d, REG_CONFIG + 8, '!');
    cr_assert_str_eq(vm_devtest_output(h, NULL), "!");
    driver_write(&d, REG_CONFIG + 0, 'x');
    cr_assert_str_eq(vm_devtest_output(h, NULL), "!");
}

Test(console, without_a_backend)
{
    struct vm_devtest *other = driver_device(&vm_plugin_descriptor, NULL);

    driver_start(&d, other, 0, 2);
    put(1, "hello", 5);
    cr_assert(is_done(1), "it is dropped");
    driver_write(&d, REG_CONFIG + 8, '!');
    vm_devtest_free(other);
}

/* ---- several ports --------------------------------------------------------------------------- */

static void control(uint32_t port, uint16_t event, uint16_t value)
{
    uint8_t m[8] = {(uint8_t)port, 0, 0, 0, (uint8_t)event, 0, (uint8_t)value, 0};

    put(CONTROL_OUT, m, sizeof(m));
    cr_assert(is_done(CONTROL_OUT));
}

/* The buffers of the driver's control queue, in the order in which they are used. */
static uint64_t control_buffers[64];
static unsigned n_given, n_taken;

static void offer_control(unsigned n)
{
    while (n-- > 0)
        control_buffers[n_given++] = offer(CONTROL_IN, 64);
}

static void expect_message(uint32_t port, uint16_t event, uint16_t value, const char *more)
{
    const uint8_t *m = driver_memory(&d, control_buffers[n_taken++]);
    uint32_t written;

    cr_assert(used(CONTROL_IN, &written), "no message %u of port %u", event, port);
    cr_assert_eq(written, 8 + strlen(more));
    cr_assert_eq(m[0], port);
    cr_assert_eq(m[4], event, "%u instead of %u", m[4], event);
    cr_assert_eq(m[6], value);
    cr_assert_eq(memcmp(m + 8, more, strlen(more)), 0);
}

static void start_ports(unsigned buffers)
{
    n_given = n_taken = 0;
    driver_start(&d, h, MULTIPORT, 6);
    driver_interrupt(&d);
    offer_control(buffers);
}

Test(ports, what_they_are)
{
    d.h = h;
    cr_assert_eq(driver_offered(&d) & 7, 7);
    cr_assert_eq(driver_read(&d, REG_CONFIG), 100 | 40 << 16);
    cr_assert_eq(driver_read(&d, REG_CONFIG + 4), 2);
}

Test(ports, introduction)
{
    start_ports(16);
    control(0, READY, 1);
    expect_message(0, ADD, 1, "");
    expect_message(1, ADD, 1, "");
    control(0, PORT_READY, 1);
    expect_message(0, CONSOLE, 1, "");
    {
        const uint8_t *m = driver_memory(&d, control_buffers[n_taken++]);

        cr_assert(is_done(CONTROL_IN));
        cr_assert_eq(m[4], RESIZE);
        cr_assert_eq(m[8], 100);
        cr_assert_eq(m[10], 40);
    }
    expect_message(0, OPEN, 1, "");
    control(1, PORT_READY, 1);
    expect_message(1, OPEN, 1, "");
    expect_message(1, NAME, 1, "a.port");
    cr_assert_not(is_done(CONTROL_IN));
}

/* Messages wait for buffers. */
Test(ports, introduction_with_few_buffers)
{
    start_ports(0);
    control(0, READY, 1);
    control(1, PORT_READY, 1);
    offer_control(1);
    expect_message(0, ADD, 1, "");
    cr_assert_not(is_done(CONTROL_IN));
    offer_control(3);
    expect_message(1, ADD, 1, "");
    expect_message(1, OPEN, 1, "");
    expect_message(1, NAME, 1, "a.port");
}

Test(ports, data)
{
    uint32_t written;
    uint64_t at;

    start_ports(16);
    at = offer(4, 16);
    vm_devtest_pick_backend(h, 1);
    cr_assert_eq(vm_devtest_send(h, "early", 5), 0, "nobody in the guest has opened it");
    control(1, OPEN, 1);
    cr_assert_eq(vm_devtest_input_ready_calls(h), 1);
    cr_assert_eq(vm_devtest_send(h, "now", 3), 3);
    cr_assert(used(4, &written));
    cr_assert_eq(written, 3);
    cr_assert_eq(memcmp(driver_memory(&d, at), "now", 3), 0);
    put(5, "answer", 6);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "answer");
    vm_devtest_pick_backend(h, 0);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "");
    put(1, "console", 7);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "console");
    control(1, OPEN, 0);
    vm_devtest_pick_backend(h, 1);
    offer(4, 16);
    cr_assert_eq(vm_devtest_send(h, "late", 4), 0);
}

Test(ports, peers_come_and_go)
{
    start_ports(16);
    vm_devtest_pick_backend(h, 1);
    vm_devtest_chardev_event(h, VM_CHARDEV_CLOSED);
    expect_message(1, OPEN, 0, "");
    vm_devtest_chardev_event(h, VM_CHARDEV_CLOSED);
    cr_assert_not(is_done(CONTROL_IN), "no news");
    control(1, PORT_READY, 1);
    expect_message(1, NAME, 1, "a.port");
    cr_assert_not(is_done(CONTROL_IN), "it is not open");
    vm_devtest_chardev_event(h, VM_CHARDEV_OPENED);
    expect_message(1, OPEN, 1, "");
}

Test(ports, nonsense)
{
    uint8_t m[8] = {0xff, 0xff, 0xff, 0xff, OPEN, 0, 1, 0};

    start_ports(16);
    put(CONTROL_OUT, m, 8);
    put(CONTROL_OUT, m, 3);
    m[0] = 2; /* one behind the last port */
    m[1] = m[2] = m[3] = 0;
    put(CONTROL_OUT, m, 8);
    m[0] = 0;
    m[4] = 99;
    put(CONTROL_OUT, m, 8);
    for (int i = 0; i < 4; i++)
        cr_assert(is_done(CONTROL_OUT));
    cr_assert_not(is_done(CONTROL_IN));
    cr_assert_eq(driver_read(&d, REG_STATUS) & NEEDS_RESET, 0);
}

Test(ports, bad_states)
{
    static const struct {
        const char *field;
        uint64_t value;
    } bad[] = {{"guest_open", 2}, {"host_open", 2}, {"to_send", 1}, {"to_send", 4}};

    start_ports(4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;

        cr_assert_eq(vm_devtest_load_field(h, bad[i].field, 1, bad[i].value, &err), -1, "%s",
                     bad[i].field);
        cr_assert_eq(vm_devtest_load_field(h, bad[i].field, 1, 0, NULL), 0);
    }
}

Test(ports, long_name)
{
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set(other, "name3",
                   "0123456789012345678901234567890123456789012345678901234567890123");
    cr_assert_eq(vm_devtest_create(other, &err), -1);
    cr_assert_not_null(strstr(err.text, "name3: longer than 63"));
    vm_devtest_free(other);
}
