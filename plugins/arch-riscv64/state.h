/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h - what one hart and one machine of this plugin keep, and the bits of the privileged
 * architecture. */
#ifndef RISCV64_STATE_H
#define RISCV64_STATE_H

#include <vmrun/arch.h>
#include <vmrun/softfp.h>

/* ---- Extensions (isa.c has their names) ---- */

#define RV_EXT_I        (1u << 0)
#define RV_EXT_M        (1u << 1)
#define RV_EXT_A        (1u << 2)
#define RV_EXT_F        (1u << 3)
#define RV_EXT_D        (1u << 4)
#define RV_EXT_C        (1u << 5)
#define RV_EXT_ZICBOM   (1u << 6)
#define RV_EXT_ZICBOZ   (1u << 7)
#define RV_EXT_ZICNTR   (1u << 8)
#define RV_EXT_ZICOND   (1u << 9)
#define RV_EXT_ZIFENCEI (1u << 10)
#define RV_EXT_ZIHPM    (1u << 11)
#define RV_EXT_ZBA      (1u << 12)
#define RV_EXT_ZBB      (1u << 13)
#define RV_EXT_ZBS      (1u << 14)
#define RV_EXT_SSTC     (1u << 15)
#define RV_EXT_SVADU    (1u << 16)
#define RV_EXT_SVINVAL  (1u << 17)
#define RV_EXT_SVNAPOT  (1u << 18)
#define RV_EXT_SVPBMT   (1u << 19)
#define RV_EXT_SVVPTC   (1u << 20)
#define RV_EXT_AIA      (1u << 21) /* Smaia and Ssaia */
#define RV_EXT_IMSIC_M  (1u << 22) /* there is an IMSIC with interrupt files of this level */
#define RV_EXT_IMSIC_S  (1u << 23)

/* ---- Privilege, traps, interrupts ---- */

enum { RV_U = 0, RV_S = 1, RV_M = 3 };

enum rv_cause {
    RV_CAUSE_MISALIGNED_FETCH = 0,
    RV_CAUSE_FETCH_ACCESS = 1,
    RV_CAUSE_ILLEGAL = 2,
    RV_CAUSE_BREAKPOINT = 3,
    RV_CAUSE_MISALIGNED_LOAD = 4,
    RV_CAUSE_LOAD_ACCESS = 5,
    RV_CAUSE_MISALIGNED_STORE = 6,
    RV_CAUSE_STORE_ACCESS = 7,
    RV_CAUSE_ECALL_U = 8, /* plus the privilege: S 9, M 11 */
    RV_CAUSE_FETCH_PAGE = 12,
    RV_CAUSE_LOAD_PAGE = 13,
    RV_CAUSE_STORE_PAGE = 15,
};

/* fault.code of VM_FAULT_TRANSLATE */
enum { RV_FAULT_PAGE = 1, RV_FAULT_ACCESS = 2 };

/* Bits of mip, which are also the numbers of the lines. */
enum {
    RV_IRQ_SSI = 1,
    RV_IRQ_MSI = 3,
    RV_IRQ_STI = 5,
    RV_IRQ_MTI = 7,
    RV_IRQ_SEI = 9,
    RV_IRQ_MEI = 11
};
/* Numbers of the ports that a device can claim (arch.c has their names). */
enum { RV_PORT_IMSIC_M = 0, RV_PORT_IMSIC_S = 1, RV_N_PORTS = 2 };

#define RV_MIP_SSIP (1u << RV_IRQ_SSI)
#define RV_MIP_MSIP (1u << RV_IRQ_MSI)
#define RV_MIP_STIP (1u << RV_IRQ_STI)
#define RV_MIP_MTIP (1u << RV_IRQ_MTI)
#define RV_MIP_SEIP (1u << RV_IRQ_SEI)
#define RV_MIP_MEIP (1u << RV_IRQ_MEI)
#define RV_MIP_S    (RV_MIP_SSIP | RV_MIP_STIP | RV_MIP_SEIP)
#define RV_MIP_ALL  (RV_MIP_S | RV_MIP_MSIP | RV_MIP_MTIP | RV_MIP_MEIP)

/* ---- Register fields ---- */

#define MSTATUS_SIE       (1ull << 1)
#define MSTATUS_MIE       (1ull << 3)
#define MSTATUS_SPIE      (1ull << 5)
#define MSTATUS_MPIE      (1ull << 7)
#define MSTATUS_SPP       (1ull << 8)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPP       (3ull << MSTATUS_MPP_SHIFT)
#define MSTATUS_FS_SHIFT  13
#define MSTATUS_FS        (3ull << MSTATUS_FS_SHIFT)
#define MSTATUS_MPRV      (1ull << 17)
#define MSTATUS_SUM       (1ull << 18)
#define MSTATUS_MXR       (1ull << 19)
#define MSTATUS_TVM       (1ull << 20)
#define MSTATUS_TW        (1ull << 21)
#define MSTATUS_TSR       (1ull << 22)
#define MSTATUS_UXL_64    (2ull << 32)
#define MSTATUS_SXL_64    (2ull << 34)
#define MSTATUS_SD        (1ull << 63)

