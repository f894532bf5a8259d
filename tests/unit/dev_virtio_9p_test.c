/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_virtio_9p_test.c - the shared folder as a client sees it: each message. What keeps it in the
 * folder is in dev_virtio_9p_escape_test.c, the rest in dev_virtio_9p_queue_test.c. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "p9_client.h"
#include "p9_folder.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum { ROOT = P9_ROOT, A = 2, B = 3, C = 4 };
enum { RDONLY = 0, WRONLY = 1, RDWR = 2, EXCL = 0200, TRUNC = 01000, APPEND = 02000 };
enum { SET_MODE = 1, SET_UID = 2, SET_SIZE = 8, SET_MTIME = 0x20, SET_MTIME_GIVEN = 0x100 };
enum { LOCK_FOR_READ = 0, LOCK_FOR_WRITE = 1, NO_LOCK = 2 };
enum { GRANTED = 0, BLOCKED = 1 };

static struct p9_client c;

static void use(const char *property, const char *value)
{
    p9_use(&c, p9_path("share"), property, value);
}

static void setup(void)
{
    umask(022);
    p9_folder_make("/tmp");
    use("tag", "stuff");
}

static void teardown(void)
{
    vm_devtest_free(c.h);
    p9_folder_remove();
}

TestSuite(virtio_9p, .init = setup, .fini = teardown, .timeout = 60);

static uint32_t mode_of(const char *name)
{
    struct stat st;

    cr_assert_eq(lstat(p9_path(name), &st), 0, "no %s", name);
    return st.st_mode;
}

Test(virtio_9p, configuration)
{
    uint64_t value;

    cr_expect_eq(driver_read(&c.d, REG_DEVICE_ID), 9);
    cr_expect(c.d.features & 1, "there is a tag");
    vm_devtest_access_read(c.h, 0, REG_CONFIG, 2, &value);
    cr_expect_eq(value, 5);
    for (unsigned i = 0; i < 5; i++) {
        vm_devtest_access_read(c.h, 0, REG_CONFIG + 2 + i, 1, &value);
        cr_expect_eq(value, (uint8_t) "stuff"[i]);
    }
}

static void expect_no_device(const char *folder, const char *property, const char *value,
                             const char *why)
{
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(h, "folder", folder);
    vm_devtest_set(h, property, value);
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    cr_expect_not_null(strstr(err.text, why), "%s", err.text);
    vm_devtest_free(h);
}

Test(virtio_9p, wrong_properties)
{
    p9_put_file("file", "");
    expect_no_device(p9_path("nothing"), "tag", "t", "No such file");
    expect_no_device(p9_path("file"), "tag", "t", "Not a directory");
    expect_no_device(p9_path("share"), "tag", "", "1 to 64 characters");
    expect_no_device(p9_path("share"), "tag",
                     "12345678901234567890123456789012345678901234567890123456789012345",
                     "1 to 64 characters");
}

/* ---- sessions ---- */

Test(virtio_9p, version)
{
    cr_expect_eq(p9_call(&c, P9_VERSION, "ds", 8192, "9P2000.L"), 0);
    cr_expect_eq(p9_take(&c, 4), 8192);
    cr_expect_str_eq(p9_take_text(&c), "9P2000.L");
    cr_expect_eq(p9_call(&c, P9_VERSION, "ds", 0xffffffff, "9P2000.L"), 0);
    cr_expect_eq(p9_take(&c, 4), 1 << 20, "the most that the device takes");
    cr_expect_eq(p9_call(&c, P9_VERSION, "ds", 4095, "9P2000.L"), EMSGSIZE);
    cr_expect_eq(p9_call(&c, P9_VERSION, "ds", 8192, "9P2000.u"), 0);
    p9_take(&c, 4);
    cr_expect_str_eq(p9_take_text(&c), "unknown");
    cr_expect_eq(p9_walk(&c, ROOT, A, ""), EPROTO, "there is no session");
}

