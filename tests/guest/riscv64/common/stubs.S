/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One access and an ecall each, position-independent in a page of their own, so that a test can map
 * them anywhere and run them in any mode: a0 = address, a1 = data, result in a0.
 */
    .section .stubs, "ax"
    .balign 4096
    .option norvc
    .globl stubs
stubs:

    .macro STUB name, insn:vararg
    .globl stub_\name
stub_\name:
    \insn
    ecall
    .endm

    .irp op, lb, lh, lw, ld, lbu, lhu, lwu
    STUB \op, \op a0, 0(a0)
    .endr
    .irp op, sb, sh, sw, sd
    STUB \op, \op a1, 0(a0)
    .endr
    .irp w, w, d
    STUB lr_\w, lr.\w a0, (a0)
    STUB sc_\w, sc.\w a0, a1, (a0)
    STUB amoadd_\w, amoadd.\w a0, a1, (a0)
    STUB amoswap_\w, amoswap.\w a0, a1, (a0)
    .endr
    STUB jump, jr a0
    STUB nothing, nop
    STUB sfence, sfence.vma

    .globl stub_flw, stub_fld, stub_fsw, stub_fsd
stub_flw:
    flw fa0, 0(a0)
    fmv.x.d a0, fa0
    ecall
stub_fld:
    fld fa0, 0(a0)
    fmv.x.d a0, fa0
    ecall
stub_fsw:
    fmv.d.x fa0, a1
    fsw fa0, 0(a0)
    ecall
stub_fsd:
    fmv.d.x fa0, a1
    fsd fa0, 0(a0)
    ecall

    .globl stub_lr_sc
stub_lr_sc:                  /* a0 = 0 when the store-conditional worked */
    lr.d a2, (a0)
    sc.d a0, a1, (a0)
    ecall

    .globl stub_cbo_zero, stub_cbo_clean, stub_cbo_flush, stub_cbo_inval
stub_cbo_inval:
    .insn i 0x0f, 2, x0, a0, 0
    ecall
stub_cbo_clean:
    .insn i 0x0f, 2, x0, a0, 1
    ecall
stub_cbo_flush:
    .insn i 0x0f, 2, x0, a0, 2
    ecall
stub_cbo_zero:
    .insn i 0x0f, 2, x0, a0, 4
    ecall

/* a0 = bits for mstatus (MPRV and friends) while the access is made from M-mode */
    .globl stub_mprv_ld, stub_mprv_sd
stub_mprv_ld:
    csrs mstatus, a0
    ld a0, 0(a1)
    ecall
stub_mprv_sd:
    csrs mstatus, a0
    sd a1, 0(a1)
    ecall

/* for stvec: hands a trap that went to S-mode on to M-mode; the facts are in scause, sepc, stval */
    .balign 4
    .globl stub_strap
stub_strap:
    ecall

/* the same with vectors: a0 becomes the number of the entry */
    .balign 256
    .globl stub_strap_vectors
stub_strap_vectors:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    j strap_\n
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
strap_\n:
    li a0, \n
    ecall
    .endr

/* U-mode and S-mode loops that only an interrupt ends */
    .globl stub_spin, stub_wfi
stub_spin:
    j stub_spin
stub_wfi:
    wfi
    ecall
    .balign 4096
