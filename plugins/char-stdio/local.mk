# SPDX-License-Identifier: BSD-2-Clause
# char-stdio: the terminal, or standard input and output
pkgplugin_LTLIBRARIES += plugins/char-stdio/char-stdio.la
plugins_char_stdio_char_stdio_la_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-stdio/stdio.c
plugins_char_stdio_char_stdio_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_char_stdio_char_stdio_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_char_stdio_char_stdio_la_LIBADD = $(PLUGIN_LIBADD)
