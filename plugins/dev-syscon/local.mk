# SPDX-License-Identifier: BSD-2-Clause
# dev-syscon: power-off and reset register
pkgplugin_LTLIBRARIES += plugins/dev-syscon/dev-syscon.la
plugins_dev_syscon_dev_syscon_la_SOURCES = plugins/dev-syscon/syscon.c
plugins_dev_syscon_dev_syscon_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_syscon_dev_syscon_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_syscon_dev_syscon_la_LIBADD = $(PLUGIN_LIBADD)
