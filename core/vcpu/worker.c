/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.c - threads that compile beside the vCPUs. A thread is started when there is something to
 * do and all that there are have their hands full.
 */
#include <stdlib.h>
#include "core/vcpu/internal.h"

#define QUEUE_MAX 64 /* jobs: what does not fit is asked for again if it stays hot */

struct job {
    job_fn fn;
    void *opaque;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* there is a job, or it is over */
    pthread_cond_t quiet; /* nothing is queued or running */
    struct job queue[QUEUE_MAX];
    uint32_t first, n_queued, n_running;
    bool over;
    struct host_thread **threads;
    uint32_t n_threads, max_threads;
};

struct workers *workers_new(uint32_t max_threads)
{
    struct workers *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    pthread_cond_init(&w->quiet, NULL);
    w->threads = calloc(max_threads, sizeof(struct host_thread *));
    w->max_threads = w->threads ? max_threads : 0;
    return w;
}

static struct job take(struct workers *w)
{
    struct job job = w->queue[w->first];
    w->first = (w->first + 1) % QUEUE_MAX;
    w->n_queued--;
    return job;
}

static void worker_main(void *opaque)
{
    struct workers *w = opaque;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->over && w->n_queued == 0)
            pthread_cond_wait(&w->wake, &w->lock);
        if (w->over)
            break;
        struct job job = take(w);
        w->n_running++;
        pthread_mutex_unlock(&w->lock);
        job.fn(job.opaque, true);
        pthread_mutex_lock(&w->lock);
        w->n_running--;
        if (w->n_running + w->n_queued == 0)
            pthread_cond_broadcast(&w->quiet);
    }
    pthread_mutex_unlock(&w->lock);
}

/* Called with the lock held. False: there is none at all. */
static bool have_thread(struct workers *w)
{
    struct vm_error ignored = VM_ERROR_INIT;
    if (w->n_threads < w->max_threads && w->n_running + w->n_queued >= w->n_threads) {
        struct host_thread *t = host_thread_start("compiler", worker_main, w, &ignored);
        if (t)
            w->threads[w->n_threads++] = t;
        else
            w->max_threads = w->n_threads; /* the host gives no more */
    }
    return w->n_threads > 0;
}

bool workers_add(struct workers *w, job_fn fn, void *opaque, bool urgent)
{
    pthread_mutex_lock(&w->lock);
    bool ok = w->n_queued < QUEUE_MAX && have_thread(w);
    if (ok) {
        if (urgent)
            w->first = (w->first + QUEUE_MAX - 1) % QUEUE_MAX;
        uint32_t at = urgent ? w->first : (w->first + w->n_queued) % QUEUE_MAX;
        w->queue[at] = (struct job){fn, opaque};
        w->n_queued++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return ok;
}

void workers_settle(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    while (w->n_queued > 0) {
        struct job job = take(w);
        pthread_mutex_unlock(&w->lock);
        job.fn(job.opaque, false);
        pthread_mutex_lock(&w->lock);
    }
    while (w->n_running > 0)
        pthread_cond_wait(&w->quiet, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    workers_settle(w);
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (uint32_t i = 0; i < w->n_threads; i++)
        host_thread_join(w->threads[i]);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->quiet);
    pthread_mutex_destroy(&w->lock);
    free(w->threads);
    free(w);
}
