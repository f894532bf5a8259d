# SPDX-License-Identifier: BSD-2-Clause
# dev-pl031: Arm PL031 real-time clock
pkgplugin_LTLIBRARIES += plugins/dev-pl031/dev-pl031.la
plugins_dev_pl031_dev_pl031_la_SOURCES = \
	plugins/dev-pl031/pl031.c \
	plugins/dev-common/primecell.h
plugins_dev_pl031_dev_pl031_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pl031_dev_pl031_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pl031_dev_pl031_la_LIBADD = $(PLUGIN_LIBADD)
