/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - the log: lines to standard error, limited per speaker and second. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/event/event.h"
#include "core/host/clock.h"
#include "core/host/process.h"

enum { LINES_A_SECOND = 10, SPEAKERS = 32, LINE_MAX_BYTES = 1024 };

struct speaker {
    char who[48];
    bool used;
    int64_t second; /* in which `lines` were printed */
    uint32_t lines;
    uint64_t suppressed; /* not yet told */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct speaker speakers[SPEAKERS]; /* the least recent one makes room */
static _Atomic int max_level = VM_LOG_INFO;

void log_set_level(int level)
{
    atomic_store(&max_level, level);
}

/* ---- all with the lock held ---- */

static void print_line(int level, const char *who, const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    const char *name = level < 0 ? names[0] : level > VM_LOG_DEBUG ? names[3] : names[level];
    char line[LINE_MAX_BYTES];
    int n =
        snprintf(line, sizeof(line) - 1, "vmrun: %s: %s%s%s", name, who, *who ? ": " : "", text);
    if (n < 0)
        return;
    size_t length = (size_t)n < sizeof(line) - 1 ? (size_t)n : sizeof(line) - 2;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[length] = '\n';
    host_write_text(STDERR_FILENO, line, length + 1);
}

static void tell_suppressed(struct speaker *s)
{
    char text[64];
    if (s->suppressed == 0)
        return;
    snprintf(text, sizeof(text), "%" PRIu64 " more message%s suppressed", s->suppressed,
             s->suppressed == 1 ? "" : "s");
    s->suppressed = 0;
    print_line(VM_LOG_WARNING, s->who, text);
}

static struct speaker *find_speaker(const char *who)
{
    struct speaker *oldest = &speakers[0];
    for (int i = 0; i < SPEAKERS; i++) {
        struct speaker *s = &speakers[i];
        if (s->used && strncmp(s->who, who, sizeof(s->who) - 1) == 0)
            return s;
        if (oldest->used && (!s->used || s->second < oldest->second))
            oldest = s;
    }
    tell_suppressed(oldest);
    *oldest = (struct speaker){.used = true, .second = INT64_MIN};
    snprintf(oldest->who, sizeof(oldest->who), "%s", who);
    return oldest;
}

/* Whether this speaker may have one more line now. */
static bool admit(struct speaker *s)
{
    int64_t second = host_clock_ns() / 1000000000;
    if (s->second != second) {
        tell_suppressed(s);
        s->second = second;
        s->lines = 0;
    }
    if (s->lines == LINES_A_SECOND) {
        s->suppressed++;
        return false;
    }
    s->lines++;
    return true;
}

/* ---- public ---- */

void log_line_v(int level, const char *who, const char *fmt, va_list args)
{
    if (level > atomic_load(&max_level))
        return;
    if (!who)
        who = "";
    pthread_mutex_lock(&lock);
    if (admit(find_speaker(who))) {
        char text[LINE_MAX_BYTES];
        vsnprintf(text, sizeof(text), fmt, args);
        print_line(level, who, text);
    }
    pthread_mutex_unlock(&lock);
}

void log_line(int level, const char *who, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    log_line_v(level, who, fmt, args);
    va_end(args);
}

void log_report(const char *text)
{
    char line[LINE_MAX_BYTES];
    pthread_mutex_lock(&lock);
    while (*text) {
        size_t n = strcspn(text, "\n"), kept = n < sizeof(line) - 1 ? n : sizeof(line) - 1;
        for (size_t i = 0; i < kept; i++)
            line[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
        line[kept] = '\n';
        host_write_text(STDERR_FILENO, line, kept + 1);
        text += n + (text[n] == '\n');
    }
    pthread_mutex_unlock(&lock);
}

void log_finish(void)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < SPEAKERS; i++)
        tell_suppressed(&speakers[i]);
    pthread_mutex_unlock(&lock);
}
