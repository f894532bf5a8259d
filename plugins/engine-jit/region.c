/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions before code is made of them: passes over the IR, the loops, where the countdown is
 * polled, and which slots are worth a register.
 *
 * The countdown is polled at entries and at heads of loops: at as many as it takes that no way
 * round is without a poll. What is polled for is the longest way from there to the next poll, so
 * that no slice is overrun.
 *
 * Each loop is a zone, which has pins of its own: those of the loop around it, but for slots that
 * it uses much more. A block that is part of the one before it (VM_LABEL_INNER) is in its zone.
 */
#include <stdlib.h>
#include <string.h>
#include "jit.h"
#include "passes/flow.h"
#include "passes/rewrite.h"

struct graph {
    struct jit_unit *u;
    const struct vm_ir_unit *ir;
    struct jit_flow f;
    uint64_t polls; /* some of the heads */
    bool in_loop[JIT_MAX_BLOCKS];
    uint32_t zone[JIT_MAX_BLOCKS]; /* 0, or of the innermost loop that it is in */
    uint64_t zone_body[JIT_MAX_BLOCKS + 1];
    uint32_t n_zones;
    uint32_t insns[JIT_MAX_BLOCKS], longest[JIT_MAX_BLOCKS];
};

static bool find_blocks(struct graph *g)
{
    if (!jit_flow_blocks(&g->f, g->ir))
        return false;
    for (uint32_t b = 0; b < g->f.n; b++)
        for (uint32_t i = g->f.first[b]; i < g->f.first[b + 1]; i++)
            g->insns[b] += g->ir->insns[i].op == VM_OP_INSN;
    return true;
}

/* ---- loops ---- */

/* The largest loop that has no zone yet: those around it have. */
static uint64_t next_loop(const struct graph *g, uint64_t todo)
{
    uint64_t best = 0;

    JIT_FOR_BITS(todo, head)
    if (__builtin_popcountll(g->f.body[head]) > __builtin_popcountll(best))
        best = g->f.body[head];
    return best;
}

/* The block behind the call that ends b, or JIT_MAX_BLOCKS. */
static uint32_t comes_back_to(const struct graph *g, uint32_t b)
{
    uint32_t i = g->f.first[b + 1] - 1;
    const struct vm_ir_insn *last = &g->ir->insns[i];
    bool leaves = last->op == VM_OP_EXIT_TO ? last->aux == VM_JUMP_CALL
                                            : last->op == VM_OP_EXIT && !last->aux;

    while (leaves && g->ir->insns[i].op != VM_OP_INSN)
        i--;
    for (uint32_t k = 0; leaves && k < g->f.n; k++)
        if (g->f.entries & JIT_BIT(k) &&
            g->ir->insns[g->f.first[k]].imm == g->ir->insns[i].imm + g->ir->insns[i].aux)
            return k;
    return JIT_MAX_BLOCKS;
}

/* Integer temporaries outside of loops, and what has to be pushed out there for a block to get pins
 * of its own: these cost moves at its ends. */
#define OUTER_TEMPS 2
#define MANY_VALUES 16

static bool is_crowded(const struct graph *g, uint32_t b, uint32_t *scratch)
{
    uint32_t pushed[JIT_MOST_TEMPS + 1] = {0};

    jit_pressure(g->ir, g->f.first[b], g->f.first[b + 1], scratch, pushed);
    return pushed[OUTER_TEMPS] - pushed[JIT_MOST_TEMPS] >= MANY_VALUES;
}

/* Blocks outside of loops that compute a lot are zones, too, as if they were loops of one turn. */
static bool add_crowded(struct graph *g)
{
    uint32_t *scratch = calloc(g->ir->n_insns, sizeof(*scratch));

    if (!scratch)
        return false;
    for (uint32_t b = 0; b < g->f.n; b++) {
        if (g->zone[b] || g->f.inner & JIT_BIT(b) || !is_crowded(g, b, scratch))
            continue;
        g->zone[b] = g->n_zones;
        g->zone_body[g->n_zones++] = JIT_BIT(b);
    }
    free(scratch);
    return true;
}

