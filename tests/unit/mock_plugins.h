/* SPDX-License-Identifier: BSD-2-Clause */
/* mock_plugins.h - a registry with plugins that are linked in: one of each kind that a description
 * needs. */
#ifndef TESTS_UNIT_MOCK_PLUGINS_H
#define TESTS_UNIT_MOCK_PLUGINS_H

#include "core/plugin/registry.h"

/* arch-mock (default board board-mock), board-mock (4 CPUs), board-other (another arch's),
 * engine-mock (none of `auto`), engine-fast and engine-slow (which are), dev-mock, dev-intc,
 * char-mock, char-needy (has a required property). They can be described, not run. */
struct registry *mock_registry(void);

#endif
