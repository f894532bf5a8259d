# SPDX-License-Identifier: BSD-2-Clause
# dev-rtc: real-time clock
pkgplugin_LTLIBRARIES += plugins/dev-rtc/dev-rtc.la
plugins_dev_rtc_dev_rtc_la_SOURCES = plugins/dev-rtc/rtc.c
plugins_dev_rtc_dev_rtc_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_rtc_dev_rtc_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_rtc_dev_rtc_la_LIBADD = $(PLUGIN_LIBADD)