/* A zone for each loop, outer ones first; a block is in the innermost's. */
static bool make_zones(struct graph *g)
{
    uint64_t todo = g->f.heads, body;

    g->n_zones = 1;
    while ((body = next_loop(g, todo)) != 0) {
        JIT_FOR_BITS(body, b)
        {
            g->zone[b] = g->n_zones;
        }
        g->zone_body[g->n_zones++] = body;
        JIT_FOR_BITS(g->f.heads, head)
        if (g->f.body[head] == body)
            todo &= ~JIT_BIT(head);
    }
    bool ok = add_crowded(g);
    for (uint32_t b = 1; b < g->f.n; b++)
        if (g->f.inner & JIT_BIT(b))
            g->zone[b] = g->zone[b - 1];
    return ok;
}

/*
 * A loop that calls something outside of the region is one, too, though the way back is not to be
 * seen: its accesses are worth a line. It has no zone, since the call wants the pins of all units.
 */
static bool find_calling_loops(struct graph *g)
{
    struct graph *with_calls = malloc(sizeof(*with_calls));

    if (!with_calls)
        return false;
    *with_calls = *g;
    for (uint32_t b = 0; b < g->f.n; b++) {
        uint32_t back = comes_back_to(g, b);
        if (back == JIT_MAX_BLOCKS)
            continue;
        with_calls->f.next[b] |= JIT_BIT(back);
        with_calls->f.before[back] |= JIT_BIT(b);
    }
    jit_flow_loops(&with_calls->f);
    JIT_FOR_BITS(with_calls->f.heads, head)
    for (uint32_t b = 0; b < g->f.n; b++)
        g->in_loop[b] |= (with_calls->f.body[head] & JIT_BIT(b)) != 0;
    free(with_calls);
    return true;
}

static bool find_loops(struct graph *g)
{
    jit_flow_loops(&g->f);
    return make_zones(g) && find_calling_loops(g);
}

/* Whether every way round leads through one of `polls`. */
static bool cuts_loops(const struct graph *g, uint64_t polls)
{
    uint64_t all = g->f.n == JIT_MAX_BLOCKS ? UINT64_MAX : JIT_BIT(g->f.n) - 1;
    uint64_t left = all & ~polls, before;

    do {
        before = left;
        JIT_FOR_BITS(before, b)
        if (!(g->f.next[b] & left))
            left &= ~JIT_BIT(b);
    } while (left != before);
    return left == 0;
}

/* A loop that always runs through another one needs no poll of its own; nor does the second head
 * of a loop that is entered at two places. */
static void choose_polls(struct graph *g)
{
    g->polls = g->f.heads;
    JIT_FOR_BITS(g->f.heads, head)
    if (cuts_loops(g, g->polls & ~JIT_BIT(head)))
        g->polls &= ~JIT_BIT(head);
}

/* Guest instructions of the longest way from b up to the next poll. */
static uint32_t longest_way(struct graph *g, uint32_t b)
{
    uint32_t most = 0;

    if (g->longest[b])
        return g->longest[b];
    JIT_FOR_BITS(g->f.next[b] & ~g->polls, to)
    {
        uint32_t n = longest_way(g, (uint32_t)to);
        most = n > most ? n : most;
    }
    return g->longest[b] = g->insns[b] + most;
}

#define MOST_BIAS 256 /* of VM_SLICE_MAX */

/*
 * A poll that counts its own block before it compares is an instruction shorter; then it looks for
 * that much too little, unless the count is that much too high. A bias that covers a long way makes
 * slices end early.
 */
static uint32_t bias_of(const struct graph *g)
{
    uint32_t bias = 0;

    JIT_FOR_BITS(g->polls, b)
    {
        uint32_t n = g->longest[b] - g->insns[b];
        bias = n > bias && n <= MOST_BIAS ? n : bias;
    }
    return bias;
}

/* ---- blocks ---- */

static void describe_blocks(const struct graph *g, struct jit_region *r)
{
    for (uint32_t b = 0; b < g->f.n; b++) {
        const struct vm_ir_insn *label = &g->ir->insns[g->f.first[b]];
        bool polls = (g->polls & JIT_BIT(b)) != 0, is_entry = (g->f.entries & JIT_BIT(b)) != 0;
        r->blocks[b] = (struct jit_block){
            .insns = g->insns[b],
            .entry = is_entry ? label->reserved : JIT_NONE,
            .target = (g->f.targets & JIT_BIT(b)) != 0,
            .longest = is_entry || polls ? g->longest[b] : 0,
            .in_loop = g->in_loop[b],
            .zone = g->zone[b],
            .polls = polls,
            .delta = label->imm,
        };
    }
    r->n_blocks = g->f.n;
    r->wants_page = g->f.targets != 0;
    for (uint32_t i = 0; i < g->ir->n_insns; i++)
        r->wants_page |= g->ir->insns[i].op == VM_OP_PC;
    r->bias = g->u->unit->poll_blocks ? 0 : bias_of(g);
}

