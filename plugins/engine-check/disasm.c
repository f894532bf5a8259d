/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine's dump, for people: lines "code ADDRESS: BYTES" are disassembled, others stay as they
 * are. */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define MAX_CODE 65536u /* bytes of one stretch */

struct dump {
    FILE *out;
    uint64_t address; /* of the first byte */
    uint32_t n;
    uint8_t bytes[MAX_CODE];
};

static bool open_disassembler(csh *handle)
{
#if defined(__x86_64__)
    return cs_open(CS_ARCH_X86, CS_MODE_64, handle) == CS_ERR_OK;
#elif defined(__aarch64__)
    return cs_open(CS_ARCH_ARM64, CS_MODE_ARM, handle) == CS_ERR_OK;
#else
    (void)handle;
    return false;
#endif
}

static void print_bytes(const struct dump *d, uint32_t from, uint32_t n, const char *text)
{
    fprintf(d->out, "  0x%" PRIx64 "  ", d->address + from);
    for (uint32_t i = 0; i < n; i++)
        fprintf(d->out, "%02x", d->bytes[from + i]);
    fprintf(d->out, "%*s%s\n", n < 12 ? (int)(24 - 2 * n) : 1, "", text);
}

/* The stretch that has gathered; what is no instruction is shown by the byte. */
static void flush_code(struct dump *d)
{
    csh handle;
    bool open = d->n > 0 && open_disassembler(&handle);

    for (uint32_t at = 0; at < d->n;) {
        cs_insn *insn = NULL;
        char text[240] = "(data)";
        uint32_t n = 1;
        if (open && cs_disasm(handle, d->bytes + at, d->n - at, d->address + at, 1, &insn) == 1) {
            snprintf(text, sizeof(text), "%s %s", insn->mnemonic, insn->op_str);
            n = insn->size;
            cs_free(insn, 1);
        }
        print_bytes(d, at, n, text);
        at += n;
    }
    if (open)
        cs_close(&handle);
    d->n = 0;
}

/* Takes a line of code; false: it is none. */
static bool take_code(struct dump *d, const char *line)
{
    char *p;

    if (strncmp(line, "code ", 5) != 0)
        return false;
    uint64_t address = strtoull(line + 5, &p, 16);
    if (*p++ != ':')
        return false;
    if (d->n > 0 && d->address + d->n != address)
        flush_code(d);
    if (d->n == 0)
        d->address = address;
    for (;;) {
        char *end;
        unsigned long byte = strtoul(p, &end, 16);
        if (end == p || byte > 0xff || d->n == MAX_CODE)
            return true;
        d->bytes[d->n++] = (uint8_t)byte;
        p = end;
    }
}

static void put(void *opaque, const char *line)
{
    struct dump *d = opaque;

    if (take_code(d, line))
        return;
    flush_code(d);
    fprintf(d->out, "%s\n", line);
}

void check_dump(FILE *out, const struct check_engine *e, const struct vm_ir_unit *ir,
                const struct vm_unit *unit)
{
    struct dump *d = e->ops.dump ? calloc(1, sizeof(*d)) : NULL;

    fprintf(out, "-- %s: %" PRIu64 " bytes of code%s\n", e->name, unit->code_bytes,
            e->ops.dump ? "" : "; it shows none");
    if (!d)
        return;
    d->out = out;
    e->ops.dump(e->self, ir, unit, put, d);
    flush_code(d);
    free(d);
}
