/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps of arch-riscv64: causes, delegation, interrupts and their priority, returns; and the
 * helpers that trap by mode. */
#include <criterion/criterion.h>
#include "riscv64_fake.h"

#define PC   0x80000100ull
#define INSN 0x10500073ull

Test(riscv64_trap, causes)
{
    static const struct {
        uint32_t kind, access;
        uint64_t code, cause, tval;
    } cases[] = {
        {VM_FAULT_TRANSLATE, VM_ACCESS_READ, RV_FAULT_PAGE, 13, 0x1234},
        {VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, RV_FAULT_PAGE, 15, 0x1234},
        {VM_FAULT_TRANSLATE, VM_ACCESS_EXEC, RV_FAULT_PAGE, 12, 0x1234},
        {VM_FAULT_TRANSLATE, VM_ACCESS_READ, RV_FAULT_ACCESS, 5, 0x1234},
        {VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, RV_FAULT_ACCESS, 7, 0x1234},
        {VM_FAULT_TRANSLATE, VM_ACCESS_EXEC, RV_FAULT_ACCESS, 1, 0x1234},
        {VM_FAULT_BUS, VM_ACCESS_READ, 0, 5, 0x1234},
        {VM_FAULT_BUS, VM_ACCESS_WRITE, 0, 7, 0x1234},
        {VM_FAULT_BUS, VM_ACCESS_EXEC, 0, 1, 0x1234},
        {VM_FAULT_ALIGN, VM_ACCESS_READ, 0, 4, 0x1234},
        {VM_FAULT_ALIGN, VM_ACCESS_WRITE, 0, 6, 0x1234},
        {VM_FAULT_TRAP, VM_ACCESS_READ, RV_CAUSE_ILLEGAL, 2, 0x5678},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new();
        f->s->mtvec = 0x80000201; /* vectored: not for exceptions */
        f->s->mstatus |= MSTATUS_MIE;
        f->cpu->pc = PC;
        f->cpu->fault = (struct vm_fault){.kind = cases[i].kind,
                                          .access = cases[i].access,
                                          .va = 0x1234,
                                          .code = cases[i].code,
                                          .value = 0x5678};
        rv_deliver_fault(f->cpu);
        cr_expect_eq(f->s->mcause, cases[i].cause, "case %zu", i);
        cr_expect_eq(f->s->mtval, cases[i].tval, "case %zu", i);
        cr_expect_eq(f->s->mepc, PC);
        cr_expect_eq(f->cpu->pc, 0x80000200);
        cr_expect_eq(f->s->mstatus & (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP),
                     MSTATUS_MPIE | MSTATUS_MPP);
        fake_free(f);
    }
}

Test(riscv64_trap, delegation)
{
    struct fake *f = fake_new();

    f->s->medeleg = 1u << 13;
    f->s->mtvec = 0x1000;
    f->s->stvec = 0x2000;
    f->s->privilege = RV_U;
    f->s->mstatus |= MSTATUS_SIE;
    f->cpu->pc = PC;
    f->cpu->fault = (struct vm_fault){
        .kind = VM_FAULT_TRANSLATE, .access = VM_ACCESS_READ, .va = 0x99, .code = RV_FAULT_PAGE};
    rv_deliver_fault(f->cpu);
    cr_expect_eq(f->s->privilege, RV_S);
    cr_expect_eq(f->cpu->pc, 0x2000);
    cr_expect_eq(f->s->scause, 13);
    cr_expect_eq(f->s->stval, 0x99);
    cr_expect_eq(f->s->sepc, PC);
    cr_expect_eq(f->s->mstatus & (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP), MSTATUS_SPIE);
    rv_deliver_fault(f->cpu); /* again, from S */
    cr_expect(f->s->mstatus & MSTATUS_SPP);
    f->s->privilege = RV_M; /* never down */
    rv_deliver_fault(f->cpu);
    cr_expect_eq(f->s->privilege, RV_M);
    cr_expect_eq(f->cpu->pc, 0x1000);
    fake_free(f);
}

