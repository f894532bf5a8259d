# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, and how vmrun is built inside.

dist_man_MANS += doc/vmrun.1 doc/vmrun.ini.5

EXTRA_DIST += doc/architecture.md doc/performance.md
