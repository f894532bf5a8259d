# SPDX-License-Identifier: BSD-2-Clause
# char-socket: a unix stream socket
pkgplugin_LTLIBRARIES += plugins/char-socket/char-socket.la
plugins_char_socket_char_socket_la_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-socket/socket.c
plugins_char_socket_char_socket_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_char_socket_char_socket_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_char_socket_char_socket_la_LIBADD = $(PLUGIN_LIBADD)
