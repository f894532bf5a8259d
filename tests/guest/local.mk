# SPDX-License-Identifier: BSD-2-Clause
# Bare-metal guest programs.

dist_check_SCRIPTS += tests/guest/aarch64-modes.tap tests/guest/aarch64-long.tap tests/guest/riscv64.tap tests/guest/riscv64-long.tap tests/guest/riscv64-modes.tap \
	tests/guest/riscv64-stress.tap tests/guest/riscv64-stress-long.tap tests/guest/riscv64_stats.py
TESTS += tests/guest/aarch64-modes.tap tests/guest/riscv64-modes.tap tests/guest/riscv64-stress.tap tests/guest/riscv64_stats.py
LONG_TESTS += tests/guest/aarch64-long.tap tests/guest/riscv64-long.tap tests/guest/riscv64-stress-long.tap
CLEAN_LOCAL += clean-guest-elf

clean-guest-elf:
	rm -rf tests/guest/aarch64-elf tests/guest/riscv64-elf

EXTRA_DIST += \
	tests/guest/aarch64/bare.ini \
	tests/guest/aarch64/build.sh \
	tests/guest/aarch64/common/cpu.h \
	tests/guest/aarch64/common/lib.c \
	tests/guest/aarch64/common/link.ld \
	tests/guest/aarch64/common/start.S \
	tests/guest/aarch64/common/test.h \
	tests/guest/aarch64/device-memory.c \
	tests/guest/aarch64/el3.c \
	tests/guest/aarch64/exceptions.c \
	tests/guest/aarch64/exclusive.c \
	tests/guest/aarch64/manifest \
	tests/guest/aarch64/run.sh \
	tests/guest/aarch64/flash.c \
	tests/guest/aarch64/self-modify.c \
	tests/guest/aarch64/structures.c \
	tests/guest/aarch64/smp-atomics.c \
	tests/guest/aarch64/smp-code.c \
	tests/guest/aarch64/undefined.c \
	tests/guest/riscv64/a.S \
	tests/guest/riscv64/aia-corners.c \
	tests/guest/riscv64/aplic-direct.c \
	tests/guest/riscv64/aplic-msi.c \
	tests/guest/riscv64/bare-aplic-imsic.ini \
	tests/guest/riscv64/bare-aplic.ini \
	tests/guest/riscv64/bare.ini \
	tests/guest/riscv64/build.sh \
	tests/guest/riscv64/c-reserved.c \
	tests/guest/riscv64/c.S \
	tests/guest/riscv64/cbo.c \
	tests/guest/riscv64/common/aia.h \
	tests/guest/riscv64/common/fp-macros.h \
	tests/guest/riscv64/common/hart.h \
	tests/guest/riscv64/common/insn.h \
	tests/guest/riscv64/common/lib.c \
	tests/guest/riscv64/common/link.ld \
	tests/guest/riscv64/common/macros.h \
	tests/guest/riscv64/common/paging.c \
	tests/guest/riscv64/common/paging.h \
	tests/guest/riscv64/common/pci.h \
	tests/guest/riscv64/common/smp.c \
	tests/guest/riscv64/common/smp.h \
	tests/guest/riscv64/common/start.S \
	tests/guest/riscv64/common/stubs.S \
	tests/guest/riscv64/common/stubs.h \
	tests/guest/riscv64/common/test.h \
	tests/guest/riscv64/counters.c \
	tests/guest/riscv64/csr-reserved-bits.c \
	tests/guest/riscv64/csr.c \
	tests/guest/riscv64/d-arith.S \
	tests/guest/riscv64/d-compare.S \
	tests/guest/riscv64/d-convert.S \
	tests/guest/riscv64/d-fma.S \
	tests/guest/riscv64/delegation.c \
	tests/guest/riscv64/f-arith.S \
	tests/guest/riscv64/f-compare.S \
	tests/guest/riscv64/f-convert.S \
	tests/guest/riscv64/f-fma.S \
	tests/guest/riscv64/fp-boxing.S \
	tests/guest/riscv64/fp-flags-dirty.c \
	tests/guest/riscv64/fp-state.c \
	tests/guest/riscv64/hot-returns.c \
	tests/guest/riscv64/illegal.c \
	tests/guest/riscv64/imsic.c \
	tests/guest/riscv64/interrupt-priority.c \
	tests/guest/riscv64/interrupts.c \
	tests/guest/riscv64/m.S \
	tests/guest/riscv64/manifest \
	tests/guest/riscv64/misaligned.c \
	tests/guest/riscv64/page-ad.c \
	tests/guest/riscv64/page-attrs.c \
	tests/guest/riscv64/page-cross.c \
	tests/guest/riscv64/page-faults.c \
	tests/guest/riscv64/page-levels.c \
	tests/guest/riscv64/page-perm.c \
	tests/guest/riscv64/pci.c \
	tests/guest/riscv64/pci.ini \
	tests/guest/riscv64/plic-uart.c \
	tests/guest/riscv64/pmp.c \
	tests/guest/riscv64/privilege.c \
	tests/guest/riscv64/run.sh \
	tests/guest/riscv64/rv64i-arith.S \
	tests/guest/riscv64/rv64i-branch.S \
	tests/guest/riscv64/rv64i-memory.S \
	tests/guest/riscv64/rv64i-shift.S \
	tests/guest/riscv64/sfence.c \
	tests/guest/riscv64/smc.c \
	tests/guest/riscv64/smp-atomics.c \
	tests/guest/riscv64/smp-code-ipi.c \
	tests/guest/riscv64/smp-code.c \
	tests/guest/riscv64/smp-imsic.c \
	tests/guest/riscv64/smp-order.c \
	tests/guest/riscv64/smp-pci.c \
	tests/guest/riscv64/smp-stress.c \
	tests/guest/riscv64/smp-tlb.c \
	tests/guest/riscv64/sstc.c \
	tests/guest/riscv64/trap-causes.c \
	tests/guest/riscv64/wander-loops.S \
	tests/guest/riscv64/wander.c \
	tests/guest/riscv64/zba.S \
	tests/guest/riscv64/zbb.S \
	tests/guest/riscv64/zbs.S \
	tests/guest/riscv64/zicond.S