Test(virtio_9p, attach)
{
    cr_expect_eq(p9_call(&c, P9_ATTACH, "ddssd", ROOT, P9_NOFID, "u", "", 0), EINVAL, "is there");
    cr_expect_eq(p9_call(&c, P9_ATTACH, "ddssd", A, ROOT, "u", "", 0), EINVAL, "no authentication");
    cr_expect_eq(p9_call(&c, P9_ATTACH, "ddssd", A, P9_NOFID, "u", "other", 0), ENOENT);
    cr_expect_eq(p9_call(&c, P9_ATTACH, "ddssd", P9_NOFID, P9_NOFID, "u", "", 0), EINVAL);
    cr_expect_eq(p9_call(&c, P9_ATTACH, "ddssd", A, P9_NOFID, "u", "/", 0), 0);
    cr_expect_eq(p9_take(&c, 1), 0x80, "a folder");
    cr_expect_eq(p9_call(&c, P9_AUTH, "dssd", A, "u", "", 0), EOPNOTSUPP);
}

/* ---- names ---- */

Test(virtio_9p, walk)
{
    struct stat st;

    mkdir(p9_path("share/d"), 0755);
    mkdir(p9_path("share/d/e"), 0755);
    p9_put_file("share/d/e/f", "");
    cr_expect_eq(p9_walk(&c, ROOT, A, "d/e/f"), 0);
    cr_expect_eq(p9_take(&c, 1), 0x80);
    p9_take_bytes(&c, 12 + 13);
    cr_expect_eq(p9_take(&c, 1), 0);
    cr_expect_neq(p9_take(&c, 4), 0, "Linux would not cache it");
    stat(p9_path("share/d/e/f"), &st);
    cr_expect_eq(p9_take(&c, 8), st.st_ino);
    cr_expect_eq(p9_walk(&c, ROOT, A, "d"), EINVAL, "that fid is there");
    cr_expect_eq(p9_walk(&c, A, B, "x"), ENOTDIR);
    cr_expect_eq(p9_walk(&c, ROOT, B, "d/x/f"), -2, "part of the way");
    cr_expect_eq(p9_clunk(&c, B), EBADF, "which makes no fid");
    cr_expect_eq(p9_walk(&c, ROOT, B, "x/f"), ENOENT);
    cr_expect_eq(p9_walk(&c, ROOT, B, ""), 0, "a copy");
    cr_expect_eq(p9_walk(&c, B, B, "d"), 0, "in its place");
    cr_expect_eq(p9_walk(&c, B, C, "e"), 0);
    cr_expect_eq(p9_walk(&c, 99, 100, "e"), EBADF);
    cr_expect_eq(p9_walk(&c, ROOT, 100, "d/../d/../d/../d/../d/../d/../d/../d/.."), 0, "16 names");
    cr_expect_eq(p9_walk(&c, ROOT, 101, "d/../d/../d/../d/../d/../d/../d/../d/../d"), EINVAL);
    cr_expect_eq(p9_open(&c, C, RDONLY), 0);
    cr_expect_eq(p9_walk(&c, C, 102, "f"), EINVAL, "it is open");
    cr_expect_eq(p9_walk(&c, C, 102, ""), 0);
}

Test(virtio_9p, make_and_remove)
{
    cr_expect_eq(p9_call(&c, P9_MKDIR, "dsdd", ROOT, "d", 0750, 0), 0);
    cr_expect_eq(p9_take(&c, 1), 0x80);
    cr_expect_eq(mode_of("share/d"), S_IFDIR | 0750);
    cr_expect_eq(p9_call(&c, P9_MKDIR, "dsdd", ROOT, "d", 0750, 0), EEXIST);
    cr_expect_eq(p9_call(&c, P9_SYMLINK, "dssd", ROOT, "l", "d/../there", 0), 0);
    cr_expect_eq(p9_take(&c, 1), 2);
    p9_at(&c, A, "l");
    cr_expect_eq(p9_call(&c, P9_READLINK, "d", A), 0);
    cr_expect_str_eq(p9_take_text(&c), "d/../there");
    cr_expect_eq(p9_call(&c, P9_READLINK, "d", ROOT), EINVAL);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFREG | 04640, 0, 0, 0), 0);
    cr_expect_eq(mode_of("share/n"), S_IFREG | 0640);
    p9_at(&c, B, "n");
    p9_at(&c, C, "d");
    cr_expect_eq(p9_call(&c, P9_LINK, "dds", C, B, "m"), 0);
    cr_expect_not_null(p9_file("share/d/m"));
    cr_expect_eq(p9_call(&c, P9_LINK, "dds", C, ROOT, "m2"), EPERM, "a folder");
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "n", 0), 0);
    cr_expect_null(p9_file("share/n"));
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "d", 0), EISDIR);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "d", AT_REMOVEDIR), ENOTEMPTY);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", C, "m", 0), 0);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "d", 1), EINVAL, "no such flag");
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "d", AT_REMOVEDIR), 0);
    cr_expect_neq(access(p9_path("share/d"), F_OK), 0);
}

