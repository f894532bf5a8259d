/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodings that the trap tests build at run time. */
#ifndef GUEST_INSN_H
#define GUEST_INSN_H

#define REG_ZERO 0
#define REG_A0   10
#define REG_A1   11

#define CSR_INSN(f3, csr, rd, rs1) \
    ((uint32_t)(csr) << 20 | (uint32_t)(rs1) << 15 | (f3) << 12 | (uint32_t)(rd) << 7 | 0x73)
#define CSRRW(csr, rd, rs1)  CSR_INSN(1u, csr, rd, rs1)
#define CSRRS(csr, rd, rs1)  CSR_INSN(2u, csr, rd, rs1)
#define CSRRC(csr, rd, rs1)  CSR_INSN(3u, csr, rd, rs1)
#define CSRRWI(csr, rd, imm) CSR_INSN(5u, csr, rd, imm)
#define CSRRSI(csr, rd, imm) CSR_INSN(6u, csr, rd, imm)
#define CSRRCI(csr, rd, imm) CSR_INSN(7u, csr, rd, imm)

#define INSN_ECALL  0x00000073u
#define INSN_EBREAK 0x00100073u
#define INSN_SRET   0x10200073u
#define INSN_MRET   0x30200073u
#define INSN_WFI    0x10500073u
#define INSN_SFENCE 0x12000073u
#define INSN_NOP    0x00000013u

#endif