/* ---- pins ---- */

#define USE 2 /* what a use weighs */

/*
 * How often the blocks of `body` use each slot. Of integers that are only put, which costs a store
 * and makes nobody wait, those with a pin weigh half, others nothing; these are in `puts`.
 */
static void weigh_slots(const struct graph *g, uint64_t body, const struct jit_pins *pins,
                        uint32_t *weight, uint32_t *puts)
{
    uint32_t n_slots = g->u->engine->arch->n_slots;

    memset(weight, 0, n_slots * sizeof(*weight));
    memset(puts, 0, n_slots * sizeof(*puts));
    JIT_FOR_BITS(body, b)
    for (uint32_t i = g->f.first[b]; i < g->f.first[b + 1]; i++) {
        const struct vm_ir_insn *insn = &g->ir->insns[i];
        if (insn->op == VM_OP_GET || (insn->op == VM_OP_PUT && jit_is_float(insn->type)))
            weight[insn->aux] += USE;
        else if (insn->op == VM_OP_PUT)
            puts[insn->aux]++;
    }
    for (uint32_t s = 0; s < n_slots; s++) {
        if (weight[s] || pins->of[s] >= 0) {
            weight[s] += puts[s] * (weight[s] ? USE : USE / 2);
            puts[s] = 0;
        }
    }
}

static bool is_pinnable(const struct jit_engine *e, uint32_t s, bool is_float)
{
    const struct vm_slot *slot = &e->arch->slots[s];

    return e->overlap[s] == s && !slot->constant_zero && s != e->flags_slot &&
           (is_float ? slot->type == VM_F64 || slot->type == VM_V128 : slot->type == VM_I64);
}

/* The heaviest slot without a pin. */
static uint32_t heaviest(const struct jit_engine *e, const struct jit_pins *pins,
                         const uint32_t *weight, bool is_float)
{
    uint32_t best = JIT_NONE;

    for (uint32_t s = 0; s < e->arch->n_slots; s++)
        if (weight[s] && pins->of[s] < 0 && is_pinnable(e, s, is_float) &&
            (best == JIT_NONE || weight[s] > weight[best]))
            best = s;
    return best;
}

/* The pin of that kind whose slot is worth least. */
static uint32_t lightest(const struct jit_pins *pins, const uint32_t *weight, bool is_float)
{
    uint32_t worst = JIT_NONE;

    for (uint32_t i = 0; i < pins->n; i++)
        if ((pins->reg[i] >= JIT_FLOAT) == is_float &&
            (worst == JIT_NONE || weight[pins->slot[i]] < weight[pins->slot[worst]]))
            worst = i;
    return worst;
}

#define FEWEST_FLOAT_TEMPS 5
#define WORTH_A_CHANGE     (2 * USE) /* more in the loop than what it displaces has */

/* Slots that the loop uses more take the places of others. */
static void replace_pins(const struct jit_engine *e, struct jit_pins *pins, const uint32_t *weight,
                         bool is_float)
{
    for (uint32_t n = 0; n < pins->n; n++) {
        uint32_t slot = heaviest(e, pins, weight, is_float);
        uint32_t pin = lightest(pins, weight, is_float);
        if (slot == JIT_NONE || pin == JIT_NONE ||
            weight[slot] < weight[pins->slot[pin]] + WORTH_A_CHANGE)
            return;
        pins->of[pins->slot[pin]] = -1;
        pins->slot[pin] = (uint16_t)slot;
        pins->of[slot] = (int8_t)pin;
    }
}

