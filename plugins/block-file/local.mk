# SPDX-License-Identifier: BSD-2-Clause
# block-file: raw images and block devices
pkgplugin_LTLIBRARIES += plugins/block-file/block-file.la
BLOCK_FILE_SOURCES = \
	plugins/block-file/file.h \
	plugins/block-file/io.c \
	plugins/block-file/open.c \
	plugins/block-file/plugin.c \
	plugins/block-file/threads.c \
	plugins/block-file/uring.c
plugins_block_file_block_file_la_SOURCES = $(BLOCK_FILE_SOURCES)
plugins_block_file_block_file_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) $(LIBURING_CFLAGS)
plugins_block_file_block_file_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_block_file_block_file_la_LIBADD = $(PLUGIN_LIBADD) $(LIBURING_LIBS)
