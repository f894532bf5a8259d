# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks: never part of `make check`, but for tests of their arithmetic. `make bench` prints a table and writes bench.json and
# bench.svg; arguments of bench/run.py are taken from BENCH_ARGS.

EXTRA_DIST += \
	bench/README.md \
	bench/guests/riscv64/bare.c \
	bench/guests/riscv64/link.ld \
	bench/guests/riscv64/start.S \
	bench/consoles.py \
	bench/debian.py \
	bench/disks.py \
	bench/folders.py \
	bench/gpu/Makefile \
	bench/gpu/guest.py \
	bench/gpu/opencl.c \
	bench/host.py \
	bench/image.py \
	bench/instructions.py \
	bench/machines.py \
	bench/network.py \
	bench/programs/bench.c \
	bench/programs/bench.h \
	bench/programs/debian/awk.sh \
	bench/programs/debian/cipher.sh \
	bench/programs/debian/digest.sh \
	bench/programs/debian/gcc.sh \
	bench/programs/debian/lua.sh \
	bench/programs/debian/perl.sh \
	bench/programs/debian/primes.sh \
	bench/programs/debian/python.sh \
	bench/programs/debian/shell.sh \
	bench/programs/debian/sqlite.sh \
	bench/programs/debian/xz.sh \
	bench/programs/debian/zstd.sh \
	bench/programs/disk/disk.c \
	bench/programs/float/conversions.c \
	bench/programs/float/flush.c \
	bench/programs/float/linpack.c \
	bench/programs/float/mandelbrot.c \
	bench/programs/float/nbody.c \
	bench/programs/integer/corelike.c \
	bench/programs/integer/crc.c \
	bench/programs/integer/dispatch.c \
	bench/programs/integer/hash.c \
	bench/programs/integer/indirect.c \
	bench/programs/integer/matrix.c \
	bench/programs/integer/recursion.c \
	bench/programs/integer/sieve.c \
	bench/programs/integer/sort.c \
	bench/programs/memory/chase.c \
	bench/programs/memory/memcpy.c \
	bench/programs/memory/stream.c \
	bench/programs/memory/stride.c \
	bench/programs/memory/strings.c \
	bench/programs/system/exec.c \
	bench/programs/system/fault.c \
	bench/programs/system/fork.c \
	bench/programs/system/mprotect.c \
	bench/programs/system/pipe.c \
	bench/programs/system/signal.c \
	bench/programs/system/smc.c \
	bench/programs/system/syscall.c \
	bench/programs/vector/aes.c \
	bench/programs/vector/bits.c \
	bench/programs/vector/colour.c \
	bench/programs/vector/dot.c \
	bench/programs/vector/fir.c \
	bench/programs/vector/fixed.c \
	bench/programs/vector/gemm.c \
	bench/programs/vector/ghash.c \
	bench/programs/vector/half.c \
	bench/programs/vector/image.c \
	bench/programs/vector/saxpy.c \
	bench/programs/vector/search.c \
	bench/programs/vector/sha256.c \
	bench/report.py \
	bench/rows.py \
	bench/run.py \
	bench/svg.py \
	bench/target.py

dist_check_SCRIPTS += bench/gpu/guest_test.py bench/report_test.py
TESTS += bench/gpu/guest_test.py bench/report_test.py

BENCH_ARGS =

bench: all
	VMRUN='$(abs_top_builddir)/vmrun' VMRUN_SRCDIR='$(abs_top_srcdir)' RISCV64_CC='$(RISCV64_CC)' AARCH64_CC='$(AARCH64_CC)' CC='$(CC)' \
	    $(PYTHON3) $(srcdir)/bench/run.py --json bench.json --svg bench.svg $(BENCH_ARGS)

.PHONY: bench
CLEANFILES += bench.json bench.svg
