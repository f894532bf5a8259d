# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of core/machine: images, device tree, saved state, machines of toy plugins.
if HAVE_CRITERION
MACHINE_TESTS = tests/unit/board_arm_virt.tap tests/unit/board_riscv_virt.tap tests/unit/display_rules.tap tests/unit/fdt.tap tests/unit/image.tap tests/unit/machine.tap tests/unit/machine_display.tap tests/unit/machine_gpu.tap tests/unit/machine_gpu_drain.tap tests/unit/state.tap
check_PROGRAMS += $(MACHINE_TESTS)
TESTS += $(MACHINE_TESTS)
tests_unit_board_arm_virt_tap_SOURCES = tests/unit/board_arm_virt_test.c \
	tests/unit/board_files.c \
	tests/unit/board_files.h \
	plugins/board-arm-virt/board.h \
	plugins/board-arm-virt/firmware.c \
	plugins/board-arm-virt/plugin.c \
	plugins/board-arm-virt/psci.c \
	plugins/board-arm-virt/psci.h \
	plugins/board-common/boot.h \
	plugins/board-common/images.c \
	plugins/board-common/install.c \
	plugins/board-common/layout.c
tests_unit_board_arm_virt_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_board_riscv_virt_tap_SOURCES = tests/unit/board_riscv_virt_test.c \
	tests/unit/board_files.c \
	tests/unit/board_files.h \
	plugins/board-common/boot.h \
	plugins/board-common/images.c \
	plugins/board-common/install.c \
	plugins/board-common/layout.c \
	plugins/board-riscv-virt/board.h \
	plugins/board-riscv-virt/plugin.c
tests_unit_board_riscv_virt_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_display_rules_tap_SOURCES = tests/unit/display_rules_test.c
tests_unit_display_rules_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_fdt_tap_SOURCES = tests/unit/fdt_test.c
tests_unit_fdt_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_image_tap_SOURCES = tests/unit/image_test.c
tests_unit_image_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_machine_tap_SOURCES = tests/unit/machine_mock.c tests/unit/machine_mock.h tests/unit/machine_test.c
tests_unit_machine_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_machine_display_tap_SOURCES = tests/unit/machine_display_test.c tests/unit/machine_mock.c tests/unit/machine_mock.h
tests_unit_machine_display_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
MACHINE_GPU_RIG = tests/unit/machine_gpu_rig.c tests/unit/machine_gpu_rig.h tests/unit/machine_mock.c tests/unit/machine_mock.h
tests_unit_machine_gpu_tap_SOURCES = $(MACHINE_GPU_RIG) tests/unit/machine_gpu_test.c
tests_unit_machine_gpu_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_machine_gpu_drain_tap_SOURCES = $(MACHINE_GPU_RIG) tests/unit/machine_gpu_drain_test.c
tests_unit_machine_gpu_drain_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
tests_unit_state_tap_SOURCES = tests/unit/state_test.c
tests_unit_state_tap_LDADD = libvmcore.la $(CRITERION_LIBS)
endif
