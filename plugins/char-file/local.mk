# SPDX-License-Identifier: BSD-2-Clause
# char-file: a file that takes the output
pkgplugin_LTLIBRARIES += plugins/char-file/char-file.la
plugins_char_file_char_file_la_SOURCES = plugins/char-file/file.c
plugins_char_file_char_file_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_char_file_char_file_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_char_file_char_file_la_LIBADD = $(PLUGIN_LIBADD)
