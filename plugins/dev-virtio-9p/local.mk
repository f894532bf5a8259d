# SPDX-License-Identifier: BSD-2-Clause
# dev-virtio-9p: shared folder
pkgplugin_LTLIBRARIES += plugins/dev-virtio-9p/dev-virtio-9p.la
DEV_VIRTIO_9P_SOURCES = \
	plugins/dev-virtio-9p/attributes.c \
	plugins/dev-virtio-9p/io.c \
	plugins/dev-virtio-9p/locks.c \
	plugins/dev-virtio-9p/message.c \
	plugins/dev-virtio-9p/names.c \
	plugins/dev-virtio-9p/p9.h \
	plugins/dev-virtio-9p/plugin.c \
	plugins/dev-virtio-9p/queue.c \
	plugins/dev-virtio-9p/serve.c \
	plugins/dev-virtio-9p/session.c \
	plugins/dev-virtio-9p/share.c
plugins_dev_virtio_9p_dev_virtio_9p_la_SOURCES = $(DEV_VIRTIO_9P_SOURCES)
plugins_dev_virtio_9p_dev_virtio_9p_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_virtio_9p_dev_virtio_9p_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_virtio_9p_dev_virtio_9p_la_LIBADD = $(PLUGIN_LIBADD)
