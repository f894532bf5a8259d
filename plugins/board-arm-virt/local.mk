# SPDX-License-Identifier: BSD-2-Clause
pkgplugin_LTLIBRARIES += plugins/board-arm-virt/board-arm-virt.la
plugins_board_arm_virt_board_arm_virt_la_SOURCES = \
	plugins/board-arm-virt/board.h \
	plugins/board-arm-virt/firmware.c \
	plugins/board-arm-virt/plugin.c \
	plugins/board-arm-virt/psci.c \
	plugins/board-arm-virt/psci.h \
	plugins/board-common/boot.h \
	plugins/board-common/images.c \
	plugins/board-common/install.c \
	plugins/board-common/layout.c
plugins_board_arm_virt_board_arm_virt_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_board_arm_virt_board_arm_virt_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_board_arm_virt_board_arm_virt_la_LIBADD = $(PLUGIN_LIBADD)
