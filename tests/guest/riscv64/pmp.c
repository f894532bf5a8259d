/* SPDX-License-Identifier: BSD-2-Clause */
/* PMP: TOR, NA4, NAPOT, priority, partial matches, page-table walks, MPRV, locked entries (last).
 */
#include "insn.h"
#include "paging.h"

#define R     1
#define W     2
#define X     4
#define RWX   (R | W | X)
#define TOR   (1 << 3)
#define NA4   (2 << 3)
#define NAPOT (3 << 3)
#define LOCK  (1 << 7)

#define REGION FREE_RAM /* 64 KiB that the tests protect */

static uint64_t grain; /* bytes */

static void set_addr(unsigned entry, uint64_t value)
{
    switch (entry) {
    case 0:
        csr_write(pmpaddr0, value);
        break;
    case 1:
        csr_write(pmpaddr1, value);
        break;
    case 2:
        csr_write(pmpaddr2, value);
        break;
    case 3:
        csr_write(pmpaddr3, value);
        break;
    case 8:
        csr_write(pmpaddr8, value);
        break;
    case 9:
        csr_write(pmpaddr9, value);
        break;
    case 10:
        csr_write(pmpaddr10, value);
        break;
    default:
        fail_now("set_addr: entry not used by this test");
    }
}

static void set_cfg(unsigned entry, uint64_t cfg)
{
    unsigned shift = entry % 8 * 8;

    if (entry < 8)
        csr_write(pmpcfg0, (csr_read(pmpcfg0) & ~(0xfful << shift)) | cfg << shift);
    else
        csr_write(pmpcfg2, (csr_read(pmpcfg2) & ~(0xfful << shift)) | cfg << shift);
    sfence_all();
}

static uint64_t get_cfg(unsigned entry)
{
    uint64_t v = entry < 8 ? csr_read(pmpcfg0) : csr_read(pmpcfg2);

    return v >> (entry % 8 * 8) & 0xff;
}

static void entry(unsigned n, uint64_t cfg, uint64_t addr)
{
    set_cfg(n, 0);
    set_addr(n, addr);
    set_cfg(n, cfg);
}

static uint64_t napot(uint64_t base, uint64_t size)
{
    return base >> 2 | ((size >> 3) - 1);
}

/* everything open by entry 3, the entries before it off */
static void open_all(void)
{
    entry(3, NAPOT | RWX, ~0ul);
    for (unsigned n = 0; n < 3; n++)
        entry(n, 0, 0);
}

static bool works(unsigned mode, const char *stub, uint64_t addr)
{
    struct trap t;

    run_stub(&t, mode, stub, addr, INSN_ECALL);
    if (t.cause == ecall_cause(mode))
        return true;
    if (stub == stub_jump)
        check_trap("fetch", &t, CAUSE_FETCH_ACCESS, addr, addr);
    else
        check_trap("access", &t,
                   stub == stub_ld || stub == stub_lw ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS,
                   (uint64_t)stub, addr);
    return false;
}

/* R, W, X of one place as the mode has them */
static unsigned rights(unsigned mode, uint64_t addr)
{
    unsigned r = 0;

    io_write32(addr, INSN_ECALL);
    fence_i();
    r |= works(mode, stub_lw, addr) ? R : 0;
    r |= works(mode, stub_sw, addr) ? W : 0;
    r |= works(mode, stub_jump, addr) ? X : 0;
    return r;
}

static void check_rights(const char *name, uint64_t addr, unsigned expected)
{
    set_case_number(addr);
    check(name, rights(MODE_S, addr), expected);
    check(name, rights(MODE_U, addr), expected);
    check("M is not concerned", rights(MODE_M, addr), RWX);
}

static void find_grain(void)
{
    uint64_t v;

    set_cfg(0, 0);
    csr_write(pmpaddr0, ~0ul);
    v = csr_read(pmpaddr0);
    grain = 4;
    while (grain < PAGE && !(v & 1)) {
        v >>= 1;
        grain <<= 1;
    }
    print("PMP grain ");
    print_dec(grain);
    print(" bytes\n");
    check_true("grain up to a page", v & 1);
}

