# SPDX-License-Identifier: BSD-2-Clause
# engine-check: two engines in lockstep.
pkgplugin_LTLIBRARIES += plugins/engine-check/engine-check.la
plugins_engine_check_engine_check_la_SOURCES = \
	plugins/engine-check/check.h \
	plugins/engine-check/disasm.c \
	plugins/engine-check/engine.c \
	plugins/engine-check/lockstep.c \
	plugins/engine-check/record.c \
	plugins/engine-check/replay.c \
	plugins/engine-check/report.c \
	plugins/engine-check/units.c
plugins_engine_check_engine_check_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) $(CAPSTONE_CFLAGS)
plugins_engine_check_engine_check_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_engine_check_engine_check_la_LIBADD = $(PLUGIN_LIBADD) $(CAPSTONE_LIBS)