Test(virtio_9p, rename)
{
    p9_put_file("share/f", "text");
    mkdir(p9_path("share/d"), 0755);
    p9_at(&c, A, "d");
    cr_expect_eq(p9_call(&c, P9_RENAMEAT, "dsds", ROOT, "f", A, "g"), 0);
    cr_expect_str_eq(p9_file("share/d/g"), "text");
    cr_expect_eq(p9_call(&c, P9_RENAMEAT, "dsds", ROOT, "f", A, "g"), ENOENT);
    p9_at(&c, B, "d/g");
    cr_expect_eq(p9_call(&c, P9_RENAME, "dds", B, ROOT, "h"), 0);
    cr_expect_str_eq(p9_file("share/h"), "text");
    cr_expect_eq(p9_call(&c, P9_RENAME, "dds", B, A, "i"), 0, "the fid has moved along");
    cr_expect_eq(p9_call(&c, P9_RENAME, "dds", ROOT, A, "i"), EBUSY);
    p9_put_file("share/k", "other");
    cr_expect_eq(rename(p9_path("share/k"), p9_path("share/d/i")), 0);
    cr_expect_eq(p9_call(&c, P9_RENAME, "dds", B, ROOT, "h"), ESTALE, "somebody put another there");
    cr_expect_eq(p9_call(&c, P9_REMOVE, "d", B), ESTALE);
    cr_expect_str_eq(p9_file("share/d/i"), "other");
    cr_expect_eq(p9_clunk(&c, B), EBADF, "gone all the same");
}

Test(virtio_9p, remove)
{
    p9_put_file("share/f", "");
    mkdir(p9_path("share/d"), 0755);
    p9_at(&c, A, "f");
    p9_at(&c, B, "d");
    cr_expect_eq(p9_call(&c, P9_REMOVE, "d", A), 0);
    cr_expect_eq(p9_call(&c, P9_REMOVE, "d", B), 0);
    cr_expect_neq(access(p9_path("share/f"), F_OK), 0);
    cr_expect_neq(access(p9_path("share/d"), F_OK), 0);
    cr_expect_eq(p9_call(&c, P9_REMOVE, "d", ROOT), EBUSY);
    cr_expect_eq(p9_clunk(&c, ROOT), EBADF);
}

/* ---- files ---- */

