# SPDX-License-Identifier: BSD-2-Clause
# block-nbd: what an NBD server exports
pkgplugin_LTLIBRARIES += plugins/block-nbd/block-nbd.la
BLOCK_NBD_SOURCES = \
	plugins/block-nbd/connect.c \
	plugins/block-nbd/nbd.h \
	plugins/block-nbd/plugin.c \
	plugins/block-nbd/requests.c \
	plugins/block-nbd/thread.c
plugins_block_nbd_block_nbd_la_SOURCES = $(BLOCK_NBD_SOURCES)
plugins_block_nbd_block_nbd_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) $(LIBNBD_CFLAGS)
plugins_block_nbd_block_nbd_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_block_nbd_block_nbd_la_LIBADD = $(PLUGIN_LIBADD) $(LIBNBD_LIBS)
