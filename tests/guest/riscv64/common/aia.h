/* SPDX-License-Identifier: BSD-2-Clause */
/* The advanced interrupt architecture as bare-metal tests see it (AIA 1.0): QEMU's map of it. */
#ifndef GUEST_AIA_H
#define GUEST_AIA_H

#include "test.h"

#define IMSIC_M_BASE 0x24000000ul
#define IMSIC_S_BASE 0x28000000ul
#define APLIC_M_BASE 0xc000000ul
#define APLIC_S_BASE 0xd000000ul
#define IMSIC_PAGE   0x1000ul

/* CSRs that an older assembler has no name for */
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c
#define CSR_STOPI    0xdb0
#define CSR_MVIEN    0x308
#define CSR_MVIP     0x309
#define CSR_MISELECT 0x350
#define CSR_MIREG    0x351
#define CSR_MTOPEI   0x35c
#define CSR_MTOPI    0xfb0

/* Registers behind the windows. */
#define EIDELIVERY  0x70
#define EITHRESHOLD 0x72
#define EIP(word)   (0x80 + 2 * (word)) /* of 64 identities */
#define EIE(word)   (0xc0 + 2 * (word))

#define TOPEI(identity) ((uint64_t)(identity) << 16 | (identity))
#define TOPI(number)    ((uint64_t)(number) << 16 | 1)

static inline uint64_t m_read(uint64_t reg)
{
    csr_write(CSR_MISELECT, reg);
    return csr_read(CSR_MIREG);
}

static inline void m_write(uint64_t reg, uint64_t value)
{
    csr_write(CSR_MISELECT, reg);
    csr_write(CSR_MIREG, value);
}

static inline uint64_t s_read(uint64_t reg)
{
    csr_write(CSR_SISELECT, reg);
    return csr_read(CSR_SIREG);
}

static inline void s_write(uint64_t reg, uint64_t value)
{
    csr_write(CSR_SISELECT, reg);
    csr_write(CSR_SIREG, value);
}

/* An interrupt domain's registers. */
#define DOMAINCFG    0x0000
#define SOURCECFG(i) (4ul * (i))
#define MMSIADDRCFG  0x1bc0
#define MMSIADDRCFGH 0x1bc4
#define SMSIADDRCFG  0x1bc8
#define SMSIADDRCFGH 0x1bcc
#define SETIP(word)  (0x1c00 + 4ul * (word))
#define SETIPNUM     0x1cdc
#define IN_CLRIP(w)  (0x1d00 + 4ul * (w))
#define CLRIPNUM     0x1ddc
#define SETIE(word)  (0x1e00 + 4ul * (word))
#define SETIENUM     0x1edc
#define CLRIENUM     0x1fdc
#define SETIPNUM_LE  0x2000
#define GENMSI       0x3000
#define TARGET(i)    (0x3000 + 4ul * (i))
#define IDELIVERY    0x4000
#define IFORCE       0x4004
#define ITHRESHOLD   0x4008
#define TOPI_IDC     0x4018
#define CLAIMI       0x401c
#define DOMAINCFG_IE 0x100
#define DOMAINCFG_DM 0x4
#define DELEGATE     0x400
enum source_mode { SM_DETACHED = 1, SM_EDGE1 = 4, SM_EDGE0 = 5, SM_LEVEL1 = 6, SM_LEVEL0 = 7 };

#define UART_IRQ 10

/* "transmitter empty" is the interrupt that needs no input */
static inline void uart_raise(void)
{
    while ((io_read8(UART_BASE + 5) & 0x60) != 0x60)
        ;
    io_write8(UART_BASE + 1, 2);
}

static inline void uart_lower(void)
{
    io_write8(UART_BASE + 1, 0);
    (void)io_read8(UART_BASE + 2);
}

#endif
