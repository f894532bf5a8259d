# SPDX-License-Identifier: BSD-2-Clause
# dev-fwcfg: QEMU's firmware configuration device
pkgplugin_LTLIBRARIES += plugins/dev-fwcfg/dev-fwcfg.la
plugins_dev_fwcfg_dev_fwcfg_la_SOURCES = \
	plugins/dev-fwcfg/folder.c \
	plugins/dev-fwcfg/fwcfg.c \
	plugins/dev-fwcfg/fwcfg.h \
	plugins/dev-fwcfg/items.c \
	plugins/dev-fwcfg/smbios.c
plugins_dev_fwcfg_dev_fwcfg_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_fwcfg_dev_fwcfg_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_fwcfg_dev_fwcfg_la_LIBADD = $(PLUGIN_LIBADD)
