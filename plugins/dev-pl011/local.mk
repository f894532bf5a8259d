# SPDX-License-Identifier: BSD-2-Clause
# dev-pl011: Arm PL011 serial port
pkgplugin_LTLIBRARIES += plugins/dev-pl011/dev-pl011.la
plugins_dev_pl011_dev_pl011_la_SOURCES = \
	plugins/dev-pl011/pl011.c \
	plugins/dev-pl011/pl011.h \
	plugins/dev-pl011/plugin.c \
	plugins/dev-common/primecell.h
plugins_dev_pl011_dev_pl011_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pl011_dev_pl011_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pl011_dev_pl011_la_LIBADD = $(PLUGIN_LIBADD)
