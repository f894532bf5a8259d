# SPDX-License-Identifier: BSD-2-Clause
# arch-riscv64. All but the descriptor is a convenience library, which the unit tests link as well.

noinst_LTLIBRARIES += plugins/arch-riscv64/libriscv64.la
plugins_arch_riscv64_libriscv64_la_SOURCES = \
	plugins/arch-riscv64/aia.c \
	plugins/arch-riscv64/arch.c \
	plugins/arch-riscv64/csr.c \
	plugins/arch-riscv64/csr.h \
	plugins/arch-riscv64/csr_access.c \
	plugins/arch-riscv64/decode.c \
	plugins/arch-riscv64/decode.h \
	plugins/arch-riscv64/disasm.c \
	plugins/arch-riscv64/emit.h \
	plugins/arch-riscv64/emit_bit.c \
	plugins/arch-riscv64/emit_fp.c \
	plugins/arch-riscv64/emit_int.c \
	plugins/arch-riscv64/emit_mem.c \
	plugins/arch-riscv64/emit_system.c \
	plugins/arch-riscv64/helpers.c \
	plugins/arch-riscv64/helpers.h \
	plugins/arch-riscv64/isa.c \
	plugins/arch-riscv64/mmu.c \
	plugins/arch-riscv64/pmp.c \
	plugins/arch-riscv64/slots.c \
	plugins/arch-riscv64/state.h \
	plugins/arch-riscv64/translate.c \
	plugins/arch-riscv64/trap.c
nodist_plugins_arch_riscv64_libriscv64_la_SOURCES = \
	plugins/arch-riscv64/riscv64-decode.c \
	plugins/arch-riscv64/riscv64-decode.h
RISCV64_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugins/arch-riscv64 \
	-I$(top_builddir)/plugins/arch-riscv64
plugins_arch_riscv64_libriscv64_la_CPPFLAGS = $(RISCV64_CPPFLAGS)

pkgplugin_LTLIBRARIES += plugins/arch-riscv64/arch-riscv64.la
plugins_arch_riscv64_arch_riscv64_la_SOURCES = plugins/arch-riscv64/plugin.c
plugins_arch_riscv64_arch_riscv64_la_CPPFLAGS = $(RISCV64_CPPFLAGS)
plugins_arch_riscv64_arch_riscv64_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_arch_riscv64_arch_riscv64_la_LIBADD = plugins/arch-riscv64/libriscv64.la $(PLUGIN_LIBADD)

# The decoder, made from the table of instructions; and the table as text, for tests that generate instructions from it.
RISCV64_DECODE_INPUT = plugins/arch-riscv64/gen-decode.awk plugins/arch-riscv64/riscv64.decode
RISCV64_GENERATED = plugins/arch-riscv64/riscv64-decode.h plugins/arch-riscv64/riscv64-decode.c \
	plugins/arch-riscv64/riscv64-patterns.txt

plugins/arch-riscv64/riscv64-decode.h: $(RISCV64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-riscv64 && \
	$(AWK) -v mode=header -f $(srcdir)/plugins/arch-riscv64/gen-decode.awk \
	    $(srcdir)/plugins/arch-riscv64/riscv64.decode >$@.tmp && mv $@.tmp $@
plugins/arch-riscv64/riscv64-decode.c: $(RISCV64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-riscv64 && \
	$(AWK) -v mode=source -f $(srcdir)/plugins/arch-riscv64/gen-decode.awk \
	    $(srcdir)/plugins/arch-riscv64/riscv64.decode >$@.tmp && mv $@.tmp $@
plugins/arch-riscv64/riscv64-patterns.txt: $(RISCV64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-riscv64 && \
	$(AWK) -v mode=list -f $(srcdir)/plugins/arch-riscv64/gen-decode.awk \
	    $(srcdir)/plugins/arch-riscv64/riscv64.decode >$@.tmp && mv $@.tmp $@

EXTRA_DIST += $(RISCV64_DECODE_INPUT)
BUILT_SOURCES += plugins/arch-riscv64/riscv64-decode.h
CLEANFILES += $(RISCV64_GENERATED)
check_DATA += plugins/arch-riscv64/riscv64-patterns.txt

if HAVE_CRITERION
check_PROGRAMS += tests/unit/riscv64.tap
TESTS += tests/unit/riscv64.tap
tests_unit_riscv64_tap_SOURCES = \
	tests/unit/riscv64_aia_test.c \
	tests/unit/riscv64_csr_test.c \
	tests/unit/riscv64_decode_test.c \
	tests/unit/riscv64_fake.c \
	tests/unit/riscv64_fake.h \
	tests/unit/riscv64_ir_test.c \
	tests/unit/riscv64_mmu_test.c \
	tests/unit/riscv64_trap_test.c
tests_unit_riscv64_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(RISCV64_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_riscv64_tap_LDADD = plugins/arch-riscv64/libriscv64.la libvmcore.la $(CRITERION_LIBS)
endif
