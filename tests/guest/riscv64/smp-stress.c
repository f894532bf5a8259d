/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that makes a translator drop code, at once: pages of data and code are remapped under
 * running harts, each hart rewrites functions of its own and of all, loops rewrite themselves while
 * they are hot, and there is more code in rotation than a small code cache holds.
 */
#include "paging.h"
#include "smp.h"

#define ROTATIONS    2
#define MIN_REMAPS   24
#define OWN          512u  /* functions in a hart's own buffer */
#define COMMON       1024u /* functions that all harts run */
#define WORDS        64u   /* of a function's place */
#define BODY         56u   /* random instructions in a function's loop */
#define SHORT_PERIOD 5u    /* of hot loops: log2 of the steps between two patches */
#define LONG_PERIOD  14u   /* enough for a region to be made in time */
#define VALUES       1024u
#define POISON       0xdeadbeefdeadbeeful
#define POISON_VALUE 2047u

/* what hart 0 remaps, and each hart's scratch page a second time */
#define VA_DATA  0x1000000000ul
#define VA_CODE  0x1000001000ul
#define VA_ALIAS 0x1000010000ul
/* from FREE_RAM on: two frames of each remapped page, then the code */
#define DATA_FRAME(n) (FREE_RAM + (n)*PAGE)
#define CODE_FRAME(n) (FREE_RAM + (2 + (n)) * PAGE)
#define COMMON_CODE   (FREE_RAM + 0x100000)
#define OWN_CODE(h)   (FREE_RAM + 0x200000 + (h)*0x100000ul)

#define I_TYPE(op, f3, rd, rs, imm)                                                \
    ((uint32_t)((imm)&0xfff) << 20 | (uint32_t)(rs) << 15 | (uint32_t)(f3) << 12 | \
     (uint32_t)(rd) << 7 | (op))
#define R_TYPE(f7, f3, rd, rs1, rs2) \
    ((uint32_t)(f7) << 25 | (uint32_t)(rs2) << 20 | I_TYPE(0x33u, f3, rd, rs1, 0))
#define B_TYPE(f3, rs1, rs2, o)                                                                   \
    ((uint32_t)((o) >> 12 & 1) << 31 | (uint32_t)((o) >> 5 & 63) << 25 | (rs2) << 20 |            \
     (rs1) << 15 | (f3) << 12 | (uint32_t)((o) >> 1 & 15) << 8 | (uint32_t)((o) >> 11 & 1) << 7 | \
     0x63u)
#define ADDI(rd, rs, imm) I_TYPE(0x13u, 0, rd, rs, imm)
#define LI_A0(imm)        ADDI(10, 0, imm)
#define LI_T0(imm)        ADDI(5, 0, imm)
#define DEC_T0            ADDI(5, 5, -1)
#define ADD_N             (LI_A0(0) | 10u << 15) /* addi a0, a0, N */
#define BNEZ_T0(o)        B_TYPE(1u, 5u, 0u, o)
#define FENCE_I           0x0000100fu
#define RET               0x00008067u

enum kind { DATA_OLD, CODE_OLD, OWN_WRONG, COMMON_WRONG, PATCH_OLD, BEHIND_STORE, HOT_LOOP, KINDS };

static const char *const kind_names[KINDS] = {
    "stale data after the shootdown", "stale code after the shootdown",
    "functions of one hart",          "functions of all harts",
    "function that any hart patches", "instruction behind the store",
    "hot loop that patches itself",
};

/* per hart and in a page of its own: code that is rewritten as it runs */
struct scratch {
    uint32_t code[1024];
} __attribute__((aligned(4096)));

static struct space space;
static struct scratch scratch[MAX_HARTS];
static uint32_t patched[1024] __attribute__((aligned(4096)));
static volatile uint64_t patched_newest, patched_lock;
static volatile uint64_t remapped, finished, stop;
static uint64_t own_expected[MAX_HARTS][OWN], common_expected[COMMON];
static volatile uint64_t wrong[KINDS][MAX_HARTS];

static void note(enum kind k, uint64_t hart)
{
    wrong[k][hart]++;
}

