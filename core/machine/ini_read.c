/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ini_read.c - reads a machine file and what it includes.
 *
 * inih takes lines apart into keys and values. It is fed by a reader of our own, since inih as
 * distributions build it does not tell lines to its handler, passes over section headers in
 * silence, and cuts long lines in two: the reader counts lines, takes headers apart itself, and
 * refuses what inih would misread. Handler and reader run in step, line by line.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/machine/ini.h"

_Static_assert(INI_LINE_BYTES < INI_MAX_LINE, "inih must take our longest line whole");

struct reading {
    struct ini *ini;
    const struct ini_file *file;
    unsigned depth;
    FILE *stream;
    int line;
    struct ini_section *section; /* NULL: before the first header */
    bool continued;              /* this line goes on with the last key's value */
    /* The last key, until it is known that its value is whole. */
    const char *key;
    struct location key_where;
    char *value;
    size_t value_bytes;
    bool failed;
    struct vm_error *err;
};

enum read_result { READ_OK, READ_NOT_OPENED, READ_BAD_TEXT };

static enum read_result read_file(struct ini *ini, const char *path, const struct ini_file *parent,
                                  unsigned depth, struct vm_error *err);

static struct location here(const struct reading *r)
{
    return (struct location){r->file->path, r->line};
}

/* Marks the reading as failed; the message is in err and gets this line in front. Returns -1. */
static int fail(struct reading *r)
{
    r->failed = true;
    return ini_error_at(r->err, here(r));
}

/* ---- lines ---- */

/* Text is UTF-8 without control characters, so that no message can upset a terminal. Returns the
 * bytes of one character or 0. */
static size_t text_char(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    uint32_t c = p[0];

    if (length == 1)
        return (p[0] >= 0x20 && p[0] != 0x7f) || p[0] == '\t';
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < length)
        return 0;
    c &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    /* Not: overlong forms, C1 controls, surrogates, beyond Unicode. */
    return c < least[length] || c < 0xa0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0
                                                                                        : length;
}

/* `cut`: the line goes on, so that its last character may be incomplete. */
static int check_text(struct reading *r, const char *line, size_t n, bool cut)
{
    for (size_t i = 0; i < n;) {
        size_t step = text_char((const unsigned char *)line + i, n - i);
        if (step == 0 && cut && n - i < 4)
            break;
        if (step == 0) {
            vm_error_set(r->err,
                         "this is no text file: byte %zu of the line is 0x%02x; write the file as "
                         "plain UTF-8 text",
                         i + 1, (unsigned char)line[i]);
            return fail(r);
        }
        i += step;
    }
    return 0;
}

/*
 * Reads one line without its end into `line`. Returns its length, -1 at the end of the file or
 * after an error. Never reads more than one byte beyond the longest line.
 */
static ssize_t get_line(struct reading *r, char *line)
{
    size_t n = 0;
    int c;

    while ((c = getc_unlocked(r->stream)) != EOF && c != '\n') {
        if (n == INI_LINE_BYTES) {
            r->line++;
            if (check_text(r, line, n, true) == 0) {
                vm_error_set(r->err,
                             "the line is longer than %d bytes; let the value go on in a following "
                             "line that begins with "
                             "a space",
                             INI_LINE_BYTES);
                fail(r);
            }
            return -1;
        }
        line[n++] = (char)c;
    }
    if (c == EOF && ferror(r->stream)) {
        r->line++;
        vm_error_set(r->err, "cannot read the file: %s", strerror(errno));
        fail(r);
        return -1;
    }
    if (c == EOF && n == 0)
        return -1;
    r->line++;
    r->ini->bytes += n + 1;
    if (r->ini->bytes > INI_FILE_BYTES) {
        vm_error_set(r->err, "a machine's files may have %d bytes at most", INI_FILE_BYTES);
        fail(r);
        return -1;
    }
    if (n > 0 && line[n - 1] == '\r')
        n--;
    if (r->line == 1 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        n -= 3;
        memmove(line, line + 3, n);
    }
    line[n] = '\0';
    return check_text(r, line, n, false) ? -1 : (ssize_t)n;
}

