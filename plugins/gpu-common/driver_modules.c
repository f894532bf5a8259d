/* SPDX-License-Identifier: BSD-2-Clause */
/* driver_modules.c - code on the GPUs: compiled, loaded, and what is known of its kernels. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "text.h"

enum {
    MAX_OPTIONS = 64,
    MAX_OPTION_BYTES = 65536,
    LOG_SIZE = 8192, /* of the driver's own compiler, for PTX */
    /* CUjit_option */
    JIT_ERROR_LOG = 5,
    JIT_ERROR_LOG_SIZE = 6,
};

/* ---- The compiler's options ------------------------------------------------------------------ */

/*
 * A guest's options may not make the compiler read or write the host's files: those that a kind
 * lists are taken. One that ends in '*' there has more behind it.
 */
static int is_allowed(const struct gpu_driver_kind *kind, const char *word)
{
    for (size_t i = 0; kind->options[i]; i++) {
        const char *star = strchr(kind->options[i], '*');
        size_t n = star ? (size_t)(star - kind->options[i]) : 0;
        if (star ? strncmp(word, kind->options[i], n) == 0 && word[n]
                 : strcmp(word, kind->options[i]) == 0)
            return 1;
    }
    return 0;
}

/* Splits at white space; there are no quotes. -1 with err set. */
static int add_options(const struct gpu_driver_kind *kind, const char *options, char **list,
                       struct vm_error *err)
{
    size_t n = 1; /* behind the architecture's */

    if (strlen(options) > MAX_OPTION_BYTES)
        return vm_error_set(err, "the options for the compiler are too long");
    for (;;) {
        size_t length = 0;
        while (isspace((unsigned char)*options))
            options++;
        while (options[length] && !isspace((unsigned char)options[length]))
            length++;
        if (length == 0)
            return 0;
        if (n == MAX_OPTIONS)
            return vm_error_set(err, "more than %d options for the compiler", MAX_OPTIONS - 1);
        list[n] = strndup(options, length);
        if (!list[n])
            return vm_error_set(err, "out of memory of the host's");
        if (!is_allowed(kind, list[n]))
            return vm_error_set(err,
                                "the option %.200s is not one of those that a guest may give "
                                "(a value follows without a space, as in -DN=4)",
                                list[n]);
        options += length;
        n++;
    }
}

static struct gpu_compile_job *new_job(struct gpu_driver *d, struct vm_gpu_request *r,
                                       struct vm_error *err)
{
    const char *architecture = d->gpus[r->gpu].info.architecture;
    struct gpu_compile_job *job = calloc(1, sizeof(*job));
    size_t size = strlen(d->kind->architecture_option) + strlen(architecture) + 1;

    if (job) {
        job->request = r;
        job->arguments = calloc(MAX_OPTIONS + 1, sizeof(char *));
    }
    if (job && job->arguments)
        job->arguments[0] = malloc(size);
    if (!job || !job->arguments || !job->arguments[0]) {
        gpu_compile_job_free(job);
        vm_error_set(err, "out of memory of the host's");
        return NULL;
    }
    snprintf(job->arguments[0], size, "%s%s", d->kind->architecture_option, architecture);
    if (r->u.code.options && add_options(d->kind, r->u.code.options, job->arguments, err)) {
        gpu_compile_job_free(job);
        return NULL;
    }
    return job;
}

/* ---- Modules --------------------------------------------------------------------------------- */

static struct gpu_module *find_module(struct gpu_driver *d, uint32_t gpu, uint64_t number)
{
    struct gpu_module *m = d->modules;

    while (m && (m->number != number || m->gpu != gpu || m->unload))
        m = m->next;
    return m;
}

static void free_module(struct gpu_driver *d, struct gpu_module *m)
{
    struct gpu_module **at = &d->modules;

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    while (m->functions) {
        struct gpu_function *f = m->functions;
        m->functions = f->next;
        free(f->kernel.name);
        free(f);
    }
    if (m->module && gpu_driver_use(d, m->gpu, NULL) == 0)
        d->call.module_unload(m->module);
    gpu_kernels_free(&m->kernels);
    free(m->image);
    free(m);
}

void gpu_modules_free(struct gpu_driver *d)
{
    while (d->modules)
        free_module(d, d->modules);
}

void gpu_module_idle(struct gpu_driver *d, struct gpu_function *function)
{
    struct gpu_module *m = function ? function->module : NULL;
    struct vm_gpu_request *r;

    if (!m || --m->busy > 0 || !m->unload)
        return;
    r = m->unload;
    free_module(d, m);
    gpu_driver_done(d, r, VM_GPU_OK);
}

void gpu_module_unload(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_module *m = find_module(d, r->gpu, r->u.code.module);
    static const char why[] = "this GPU has no such module";

    if (!m) {
        text_put(r, why, sizeof(why) - 1);
        gpu_driver_done(d, r, VM_GPU_NOT_FOUND);
        return;
    }
    if (m->busy > 0) {
        m->unload = r;
        return;
    }
    free_module(d, m);
    gpu_driver_done(d, r, VM_GPU_OK);
}

