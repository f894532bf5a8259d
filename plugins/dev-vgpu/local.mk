# SPDX-License-Identifier: BSD-2-Clause
# dev-vgpu: the guest's side of GPU compute
pkgplugin_LTLIBRARIES += plugins/dev-vgpu/dev-vgpu.la
DEV_VGPU_SOURCES = \
	plugins/dev-vgpu/commands.c \
	plugins/dev-vgpu/finish.c \
	plugins/dev-vgpu/objects.c \
	plugins/dev-vgpu/plugin.c \
	plugins/dev-vgpu/registers.c \
	plugins/dev-vgpu/requests.c \
	plugins/dev-vgpu/rings.c \
	plugins/dev-vgpu/vgpu.h \
	plugins/dev-vgpu/window.c \
	plugins/dev-vgpu/wire.h
plugins_dev_vgpu_dev_vgpu_la_SOURCES = $(DEV_VGPU_SOURCES)
plugins_dev_vgpu_dev_vgpu_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_vgpu_dev_vgpu_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_vgpu_dev_vgpu_la_LIBADD = $(PLUGIN_LIBADD)
