/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image.c - reads boot files. Whatever a file holds, all that comes out of here lies inside its
 * data: every sum of two of its numbers is checked for overflow, every count has a limit.
 *
 * Of a file that is not packed only the head is read at first, the rest straight into guest memory:
 * the addresses of vm_image.data are there, reserved, but hold zeros beyond the head. The file
 * stays open, so that replacing it by another does no harm; a change of the file itself is seen and
 * refused.
 */
#include "core/machine/image.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_PROGRAM_HEADERS      256
#define MAX_PROGRAM_HEADER_BYTES 1024

struct image {
    struct vm_image info;
    struct vm_image_segment *segments;
    char *path;
    uint8_t *data; /* anonymous mapping of `room` bytes */
    uint64_t room;
    int fd; /* -1: all is in memory for good */
    off_t file_size;
    struct timespec changed; /* of the file, when it was opened */
    bool lazy;               /* beyond the head the bytes are still in the file */
    bool unpacked;           /* from gzip */
    bool released;           /* unpacked data were given back */
};

/* ---- memory ---- */

static uint8_t *map_bytes(uint64_t n, struct vm_error *err)
{
    void *p = n > SIZE_MAX / 2 ? MAP_FAILED
                               : mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        vm_error_set(err, "out of memory for %" PRIu64 " bytes", n);
        return NULL;
    }
    return p;
}

static void unmap_bytes(uint8_t *p, uint64_t n)
{
    if (p)
        munmap(p, n ? n : 1);
}

static int too_large(struct vm_error *err, uint64_t limit)
{
    return vm_error_set(err, "larger than memory (there is room for %" PRIu64 " bytes)", limit);
}

/* ---- reading ---- */

