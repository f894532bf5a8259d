# SPDX-License-Identifier: BSD-2-Clause
# dev-plic: RISC-V platform-level interrupt controller
pkgplugin_LTLIBRARIES += plugins/dev-plic/dev-plic.la
plugins_dev_plic_dev_plic_la_SOURCES = plugins/dev-plic/plic.c
plugins_dev_plic_dev_plic_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_plic_dev_plic_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_plic_dev_plic_la_LIBADD = $(PLUGIN_LIBADD)