/* PTX goes through the driver's own compiler, which has a log. */
static int load_with_log(struct gpu_driver *d, struct gpu_module *m, struct vm_error *err)
{
    char log[LOG_SIZE] = "";
    int options[] = {JIT_ERROR_LOG, JIT_ERROR_LOG_SIZE};
    void *values[] = {log, (void *)(uintptr_t)sizeof(log)};
    struct vm_error why = VM_ERROR_INIT;

    if (GPU_CALL(d, &why, module_load_log, &m->module, m->image, 2, options, values) == 0)
        return 0;
    log[sizeof(log) - 1] = 0;
    return vm_error_set(err, "%s%s%.800s", why.text, log[0] ? ": " : "", log);
}

static int load_image(struct gpu_driver *d, struct gpu_module *m, uint32_t format,
                      struct vm_error *err)
{
    if (d->compile_only)
        return 0;
    if (gpu_driver_use(d, m->gpu, err))
        return -1;
    if (format == VM_GPU_BINARY_PTX && d->call.module_load_log)
        return load_with_log(d, m, err);
    return GPU_CALL(d, err, module_load, &m->module, m->image);
}

/* What is in the binary, and the binary in the GPU. -1: err and d->result say why not. */
static int fill_module(struct gpu_driver *d, struct gpu_module *m, uint32_t format,
                       const void *bytes, size_t n, struct vm_error *err)
{
    m->kernels_known = format == d->kind->binary;
    if (m->kernels_known && d->kind->kernels(bytes, n, &m->kernels, err)) {
        d->result = GPU_ERROR_INVALID_IMAGE;
        return -1;
    }
    m->image = malloc(n + 1);
    if (!m->image) {
        d->result = GPU_ERROR_OUT_OF_MEMORY;
        return vm_error_set(err, "out of memory of the host's");
    }
    memcpy(m->image, bytes, n);
    m->image[n] = 0; /* PTX is a string */
    return load_image(d, m, format, err);
}

/* A module of this binary is the end of the request, either way. The text stays if it is well. */
static void make_module(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t format,
                        const void *bytes, size_t n)
{
    struct gpu_module *m = calloc(1, sizeof(*m));
    struct vm_error err = VM_ERROR_INIT;

    if (!m) {
        vm_error_set(&err, "out of memory of the host's");
        gpu_driver_failed(d, r, VM_GPU_NO_MEMORY, &err);
        return;
    }
    m->gpu = r->gpu;
    if (fill_module(d, m, format, bytes, n, &err)) {
        gpu_kernels_free(&m->kernels);
        free(m->image);
        free(m);
        gpu_driver_call_failed(d, r, &err);
        return;
    }
    m->number = ++d->last_number;
    m->next = d->modules;
    d->modules = m;
    r->u.code.module = m->number;
    gpu_driver_done(d, r, VM_GPU_OK);
}

void gpu_module_compile(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_compile_job *job;

    if (r->u.code.format != d->kind->sources) {
        vm_error_set(&err, "this GPU's compiler does not take this language");
        gpu_driver_failed(d, r, VM_GPU_UNSUPPORTED, &err);
        return;
    }
    job = new_job(d, r, &err);
    if (job && gpu_compiler_begin(d->compiler, job, &err) == 0)
        return;
    gpu_compile_job_free(job);
    gpu_driver_failed(d, r, VM_GPU_INVALID, &err);
}

void gpu_module_compiled(struct gpu_driver *d, struct gpu_compile_job *job)
{
    struct vm_gpu_request *r = job->request;

    text_put(r, job->log ? job->log : "", job->log ? job->log_length : 0);
    if (!job->ok)
        gpu_driver_done(d, r, VM_GPU_COMPILE);
    else
        make_module(d, r, job->portable ? VM_GPU_BINARY_PTX : d->kind->binary, job->binary,
                    job->binary_length);
}

void gpu_module_load(struct gpu_driver *d, struct vm_gpu_request *r)
{
    const struct vm_gpu_code *code = &r->u.code;
    struct vm_error err = VM_ERROR_INIT;

    if (!(d->gpus[r->gpu].info.binaries & code->format) || (code->format & (code->format - 1))) {
        vm_error_set(&err, "this GPU does not take this kind of binary");
        gpu_driver_failed(d, r, VM_GPU_UNSUPPORTED, &err);
        return;
    }
    make_module(d, r, code->format, code->bytes, code->length);
}

/* ---- Functions ------------------------------------------------------------------------------- */

struct gpu_function *gpu_function_find(struct gpu_driver *d, uint32_t gpu, uint64_t number)
{
    for (struct gpu_module *m = d->modules; m; m = m->next)
        for (struct gpu_function *f = m->functions; f && m->gpu == gpu && !m->unload; f = f->next)
            if (f->number == number)
                return f;
    return NULL;
}

