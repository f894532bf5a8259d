/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake-driver.c - a CUDA driver, or with FAKE_HIP a HIP runtime, without a GPU: two GPUs whose
 * memory is the host's and whose kernels are C functions of this file. What is put into a stream
 * happens only when somebody asks for an event behind it, for the second time, so that who does not
 * wait sees old bytes. Wrong use (no context, a stream of another GPU, memory freed twice or never)
 * ends the process with a line that says which.
 *
 * Tests steer it by the functions fake_*.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FAKE_HIP
#define NAME(cuda, hip) hip
#else
#define NAME(cuda, hip) cuda
#endif
#define API __attribute__((visibility("default")))

enum { GPUS = 2, OBJECTS = 256, TOTAL_MEMORY = 64 << 20 };
enum { INVALID = 1, NO_MEMORY = 2, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };
enum kind { FREE, MEMORY, STREAM, EVENT, MODULE, FUNCTION, PINNED };

struct object {
    enum kind kind;
    int gpu;
    /* MEMORY, PINNED */
    char *base;
    size_t size;
    /* EVENT */
    int recorded, happened, asked;
    struct object *stream;
    double at_ms;
    /* MODULE */
    const char *image;
    /* FUNCTION */
    void (*kernel)(const void *arguments, unsigned threads);
    struct object *module;
};

/* What is in a stream. */
struct work {
    struct object *stream;
    enum { COPY, LAUNCH, RECORD } what;
    void *to;
    const void *from;
    size_t size;
    struct object *object; /* FUNCTION, EVENT */
    unsigned threads;
    char arguments[4096];
    struct work *next;
};

static struct object objects[OBJECTS];
static struct work *all_work;
static int started, held, retained[GPUS], sticky[GPUS];
static _Thread_local int current = -1;
static double clock_ms;

static struct {
    const char *name;
    int after, result;
} failing;

static void wrong(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fprintf(stderr, "# fake driver: ");
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    abort();
}

/* ---- What tests call ------------------------------------------------------------------------- */

/* The call of this name that comes after so many others fails so. */
API void fake_fail(const char *name, int after, int result)
{
    failing.name = name;
    failing.after = after;
    failing.result = result;
}

/* Nothing happens in streams while held. */
API void fake_hold(int hold)
{
    held = hold;
}

API int fake_live(void)
{
    int n = 0;

    for (int i = 0; i < OBJECTS; i++)
        n += objects[i].kind != FREE && objects[i].kind != FUNCTION && !sticky[objects[i].gpu];
    for (int i = 0; i < GPUS; i++)
        n += retained[i];
    return n;
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static int failed(const char *name, int needs_current)
{
    if (!started)
        wrong("%s before init", name);
    if (needs_current && (current < 0 || (NAME(1, 0) && retained[current] == 0)))
        wrong("%s without a context", name);
    if (failing.name && strcmp(failing.name, name) == 0 && failing.after-- == 0) {
        failing.name = NULL;
        return failing.result;
    }
    return needs_current ? sticky[current] : 0;
}

#define BEGIN(needs_current)                           \
    do {                                               \
        int result_ = failed(__func__, needs_current); \
        if (result_)                                   \
            return result_;                            \
    } while (0)

static struct object *new_object(enum kind kind)
{
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == FREE) {
            memset(&objects[i], 0, sizeof(objects[i]));
            objects[i].kind = kind;
            objects[i].gpu = current;
            return &objects[i];
        }
    wrong("more than %d objects", OBJECTS);
    return NULL;
}

static struct object *checked(void *p, enum kind kind, const char *name)
{
    struct object *o = p;

    if (o < objects || o >= objects + OBJECTS || o->kind != kind)
        wrong("%s: no such object (freed before?)", name);
    else if (o->gpu != current)
        wrong("%s: the object is of GPU %d, the context of GPU %d", name, o->gpu, current);
    return o;
}

