# SPDX-License-Identifier: BSD-2-Clause
# dev-aplic: RISC-V advanced platform-level interrupt controller
pkgplugin_LTLIBRARIES += plugins/dev-aplic/dev-aplic.la
plugins_dev_aplic_dev_aplic_la_SOURCES = \
	plugins/dev-aplic/aplic.h \
	plugins/dev-aplic/deliver.c \
	plugins/dev-aplic/plugin.c \
	plugins/dev-aplic/registers.c
plugins_dev_aplic_dev_aplic_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_aplic_dev_aplic_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_aplic_dev_aplic_la_LIBADD = $(PLUGIN_LIBADD)
