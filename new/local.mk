# SPDX-License-Identifier: BSD-2-Clause
# `vmrun --new`: a script and what it puts into machine folders.

newdir = $(pkgdatadir)/new
dist_new_SCRIPTS = new/vmrun-new
dist_new_DATA = new/debian.bash new/init new/second-stage new/uefi.ini \
	etc/machines/aarch64-full.ini etc/machines/riscv64-full.ini

# Running uninstalled: one folder that looks like the installed one.
ALL_LOCAL += new.uninstalled/.stamp
CLEAN_LOCAL += clean-new-uninstalled

new.uninstalled/.stamp: $(dist_new_SCRIPTS) $(dist_new_DATA) Makefile
	$(AM_V_GEN)$(MKDIR_P) new.uninstalled && \
	for file in $(dist_new_SCRIPTS) $(dist_new_DATA); do \
	    ln -sfn "`cd $(srcdir) && pwd`/$$file" new.uninstalled/`basename $$file` || exit 1; \
	done && touch $@

clean-new-uninstalled:
	rm -rf new.uninstalled
