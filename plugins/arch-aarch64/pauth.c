/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointer authentication. The code is made by an algorithm of this implementation's own, as the ID
 * registers say (API, GPI): a keyed mix of multiplications, quick where QARMA is slow. */
#include "mmu.h"
#include "sysregs.h"

/* ---- The algorithm ---- */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

static uint64_t code_of(const uint64_t key[2], uint64_t data, uint64_t modifier)
{
    return mix(mix(data ^ key[0]) + (modifier ^ key[1])) ^ mix(modifier + key[0]);
}

/* ---- Where the code lies in a pointer ---- */

struct layout {
    uint32_t low; /* bits above are the code's, but for bit 55 */
    bool tagged;  /* bits 63..56 are a tag and stay */
    bool upper;   /* the half that the original address is in */
};

/* The registers that say what an address's bits mean; data pointers differ by TBID. */
static struct layout layout_of(struct vm_cpu *cpu, uint64_t pointer, bool instruction, bool upper)
{
    const struct a64_state *s = a64_state(cpu);
    uint32_t el = s->el ? (uint32_t)s->el : a64_el0_owner(cpu);
    uint64_t tcr = s->tcr[el];
    bool two_ranges = el == 1 || (el == 2 && (a64_hcr(cpu) & HCR_E2H));
    struct layout l = {.upper = two_ranges && upper};
    uint32_t tsz = tcr >> (l.upper ? 16 : 0) & 63;
    bool tbi = tcr >> (!two_ranges ? 20 : l.upper ? 38 : 37) & 1;
    bool tbid = tcr >> (!two_ranges ? 29 : l.upper ? 52 : 51) & 1;

    (void)pointer;
    l.tagged = tbi && !(instruction && tbid);
    l.low = 64 - (tsz < 12 ? 12 : tsz > 39 ? 39 : tsz);
    return l;
}

static uint64_t code_mask(const struct layout *l)
{
    uint64_t top = l->tagged ? (1ull << 55) - 1 : ~(1ull << 55);

    return top & ~((1ull << l->low) - 1);
}

/* The pointer as it is without a code: all bits of it like bit 55. */
static uint64_t canonical(const struct layout *l, uint64_t pointer)
{
    uint64_t mask = code_mask(l) | 1ull << 55;

    return l->upper ? pointer | mask : pointer & ~mask;
}

static bool is_instruction_key(uint32_t key)
{
    return key == A64_KEY_IA || key == A64_KEY_IB;
}

/* A pointer that was not canonical gets a code with one bit wrong. */
static uint64_t add_code(struct vm_cpu *cpu, uint32_t key, uint64_t pointer, uint64_t modifier)
{
    const uint64_t *k = a64_state(cpu)->pauth_key[key];
    struct layout l = layout_of(cpu, pointer, is_instruction_key(key), pointer >> 55 & 1);
    uint64_t original = canonical(&l, pointer), mask = code_mask(&l);
    uint64_t code = code_of(k, original, modifier);

    if (pointer != original)
        code ^= 1ull << (l.tagged ? 54 : 62);
    return (original & ~mask) | (code & mask);
}

/* A wrong code leaves a pointer that faults: two bits tell the key, as the manual has it. */
static uint64_t check_code(struct vm_cpu *cpu, uint32_t key, uint64_t pointer, uint64_t modifier)
{
    const uint64_t *k = a64_state(cpu)->pauth_key[key];
    struct layout l = layout_of(cpu, pointer, is_instruction_key(key), pointer >> 55 & 1);
    uint64_t original = canonical(&l, pointer), mask = code_mask(&l);
    uint64_t error = key == A64_KEY_IA || key == A64_KEY_DA ? 1 : 2;
    uint32_t place = l.tagged ? 53 : 61;

    if (((code_of(k, original, modifier) ^ pointer) & mask) == 0)
        return original;
    return (original & ~(3ull << place)) | error << place;
}

uint64_t a64_pauth(struct vm_cpu *cpu, enum a64_pauth_op op, uint32_t key, uint64_t pointer,
                   uint64_t modifier)
{
    if (key == A64_KEY_GA)
        return code_of(a64_state(cpu)->pauth_key[key], pointer, modifier) & ~0xffffffffull;
    if (op == A64_PAUTH_ADD)
        return add_code(cpu, key, pointer, modifier);
    if (op == A64_PAUTH_CHECK)
        return check_code(cpu, key, pointer, modifier);
    const struct layout l = layout_of(cpu, pointer, is_instruction_key(key), pointer >> 55 & 1);
    return canonical(&l, pointer);
}

/* ---- Enabling ---- */

bool a64_pauth_enabled(struct vm_cpu *cpu, uint32_t key, uint32_t *trap)
{
    static const uint64_t bits[] = {[A64_KEY_IA] = SCTLR_ENIA,
                                    [A64_KEY_IB] = SCTLR_ENIB,
                                    [A64_KEY_DA] = SCTLR_ENDA,
                                    [A64_KEY_DB] = SCTLR_ENDB};
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);

    *trap = 0;
    if (key != A64_KEY_GA && !(a64_sctlr(cpu) & bits[key]))
        return false;
    if (s->el < 2 && a64_el2_enabled(cpu) && !(hcr & HCR_API) && !(s->el == 0 && a64_is_host(hcr)))
        *trap = 2;
    else if (s->el < 3 && a64_arch(cpu)->el3 && !(s->scr & SCR_API))
        *trap = 3;
    return true;
}
