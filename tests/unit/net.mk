# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the network backends, each linked with its plugin's sources.
if HAVE_CRITERION
NET_TESTS = tests/unit/net_socket.tap
check_PROGRAMS += $(NET_TESTS)
TESTS += $(NET_TESTS)

tests_unit_net_socket_tap_SOURCES = \
	plugins/net-common/pcap.c \
	plugins/net-common/port.c \
	plugins/net-socket/socket.c \
	tests/unit/net_socket_test.c
tests_unit_net_socket_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_net_socket_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)

NET_TESTS += tests/unit/machine_net.tap
tests_unit_machine_net_tap_SOURCES = tests/unit/machine_mock.c tests/unit/machine_mock.h tests/unit/machine_net_test.c
tests_unit_machine_net_tap_LDADD = libvmcore.la $(CRITERION_LIBS)

NET_TESTS += tests/unit/net_user.tap
tests_unit_net_user_tap_SOURCES = \
	plugins/net-common/pcap.c \
	plugins/net-user/forward.c \
	plugins/net-user/frames.c \
	plugins/net-user/poll.c \
	plugins/net-user/ring.c \
	plugins/net-user/user.c \
	tests/unit/net_frames_test.c \
	tests/unit/net_user_test.c
tests_unit_net_user_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_net_user_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS) $(SLIRP_LIBS)

NET_TESTS += tests/unit/virtio_net.tap
tests_unit_virtio_net_tap_SOURCES = \
	$(VIRTIO_DRIVER) \
	plugins/dev-virtio-net/control.c \
	plugins/dev-virtio-net/device.c \
	plugins/dev-virtio-net/net.h \
	plugins/dev-virtio-net/traffic.c \
	tests/unit/virtio_net_test.c
tests_unit_virtio_net_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_virtio_net_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS)
endif
