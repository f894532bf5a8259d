/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objects.c - what the guest has of the GPUs': allocations, sorted by address, and handles of
 * modules, functions and streams. A handle is a place in the table and the place's generation, so
 * that an old one is not taken for whatever came there after it.
 */
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

#define ALLOCATION_UNIT UINT64_C(256)

/* ---- Allocations ----------------------------------------------------------------------------- */

uint64_t allocation_charge(uint64_t length)
{
    return (length + ALLOCATION_UNIT - 1) & ~(ALLOCATION_UNIT - 1);
}

uint32_t allocation_reserve(struct vgpu *v, uint64_t length)
{
    uint32_t wanted = v->n_allocations + v->allocating + 1;

    if (length == 0 || length > UINT64_MAX / 2)
        return VGPU_BAD_LENGTH;
    if (allocation_charge(length) > v->quota - v->used)
        return VGPU_QUOTA;
    if (wanted > MAX_ALLOCATIONS)
        return VGPU_TOO_MANY;
    if (wanted > v->allocations_room) {
        uint32_t room = wanted * 2 < 64 ? 64 : wanted * 2;
        struct allocation *bigger = realloc(v->allocations, room * sizeof(*bigger));
        if (!bigger)
            return VGPU_NO_MEMORY;
        v->allocations = bigger;
        v->allocations_room = room;
    }
    v->allocating++;
    v->used += allocation_charge(length);
    return VGPU_OK;
}

/* How many begin at or below `address`. */
static uint32_t search(const struct vgpu *v, uint64_t address)
{
    uint32_t low = 0, high = v->n_allocations;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (v->allocations[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void allocation_settle(struct vgpu *v, const struct allocation *a, int failed)
{
    uint32_t at = search(v, a->address);

    v->allocating--;
    if (failed) {
        v->used -= allocation_charge(a->length);
        return;
    }
    memmove(&v->allocations[at + 1], &v->allocations[at],
            (v->n_allocations - at) * sizeof(v->allocations[0]));
    v->allocations[at] = *a;
    v->n_allocations++;
}

int allocation_has(const struct vgpu *v, uint32_t gpu, uint64_t address, uint64_t length)
{
    uint32_t at = search(v, address);
    const struct allocation *a = at ? &v->allocations[at - 1] : NULL;
    uint64_t offset = a ? address - a->address : 0;

    return a && a->gpu == gpu && offset < a->length && length <= a->length - offset;
}

int allocation_take(struct vgpu *v, uint32_t gpu, uint64_t address, struct allocation *out)
{
    uint32_t at = search(v, address);
    struct allocation *a = at ? &v->allocations[at - 1] : NULL;

    if (!a || a->address != address || a->gpu != gpu)
        return 0;
    *out = *a;
    v->n_allocations--;
    memmove(a, a + 1, (v->n_allocations - (at - 1)) * sizeof(*a));
    return 1;
}

/* ---- Handles --------------------------------------------------------------------------------- */

uint32_t object_handle(const struct vgpu *v, const struct object *o)
{
    return (uint32_t)(o - v->objects) + 1 + ((uint32_t)o->generation << 16);
}

/* The place of a handle, in use or not. */
static struct object *place(struct vgpu *v, uint32_t handle)
{
    uint32_t i = (handle & 0xffff) - 1;

    if (i >= v->objects_room || v->objects[i].generation != handle >> 16)
        return NULL;
    return &v->objects[i];
}

static int grow_objects(struct vgpu *v)
{
    uint32_t room = v->objects_room ? v->objects_room * 2 : 64;
    struct object *bigger =
        v->objects_room == MAX_OBJECTS ? NULL : realloc(v->objects, room * sizeof(*bigger));

    if (!bigger)
        return 0;
    memset(bigger + v->objects_room, 0, (room - v->objects_room) * sizeof(*bigger));
    v->objects = bigger;
    v->objects_room = room;
    return 1;
}

uint32_t object_reserve(struct vgpu *v)
{
    uint32_t i = 0;

    while (i < v->objects_room && v->objects[i].kind != OBJECT_NONE)
        i++;
    if (i == v->objects_room && !grow_objects(v))
        return 0;
    v->objects[i].kind = OBJECT_RESERVED;
    v->n_objects++;
    return object_handle(v, &v->objects[i]);
}

struct object *object_reserved(struct vgpu *v, uint32_t handle)
{
    struct object *o = place(v, handle);

    return o && o->kind == OBJECT_RESERVED ? o : NULL;
}

struct object *object_find(struct vgpu *v, uint32_t handle, uint32_t kind, uint32_t gpu)
{
    struct object *o = place(v, handle);

    return o && o->kind == kind && o->gpu == gpu ? o : NULL;
}

void object_drop(struct vgpu *v, uint32_t handle)
{
    struct object *o = place(v, handle);

    if (!o || o->kind == OBJECT_NONE)
        return;
    *o = (struct object){.generation = (uint16_t)(o->generation + 1)};
    v->n_objects--;
}

void object_drop_functions(struct vgpu *v, uint32_t module)
{
    for (uint32_t i = 0; i < v->objects_room; i++)
        if (v->objects[i].kind == OBJECT_FUNCTION && v->objects[i].module == module)
            object_drop(v, object_handle(v, &v->objects[i]));
}

uint32_t object_function(const struct vgpu *v, uint32_t module, uint64_t number)
{
    for (uint32_t i = 0; i < v->objects_room; i++) {
        const struct object *o = &v->objects[i];
        if (o->kind == OBJECT_FUNCTION && o->module == module && o->number == number)
            return object_handle(v, o);
    }
    return 0;
}
