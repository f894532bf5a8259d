/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smbios.c - what the machine is called, for firmware to tell the operating system (Linux: DMI).
 *
 * Source: DMTF DSP0134, System Management BIOS Reference Specification 3.0: 5.2.2 (entry point),
 * 6.1 (structures and their strings), 7.2 (system), 7.4 (chassis), 7.33 (boot), 7.45 (end).
 * Firmware adds the structure about itself, and puts the addresses into the entry point.
 */
#include <stdlib.h>
#include <string.h>
#include "fwcfg.h"

#define MAX_TEXT     64u
#define MAX_TABLES   1024u
#define ENTRY_LENGTH 24u

enum { TYPE_SYSTEM = 1, TYPE_CHASSIS = 3, TYPE_BOOT = 32, TYPE_END = 127 };
enum { LENGTH_SYSTEM = 27, LENGTH_CHASSIS = 22, LENGTH_BOOT = 11, LENGTH_END = 4 };

/* The structures so far, and the number of strings behind the last one. */
struct tables {
    uint8_t bytes[MAX_TABLES];
    uint32_t length, strings;
    uint16_t handle;
};

static uint8_t *begin(struct tables *t, uint8_t type, uint8_t length)
{
    uint8_t *s = t->bytes + t->length;

    s[0] = type;
    s[1] = length;
    s[2] = (uint8_t)t->handle++;
    t->length += length;
    t->strings = 0;
    return s;
}

/* Adds a string to the structure that was begun; returns its number there, 0 for none. */
static uint8_t add_text(struct tables *t, const char *text)
{
    if (!text || !*text)
        return 0;
    memcpy(t->bytes + t->length, text, strlen(text) + 1);
    t->length += (uint32_t)strlen(text) + 1;
    return (uint8_t)++t->strings;
}

/* An empty string ends the list; a list without any has two zeros. */
static void end(struct tables *t)
{
    t->length += t->strings ? 1 : 2;
}

/* ---- What the user says ---------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first three fields are little-endian numbers (7.2.1). */
static int parse_uuid(const char *text, uint8_t uuid[16], struct vm_error *err)
{
    static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    const char *p = text;

    for (uint32_t i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
            break;
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0)
            break;
        uuid[place[i]] = (uint8_t)(high << 4 | low);
        p += 2;
        if (i == 15 && *p == '\0')
            return 0;
    }
    return vm_error_set(err, "uuid: '%s' is no UUID like 12345678-9abc-def0-1234-56789abcdef0",
                        text);
}

static const char *text_of(const struct fwcfg *f, const struct vm_props *props, const char *key,
                           struct vm_error *err)
{
    const char *text = f->host->base->prop_string(props, key);

    if (text && strlen(text) > MAX_TEXT) {
        vm_error_set(err, "%s: has more than %u characters", key, MAX_TEXT);
        return NULL;
    }
    for (const char *p = text; p && *p; p++)
        if (*p < ' ' || *p > '~') {
            vm_error_set(err, "%s: has a character that is not printable ASCII", key);
            return NULL;
        }
    return text ? text : "";
}

/* ---- The structures -------------------------------------------------------------------------- */

static int add_system(struct tables *t, const struct fwcfg *f, const struct vm_props *props,
                      struct vm_error *err)
{
    static const char *const keys[] = {"manufacturer", "product", "version", "serial"};
    const char *uuid = f->host->base->prop_string(props, "uuid");
    uint8_t *s = begin(t, TYPE_SYSTEM, LENGTH_SYSTEM);

    for (uint32_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *text = text_of(f, props, keys[i], err);
        if (!text)
            return -1;
        s[4 + i] = add_text(t, text);
    }
    if (uuid && parse_uuid(uuid, s + 8, err)) /* zeros: there is none */
        return -1;
    s[24] = 6; /* woken by the power switch */
    end(t);
    return 0;
}

static void add_chassis(struct tables *t, const char *manufacturer)
{
    uint8_t *s = begin(t, TYPE_CHASSIS, LENGTH_CHASSIS);

    s[4] = add_text(t, manufacturer);
    s[5] = 1;                 /* a kind that has no number */
    s[9] = s[10] = s[11] = 3; /* all is safe: boot, power, temperature */
    s[12] = 2;                /* security: not known */
    end(t);
}

/* The entry point; its address of the tables is firmware's to fill in. */
static void make_entry(const struct tables *t, uint8_t entry[ENTRY_LENGTH])
{
    uint8_t sum = 0;

    memcpy(entry, "_SM3_", 5);
    entry[6] = ENTRY_LENGTH;
    entry[7] = 3; /* version 3.0 */
    entry[10] = 1;
    entry[12] = (uint8_t)t->length;
    entry[13] = (uint8_t)(t->length >> 8);
    for (uint32_t i = 0; i < ENTRY_LENGTH; i++)
        sum = (uint8_t)(sum + entry[i]);
    entry[5] = (uint8_t)-sum;
}

int smbios_add(struct fwcfg *f, const struct vm_props *props, struct vm_error *err)
{
    struct tables t = {0};
    uint8_t entry[ENTRY_LENGTH] = {0};

    if (add_system(&t, f, props, err))
        return -1;
    add_chassis(&t, f->host->base->prop_string(props, "manufacturer"));
    begin(&t, TYPE_BOOT, LENGTH_BOOT); /* zeros: no errors */
    end(&t);
    begin(&t, TYPE_END, LENGTH_END);
    end(&t);
    make_entry(&t, entry);
    return items_add_file(f, "etc/smbios/smbios-anchor", entry, ENTRY_LENGTH, err) ||
                   items_add_file(f, "etc/smbios/smbios-tables", t.bytes, t.length, err)
               ? -1
               : 0;
}
