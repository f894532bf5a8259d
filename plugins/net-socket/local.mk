# SPDX-License-Identifier: BSD-2-Clause
# net-socket: frames as unix datagrams
pkgplugin_LTLIBRARIES += plugins/net-socket/net-socket.la
plugins_net_socket_net_socket_la_SOURCES = \
	plugins/net-common/guest.h \
	plugins/net-common/pcap.c \
	plugins/net-common/pcap.h \
	plugins/net-common/port.c \
	plugins/net-common/port.h \
	plugins/net-socket/socket.c
plugins_net_socket_net_socket_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_net_socket_net_socket_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_net_socket_net_socket_la_LIBADD = $(PLUGIN_LIBADD)