/* ---- sections ---- */

static bool is_word(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && n <= INI_NAME_BYTES && text[n] == '\0';
}

/* Whether `file` includes `other`, itself or by way of others: then what it says goes before what
 * `other` said. */
static bool includes(const struct ini_file *file, const struct ini_file *other)
{
    while (other && other->parent != file)
        other = other->parent;
    return other != NULL;
}

static int count_entry(struct reading *r)
{
    if (++r->ini->entries <= INI_ENTRIES)
        return 0;
    vm_error_set(r->err, "a machine's files may have %d keys and sections at most", INI_ENTRIES);
    return fail(r);
}

static int open_section(struct reading *r, const char *kind, const char *name)
{
    struct ini_section *s = ini_section(r->ini, kind, name);

    if (count_entry(r))
        return -1;
    if (!s) {
        r->section = ini_add_section(r->ini, kind, name, here(r), r->file);
        return 0;
    }
    if (!includes(r->file, s->file)) {
        vm_error_set(r->err, "[%s] is there twice; it was first at %s:%d", ini_title(r->ini, s),
                     s->where.file, s->where.line);
        return fail(r);
    }
    s->file = r->file;
    s->where = here(r);
    r->section = s;
    return 0;
}

/* "[kind]" or "[kind name]", and at most a comment behind it. */
static int take_header(struct reading *r, const char *line)
{
    const char *end = strchr(line, ']');
    char inside[INI_LINE_BYTES + 1], *rest = inside;

    if (!end) {
        vm_error_set(r->err, "the section header has no ']'");
        return fail(r);
    }
    const char *behind = end + 1 + strspn(end + 1, " \t");
    if (*behind && !strchr(";#", *behind)) {
        vm_error_set(r->err,
                     "there is text behind the section header: '%s'; put it into a line of its own",
                     behind);
        return fail(r);
    }
    memcpy(inside, line + 1, (size_t)(end - line) - 1);
    inside[end - line - 1] = '\0';
    const char *kind = strsep(&rest, " \t");
    while (rest && (*rest == ' ' || *rest == '\t'))
        rest++;
    size_t n = rest ? strlen(rest) : 0;
    while (n > 0 && (rest[n - 1] == ' ' || rest[n - 1] == '\t'))
        rest[--n] = '\0';
    if (!is_word(kind) || (n > 0 && !is_word(rest))) {
        vm_error_set(r->err,
                     "'%.*s' is no section header; write [KIND] or [KIND NAME] with letters, "
                     "digits, '-' and '_', "
                     "%d of them at most",
                     (int)(end - line) + 1, line, INI_NAME_BYTES);
        return fail(r);
    }
    return open_section(r, kind, n > 0 ? rest : NULL);
}

/* ---- keys ---- */

/* The last key's value is whole. */
static void finish_key(struct reading *r)
{
    if (r->key)
        ini_set(r->ini, r->section, r->key, r->value, r->key_where, r->file);
    r->key = NULL;
}

static int append_value(struct reading *r, const char *text)
{
    size_t n = strlen(text);
    size_t gap = r->value_bytes > 0 && n > 0;

    if (r->value_bytes + gap + n >= INI_VALUE_BYTES) {
        vm_error_set(r->err, "the value of '%s' is longer than %d bytes", r->key, INI_VALUE_BYTES);
        return fail(r);
    }
    if (gap)
        r->value[r->value_bytes++] = ' ';
    memcpy(r->value + r->value_bytes, text, n + 1);
    r->value_bytes += n;
    return 0;
}

/* inih strips a comment behind the first line of a value, but not behind the lines that continue
 * it. */
