# SPDX-License-Identifier: BSD-2-Clause
# arch-aarch64. All but the descriptor is a convenience library, which the unit tests link as well.

noinst_LTLIBRARIES += plugins/arch-aarch64/libaarch64.la
plugins_arch_aarch64_libaarch64_la_SOURCES = \
	plugins/arch-aarch64/arch.c \
	plugins/arch-aarch64/cache.c \
	plugins/arch-aarch64/cpu_features.h \
	plugins/arch-aarch64/debug.c \
	plugins/arch-aarch64/decode.c \
	plugins/arch-aarch64/decode.h \
	plugins/arch-aarch64/disasm.c \
	plugins/arch-aarch64/emit.h \
	plugins/arch-aarch64/emit_arith.c \
	plugins/arch-aarch64/emit_atomic.c \
	plugins/arch-aarch64/emit_branch.c \
	plugins/arch-aarch64/emit_crypto.c \
	plugins/arch-aarch64/emit_flags.c \
	plugins/arch-aarch64/emit_fp.c \
	plugins/arch-aarch64/emit_fp_lanes.c \
	plugins/arch-aarch64/emit_int.c \
	plugins/arch-aarch64/emit_mem.c \
	plugins/arch-aarch64/emit_pauth.c \
	plugins/arch-aarch64/emit_simd.h \
	plugins/arch-aarch64/emit_simd_bits.c \
	plugins/arch-aarch64/emit_simd_complex.c \
	plugins/arch-aarch64/emit_simd_float.c \
	plugins/arch-aarch64/emit_simd_mem.c \
	plugins/arch-aarch64/emit_simd_move.c \
	plugins/arch-aarch64/emit_simd_saturate.c \
	plugins/arch-aarch64/emit_simd_shift.c \
	plugins/arch-aarch64/emit_simd_three.c \
	plugins/arch-aarch64/emit_simd_two.c \
	plugins/arch-aarch64/emit_simd_vector.c \
	plugins/arch-aarch64/emit_system.c \
	plugins/arch-aarch64/exception.c \
	plugins/arch-aarch64/exception.h \
	plugins/arch-aarch64/features.c \
	plugins/arch-aarch64/flags.c \
	plugins/arch-aarch64/flags.h \
	plugins/arch-aarch64/fp.h \
	plugins/arch-aarch64/fp_convert.c \
	plugins/arch-aarch64/fp_estimate.c \
	plugins/arch-aarch64/fp_lanes.c \
	plugins/arch-aarch64/helpers.c \
	plugins/arch-aarch64/helpers.h \
	plugins/arch-aarch64/helpers_fp.h \
	plugins/arch-aarch64/helpers_int.c \
	plugins/arch-aarch64/helpers_int.h \
	plugins/arch-aarch64/helpers_sys.c \
	plugins/arch-aarch64/helpers_sys.h \
	plugins/arch-aarch64/mmu.c \
	plugins/arch-aarch64/mmu.h \
	plugins/arch-aarch64/mode.c \
	plugins/arch-aarch64/pauth.c \
	plugins/arch-aarch64/pmu.c \
	plugins/arch-aarch64/saved.c \
	plugins/arch-aarch64/saved.h \
	plugins/arch-aarch64/slots.c \
	plugins/arch-aarch64/slots.h \
	plugins/arch-aarch64/state.h \
	plugins/arch-aarch64/syndrome.c \
	plugins/arch-aarch64/sysreg_access.c \
	plugins/arch-aarch64/sysreg_checks.c \
	plugins/arch-aarch64/sysregs.c \
	plugins/arch-aarch64/sysregs.h \
	plugins/arch-aarch64/timer.c \
	plugins/arch-aarch64/tlbi.c \
	plugins/arch-aarch64/translate.c \
	plugins/arch-aarch64/vgic.c \
	plugins/arch-aarch64/vgic.h
nodist_plugins_arch_aarch64_libaarch64_la_SOURCES = \
	plugins/arch-aarch64/aarch64-decode.c \
	plugins/arch-aarch64/aarch64-decode.h
AARCH64_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugins/arch-aarch64 \
	-I$(top_builddir)/plugins/arch-aarch64
plugins_arch_aarch64_libaarch64_la_CPPFLAGS = $(AARCH64_CPPFLAGS)

