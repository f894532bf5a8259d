# SPDX-License-Identifier: BSD-2-Clause
# The plugin's manual page, out of its own description: make page, make install-page. That takes an installed vmrun, or VMRUN.
VMRUN ?= vmrun
MAN_DIR ?= $(shell $(PKG_CONFIG) --variable=prefix vmrun-sdk)/share/man

manual := $(strip $(BUILD))/vmrun-$(NAME).7

page: $(manual)

$(manual): $(strip $(BUILD))/$(NAME).so
	VMRUN_PLUGIN_PATH=$(abspath $(BUILD)) $(VMRUN) --describe $(NAME) >$@.txt
	awk -f $(shell $(PKG_CONFIG) --variable=plugin_page vmrun-sdk) $@.txt >$@
	rm -f $@.txt

install-page: page
	mkdir -p $(DESTDIR)$(MAN_DIR)/man7
	cp $(manual) $(DESTDIR)$(MAN_DIR)/man7/

clean-page:
	rm -f $(manual) $(manual).txt

.DELETE_ON_ERROR:
.PHONY: page install-page clean-page