/* The bytes at a GPU's address, which must be within one allocation of this GPU. */
static void *memory_at(uint64_t address, size_t n, const char *name)
{
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == MEMORY && address >= (uintptr_t)objects[i].base &&
            address + n <= (uintptr_t)objects[i].base + objects[i].size &&
            objects[i].gpu == current)
            return (void *)(uintptr_t)address;
    wrong("%s: %zu bytes at an address that is not of GPU %d's memory", name, n, current);
    return NULL;
}

/* ---- Kernels --------------------------------------------------------------------------------- */

static void vector_add(const void *arguments, unsigned threads)
{
    struct {
        const float *a, *b;
        float *c;
        int n;
    } p;

    memcpy(&p, arguments, sizeof(p));
    for (int i = 0; i < p.n && i < (int)threads; i++)
        p.c[i] = p.a[i] + p.b[i];
}

static void bad_address(const void *arguments, unsigned threads)
{
    (void)arguments;
    (void)threads;
}

static const struct {
    const char *name;
    void (*kernel)(const void *arguments, unsigned threads);
    size_t offsets[4], sizes[4], n;
} kernels[] = {
    {"vector_add", vector_add, {0, 8, 16, 24}, {8, 8, 8, 4}, 4},
    {"bad_address", bad_address, {0}, {0}, 0},
};

/* ---- Streams --------------------------------------------------------------------------------- */

static struct work *add_work(struct object *stream, int what)
{
    struct work **at = &all_work, *w = calloc(1, sizeof(*w));

    while (*at)
        at = &(*at)->next;
    *at = w;
    w->stream = stream;
    w->what = what;
    return w;
}

static void happen(const struct work *w)
{
    if (sticky[w->stream->gpu])
        return;
    if (w->what == COPY)
        memcpy(w->to, w->from, w->size);
    if (w->what == LAUNCH && w->object->kernel == bad_address)
        sticky[w->stream->gpu] = ILLEGAL_ADDRESS;
    else if (w->what == LAUNCH)
        w->object->kernel(w->arguments, w->threads);
    if (w->what == RECORD) {
        w->object->happened = 1;
        w->object->at_ms = clock_ms += 0.5;
    }
}

static void run_stream(const struct object *stream)
{
    struct work **at = &all_work;

    while (*at) {
        struct work *w = *at;
        if (w->stream != stream) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        happen(w);
        free(w);
    }
}

static int has_work(const struct object *stream)
{
    for (const struct work *w = all_work; w; w = w->next)
        if (w->stream == stream)
            return 1;
    return 0;
}

API int NAME(cuStreamCreate, hipStreamCreateWithFlags)(void **stream, unsigned flags)
{
    BEGIN(1);
    if (flags != 1)
        wrong("the stream would wait for the driver's own");
    *stream = new_object(STREAM);
    return 0;
}

API int NAME(cuStreamDestroy_v2, hipStreamDestroy)(void *stream)
{
    struct object *s = checked(stream, STREAM, __func__);

    if (has_work(s) && !sticky[s->gpu])
        wrong("a stream is freed with work in it");
    run_stream(s);
    s->kind = FREE;
    BEGIN(1);
    return 0;
}

API int NAME(cuStreamSynchronize, hipStreamSynchronize)(void *stream)
{
    struct object *s = checked(stream, STREAM, __func__);

    BEGIN(1);
    run_stream(s);
    return sticky[current];
}

API int NAME(cuEventCreate, hipEventCreateWithFlags)(void **event, unsigned flags)
{
    BEGIN(1);
    (void)flags;
    *event = new_object(EVENT);
    return 0;
}

API int NAME(cuEventDestroy_v2, hipEventDestroy)(void *event)
{
    struct object *e = checked(event, EVENT, __func__);

    e->kind = FREE;
    BEGIN(1);
    return 0;
}

