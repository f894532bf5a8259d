# SPDX-License-Identifier: BSD-2-Clause
pkgplugin_LTLIBRARIES += plugins/dev-pci/dev-pci.la
plugins_dev_pci_dev_pci_la_SOURCES = plugins/dev-pci/pci.c
plugins_dev_pci_dev_pci_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pci_dev_pci_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pci_dev_pci_la_LIBADD = $(PLUGIN_LIBADD)
