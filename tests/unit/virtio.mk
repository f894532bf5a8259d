# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of virtio devices: each linked with its plugin's sources and a driver.
VIRTIO_DRIVER = \
	tests/unit/virtio_driver.c \
	tests/unit/virtio_driver.h \
	tests/unit/vring.c \
	tests/unit/vring.h
if HAVE_CRITERION
VIRTIO_TESTS =

VIRTIO_TESTS += tests/unit/virtio_mmio.tap
tests_unit_virtio_mmio_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	plugins/dev-virtio-rng/rng.c \
	tests/unit/virtio_mmio_test.c
tests_unit_virtio_mmio_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_mmio_tap_LDADD = libtesthost.la $(CRITERION_LIBS)

check_PROGRAMS += $(VIRTIO_TESTS)
TESTS += $(VIRTIO_TESTS)
endif
