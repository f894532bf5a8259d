# SPDX-License-Identifier: BSD-2-Clause
pkgplugin_LTLIBRARIES += plugins/dev-pci-bridge/dev-pci-bridge.la
plugins_dev_pci_bridge_dev_pci_bridge_la_SOURCES = plugins/dev-pci-bridge/bridge.c
plugins_dev_pci_bridge_dev_pci_bridge_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pci_bridge_dev_pci_bridge_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pci_bridge_dev_pci_bridge_la_LIBADD = $(PLUGIN_LIBADD)