Test(virtio_9p, create_write_read)
{
    p9_at(&c, A, "");
    cr_expect_eq(p9_create(&c, A, "f", RDWR, 06664), 0);
    p9_take_bytes(&c, 13);
    cr_expect_eq(p9_take(&c, 4), 15 * 4096, "whole pages in a message");
    cr_expect_eq(mode_of("share/f"), S_IFREG | 0644, "the host's umask; no set-user-id");
    cr_expect_eq(p9_write(&c, A, 0, "hello world", 11), 0);
    cr_expect_eq(p9_take(&c, 4), 11);
    cr_expect_eq(p9_write(&c, A, 6, "there", 5), 0);
    cr_expect_str_eq(p9_file("share/f"), "hello there");
    cr_expect_str_eq(p9_read(&c, A, 0, 100), "hello there");
    cr_expect_str_eq(p9_read(&c, A, 6, 3), "the");
    cr_expect_str_eq(p9_read(&c, A, 11, 3), "");
    cr_expect_eq(p9_call(&c, P9_FSYNC, "dd", A, 0), 0);
    cr_expect_eq(p9_call(&c, P9_FSYNC, "dd", A, 1), 0);
    cr_expect_eq(p9_call(&c, P9_FSYNC, "d", A), 0);
    cr_expect_eq(p9_call(&c, P9_READ, "dqd", A, UINT64_MAX, 10), EINVAL);
    cr_expect_eq(p9_call(&c, P9_READ, "dqd", ROOT, (uint64_t)0, 10), EBADF, "not open");
    cr_expect_eq(p9_call(&c, P9_FSYNC, "dd", ROOT, 0), EBADF);
    cr_expect_eq(p9_open(&c, A, RDWR), EINVAL, "it is open");
    cr_expect_eq(p9_create(&c, A, "g", RDWR, 0644), EINVAL);
    cr_expect_eq(p9_clunk(&c, A), 0);
    cr_expect_eq(p9_read(&c, A, 0, 1), NULL);
}

Test(virtio_9p, create_what_is_there)
{
    p9_put_file("share/f", "text");
    p9_at(&c, A, "");
    p9_at(&c, B, "");
    cr_expect_eq(p9_create(&c, A, "f", RDWR | EXCL, 0644), EEXIST);
    cr_expect_eq(p9_create(&c, A, "f", RDWR, 0600), 0);
    cr_expect_str_eq(p9_read(&c, A, 0, 10), "text");
    cr_expect_eq(p9_create(&c, B, "f", WRONLY | TRUNC, 0600), 0);
    cr_expect_str_eq(p9_file("share/f"), "");
}

Test(virtio_9p, open_flags)
{
    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", WRONLY | APPEND);
    cr_expect_eq(p9_write(&c, A, 0, "s", 1), 0);
    cr_expect_str_eq(p9_file("share/f"), "texts");
    cr_expect_null(p9_read(&c, A, 0, 1));
    p9_open_at(&c, B, "f", RDONLY);
    cr_expect_eq(p9_write(&c, B, 0, "s", 1), EBADF);
    p9_at(&c, C, "f");
    cr_expect_eq(p9_open(&c, C, 3), EINVAL);
    cr_expect_eq(p9_open(&c, C, 0200000), ENOTDIR);
    cr_expect_eq(p9_open(&c, C, RDWR | TRUNC), 0);
    cr_expect_str_eq(p9_file("share/f"), "");
    cr_expect_eq(p9_open(&c, ROOT, WRONLY), EISDIR);
    cr_expect_eq(p9_open(&c, ROOT, RDONLY | TRUNC), EISDIR);
}

/* As much as there is room for, in the reply and in the session's messages. */
Test(virtio_9p, long_transfers)
{
    static char text[60001];

    memset(text, 'x', 60000);
    p9_put_file("share/f", text);
    p9_open_at(&c, A, "f", RDWR);
    p9_message(&c, P9_READ, "dqd", A, (uint64_t)0, 60000);
    p9_send(&c, 1000);
    vm_devtest_run_work(c.h);
    cr_expect_eq(p9_reply(&c), 0);
    cr_expect_eq(p9_take(&c, 4), 1000 - 11);
    cr_expect_eq(strlen(p9_read(&c, A, 0, 0xffffffff)), 60000);
    cr_expect_eq(p9_write(&c, A, 0, text, 60000), 0);
    cr_expect_eq(p9_take(&c, 4), 60000);
    cr_assert_eq(p9_call(&c, P9_VERSION, "ds", 4096, "9P2000.L"), 0);
    cr_assert_eq(p9_call(&c, P9_ATTACH, "ddssd", ROOT, P9_NOFID, "root", "", 0), 0);
    p9_open_at(&c, A, "f", RDWR);
    cr_expect_eq(strlen(p9_read(&c, A, 0, 60000)), 4096 - 11);
    cr_expect_eq(p9_write(&c, A, 0, text, 4096 - 23), 0);
    cr_expect_eq(p9_write(&c, A, 0, text, 4096 - 22), EMSGSIZE);
}

