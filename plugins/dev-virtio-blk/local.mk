# SPDX-License-Identifier: BSD-2-Clause
# dev-virtio-blk: virtio block device
pkgplugin_LTLIBRARIES += plugins/dev-virtio-blk/dev-virtio-blk.la
DEV_VIRTIO_BLK_SOURCES = \
	plugins/dev-virtio-blk/blk.h \
	plugins/dev-virtio-blk/config.c \
	plugins/dev-virtio-blk/plugin.c \
	plugins/dev-virtio-blk/request.c
plugins_dev_virtio_blk_dev_virtio_blk_la_SOURCES = $(DEV_VIRTIO_BLK_SOURCES)
plugins_dev_virtio_blk_dev_virtio_blk_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_virtio_blk_dev_virtio_blk_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_virtio_blk_dev_virtio_blk_la_LIBADD = $(PLUGIN_LIBADD)