/* Floating-point temporaries become pins as long as enough are left. */
static void add_floats(const struct jit_engine *e, struct jit_pins *pins, const uint32_t *weight)
{
    uint32_t n_floats = 0;

    for (uint32_t k = 0; k < pins->n_temps; k++)
        n_floats += pins->temp[k] >= JIT_FLOAT;
    for (; n_floats > FEWEST_FLOAT_TEMPS && pins->n < JIT_MAX_PINS; n_floats--) {
        uint32_t slot = heaviest(e, pins, weight, true), last = pins->n_temps - 1;
        if (slot == JIT_NONE || weight[slot] < WORTH_A_CHANGE)
            return;
        while (pins->temp[last] < JIT_FLOAT)
            last--;
        pins->of[slot] = (int8_t)pins->n;
        pins->slot[pins->n] = (uint16_t)slot;
        pins->reg[pins->n++] = pins->temp[last];
        memmove(&pins->temp[last], &pins->temp[last + 1], pins->n_temps - last - 1);
        pins->n_temps--;
    }
}

/* What is only put is worth the place of what is not used at all, since a move costs less than a
 * store. */
static void add_puts(const struct jit_engine *e, struct jit_pins *pins, uint32_t *weight,
                     const uint32_t *puts)
{
    for (uint32_t s = 0; s < e->arch->n_slots; s++)
        if (puts[s])
            weight[s] = WORTH_A_CHANGE;
    replace_pins(e, pins, weight, false);
}

/* The pins outside of loops: those of all units, less the register that counts. */
static void first_zone(const struct jit_engine *e, struct jit_pins *pins, int8_t *of)
{
    uint32_t k = 0;

    *pins = e->pins;
    pins->of = of;
    memcpy(of, e->pins.of, e->arch->n_slots);
    while (pins->temp[k] != host_count_reg)
        k++;
    memmove(&pins->temp[k], &pins->temp[k + 1], pins->n_temps - k - 1);
    pins->n_temps--;
}

/* The smallest zone around this one. */
static uint32_t zone_around(const struct graph *g, uint32_t zone)
{
    uint32_t around = 0;

    for (uint32_t z = 1; z < zone; z++)
        if ((g->zone_body[z] & g->zone_body[zone]) == g->zone_body[zone])
            around = z; /* outer ones come first */
    return around;
}

#define SPILL (2 * USE) /* what a value that finds no temporary costs */

/* Values that are in no slot get the registers of slots that are worth less. */
static void add_temporaries(const struct graph *g, uint32_t zone, struct jit_pins *pins,
                            const uint32_t *weight, uint32_t *scratch)
{
    uint32_t pushed[JIT_MOST_TEMPS + 1] = {0}, n = 0;

    for (uint32_t b = 0; b < g->f.n; b++)
        if (g->zone[b] == zone)
            jit_pressure(g->ir, g->f.first[b], g->f.first[b + 1], scratch, pushed);
    for (uint32_t k = 0; k < pins->n_temps; k++)
        n += pins->temp[k] < JIT_FLOAT;
    for (; n < JIT_MOST_TEMPS; n++) {
        uint32_t pin = lightest(pins, weight, false);
        if (pin == JIT_NONE ||
            (pushed[n] - pushed[n + 1]) * SPILL < weight[pins->slot[pin]] + WORTH_A_CHANGE)
            return;
        pins->of[pins->slot[pin]] = -1;
        pins->temp[pins->n_temps++] = pins->reg[pin];
        pins->n--;
        for (uint32_t i = pin; i < pins->n; i++) {
            pins->slot[i] = pins->slot[i + 1];
            pins->reg[i] = pins->reg[i + 1];
            pins->of[pins->slot[i]] = (int8_t)i;
        }
    }
}

/* Which slots are worth a register where: what choosing them needs. */
struct choice {
    const struct graph *g;
    struct jit_pins *slots; /* of each zone, before any go to temporaries */
    int8_t *of;             /* theirs */
    uint32_t *weight, *puts, *scratch;
};

/* The pins of the zone around it, but for slots that this one uses much more. */
static void choose_slots(struct choice *c, uint32_t zone)
{
    const struct graph *g = c->g;
    const struct jit_engine *e = g->u->engine;
    struct jit_pins *pins = &c->slots[zone];
    int8_t *of = c->of + (size_t)zone * e->arch->n_slots;

    if (zone == 0) {
        first_zone(e, pins, of);
        return;
    }
    *pins = c->slots[zone_around(g, zone)];
    memcpy(of, pins->of, e->arch->n_slots);
    pins->of = of;
    weigh_slots(g, g->zone_body[zone], pins, c->weight, c->puts);
    replace_pins(e, pins, c->weight, false);
    add_floats(e, pins, c->weight);
    replace_pins(e, pins, c->weight, true);
    add_puts(e, pins, c->weight, c->puts);
}

