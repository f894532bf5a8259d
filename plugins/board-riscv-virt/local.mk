# SPDX-License-Identifier: BSD-2-Clause
pkgplugin_LTLIBRARIES += plugins/board-riscv-virt/board-riscv-virt.la
plugins_board_riscv_virt_board_riscv_virt_la_SOURCES = \
	plugins/board-common/boot.h \
	plugins/board-common/images.c \
	plugins/board-common/install.c \
	plugins/board-common/layout.c \
	plugins/board-riscv-virt/board.h \
	plugins/board-riscv-virt/plugin.c
plugins_board_riscv_virt_board_riscv_virt_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_board_riscv_virt_board_riscv_virt_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_board_riscv_virt_board_riscv_virt_la_LIBADD = $(PLUGIN_LIBADD)
