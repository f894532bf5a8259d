# SPDX-License-Identifier: BSD-2-Clause
# Manual pages and the documents that the project owns.

dist_man_MANS += doc/vmrun.1 doc/vmrun.ini.5
