# SPDX-License-Identifier: BSD-2-Clause
# dev-framebuffer: a frame of RAM that is shown
pkgplugin_LTLIBRARIES += plugins/dev-framebuffer/dev-framebuffer.la
plugins_dev_framebuffer_dev_framebuffer_la_SOURCES = plugins/dev-framebuffer/framebuffer.c
plugins_dev_framebuffer_dev_framebuffer_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_framebuffer_dev_framebuffer_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_framebuffer_dev_framebuffer_la_LIBADD = $(PLUGIN_LIBADD)
