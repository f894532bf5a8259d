/* SPDX-License-Identifier: BSD-2-Clause */
/* Misaligned accesses without translation: inside a page, across pages, at the end of memory;
 * atomics. */
#include "stubs.h"

static uint8_t area[3 * 4096] __attribute__((aligned(4096)));

struct width {
    const char *name, *load, *store;
    unsigned size;
    bool is_signed;
    uint64_t boxed; /* bits above a narrow floating-point value */
};

static const struct width widths[] = {
    {"lh sh", stub_lh, stub_sh, 2, true, 0},
    {"lhu sh", stub_lhu, stub_sh, 2, false, 0},
    {"lw sw", stub_lw, stub_sw, 4, true, 0},
    {"lwu sw", stub_lwu, stub_sw, 4, false, 0},
    {"ld sd", stub_ld, stub_sd, 8, false, 0},
    {"flw fsw", stub_flw, stub_fsw, 4, false, 0xffffffff00000000},
    {"fld fsd", stub_fld, stub_fsd, 8, false, 0},
};

static uint8_t pattern(uint64_t i)
{
    return (uint8_t)(i * 37 + 0x91);
}

static uint64_t expected_load(const struct width *w, uint64_t offset)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < w->size; i++)
        v |= (uint64_t)pattern(offset + i) << (8 * i);
    if (w->is_signed)
        v = (uint64_t)((int64_t)(v << (64 - 8 * w->size)) >> (64 - 8 * w->size));
    return v | w->boxed;
}

static void fill(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        area[i] = pattern(i);
}

static void one(const struct width *w, unsigned mode, uint64_t offset)
{
    static const uint64_t value = 0xf1e2d3c4b5a69788;
    struct trap t;

    set_case(w->name);
    set_case_number(offset);
    fill(offset - 16, offset + 16);
    run_stub(&t, mode, w->load, (uint64_t)area + offset, 0);
    check_trap("load does not trap", &t, ecall_cause(mode), ANY, ANY);
    check("load", t.a0, expected_load(w, offset));
    run_stub(&t, mode, w->store, (uint64_t)area + offset, value);
    check_trap("store does not trap", &t, ecall_cause(mode), ANY, ANY);
    for (uint64_t i = offset - 16; i < offset + 16; i++) {
        bool inside = i >= offset && i < offset + w->size;

        if (area[i] != (inside ? (uint8_t)(value >> (8 * (i - offset))) : pattern(i)))
            check("byte after the store", i, offset);
    }
}

/* the end of memory: what does not fit faults (how much of it is stored, the manual leaves open) */
static void end_of_memory(void)
{
    uint64_t end = RAM_BASE + RAM_SIZE;
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(widths); i++) {
        const struct width *w = &widths[i];

        set_case(w->name);
        for (unsigned tail = 0; tail < w->size; tail++) {
            uint64_t addr = end - tail;

            set_case_number(addr);
            run_stub(&t, MODE_M, w->load, addr, 0);
            check_trap("load past the end", &t, CAUSE_LOAD_ACCESS, (uint64_t)w->load, ANY);
            check_true("load tval in the access", t.tval >= addr && t.tval < addr + w->size);
            run_stub(&t, MODE_M, w->store, addr, ~0ul);
            check_trap("store past the end", &t, CAUSE_STORE_ACCESS, ANY, ANY);
            check_true("store tval in the access", t.tval >= addr && t.tval < addr + w->size);
        }
    }
}

/* atomics must be aligned: misaligned or access fault, at the choice of the implementation */
static void atomics(void)
{
    static const struct atomic {
        const char *name, *stub;
        unsigned size;
        uint64_t misaligned, access;
    } table[] = {
        {"lr.w", stub_lr_w, 4, CAUSE_LOAD_MISALIGNED, CAUSE_LOAD_ACCESS},
        {"lr.d", stub_lr_d, 8, CAUSE_LOAD_MISALIGNED, CAUSE_LOAD_ACCESS},
        {"sc.w", stub_sc_w, 4, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
        {"sc.d", stub_sc_d, 8, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
        {"amoadd.w", stub_amoadd_w, 4, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
        {"amoadd.d", stub_amoadd_d, 8, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
        {"amoswap.w", stub_amoswap_w, 4, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
        {"amoswap.d", stub_amoswap_d, 8, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS},
    };
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        const struct atomic *a = &table[i];

        set_case(a->name);
        for (unsigned offset = 1; offset < a->size; offset++) {
            uint64_t addr = (uint64_t)area + 64 + offset;

            fill(64, 96);
            set_case_number(offset);
            run_stub(&t, MODE_M, a->stub, addr, ~0ul);
            check_true("misaligned or access fault",
                       t.cause == a->misaligned || t.cause == a->access);
            check_trap("epc and tval", &t, t.cause, (uint64_t)a->stub, addr);
            for (uint64_t j = 64; j < 96; j++)
                check("memory is left alone", area[j], pattern(j));
        }
    }
}

int main(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};

    for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
        for (unsigned i = 0; i < ARRAY_SIZE(widths); i++) {
            for (uint64_t offset = 64; offset < 80; offset++)
                one(&widths[i], modes[m], offset);
            for (uint64_t offset = 4096 - 9; offset < 4096 + 9; offset++)
                one(&widths[i], modes[m], offset);
        }
    }
    end_of_memory();
    atomics();
    return 0;
}