Test(riscv64_trap, interrupt_priority_and_vectors)
{
    static const uint32_t order[] = {11, 3, 7, 9, 1, 5};
    struct fake *f = fake_new();
    uint64_t lines = RV_MIP_ALL;

    f->s->mie = RV_MIP_ALL;
    f->s->mtvec = 0x80001001;
    for (int i = 0; i < 6; i++) {
        f->s->mstatus |= MSTATUS_MIE;
        atomic_store(&f->cpu->lines, lines);
        cr_assert(rv_deliver_interrupt(f->cpu));
        cr_expect_eq(f->s->mcause, 1ull << 63 | order[i]);
        cr_expect_eq(f->cpu->pc, 0x80001000 + 4 * order[i]);
        cr_expect_eq(f->s->mtval, 0);
        lines &= ~(1ull << order[i]);
    }
    fake_free(f);
}

Test(riscv64_trap, interrupt_enables)
{
    struct fake *f = fake_new();

    atomic_store(&f->cpu->lines, RV_MIP_SEIP);
    cr_expect_not(rv_wake(f->cpu));
    f->s->mie = RV_MIP_SEIP;
    cr_expect(rv_wake(f->cpu), "whatever the global enables are");
    cr_expect_not(rv_deliver_interrupt(f->cpu));
    f->s->privilege = RV_S;
    cr_expect_eq(rv_pending_interrupt(f->cpu), RV_IRQ_SEI, "not delegated: M's, and M is above");
    f->s->mideleg = RV_MIP_SEIP;
    cr_expect_eq(rv_pending_interrupt(f->cpu), 0);
    f->s->mstatus |= MSTATUS_SIE;
    cr_expect_eq(rv_pending_interrupt(f->cpu), RV_IRQ_SEI);
    f->s->mstatus &= ~MSTATUS_SIE;
    f->s->privilege = RV_U;
    cr_expect_eq(rv_pending_interrupt(f->cpu), RV_IRQ_SEI);
    f->s->privilege = RV_M;
    f->s->mstatus |= MSTATUS_MIE | MSTATUS_SIE;
    cr_expect_eq(rv_pending_interrupt(f->cpu), 0, "delegated ones never interrupt M");
    fake_free(f);
}

Test(riscv64_trap, mret_and_sret)
{
    struct fake *f = fake_new();

    f->s->mepc = 0x4000;
    f->s->mstatus |= MSTATUS_MPIE | MSTATUS_MPRV | (uint64_t)RV_S << MSTATUS_MPP_SHIFT;
    fake_call(f, RV_HELPER_MRET, 0, 0, 0, 0);
    cr_expect_eq(f->cpu->pc, 0x4000);
    cr_expect_eq(f->s->privilege, RV_S);
    cr_expect_eq(f->s->mstatus & (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV),
                 MSTATUS_MIE | MSTATUS_MPIE);
    f->s->sepc = 0x5000;
    f->s->mstatus |= MSTATUS_SPIE;
    fake_call(f, RV_HELPER_SRET, INSN, 0, 0, 0);
    cr_expect_eq(f->cpu->pc, 0x5000);
    cr_expect_eq(f->s->privilege, RV_U);
    cr_expect(f->s->mstatus & MSTATUS_SIE);
    f->s->privilege = RV_M;
    f->s->mstatus |= MSTATUS_MPP | MSTATUS_MPRV;
    fake_call(f, RV_HELPER_MRET, 0, 0, 0, 0);
    cr_expect(f->s->mstatus & MSTATUS_MPRV, "from M to M keeps MPRV");
    fake_free(f);
}

static void expect_trap(struct fake *f, uint64_t insn)
{
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_TRAP);
    cr_expect_eq(f->cpu->fault.code, RV_CAUSE_ILLEGAL);
    cr_expect_eq(f->cpu->fault.value, insn);
}

