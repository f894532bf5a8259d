/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h - what the files that check a description share. */
#ifndef CORE_MACHINE_CHECK_H
#define CORE_MACHINE_CHECK_H

#include "core/machine/description_keys.h"
#include "core/machine/ini.h"

struct checking {
    struct description *d;
    struct ini *ini;
    struct registry *reg;
    struct vm_error *err;
};

/* Puts "FILE:LINE: [section] key: " in front of the message; key NULL: of the section as a whole.
 * Returns -1. */
int check_error_key(struct checking *c, const struct ini_section *section,
                    const struct ini_key *key);
int check_error_section(struct checking *c, const struct ini_section *section);

/* The section without a name of that kind: there always is one after check_complete(). */
struct ini_section *check_section(struct checking *c, const char *kind);
/* Where a key was said; else where its section is. */
struct location check_where(const struct ini_section *section, const char *key);

/* Parses all keys of `section` but those that the core takes itself (`own`). NULL with err set;
 * else finished values. */
struct vm_props *check_properties(struct checking *c, const struct ini_section *section,
                                  const struct vm_property *table, uint32_t n,
                                  const struct section_kind *own);

/* Each fills its part of c->d. 0, or -1 with err set. */
int check_overrides(struct checking *c, const struct override *overrides, size_t n);
int check_sections(struct checking *c);
void check_complete(struct checking *c); /* adds empty sections for those that the file may leave
                                            out; none is added later */
/* Fills the names of the installed engines; before all others. */
int check_find_engines(struct checking *c);
/* Whether [word] is the section of an engine. */
bool check_is_engine(const struct checking *c, const char *word);
int check_engines(struct checking *c);
int check_machine(struct checking *c);
int check_boot(struct checking *c);
int check_instances(struct checking *c);
/* After check_instances(): who sits on whom, and names of other devices. */
int check_buses(struct checking *c);
/* No device has the name; says which one is near, or what `name` should be. Returns -1. */
int check_no_such_device(struct checking *c, const char *name, const char *hint);
/* Plugin and properties of one section that has a `type`. */
int check_instance(struct checking *c, struct instance *out, const struct ini_section *s,
                   uint32_t kind);
/* The backends, and which device uses which; after check_instances(). */
int check_backends(struct checking *c);
/* Makes the block backend for the file or URI `text`, which is property `p` of a device. */
int check_implicit_block(struct checking *c, const struct vm_property *p, const char *text,
                         uint32_t device);

#endif
