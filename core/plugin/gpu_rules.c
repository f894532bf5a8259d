/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_rules.c - what vmrun/gpu.h says of the requests of every backend. */
#include "core/plugin/gpu_rules.h"
#include <string.h>

static const char *senseless(const struct vm_gpu_request *r)
{
    const struct vm_gpu_launch *l = &r->u.launch;
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return r->u.memory.length ? NULL : "no bytes are to be allocated";
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
        return r->u.copy.length && r->u.copy.host ? NULL : "no bytes are to be copied";
    case VM_GPU_OP_COPY:
        return r->u.copy.length ? NULL : "no bytes are to be copied";
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
        return r->u.code.bytes ? NULL : "there is no code";
    case VM_GPU_OP_FUNCTION:
        return r->u.function.name && r->u.function.parameters ? NULL : "the function has no name";
    case VM_GPU_OP_LAUNCH:
        for (int i = 0; i < 3; i++)
            if (!l->grid[i] || !l->block[i])
                return "a grid or block without threads";
        return l->arguments_size && !l->arguments ? "there are no arguments" : NULL;
    case VM_GPU_OP_STREAM_FREE:
        return r->stream ? NULL : "stream 0 is always there";
    default:
        return NULL;
    }
}

const char *gpu_request_wrong(const struct vm_gpu_request *r, uint32_t n_gpus, uint32_t *error)
{
    *error = VM_GPU_UNSUPPORTED;
    if (r->op < VM_GPU_OP_ALLOC || r->op > VM_GPU_OP_STREAM_FREE)
        return "an operation that is not known";
    *error = VM_GPU_INVALID;
    return r->gpu < n_gpus ? senseless(r) : "there is no GPU of that number";
}

const char *gpu_result_unsound(const struct vm_gpu_request *r)
{
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return !r->u.memory.address || r->u.memory.address & 255 ? "an address that is 0 or askew"
                                                                 : NULL;
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
        return r->u.code.module ? NULL : "a module 0";
    case VM_GPU_OP_FUNCTION:
        if (r->u.function.n_parameters > VM_GPU_MAX_PARAMETERS)
            return "a function with too many parameters";
        return r->u.function.function ? NULL : "a function 0";
    case VM_GPU_OP_STREAM_NEW:
        return r->stream ? NULL : "a stream 0";
    default:
        return NULL;
    }
}

void gpu_stats_count(struct vm_gpu_stats *s, const struct vm_gpu_request *r, uint64_t ns)
{
    switch (r->op) {
    case VM_GPU_OP_COPY_IN:
        s->bytes_in += r->u.copy.length;
        s->copy_ns += ns;
        break;
    case VM_GPU_OP_COPY_OUT:
        s->bytes_out += r->u.copy.length;
        s->copy_ns += ns;
        break;
    case VM_GPU_OP_COPY:
        s->bytes_within += r->u.copy.length;
        s->copy_ns += ns;
        break;
    case VM_GPU_OP_LAUNCH:
        s->launches++;
        s->launch_ns += ns;
        s->launch_gpu_ns += r->gpu_ns;
        break;
    case VM_GPU_OP_COMPILE:
        s->compilations++;
        s->compile_ns += ns;
        break;
    default:
        break;
    }
}

void gpu_info_end_texts(struct vm_gpu_info *info)
{
    info->name[sizeof(info->name) - 1] = '\0';
    info->vendor[sizeof(info->vendor) - 1] = '\0';
    info->driver[sizeof(info->driver) - 1] = '\0';
    info->architecture[sizeof(info->architecture) - 1] = '\0';
}

void gpu_request_text(struct vm_gpu_request *r, const char *text)
{
    size_t length = strlen(text);
    r->text_length = (uint32_t)length;
    if (!r->text || !r->text_size)
        return;
    size_t n = length < r->text_size - 1 ? length : r->text_size - 1;
    memcpy(r->text, text, n);
    r->text[n] = '\0';
}

void gpu_request_clear(struct vm_gpu_request *r)
{
    r->error = VM_GPU_OK;
    r->text_length = 0;
    r->gpu_ns = 0;
    memset(r->host, 0, sizeof(r->host));
    if (r->text && r->text_size)
        r->text[0] = '\0';
}
