# SPDX-License-Identifier: BSD-2-Clause
# net-tap: a tap interface
pkgplugin_LTLIBRARIES += plugins/net-tap/net-tap.la
plugins_net_tap_net_tap_la_SOURCES = \
	plugins/net-common/guest.h \
	plugins/net-common/pcap.c \
	plugins/net-common/pcap.h \
	plugins/net-common/port.c \
	plugins/net-common/port.h \
	plugins/net-tap/tap.c
plugins_net_tap_net_tap_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_net_tap_net_tap_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_net_tap_net_tap_la_LIBADD = $(PLUGIN_LIBADD)