/* ---- folders ---- */

static unsigned list(uint32_t fid, uint32_t room, char *names, size_t size)
{
    uint64_t offset = 0;
    unsigned n = 0;

    names[0] = '\0';
    for (;;) {
        int error = p9_call(&c, P9_READDIR, "dqd", fid, offset, room);
        cr_assert_eq(error, 0, "%s", strerror(error));
        uint32_t length = (uint32_t)p9_take(&c, 4);
        if (!length)
            return n;
        cr_expect_leq(length, room);
        for (uint32_t end = c.in + length; c.in < end; n++) {
            p9_take_bytes(&c, 13);
            offset = p9_take(&c, 8);
            p9_take(&c, 1);
            const char *name = p9_take_text(&c);
            cr_assert_lt(strlen(names) + strlen(name) + 2, size);
            strcat(strcat(names, name), "/");
        }
    }
}

Test(virtio_9p, readdir)
{
    static char names[65536];
    char name[32];

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "share/file-%d", i);
        p9_put_file(name, "");
    }
    cr_expect_eq(p9_call(&c, P9_READDIR, "dqd", ROOT, (uint64_t)0, 100), EBADF, "not open");
    p9_open_at(&c, A, "", RDONLY);
    cr_expect_eq(list(A, 60000, names, sizeof(names)), 1002);
    cr_expect_eq(list(A, 100, names, sizeof(names)), 1002);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "/file-%d/", i);
        cr_expect_not_null(strstr(names, name), "no %s", name);
    }
    cr_expect_eq(p9_call(&c, P9_READDIR, "dqd", A, (uint64_t)0, 20), EINVAL, "no entry fits");
    cr_expect_eq(p9_call(&c, P9_READ, "dqd", A, (uint64_t)0, 20), EISDIR);
    cr_expect_eq(p9_write(&c, A, 0, "x", 1), EBADF);
    cr_expect_eq(p9_call(&c, P9_FSYNC, "dd", A, 0), 0);
    p9_call(&c, P9_READDIR, "dqd", A, UINT64_MAX, 100); /* whatever the host says */
    p9_open_at(&c, B, "file-1", RDONLY);
    cr_expect_eq(p9_call(&c, P9_READDIR, "dqd", B, (uint64_t)0, 100), ENOTDIR);
}

/* ---- attributes ---- */

Test(virtio_9p, getattr)
{
    struct stat st;

    p9_put_file("share/f", "12345");
    stat(p9_path("share/f"), &st);
    p9_at(&c, A, "f");
    cr_expect_eq(p9_call(&c, P9_GETATTR, "dq", A, (uint64_t)0x3fff), 0);
    cr_expect_eq(p9_take(&c, 8), 0x7ff);
    cr_expect_eq(p9_take(&c, 1), 0);
    p9_take(&c, 4);
    cr_expect_eq(p9_take(&c, 8), st.st_ino);
    cr_expect_eq(p9_take(&c, 4), st.st_mode);
    cr_expect_eq(p9_take(&c, 4), st.st_uid);
    cr_expect_eq(p9_take(&c, 4), st.st_gid);
    cr_expect_eq(p9_take(&c, 8), 1);
    cr_expect_eq(p9_take(&c, 8), 0);
    cr_expect_eq(p9_take(&c, 8), 5);
    cr_expect_eq(p9_take(&c, 8) % (uint64_t)st.st_blksize, 0);
    p9_take_bytes(&c, 24);
    cr_expect_eq(p9_take(&c, 8), (uint64_t)st.st_mtim.tv_sec);
    cr_expect_eq(p9_take(&c, 8), (uint64_t)st.st_mtim.tv_nsec);
    p9_take_bytes(&c, 48);
    cr_expect_eq(c.in, c.end);
    cr_expect_eq(p9_call(&c, P9_STATFS, "d", A), 0);
    cr_expect_eq(p9_take(&c, 4), 0x01021997);
    p9_take_bytes(&c, 52);
    cr_expect_eq(p9_take(&c, 4), 255);
}

