/* SPDX-License-Identifier: BSD-2-Clause */
/* net_socket_test.c - net-socket: frames both ways, a peer that comes and goes, full queues, the
 * dump. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_nettest *h;
static char folder[] = "/tmp/vmrun-net-XXXXXX", here[64], there[64], dump[64];
static uint8_t frame[1514];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(here, sizeof(here), "%s/here", folder);
    snprintf(there, sizeof(there), "%s/there", folder);
    snprintf(dump, sizeof(dump), "%s/dump", folder);
    h = vm_nettest_new(&vm_plugin_descriptor);
    vm_nettest_set(h, "local", here);
    vm_nettest_set(h, "remote", there);
    memset(frame, 0x5a, sizeof(frame));
}

static void teardown(void)
{
    vm_nettest_free(h);
    unlink(there);
    unlink(dump);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left");
}

TestSuite(wire, .init = setup, .fini = teardown, .timeout = 30);

static void create(void)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(vm_nettest_create(h, &err), 0, "%s", err.text);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, path);
    return address;
}

/* The other end, bound and connected. */
static int peer(void)
{
    struct sockaddr_un mine = address_of(there), theirs = address_of(here);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    unlink(there);
    cr_assert_eq(bind(fd, (struct sockaddr *)&mine, sizeof(mine)), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)), 0);
    return fd;
}

Test(wire, frames_both_ways_whatever_the_header)
{
    const struct vm_net_header lie = {.flags = 1, .gso_type = 1, .gso_size = 3};
    struct vm_net_header header;
    struct stat st;
    uint8_t got[2000];
    size_t n;

    create();
    cr_expect_eq(stat(here, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    int fd = peer();
    cr_expect_gt(vm_nettest_send(h, &lie, frame, 60), 0);
    cr_expect_eq(recv(fd, got, sizeof(got), 0), 60);
    cr_expect_arr_eq(got, frame, 60);
    cr_assert_eq(send(fd, frame, sizeof(frame), 0), (ssize_t)sizeof(frame));
    const uint8_t *in = vm_nettest_frame(h, 1000, &n, &header);
    cr_assert_not_null(in);
    cr_expect_eq(n, sizeof(frame));
    cr_expect_arr_eq(in, frame, n);
    cr_expect_eq(header.flags | header.gso_type | header.gso_size, 0);
    close(fd);
}

Test(wire, many_pieces_are_one_frame)
{
    struct vm_net_header header = {0};
    struct vm_iovec iov[200] = {{&header, sizeof(header)}};
    uint8_t got[2000];

    create();
    int fd = peer();
    for (int i = 1; i < 200; i++)
        iov[i] = (struct vm_iovec){frame, 5};
    cr_expect_gt(vm_nettest_ops(h)->send(vm_nettest_backend(h), iov, 200), 0);
    cr_expect_eq(recv(fd, got, sizeof(got), 0), 199 * 5);
    close(fd);
}

Test(wire, a_peer_that_comes_and_goes)
{
    uint8_t got[2000];

    create();
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 60), 0, "lost");
    int fd = peer();
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 61), 0);
    cr_expect_eq(recv(fd, got, sizeof(got), 0), 61);
    close(fd);
    for (int i = 0; i < 10; i++)
        vm_nettest_turn(h, 1);
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 62), 0, "lost");
    fd = peer();
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 63), 0);
    cr_expect_eq(recv(fd, got, sizeof(got), 0), 63);
    close(fd);
}

Test(wire, a_full_peer_holds_the_sender_up)
{
    uint8_t got[2000];
    uint32_t sent = 0, seen = 0;

    create();
    int fd = peer();
    while (vm_nettest_send(h, NULL, frame, sizeof(frame)))
        cr_assert_lt(++sent, 100000);
    cr_assert_gt(sent, 0);
    vm_nettest_turn(h, 0);
    cr_expect_eq(vm_nettest_writable_calls(h), 0);
    while (recv(fd, got, sizeof(got), 0) > 0)
        seen++;
    cr_expect_eq(seen, sent, "none was lost");
    for (int i = 0; i < 100 && vm_nettest_writable_calls(h) == 0; i++)
        vm_nettest_turn(h, 10);
    cr_expect_eq(vm_nettest_writable_calls(h), 1);
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 60), 0);
    close(fd);
}

Test(wire, a_device_without_room_gets_every_frame_later)
{
    uint8_t small[60] = {0};
    size_t n;

    create();
    int fd = peer();
    vm_nettest_room(h, 0);
    for (uint8_t i = 0; i < 5; i++) {
        small[0] = i;
        cr_assert_eq(send(fd, small, sizeof(small), 0), 60);
    }
    cr_expect_null(vm_nettest_frame(h, 50, &n, NULL));
    cr_expect_eq(vm_nettest_turn(h, 20), 0, "it does not spin meanwhile");
    vm_nettest_room(h, 2);
    for (uint8_t i = 0; i < 5; i++) {
        const uint8_t *in = vm_nettest_frame(h, 1000, &n, NULL);
        cr_assert_not_null(in);
        cr_expect_eq(in[0], i);
        if (i == 1)
            vm_nettest_room(h, 10);
    }
    close(fd);
}

Test(wire, paths_that_do_not_do)
{
    struct vm_error err = VM_ERROR_INIT;
    struct sockaddr_un address = address_of(here);

    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_expect_eq(vm_nettest_create(h, &err), -1, "somebody has it");
    cr_expect_not_null(strstr(err.text, "Address already in use"), "%s", err.text);
    close(fd);
    create(); /* what the dead left is replaced */
    vm_nettest_destroy(h);
    close(open(here, O_CREAT | O_WRONLY, 0600));
    err = (struct vm_error)VM_ERROR_INIT;
    cr_expect_eq(vm_nettest_create(h, &err), -1, "a file that is no socket stays");
    unlink(here);
}

Test(wire, the_dump_has_what_passed)
{
    struct {
        uint32_t file[6], packet[4];
        uint8_t bytes[60];
    } first;
    size_t n;

    vm_nettest_set(h, "dump", dump);
    create();
    int fd = peer();
    cr_expect_gt(vm_nettest_send(h, NULL, frame, 60), 0);
    cr_assert_eq(send(fd, frame, 64, 0), 64);
    cr_assert_not_null(vm_nettest_frame(h, 1000, &n, NULL));
    vm_nettest_destroy(h);
    int file = open(dump, O_RDONLY);
    cr_assert_eq(read(file, &first, sizeof(first)), (ssize_t)sizeof(first));
    cr_expect_eq(first.file[0], 0xa1b23c4d);
    cr_expect_eq(first.file[5], 1);
    cr_expect_eq(first.packet[2], 60);
    cr_expect_arr_eq(first.bytes, frame, 60);
    cr_expect_eq(lseek(file, 0, SEEK_END), 24 + 16 + 60 + 16 + 64);
    close(file);
    close(fd);
}
