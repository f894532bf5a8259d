# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, and how vmrun is built inside.

dist_man_MANS += doc/vm-plugin-check.1 doc/vmrun-new-plugin.1 doc/vmrun.1 \
	doc/vmrun.ini.5

# What the authors of plugins read is installed.
dist_doc_DATA += doc/abi-history.md doc/plugin-guide.md doc/vgpu-protocol.md
EXTRA_DIST += doc/architecture.md doc/gpu.md doc/performance.md

# A page for each plugin, out of its own description. That takes a vmrun that runs on this machine.
if !CROSS_COMPILING
ALL_LOCAL += doc/plugins/.stamp
CLEAN_LOCAL += clean-plugin-pages

doc/plugins/.stamp: sdk/plugin-page.awk vmrun$(EXEEXT) plugins.uninstalled/.stamp
	$(AM_V_GEN)rm -rf doc/plugins && $(MKDIR_P) doc/plugins && \
	for so in plugins.uninstalled/*.so; do \
	    name=`basename $$so .so`; \
	    VMRUN_PLUGIN_PATH= ./vmrun --describe $$name >doc/plugins/$$name.txt && \
	    $(AWK) -f $(srcdir)/sdk/plugin-page.awk doc/plugins/$$name.txt \
	        >doc/plugins/vmrun-$$name.7 || exit 1; \
	done && touch $@

install-data-local: doc/plugins/.stamp
	$(MKDIR_P) $(DESTDIR)$(man7dir)
	$(INSTALL_DATA) doc/plugins/*.7 $(DESTDIR)$(man7dir)

uninstall-local:
	for so in plugins.uninstalled/*.so; do \
	    rm -f $(DESTDIR)$(man7dir)/vmrun-`basename $$so .so`.7; \
	done

clean-plugin-pages:
	rm -rf doc/plugins
endif