static int setattr(uint32_t fid, uint32_t valid, uint32_t mode, uint64_t size, uint64_t s,
                   uint64_t ns)
{
    return p9_call(&c, P9_SETATTR,
                   "ddddd"
                   "qqqqq",
                   fid, valid, mode, (unsigned)getuid(), (unsigned)getgid(), size, (uint64_t)0,
                   (uint64_t)0, s, ns);
}

Test(virtio_9p, setattr)
{
    struct stat st;

    p9_put_file("share/f", "12345");
    p9_at(&c, A, "f");
    cr_expect_eq(setattr(A, SET_MODE, 06751, 0, 0, 0), 0);
    cr_expect_eq(mode_of("share/f"), S_IFREG | 0751, "no set-user-id");
    cr_expect_eq(setattr(A, SET_SIZE, 0, 3, 0, 0), 0);
    cr_expect_str_eq(p9_file("share/f"), "123");
    cr_expect_eq(setattr(A, SET_SIZE, 0, UINT64_MAX, 0, 0), EINVAL);
    cr_expect_eq(setattr(ROOT, SET_SIZE, 0, 3, 0, 0), EISDIR);
    cr_expect_eq(setattr(A, SET_UID, 0, 0, 0, 0), 0, "to whom it belongs already");
    cr_expect_eq(setattr(A, SET_MTIME | SET_MTIME_GIVEN, 0, 0, 1234567, 89), 0);
    stat(p9_path("share/f"), &st);
    cr_expect_eq(st.st_mtim.tv_sec, 1234567);
    cr_expect_eq(st.st_mtim.tv_nsec, 89);
    cr_expect_eq(setattr(A, SET_MTIME | SET_MTIME_GIVEN, 0, 0, 0, UTIME_NOW), EINVAL);
    cr_expect_eq(setattr(A, SET_MTIME, 0, 0, 0, 0), 0);
    stat(p9_path("share/f"), &st);
    cr_expect_gt(st.st_mtim.tv_sec, 1234567);
    cr_expect_eq(setattr(A, 0x200, 0, 0, 0, 0), EINVAL);
    cr_expect_eq(p9_open(&c, A, RDWR), 0);
    cr_expect_eq(setattr(A, SET_SIZE, 0, 1, 0, 0), 0, "by the open file");
    cr_expect_str_eq(p9_file("share/f"), "1");
    cr_expect_eq(p9_call(&c, P9_XATTRWALK, "dds", A, B, "user.a"), EOPNOTSUPP);
    cr_expect_eq(p9_call(&c, P9_XATTRCREATE, "dsqd", A, "user.a", (uint64_t)1, 0), EOPNOTSUPP);
}

/* ---- locks ---- */

static int lock(uint32_t fid, uint8_t type, uint64_t start, uint64_t length, uint32_t process)
{
    int error = p9_call(&c, P9_LOCK, "dbdqqds", fid, type, 0, start, length, process, "guest");

    return error ? -error : (int)p9_take(&c, 1);
}

Test(virtio_9p, locks)
{
    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", RDWR);
    p9_open_at(&c, B, "f", RDONLY);
    cr_expect_eq(lock(A, LOCK_FOR_WRITE, 0, 10, 7), GRANTED);
    cr_expect_eq(lock(B, LOCK_FOR_WRITE, 0, 10, 7), GRANTED, "the same program, by another fid");
    cr_expect_eq(lock(B, LOCK_FOR_READ, 5, 10, 8), BLOCKED);
    cr_expect_eq(lock(B, LOCK_FOR_READ, 10, 10, 8), GRANTED);
    cr_expect_eq(
        p9_call(&c, P9_GETLOCK, "dbqqds", B, LOCK_FOR_READ, (uint64_t)0, (uint64_t)0, 8, "guest"),
        0);
    cr_expect_eq(p9_take(&c, 1), LOCK_FOR_WRITE);
    cr_expect_eq(p9_take(&c, 8), 0);
    cr_expect_eq(p9_take(&c, 8), 10);
    cr_expect_eq(lock(A, NO_LOCK, 0, 10, 7), GRANTED);
    cr_expect_eq(
        p9_call(&c, P9_GETLOCK, "dbqqds", A, LOCK_FOR_READ, (uint64_t)0, (uint64_t)5, 9, "guest"),
        0);
    cr_expect_eq(p9_take(&c, 1), NO_LOCK);
    cr_expect_eq(lock(A, LOCK_FOR_WRITE, 0, 0, 7), BLOCKED);
    cr_expect_eq(p9_clunk(&c, B), 0, "whose locks are over");
    cr_expect_eq(lock(A, LOCK_FOR_WRITE, 0, 0, 7), GRANTED);
    cr_expect_eq(lock(A, 3, 0, 0, 7), -EINVAL);
    cr_expect_eq(lock(A, LOCK_FOR_READ, UINT64_MAX, 1, 7), -EINVAL);
    cr_expect_eq(lock(ROOT, LOCK_FOR_READ, 0, 1, 7), -EBADF);
}

