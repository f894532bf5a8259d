# SPDX-License-Identifier: BSD-2-Clause
# dev-pl061: Arm PL061 general-purpose input and output
pkgplugin_LTLIBRARIES += plugins/dev-pl061/dev-pl061.la
plugins_dev_pl061_dev_pl061_la_SOURCES = \
	plugins/dev-pl061/pl061.c \
	plugins/dev-common/primecell.h
plugins_dev_pl061_dev_pl061_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_pl061_dev_pl061_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_pl061_dev_pl061_la_LIBADD = $(PLUGIN_LIBADD)
