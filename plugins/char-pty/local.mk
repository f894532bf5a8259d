# SPDX-License-Identifier: BSD-2-Clause
# char-pty: a pseudo-terminal
pkgplugin_LTLIBRARIES += plugins/char-pty/char-pty.la
plugins_char_pty_char_pty_la_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-pty/pty.c
plugins_char_pty_char_pty_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_char_pty_char_pty_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_char_pty_char_pty_la_LIBADD = $(PLUGIN_LIBADD)
