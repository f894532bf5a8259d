# SPDX-License-Identifier: BSD-2-Clause
# dev-uart: 16550A serial port
pkgplugin_LTLIBRARIES += plugins/dev-uart/dev-uart.la
plugins_dev_uart_dev_uart_la_SOURCES = \
	plugins/dev-uart/plugin.c \
	plugins/dev-uart/uart.c \
	plugins/dev-uart/uart.h
plugins_dev_uart_dev_uart_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_dev_uart_dev_uart_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dev_uart_dev_uart_la_LIBADD = $(PLUGIN_LIBADD)
