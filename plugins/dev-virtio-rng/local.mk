# SPDX-License-Identifier: BSD-2-Clause
# dev-virtio-rng: virtio entropy device
pkgplugin_LTLIBRARIES += plugins/dev-virtio-rng/dev-virtio-rng.la
plugins_dev_virtio_rng_dev_virtio_rng_la_SOURCES = plugins/dev-virtio-rng/rng.c
plugins_dev_virtio_rng_dev_virtio_rng_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_virtio_rng_dev_virtio_rng_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_virtio_rng_dev_virtio_rng_la_LIBADD = $(PLUGIN_LIBADD)