static bool choose_zones(struct choice *c, struct jit_region *r)
{
    uint32_t n_slots = c->g->u->engine->arch->n_slots;

    for (uint32_t z = 0; z < c->g->n_zones; z++) {
        struct jit_pins *pins = &r->zones[z];
        choose_slots(c, z);
        *pins = c->slots[z];
        pins->of = malloc(n_slots);
        if (!pins->of)
            return false;
        r->n_zones = z + 1;
        memcpy(pins->of, c->slots[z].of, n_slots);
        if (z > 0)
            add_temporaries(c->g, z, pins, c->weight, c->scratch);
    }
    return true;
}

static bool choose_pins(struct jit_unit *u, const struct graph *g)
{
    struct jit_region *r = u->region;
    uint32_t n_slots = u->engine->arch->n_slots;
    struct choice c = {
        .g = g,
        .slots = calloc(g->n_zones, sizeof(*c.slots)),
        .of = malloc((size_t)g->n_zones * n_slots),
        .weight = calloc(n_slots, sizeof(*c.weight)),
        .puts = calloc(n_slots, sizeof(*c.puts)),
        .scratch = calloc(g->ir->n_insns, sizeof(*c.scratch)),
    };

    r->zones = calloc(g->n_zones, sizeof(*r->zones));
    r->written = calloc(n_slots, sizeof(*r->written));
    bool ok = c.slots && c.of && c.weight && c.puts && c.scratch && r->zones && r->written;
    for (uint32_t i = 0; ok && i < g->ir->n_insns; i++)
        if (g->ir->insns[i].op == VM_OP_PUT)
            r->written[g->ir->insns[i].aux] = true;
    ok = ok && choose_zones(&c, r);
    free(c.slots);
    free(c.of);
    free(c.weight);
    free(c.puts);
    free(c.scratch);
    return ok;
}

/* ---- all of it ---- */

static bool run_passes(struct jit_unit *u)
{
    static jit_pass *const passes[] = {jit_pass_steady, jit_pass_trace, jit_pass_copy,
                                       jit_pass_fold,   jit_pass_widen, jit_pass_cse,
                                       jit_pass_same,   jit_pass_dead};
    struct vm_ir_unit *ir = &u->region->ir;

    *ir = *u->ir;
    ir->capacity = ir->n_insns;
    ir->insns = malloc(ir->n_insns * sizeof(*ir->insns));
    if (!ir->insns)
        return false;
    memcpy(ir->insns, u->ir->insns, ir->n_insns * sizeof(*ir->insns));
    jit_passes_number(ir);
    for (uint32_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
        if (passes[i] == jit_pass_trace && u->unit->poll_blocks)
            continue; /* a block that can be left at its beginning is no part of another */
        if (!passes[i](ir, u->engine->arch, &u->region->stats))
            return false;
    }
    return true;
}

static bool analyse(struct jit_unit *u, struct graph *g)
{
    struct jit_region *r = u->region;

    if (!find_blocks(g)) {
        u->failed = "too many blocks";
        return false;
    }
    bool ok = find_loops(g);
    choose_polls(g);
    for (uint32_t b = 0; b < g->f.n; b++)
        longest_way(g, b);
    r->blocks = calloc(g->f.n, sizeof(*r->blocks));
    if (!ok || !r->blocks || !choose_pins(u, g) ||
        !jit_pass_probes(&r->ir, u->engine->arch, &(struct jit_pass_stats){0}, &r->probes))
        return false;
    describe_blocks(g, r);
    return true;
}

bool jit_region_init(struct jit_unit *u)
{
    struct graph *g = calloc(1, sizeof(*g));
    bool ok = false;

    u->failed = "out of memory";
    if (g && run_passes(u)) {
        g->u = u;
        g->ir = &u->region->ir;
        ok = analyse(u, g);
    }
    if (ok)
        u->failed = NULL;
    free(g);
    return ok;
}

void jit_region_free(struct jit_unit *u)
{
    struct jit_region *r = u->region;

    if (!r)
        return;
    vm_ir_free(&r->ir);
    free(r->blocks);
    for (uint32_t z = 0; z < r->n_zones; z++)
        free(r->zones[z].of);
    jit_probes_free(&r->probes);
    free(r->zones);
    free(r->written);
}
