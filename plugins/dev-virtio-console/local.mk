# SPDX-License-Identifier: BSD-2-Clause
# dev-virtio-console: virtio console device
pkgplugin_LTLIBRARIES += plugins/dev-virtio-console/dev-virtio-console.la
plugins_dev_virtio_console_dev_virtio_console_la_SOURCES = plugins/dev-virtio-console/console.c \
	plugins/dev-virtio-console/console.h \
	plugins/dev-virtio-console/plugin.c
plugins_dev_virtio_console_dev_virtio_console_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_virtio_console_dev_virtio_console_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_virtio_console_dev_virtio_console_la_LIBADD = $(PLUGIN_LIBADD)
