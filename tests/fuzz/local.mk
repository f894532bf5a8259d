# SPDX-License-Identifier: BSD-2-Clause
# libFuzzer targets. They are built where configure was told so (--enable-fuzzers, CC=clang); the
# long test makes such a build of its own and runs each for a while.

FUZZERS = \
	tests/fuzz/fuzz_dev-aclint \
	tests/fuzz/fuzz_dev-aplic \
	tests/fuzz/fuzz_dev-framebuffer \
	tests/fuzz/fuzz_dev-fwcfg \
	tests/fuzz/fuzz_dev-gic \
	tests/fuzz/fuzz_dev-imsic \
	tests/fuzz/fuzz_dev-nvme \
	tests/fuzz/fuzz_dev-pci \
	tests/fuzz/fuzz_dev-pci-bridge \
	tests/fuzz/fuzz_dev-pci-test \
	tests/fuzz/fuzz_dev-pflash \
	tests/fuzz/fuzz_dev-pl011 \
	tests/fuzz/fuzz_dev-pl031 \
	tests/fuzz/fuzz_dev-pl061 \
	tests/fuzz/fuzz_dev-plic \
	tests/fuzz/fuzz_dev-rtc \
	tests/fuzz/fuzz_dev-syscon \
	tests/fuzz/fuzz_dev-uart \
	tests/fuzz/fuzz_dev-vgpu \
	tests/fuzz/fuzz_dev-virtio-9p \
	tests/fuzz/fuzz_dev-virtio-blk \
	tests/fuzz/fuzz_dev-virtio-console \
	tests/fuzz/fuzz_dev-virtio-net \
	tests/fuzz/fuzz_dev-virtio-rng \
	tests/fuzz/fuzz_display \
	tests/fuzz/fuzz_gpu-kernels \
	tests/fuzz/fuzz_image \
	tests/fuzz/fuzz_ini \
	tests/fuzz/fuzz_net-frames \
	tests/fuzz/fuzz_virtio-pci \
	tests/fuzz/fuzz_virtqueue
LIBFUZZER_FLAGS = -fsanitize=fuzzer
FUZZ_VIRTQUEUE_SOURCES = \
	core/virtqueue/chain.c \
	core/virtqueue/packed.c \
	core/virtqueue/split.c \
	core/virtqueue/virtqueue.c \
	core/virtqueue/virtqueue.h
# A device's target is the device itself, its test host, and a driver that takes bytes as orders.
FUZZ_DEVICE_SOURCES = tests/fuzz/fuzz_device.c
FUZZ_HOST = libvmrun-devtest.a libvmrun-sdk-conv.la $(LIBDL)
# The same for a virtio device, driven by a driver.
FUZZ_VIRTIO_SOURCES = $(FUZZ_DEVICE_SOURCES:tests/fuzz/fuzz_device.c=tests/fuzz/fuzz_virtio.c) \
	tests/unit/virtio_driver.c \
	tests/unit/virtio_driver.h \
	tests/unit/vring.c \
	tests/unit/vring.h
# The test host takes the reader of virtqueues from the core.
FUZZ_CPPFLAGS = -I$(top_srcdir) $(SDK_CPPFLAGS)

if ENABLE_FUZZERS
noinst_PROGRAMS += $(FUZZERS)
endif

tests_fuzz_fuzz_ini_SOURCES = \
	tests/fuzz/fuzz_ini.c \
	tests/unit/mock_plugins.c \
	tests/unit/mock_plugins.h
tests_fuzz_fuzz_ini_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_ini_LDADD = libvmcore.la

tests_fuzz_fuzz_display_SOURCES = tests/fuzz/fuzz_display.c
tests_fuzz_fuzz_display_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_display_LDADD = libvmcore.la

tests_fuzz_fuzz_gpu_kernels_SOURCES = \
	tests/fuzz/fuzz_gpu_kernels.c \
	plugins/gpu-common/codeobject.c \
	plugins/gpu-common/cubin.c \
	plugins/gpu-common/kernels.c \
	plugins/gpu-common/kernels.h
