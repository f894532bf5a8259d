/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_rules.h - what vmrun/gpu.h says of the requests of every backend; for hosts of all kinds. */
#ifndef CORE_PLUGIN_GPU_RULES_H
#define CORE_PLUGIN_GPU_RULES_H

#include <vmrun/gpu.h>

/* Why the backend must not see the request, in words, with *error set; NULL: it may. */
const char *gpu_request_wrong(const struct vm_gpu_request *r, uint32_t n_gpus, uint32_t *error);
/* What the backend has handed out that no device can use; NULL: all is well. */
const char *gpu_result_unsound(const struct vm_gpu_request *r);
/* Adds one that is done without error, and took so long from its begin. */
void gpu_stats_count(struct vm_gpu_stats *stats, const struct vm_gpu_request *r, uint64_t ns);
/* Ends the texts, which may lack their zero. */
void gpu_info_end_texts(struct vm_gpu_info *info);
/* The text of a request: as much as there is room for. */
void gpu_request_text(struct vm_gpu_request *r, const char *text);
/* What a host does first to a request that is submitted. */
void gpu_request_clear(struct vm_gpu_request *r);

#endif