static void permissions(void)
{
    static const unsigned legal[] = {0, R, X, R | W, R | X, RWX};

    for (unsigned i = 0; i < ARRAY_SIZE(legal); i++) {
        set_case("NAPOT");
        entry(0, NAPOT | legal[i], napot(REGION, 0x10000));
        check_rights("first", REGION, legal[i]);
        check_rights("last", REGION + 0xfff8, legal[i]);
        check_rights("before", REGION - 8, RWX);
        check_rights("after", REGION + 0x10000, RWX);
        set_case("NAPOT, a page");
        entry(0, NAPOT | legal[i], napot(REGION + PAGE, PAGE));
        check_rights("before", REGION + PAGE - 8, RWX);
        check_rights("in it", REGION + PAGE, legal[i]);
        check_rights("last", REGION + 2 * PAGE - 8, legal[i]);
        check_rights("after", REGION + 2 * PAGE, RWX);
        set_case("TOR");
        entry(0, 0, (REGION + PAGE) >> 2);
        entry(1, TOR | legal[i], (REGION + 4 * PAGE) >> 2);
        check_rights("before", REGION + PAGE - 8, RWX);
        check_rights("first", REGION + PAGE, legal[i]);
        check_rights("last", REGION + 4 * PAGE - 8, legal[i]);
        check_rights("after", REGION + 4 * PAGE, RWX);
        entry(1, 0, 0);
    }
    set_case("TOR, empty range");
    entry(0, 0, (REGION + 4 * PAGE) >> 2);
    entry(1, TOR, (REGION + PAGE) >> 2);
    check_rights("matches nothing", REGION + 2 * PAGE, RWX);
    set_case("TOR of entry 0 starts at 0");
    open_all();
    entry(0, TOR | RWX, (REGION + PAGE) >> 2);
    entry(3, 0, 0);
    check_rights("below", REGION, RWX);
    check_rights("above", REGION + PAGE, 0);
    open_all();
}

/* the lowest-numbered match decides, even where a later entry would allow or forbid */
static void priority(void)
{
    set_case("priority");
    open_all();
    entry(0, NAPOT | R, napot(REGION, PAGE));
    entry(1, NAPOT | RWX, napot(REGION, 0x10000));
    entry(2, NAPOT, napot(REGION, 0x20000));
    check_rights("entry 0", REGION, R);
    check_rights("entry 1", REGION + PAGE, RWX);
    check_rights("entry 2", REGION + 0x10000, 0);
    check_rights("entry 3", REGION + 0x20000, RWX);
    entry(3, 0, 0);
    entry(2, NAPOT | RWX, napot(RAM_BASE, 0x1000000));
    check_rights("no match", REGION + 0x20000, 0);
    check_rights("entry 0 still", REGION, R);
    open_all();
}

/* smaller than a page, where the grain allows it */
static void fine(void)
{
    struct trap t;

    if (grain > 4) {
        print("NA4 skipped\n");
        set_case("NA4 with a larger grain");
        set_cfg(0, NA4 | R);
        check_true("cannot be selected", (get_cfg(0) & NAPOT) != NA4);
        set_cfg(0, 0);
        return;
    }
    set_case("NA4");
    entry(0, NA4 | R, (REGION + 0x104) >> 2);
    check_rights("before", REGION + 0x100, RWX);
    check_rights("in it", REGION + 0x104, R);
    check_rights("after", REGION + 0x108, RWX);
    set_case("NAPOT 8");
    entry(0, NAPOT, napot(REGION + 0x208, 8));
    check_rights("before", REGION + 0x204, RWX);
    check_rights("first word", REGION + 0x208, 0);
    check_rights("second word", REGION + 0x20c, 0);
    check_rights("after", REGION + 0x210, RWX);
    set_case("TOR 12");
    entry(0, 0, (REGION + 0x304) >> 2);
    entry(1, TOR | X, (REGION + 0x310) >> 2);
    check_rights("before", REGION + 0x300, RWX);
    check_rights("first", REGION + 0x304, X);
    check_rights("last", REGION + 0x30c, X);
    check_rights("after", REGION + 0x310, RWX);
    /* an access that matches an entry in part fails, whatever either side allows */
    set_case("partial match");
    entry(1, 0, 0);
    entry(0, NA4 | RWX, (REGION + 0x104) >> 2);
    run_stub(&t, MODE_S, stub_ld, REGION + 0x100, 0);
    check_trap("upper half matches", &t, CAUSE_LOAD_ACCESS, (uint64_t)stub_ld, ANY);
    run_stub(&t, MODE_S, stub_lw, REGION + 0x104, 0);
    check_trap("the whole matches", &t, CAUSE_ECALL_S, ANY, ANY);
    open_all();
}

static void bare_registers(void)
{
    open_all();
    entry(0, 0, 0x123456789abcdful & ~(grain / 4 - 1));
    check("pmpaddr keeps 54 bits", csr_read(pmpaddr0), 0x123456789abcdful & ~(grain / 4 - 1));
    entry(0, 0, 0);
}

