/* SPDX-License-Identifier: BSD-2-Clause */
/* display_rules.h - what vmrun/display.h says of modes, pixels, rectangles and input; for hosts of
 * all kinds. */
#ifndef CORE_PLUGIN_DISPLAY_RULES_H
#define CORE_PLUGIN_DISPLAY_RULES_H

#include <stdbool.h>
#include <vmrun/display.h>

/* Why nothing can show the mode, in words; NULL: it can be shown. */
const char *display_mode_wrong(const struct vm_display_mode *mode);
/* Bytes from the first of such a picture to the last. */
uint64_t display_length(const struct vm_display_mode *mode);
/* The mode in which backends see it: XRGB8888, lines without gaps, a rate. */
struct vm_display_mode display_shown(const struct vm_display_mode *mode);
/* Copies what lies in `rect`, which is inside of the picture, in the shown mode. */
void display_convert(uint32_t *to, const struct vm_display_mode *mode, const void *pixels,
                     const struct vm_display_rect *rect);

/* What has changed of a picture. */
struct display_damage {
    uint32_t n;
    struct vm_display_rect rects[VM_DISPLAY_MAX_RECTS];
};

/* What of the rectangle lies inside of the picture; false: nothing. */
bool display_clip(const struct vm_display_mode *mode, struct vm_display_rect *rect);
/* Adds one that was clipped; when there is no room, all become the one around them. */
void display_damage_add(struct display_damage *damage, const struct vm_display_rect *rect);
void display_damage_all(struct display_damage *damage, const struct vm_display_mode *mode);

/* Why a report of input is no such thing, in words; NULL: it is one. */
const char *display_report_wrong(const struct vm_display_event *events, uint32_t n);

#endif
