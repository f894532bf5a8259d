/* SPDX-License-Identifier: BSD-2-Clause */
/* rings.c - commands come in by one ring, completions go out by the other. */
#include <string.h>

#include "vgpu.h"

static void read_command(const struct vgpu *v, uint32_t number, struct command *c)
{
    uint8_t entry[VGPU_ENTRY_BYTES];

    window_read(v, v->submit_offset + (number & (v->entries - 1)) * VGPU_ENTRY_BYTES, entry,
                sizeof(entry));
    c->op = (uint32_t)get_le(entry + VGPU_SUBMIT_OP, 4);
    c->id = (uint32_t)get_le(entry + VGPU_SUBMIT_ID, 4);
    c->gpu = (uint32_t)get_le(entry + VGPU_SUBMIT_GPU, 4);
    c->stream = (uint32_t)get_le(entry + VGPU_SUBMIT_STREAM, 4);
    c->text_offset = (uint32_t)get_le(entry + VGPU_SUBMIT_TEXT, 4);
    c->text_room = (uint32_t)get_le(entry + VGPU_SUBMIT_TEXT + 4, 4);
    for (uint32_t i = 0; i < 5; i++)
        c->arg[i] = get_le(entry + VGPU_SUBMIT_ARGS + i * 8, 8);
    for (uint32_t i = 0; i < 10; i++)
        c->half[i] = (uint32_t)(c->arg[i / 2] >> i % 2 * 32);
}

void rings_complete(struct vgpu *v, const struct command *c, uint32_t error, uint32_t text_length,
                    const uint64_t results[N_RESULTS], uint64_t gpu_ns)
{
    uint64_t at =
        v->complete_offset + (uint64_t)(v->complete_tail & (v->entries - 1)) * VGPU_ENTRY_BYTES;
    uint8_t entry[VGPU_ENTRY_BYTES] = {0};
    uint64_t first;

    v->complete_tail++;
    put_le(entry + VGPU_COMPLETE_SEQUENCE, 4, v->complete_tail);
    put_le(entry + VGPU_COMPLETE_ID, 4, c->id);
    put_le(entry + VGPU_COMPLETE_ERROR, 4, error);
    put_le(entry + VGPU_COMPLETE_TEXT, 4, text_length);
    for (uint32_t i = 0; i < N_RESULTS && error == VGPU_OK; i++)
        put_le(entry + VGPU_COMPLETE_RESULTS + i * 8, 8, results[i]);
    put_le(entry + VGPU_COMPLETE_GPU_NS, 8, gpu_ns);
    window_write(v, at + 8, entry + 8, sizeof(entry) - 8);
    memcpy(&first, entry, sizeof(first));
    __atomic_store_n((uint64_t *)(void *)(v->window + at), first, __ATOMIC_RELEASE);
    v->events |= VGPU_IRQ_COMPLETION;
}

void rings_run(struct vgpu *v)
{
    uint32_t limit = v->entries < MAX_UNDER_WAY ? v->entries : MAX_UNDER_WAY;

    while ((v->status & VGPU_STATUS_ENABLED) && !(v->status & VGPU_STATUS_FAILED) &&
           v->submit_head != v->submit_tail && v->under_way < limit) {
        uint64_t results[N_RESULTS] = {0};
        struct command c;

        read_command(v, v->submit_head++, &c);
        uint32_t error = command_begin(v, &c, results);
        if (error != PENDING)
            rings_complete(v, &c, error, 0, results, 0);
    }
}

/* Its text goes into the room that the guest gave; what does not fit is cut off. */
static uint32_t give_text(struct vgpu *v, const struct request *r)
{
    uint32_t room = r->command.text_room, n;

    if (!room)
        return 0;
    n = (uint32_t)strnlen(r->text, room - 1);
    r->text[n] = 0;
    window_write(v, r->command.text_offset, r->text, n + 1);
    return r->gpu.text_length > n ? r->gpu.text_length : n;
}

void rings_done(void *dev, struct vm_gpu_request *gpu)
{
    struct vgpu *v = dev;
    struct request *r = gpu->opaque;
    uint64_t results[N_RESULTS] = {0};

    v->under_way--;
    if (!r->is_own) {
        uint32_t error = command_finish(v, r, results);
        if (error == VGPU_LOST)
            v->status |= VGPU_STATUS_LOST;
        if (!v->stopping)
            rings_complete(v, &r->command, error, give_text(v, r), results, gpu->gpu_ns);
    }
    request_give(v, r);
    if (!v->stopping)
        rings_run(v);
}

void rings_all_told(void *dev)
{
    struct vgpu *v = dev;

    tell(v, v->events);
}