pkgplugin_LTLIBRARIES += plugins/arch-aarch64/arch-aarch64.la
plugins_arch_aarch64_arch_aarch64_la_SOURCES = plugins/arch-aarch64/plugin.c
plugins_arch_aarch64_arch_aarch64_la_CPPFLAGS = $(AARCH64_CPPFLAGS)
plugins_arch_aarch64_arch_aarch64_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_arch_aarch64_arch_aarch64_la_LIBADD = plugins/arch-aarch64/libaarch64.la $(PLUGIN_LIBADD)

# The decoder, made from the tables of instructions; and the tables as text, for tests that generate instructions from them.
AARCH64_PATTERNS = $(srcdir)/plugins/arch-aarch64/aarch64.decode $(srcdir)/plugins/arch-aarch64/aarch64-fp.decode \
	$(srcdir)/plugins/arch-aarch64/aarch64-simd.decode
AARCH64_DECODE_INPUT = plugins/arch-aarch64/gen-decode.awk plugins/arch-aarch64/aarch64.decode \
	plugins/arch-aarch64/aarch64-fp.decode plugins/arch-aarch64/aarch64-simd.decode
AARCH64_GENERATED = plugins/arch-aarch64/aarch64-decode.h plugins/arch-aarch64/aarch64-decode.c \
	plugins/arch-aarch64/aarch64-patterns.txt

plugins/arch-aarch64/aarch64-decode.h: $(AARCH64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-aarch64 && \
	$(AWK) -v mode=header -f $(srcdir)/plugins/arch-aarch64/gen-decode.awk $(AARCH64_PATTERNS) >$@.tmp && mv $@.tmp $@
plugins/arch-aarch64/aarch64-decode.c: $(AARCH64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-aarch64 && \
	$(AWK) -v mode=source -f $(srcdir)/plugins/arch-aarch64/gen-decode.awk $(AARCH64_PATTERNS) >$@.tmp && mv $@.tmp $@
plugins/arch-aarch64/aarch64-patterns.txt: $(AARCH64_DECODE_INPUT)
	$(AM_V_GEN)$(MKDIR_P) plugins/arch-aarch64 && \
	$(AWK) -v mode=list -f $(srcdir)/plugins/arch-aarch64/gen-decode.awk $(AARCH64_PATTERNS) >$@.tmp && mv $@.tmp $@

EXTRA_DIST += $(AARCH64_DECODE_INPUT)
BUILT_SOURCES += plugins/arch-aarch64/aarch64-decode.h
CLEANFILES += $(AARCH64_GENERATED)
check_DATA += plugins/arch-aarch64/aarch64-patterns.txt

if HAVE_CRITERION
check_PROGRAMS += tests/unit/aarch64.tap
TESTS += tests/unit/aarch64.tap
tests_unit_aarch64_tap_SOURCES = \
	tests/unit/aarch64_crypto_test.c \
	tests/unit/aarch64_debug_test.c \
	tests/unit/aarch64_decode_test.c \
	tests/unit/aarch64_exception_test.c \
	tests/unit/aarch64_fake.c \
	tests/unit/aarch64_fake.h \
	tests/unit/aarch64_crc_test.c \
	tests/unit/aarch64_flags_test.c \
	tests/unit/aarch64_integer_test.c \
	tests/unit/aarch64_ir_test.c \
	tests/unit/aarch64_mmu_test.c \
	tests/unit/aarch64_runner.c \
	tests/unit/aarch64_runner.h \
	tests/unit/aarch64_simd_test.c \
	tests/unit/aarch64_sysreg_test.c \
	tests/unit/aarch64_timer_test.c \
	tests/unit/aarch64_vgic_test.c \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h
tests_unit_aarch64_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(AARCH64_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_aarch64_tap_LDADD = plugins/arch-aarch64/libaarch64.la libvmcore.la $(CRITERION_LIBS)
if HAVE_MPFR
check_PROGRAMS += tests/unit/aarch64_float.tap
TESTS += tests/unit/aarch64_float.tap
tests_unit_aarch64_float_tap_SOURCES = \
	tests/unit/aarch64_float_manual.c \
	tests/unit/aarch64_float_manual.h \
	tests/unit/aarch64_float_test.c \
	tests/unit/aarch64_runner.c \
	tests/unit/aarch64_runner.h \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/mpfr_oracle.c \
	tests/unit/mpfr_oracle.h
tests_unit_aarch64_float_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(AARCH64_CPPFLAGS) $(CRITERION_CFLAGS) $(MPFR_CFLAGS)
tests_unit_aarch64_float_tap_LDADD = plugins/arch-aarch64/libaarch64.la libvmcore.la $(CRITERION_LIBS) $(MPFR_LIBS)
endif
endif
