/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ini.h - the text of a machine file: sections, keys and where each was said. Knows no meaning of
 * any of them.
 *
 * A file may begin with `include = other.ini`, once or more, before its first section. What an
 * included file says may be overridden by the file that includes it; otherwise nothing may be said
 * twice.
 */
#ifndef CORE_MACHINE_INI_H
#define CORE_MACHINE_INI_H

#include "core/machine/description.h"
#include "core/machine/ini_pool.h"

enum {
    INI_LINE_BYTES = 199,         /* longest line; a longer value goes on in indented lines */
    INI_NAME_BYTES = 48,          /* longest key or section name */
    INI_FILE_BYTES = 1024 * 1024, /* all files of one machine together */
    INI_VALUE_BYTES = 32 * 1024,
    INI_INCLUDE_DEPTH = 16,
    INI_ENTRIES = 10000, /* keys and sections of one machine */
};

/* One file that was read. */
struct ini_file {
    const char *path; /* for messages: relative to the working folder if it was given so */
    const char *dir;  /* absolute: where its relative paths start */
    const struct ini_file *parent; /* that includes it, or NULL */
    uint64_t device, inode;
};

struct ini_key {
    const char *name;
    const char *value;
    struct location where;
    const struct ini_file *file; /* NULL: given on the command line */
};

struct ini_section {
    const char *kind;
    const char *name; /* NULL for [machine] and the like */
    struct location where;
    const struct ini_file *file;
    struct ini_key *keys;
    size_t n_keys, room;
};

struct ini {
    struct pool *pool; /* of everything here; the description takes it along */
    const char *path;  /* of the machine file */
    struct ini_section *sections;
    size_t n_sections, room;
    size_t bytes; /* read so far */
    size_t entries;
};

struct ini *ini_read(const char *path, struct vm_error *err);
void ini_free(struct ini *ini);

/* The section, or NULL. `name` NULL: the one without a name. */
struct ini_section *ini_section(const struct ini *ini, const char *kind, const char *name);
struct ini_key *ini_key(const struct ini_section *section, const char *name);
/* Both never fail; they take the text as it is. */
struct ini_section *ini_add_section(struct ini *ini, const char *kind, const char *name,
                                    struct location where, const struct ini_file *file);
void ini_set(struct ini *ini, struct ini_section *section, const char *name, const char *value,
             struct location where, const struct ini_file *file);
/* "device uart0", "machine": what stands between the brackets. */
const char *ini_title(const struct ini *ini, const struct ini_section *section);

#define LOCATION_COMMAND_LINE ((struct location){"command line", 0})
/* Puts "FILE:LINE: " or "command line: " in front of the message. Returns -1. */
int ini_error_at(struct vm_error *err, struct location where);

#endif
