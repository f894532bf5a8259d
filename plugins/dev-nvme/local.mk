# SPDX-License-Identifier: BSD-2-Clause
# dev-nvme: NVMe controller with one namespace
pkgplugin_LTLIBRARIES += plugins/dev-nvme/dev-nvme.la
DEV_NVME_SOURCES = \
	plugins/dev-nvme/admin.c \
	plugins/dev-nvme/identify.c \
	plugins/dev-nvme/io.c \
	plugins/dev-nvme/nvme.h \
	plugins/dev-nvme/plugin.c \
	plugins/dev-nvme/prp.c \
	plugins/dev-nvme/queues.c \
	plugins/dev-nvme/registers.c
plugins_dev_nvme_dev_nvme_la_SOURCES = $(DEV_NVME_SOURCES)
plugins_dev_nvme_dev_nvme_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_nvme_dev_nvme_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_nvme_dev_nvme_la_LIBADD = $(PLUGIN_LIBADD)
