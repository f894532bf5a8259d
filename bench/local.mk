# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks: never part of `make check`. `make bench` prints a table and writes bench.json.

EXTRA_DIST += \
	bench/guests/riscv64/corelike.c \
	bench/guests/riscv64/link.ld \
	bench/guests/riscv64/start.S \
	bench/riscv64.py

bench: all
	VMRUN='$(abs_top_builddir)/vmrun' VMRUN_SRCDIR='$(abs_top_srcdir)' RISCV64_CC='$(RISCV64_CC)' \
	    $(PYTHON3) $(srcdir)/bench/riscv64.py --json bench.json

.PHONY: bench
CLEANFILES += bench.json
