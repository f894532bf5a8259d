/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_virtio_9p_queue_test.c - the shared folder's way of handling messages: malformed ones,
 * several under way, resets, limits, saved state. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "p9_client.h"
#include "p9_folder.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum { ROOT = P9_ROOT, A = 2, B = 3, C = 4 };
enum { RDONLY = 0, RDWR = 2, LOCK_FOR_WRITE = 1 };

static struct p9_client c;

static void use(const char *property, const char *value)
{
    p9_use(&c, p9_path("share"), property, value);
}

static void setup(void)
{
    p9_folder_make("/tmp");
    use("tag", "stuff");
}

static void teardown(void)
{
    vm_devtest_free(c.h);
    p9_folder_remove();
}

TestSuite(virtio_9p_queue, .init = setup, .fini = teardown, .timeout = 60);

/* Descriptors of this process. */
static unsigned descriptors(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 4096; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* A session takes all with it that it had. */
Test(virtio_9p_queue, version_ends_what_was)
{
    unsigned before;

    p9_put_file("share/f", "text");
    cr_assert_eq(p9_call(&c, P9_VERSION, "ds", 8192, "9P2000.L"), 0);
    before = descriptors();
    cr_assert_eq(p9_mount(&c, ROOT), 0);
    p9_open_at(&c, A, "f", RDWR);
    cr_assert_eq(
        p9_call(&c, P9_LOCK, "dbdqqds", A, LOCK_FOR_WRITE, 0, (uint64_t)0, (uint64_t)0, 1, "g"), 0);
    cr_expect_gt(descriptors(), before);
    cr_expect_eq(p9_call(&c, P9_VERSION, "ds", 8192, "9P2000.L"), 0);
    cr_expect_eq(descriptors(), before);
    cr_expect_eq(p9_clunk(&c, ROOT), EBADF);
}

/* Whether the reply to a read is there without a work thread. */
static bool comes_at_once(void)
{
    p9_message(&c, P9_READ, "dqd", A, (uint64_t)0, 4);
    p9_send(&c, P9_ROOM);
    int error = p9_reply(&c);
    if (error >= 0)
        return true;
    vm_devtest_run_work(c.h);
    cr_assert_eq(p9_reply(&c), 0);
    return false;
}

/* Where the host's file system can say what it has cached. */
Test(virtio_9p_queue, cached_data)
{
    char byte;
    struct iovec piece = {&byte, 1};

    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", RDWR);
    int fd = open(p9_path("share/f"), O_RDONLY);
    bool can = preadv2(fd, &piece, 1, 0, RWF_NOWAIT) == 1;
    close(fd);
    cr_expect_eq(comes_at_once(), can);
    cr_expect_eq(comes_at_once(), can);
    cr_expect_str_eq(p9_read(&c, A, 0, 100), "text");
    cr_expect_eq(p9_write(&c, A, 0, "next", 4), 0);
    cr_expect_eq(p9_write(&c, A, 0, "past", 4), 0);
    cr_expect_str_eq(p9_file("share/f"), "past");
    vm_devtest_free(c.h);
    c.h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_ram(c.h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(c.h, "folder", p9_path("share"));
    vm_devtest_set_deterministic(c.h);
    cr_assert_eq(vm_devtest_create(c.h, NULL), 0);
    vm_devtest_reset(c.h);
    p9_start(&c);
    cr_assert_eq(p9_mount(&c, ROOT), 0);
    p9_open_at(&c, A, "f", RDWR);
    cr_expect_not(comes_at_once(), "what the host has cached must make no difference");
}

/* ---- messages that are wrong ---- */

/* The size in front, whatever follows. */
static int lie(uint32_t size)
{
    uint8_t *sent = driver_memory(&c.d, c.message);

    for (unsigned i = 0; i < 4; i++)
        sent[i] = (uint8_t)(size >> 8 * i);
    return p9_again(&c);
}

Test(virtio_9p_queue, lengths_that_lie)
{
    p9_message(&c, P9_WALK, "ddws", ROOT, A, 1, "f");
    uint32_t right = c.length;
    for (uint32_t size = 0; size < right; size++)
        cr_expect_eq(lie(size), EINVAL, "size %u", size);
    cr_expect_eq(lie(right + 1), EINVAL);
    cr_expect_eq(lie(0xffffffff), EINVAL);
    p9_bytes(&c, "x", 1);
    cr_expect_eq(p9_again(&c), EINVAL, "something behind it");
    cr_expect_eq(p9_call(&c, P9_WALK, "ddww", ROOT, A, 1, 0xffff), EINVAL, "a text beyond the end");
    cr_expect_eq(p9_call(&c, P9_WALK, "ddw", ROOT, A, 16), EINVAL);
    cr_expect_eq(p9_call(&c, P9_WRITE, "dqd", ROOT, (uint64_t)0, 5), EBADF);
    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", RDWR);
    cr_expect_eq(p9_call(&c, P9_WRITE, "dqd", A, (uint64_t)0, 5), EINVAL, "no data");
    cr_expect_eq(p9_call(&c, P9_WRITE, "dqdb", A, (uint64_t)0, 0xffffffff, 1), EINVAL);
    cr_expect_eq(p9_call(&c, P9_WRITE, "dqdb", A, (uint64_t)0, 0, 1), EINVAL, "too much data");
    cr_expect_eq(p9_call(&c, P9_WRITE, "d", A), EINVAL);
    cr_expect_str_eq(p9_file("share/f"), "text");
    p9_message(&c, P9_WALK, "");
    for (int i = 0; i < 1000; i++)
        p9_bytes(&c, "0123456789", 10);
    cr_expect_eq(p9_again(&c), EMSGSIZE);
}

Test(virtio_9p_queue, unknown_messages)
{
    for (unsigned type = 0; type < 256; type++) {
        p9_message(&c, (uint8_t)type, "");
        int error = p9_again(&c);
        cr_expect(error == EINVAL || error == EOPNOTSUPP, "type %u: %d", type, error);
    }
}

static void expect_needs_reset(const struct vring_buffer *b, uint32_t n)
{
    driver_add(&c.d, 0, b, n);
    cr_expect(driver_read(&c.d, REG_STATUS) & NEEDS_RESET);
    p9_start(&c);
}

Test(virtio_9p_queue, malformed_chains)
{
    uint64_t m = c.message, r = c.reply;

    expect_needs_reset((struct vring_buffer[]){{m, 6, false}, {r, 100, true}}, 2);
    expect_needs_reset((struct vring_buffer[]){{m, 7, false}, {r, 10, true}}, 2);
    expect_needs_reset((struct vring_buffer[]){{m, 7, false}}, 1);
    expect_needs_reset((struct vring_buffer[]){{r, 100, true}}, 1);
    cr_expect_eq(p9_mount(&c, ROOT), 0);
}

/* The room for a reply is the guest's affair; what does not fit is an error. */
Test(virtio_9p_queue, little_room)
{
    p9_message(&c, P9_GETATTR, "dq", ROOT, (uint64_t)0);
    p9_send(&c, 20);
    vm_devtest_run_work(c.h);
    cr_expect_eq(p9_reply(&c), EMSGSIZE);
    p9_message(&c, P9_GETATTR, "dq", ROOT, (uint64_t)0);
    p9_send(&c, 160);
    vm_devtest_run_work(c.h);
    cr_expect_eq(p9_reply(&c), 0);
    p9_open_at(&c, A, "", RDONLY);
    p9_message(&c, P9_READDIR, "dqd", A, (uint64_t)0, 1000);
    p9_send(&c, 11);
    vm_devtest_run_work(c.h);
    cr_expect_eq(p9_reply(&c), EINVAL);
}

/* No reply is longer than the session's messages. */
Test(virtio_9p_queue, long_reply)
{
    static char target[4096];

    memset(target, 'x', 4095);
    cr_assert_eq(symlink(target, p9_path("share/l")), 0);
    p9_at(&c, A, "l");
    cr_expect_eq(p9_call(&c, P9_READLINK, "d", A), 0);
    cr_expect_eq(strlen(p9_take_text(&c)), 4095);
    cr_assert_eq(p9_call(&c, P9_VERSION, "ds", 4096, "9P2000.L"), 0);
    cr_assert_eq(p9_call(&c, P9_ATTACH, "ddssd", ROOT, P9_NOFID, "root", "", 0), 0);
    p9_at(&c, A, "l");
    cr_expect_eq(p9_call(&c, P9_READLINK, "d", A), EMSGSIZE);
}

/* ---- flush and reset ---- */

/* Each with memory of its own for the reply, which is looked at once all are there. */
static void send_to(uint64_t message, uint64_t reply)
{
    const struct vring_buffer b[] = {{message, c.length, false}, {reply, 4096, true}};

    memcpy(driver_memory(&c.d, message), driver_memory(&c.d, c.message), c.length);
    driver_add(&c.d, 0, b, 2);
}

Test(virtio_9p_queue, flush)
{
    uint64_t m[4], r[4];
    uint16_t id, ids[4];
    uint32_t n, order[4];

    for (int i = 0; i < 4; i++) {
        m[i] = driver_alloc(&c.d, 64);
        r[i] = driver_alloc(&c.d, 4096);
    }
    p9_message(&c, P9_GETATTR, "dq", ROOT, (uint64_t)0);
    uint16_t first = c.tag;
    send_to(m[0], r[0]);
    p9_message(&c, P9_FLUSH, "w", first);
    uint16_t second = c.tag;
    send_to(m[1], r[1]);
    p9_message(&c, P9_FLUSH, "w", second);
    send_to(m[2], r[2]);
    cr_expect_not(driver_get(&c.d, 0, &id, &n), "the flush waits");
    p9_message(&c, P9_FLUSH, "w", 4711);
    send_to(m[3], r[3]);
    cr_expect(driver_get(&c.d, 0, &id, &n), "nothing to wait for");
    vm_devtest_run_work(c.h);
    for (int i = 0; i < 3; i++)
        cr_assert(driver_get(&c.d, 0, &ids[i], &order[i]));
    cr_expect_gt(order[0], 100, "the message");
    cr_expect_eq(order[1], 7);
    cr_expect_eq(order[2], 7);
    cr_expect_neq(ids[1], ids[2]);
    cr_expect_eq(p9_call(&c, P9_FLUSH, "wb", 1, 1), EINVAL);
}

Test(virtio_9p_queue, reset_waits)
{
    unsigned before;

    p9_call(&c, P9_VERSION, "ds", 65536, "9P2000.L");
    before = descriptors();
    p9_mount(&c, ROOT);
    p9_message(&c, P9_GETATTR, "dq", ROOT, (uint64_t)0);
    p9_send(&c, P9_ROOM);
    p9_send(&c, P9_ROOM);
    driver_write(&c.d, REG_STATUS, 0);
    cr_expect_neq(driver_read(&c.d, REG_STATUS), 0, "messages are under way");
    vm_devtest_run_work(c.h);
    cr_expect_eq(driver_read(&c.d, REG_STATUS), 0);
    vm_devtest_run_work(c.h);
    cr_expect_eq(descriptors(), before, "nothing is left open");
    p9_start(&c);
    cr_expect_eq(p9_walk(&c, ROOT, A, ""), EPROTO, "a new driver");
    cr_expect_eq(p9_mount(&c, ROOT), 0);
    vm_devtest_reset(c.h);
    vm_devtest_run_work(c.h);
    cr_expect_eq(descriptors(), before);
    p9_start(&c);
    cr_expect_eq(p9_mount(&c, ROOT), 0);
}

/* ---- limits ---- */

Test(virtio_9p_queue, most_files)
{
    uint32_t fid = 100;
    unsigned before = descriptors();

    p9_put_file("share/f", "");
    use("max-files", "16");
    while (p9_walk(&c, ROOT, fid, "f") == 0)
        fid++;
    cr_expect_eq(fid, 115, "and the root");
    cr_expect_eq(p9_walk(&c, ROOT, fid, "f"), ENFILE);
    cr_expect_leq(descriptors(), before + 16);
    cr_expect_eq(p9_open(&c, 100, RDONLY), ENFILE);
    cr_expect_eq(p9_create(&c, ROOT, "g", RDWR, 0644), ENFILE);
    cr_expect_eq(p9_clunk(&c, 101), 0);
    cr_expect_eq(p9_open(&c, 100, RDONLY), 0);
}

/* What is asked for is made possible, or refused. */
Test(virtio_9p_queue, files_of_the_process)
{
    struct rlimit limit = {.rlim_cur = 500, .rlim_max = 3000};

    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    use("max-files", "2000");
    getrlimit(RLIMIT_NOFILE, &limit);
    cr_expect_eq(limit.rlim_cur, 2256);
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;
    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(h, "folder", p9_path("share"));
    vm_devtest_set(h, "max-files", "3000");
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect_not_null(strstr(err.text, "this user may open 3000 files"), "%s", err.text);
    vm_devtest_free(h);
}

Test(virtio_9p_queue, most_fids)
{
    uint32_t fid = 100;

    while (fid < 40000 && p9_walk(&c, ROOT, fid, "") == 0)
        fid++;
    cr_expect_eq(fid, 100 + 32767);
    cr_expect_eq(p9_walk(&c, ROOT, fid, ""), ENFILE);
    cr_expect_eq(p9_clunk(&c, 100), 0);
    cr_expect_eq(p9_walk(&c, ROOT, fid, ""), 0);
}

/* ---- saved state ---- */

Test(virtio_9p_queue, saved_state)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t lines = vm_devtest_log_lines(c.h);
    struct vm_devtest_state state;

    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", RDONLY);
    state = vm_devtest_save(c.h);
    cr_assert_eq(vm_devtest_load(c.h, &state, &err), 0, "%s", err.text);
    vm_devtest_state_free(&state);
    cr_expect_gt(vm_devtest_log_lines(c.h), lines, "the user is told");
    cr_expect_eq(p9_clunk(&c, A), ESTALE);
    cr_expect_eq(p9_walk(&c, ROOT, B, ""), ESTALE);
    cr_expect_eq(p9_mount(&c, ROOT), 0, "mounted again");
    p9_open_at(&c, A, "f", RDONLY);
    cr_expect_eq(p9_clunk(&c, C), EBADF);
    cr_expect_eq(vm_devtest_load_field(c.h, "session_msize", 0, 100, &err), -1);
    cr_expect_not_null(strstr(err.text, "messages of 100 bytes"));
}
