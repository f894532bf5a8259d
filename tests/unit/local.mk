# SPDX-License-Identifier: BSD-2-Clause
# Criterion programs: a test case is a TAP line. UNIT_CORE see the whole tree; UNIT_SDK have only what a plugin has.

UNIT_LIBS = $(CRITERION_LIBS)
UNIT_CORE_CPPFLAGS = $(CORE_CPPFLAGS) -I$(top_srcdir)/tests/unit $(CRITERION_CFLAGS)
UNIT_SDK_CPPFLAGS = $(SDK_CPPFLAGS) -I$(top_srcdir)/tests/unit $(CRITERION_CFLAGS)
UNIT_TESTS =

if HAVE_CRITERION
if HAVE_MPFR
UNIT_TESTS += tests/unit/softfp.tap
tests_unit_softfp_tap_SOURCES = \
	tests/unit/mpfr_oracle.c \
	tests/unit/mpfr_oracle.h \
	tests/unit/softfp_test.c \
	tests/unit/softfp_ops.h
tests_unit_softfp_tap_CPPFLAGS = $(UNIT_SDK_CPPFLAGS) $(MPFR_CFLAGS)
tests_unit_softfp_tap_LDADD = libvmrun-sdk-conv.la $(UNIT_LIBS) $(MPFR_LIBS)
endif

UNIT_TESTS += tests/unit/space.tap
tests_unit_space_tap_SOURCES = \
	tests/unit/space_test.c
tests_unit_space_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_space_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/tlb.tap
tests_unit_tlb_tap_SOURCES = \
	tests/unit/tlb_fetched_test.c \
	tests/unit/tlb_rig.c \
	tests/unit/tlb_rig.h \
	tests/unit/tlb_test.c
tests_unit_tlb_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_tlb_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/device_memory.tap
tests_unit_device_memory_tap_SOURCES = \
	tests/unit/device_memory_test.c
tests_unit_device_memory_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_device_memory_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/event.tap
tests_unit_event_tap_SOURCES = \
	tests/unit/event_test.c
tests_unit_event_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_event_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/virtqueue.tap
tests_unit_virtqueue_tap_SOURCES = \
	tests/unit/virtqueue_test.c \
	tests/unit/vring.c \
	tests/unit/vring.h
tests_unit_virtqueue_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_virtqueue_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/ini.tap
tests_unit_ini_tap_SOURCES = \
	tests/unit/ini_test.c \
	tests/unit/mock_plugins.c \
	tests/unit/mock_plugins.h
tests_unit_ini_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_ini_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/props.tap
tests_unit_props_tap_SOURCES = \
	tests/unit/props_test.c
tests_unit_props_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_props_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/plugin.tap
tests_unit_plugin_tap_SOURCES = \
	tests/unit/plugin_test.c
tests_unit_plugin_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_plugin_tap_LDADD = libvmcore.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/vcpu.tap
tests_unit_vcpu_tap_SOURCES = \
	tests/unit/vcpu_code_test.c \
	tests/unit/vcpu_jumps_test.c \
	tests/unit/vcpu_sched_test.c \
	tests/unit/vcpu_tier_test.c \
	tests/unit/vcpu_toy.c \
	tests/unit/vcpu_toy.h \
	tests/unit/vcpu_toy_arch.c \
	tests/unit/vcpu_toy_engine.c
tests_unit_vcpu_tap_CPPFLAGS = $(UNIT_CORE_CPPFLAGS)
tests_unit_vcpu_tap_LDADD = libvmcore.la $(UNIT_LIBS)

endif

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
