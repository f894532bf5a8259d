/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_virtio_9p_escape_test.c - the shared folder keeps its guest in: hostile names, links, special
 * files, a host that changes everything meanwhile, and messages served by several threads. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../plugins/dev-virtio-9p/p9.h"
#include "p9_client.h"
#include "p9_folder.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum { ROOT = P9_ROOT, A = 2, B = 3, C = 4 };

static struct p9_client c;

static void use(const char *folder, const char *property, const char *value)
{
    p9_use(&c, folder, property, value);
}

static void setup(void)
{
    p9_folder_make("/tmp");
    p9_put_file("outside/secret", "outside");
    use(p9_path("share"), "tag", "t");
}

static void teardown(void)
{
    vm_devtest_free(c.h);
    p9_folder_remove();
}

TestSuite(virtio_9p_escape, .init = setup, .fini = teardown, .timeout = 60);

/* ---- names ---- */

struct bad_name {
    int length;
    const char *text;
};

static const struct bad_name bad_names[] = {
    {0, ""},    {1, "/"},      {3, "a/b"},  {2, "a/"}, {2, "/a"},          {3, "a\0b"},
    {1, "\0"},  {3, "..\0"},   {1, "."},    {2, ".."}, {10, "../outside"}, {4, "./.."},
    {3, "../"}, {6, "/etc/x"}, {300, NULL},
};

static char long_name[300];

static int name_length(size_t i)
{
    return bad_names[i].length;
}

static const char *name_text(size_t i)
{
    memset(long_name, 'n', sizeof(long_name));
    return bad_names[i].text ? bad_names[i].text : long_name;
}

Test(virtio_9p_escape, names)
{
    p9_put_file("share/f", "text");
    mkdir(p9_path("share/d"), 0755);
    cr_assert_eq(p9_walk(&c, ROOT, A, "f"), 0);
    cr_assert_eq(p9_walk(&c, ROOT, B, "d"), 0);
    for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
        const char *text = name_text(i);
        int n = name_length(i);

        if (n != 2 || memcmp(text, "..", 2) != 0)
            cr_expect_gt(p9_call(&c, P9_WALK, "ddwn", B, C, 1, n, text), 0, "walk %zu", i);
        cr_expect_gt(p9_call(&c, P9_LCREATE, "dnddd", B, n, text, 2, 0644, 0), 0, "create %zu", i);
        cr_expect_gt(p9_call(&c, P9_MKDIR, "dndd", B, n, text, 0755, 0), 0, "mkdir %zu", i);
        cr_expect_gt(p9_call(&c, P9_SYMLINK, "dnsd", B, n, text, "x", 0), 0, "symlink %zu", i);
        cr_expect_gt(p9_call(&c, P9_MKNOD, "dndddd", B, n, text, S_IFREG | 0644, 0, 0, 0), 0,
                     "mknod %zu", i);
        cr_expect_gt(p9_call(&c, P9_LINK, "ddn", B, A, n, text), 0, "link %zu", i);
        cr_expect_gt(p9_call(&c, P9_RENAME, "ddn", A, B, n, text), 0, "rename %zu", i);
        cr_expect_gt(p9_call(&c, P9_RENAMEAT, "dsdn", ROOT, "f", B, n, text), 0, "to %zu", i);
        cr_expect_gt(p9_call(&c, P9_RENAMEAT, "dnds", B, n, text, ROOT, "g"), 0, "from %zu", i);
        cr_expect_gt(p9_call(&c, P9_UNLINKAT, "dnd", B, n, text, 0), 0, "unlink %zu", i);
        cr_expect_gt(p9_call(&c, P9_UNLINKAT, "dnd", B, n, text, AT_REMOVEDIR), 0, "rmdir %zu", i);
    }
    cr_expect_str_eq(p9_file("share/f"), "text");
    cr_expect_str_eq(p9_file("outside/secret"), "outside");
    cr_expect_eq(rmdir(p9_path("share/d")), 0, "nothing was made");
}

static uint64_t inode_of(uint32_t fid)
{
    cr_assert_eq(p9_call(&c, P9_GETATTR, "dq", fid, (uint64_t)0), 0);
    p9_take_bytes(&c, 13);
    return p9_take(&c, 8);
}

