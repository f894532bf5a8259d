# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of virtio devices: each linked with its plugin's sources and a driver.
VIRTIO_DRIVER = \
	tests/unit/virtio_driver.c \
	tests/unit/virtio_driver.h \
	tests/unit/vring.c \
	tests/unit/vring.h
P9_CLIENT = \
	tests/unit/p9_client.c \
	tests/unit/p9_client.h \
	tests/unit/p9_folder.c \
	tests/unit/p9_folder.h
if HAVE_CRITERION
VIRTIO_TESTS =

VIRTIO_TESTS += tests/unit/dev_virtio_console.tap
tests_unit_dev_virtio_console_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	plugins/dev-virtio-console/console.c \
	plugins/dev-virtio-console/console.h \
	plugins/dev-virtio-console/plugin.c \
	tests/unit/dev_virtio_console_test.c
tests_unit_dev_virtio_console_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_virtio_console_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/virtio_pci.tap
tests_unit_virtio_pci_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	plugins/dev-virtio-console/console.c \
	plugins/dev-virtio-console/console.h \
	plugins/dev-virtio-console/plugin.c \
	tests/unit/virtio_pci_test.c
tests_unit_virtio_pci_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_pci_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/virtio_stop.tap
tests_unit_virtio_stop_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	tests/unit/virtio_stop_test.c
tests_unit_virtio_stop_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_stop_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/virtio_mmio.tap
tests_unit_virtio_mmio_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	plugins/dev-virtio-rng/rng.c \
	tests/unit/virtio_mmio_test.c
tests_unit_virtio_mmio_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_mmio_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/virtio_blk.tap
tests_unit_virtio_blk_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	$(DEV_VIRTIO_BLK_SOURCES) \
	tests/unit/virtio_blk_test.c
tests_unit_virtio_blk_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_blk_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/dev_virtio_9p.tap
tests_unit_dev_virtio_9p_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	$(P9_CLIENT) \
	$(DEV_VIRTIO_9P_SOURCES) \
	tests/unit/dev_virtio_9p_test.c
tests_unit_dev_virtio_9p_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_virtio_9p_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/dev_virtio_9p_escape.tap
tests_unit_dev_virtio_9p_escape_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	$(P9_CLIENT) \
	$(DEV_VIRTIO_9P_SOURCES) \
	tests/unit/dev_virtio_9p_escape_test.c
tests_unit_dev_virtio_9p_escape_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_virtio_9p_escape_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

VIRTIO_TESTS += tests/unit/dev_virtio_9p_queue.tap
tests_unit_dev_virtio_9p_queue_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	$(P9_CLIENT) \
	$(DEV_VIRTIO_9P_SOURCES) \
	tests/unit/dev_virtio_9p_queue_test.c
tests_unit_dev_virtio_9p_queue_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_dev_virtio_9p_queue_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

check_PROGRAMS += $(VIRTIO_TESTS)
TESTS += $(VIRTIO_TESTS)
endif
