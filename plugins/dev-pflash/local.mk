# SPDX-License-Identifier: BSD-2-Clause
# dev-pflash: CFI NOR flash
pkgplugin_LTLIBRARIES += plugins/dev-pflash/dev-pflash.la
plugins_dev_pflash_dev_pflash_la_SOURCES = \
	plugins/dev-pflash/chip.c \
	plugins/dev-pflash/pflash.h \
	plugins/dev-pflash/plugin.c \
	plugins/dev-pflash/store.c
plugins_dev_pflash_dev_pflash_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pflash_dev_pflash_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pflash_dev_pflash_la_LIBADD = $(PLUGIN_LIBADD)