static int open_file(struct image *im, struct vm_error *err)
{
    struct stat st;
    /* O_NONBLOCK: a FIFO must not make us wait before we see that it is one. */
    im->fd = open(im->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (im->fd < 0)
        return vm_error_set(err, "cannot be opened: %s", strerror(errno));
    if (fstat(im->fd, &st) < 0)
        return vm_error_set(err, "cannot be read: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return vm_error_set(
            err, "%s", S_ISDIR(st.st_mode) ? "is a folder, not a file" : "is not a regular file");
    im->file_size = st.st_size;
    im->changed = st.st_mtim;
    return 0;
}

static int check_unchanged(const struct image *im, struct vm_error *err)
{
    struct stat st;
    if (fstat(im->fd, &st) < 0)
        return vm_error_set(err, "cannot be read: %s", strerror(errno));
    if (st.st_size != im->file_size || st.st_mtim.tv_sec != im->changed.tv_sec ||
        st.st_mtim.tv_nsec != im->changed.tv_nsec)
        return vm_error_set(err, "has changed since it was opened");
    return 0;
}

static int read_file(const struct image *im, uint64_t offset, void *to, uint64_t n,
                     struct vm_error *err)
{
    uint8_t *p = to;
    while (n) {
        ssize_t got = pread(im->fd, p, n < (1u << 30) ? n : 1u << 30, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vm_error_set(err, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return vm_error_set(err, "became shorter while it was read");
        p += got;
        offset += (uint64_t)got;
        n -= (uint64_t)got;
    }
    return 0;
}

/* Bytes of the image, wherever they are; the caller has checked the range. */
static int read_image(const struct image *im, uint64_t offset, void *to, uint64_t n,
                      struct vm_error *err)
{
    if (im->lazy)
        return read_file(im, offset, to, n, err);
    memcpy(to, im->data + offset, n);
    return 0;
}

/* ---- gzip (RFC 1952) ---- */

static bool is_gzip(const uint8_t *p, uint64_t n)
{
    return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

struct unpacker {
    z_stream z;
    const uint8_t *in;
    uint64_t left; /* of the input */
    uint8_t *out;
    uint64_t produced, limit;
    bool overflow; /* there is more than `limit` */
};

/* One call of inflate() with what fits its 32-bit counters. At the limit a spare byte tells
 * "exactly full" from "more to come". */
static int unpack_step(struct unpacker *u)
{
    uint64_t room = u->limit - u->produced;
    uint8_t spare;
    u->z.next_in = (Bytef *)(uintptr_t)u->in;
    u->z.avail_in = u->left < (1u << 30) ? (uInt)u->left : 1u << 30;
    u->z.next_out = room ? u->out + u->produced : &spare;
    u->z.avail_out = room == 0 ? 1 : room < (1u << 30) ? (uInt)room : 1u << 30;
    int status = inflate(&u->z, Z_NO_FLUSH);
    uint64_t used = (uint64_t)(u->z.next_in - u->in);
    u->in += used;
    u->left -= used;
    if (room)
        u->produced = (uint64_t)(u->z.next_out - u->out);
    else
        u->overflow = u->z.avail_out == 0;
    return status;
}

/* Members one after another are one text; padding with zeros behind the last is no part of it. */
static int unpack_members(struct unpacker *u, struct vm_error *err)
{
    for (;;) {
        int status = unpack_step(u);
        if (u->overflow)
            return too_large(err, u->limit);
        if (status == Z_STREAM_END) {
            for (; u->left && *u->in == 0; u->in++)
                u->left--;
            if (u->left == 0)
                return 0;
            if (!is_gzip(u->in, u->left))
                return vm_error_set(err, "broken gzip: %" PRIu64 " bytes of something else follow",
                                    u->left);
            inflateReset(&u->z);
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return vm_error_set(err, "broken gzip: %s", u->z.msg ? u->z.msg : "bad data");
        } else if (u->left == 0 && u->z.avail_out) {
            return vm_error_set(err, "truncated gzip");
        }
    }
}

/* Unpacks into `out`; sets *produced to the number of bytes. -1 with err set. */
static int gunzip(const uint8_t *in, uint64_t n, uint8_t *out, uint64_t limit, uint64_t *produced,
                  struct vm_error *err)
{
    struct unpacker u = {.in = in, .left = n, .out = out, .limit = limit};
    if (inflateInit2(&u.z, 15 + 16) != Z_OK)
        return vm_error_set(err, "out of memory for unpacking");
    int result = unpack_members(&u, err);
    inflateEnd(&u.z);
    *produced = u.produced;
    return result;
}

/* Unpacks the whole file into `out`; sets *n to how much it became. */
static int unpack_file(const struct image *im, uint8_t *out, uint64_t room, uint64_t *n,
                       struct vm_error *err)
{
    uint64_t packed = (uint64_t)im->file_size;
    uint8_t *in = map_bytes(packed, err);
    if (!in)
        return -1;
    int result = read_file(im, 0, in, packed, err);
    if (!result)
        result = gunzip(in, packed, out, room, n, err);
    unmap_bytes(in, packed);
    return result;
}

/* Replaces the packed data by what they unpack to. */
static int unpack(struct image *im, uint64_t limit, struct vm_error *err)
{
    /* A deflate stream grows at most 1032-fold. */
    uint64_t most = im->info.length > UINT64_MAX / 1040 ? limit : im->info.length * 1040;
    uint64_t room = most < limit ? most : limit, n;
    uint8_t *out = map_bytes(room, err);
    if (!out)
        return -1;
    if (im->lazy ? unpack_file(im, out, room, &n, err)
                 : gunzip(im->data, im->info.length, out, room, &n, err)) {
        unmap_bytes(out, room);
        return -1;
    }
    unmap_bytes(im->data, im->room);
    im->data = out;
    im->room = room;
    im->info.length = n;
    im->unpacked = true;
    im->lazy = false;
    return n ? 0 : vm_error_set(err, "is empty once unpacked");
}

/* ---- ELF (System V gABI, chapters 4 and 5) ---- */

struct elf_reader {
    const uint8_t *data; /* the ELF header, or one program header */
    uint64_t length;     /* of the file */
    bool big, wide;
};

static uint64_t get(const struct elf_reader *r, uint64_t offset, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)r->data[offset + (r->big ? n - 1 - i : i)] << (8 * i);
    return v;
}

#define HEADER(r, field)                                                                 \
    ((r)->wide ? get((r), offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)) \
               : get((r), offsetof(Elf32_Ehdr, field), sizeof(((Elf32_Ehdr *)0)->field)))
#define PROGRAM(r, field)                                                                \
    ((r)->wide ? get((r), offsetof(Elf64_Phdr, field), sizeof(((Elf64_Phdr *)0)->field)) \
               : get((r), offsetof(Elf32_Phdr, field), sizeof(((Elf32_Phdr *)0)->field)))

static bool is_elf(const uint8_t *p, uint64_t n)
{
    return n >= SELFMAG && memcmp(p, ELFMAG, SELFMAG) == 0;
}

static int elf_header(struct image *im, struct elf_reader *r, struct vm_error *err)
{
    uint8_t class = r->length > EI_CLASS ? r->data[EI_CLASS] : 0,
            order = r->length > EI_DATA ? r->data[EI_DATA] : 0;
    if (r->length < EI_NIDENT)
        return vm_error_set(err, "truncated ELF: it ends inside the header");
    if (class != ELFCLASS32 && class != ELFCLASS64)
        return vm_error_set(err, "broken ELF: class %u is neither 32 nor 64 bits", class);
    if (order != ELFDATA2LSB && order != ELFDATA2MSB)
        return vm_error_set(err, "broken ELF: unknown byte order %u", order);
    r->wide = class == ELFCLASS64;
    r->big = order == ELFDATA2MSB;
    if (r->length < (r->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return vm_error_set(err, "truncated ELF: it ends inside the header");
    uint64_t type = HEADER(r, e_type);
    if (type != ET_EXEC && type != ET_DYN)
        return vm_error_set(err, "ELF of type %" PRIu64 " is not a program%s", type,
                            type == ET_REL ? " (an object file must be linked first)" : "");
    im->info.kind = VM_IMAGE_ELF;
    im->info.elf_class = class;
    im->info.elf_big_endian = r->big;
    im->info.elf_machine = (uint16_t)HEADER(r, e_machine);
    im->info.entry = HEADER(r, e_entry);
    return 0;
}

/* Checks one PT_LOAD header and appends its segment. `entry`: the file's e_entry, until a segment
 * that has it is found. */
static int elf_segment(struct image *im, const struct elf_reader *r, uint64_t entry,
                       bool *entry_found, struct vm_error *err)
{
    struct vm_image_segment s = {
        .paddr = PROGRAM(r, p_paddr),
        .offset = PROGRAM(r, p_offset),
        .file_size = PROGRAM(r, p_filesz),
        .mem_size = PROGRAM(r, p_memsz),
    };
    uint64_t vaddr = PROGRAM(r, p_vaddr);
    if (s.mem_size < s.file_size)
        return vm_error_set(err,
                            "broken ELF: a segment has %" PRIu64 " bytes in the file but %" PRIu64
                            " in memory",
                            s.file_size, s.mem_size);
    if (s.mem_size == 0)
        return 0;
    if (s.offset > r->length || s.file_size > r->length - s.offset)
        return vm_error_set(err,
                            "truncated ELF: a segment's bytes 0x%" PRIx64 "..+0x%" PRIx64
                            " lie beyond the end of the file (%" PRIu64 " bytes)",
                            s.offset, s.file_size, r->length);
    if (s.paddr > UINT64_MAX - (s.mem_size - 1))
        return vm_error_set(
            err, "broken ELF: a segment at 0x%" PRIx64 " goes beyond the end of the address space",
            s.paddr);
    if (!*entry_found && entry >= vaddr && entry - vaddr < s.mem_size) {
        im->info.entry = entry - vaddr + s.paddr;
        *entry_found = true;
    }
    im->segments[im->info.n_segments++] = s;
    return 0;
}

static int elf_segments(struct image *im, struct elf_reader *r, const uint8_t *table, uint64_t n,
                        uint64_t entry_size, struct vm_error *err)
{
    uint64_t entry = im->info.entry;
    bool entry_found = false;
    for (uint64_t i = 0; i < n; i++) {
        r->data = table + i * entry_size;
        if (PROGRAM(r, p_type) == PT_INTERP)
            return vm_error_set(
                err, "is a dynamically linked program, which needs an operating system to run it");
        if (PROGRAM(r, p_type) == PT_LOAD && elf_segment(im, r, entry, &entry_found, err))
            return -1;
    }
    if (im->info.n_segments == 0)
        return vm_error_set(err, "ELF without a loadable segment");
    im->info.segments = im->segments;
    return 0;
}

static int parse_elf(struct image *im, struct vm_error *err)
{
    struct elf_reader r = {im->data, im->info.length, false, false};
    if (elf_header(im, &r, err))
        return -1;
    uint64_t at = HEADER(&r, e_phoff), n = HEADER(&r, e_phnum),
             entry_size = HEADER(&r, e_phentsize);
    uint64_t least = r.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (n == 0)
        return vm_error_set(err, "ELF without program headers: there is nothing to load");
    if (n > MAX_PROGRAM_HEADERS)
        return vm_error_set(err, "broken ELF: %" PRIu64 " program headers; at most %d are allowed",
                            n, MAX_PROGRAM_HEADERS);
    if (entry_size < least || entry_size > MAX_PROGRAM_HEADER_BYTES)
        return vm_error_set(err, "broken ELF: program headers of %" PRIu64 " bytes", entry_size);
    if (at > r.length || n * entry_size > r.length - at)
        return vm_error_set(
            err,
            "truncated ELF: the program headers lie beyond the end of the file (%" PRIu64 " bytes)",
            r.length);
    im->segments = calloc(n, sizeof(*im->segments));
    uint8_t *table = malloc(n * entry_size);
    int result = im->segments && table ? 0 : vm_error_set(err, "out of memory");
    if (!result)
        result = read_image(im, at, table, n * entry_size, err);
    if (!result)
        result = elf_segments(im, &r, table, n, entry_size, err);
    free(table);
    return result;
}

/* ---- life ---- */

static int decode_data(struct image *im, uint64_t limit, struct vm_error *err)
{
    if (is_gzip(im->data, im->info.length) && unpack(im, limit, err))
        return -1;
    return is_elf(im->data, im->info.length) ? parse_elf(im, err) : 0;
}

static int fill_from_bytes(struct image *im, const void *bytes, uint64_t limit,
                           struct vm_error *err)
{
    if (im->info.length > limit)
        return too_large(err, limit);
    im->room = im->info.length;
    im->data = map_bytes(im->room, err);
    if (!im->data)
        return -1;
    memcpy(im->data, bytes, im->info.length);
    return 0;
}

static int fill_from_file(struct image *im, uint64_t limit, struct vm_error *err)
{
    if (open_file(im, err))
        return -1;
    im->info.length = im->room = (uint64_t)im->file_size;
    if (im->info.length > limit)
        return too_large(err, limit);
    im->data = map_bytes(im->room, err);
    im->lazy = true;
    return im->data ? read_file(im, 0, im->data,
                                im->room < VM_IMAGE_HEAD ? im->room : VM_IMAGE_HEAD, err)
                    : -1;
}

static struct image *load(const char *path, const void *bytes, uint64_t n, uint64_t limit,
                          bool decode, struct vm_error *err)
{
    struct image *im = calloc(1, sizeof(*im));
    if (!im || !(im->path = strdup(path))) {
        free(im);
        vm_error_set(err, "%s: out of memory", path);
        return NULL;
    }
    im->info.size = sizeof(im->info);
    im->info.kind = VM_IMAGE_RAW;
    im->info.path = im->path;
    im->info.length = n;
    im->fd = -1;
    int result = bytes ? fill_from_bytes(im, bytes, limit, err) : fill_from_file(im, limit, err);
    if (!result && im->info.length == 0)
        result = vm_error_set(err, "is empty");
    if (!result && decode)
        result = decode_data(im, limit, err);
    if (result) {
        vm_error_prefix(err, "%s", path);
        image_free(im);
        return NULL;
    }
    im->info.data = im->data;
    return im;
}

struct image *image_load(const char *path, uint64_t limit, bool decode, struct vm_error *err)
{
    return load(path, NULL, 0, limit, decode, err);
}

struct image *image_from_bytes(const char *name, const void *bytes, uint64_t n, uint64_t limit,
                               bool decode, struct vm_error *err)
{
    return load(name, bytes ? bytes : "", n, limit, decode, err);
}

const struct vm_image *image_info(const struct image *image)
{
    return &image->info;
}

bool image_contains(const struct image *im, const void *from, uint64_t n)
{
    uintptr_t at = (uintptr_t)from, base = (uintptr_t)im->data;
    return at >= base && at - base <= im->info.length && n <= im->info.length - (at - base);
}

static int unpack_again(struct image *im, struct vm_error *err)
{
    uint64_t n;
    if (unpack_file(im, im->data, im->room, &n, err))
        return -1;
    if (n != im->info.length)
        return vm_error_set(err, "has changed since it was opened");
    im->released = false;
    return 0;
}

int image_copy(struct image *im, const void *from, uint64_t n, void *to, struct vm_error *err)
{
    uint64_t offset = (uint64_t)((const uint8_t *)from - im->data);
    if ((im->fd >= 0 && (im->lazy || im->released) && check_unchanged(im, err)) ||
        (im->released && unpack_again(im, err)) || read_image(im, offset, to, n, err))
        return vm_error_prefix(err, "%s", im->path);
    return 0;
}

void image_release(struct image *im)
{
    if (im->fd < 0 || !im->unpacked)
        return;
    madvise(im->data, im->room, MADV_DONTNEED);
    im->released = true;
}

void image_free(struct image *im)
{
    if (!im)
        return;
    if (im->fd >= 0)
        close(im->fd);
    unmap_bytes(im->data, im->room);
    free(im->segments);
    free(im->path);
    free(im);
}