/* Up from anywhere ends at the folder, even when the host moved things about. */
Test(virtio_9p_escape, up)
{
    uint64_t root = inode_of(ROOT);

    mkdir(p9_path("share/d"), 0755);
    mkdir(p9_path("share/d/e"), 0755);
    cr_assert_eq(p9_walk(&c, ROOT, A, ".."), 0);
    cr_expect_eq(inode_of(A), root);
    cr_assert_eq(p9_walk(&c, ROOT, B, "d/../../../../d/e/../../.."), 0);
    cr_expect_eq(inode_of(B), root);
    cr_assert_eq(p9_walk(&c, ROOT, C, "d/e"), 0);
    cr_assert_eq(rename(p9_path("share/d/e"), p9_path("outside/e")), 0);
    cr_expect_eq(p9_walk(&c, C, 10, "../../secret"), -2, "only as far as there is");
    cr_expect_eq(p9_walk(&c, C, 11, "../.."), 0);
    cr_expect_eq(inode_of(11), root);
}

static void expect_root_inode(const char *wanted, uint64_t inode)
{
    cr_assert_eq(p9_walk(&c, ROOT, A, ""), 0);
    cr_assert_eq(p9_open(&c, A, 0), 0);
    cr_assert_eq(p9_call(&c, P9_READDIR, "dqd", A, (uint64_t)0, 4096), 0);
    for (uint32_t end = c.in + 4 + (uint32_t)p9_take(&c, 4) - 4; c.in < end;) {
        p9_take_bytes(&c, 5);
        uint64_t path = p9_take(&c, 8);
        p9_take_bytes(&c, 9);
        if (strcmp(p9_take_text(&c), wanted) == 0) {
            cr_expect_eq(path, inode);
            return;
        }
    }
    cr_assert_fail("no %s", wanted);
}

/* What is above the folder is not even named. */
Test(virtio_9p_escape, parent_in_listing)
{
    expect_root_inode("..", inode_of(ROOT));
}

/* ---- links ---- */

Test(virtio_9p_escape, links)
{
    p9_put_file("share/f", "text");
    cr_assert_eq(symlink("../outside", p9_path("share/out")), 0);
    cr_assert_eq(symlink("../outside/secret", p9_path("share/secret")), 0);
    cr_assert_eq(symlink("../outside/new", p9_path("share/new")), 0);
    cr_assert_eq(symlink("/proc/self/root", p9_path("share/magic")), 0);
    cr_expect_eq(p9_walk(&c, ROOT, A, "out/secret"), -2);
    cr_expect_eq(p9_walk(&c, ROOT, A, "magic/etc"), -2);
    cr_assert_eq(p9_walk(&c, ROOT, A, "out"), 0, "the link itself");
    cr_expect_eq(p9_take(&c, 1), 2);
    cr_expect_eq(p9_walk(&c, A, B, "secret"), ENOTDIR);
    cr_expect_eq(p9_open(&c, A, 0), ELOOP);
    cr_expect_eq(p9_call(&c, P9_MKDIR, "dsdd", A, "d", 0755, 0), ENOTDIR);
    cr_expect_eq(p9_call(&c, P9_SYMLINK, "dssd", A, "d", "x", 0), ENOTDIR);
    cr_expect_eq(p9_create(&c, A, "d", 2, 0644), ENOTDIR);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", A, "secret", 0), ENOTDIR);
    cr_expect_eq(p9_call(&c, P9_RENAMEAT, "dsds", A, "secret", ROOT, "s"), ENOTDIR);
    cr_assert_eq(p9_walk(&c, ROOT, B, "f"), 0);
    cr_expect_eq(p9_call(&c, P9_LINK, "dds", A, B, "l"), ENOTDIR);
    cr_assert_eq(p9_walk(&c, ROOT, C, "secret"), 0);
    cr_expect_eq(p9_open(&c, C, 0), ELOOP);
    cr_expect_eq(p9_call(&c, P9_SETATTR, "dddddqqqqq", C, 1, 0777, 0, 0, (uint64_t)0, (uint64_t)0,
                         (uint64_t)0, (uint64_t)0, (uint64_t)0),
                 EOPNOTSUPP);
    cr_expect_eq(p9_call(&c, P9_SETATTR, "dddddqqqqq", C, 8, 0, 0, 0, (uint64_t)0, (uint64_t)0,
                         (uint64_t)0, (uint64_t)0, (uint64_t)0),
                 EINVAL, "its size");
    cr_expect_eq(p9_call(&c, P9_LINK, "dds", ROOT, C, "other"), 0, "the link, not what it names");
    cr_expect_eq(p9_create(&c, ROOT, "new", 2, 0644), ELOOP);
    cr_expect_str_eq(p9_file("outside/secret"), "outside");
    cr_expect_null(p9_file("outside/new"));
    struct stat st;
    cr_assert_eq(lstat(p9_path("share/other"), &st), 0);
    cr_expect(S_ISLNK(st.st_mode));
}

