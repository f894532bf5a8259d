# SPDX-License-Identifier: BSD-2-Clause
# char-null: drops all output
pkgplugin_LTLIBRARIES += plugins/char-null/char-null.la
plugins_char_null_char_null_la_SOURCES = plugins/char-null/null.c
plugins_char_null_char_null_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_char_null_char_null_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_char_null_char_null_la_LIBADD = $(PLUGIN_LIBADD)