tests_fuzz_fuzz_gpu_kernels_CPPFLAGS = -I$(srcdir)/plugins/gpu-common $(SDK_CPPFLAGS)
tests_fuzz_fuzz_gpu_kernels_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_gpu_kernels_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz_image.c
tests_fuzz_fuzz_image_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_image_LDADD = libvmcore.la

tests_fuzz_fuzz_dev_aclint_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_aclint_dev_aclint_la_SOURCES)
tests_fuzz_fuzz_dev_aclint_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_aclint_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_aclint_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_aplic_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_aplic_dev_aplic_la_SOURCES)
tests_fuzz_fuzz_dev_aplic_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_aplic_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_aplic_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_gic_SOURCES = \
	$(FUZZ_DEVICE_SOURCES:tests/fuzz/fuzz_device.c=tests/fuzz/fuzz_gic.c) $(DEV_GIC_SOURCES)
tests_fuzz_fuzz_dev_gic_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_gic_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_gic_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_framebuffer_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_framebuffer_dev_framebuffer_la_SOURCES)
tests_fuzz_fuzz_dev_framebuffer_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_framebuffer_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_framebuffer_LDADD = $(FUZZ_HOST)

# With RAM at 0 for its DMA.
tests_fuzz_fuzz_dev_fwcfg_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_fwcfg_dev_fwcfg_la_SOURCES)
tests_fuzz_fuzz_dev_fwcfg_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_RAM=0x10000
tests_fuzz_fuzz_dev_fwcfg_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_fwcfg_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pflash_SOURCES = \
	$(FUZZ_DEVICE_SOURCES:tests/fuzz/fuzz_device.c=tests/fuzz/fuzz_pflash.c) \
	$(plugins_dev_pflash_dev_pflash_la_SOURCES)
tests_fuzz_fuzz_dev_pflash_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pflash_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pflash_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pl011_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_pl011_dev_pl011_la_SOURCES)
tests_fuzz_fuzz_dev_pl011_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pl011_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pl011_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pl031_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_pl031_dev_pl031_la_SOURCES)
tests_fuzz_fuzz_dev_pl031_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pl031_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pl031_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pl061_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_pl061_dev_pl061_la_SOURCES)
tests_fuzz_fuzz_dev_pl061_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pl061_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pl061_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_imsic_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_imsic_dev_imsic_la_SOURCES)
tests_fuzz_fuzz_dev_imsic_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_imsic_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_imsic_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_nvme_SOURCES = $(FUZZ_DEVICE_SOURCES:tests/fuzz/fuzz_device.c=tests/fuzz/fuzz_nvme.c) \
	tests/unit/nvme_driver.c \
	tests/unit/nvme_driver.h \
	$(plugins_dev_nvme_dev_nvme_la_SOURCES)
tests_fuzz_fuzz_dev_nvme_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_nvme_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_nvme_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_vgpu_SOURCES = $(FUZZ_DEVICE_SOURCES:tests/fuzz/fuzz_device.c=tests/fuzz/fuzz_vgpu.c) \
	tests/unit/vgpu_driver.c \
	tests/unit/vgpu_driver.h \
	$(DEV_VGPU_SOURCES)
