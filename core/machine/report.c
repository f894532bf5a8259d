/* SPDX-License-Identifier: BSD-2-Clause */
/* report.c - what a machine says at its end: statistics and the hash of its final state. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/host/memory.h"
#include "core/host/process.h"
#include "core/machine/block_host.h"
#include "core/machine/gpu_host.h"
#include "core/machine/internal.h"

#define PAGE 4096u

/* ---- hash ---- */

/*
 * Multiply-xorshift over 8-byte words, finished by the length: tells states apart, resists nobody.
 * Words are read little-endian, so that hosts agree.
 */
static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
    return h ^ (h >> 29);
}

void state_hash_init(struct state_hash *hash)
{
    hash->h = UINT64_C(0x243f6a8885a308d3);
}

void state_hash_update(void *opaque, const void *data, size_t n)
{
    struct state_hash *hash = opaque;
    const uint8_t *p = data;
    uint64_t h = mix(hash->h, n);
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        h = mix(h, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word);
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < n; i++)
        tail |= (uint64_t)p[i] << (8 * i);
    hash->h = mix(h, tail);
}

static bool is_zero_page(const uint8_t *p)
{
    return p[0] == 0 && memcmp(p, p + 1, PAGE - 1) == 0;
}

/* Pages of zeros do not count, so that memory never touched is the same as memory cleared. */
static void hash_ram(struct machine *m, struct state_hash *hash)
{
    struct ram_block *const *blocks;
    uint32_t n = space_ram_blocks(m->space, &blocks);
    for (uint32_t i = 0; i < n; i++) {
        for (uint64_t at = 0; at + PAGE <= blocks[i]->length; at += PAGE) {
            const uint8_t *page = blocks[i]->host + at;
            if (is_zero_page(page))
                continue;
            uint64_t pa = blocks[i]->base + at;
            state_hash_update(hash, &pa, sizeof(pa));
            state_hash_update(hash, page, PAGE);
        }
    }
}

static int hash_devices(struct machine *m, struct state_hash *hash, struct vm_error *err)
{
    struct state_buffer buffer = {0};
    int result = 0;
    for (uint32_t i = 0; i < m->n_devices && !result; i++) {
        struct vm_device_ctx *ctx = m->devices[i];
        if (!ctx->state.size || !device_lock(ctx))
            continue;
        if (ctx->ops.state_saving)
            ctx->ops.state_saving(ctx->dev);
        result = state_write(&buffer, ctx->context.name, &ctx->state, ctx->dev, err);
        device_unlock(ctx);
    }
    if (!result)
        state_hash_update(hash, buffer.bytes, buffer.n);
    state_buffer_free(&buffer);
    return result;
}

static int print_hash(struct machine *m, struct vm_error *err)
{
    struct state_hash hash;
    char text[64];
    state_hash_init(&hash);
    sched_hash(m->sched, state_hash_update, &hash);
    hash_ram(m, &hash);
    if (hash_devices(m, &hash, err))
        return -1;
    snprintf(text, sizeof(text), "state-hash: %016llx\n", (unsigned long long)hash.h);
    fputs(text, stderr);
    return 0;
}

/* ---- statistics ---- */

static uint64_t guest_instructions(struct machine *m)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < m->info.cpus; i++) {
        struct vm_cpu *cpu = sched_cpu(m->sched, i);
        n += cpu->host->instructions(cpu);
    }
    return n;
}

static uint64_t guest_resident(struct machine *m)
{
    struct ram_block *const *blocks;
    uint32_t n = space_ram_blocks(m->space, &blocks);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += host_memory_resident_in(blocks[i]->host, blocks[i]->length);
    return bytes;
}

static void add_machine_stats(struct machine *m, struct stats *s)
{
    uint64_t instructions = guest_instructions(m), run_us = (uint64_t)m->run_ns / 1000;
    uint64_t resident = host_memory_resident(), ram = guest_resident(m);
    stats_add(s, "machine", "start-to-first-instruction", (uint64_t)m->first_instruction_ns / 1000,
              "us");
    stats_add(s, "machine", "run-time", run_us, "us");
    stats_add(s, "machine", "virtual-time", (uint64_t)clock_now(m->clock) / 1000, "us");
    stats_add(s, "machine", "resets", m->resets, NULL);
    stats_add(s, "machine", "instructions", instructions, NULL);
    stats_add(s, "machine", "instructions-per-second",
              run_us ? (uint64_t)((double)instructions * 1e6 / (double)run_us) : 0, NULL);
    stats_add(s, "memory", "resident", resident, "bytes");
    stats_add(s, "memory", "guest-ram-resident", ram, "bytes");
    stats_add(s, "memory", "own-resident", resident > ram ? resident - ram : 0, "bytes");
}

static int print_stats(struct machine *m, struct vm_error *err)
{
    const char *path = m->options.stats_path;
    struct stats *s = stats_new();
    FILE *f = path ? fopen(path, "w") : stderr;
    int result = 0;
    if (!s || !f) {
        result =
            vm_error_set(err, "--stats: %s: %s", path ? path : "standard error", strerror(errno));
    } else {
        add_machine_stats(m, s);
        sched_stats(m->sched, s);
        for (uint32_t i = 0; i < m->n_blocks; i++)
            block_stats(m->blocks[i], s);
        for (uint32_t i = 0; i < m->n_gpus; i++)
            gpu_report(m->gpus[i], s);
        if (m->options.stats_json)
            stats_print_json(s, f);
        else
            stats_print(s, f);
        if (fflush(f))
            result = vm_error_set(err, "--stats: %s: %s", path ? path : "standard error",
                                  strerror(errno));
    }
    if (f && f != stderr)
        fclose(f);
    if (s)
        stats_free(s);
    return result;
}

/* Statistics first: looking at all of memory for the hash makes more of it resident. */
int machine_report(struct machine *m, struct vm_error *err)
{
    struct vm_error later = VM_ERROR_INIT; /* an error of the run itself is what counts */
    struct vm_error *to = err->set ? &later : err;
    int result = 0;
    log_finish();
    if (m->options.stats || m->options.stats_json)
        result = print_stats(m, to);
    if (m->options.state_hash && print_hash(m, to))
        result = -1;
    return result;
}
