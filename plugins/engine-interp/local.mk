# SPDX-License-Identifier: BSD-2-Clause
# engine-interp: threaded code lowered from the IR.
pkgplugin_LTLIBRARIES += plugins/engine-interp/engine-interp.la
plugins_engine_interp_engine_interp_la_SOURCES = \
	plugins/engine-common/crypto_ops.h \
	plugins/engine-common/fp_ops.h \
	plugins/engine-common/slots.h \
	plugins/engine-common/vector_ops.h \
	plugins/engine-common/vector_types.h \
	plugins/engine-interp/alu.h \
	plugins/engine-interp/cells.c \
	plugins/engine-interp/cells.h \
	plugins/engine-interp/emit.c \
	plugins/engine-interp/engine.c \
	plugins/engine-interp/fp.c \
	plugins/engine-interp/fp_fma.c \
	plugins/engine-interp/handlers.h \
	plugins/engine-interp/interp.h \
	plugins/engine-interp/leave.c \
	plugins/engine-interp/lower.c \
	plugins/engine-interp/lower.h \
	plugins/engine-interp/mem.c \
	plugins/engine-interp/ops.h \
	plugins/engine-interp/pairs.h \
	plugins/engine-interp/run.c \
	plugins/engine-interp/select.c \
	plugins/engine-interp/select.h \
	plugins/engine-interp/simplify.c \
	plugins/engine-interp/steps.h \
	plugins/engine-interp/vector.c
plugins_engine_interp_engine_interp_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_engine_interp_engine_interp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_engine_interp_engine_interp_la_LIBADD = $(PLUGIN_LIBADD)

# Its tests, and those of the IR that every engine takes. The engine is loaded as the built plugin.
if HAVE_CRITERION
check_PROGRAMS += tests/unit/ir.tap tests/unit/interp.tap
TESTS += tests/unit/ir.tap tests/unit/interp.tap
tests_unit_ir_tap_SOURCES = \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/ir_random.c \
	tests/unit/ir_random.h \
	tests/unit/ir_test.c \
	tests/unit/ir_text_test.c
tests_unit_ir_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_ir_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_interp_tap_SOURCES = \
	tests/unit/engine_crypto_test.c \
	tests/unit/engine_float_test.c \
	tests/unit/interp_test.c \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h \
	tests/unit/ir_random.c \
	tests/unit/ir_random.h \
	tests/unit/ir_reference.c \
	tests/unit/ir_reference_crypto.c \
	tests/unit/ir_reference_vector.c
tests_unit_interp_tap_CPPFLAGS = $(CORE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_interp_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
endif

# For work on an engine: the speed of small loops.
EXTRA_PROGRAMS += tests/unit/engine-speed
tests_unit_engine_speed_SOURCES = \
	tests/unit/engine_speed.c \
	tests/unit/ir_machine.c \
	tests/unit/ir_machine.h
tests_unit_engine_speed_LDADD = libvmcore.la
CLEANFILES += tests/unit/engine-speed
