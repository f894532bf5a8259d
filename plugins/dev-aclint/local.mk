# SPDX-License-Identifier: BSD-2-Clause
# dev-aclint: RISC-V timer and inter-processor interrupts
pkgplugin_LTLIBRARIES += plugins/dev-aclint/dev-aclint.la
plugins_dev_aclint_dev_aclint_la_SOURCES = plugins/dev-aclint/aclint.c
plugins_dev_aclint_dev_aclint_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_aclint_dev_aclint_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_aclint_dev_aclint_la_LIBADD = $(PLUGIN_LIBADD)