Test(riscv64_trap, tvm_tw_tsr)
{
    struct fake *f = fake_new();
    uint64_t before;

    f->s->privilege = RV_S;
    fake_call(f, RV_HELPER_WFI, INSN, 0, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_WAIT);
    f->s->mstatus |= MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR;
    before = f->s->mstatus;
    fake_call(f, RV_HELPER_WFI, INSN, 0, 0, 0);
    expect_trap(f, INSN);
    fake_call(f, RV_HELPER_SRET, INSN, 0, 0, 0);
    expect_trap(f, INSN);
    cr_expect_eq(f->s->mstatus, before);
    fake_call(f, RV_HELPER_SFENCE, 0, 0, 0, INSN);
    expect_trap(f, INSN);
    cr_expect_eq(f->flushes, 0);
    f->s->privilege = RV_M;
    fake_call(f, RV_HELPER_WFI, INSN, 0, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_WAIT);
    fake_free(f);
}

Test(riscv64_trap, cache_blocks_need_permission)
{
    static const struct {
        enum rv_helper helper;
        uint64_t insn, bits;
    } cases[] = {
        {RV_HELPER_CBO, 0x0000200f, 1ull << 4},
        {RV_HELPER_CBO, 0x0010200f, ENVCFG_CBCFE},
        {RV_HELPER_CBO, 0x0020200f, ENVCFG_CBCFE},
        {RV_HELPER_CBO_ZERO, 0x0040200f, ENVCFG_CBZE},
    };
    struct fake *f = fake_new();

    for (size_t i = 0; i < 4; i++) {
        for (uint32_t privilege = RV_U; privilege <= RV_M; privilege += privilege + 1) {
            for (int given = 0; given < 4; given++) {
                f->s->privilege = privilege;
                f->s->menvcfg = given & 1 ? cases[i].bits : 0;
                f->s->senvcfg = given & 2 ? cases[i].bits : 0;
                fake_call(f, cases[i].helper, FAKE_RAM_BASE, cases[i].insn, 0, 0);
                if (privilege == RV_M || given == 3 || (privilege == RV_S && given == 1))
                    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
                else
                    expect_trap(f, cases[i].insn);
            }
        }
    }
    fake_free(f);
}

Test(riscv64_trap, cache_block_effects)
{
    struct fake *f = fake_new();

    memset(f->ram, 0xff, 256);
    fake_call(f, RV_HELPER_CBO_ZERO, FAKE_RAM_BASE + 64 + 17, 0x0040200f, 0, 0);
    cr_expect_eq(f->ram[63], 0xff);
    cr_expect_eq(f->ram[64], 0);
    cr_expect_eq(f->ram[127], 0);
    cr_expect_eq(f->ram[128], 0xff);
    f->wrote_result = VM_MEM_CODE;
    fake_call(f, RV_HELPER_CBO_ZERO, FAKE_RAM_BASE, 0x0040200f, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE, "it hit translated code");
    /* a load permission is enough for the others, and what refuses is a store fault */
    f->probe_refuses = 1u << VM_ACCESS_WRITE;
    fake_call(f, RV_HELPER_CBO, FAKE_RAM_BASE, 0x0010200f, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    fake_call(f, RV_HELPER_CBO_ZERO, FAKE_RAM_BASE, 0x0040200f, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_TRAP);
    f->probe_refuses = 1u << VM_ACCESS_WRITE | 1u << VM_ACCESS_READ;
    fake_call(f, RV_HELPER_CBO, FAKE_RAM_BASE + 0x45, 0x0010200f, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_TRAP);
    cr_expect_eq(f->cpu->fault.access, VM_ACCESS_WRITE);
    cr_expect_eq(f->cpu->fault.va, FAKE_RAM_BASE + 0x40);
    fake_free(f);
}

Test(riscv64_trap, reset)
{
    struct fake *f = fake_new();
    struct vm_cpu_mode mode;

    cr_expect_eq(f->cpu->pc, FAKE_RAM_BASE);
    for (uint64_t i = 0; i < 4; i++)
        cr_expect_eq(f->s->x[10 + i], i);
    rv_mode(f->cpu, &mode);
    cr_expect_eq(mode.key[0], RV_KEY(RV_M, RV_FS_OFF, 0));
    cr_expect_eq(f->deadline, UINT64_MAX);
    fake_free(f);
}