API int NAME(cuEventRecord, hipEventRecord)(void *event, void *stream)
{
    struct object *e = checked(event, EVENT, __func__);

    BEGIN(1);
    if (e->recorded && !e->happened && !sticky[current])
        wrong("an event is recorded again before it happened");
    e->stream = checked(stream, STREAM, __func__);
    e->recorded = 1;
    e->happened = e->asked = 0;
    add_work(e->stream, RECORD)->object = e;
    return 0;
}

API int NAME(cuEventQuery, hipEventQuery)(void *event)
{
    struct object *e = checked(event, EVENT, __func__);

    BEGIN(1);
    if (!e->recorded)
        wrong("an event is asked for that was not recorded");
    if (!e->happened && (held || e->asked++ == 0))
        return NOT_READY;
    if (!e->happened)
        run_stream(e->stream);
    return sticky[current];
}

API int NAME(cuEventElapsedTime, hipEventElapsedTime)(float *ms, void *from, void *to)
{
    const struct object *a = checked(from, EVENT, __func__), *b = checked(to, EVENT, __func__);

    BEGIN(1);
    if (!a->happened || !b->happened)
        return NOT_READY;
    *ms = (float)(b->at_ms - a->at_ms);
    return 0;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

API int NAME(cuMemAlloc_v2, hipMalloc)(uint64_t *address, size_t n)
{
    struct object *m;

    BEGIN(1);
    if (n > TOTAL_MEMORY)
        return NO_MEMORY;
    m = new_object(MEMORY);
    m->size = n;
    m->base = aligned_alloc(256, (n + 255) / 256 * 256);
    *address = (uintptr_t)m->base;
    return 0;
}

API int NAME(cuMemFree_v2, hipFree)(uint64_t address)
{
    BEGIN(1);
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == MEMORY && (uintptr_t)objects[i].base == address &&
            objects[i].gpu == current) {
            for (struct object *s = objects; s < objects + OBJECTS; s++)
                if (s->kind == STREAM && s->gpu == current)
                    run_stream(s);
            free(objects[i].base);
            objects[i].kind = FREE;
            return 0;
        }
    wrong("memory is freed that is not there");
    return INVALID;
}

static int copy_later(void *to, const void *from, size_t n, void *stream, const char *name)
{
    struct work *w = add_work(checked(stream, STREAM, name), COPY);

    w->to = to;
    w->from = from;
    w->size = n;
    return 0;
}

API int NAME(cuMemcpyHtoDAsync_v2, hipMemcpyHtoDAsync)(uint64_t to, const void *from, size_t n,
                                                       void *stream)
{
    BEGIN(1);
    return copy_later(memory_at(to, n, __func__), from, n, stream, __func__);
}

API int NAME(cuMemcpyDtoHAsync_v2, hipMemcpyDtoHAsync)(void *to, uint64_t from, size_t n,
                                                       void *stream)
{
    BEGIN(1);
    return copy_later(to, memory_at(from, n, __func__), n, stream, __func__);
}

API int NAME(cuMemcpyDtoDAsync_v2, hipMemcpyDtoDAsync)(uint64_t to, uint64_t from, size_t n,
                                                       void *stream)
{
    BEGIN(1);
    return copy_later(memory_at(to, n, __func__), memory_at(from, n, __func__), n, stream,
                      __func__);
}

API int NAME(cuMemGetInfo_v2, hipMemGetInfo)(size_t *unused, size_t *total)
{
    BEGIN(1);
    *unused = *total = TOTAL_MEMORY;
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == MEMORY && objects[i].gpu == current)
            *unused -= objects[i].size;
    return 0;
}

API int NAME(cuMemHostRegister_v2, hipHostRegister)(void *base, size_t n, unsigned flags)
{
    struct object *o;

    BEGIN(1);
    if (flags != 1)
        wrong("memory is pinned for one GPU alone");
    o = new_object(PINNED);
    o->base = base;
    o->size = n;
    return 0;
}

API int NAME(cuMemHostUnregister, hipHostUnregister)(void *base)
{
    BEGIN(1);
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == PINNED && objects[i].base == base) {
            objects[i].kind = FREE;
            return 0;
        }
    wrong("memory is unpinned that is not pinned");
    return INVALID;
}