tests_fuzz_fuzz_dev_vgpu_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_vgpu_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_vgpu_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pci_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_pci_dev_pci_la_SOURCES)
tests_fuzz_fuzz_dev_pci_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pci_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pci_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pci_bridge_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_pci_bridge_dev_pci_bridge_la_SOURCES)
tests_fuzz_fuzz_dev_pci_bridge_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pci_bridge_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pci_bridge_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_pci_test_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) tests/plugins/dev-pci-test.c
tests_fuzz_fuzz_dev_pci_test_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_pci_test_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_pci_test_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_plic_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_plic_dev_plic_la_SOURCES)
tests_fuzz_fuzz_dev_plic_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_plic_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_plic_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_rtc_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_rtc_dev_rtc_la_SOURCES)
tests_fuzz_fuzz_dev_rtc_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_rtc_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_rtc_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_syscon_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_syscon_dev_syscon_la_SOURCES)
tests_fuzz_fuzz_dev_syscon_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_syscon_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_syscon_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_uart_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_uart_dev_uart_la_SOURCES)
tests_fuzz_fuzz_dev_uart_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_uart_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_uart_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_virtio_9p_SOURCES = \
	$(FUZZ_VIRTIO_SOURCES:tests/fuzz/fuzz_virtio.c=tests/fuzz/fuzz_9p.c) \
	tests/unit/p9_client.c \
	tests/unit/p9_client.h \
	tests/unit/p9_folder.c \
	tests/unit/p9_folder.h \
	$(plugins_dev_virtio_9p_dev_virtio_9p_la_SOURCES)
tests_fuzz_fuzz_dev_virtio_9p_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_virtio_9p_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_virtio_9p_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_virtio_blk_SOURCES = \
	$(FUZZ_VIRTIO_SOURCES) $(plugins_dev_virtio_blk_dev_virtio_blk_la_SOURCES)
tests_fuzz_fuzz_dev_virtio_blk_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_virtio_blk_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_virtio_blk_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_virtio_net_SOURCES = \
	$(FUZZ_VIRTIO_SOURCES) $(plugins_dev_virtio_net_dev_virtio_net_la_SOURCES)
tests_fuzz_fuzz_dev_virtio_net_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_virtio_net_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_virtio_net_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_net_frames_SOURCES = \
	tests/fuzz/fuzz_net_frames.c \
	plugins/net-user/frames.c \
	plugins/net-user/ring.c \
	plugins/net-user/user.h
tests_fuzz_fuzz_net_frames_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_net_frames_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_net_frames_LDADD = libvmrun-sdk-conv.la

tests_fuzz_fuzz_dev_virtio_console_SOURCES = \
	$(FUZZ_VIRTIO_SOURCES) $(plugins_dev_virtio_console_dev_virtio_console_la_SOURCES)
tests_fuzz_fuzz_dev_virtio_console_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_virtio_console_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_virtio_console_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_dev_virtio_rng_SOURCES = \
	$(FUZZ_VIRTIO_SOURCES) $(plugins_dev_virtio_rng_dev_virtio_rng_la_SOURCES)
tests_fuzz_fuzz_dev_virtio_rng_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_dev_virtio_rng_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_virtio_rng_LDADD = $(FUZZ_HOST)

# The registers of virtio over PCI, with RAM at 0 for queues.
tests_fuzz_fuzz_virtio_pci_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_virtio_console_dev_virtio_console_la_SOURCES)
tests_fuzz_fuzz_virtio_pci_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_RAM=0x10000
tests_fuzz_fuzz_virtio_pci_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_virtio_pci_LDADD = $(FUZZ_HOST)

tests_fuzz_fuzz_virtqueue_SOURCES = tests/fuzz/fuzz_virtqueue.c $(FUZZ_VIRTQUEUE_SOURCES)
tests_fuzz_fuzz_virtqueue_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_virtqueue_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_virtqueue_LDADD = libvmrun-sdk-conv.la

# These alone, without the rest of the tree.
fuzzers: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) $(FUZZERS)

.PHONY: fuzzers

dist_check_SCRIPTS += tests/fuzz/fuzz.tap tests/fuzz/guest_fuzz.py tests/fuzz/guest_fuzz_long.sh
TESTS += tests/fuzz/guest_fuzz.py
LONG_TESTS += tests/fuzz/fuzz.tap tests/fuzz/guest_fuzz_long.sh
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz_ini.dict tests/fuzz/guest_programs.py tests/fuzz/guests
CLEAN_LOCAL += clean-fuzz

clean-fuzz:
	rm -rf tests/fuzz/build tests/fuzz/learnt