static uint64_t call(uint64_t pc, uint64_t a0, uint64_t a1)
{
    return ((uint64_t(*)(uint64_t, uint64_t))pc)(a0, a1);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- functions of random arithmetic over a0 .. a3, and what they return ---- */

static uint32_t random_insn(uint64_t bits)
{
    static const struct {
        uint8_t f7, f3;
    } alu[8] = {{0, 0}, {0x20, 0}, {0, 4}, {0, 6}, {0, 7}, {0, 3}, {1, 0}, {1, 0}};
    unsigned rd = 10 + (bits & 3), rs1 = 10 + (bits >> 2 & 3), rs2 = 10 + (bits >> 4 & 3);
    unsigned op = bits >> 6 & 15;

    if (op < 8) /* add, sub, xor, or, and, sltu, mul, mul */
        return R_TYPE(alu[op].f7, alu[op].f3, rd, rs1, rs2);
    if (op < 11)
        return ADDI(rd, rs1, bits >> 10);
    if (op < 13) /* xori */
        return I_TYPE(0x13u, 4, rd, rs1, bits >> 10);
    return I_TYPE(0x13u, op == 13 ? 1 : 5, rd, rs1, bits >> 10 & 63); /* slli, srli */
}

static uint64_t eval(uint32_t insn, const uint64_t *x)
{
    uint64_t a = x[(insn >> 15 & 31) - 10], b = 0, imm = (uint64_t)((int32_t)insn >> 20);
    unsigned f3 = insn >> 12 & 7;

    if (insn & 0x20) {
        b = x[(insn >> 20 & 31) - 10];
        if (insn >> 25 & 1)
            return a * b;
        if (insn >> 30)
            return a - b;
    } else {
        b = imm;
    }
    switch (f3) {
    case 0:
        return a + b;
    case 1:
        return a << (b & 63);
    case 3:
        return a < b;
    case 4:
        return a ^ b;
    case 5:
        return a >> (b & 63);
    case 6:
        return a | b;
    default:
        return a & b;
    }
}

/* Writes a function that takes (at, seed) and says what it will return. */
static uint64_t generate(uint64_t at, uint64_t seed)
{
    volatile uint32_t *code = (volatile uint32_t *)at;
    uint64_t state = seed * 0x9e3779b97f4a7c15ul | 1, x[4] = {at, seed, 0, 0};
    unsigned rounds = 1 + (seed & 3), n = 0;

    code[n++] = LI_T0(rounds);
    code[n++] = ADDI(12, 0, 0);
    code[n++] = ADDI(13, 0, 0);
    for (unsigned i = 0; i < BODY; i++)
        code[n++] = random_insn(next_random(&state) >> 11);
    code[n++] = DEC_T0;
    code[n] = BNEZ_T0(-4 * (int)(BODY + 1));
    code[n + 1] = RET;
    for (unsigned r = 0; r < rounds; r++)
        for (unsigned i = 0; i < BODY; i++)
            x[(code[3 + i] >> 7 & 31) - 10] = eval(code[3 + i], x);
    return x[0];
}

static uint64_t own_seed(uint64_t hart, unsigned i, unsigned version)
{
    return 1 + i + 1000 * version + 100000 * hart;
}

static void run_common(uint64_t hart)
{
    for (unsigned i = 0; i < COMMON; i++) {
        uint64_t at = COMMON_CODE + 4ul * WORDS * i;

        if (call(at, at, i + 1) != common_expected[i])
            note(COMMON_WRONG, hart);
    }
}

/* A third of the hart's functions become others in each rotation. */
static void run_own(uint64_t hart, unsigned rotation)
{
    for (unsigned i = rotation % 3; i < OWN; i += rotation ? 3 : 1)
        own_expected[hart][i] =
            generate(OWN_CODE(hart) + 4ul * WORDS * i, own_seed(hart, i, rotation));
    fence_i();
    for (unsigned i = 0; i < OWN; i++) {
        uint64_t at = OWN_CODE(hart) + 4ul * WORDS * i;
        unsigned version = rotation;

        while (version && version % 3 != i % 3)
            version--;
        if (call(at, at, own_seed(hart, i, version)) != own_expected[hart][i])
            note(OWN_WRONG, hart);
    }
}

/* ---- one function that every hart patches and runs ---- */

/* How far a value is from another that came before it; they wrap. */
static uint64_t ahead(uint64_t value, uint64_t before)
{
    return (value - before) % VALUES;
}

static void patch(void)
{
    uint64_t v;

    while (__atomic_exchange_n(&patched_lock, 1, __ATOMIC_ACQUIRE))
        __asm__ volatile(".4byte 0x0100000f"); /* pause */
    v = patched_newest + 1;
    *(volatile uint32_t *)&patched[1] = LI_A0(v % VALUES);
    fence_rw();
    store_release(&patched_newest, v);
    __atomic_store_n(&patched_lock, 0, __ATOMIC_RELEASE);
}

static void run_patched(uint64_t hart)
{
    for (unsigned i = 0; i < 16; i++) {
        uint64_t before, v;

        if (i % 8 == 0)
            patch();
        before = load_acquire(&patched_newest);
        fence_i();
        v = call((uint64_t)patched, 0, 0);
        /* one that is not announced yet may be seen, one older than what was announced may not */
        if (v >= VALUES || ahead(v, before) > load_acquire(&patched_newest) + 1 - before)
            note(PATCH_OLD, hart);
    }
}

/* ---- code that rewrites itself ---- */

/* a0 is stored at a1, which is the instruction behind the store: that one runs as it was or is */
static void behind_store(uint64_t hart)
{
    volatile uint32_t *code = scratch[hart].code;

    code[0] = ADDI(12, 0, 1);
    code[1] = 0x00a5a023; /* sw a0, 0(a1) */
    code[2] = LI_A0(0);
    code[3] = RET;
    code[4] = FENCE_I;
    code[5] = 0xff5ff06f; /* j -12: to what was written */
    fence_i();
    for (uint64_t i = 1; i <= 24; i++) {
        uint64_t v = call((uint64_t)&code[0], LI_A0(i), (uint64_t)&code[2]);

        if (v != i && v != i - 1)
            note(BEHIND_STORE, hart);
        if (call((uint64_t)&code[4], 0, 0) != i)
            note(BEHIND_STORE, hart);
    }
}

/*
 * a0 += N in a3 steps, where every 2^period steps N becomes the number of patches so far. The store
 * goes to a1, which may be another address of the same memory.
 */
static void write_hot_loop(volatile uint32_t *code, unsigned period)
{
    const uint32_t loop[] = {
        LI_A0(0),
        ADDI(12, 0, 0),                        /* a2: the step */
        ADD_N,                                 /* [2] addi a0, a0, N */
        ADDI(12, 12, 1),                       /* addi a2, a2, 1 */
        I_TYPE(0x13u, 1, 14, 12, 64 - period), /* slli a4, a2, 64 - period */
        B_TYPE(1u, 14u, 0u, 24),               /* bnez a4, [11] */
        I_TYPE(0x13u, 5, 14, 12, period),      /* srli a4, a2, period */
        I_TYPE(0x13u, 1, 14, 14, 20),          /* slli a4, a4, 20: the immediate */
        R_TYPE(0, 6, 14, 14, 15),              /* or a4, a4, a5 */
        0x00e5a023,                            /* sw a4, 0(a1) */
        FENCE_I,
        B_TYPE(6u, 12u, 13u, -36), /* [11] bltu a2, a3, [2] */
        RET,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(loop); i++)
        code[i] = loop[i];
}

static uint64_t call_hot(uint64_t pc, uint64_t target, uint64_t steps)
{
    register uint64_t a0 __asm__("a0") = 0;
    register uint64_t a1 __asm__("a1") = target;
    register uint64_t a3 __asm__("a3") = steps;
    register uint64_t a5 __asm__("a5") = ADD_N;

    __asm__ volatile("jalr %4"
                     : "+r"(a0), "+r"(a1), "+r"(a3), "+r"(a5)
                     : "r"(pc)
                     : "ra", "a2", "a4", "memory");
    return a0;
}

/* Written, patched and run each at one of the loop's two addresses. */
static void hot_loop(uint64_t hart, unsigned period, unsigned patches, unsigned which)
{
    uint64_t at[2] = {(uint64_t)&scratch[hart].code[64], VA_ALIAS + hart * PAGE + 64 * 4};
    uint64_t sum = ((uint64_t)patches * (patches - 1) / 2) << period;

    write_hot_loop((volatile uint32_t *)at[which & 1], period);
    fence_i();
    if (call_hot(at[which >> 1 & 1], at[which >> 2 & 1] + 2 * 4, (uint64_t)patches << period) !=
        sum)
        note(HOT_LOOP, hart);
}

/* ---- remapped pages ---- */

static void look_at_pages(uint64_t hart)
{
    volatile uint64_t *p = (volatile uint64_t *)VA_DATA;

    for (unsigned i = 0; i < 16; i++) {
        uint64_t before = load_acquire(&remapped), data, v;

        data = p[i * 32];
        v = call(VA_CODE, 0, 0);
        if (data < before || data > load_acquire(&remapped) + 1)
            note(DATA_OLD, hart);
        if (v >= VALUES || ahead(v, before) > load_acquire(&remapped) + 1 - before)
            note(CODE_OLD, hart);
    }
}

/* the pages of a round: all words of the data and what the function returns tell which it is */
static void set_frames(unsigned n, uint64_t data, uint32_t value)
{
    volatile uint32_t *code = (volatile uint32_t *)CODE_FRAME(n);

    for (unsigned i = 0; i < PAGE / 8; i++)
        ((volatile uint64_t *)DATA_FRAME(n))[i] = data;
    code[0] = LI_T0(20);
    code[1] = DEC_T0;
    code[2] = BNEZ_T0(-4);
    code[3] = LI_A0(value);
    code[4] = RET;
}

static void map_frames(unsigned n)
{
    *(volatile uint64_t *)space_slot(&space, VA_DATA, 0) = pte_of(DATA_FRAME(n), PTE_ALL);
    *(volatile uint64_t *)space_slot(&space, VA_CODE, 0) = pte_of(CODE_FRAME(n), PTE_ALL);
    fence_rw();
}

static void fence_all(void)
{
    sfence_all();
    fence_i();
}

static void enter_smode(void (*f)(uint64_t), uint64_t hart)
{
    struct trap t;

    enter(&t, MODE_S, (uint64_t)f, hart, 0);
    if (t.cause == CAUSE_ECALL_S)
        return;
    print("cause ");
    print_hex(t.cause);
    print(" epc ");
    print_hex(t.epc);
    print(" tval ");
    print_hex(t.tval);
    print("\n");
    fail_now("a trap in a hart's work");
}

static void some_work(uint64_t hart)
{
    look_at_pages(hart);
    behind_store(hart);
    for (unsigned which = 0; which < 8; which++)
        hot_loop(hart, SHORT_PERIOD, 16, which);
    run_patched(hart);
}

/* Hart 0 sends interrupts until all have done their work, so whoever is ready goes on with some. */
static void worker(uint64_t hart)
{
    for (unsigned r = 0; r < ROTATIONS; r++) {
        some_work(hart);
        hot_loop(hart, LONG_PERIOD, 16, r);
        run_own(hart, r);
        look_at_pages(hart);
        run_common(hart);
    }
    amo_add(&finished, 1);
    while (!stop)
        some_work(hart);
}

static void remap_all(unsigned others)
{
    for (uint64_t r = 1; r <= MIN_REMAPS || load_acquire(&finished) < others; r++) {
        set_frames(r & 1, r, (uint32_t)(r % VALUES));
        map_frames(r & 1);
        fence_all();
        smp_ipi_others(0);
        store_release(&remapped, r);
        set_frames(!(r & 1), POISON, POISON_VALUE);
        enter_smode(some_work, 0);
    }
    stop = 1;
}

static void stress(unsigned hart, unsigned harts_now)
{
    space_use(&space, 0);
    smp_barrier();
    fence_all();
    if (hart)
        enter_smode(worker, hart);
    else
        remap_all(harts_now - 1);
    space_off();
}

static void prepare(void)
{
    space_init(&space, SV39);
    space_map(&space, RAM_BASE, RAM_BASE, 2, PTE_ALL);
    for (unsigned h = 0; h < MAX_HARTS; h++)
        space_map(&space, VA_ALIAS + h * PAGE, (uint64_t)&scratch[h], 0, PTE_ALL);
    set_frames(0, 0, 0);
    map_frames(0);
    patched[0] = ADDI(12, 0, 0);
    patched[1] = LI_A0(0);
    patched[2] = RET;
    for (unsigned i = 0; i < COMMON; i++)
        common_expected[i] = generate(COMMON_CODE + 4ul * WORDS * i, i + 1);
}

int main(void)
{
    unsigned n = smp_start();

    prepare();
    smp_set_ipi(fence_all);
    smp_run(stress);
    print_dec(remapped);
    print(" remaps, ");
    print_dec(patched_newest);
    print(" patches\n");
    for (unsigned k = 0; k < KINDS; k++) {
        for (unsigned h = 0; h < n; h++) {
            set_case_number(h);
            check(kind_names[k], wrong[k][h], 0);
        }
    }
    check_true("enough remaps", remapped >= MIN_REMAPS);
    return 0;
}