static void strip_comment(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p == ';' && (p == text || p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            break;
        }
    }
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        text[--n] = '\0';
}

static int start_key(struct reading *r, const char *name, const char *value)
{
    const struct ini_key *old = ini_key(r->section, name);

    if (!is_word(name)) {
        vm_error_set(r->err,
                     "'%.60s' is no key; write 'key = value' with letters, digits and '-' in the "
                     "key, %d of them at most",
                     name, INI_NAME_BYTES);
        return fail(r);
    }
    if (count_entry(r))
        return -1;
    if (old && !includes(r->file, old->file)) {
        vm_error_set(r->err, "[%s] %s is there twice; it was first at %s:%d",
                     ini_title(r->ini, r->section), name, old->where.file, old->where.line);
        return fail(r);
    }
    r->key = pool_strdup(r->ini->pool, name);
    r->key_where = here(r);
    r->value_bytes = 0;
    return append_value(r, value);
}

static int take_include(struct reading *r, const char *name, const char *value)
{
    static const char *const known[] = {"include"};

    if (strcmp(name, "include") != 0) {
        if (nearest_name(name, known, 1))
            vm_error_set(r->err,
                         "unknown key '%.60s' before the first section; did you mean 'include'?",
                         name);
        else
            vm_error_set(r->err,
                         "'%.60s' stands before the first section; put it below its [section]",
                         name);
        return fail(r);
    }
    if (!*value) {
        vm_error_set(r->err, "include: the file name is empty");
        return fail(r);
    }
    const char *path = value;
    const char *slash = strrchr(r->file->path, '/');
    if (value[0] != '/' && slash)
        path = pool_printf(r->ini->pool, "%.*s%s", (int)(slash - r->file->path) + 1, r->file->path,
                           value);
    switch (read_file(r->ini, path, r->file, r->depth + 1, r->err)) {
    case READ_OK:
        return 0;
    case READ_NOT_OPENED:
        vm_error_prefix(r->err, "include");
        return fail(r);
    default: /* the message says where in that file */
        r->failed = true;
        return -1;
    }
}

/* ---- what inih calls ---- */

static int take_pair(void *opaque, const char *section, const char *name, const char *value)
{
    struct reading *r = opaque;

    (void)section;
    if (r->failed)
        return 0;
    if (r->continued) {
        char text[INI_LINE_BYTES + 1];
        memcpy(text, value, strlen(value) + 1);
        strip_comment(text);
        return append_value(r, text) == 0;
    }
    finish_key(r);
    if (!r->section)
        return take_include(r, name, value) == 0;
    return start_key(r, name, value) == 0;
}

/* Hands the next line to inih, in a buffer of `size` bytes (INI_MAX_LINE). NULL: no more, or an
 * error. */
static char *next_line(char *line, int size, void *opaque)
{
    struct reading *r = opaque;

    if (r->failed || size <= INI_LINE_BYTES || get_line(r, line) < 0)
        return NULL;
    const char *text = line + strspn(line, " \t");
    r->continued = false;
    if (*text == '\0' || *text == ';' || *text == '#')
        return line;
    if (text != line) {
        r->continued = r->key != NULL;
        if (!r->continued) {
            vm_error_set(r->err, "the line is indented, which means that it goes on with the value "
                                 "above, but there is none; "
                                 "begin it in the first column");
            fail(r);
            return NULL;
        }
    } else if (*line == '[') {
        finish_key(r);
        if (take_header(r, line))
            return NULL;
    }
    return line;
}

/* ---- files ---- */

static const struct ini_file *new_file(struct ini *ini, const char *path,
                                       const struct ini_file *parent, const struct stat *st,
                                       struct vm_error *err)
{
    struct ini_file *file = pool_alloc(ini->pool, sizeof(*file));
    const char *slash = strrchr(path, '/');
    const char *dir = !slash          ? "."
                      : slash == path ? "/"
                                      : pool_strndup(ini->pool, path, (size_t)(slash - path));
    char *absolute = realpath(dir, NULL);

