# SPDX-License-Identifier: BSD-2-Clause
# engine-jit: compiles the IR to host code. Each host has a folder; today there is x86-64.
if HOST_X86_64
pkgplugin_LTLIBRARIES += plugins/engine-jit/engine-jit.la
plugins_engine_jit_engine_jit_la_SOURCES = \
	plugins/engine-common/crypto_ops.h \
	plugins/engine-common/fp_ops.h \
	plugins/engine-common/slots.h \
	plugins/engine-common/vector_ops.h \
	plugins/engine-common/vector_types.h \
	plugins/engine-jit/cache.c \
	plugins/engine-jit/dump.c \
	plugins/engine-jit/engine.c \
	plugins/engine-jit/flush.c \
	plugins/engine-jit/fp.c \
	plugins/engine-jit/jit.h \
	plugins/engine-jit/lines.c \
	plugins/engine-jit/passes/bits.c \
	plugins/engine-jit/passes/copy.c \
	plugins/engine-jit/passes/cse.c \
	plugins/engine-jit/passes/dead.c \
	plugins/engine-jit/passes/evaluate.c \
	plugins/engine-jit/passes/facts.c \
	plugins/engine-jit/passes/facts.h \
	plugins/engine-jit/passes/flow.c \
	plugins/engine-jit/passes/flow.h \
	plugins/engine-jit/passes/fold.c \
	plugins/engine-jit/passes/fold.h \
	plugins/engine-jit/passes/passes.h \
	plugins/engine-jit/passes/probes.c \
	plugins/engine-jit/passes/rewrite.c \
	plugins/engine-jit/passes/rewrite.h \
	plugins/engine-jit/passes/same.c \
	plugins/engine-jit/passes/steady.c \
	plugins/engine-jit/passes/trace.c \
	plugins/engine-jit/passes/widen.c \
	plugins/engine-jit/perf.c \
	plugins/engine-jit/pressure.c \
	plugins/engine-jit/region.c \
	plugins/engine-jit/registers.c \
	plugins/engine-jit/runtime.c \
	plugins/engine-jit/simplify.c \
	plugins/engine-jit/vector.c \
	plugins/engine-jit/x86-64/asm.c \
	plugins/engine-jit/x86-64/asm.h \
	plugins/engine-jit/x86-64/atomics.c \
	plugins/engine-jit/x86-64/control.c \
	plugins/engine-jit/x86-64/emit.c \
	plugins/engine-jit/x86-64/emit.h \
	plugins/engine-jit/x86-64/features.c \
	plugins/engine-jit/x86-64/float.c \
	plugins/engine-jit/x86-64/flush.c \
	plugins/engine-jit/x86-64/forms.def \
	plugins/engine-jit/x86-64/groups.c \
	plugins/engine-jit/x86-64/integer.c \
	plugins/engine-jit/x86-64/lines.c \
	plugins/engine-jit/x86-64/targets.c \
	plugins/engine-jit/x86-64/memory.c \
	plugins/engine-jit/x86-64/stubs.c \
	plugins/engine-jit/x86-64/vector.c \
	plugins/engine-jit/x86-64/vector.h \
	plugins/engine-jit/x86-64/vector_crypto.c \
	plugins/engine-jit/x86-64/vector_float.c \
	plugins/engine-jit/x86-64/vector_half.c \
	plugins/engine-jit/x86-64/vector_lanes.c \
	plugins/engine-jit/x86-64/vector_products.c \
	plugins/engine-jit/x86-64/vector_shift.c
plugins_engine_jit_engine_jit_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_engine_jit_engine_jit_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_engine_jit_engine_jit_la_LIBADD = $(PLUGIN_LIBADD)

# Its tests: the encoder against capstone's disassembly, and all that an engine must do against the
# reference evaluator, which is the interpreter's test with another engine.
if HAVE_CRITERION
check_PROGRAMS += tests/unit/jit_asm.tap tests/unit/jit.tap tests/unit/jit_passes.tap
TESTS += tests/unit/jit_asm.tap tests/unit/jit.tap tests/unit/jit_passes.tap
tests_unit_jit_asm_tap_SOURCES = \
	tests/unit/jit_asm_test.c \
	plugins/engine-jit/x86-64/asm.c
tests_unit_jit_asm_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_jit_asm_tap_LDADD = $(CRITERION_LIBS) $(CAPSTONE_LIBS)
tests_unit_jit_tap_SOURCES = \
	tests/unit/engine_atomic_test.c \
	tests/unit/engine_crypto_test.c \
	tests/unit/engine_float_test.c \
	tests/unit/interp_test.c \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/ir_random.c \
	tests/unit/ir_random.h \
	tests/unit/ir_reference.c \
	tests/unit/ir_reference_crypto.c \
	tests/unit/ir_reference_vector.c \
	tests/unit/jit_cache_test.c \
	tests/unit/jit_region_test.c \
	plugins/engine-jit/cache.c
tests_unit_jit_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS) -DTEST_ENGINE='"engine-jit"'
tests_unit_jit_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_jit_passes_tap_SOURCES = \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/ir_random.c \
	tests/unit/ir_random.h \
	tests/unit/ir_reference.c \
	tests/unit/ir_reference_crypto.c \
	tests/unit/ir_reference_vector.c \
	tests/unit/jit_passes_random_test.c \
	tests/unit/jit_passes_test.c \
	plugins/engine-jit/passes/bits.c \
	plugins/engine-jit/passes/copy.c \
	plugins/engine-jit/passes/cse.c \
	plugins/engine-jit/passes/dead.c \
	plugins/engine-jit/passes/evaluate.c \
	plugins/engine-jit/passes/facts.c \
	plugins/engine-jit/passes/flow.c \
	plugins/engine-jit/passes/fold.c \
	plugins/engine-jit/passes/probes.c \
	plugins/engine-jit/passes/rewrite.c \
	plugins/engine-jit/passes/same.c \
	plugins/engine-jit/passes/steady.c \
	plugins/engine-jit/passes/trace.c \
	plugins/engine-jit/passes/widen.c \
	plugins/engine-jit/pressure.c
tests_unit_jit_passes_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_jit_passes_tap_LDADD = libvmcore.la $(CRITERION_LIBS)

# The same on the x86-64 that every host has.
check_PROGRAMS += tests/unit/jit_plain.tap
TESTS += tests/unit/jit_plain.tap
tests_unit_jit_plain_tap_SOURCES = \
	tests/unit/engine_crypto_test.c \
	tests/unit/engine_float_test.c \
	tests/unit/interp_test.c \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/ir_random.c \
	tests/unit/ir_random.h \
	tests/unit/ir_reference.c \
	tests/unit/ir_reference_crypto.c \
	tests/unit/ir_reference_vector.c \
	tests/unit/jit_code_test.c \
	tests/unit/jit_features_test.c \
	tests/unit/jit_vector_test.c
tests_unit_jit_plain_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS) -DTEST_ENGINE='"engine-jit"' \
	-DTEST_HOST_FEATURES='"none"'
tests_unit_jit_plain_tap_LDADD = libvmcore.la $(CRITERION_LIBS) $(CAPSTONE_LIBS)
endif
endif