/* Programs of the host see them, and are seen. */
Test(virtio_9p, locks_and_the_host)
{
    struct flock mine = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd;

    p9_put_file("share/f", "text");
    p9_open_at(&c, A, "f", RDWR);
    fd = open(p9_path("share/f"), O_RDWR);
    cr_assert_eq(fcntl(fd, F_OFD_SETLK, &mine), 0);
    cr_expect_eq(lock(A, LOCK_FOR_READ, 0, 1, 7), BLOCKED);
    mine.l_type = F_UNLCK;
    fcntl(fd, F_OFD_SETLK, &mine);
    cr_expect_eq(lock(A, LOCK_FOR_READ, 0, 1, 7), GRANTED);
    mine.l_type = F_WRLCK;
    cr_expect_eq(fcntl(fd, F_OFD_SETLK, &mine), -1);
    cr_expect_eq(lock(A, NO_LOCK, 0, 0, 7), GRANTED);
    cr_expect_eq(fcntl(fd, F_OFD_SETLK, &mine), 0);
    close(fd);
}

/* ---- read-only ---- */

Test(virtio_9p, read_only)
{
    p9_put_file("share/f", "text");
    use("read-only", "yes");
    p9_open_at(&c, A, "f", RDONLY);
    cr_expect_str_eq(p9_read(&c, A, 0, 10), "text");
    p9_at(&c, B, "f");
    cr_expect_eq(p9_open(&c, B, RDWR), EROFS);
    cr_expect_eq(p9_open(&c, B, RDONLY | TRUNC), EROFS);
    cr_expect_eq(p9_write(&c, A, 0, "x", 1), EROFS);
    cr_expect_eq(p9_create(&c, ROOT, "g", RDONLY, 0644), EROFS);
    cr_expect_eq(setattr(B, SET_MODE, 0777, 0, 0, 0), EROFS);
    cr_expect_eq(p9_call(&c, P9_MKDIR, "dsdd", ROOT, "d", 0750, 0), EROFS);
    cr_expect_eq(p9_call(&c, P9_SYMLINK, "dssd", ROOT, "l", "d", 0), EROFS);
    cr_expect_eq(p9_call(&c, P9_MKNOD, "dsdddd", ROOT, "n", S_IFREG | 0640, 0, 0, 0), EROFS);
    cr_expect_eq(p9_call(&c, P9_LINK, "dds", ROOT, B, "m"), EROFS);
    cr_expect_eq(p9_call(&c, P9_RENAME, "dds", B, ROOT, "m"), EROFS);
    cr_expect_eq(p9_call(&c, P9_RENAMEAT, "dsds", ROOT, "f", ROOT, "g"), EROFS);
    cr_expect_eq(p9_call(&c, P9_UNLINKAT, "dsd", ROOT, "f", 0), EROFS);
    cr_expect_eq(lock(A, LOCK_FOR_READ, 0, 1, 7), GRANTED);
    cr_expect_eq(p9_call(&c, P9_REMOVE, "d", B), EROFS);
    cr_expect_str_eq(p9_file("share/f"), "text");
}