#define ENVCFG_FIOM       (1ull << 0)
#define ENVCFG_CBIE_SHIFT 4
#define ENVCFG_CBIE       (3ull << ENVCFG_CBIE_SHIFT)
#define ENVCFG_CBCFE      (1ull << 6)
#define ENVCFG_CBZE       (1ull << 7)
#define ENVCFG_ADUE       (1ull << 61)
#define ENVCFG_PBMTE      (1ull << 62)
#define ENVCFG_STCE       (1ull << 63)

#define COUNTER_CY (1u << 0)
#define COUNTER_TM (1u << 1)
#define COUNTER_IR (1u << 2)

/* satp.MODE */
enum { RV_BARE = 0, RV_SV39 = 8, RV_SV48 = 9, RV_SV57 = 10 };

#define RV_CBO_BLOCK 64 /* bytes, for Zicbom and Zicboz */
#define RV_PMP_MAX   16
#define RV_PMP_GRAIN                                                                            \
    10 /* G: regions are multiples of 2^(G+2) = 4096 bytes, so that rules never differ inside a \
          page */

/* ---- One hart ---- */

/* System registers that are not slots: fields, and by that saved, restored and hashed (sysregs.c).
 */
#define RV_STATE_FIELDS(X)                                                                       \
    X(privilege)                                                                                 \
    X(frm)                                                                                       \
    X(mip_soft) /* the bits of mip that software wrote */                                        \
    X(mie)                                                                                       \
    X(mideleg)                                                                                   \
    X(medeleg)                                                                                   \
    X(mtvec)                                                                                     \
    X(stvec)                                                                                     \
    X(mcounteren)                                                                                \
    X(scounteren)                                                                                \
    X(mcountinhibit)                                                                             \
    X(menvcfg)                                                                                   \
    X(senvcfg)                                                                                   \
    X(satp)                                                                                      \
    X(stimecmp)                                                                                  \
    X(mvien)                                                                                     \
    X(mvip)        /* bit 1, while mvien makes it one of its own (aia.c) */                      \
    X(sie_virtual) /* the bits of sie that are no alias of mie: those that mvien lets through */ \
    X(miselect)                                                                                  \
    X(siselect)                                                                                  \
    X(cycle_base)   /* mcycle less retired instructions while it counts, its value while it is   \
                       inhibited */                                                              \
    X(instret_base) /* the same of minstret */                                                   \
    X(pmpcfg0)                                                                                   \
    X(pmpcfg2)

struct rv_pmp_range {
    uint64_t first, last; /* bytes, inclusive */
    uint8_t cfg;          /* A = 0: not in use */
};

struct rv_state {
    /* slots (slots.c) */
    uint64_t x[32]; /* x[0] is never used */
    uint64_t f[32];
    uint64_t fflags;
    uint64_t mstatus; /* without SD */
    uint64_t mscratch, mepc, mcause, mtval;
    uint64_t sscratch, sepc, scause, stval;
    /* not slots */
#define FIELD(name) uint64_t name;
    RV_STATE_FIELDS(FIELD)
#undef FIELD
    uint64_t pmpaddr[RV_PMP_MAX];
    /* derived, not saved */
    struct rv_pmp_range pmp[RV_PMP_MAX];
    bool pmp_stale;   /* pmp[] must be made again from pmpcfg and pmpaddr */
    bool timer_stale; /* the compare timer must be set again from stimecmp */
};

/* Slot numbers. x1 is slot 0, so that x0 needs none. */
enum {
    RV_SLOT_X = 0,
    RV_SLOT_F = 31,
    RV_SLOT_FFLAGS = RV_SLOT_F + 32,
    RV_SLOT_MSTATUS,
    RV_SLOT_MSCRATCH,
    RV_SLOT_MEPC,
    RV_SLOT_MCAUSE,
    RV_SLOT_MTVAL,
    RV_SLOT_SSCRATCH,
    RV_SLOT_SEPC,
    RV_SLOT_SCAUSE,
    RV_SLOT_STVAL,
    RV_SLOT_COUNT
};
#define RV_NO_SLOT 0xffff

/* ---- One machine ---- */

struct rv_arch {
    uint32_t extensions; /* RV_EXT_* */
    uint32_t satp_mode;  /* the largest that satp takes: RV_BARE .. RV_SV57 */
    uint32_t pmp_entries;
    uint32_t asid_mask;
    bool no_aia;             /* no IMSIC can have a port */
    bool misaligned;         /* loads and stores may be misaligned */
    uint8_t csr_index[4096]; /* CSR number -> index into rv_csrs + 1, 0: none */
};

static inline struct rv_state *rv_state(struct vm_cpu *cpu)
{
    return (struct rv_state *)(void *)cpu->state;
}

static inline const struct rv_arch *rv_arch(const struct vm_cpu *cpu)
{
    return cpu->arch;
}

static inline bool rv_has(const struct rv_arch *arch, uint32_t extension)
{
    return (arch->extensions & extension) == extension;
}

/* ---- Mode key ---- */

/* key[0]: what translated code depends on. frm is 0 while FS is off, and 5 for every invalid mode.
 */
