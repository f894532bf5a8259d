# SPDX-License-Identifier: BSD-2-Clause
# dev-imsic: RISC-V incoming MSI controller
pkgplugin_LTLIBRARIES += plugins/dev-imsic/dev-imsic.la
plugins_dev_imsic_dev_imsic_la_SOURCES = plugins/dev-imsic/imsic.c
plugins_dev_imsic_dev_imsic_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_imsic_dev_imsic_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_imsic_dev_imsic_la_LIBADD = $(PLUGIN_LIBADD)