/* The driver's list of parameters, which ends where it calls the index invalid. */
static int ask_parameters(struct gpu_driver *d, struct gpu_function *f, struct vm_error *err)
{
    struct gpu_kernel *k = &f->kernel;

    k->n_parameters = k->arguments_size = 0;
    for (uint32_t i = 0;; i++) {
        size_t offset = 0, size = 0;
        int result = d->call.function_parameter(f->function, i, &offset, &size);
        if (result == GPU_ERROR_INVALID_VALUE)
            return 0;
        if (gpu_driver_check(d, result, offsetof(struct gpu_calls, function_parameter), err))
            return -1;
        if (gpu_kernel_parameter(k, i, offset, size)) {
            d->result = GPU_ERROR_INVALID_VALUE;
            return vm_error_set(err, "the kernel has more than %d parameters, or one too large",
                                VM_GPU_MAX_PARAMETERS);
        }
    }
}

static void ask_attributes(struct gpu_driver *d, struct gpu_function *f)
{
    const struct {
        int attribute;
        uint32_t *to;
    } all[] = {
        {GPU_FUNCTION_MAX_THREADS, &f->kernel.max_threads},
        {GPU_FUNCTION_SHARED, &f->kernel.static_shared},
        {GPU_FUNCTION_LOCAL, &f->kernel.local_size},
        {GPU_FUNCTION_REGISTERS, &f->kernel.registers},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int value = -1;
        if (d->call.function_attribute(&value, all[i].attribute, f->function) == GPU_SUCCESS &&
            value >= 0)
            *all[i].to = (uint32_t)value;
    }
}

/* All that can be known; 0, or -1 with err and d->result set. */
static int fill_function(struct gpu_driver *d, struct gpu_module *m, struct gpu_function *f,
                         const char *name, struct vm_error *err)
{
    const struct gpu_kernel *known = gpu_kernels_find(&m->kernels, name);

    f->kernel.max_threads = f->kernel.static_shared = VM_GPU_UNKNOWN;
    f->kernel.registers = f->kernel.local_size = VM_GPU_UNKNOWN;
    if (known)
        f->kernel = *known;
    f->kernel.name = strdup(name);
    if (!f->kernel.name) {
        d->result = GPU_ERROR_OUT_OF_MEMORY;
        return vm_error_set(err, "out of memory of the host's");
    }
    if (!known && m->kernels_known) {
        d->result = GPU_ERROR_NOT_FOUND;
        return vm_error_set(err, "the module has no kernel of this name (is it extern \"C\"?)");
    }
    if (d->compile_only)
        return 0;
    if (GPU_CALL(d, err, module_function, &f->function, m->module, name))
        return -1;
    ask_attributes(d, f);
    if (d->call.function_parameter)
        return ask_parameters(d, f, err);
    if (!known) {
        d->result = GPU_ERROR_INVALID_VALUE;
        return vm_error_set(err, "this driver cannot tell the parameters of PTX kernels (CUDA 12.4 "
                                 "and later can): load a cubin, or compile the source");
    }
    return 0;
}

static struct gpu_function *get_function(struct gpu_driver *d, struct gpu_module *m,
                                         const char *name, struct vm_error *err)
{
    struct gpu_function *f = m->functions;

    while (f && strcmp(f->kernel.name, name) != 0)
        f = f->next;
    if (f)
        return f;
    f = calloc(1, sizeof(*f));
    if (!f) {
        d->result = GPU_ERROR_OUT_OF_MEMORY;
        vm_error_set(err, "out of memory of the host's");
        return NULL;
    }
    if (fill_function(d, m, f, name, err)) {
        free(f->kernel.name);
        free(f);
        return NULL;
    }
    f->number = ++d->last_number;
    f->module = m;
    f->next = m->functions;
    m->functions = f;
    return f;
}

void gpu_module_function(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct vm_gpu_function *out = &r->u.function;
    struct gpu_module *m = find_module(d, r->gpu, out->module);
    struct vm_error err = VM_ERROR_INIT;
    const struct gpu_function *f;

    if (!m) {
        vm_error_set(&err, "this GPU has no such module");
        gpu_driver_failed(d, r, VM_GPU_NOT_FOUND, &err);
        return;
    }
    f = get_function(d, m, out->name, &err);
    if (!f) {
        gpu_driver_call_failed(d, r, &err);
        return;
    }
    out->function = f->number;
    out->n_parameters = f->kernel.n_parameters;
    out->max_threads = f->kernel.max_threads;
    out->static_shared = f->kernel.static_shared;
    out->registers = f->kernel.registers;
    out->local_size = f->kernel.local_size;
    if (f->kernel.n_parameters > 0)
        memcpy(out->parameters, f->kernel.parameters,
               f->kernel.n_parameters * sizeof(out->parameters[0]));
    gpu_driver_done(d, r, VM_GPU_OK);
}
