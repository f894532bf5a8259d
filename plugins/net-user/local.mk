# SPDX-License-Identifier: BSD-2-Clause
# net-user: a network by libslirp
pkgplugin_LTLIBRARIES += plugins/net-user/net-user.la
plugins_net_user_net_user_la_SOURCES = \
	plugins/net-common/guest.h \
	plugins/net-common/pcap.c \
	plugins/net-common/pcap.h \
	plugins/net-user/forward.c \
	plugins/net-user/frames.c \
	plugins/net-user/poll.c \
	plugins/net-user/ring.c \
	plugins/net-user/user.c \
	plugins/net-user/user.h
plugins_net_user_net_user_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_net_user_net_user_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_net_user_net_user_la_LIBADD = $(PLUGIN_LIBADD) $(SLIRP_LIBS)