enum { RV_FS_OFF = 0, RV_FS_CLEAN = 1, RV_FS_DIRTY = 2 };
#define RV_KEY(privilege, fs, frm) \
    ((uint64_t)(privilege) | (uint64_t)(fs) << 2 | (uint64_t)(frm) << 4)
#define RV_KEY_PRIVILEGE(key) ((uint32_t)(key)&3)
#define RV_KEY_FS(key)        ((uint32_t)((key) >> 2) & 3)
#define RV_KEY_FRM(key)       ((uint32_t)((key) >> 4) & 7)
#define RV_FRM_INVALID        5

/* ---- Translation contexts ---- */

/*
 * The id of a translation regime: ASID, satp mode, effective privilege, SUM and MXR. satp's root
 * page is not part of it: a new root under an old ASID takes an SFENCE.VMA. All real modes of satp
 * have bit 3 set, which RV_CONTEXT_PAGED tests.
 */
#define RV_CONTEXT_ASID_MASK       0xffffull
#define RV_CONTEXT_MODE_SHIFT      16
#define RV_CONTEXT_PAGED           (8ull << RV_CONTEXT_MODE_SHIFT)
#define RV_CONTEXT_PRIVILEGE_SHIFT 20
#define RV_CONTEXT_SUM             (1ull << 22)
#define RV_CONTEXT_MXR             (1ull << 23)

#define SATP_MODE(satp) ((uint32_t)((satp) >> 60))
#define SATP_ASID(satp) ((satp) >> 44 & 0xffff)
#define SATP_PPN(satp)  ((satp)&0xfffffffffffull)

/* ---- Functions across files ---- */

/* trap.c */
void rv_mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode);
uint64_t rv_mip(struct vm_cpu *cpu);
uint32_t
rv_pending_interrupt(struct vm_cpu *cpu); /* number of the interrupt to take now, 0: none */
/* What is pending and enabled for a level, whether or not it can be taken now. */
uint64_t rv_pending_machine(struct vm_cpu *cpu);
uint64_t rv_pending_supervisor(struct vm_cpu *cpu);
uint32_t rv_highest_interrupt(uint64_t pending); /* 0: none */
void rv_deliver_fault(struct vm_cpu *cpu);
bool rv_deliver_interrupt(struct vm_cpu *cpu);
bool rv_wake(struct vm_cpu *cpu);
void rv_raise(struct vm_cpu *cpu, enum rv_cause cause, uint64_t tval); /* from a helper */
void rv_return(struct vm_cpu *cpu, bool machine);                      /* mret, sret */
void rv_update_timer(struct vm_cpu *cpu); /* after stimecmp or menvcfg.STCE changed */
void rv_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start);

/* aia.c */
uint64_t rv_mvip_soft(const struct rv_state *s);
void rv_set_mvip(struct vm_cpu *cpu, uint64_t value, uint64_t mask);
int rv_claim_port(void *arch, uint32_t cpu, uint32_t port, struct vm_error *err);

/* mmu.c */
int rv_mmu_translate(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                     uint32_t mmu, struct vm_translation *out, struct vm_fault *fault);
uint64_t rv_context(const struct rv_state *s, uint32_t privilege, bool data);

/* pmp.c */
uint32_t rv_pmp_prot(struct vm_cpu *cpu, uint64_t pa,
                     uint32_t privilege); /* VM_PROT_* that PMP grants to pa's page */
/* Whether the 2^bits bytes around pa, aligned, are all under the same rules. */
bool rv_pmp_uniform(struct vm_cpu *cpu, uint64_t pa, uint32_t bits);
uint64_t rv_pmp_cfg_read(const struct rv_state *s, uint32_t entry);
void rv_pmp_cfg_write(struct vm_cpu *cpu, uint32_t reg, uint64_t value);
uint64_t rv_pmp_addr_read(const struct rv_state *s, uint32_t entry);
void rv_pmp_addr_write(struct vm_cpu *cpu, uint32_t entry, uint64_t value);

/* isa.c */
#define RV_N_PROPERTIES 25
extern const struct vm_property rv_properties[RV_N_PROPERTIES];
int rv_isa_configure(struct rv_arch *arch, const struct vm_host *host, const struct vm_props *props,
                     struct vm_error *err);
uint64_t rv_misa(const struct rv_arch *arch);
struct vm_fdt_node *rv_fdt_cpu(void *arch, uint32_t index, const struct vm_fdt_api *fdt,
                               struct vm_fdt_node *node);

/* slots.c */
extern const struct vm_slot rv_slots[RV_SLOT_COUNT];
#define RV_COUNT_FIELD(name) +1
#define RV_N_SYSREGS         ((RV_STATE_FIELDS(RV_COUNT_FIELD)) + RV_PMP_MAX)
extern const struct vm_sysreg rv_sysregs[RV_N_SYSREGS];

/* translate.c */
int rv_translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir);

/* disasm.c */
uint32_t rv_disassemble(void *arch, const uint8_t *bytes, uint32_t n, uint64_t pc, char *text,
                        size_t text_size);

/* arch.c */
extern const struct vm_arch_ops rv_arch_ops;

#endif