    if (!absolute) {
        vm_error_set(err, "cannot find the folder of '%s': %s", path, strerror(errno));
        return NULL;
    }
    file->path = pool_strdup(ini->pool, path);
    file->dir = pool_strdup(ini->pool, absolute);
    free(absolute);
    file->parent = parent;
    file->device = st->st_dev;
    file->inode = st->st_ino;
    return file;
}

/* A file that includes itself: named with the way that led there. */
static int check_loop(struct ini *ini, const struct ini_file *parent, const char *path,
                      const struct stat *st, struct vm_error *err)
{
    const char *way = path;

    for (const struct ini_file *f = parent; f; f = f->parent) {
        way = pool_printf(ini->pool, "%s -> %s", f->path, way);
        if (f->device == (uint64_t)st->st_dev && f->inode == (uint64_t)st->st_ino)
            return vm_error_set(err, "include loop: %s", way);
    }
    return 0;
}

static FILE *open_file(struct ini *ini, const char *path, const struct ini_file *parent,
                       struct stat *st, struct vm_error *err)
{
    /* Not to wait for a writer that a FIFO may never get. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    FILE *stream = NULL;

    if (fd < 0 || fstat(fd, st)) {
        vm_error_set(err, "cannot open '%s': %s", path, strerror(errno));
    } else if (S_ISDIR(st->st_mode)) {
        vm_error_set(err, "'%s' is a folder; name a machine file in it", path);
    } else if (check_loop(ini, parent, path, st, err) == 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        stream = fdopen(fd, "r");
        if (!stream)
            vm_error_set(err, "cannot read '%s': %s", path, strerror(errno));
    }
    if (!stream && fd >= 0)
        close(fd);
    return stream;
}

/* Runs inih over the stream. */
static int read_stream(struct reading *r)
{
    r->value = malloc(INI_VALUE_BYTES);
    if (!r->value)
        return vm_error_set(r->err, "out of memory");
    int bad_line = ini_parse_stream(next_line, r, take_pair, r);
    /* inih notes the first line that it could not take apart, or whose handler failed, and goes on.
     */
    if (bad_line > 0 && (!r->failed || bad_line < r->line)) {
        r->line = bad_line;
        vm_error_set(
            r->err,
            "this is neither a section, a key with a value, nor a comment; write 'key = value'");
        fail(r);
    } else if (bad_line < 0) {
        vm_error_set(r->err, "out of memory");
        r->failed = true;
    }
    if (!r->failed)
        finish_key(r);
    free(r->value);
    return r->failed ? -1 : 0;
}

static enum read_result read_file(struct ini *ini, const char *path, const struct ini_file *parent,
                                  unsigned depth, struct vm_error *err)
{
    struct reading r = {.ini = ini, .depth = depth, .err = err};
    enum read_result result = READ_NOT_OPENED;
    struct stat st;

    if (depth > INI_INCLUDE_DEPTH) {
        vm_error_set(err, "'%s' is included %u levels deep; %d are allowed", path, depth,
                     INI_INCLUDE_DEPTH);
        return READ_NOT_OPENED;
    }
    r.stream = open_file(ini, path, parent, &st, err);
    if (!r.stream)
        return READ_NOT_OPENED;
    r.file = new_file(ini, path, parent, &st, err);
    if (r.file)
        result = read_stream(&r) ? READ_BAD_TEXT : READ_OK;
    fclose(r.stream);
    return result;
}

struct ini *ini_read(const char *path, struct vm_error *err)
{
    struct pool *pool = pool_new();
    struct ini *ini = pool_alloc(pool, sizeof(*ini));

    ini->pool = pool;
    ini->path = pool_strdup(pool, path);
    if (read_file(ini, path, NULL, 0, err) == READ_OK)
        return ini;
    pool_free(pool);
    return NULL;
}
