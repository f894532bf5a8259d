/* SPDX-License-Identifier: BSD-2-Clause */
/* engine-wrong: another engine with one error, which engine-check must find. Tests build it. */
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include <vmrun/engine.h>

#define FRAME 262144u /* room for its engine's */

enum error {
    NOTHING,
    XOR,     /* xor is or */
    STORE,   /* halfwords are not stored */
    BYTE,    /* bytes are not stored */
    VALUE,   /* doublewords are stored as zero */
    ADDRESS, /* halfwords are loaded from two bytes further on */
    TRAP_PC, /* a trap is told of the instruction before */
    CODE,    /* and with another code */
    COUNT,   /* one instruction too many is counted */
    EXIT,    /* plain exits say that the state has changed */
    LINK,    /* exits name the next one */
    RESERVE, /* reservations are lost at the unit's end */
    STATE,   /* the last byte of the state changes */
    MORE,    /* the vCPU is kicked */
    FP,      /* the host's rounding mode is left changed */
    SECRET,  /* memory at `where` is cleared without asking anyone */
};

static const char *const names[] = {"nothing", "xor",  "store", "byte",   "value", "address",
                                    "trap-pc", "code", "count", "exit",   "link",  "reserve",
                                    "state",   "more", "fp",    "secret", NULL};

struct wrong {
    const struct vm_arch_ops *arch;
    struct vm_engine_ops ops;
    void *self;
    enum error what;
    uint64_t where;
};

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host_engines *engines = host->get_interface(VM_HOST_ENGINES);
    struct wrong *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->arch = arch;
    w->what = (enum error)host->prop_uint(props, "what");
    w->where = host->prop_uint(props, "where");
    w->self = engines->create(host->prop_string(props, "of"), arch, state_size, &w->ops, err);
    if (!w->self) {
        free(w);
        return NULL;
    }
    if (w->ops.frame_size > FRAME) {
        vm_error_set(err, "engine-wrong: its engine wants a frame of %u bytes", w->ops.frame_size);
        w->ops.destroy(w->self);
        free(w);
        return NULL;
    }
    return w;
}

static void destroy(void *self)
{
    struct wrong *w = self;

    w->ops.destroy(w->self);
    free(w);
}

static int cpu_init(void *self, struct vm_cpu *cpu, struct vm_error *err)
{
    struct wrong *w = self;

    return w->ops.cpu_init ? w->ops.cpu_init(w->self, cpu, err) : 0;
}

/* ---- errors in the code ---- */

static void remove_store(struct vm_ir_insn *insn)
{
    *insn = (struct vm_ir_insn){.op = VM_OP_FENCE, .arg = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE}};
}

static void spoil(enum error what, struct vm_ir_insn *insn)
{
    uint32_t size = VM_MEMOP_SIZE(insn->aux);

    if (what == XOR && insn->op == VM_OP_XOR)
        insn->op = VM_OP_OR;
    if (insn->op == VM_OP_STORE && ((what == STORE && size == 2) || (what == BYTE && size == 1)))
        remove_store(insn);
    if (what == VALUE && insn->op == VM_OP_STORE && size == 8)
        insn->arg[1] = insn->arg[0];
    if (what == ADDRESS && insn->op == VM_OP_LOAD && size == 2)
        insn->imm += 2;
}

static int compile(void *self, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err)
{
    struct wrong *w = self;
    struct vm_ir_unit copy = *ir;

    copy.insns = malloc(ir->n_insns * sizeof(*ir->insns));
    if (!copy.insns)
        return vm_error_set(err, "out of memory");
    memcpy(copy.insns, ir->insns, ir->n_insns * sizeof(*ir->insns));
    for (uint32_t i = 0; i < copy.n_insns; i++)
        spoil(w->what, &copy.insns[i]);
    int result = w->ops.compile(w->self, &copy, unit, err);
    free(copy.insns);
    return result;
}

static void release(void *self, struct vm_unit *unit)
{
    struct wrong *w = self;

    w->ops.release(w->self, unit);
}

/* ---- errors at the end of a run ---- */

static void use_rounding_mode(uint32_t mode)
{
#ifdef __SSE__
    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~0x6000u) | mode << 13);
#else
    (void)mode;
#endif
}

/* As inlined code would. */
static void clear_memory(const struct vm_cpu *cpu, uint64_t va)
{
    void *p = vm_tlb_probe(cpu, VM_MMU_DATA, va, 8, VM_ACCESS_WRITE);

    if (p)
        vm_ram_store(p, 8, 0);
}

static enum vm_exit spoil_run(const struct wrong *w, struct vm_cpu *cpu, enum vm_exit exit)
{
    switch (w->what) {
    case TRAP_PC:
        cpu->pc -= exit == VM_EXIT_TRAP ? 4 : 0;
        break;
    case CODE:
        cpu->fault.code ^= exit == VM_EXIT_TRAP;
        break;
    case COUNT:
        atomic_fetch_sub(&cpu->countdown, 1);
        break;
    case EXIT:
        return exit == VM_EXIT_NEXT ? VM_EXIT_STATE : exit;
    case LINK:
        cpu->exit_index++;
        break;
    case RESERVE:
        cpu->reserve_size = 0;
        break;
    case STATE:
        cpu->state[w->arch->state_size - 1] ^= 1;
        break;
    case MORE:
        cpu->host->kick(cpu);
        break;
    case SECRET:
        clear_memory(cpu, w->where);
        break;
    case FP:
        use_rounding_mode(3);
        break;
    default:
        break;
    }
    return exit;
}

static enum vm_exit enter(void *self, struct vm_cpu *cpu, struct vm_unit *unit)
{
    struct wrong *w = self;

    return spoil_run(w, cpu, w->ops.enter(w->self, cpu, unit));
}

static void link_exit(void *self, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    struct wrong *w = self;

    w->ops.link(w->self, from, index, to);
}

static void unlink_exit(void *self, struct vm_unit *from, uint32_t index)
{
    struct wrong *w = self;

    w->ops.unlink(w->self, from, index);
}

static void dump(void *self, const struct vm_ir_unit *ir, const struct vm_unit *unit,
                 void (*put)(void *opaque, const char *line), void *opaque)
{
    (void)self;
    (void)ir;
    (void)unit;
    put(opaque, "as engine-wrong has it:");
    put(opaque, "code 1000: 90 48");
    put(opaque, "code 1002: 89 e5 c3");
    put(opaque, "that was all");
}

static const struct vm_engine_ops ops = {
    .size = sizeof(struct vm_engine_ops),
    .frame_size = FRAME,
    .flags = VM_ENGINE_REGIONS,
    .tiers = 2,
    .create = create,
    .destroy = destroy,
    .cpu_init = cpu_init,
    .compile = compile,
    .release = release,
    .enter = enter,
    .link = link_exit,
    .unlink = unlink_exit,
    .dump = dump,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_ENGINE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "of",
     .default_value = "interp",
     .help = "the engine that does the work"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "what",
     .default_value = "nothing",
     .choices = names,
     .help = "what it does wrong"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "where",
     .default_value = "0",
     .help = "a guest-virtual address"},
};

VM_PLUGIN(.kind = VM_KIND_ENGINE, .name = "engine-wrong", .version = "0.1.0",
          .licence = "BSD-2-Clause", .summary = "an engine with an error, for tests",
          VM_PLUGIN_PROPERTIES(properties), .matched_abi = VM_MATCHED_ABI_HASH,
          .get_interface = get_interface);