/* ---- Modules --------------------------------------------------------------------------------- */

API int NAME(cuModuleLoadData, hipModuleLoadData)(void **module, const void *image)
{
    BEGIN(1);
    if (memcmp(image, "\177ELF", 4) != 0)
        return 200;
    *module = new_object(MODULE);
    ((struct object *)*module)->image = image; /* not copied: HIP does not, either */
    return 0;
}

API int NAME(cuModuleUnload, hipModuleUnload)(void *module)
{
    struct object *m = checked(module, MODULE, __func__);

    for (const struct work *w = all_work; w; w = w->next)
        if (w->what == LAUNCH && w->object->module == m && !sticky[current])
            wrong("a module is unloaded while its kernel runs");
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == FUNCTION && objects[i].module == m)
            objects[i].kind = FREE;
    m->kind = FREE;
    BEGIN(1);
    return 0;
}

API int NAME(cuModuleGetFunction, hipModuleGetFunction)(void **function, void *module,
                                                        const char *name)
{
    struct object *m = checked(module, MODULE, __func__), *f;

    BEGIN(1);
    if (m->image && memcmp(m->image, "\177ELF", 4) != 0)
        wrong("a module's binary is gone while it is loaded");
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
        if (strcmp(kernels[i].name, name) == 0) {
            f = new_object(FUNCTION);
            f->module = m;
            f->kernel = kernels[i].kernel;
            *function = f;
            return 0;
        }
    return NOT_FOUND;
}

API int NAME(cuFuncGetAttribute, hipFuncGetAttribute)(int *value, int attribute, void *function)
{
    static const int values[] = {256, 0, 0, 16, 12};

    checked(function, FUNCTION, __func__);
    BEGIN(1);
    if (attribute < 0 || attribute > 4)
        return INVALID;
    *value = values[attribute];
    return 0;
}

API int NAME(cuLaunchKernel, hipModuleLaunchKernel)(void *function, unsigned gx, unsigned gy,
                                                    unsigned gz, unsigned bx, unsigned by,
                                                    unsigned bz, unsigned shared, void *stream,
                                                    void **parameters, void **extra)
{
    struct object *f = checked(function, FUNCTION, __func__);
    struct work *w;

    BEGIN(1);
    (void)shared;
    if (parameters)
        wrong("arguments come in two ways");
    w = add_work(checked(stream, STREAM, __func__), LAUNCH);
    w->object = f;
    w->threads = gx * gy * gz * bx * by * bz;
    if (f->kernel == bad_address && !extra)
        return 0;
    if (extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4] != (void *)NAME(0, 3))
        wrong("the list of what comes with a launch is not as it should be");
    if (*(size_t *)extra[3] != 28)
        wrong("vector_add with %zu bytes of arguments", *(size_t *)extra[3]);
    memcpy(w->arguments, extra[1], *(size_t *)extra[3]);
    return 0;
}

/* ---- GPUs ------------------------------------------------------------------------------------ */

API int NAME(cuInit, hipInit)(unsigned flags)
{
    started = 1;
    BEGIN(0);
    return flags ? INVALID : 0;
}

API int NAME(cuDriverGetVersion, hipRuntimeGetVersion)(int *version)
{
    *version = NAME(12040, 50221153);
    return 0;
}

API int NAME(cuDeviceGetCount, hipGetDeviceCount)(int *n)
{
    BEGIN(0);
    *n = GPUS;
    return 0;
}

API int NAME(cuDeviceGet, hipDeviceGet)(int *device, int ordinal)
{
    BEGIN(0);
    *device = ordinal;
    return ordinal < GPUS ? 0 : 101;
}

API int NAME(cuDeviceGetName, hipDeviceGetName)(char *name, int size, int device)
{
    BEGIN(0);
    snprintf(name, (size_t)size, "Fake GPU %d", device);
    return 0;
}

