# SPDX-License-Identifier: BSD-2-Clause
# Device plugins that only tests have, and the example of a display. The rpath makes libtool build modules that are never
# installed; they lie in tests/plugins/.libs.
TEST_PLUGINS = tests/plugins/dev-pci-test.la tests/plugins/dev-iommu-test.la \
	tests/plugins/dev-message-test.la tests/plugins/display-ppm.la
check_LTLIBRARIES += $(TEST_PLUGINS)

# After `all`, by a make of their own: beside the one that `all` starts, both would make the headers
# and libraries that the two need.
test-plugins: all
	$(MAKE) $(AM_MAKEFLAGS) $(TEST_PLUGINS)
.PHONY: test-plugins

tests_plugins_dev_pci_test_la_SOURCES = tests/plugins/dev-pci-test.c
tests_plugins_dev_pci_test_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_dev_pci_test_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_plugins_dev_pci_test_la_LIBADD = $(PLUGIN_LIBADD)
tests_plugins_dev_iommu_test_la_SOURCES = tests/plugins/dev-iommu-test.c
tests_plugins_dev_iommu_test_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_dev_iommu_test_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_plugins_dev_iommu_test_la_LIBADD = $(PLUGIN_LIBADD)
tests_plugins_dev_message_test_la_SOURCES = tests/plugins/dev-message-test.c
tests_plugins_dev_message_test_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_dev_message_test_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_plugins_dev_message_test_la_LIBADD = $(PLUGIN_LIBADD)
tests_plugins_display_ppm_la_SOURCES = examples/display-ppm/ppm.c
tests_plugins_display_ppm_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_display_ppm_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_plugins_display_ppm_la_LIBADD = $(PLUGIN_LIBADD)
