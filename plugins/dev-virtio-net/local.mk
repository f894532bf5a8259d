# SPDX-License-Identifier: BSD-2-Clause
# dev-virtio-net: virtio network device
pkgplugin_LTLIBRARIES += plugins/dev-virtio-net/dev-virtio-net.la
plugins_dev_virtio_net_dev_virtio_net_la_SOURCES = \
	plugins/dev-virtio-net/control.c \
	plugins/dev-virtio-net/device.c \
	plugins/dev-virtio-net/net.h \
	plugins/dev-virtio-net/traffic.c
plugins_dev_virtio_net_dev_virtio_net_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_virtio_net_dev_virtio_net_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_virtio_net_dev_virtio_net_la_LIBADD = $(PLUGIN_LIBADD)