API int NAME(cuDeviceTotalMem_v2, hipDeviceTotalMem)(size_t *n, int device)
{
    BEGIN(0);
    (void)device;
    *n = TOTAL_MEMORY;
    return 0;
}

API int NAME(cuDeviceGetAttribute, hipDeviceGetAttribute)(int *value, int attribute, int device)
{
    /* Number and value: in the order of the manual of each. */
    static const int table[][3] = {
        {1, 56, 1024},  {2, 26, 1024},     {3, 27, 1024},   {4, 28, 64},  {5, 29, 2147483647},
        {6, 30, 65535}, {7, 31, 65535},    {97, 74, 65536}, {10, 87, 32}, {13, 5, 1500000},
        {16, 63, 80},   {38, 19, 4 << 20}, {75, -1, 9},     {76, -1, 0},
    };

    BEGIN(0);
    (void)device;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i][NAME(0, 1)] == attribute) {
            *value = table[i][2];
            return 0;
        }
    return INVALID;
}

#ifdef FAKE_HIP

API int hipSetDevice(int device)
{
    BEGIN(0);
    if (device < 0 || device >= GPUS)
        return 101;
    current = device;
    return 0;
}

API int hipGetDeviceProperties(char *properties, int device)
{
    BEGIN(0);
    memset(properties, 0, 792);
    snprintf(properties, 256, "Fake gfx GPU %d", device);
    snprintf(properties + 396, 256, "gfx90a:sramecc+:xnack-");
    return 0;
}

API const char *hipGetErrorName(int error)
{
    return error == NO_MEMORY         ? "hipErrorOutOfMemory"
           : error == ILLEGAL_ADDRESS ? "hipErrorIllegalAddress"
                                      : "hipErrorUnknown";
}

#else

API int cuDevicePrimaryCtxRetain(void **context, int device)
{
    BEGIN(0);
    retained[device]++;
    *context = &retained[device];
    return 0;
}

API int cuDevicePrimaryCtxRelease_v2(int device)
{
    BEGIN(0);
    if (retained[device] != 1)
        wrong("a context is released that is not held");
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind != FREE && objects[i].kind != PINNED && objects[i].gpu == device &&
            !sticky[device])
            wrong("an object of kind %d is left in the context", objects[i].kind);
    retained[device] = 0;
    return 0;
}

API int cuCtxSetCurrent(int *context)
{
    BEGIN(0);
    current = context ? (int)(context - retained) : -1;
    if (current >= 0 && retained[current] == 0)
        wrong("a context is made current that was released");
    return 0;
}

API int cuModuleLoadDataEx(void **module, const void *image, unsigned n, int *options,
                           void **values)
{
    BEGIN(1);
    if (n != 2 || options[0] != 5 || options[1] != 6)
        wrong("other options than those for a log");
    if (memcmp(image, ".version", 8) != 0) {
        snprintf(values[0], (size_t)values[1], "line 1: no .version");
        return 218;
    }
    *module = new_object(MODULE);
    return 0;
}

API int cuFuncSetAttribute(void *function, int attribute, int value)
{
    checked(function, FUNCTION, __func__);
    BEGIN(1);
    return attribute == 8 && value > 0 && value <= 65536 ? 0 : INVALID;
}

#ifndef FAKE_OLD
API int cuFuncGetParamInfo(void *function, size_t index, size_t *offset, size_t *size)
{
    const struct object *f = checked(function, FUNCTION, __func__);

    BEGIN(1);
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
        if (kernels[i].kernel == f->kernel && index < kernels[i].n) {
            *offset = kernels[i].offsets[index];
            *size = kernels[i].sizes[index];
            return 0;
        }
    return INVALID;
}
#endif

API int cuGetErrorName(int error, const char **name)
{
    *name = error == NO_MEMORY         ? "CUDA_ERROR_OUT_OF_MEMORY"
            : error == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                                       : "CUDA_ERROR_UNKNOWN";
    return 0;
}

#endif
