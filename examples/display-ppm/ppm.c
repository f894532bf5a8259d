/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ppm.c - display-ppm: the newest picture as a file, in the form of Netpbm's PPM (P6).
 *
 * A frame must not hold the machine up, and a disk may. So frame() only copies the picture, into
 * the place of one that still waits, if there is one; a thread of the plugin's own writes it, under
 * another name first, so that who opens the file finds a whole picture, old or new.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vmrun/display.h>

#define SECOND INT64_C(1000000000)

struct picture {
    uint32_t width, height;
    size_t length;
    uint8_t *rgb; /* three bytes a pixel; NULL: there is none */
};

struct ppm {
    const struct vm_display_host *host;
    struct vm_display_ctx *ctx;
    char *path, *part; /* `part`: for mkstemp() */
    int64_t interval;
    int failed; /* the last picture could not be written [writer] */

    pthread_t writer;
    pthread_mutex_t lock; /* around what follows; never held while the host is called */
    pthread_cond_t wake;
    int stop;
    struct picture waiting;
};

/* ---- The file [writer] ----------------------------------------------------------------------- */

/* 0, or -1 with errno set. */
static int write_part(const struct picture *p, int fd)
{
    FILE *f = fdopen(fd, "wb");
    int result;

    if (!f) {
        close(fd);
        return -1;
    }
    fprintf(f, "P6\n%u %u\n255\n", p->width, p->height);
    fwrite(p->rgb, 1, p->length, f);
    result = ferror(f) ? -1 : 0;
    return fclose(f) || result ? -1 : 0;
}

/* The same. */
static int write_file(const struct ppm *d, const struct picture *p, char *part)
{
    int fd = mkstemp(part), error;

    if (fd < 0)
        return -1;
    if (fchmod(fd, 0644) == 0) {
        if (write_part(p, fd) == 0 && rename(part, d->path) == 0)
            return 0;
    } else {
        close(fd);
    }
    error = errno;
    unlink(part);
    errno = error;
    return -1;
}

/* The first of several failures is told, and that it is over. */
static void keep(struct ppm *d, const struct picture *p)
{
    char *part = strdup(d->part);
    int error;

    errno = ENOMEM;
    error = !part || write_file(d, p, part) ? errno : 0;
    free(part);
    if (error && !d->failed)
        d->host->base->log(d->ctx, VM_LOG_ERROR, "%s cannot be written: %s", d->path,
                           strerror(error));
    else if (!error && d->failed)
        d->host->base->log(d->ctx, VM_LOG_INFO, "%s is written again", d->path);
    d->failed = error != 0;
}

/* The picture that waits becomes the caller's; one that waits is written even at the end. */
static int take(struct ppm *d, struct picture *p)
{
    pthread_mutex_lock(&d->lock);
    while (!d->waiting.rgb && !d->stop)
        pthread_cond_wait(&d->wake, &d->lock);
    *p = d->waiting;
    d->waiting.rgb = NULL;
    pthread_mutex_unlock(&d->lock);
    return p->rgb != NULL;
}

static void *writer(void *opaque)
{
    struct ppm *d = opaque;
    struct picture p;

    while (take(d, &p)) {
        keep(d, &p);
        free(p.rgb);
    }
    return NULL;
}

/* ---- Frames [event thread] ------------------------------------------------------------------- */

/* All of it, whatever has changed: a file has no rectangles. */
static struct picture convert(const struct vm_display_mode *mode, const uint8_t *from)
{
    struct picture p = {mode->width, mode->height, (size_t)mode->width * mode->height * 3, NULL};
    uint8_t *to = p.rgb = malloc(p.length);

    for (uint32_t y = 0; to && y < mode->height; y++, from += mode->stride) {
        for (uint32_t x = 0; x < mode->width; x++, to += 3) {
            to[0] = from[x * 4 + 2];
            to[1] = from[x * 4 + 1];
            to[2] = from[x * 4];
        }
    }
    return p;
}

