# SPDX-License-Identifier: BSD-2-Clause
# engine-interp: threaded code lowered from the IR.
pkgplugin_LTLIBRARIES += plugins/engine-interp/engine-interp.la
plugins_engine_interp_engine_interp_la_SOURCES = \
	plugins/engine-interp/alu.h \
	plugins/engine-interp/cells.c \
	plugins/engine-interp/cells.h \
	plugins/engine-interp/emit.c \
	plugins/engine-interp/engine.c \
	plugins/engine-interp/fp.c \
	plugins/engine-interp/interp.h \
	plugins/engine-interp/leave.c \
	plugins/engine-interp/lower.h \
	plugins/engine-interp/mem.c \
	plugins/engine-interp/ops.h \
	plugins/engine-interp/run.c \
	plugins/engine-interp/simplify.c
plugins_engine_interp_engine_interp_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_engine_interp_engine_interp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_engine_interp_engine_interp_la_LIBADD = $(PLUGIN_LIBADD)