/* a table that S-mode may not read: the walk's fault is an access fault of the original access */
static void walks(void)
{
    static const uint64_t va = 0x1000000000ul;
    static uint64_t table[512] __attribute__((aligned(4096)));
    struct space space;

    set_case("page-table walk");
    open_all();
    space_init(&space, SV39);
    *space_slot(&space, va, 1) = pte_of((uint64_t)table, PTE_V);
    table[0] = pte_of(REGION, PTE_ALL);
    io_write32(REGION, INSN_ECALL);
    fence_i();
    space_use(&space, 0);
    check_works("table readable", MODE_S, &kind_load, va);
    entry(0, NAPOT | W | R, napot((uint64_t)table, PAGE));
    check_works("table not executable", MODE_S, &kind_load, va);
    entry(0, NAPOT | X, napot((uint64_t)table, PAGE));
    check_faults("table not readable", MODE_S, &kind_load, va, CAUSE_LOAD_ACCESS);
    check_faults("table not readable", MODE_S, &kind_store, va, CAUSE_STORE_ACCESS);
    check_faults("table not readable", MODE_S, &kind_fetch, va, CAUSE_FETCH_ACCESS);
    check_faults("table not readable", MODE_S, &kind_amo, va, CAUSE_STORE_ACCESS);
    entry(0, 0, 0);
    sfence_all();
    check_works("readable again", MODE_S, &kind_load, va);
    /* the page itself: translated, then refused */
    entry(0, NAPOT | R, napot(REGION, PAGE));
    check_works("load allowed", MODE_S, &kind_load, va);
    check_faults("store refused", MODE_S, &kind_store, va, CAUSE_STORE_ACCESS);
    check_faults("fetch refused", MODE_S, &kind_fetch, va, CAUSE_FETCH_ACCESS);
    entry(0, NAPOT, napot(REGION, PAGE));
    check_faults("load refused", MODE_S, &kind_load, va, CAUSE_LOAD_ACCESS);
    space_off();
    open_all();
}

static void mprv(void)
{
    struct trap t;

    set_case("MPRV");
    open_all();
    entry(0, NAPOT | R, napot(REGION, PAGE));
    enter(&t, MODE_M, (uint64_t)stub_mprv_ld, MSTATUS_MPRV | (uint64_t)MODE_S << 11, REGION);
    check_trap("load allowed", &t, CAUSE_ECALL_M, ANY, ANY);
    csr_clear(mstatus, MSTATUS_MPRV);
    enter(&t, MODE_M, (uint64_t)stub_mprv_sd, MSTATUS_MPRV | (uint64_t)MODE_S << 11, REGION);
    check_trap("store refused", &t, CAUSE_STORE_ACCESS, ANY, REGION);
    csr_clear(mstatus, MSTATUS_MPRV);
    enter(&t, MODE_M, (uint64_t)stub_mprv_sd, MSTATUS_MPRV | MSTATUS_MPP, REGION);
    check_trap("store with MPP = M", &t, CAUSE_ECALL_M, ANY, ANY);
    csr_clear(mstatus, MSTATUS_MPRV);
    open_all();
}

/* what is locked stays until reset, so this comes last; it holds M-mode too */
static void locked(void)
{
    uint64_t addr = napot(REGION + 0x20000, PAGE);

    set_case("locked");
    open_all();
    entry(3, 0, 0); /* opens everything: it would match first */
    io_write32(REGION + 0x20000, INSN_ECALL);
    fence_i();
    entry(10, NAPOT | LOCK | R, addr);
    check_true("M may read", works(MODE_M, stub_lw, REGION + 0x20000));
    check_true("M may not write", !works(MODE_M, stub_sw, REGION + 0x20000));
    check_true("M may not execute", !works(MODE_M, stub_jump, REGION + 0x20000));
    set_cfg(10, NAPOT | RWX);
    check("the configuration is kept", get_cfg(10), NAPOT | LOCK | R);
    set_addr(10, 0);
    check("the address is kept", csr_read(pmpaddr10), addr);
    /* a locked TOR entry locks the address below it, which is its base */
    entry(8, 0, (REGION + 0x30000) >> 2);
    entry(9, TOR | LOCK, (REGION + 0x31000) >> 2);
    set_addr(8, 0);
    check("the base of a locked TOR is kept", csr_read(pmpaddr8), (REGION + 0x30000) >> 2);
    set_cfg(8, NAPOT | R);
    check("its configuration is not locked", get_cfg(8), NAPOT | R);
    set_cfg(8, 0);
    struct trap t;
    run_stub(&t, MODE_M, stub_ld, REGION + 0x30008, 0);
    check_trap("M may not read", &t, CAUSE_LOAD_ACCESS, (uint64_t)stub_ld, REGION + 0x30008);
    run_stub(&t, MODE_M, stub_sd, REGION + 0x30008, 0);
    check_trap("M may not write", &t, CAUSE_STORE_ACCESS, (uint64_t)stub_sd, REGION + 0x30008);
    run_stub(&t, MODE_M, stub_jump, REGION + 0x30008, 0);
    check_trap("M may not execute", &t, CAUSE_FETCH_ACCESS, REGION + 0x30008, REGION + 0x30008);
    run_stub(&t, MODE_M, stub_ld, REGION + 0x31000, 0);
    check_trap("M beyond it", &t, CAUSE_ECALL_M, ANY, ANY);
    /* an earlier entry that is not locked is M's way past it */
    entry(0, NAPOT | RWX, napot(REGION + 0x30000, PAGE));
    run_stub(&t, MODE_M, stub_ld, REGION + 0x30008, 0);
    check_trap("an earlier match", &t, CAUSE_ECALL_M, ANY, ANY);
    entry(0, 0, 0);
}

int main(void)
{
    find_grain();
    open_all();
    bare_registers();
    permissions();
    priority();
    fine();
    walks();
    mprv();
    locked();
    return 0;
}