/* ---- special files ---- */

Test(virtio_9p_escape, special_files)
{
    cr_assert_eq(mkfifo(p9_path("share/fifo"), 0644), 0);
    cr_assert_eq(p9_walk(&c, ROOT, A, "fifo"), 0);
    cr_expect_eq(p9_open(&c, A, 0), EPERM);
    cr_expect_eq(p9_open(&c, A, 2), EPERM);
    cr_expect_eq(p9_walk(&c, ROOT, B, ""), 0);
    cr_expect_eq(p9_create(&c, B, "fifo", 2, 0644), EPERM);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFIFO | 0644, 0, 0, 0), EPERM);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFCHR | 0644, 1, 3, 0), EPERM);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFBLK | 0644, 1, 3, 0), EPERM);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFSOCK | 0644, 0, 0, 0), EPERM);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", 0xf000 | 0644, 0, 0, 0), EPERM);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "fifo", 0), 0);
}

/* The root of all as an example of a folder with other file systems in it. */
Test(virtio_9p_escape, mounts)
{
    use("/", "tag", "t");
    cr_expect_eq(p9_walk(&c, ROOT, A, "proc"), EXDEV);
    use("/", "mounts", "yes");
    cr_expect_eq(p9_walk(&c, ROOT, A, "proc/self/root"), -2, "a magic link");
    cr_expect_eq(p9_walk(&c, ROOT, A, "proc"), 0);
}

/* ---- a host without the means ---- */

static void forbid_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(virtio_9p_escape, old_host)
{
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    forbid_openat2();
    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(h, "folder", p9_path("share"));
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect_not_null(strstr(err.text, "needs Linux 5.6"), "%s", err.text);
    vm_devtest_free(h);
}

/* ---- a host that changes things meanwhile ---- */

static atomic_bool over;
static char swap_one[512], swap_other[512];

/* Exchanges the two for as long as the test lasts. */
static void *swap(void *unused)
{
    while (!over)
        syscall(SYS_renameat2, AT_FDCWD, swap_one, AT_FDCWD, swap_other, 2u); /* RENAME_EXCHANGE */
    return unused;
}

static pthread_t start_swapping(const char *one, const char *other)
{
    pthread_t thread;

    strcpy(swap_one, p9_path(one));
    strcpy(swap_other, p9_path(other));
    over = false;
    cr_assert_eq(pthread_create(&thread, NULL, swap, NULL), 0);
    return thread;
}

