# SPDX-License-Identifier: BSD-2-Clause
# engine-check, and an engine that is wrong. The rpath makes libtool build a module that is never
# installed.
check_LTLIBRARIES += tests/check/engine-wrong.la
tests_check_engine_wrong_la_SOURCES = tests/check/wrong.c
tests_check_engine_wrong_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_check_engine_wrong_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_check_engine_wrong_la_LIBADD = $(PLUGIN_LIBADD)

# What is wrong is found; a boot has nothing wrong. Guests and streams run under it by tests/modes.
dist_check_SCRIPTS += tests/check/boot.tap tests/check/wrong.tap
TESTS += tests/check/wrong.tap
LONG_TESTS += tests/check/boot.tap
