/* SPDX-License-Identifier: BSD-2-Clause */
/* threads.c - a few threads that carry out requests with blocking system calls. */
#define _GNU_SOURCE
#include "file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct threads {
    struct file *file;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct vm_block_request *first, *last;
    uint32_t n, limit, idle, queued;
    bool stopping;
    pthread_t ids[];
};

/* With the lock held; the next request, or NULL to end. */
static struct vm_block_request *wait_for_work(struct threads *t)
{
    t->idle++;
    while (!t->first && !t->stopping)
        pthread_cond_wait(&t->work, &t->lock);
    t->idle--;
    struct vm_block_request *r = t->first;
    if (r) {
        t->first = work_of(r)->next;
        t->queued--;
    }
    return r;
}

static void *thread_main(void *opaque)
{
    struct threads *t = opaque;
    struct file *f = t->file;
    struct vm_block_request *r;

    pthread_setname_np(pthread_self(), "vmrun-disk");
    pthread_mutex_lock(&t->lock);
    while ((r = wait_for_work(t)) != NULL) {
        pthread_mutex_unlock(&t->lock);
        int error = io_end(f, r, io_run(f, r));
        f->host->complete(f->ctx, r, error);
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* With the lock held. Signals are for others. */
static int add_thread(struct threads *t)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&t->ids[t->n], NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    t->n += error == 0;
    return error;
}

struct threads *threads_new(struct file *f, uint32_t n, struct vm_error *err)
{
    struct threads *t = calloc(1, sizeof(*t) + n * sizeof(t->ids[0]));

    if (!t) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    t->file = f;
    t->limit = n;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    pthread_mutex_lock(&t->lock);
    int error = add_thread(t);
    pthread_mutex_unlock(&t->lock);
    if (!error)
        return t;
    vm_error_set(err, "cannot start a thread: %s", strerror(error));
    threads_free(t);
    return NULL;
}

void threads_free(struct threads *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (uint32_t i = 0; i < t->n; i++)
        pthread_join(t->ids[i], NULL);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void threads_submit(struct threads *t, struct vm_block_request *r)
{
    work_of(r)->next = NULL;
    pthread_mutex_lock(&t->lock);
    if (t->first)
        work_of(t->last)->next = r;
    else
        t->first = r;
    t->last = r;
    t->queued++;
    /* If no thread can be added, those that are there have more to do. */
    if (t->queued > t->idle && t->n < t->limit)
        add_thread(t);
    pthread_cond_signal(&t->work);
    pthread_mutex_unlock(&t->lock);
}
