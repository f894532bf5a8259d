# SPDX-License-Identifier: BSD-2-Clause
# dev-gic: Arm generic interrupt controller
pkgplugin_LTLIBRARIES += plugins/dev-gic/dev-gic.la
DEV_GIC_SOURCES = \
	plugins/dev-gic/deliver.c \
	plugins/dev-gic/dist.c \
	plugins/dev-gic/gic.h \
	plugins/dev-gic/gicc.c \
	plugins/dev-gic/icc.c \
	plugins/dev-gic/its.c \
	plugins/dev-gic/lpi.c \
	plugins/dev-gic/plugin.c \
	plugins/dev-gic/redist.c \
	plugins/dev-gic/registers.c
plugins_dev_gic_dev_gic_la_SOURCES = $(DEV_GIC_SOURCES)
plugins_dev_gic_dev_gic_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_gic_dev_gic_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_gic_dev_gic_la_LIBADD = $(PLUGIN_LIBADD)