static void stop_swapping(pthread_t thread)
{
    over = true;
    pthread_join(thread, NULL);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Everything that could get out by way of "d", which now is a folder and now a link to outside. */
static unsigned try_all(void)
{
    const char *text = NULL;

    if (p9_walk(&c, ROOT, A, "d/secret") == 0) {
        if (p9_open(&c, A, 02) == 0) {
            text = p9_read(&c, A, 0, 100);
            cr_assert_str_eq(text, "inside");
        }
        p9_clunk(&c, A);
    }
    if (p9_walk(&c, ROOT, B, "d") == 0) {
        p9_call(&c, P9_MKDIR, "dsdd", B, "made", 0755, 0);
        p9_call(&c, P9_SYMLINK, "dssd", B, "link", "x", 0);
        p9_call(&c, P9_UNLINKAT, "dsd", B, "link", 0);
        p9_call(&c, P9_RENAMEAT, "dsds", B, "secret", B, "moved");
        p9_call(&c, P9_RENAMEAT, "dsds", B, "moved", B, "secret");
        if (p9_create(&c, B, "new", 02, 0644) == 0)
            p9_write(&c, B, 0, "x", 1);
        p9_clunk(&c, B);
    }
    return text != NULL;
}

Test(virtio_9p_escape, folder_becomes_link)
{
    double end = seconds() + 1;
    unsigned got = 0;

    mkdir(p9_path("share/d"), 0755);
    p9_put_file("share/d/secret", "inside");
    cr_assert_eq(symlink("../outside", p9_path("share/l")), 0);
    pthread_t thread = start_swapping("share/d", "share/l");
    while (seconds() < end || got < 10)
        got += try_all();
    stop_swapping(thread);
    cr_expect_str_eq(p9_file("outside/secret"), "outside");
    unlink(p9_path("outside/secret"));
    cr_expect_eq(rmdir(p9_path("outside")), 0, "something was made there");
}

/* A file becomes a FIFO: it is not opened, which would give nobody's text or wait for ever. */
Test(virtio_9p_escape, file_becomes_fifo)
{
    double end = seconds() + 1;
    unsigned got = 0;

    p9_put_file("share/f", "inside");
    cr_assert_eq(mkfifo(p9_path("share/p"), 0644), 0);
    pthread_t thread = start_swapping("share/f", "share/p");
    while (seconds() < end || got < 10) {
        int error = p9_walk(&c, ROOT, A, "");
        cr_assert_eq(error, 0);
        error = p9_create(&c, A, "f", 0, 0644);
        cr_assert(error == 0 || error == EPERM || error == EEXIST, "%d", error);
        if (error == 0) {
            cr_assert_str_eq(p9_read(&c, A, 0, 100), "inside");
            got++;
        }
        p9_clunk(&c, A);
    }
    stop_swapping(thread);
}

/* ---- several threads ---- */

#define THREADS 4

struct server {
    struct share share;
    struct session *session;
};

static void log_nothing(const void *who, int level, const char *fmt, ...)
{
    (void)who, (void)level, (void)fmt;
}

/* Bytes of a message behind its header; returns what the reply says. */
static int serve(struct server *s, uint8_t type, const void *bytes, size_t n)
{
    uint8_t reply[REPLY_BYTES], data[256];
    const struct vm_iovec piece = {data, sizeof(data)};
    struct call call = {
        .session = s->session,
        .share = &s->share,
        .type = type,
        .in = bytes,
        .in_end = (const uint8_t *)bytes + n,
        .reply = reply,
        .out_end = reply + sizeof(reply),
        .data = &piece,
        .n_data = 1,
        .data_length = sizeof(data),
    };

    p9_serve(&call);
    free(call.tail);
    return reply[4] == 7 ? reply[7] : 0;
}

/* Walks, opens, reads and clunks the same few fids as the others do: anything may fail. */
static void *confuse(void *opaque)
{
    struct server *s = opaque;
    uint32_t seed = (uint32_t)(uintptr_t)pthread_self();

    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        uint8_t a = (uint8_t)(1 + (seed >> 16) % 4), b = (uint8_t)(1 + (seed >> 20) % 4);
        const uint8_t walk[] = {a, 0, 0, 0, b, 0, 0, 0, 1, 0, 1, 0, 'f'};
        const uint8_t copy[] = {0, 0, 0, 0, b, 0, 0, 0, 0, 0};
        const uint8_t open[] = {a, 0, 0, 0, 2, 0, 0, 0};
        const uint8_t create[] = {a, 0, 0, 0, 1, 0, 'f', 2, 0, 0, 0, 0xa4, 1, 0, 0, 0, 0, 0, 0};
        const uint8_t read[] = {a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0};
        const uint8_t lock[] = {a, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                0, 0, 0, 0, 0, 0, 0, 0, 0, b, 0, 0, 0, 1, 0, 'c'};

        switch (seed >> 24 & 7) {
        case 0:
            serve(s, T_WALK, walk, sizeof(walk));
            break;
        case 1:
            serve(s, T_WALK, copy, sizeof(copy));
            break;
        case 2:
            serve(s, T_LOPEN, open, sizeof(open));
            break;
        case 3:
            serve(s, T_LCREATE, create, sizeof(create));
            break;
        case 4:
            serve(s, T_READ, read, sizeof(read));
            break;
        case 5:
            serve(s, T_LOCK, lock, sizeof(lock));
            break;
        case 6:
            serve(s, T_READDIR, read, sizeof(read));
            break;
        default:
            serve(s, T_CLUNK, &copy[4], 4);
            break;
        }
    }
    return NULL;
}

Test(virtio_9p_escape, threads)
{
    static const uint8_t attach[] = {0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
    static const struct vm_host host = {.size = sizeof(host), .log = log_nothing};
    struct server s = {.share = {.host = &host, .max_files = 1000, .max_msize = 65536}};
    pthread_t threads[THREADS];

    cr_assert_eq(share_open(&s.share, p9_path("share"), false, NULL), 0);
    s.session = session_new(&s.share, 65536);
    cr_assert_eq(serve(&s, T_ATTACH, attach, sizeof(attach)), 0);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, confuse, &s), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    session_drop(s.session);
    cr_expect_eq(s.share.files, 0, "all is given back");
    share_end(&s.share);
}
