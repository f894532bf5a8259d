/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_9p.c - libFuzzer target for the shared folder: a client that sends messages of the right
 * form with any content, messages of any form, and resets, while others are under way. It works on
 * a private folder, and what lies beside that folder must stay as it was.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/p9_client.h"
#include "../unit/p9_folder.h"
#include <vmrun/test.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       300
#define MAX_STATE_STEPS 3
#define SECRET          "it is out"

struct input {
    const uint8_t *data;
    size_t size;
};

static uint64_t take(struct input *in, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint64_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

static void take_bytes(struct input *in, void *to, size_t n)
{
    size_t part = n < in->size ? n : in->size;

    memset(to, 0, n);
    memcpy(to, in->data, part);
    in->data += part;
    in->size -= part;
}

/* ---- the folder ------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type;
    if (at->level > 0)
        remove(path);
    return 0;
}

static void make_folder(void)
{
    p9_folder_make(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    p9_put_file("outside/secret", SECRET);
    atexit(p9_folder_remove);
}

static void fill_folder(void)
{
    if (chmod(p9_path("share"), 0755) ||
        nftw(p9_path("share"), remove_one, 16, FTW_DEPTH | FTW_PHYS) ||
        mkdir(p9_path("share/d"), 0755) || mkfifo(p9_path("share/p"), 0644) ||
        symlink("../outside", p9_path("share/l")))
        vm_test_broken("no folder");
    p9_put_file("share/f", "a file's text");
    p9_put_file("share/d/g", "another's");
}

static void check_outside(void)
{
    const char *text = p9_file("outside/secret");
    struct stat st;

    if (!text || strcmp(text, SECRET) != 0 || stat(p9_path("outside/secret"), &st) ||
        st.st_nlink != 1 || (st.st_mode & 07777) != (0666 & ~022u) ||
        unlink(p9_path("outside/secret")) || rmdir(p9_path("outside")))
        vm_test_broken("the guest was outside of its folder");
    mkdir(p9_path("outside"), 0755);
    p9_put_file("outside/secret", SECRET);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* As in p9_client.h, and f for a fid, t for a name. */
static const struct {
    uint8_t type;
    const char *fields;
} messages[] = {
    {P9_STATFS, "f"},           {P9_LOPEN, "fd"},       {P9_LCREATE, "ftddd"}, {P9_SYMLINK, "fttd"},
    {P9_MKNOD, "ftdddd"},       {P9_RENAME, "fft"},     {P9_READLINK, "f"},    {P9_GETATTR, "fq"},
    {P9_SETATTR, "fddddqqqqq"}, {P9_XATTRWALK, "fft"},  {P9_READDIR, "fqd"},   {P9_FSYNC, "fd"},
    {P9_LOCK, "fbdqqdt"},       {P9_GETLOCK, "fbqqdt"}, {P9_LINK, "fft"},      {P9_MKDIR, "ftdd"},
    {P9_RENAMEAT, "ftft"},      {P9_UNLINKAT, "ftd"},   {P9_ATTACH, "fdtbbd"}, {P9_FLUSH, "w"},
    {P9_READ, "fqd"},           {P9_CLUNK, "f"},        {P9_REMOVE, "f"},      {P9_WALK, "ffn"},
    {P9_WALK, "ffn"},           {P9_WRITE, "fqx"},      {P9_VERSION, "dt"},
};

static void add_number(struct p9_client *c, uint64_t value, unsigned bytes)
{
    uint8_t little[8];

    for (unsigned i = 0; i < bytes; i++)
        little[i] = (uint8_t)(value >> 8 * i);
    p9_bytes(c, little, bytes);
}

static void add_name(struct p9_client *c, struct input *in)
{
    static const char *const names[] = {"f",   "d",          "g",      "l",   "p", "..",      ".",
                                        "a/b", "../outside", "secret", "new", "",  "9P2000.L"};
    uint8_t which = (uint8_t)take(in, 1), bytes[16];
    const char *text = which < sizeof(names) / sizeof(names[0]) ? names[which] : (char *)bytes;
    uint32_t n = text == (char *)bytes ? which % 16 : (uint32_t)strlen(text);

    take_bytes(in, bytes, text == (char *)bytes ? n : 0);
    add_number(c, n, 2);
    p9_bytes(c, text, n);
}

/* Small numbers mostly. */
static uint64_t number(struct input *in, unsigned bytes)
{
    uint8_t first = (uint8_t)take(in, 1);

    return first < 0xe0 ? first : take(in, bytes);
}

static void add_field(struct p9_client *c, struct input *in, char field)
{
    uint32_t n;

    switch (field) {
    case 'f':
        add_number(c, take(in, 1) % 8, 4);
        break;
    case 't':
        add_name(c, in);
        break;
    case 'n': /* names */
        n = (uint32_t)take(in, 1) % 18;
        add_number(c, n, 2);
        while (n--)
            add_name(c, in);
        break;
    case 'x': /* data */
        n = (uint32_t)take(in, 1);
        add_number(c, n, 4);
        for (uint32_t i = 0; i < n; i++)
            add_number(c, 'x', 1);
        break;
    default:
        n = field == 'q' ? 8 : field == 'd' ? 4 : field == 'w' ? 2 : 1;
        add_number(c, number(in, n), n);
    }
}

static void send_message(struct p9_client *c, struct input *in)
{
    static const uint32_t rooms[] = {P9_ROOM, 4096, 11, 12, 30, 100};
    size_t which = take(in, 1) % (sizeof(messages) / sizeof(messages[0]));
    uint32_t room = rooms[take(in, 1) % 16 < 14 ? 0 : take(in, 1) % 6];

    p9_message(c, messages[which].type, "");
    for (const char *field = messages[which].fields; *field; field++)
        add_field(c, in, *field);
    p9_send(c, room);
}

/* Of any form; its size may lie. */
static void send_bytes(struct p9_client *c, struct input *in)
{
    uint8_t bytes[64];
    uint32_t n = (uint32_t)take(in, 1) % sizeof(bytes);

    take_bytes(in, bytes, n);
    p9_message(c, (uint8_t)take(in, 1), "");
    p9_bytes(c, bytes, n);
    if (take(in, 1) & 1)
        ((uint8_t *)driver_memory(&c->d, c->message))[take(in, 1) % 4] = (uint8_t)take(in, 1);
    p9_send(c, P9_ROOM);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void use_state(struct p9_client *c, struct input *in)
{
    struct vm_devtest_state state;

    vm_devtest_run_work(c->h);
    state = vm_devtest_save(c->h);
    if (take(in, 1) & 1)
        vm_devtest_load_field(c->h, "session_msize", 0, take(in, 4), NULL);
    else
        vm_devtest_load(c->h, &state, NULL);
    vm_devtest_state_free(&state);
}

static void take_used(struct p9_client *c)
{
    uint32_t written;
    uint16_t id;

    while (driver_get(&c->d, 0, &id, &written))
        ;
}

static void restart(struct p9_client *c)
{
    driver_write(&c->d, REG_STATUS, 0);
    vm_devtest_run_work(c->h);
    p9_start(c);
    p9_mount(c, 0);
}

static void step(struct p9_client *c, struct input *in, int *state_steps)
{
    uint8_t what = (uint8_t)take(in, 1) % 32;

    take_used(c);
    if (c->d.queues[0].n_free < 8 || what < 8)
        vm_devtest_run_work(c->h);
    take_used(c);
    if (what == 31)
        restart(c);
    else if (what == 30 && ++*state_steps <= MAX_STATE_STEPS)
        use_state(c, in);
    else if (what >= 28)
        send_bytes(c, in);
    else
        send_message(c, in);
    if (driver_read(&c->d, REG_STATUS) & NEEDS_RESET)
        restart(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    static struct p9_client c;
    struct input in = {data, size};
    uint8_t configuration = (uint8_t)take(&in, 1);
    int state_steps = 0;

    if (!made) {
        umask(022);
        make_folder();
        made = true;
    }
    fill_folder();
    const char *const properties[] = {"folder",    p9_path("share"),
                                      "read-only", configuration & 1 ? "yes" : "no",
                                      "max-files", configuration & 2 ? "16" : "1000",
                                      NULL};
    p9_device(&c, properties);
    if (configuration & 4)
        vm_devtest_cut_ram(c.h, 4096);
    p9_mount(&c, 0);
    for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
        step(&c, &in, &state_steps);
    vm_devtest_run_work(c.h);
    vm_devtest_free(c.h);
    check_outside();
    return 0;
}
