/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot_state.h - a device's declared state as bytes: tagged, little-endian, versioned.
 *
 * One section:  u32 length of what follows, u16 + name of the instance, u32 version of the table,
 * u32 number of fields, then each field: u16 + name, u8 type (enum vm_state_type), u32 count, count
 * elements.
 */
#ifndef CORE_MACHINE_SNAPSHOT_STATE_H
#define CORE_MACHINE_SNAPSHOT_STATE_H

#include <stdbool.h>
#include <vmrun/device.h>

struct state_buffer {
    uint8_t *bytes;
    size_t n, room;
    bool failed; /* out of memory */
};

void state_buffer_free(struct state_buffer *b);

/* Whether a plugin's table makes sense. -1 with err set. */
int state_table_check(const struct vm_state_table *table, struct vm_error *err);
/* Appends the section of instance `name`, whose struct is `dev`. */
int state_write(struct state_buffer *b, const char *name, const struct vm_state_table *table,
                const void *dev, struct vm_error *err);
/*
 * Reads the section at bytes[*at], which must be that of `name`, into `dev` and moves *at behind
 * it. Everything is checked before anything is changed: a newer version, an unknown, repeated or
 * missing field, another type or count is refused. Fields that are newer than the saved version
 * keep their value.
 */
int state_read(const uint8_t *bytes, size_t n, size_t *at, const char *name,
               const struct vm_state_table *table, void *dev, struct vm_error *err);

#endif
