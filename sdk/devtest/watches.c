/* SPDX-License-Identifier: BSD-2-Clause */
/* watches.c - descriptors that a backend has its host watch: what vmrun's event loop does, by poll.
 */
#include "common.h"
#include <poll.h>
#include <stdlib.h>

struct vm_fd_watch {
    struct vm_test_watches *of;
    int fd;
    uint32_t events;
    vm_fd_callback callback;
    void *opaque;
};

struct vm_fd_watch *vm_test_watch(struct vm_test_watches *of, int fd, uint32_t events,
                                  vm_fd_callback callback, void *opaque)
{
    int slot = 0;

    while (slot < VM_TEST_WATCHES && of->list[slot])
        slot++;
    if (slot == VM_TEST_WATCHES || fd < 0)
        vm_test_broken("watch_fd");
    of->list[slot] = vm_test_alloc(sizeof(*of->list[slot]));
    *of->list[slot] = (struct vm_fd_watch){of, fd, events, callback, opaque};
    return of->list[slot];
}

void vm_test_watch_change(struct vm_fd_watch *watch, uint32_t events)
{
    watch->events = events;
}

void vm_test_watch_remove(struct vm_fd_watch *watch)
{
    for (int i = 0; i < VM_TEST_WATCHES; i++) {
        if (watch->of->list[i] == watch) {
            watch->of->list[i] = NULL;
            free(watch);
            return;
        }
    }
    vm_test_broken("watch_remove of a watch that is not there");
}

uint32_t vm_test_watch_count(const struct vm_test_watches *of)
{
    uint32_t n = 0;

    for (int i = 0; i < VM_TEST_WATCHES; i++)
        n += of->list[i] != NULL;
    return n;
}

static uint32_t happened(short revents)
{
    return (revents & POLLIN ? VM_FD_READ : 0) | (revents & POLLOUT ? VM_FD_WRITE : 0) |
           (revents & (POLLHUP | POLLERR) ? VM_FD_HANGUP : 0);
}

int vm_test_watch_poll(struct vm_test_watches *of, int ms)
{
    struct pollfd fds[VM_TEST_WATCHES];
    struct vm_fd_watch *seen[VM_TEST_WATCHES];
    int callbacks = 0;

    for (int i = 0; i < VM_TEST_WATCHES; i++) {
        const struct vm_fd_watch *w = of->list[i];

        seen[i] = of->list[i];
        fds[i] = (struct pollfd){.fd = w ? w->fd : -1};
        if (w)
            fds[i].events = (short)((w->events & VM_FD_READ ? POLLIN : 0) |
                                    (w->events & VM_FD_WRITE ? POLLOUT : 0));
    }
    if (poll(fds, VM_TEST_WATCHES, ms) <= 0)
        return 0;
    for (int i = 0; i < VM_TEST_WATCHES; i++) {
        if (fds[i].revents & POLLNVAL)
            vm_test_broken("a closed descriptor is watched");
        /* A callback may have removed this watch, or put another in its place. */
        if (seen[i] && of->list[i] == seen[i] && seen[i]->fd == fds[i].fd && fds[i].revents) {
            seen[i]->callback(seen[i]->opaque, seen[i]->fd, happened(fds[i].revents));
            callbacks++;
        }
    }
    return callbacks;
}