static void ppm_frame(void *be, const struct vm_display_frame *frame)
{
    struct ppm *d = be;
    struct picture p = convert(frame->mode, frame->pixels), older;

    if (p.rgb) { /* else the older one is better than none */
        pthread_mutex_lock(&d->lock);
        older = d->waiting;
        d->waiting = p;
        pthread_cond_signal(&d->wake);
        pthread_mutex_unlock(&d->lock);
        free(older.rgb);
    }
    d->host->request(d->ctx, 0, d->host->clock_ns(d->ctx) + d->interval);
}

/* A picture that is no longer shown stays in the file. */
static void ppm_mode(void *be, const struct vm_display_mode *mode)
{
    (void)be, (void)mode;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int out_of_memory(struct vm_error *err)
{
    return vm_error_set(err, "out of memory");
}

/* What can be known of the file now is told now. */
static int check_path(const struct ppm *d, struct vm_error *err)
{
    char *folder = strdup(d->path), *end = folder ? strrchr(folder, '/') : NULL;
    struct stat st;
    int result = 0;

    if (!folder)
        return out_of_memory(err);
    if (end)
        end[end == folder] = '\0';
    if (access(end ? folder : ".", W_OK | X_OK))
        result = vm_error_set(err, "path: no file can be made in the folder of %s: %s", d->path,
                              strerror(errno));
    else if (stat(d->path, &st) == 0 && !S_ISREG(st.st_mode))
        result = vm_error_set(err, "path: %s is there, and is no regular file", d->path);
    free(folder);
    return result;
}

static int configure(struct ppm *d, const struct vm_props *props, struct vm_error *err)
{
    static const char ending[] = ".XXXXXX";
    const char *path = d->host->base->prop_string(props, "path");

    d->interval = SECOND / (int64_t)d->host->base->prop_uint(props, "rate");
    d->path = strdup(path);
    d->part = malloc(strlen(path) + sizeof(ending));
    if (!d->path || !d->part)
        return out_of_memory(err);
    strcpy(strcpy(d->part, path) + strlen(path), ending);
    return check_path(d, err);
}

static int start(struct ppm *d, struct vm_error *err)
{
    int error;

    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    error = pthread_create(&d->writer, NULL, writer, d);
    if (!error)
        return 0;
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    return vm_error_set(err, "no thread to write pictures: %s", strerror(error));
}

static void release(struct ppm *d)
{
    free(d->path);
    free(d->part);
    free(d);
}

static void *ppm_create(const struct vm_display_host *host, struct vm_display_ctx *ctx,
                        const struct vm_props *props, struct vm_error *err)
{
    struct ppm *d = calloc(1, sizeof(*d));

    if (!d) {
        out_of_memory(err);
        return NULL;
    }
    d->host = host;
    d->ctx = ctx;
    if (configure(d, props, err) || start(d, err)) {
        release(d);
        return NULL;
    }
    host->request(ctx, 0, 0);
    return d;
}

static void ppm_destroy(void *be)
{
    struct ppm *d = be;

    pthread_mutex_lock(&d->lock);
    d->stop = 1;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->writer, NULL);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    release(d);
}

/* ---- What it is ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "path",
     .help = "the file; replaced by each newer picture",
     .flags = VM_PROP_REQUIRED},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "rate",
     .unit = "pictures a second",
     .default_value = "2",
     .min = 1,
     .max = VM_DISPLAY_MAX_RATE,
     .help = "how many are written at most"},
};

static const void *get_interface(const char *id)
{
    static const struct vm_display_ops ops = {
        .size = sizeof(ops),
        .create = ppm_create,
        .destroy = ppm_destroy,
        .mode = ppm_mode,
        .frame = ppm_frame,
    };

    return strcmp(id, VM_DISPLAY_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DISPLAY, .name = "display-ppm", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "keeps the newest picture in a PPM file",
          .description =
              "An example of the SDK: a display that nobody sees but who opens the file. "
              "It takes no input.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
