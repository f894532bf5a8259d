# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the devices and character backends, each linked with its plugin's sources.
if HAVE_CRITERION
# They go through the library that the SDK gives others.
TEST_HOST = libvmrun-devtest.a libvmrun-sdk-conv.la $(LIBDL)

DEVICE_TESTS =
check_PROGRAMS += $(DEVICE_TESTS)
TESTS += $(DEVICE_TESTS)

DEVICE_TESTS += tests/unit/dev_uart.tap
tests_unit_dev_uart_tap_SOURCES = \
	plugins/dev-uart/plugin.c \
	plugins/dev-uart/uart.c \
	plugins/dev-uart/uart.h \
	tests/unit/dev_uart_test.c
tests_unit_dev_uart_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_uart_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_plic.tap
tests_unit_dev_plic_tap_SOURCES = \
	plugins/dev-plic/plic.c \
	tests/unit/dev_plic_test.c
tests_unit_dev_plic_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_plic_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_imsic.tap
tests_unit_dev_imsic_tap_SOURCES = \
	plugins/dev-imsic/imsic.c \
	tests/unit/dev_imsic_test.c
tests_unit_dev_imsic_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_imsic_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_aplic.tap
tests_unit_dev_aplic_tap_SOURCES = \
	plugins/dev-aplic/aplic.h \
	plugins/dev-aplic/deliver.c \
	plugins/dev-aplic/plugin.c \
	plugins/dev-aplic/registers.c \
	tests/unit/dev_aplic_test.c
tests_unit_dev_aplic_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_aplic_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_gic.tap
tests_unit_dev_gic_tap_SOURCES = \
	$(DEV_GIC_SOURCES) \
	tests/unit/dev_gic_common.c \
	tests/unit/dev_gic_its_test.c \
	tests/unit/dev_gic_test.c \
	tests/unit/dev_gic_test.h \
	tests/unit/dev_gic_v2_test.c
tests_unit_dev_gic_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_gic_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pl011.tap
tests_unit_dev_pl011_tap_SOURCES = \
	plugins/dev-pl011/pl011.c \
	plugins/dev-pl011/pl011.h \
	plugins/dev-pl011/plugin.c \
	plugins/dev-common/primecell.h \
	tests/unit/dev_pl011_test.c
tests_unit_dev_pl011_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pl011_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_framebuffer.tap
tests_unit_dev_framebuffer_tap_SOURCES = \
	$(plugins_dev_framebuffer_dev_framebuffer_la_SOURCES) \
	tests/unit/dev_framebuffer_test.c
tests_unit_dev_framebuffer_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_framebuffer_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_fwcfg.tap
tests_unit_dev_fwcfg_tap_SOURCES = \
	$(plugins_dev_fwcfg_dev_fwcfg_la_SOURCES) \
	tests/unit/dev_fwcfg_test.c
tests_unit_dev_fwcfg_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_fwcfg_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pflash.tap
tests_unit_dev_pflash_tap_SOURCES = \
	$(plugins_dev_pflash_dev_pflash_la_SOURCES) \
	tests/unit/dev_pflash_test.c
tests_unit_dev_pflash_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pflash_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pl031.tap
tests_unit_dev_pl031_tap_SOURCES = \
	plugins/dev-pl031/pl031.c \
	plugins/dev-common/primecell.h \
	tests/unit/dev_pl031_test.c
tests_unit_dev_pl031_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pl031_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pl061.tap
tests_unit_dev_pl061_tap_SOURCES = \
	plugins/dev-pl061/pl061.c \
	plugins/dev-common/primecell.h \
	tests/unit/dev_pl061_test.c
tests_unit_dev_pl061_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pl061_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_aclint.tap
tests_unit_dev_aclint_tap_SOURCES = \
	plugins/dev-aclint/aclint.c \
	tests/unit/dev_aclint_test.c
tests_unit_dev_aclint_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_aclint_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_syscon.tap
tests_unit_dev_syscon_tap_SOURCES = \
	plugins/dev-syscon/syscon.c \
	tests/unit/dev_syscon_test.c
tests_unit_dev_syscon_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_syscon_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_rtc.tap
tests_unit_dev_rtc_tap_SOURCES = \
	plugins/dev-rtc/rtc.c \
	tests/unit/dev_rtc_test.c
tests_unit_dev_rtc_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_rtc_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/pci.tap
tests_unit_pci_tap_SOURCES = \
	tests/plugins/dev-pci-test.c \
	tests/unit/pci_test.c
tests_unit_pci_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_pci_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pci.tap
tests_unit_dev_pci_tap_SOURCES = \
	plugins/dev-pci/pci.c \
	tests/unit/dev_pci_test.c
tests_unit_dev_pci_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pci_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/dev_pci_bridge.tap
tests_unit_dev_pci_bridge_tap_SOURCES = \
	plugins/dev-pci-bridge/bridge.c \
	tests/unit/dev_pci_bridge_test.c
tests_unit_dev_pci_bridge_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_pci_bridge_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/char_stdio.tap
tests_unit_char_stdio_tap_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-stdio/stdio.c \
	tests/unit/char_stdio_test.c
tests_unit_char_stdio_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_char_stdio_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/char_pty.tap
tests_unit_char_pty_tap_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-pty/pty.c \
	tests/unit/char_pty_test.c
tests_unit_char_pty_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_char_pty_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/char_socket.tap
tests_unit_char_socket_tap_SOURCES = \
	plugins/char-common/stream.c \
	plugins/char-common/stream.h \
	plugins/char-socket/socket.c \
	tests/unit/char_socket_test.c
tests_unit_char_socket_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_char_socket_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/char_file.tap
tests_unit_char_file_tap_SOURCES = \
	plugins/char-file/file.c \
	tests/unit/char_file_test.c
tests_unit_char_file_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_char_file_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/char_null.tap
tests_unit_char_null_tap_SOURCES = \
	plugins/char-null/null.c \
	tests/unit/char_null_test.c
tests_unit_char_null_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_char_null_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/nvme.tap
tests_unit_nvme_tap_SOURCES = \
	$(DEV_NVME_SOURCES) \
	tests/unit/nvme_driver.c \
	tests/unit/nvme_driver.h \
	tests/unit/nvme_test.c
tests_unit_nvme_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_nvme_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

DEVICE_TESTS += tests/unit/vgpu.tap
tests_unit_vgpu_tap_SOURCES = \
	$(DEV_VGPU_SOURCES) \
	tests/unit/vgpu_driver.c \
	tests/unit/vgpu_driver.h \
	tests/unit/vgpu_host_test.c \
	tests/unit/vgpu_test.c
tests_unit_vgpu_tap_CPPFLAGS = -I$(top_srcdir) $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_vgpu_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)
endif
