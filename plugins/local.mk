# SPDX-License-Identifier: BSD-2-Clause
# The plugins. To add one: an `include plugins/NAME/local.mk` line below, and in that fragment
#
#     pkgplugin_LTLIBRARIES += plugins/NAME/NAME.la
#     plugins_NAME_NAME_la_SOURCES = plugins/NAME/....c        ('-' in a name becomes '_')
#     plugins_NAME_NAME_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
#     plugins_NAME_NAME_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#     plugins_NAME_NAME_la_LIBADD = $(PLUGIN_LIBADD)
#
# The preprocessor flags are all that a plugin gets, which proves that it needs the SDK alone.
# -module must stand here, where automake can see it.

PLUGIN_CPPFLAGS = $(SDK_CPPFLAGS)
PLUGIN_LDFLAGS = -module -avoid-version $(PLUGIN_LINK_FLAGS)
PLUGIN_LIBADD = libvmrun-sdk-conv.la

include plugins/arch-aarch64/local.mk
include plugins/arch-riscv64/local.mk
include plugins/board-arm-virt/local.mk
include plugins/board-riscv-virt/local.mk
include plugins/block-file/local.mk
include plugins/block-nbd/local.mk
include plugins/char-file/local.mk
include plugins/char-null/local.mk
include plugins/char-pty/local.mk
include plugins/char-socket/local.mk
include plugins/char-stdio/local.mk
include plugins/dev-aclint/local.mk
include plugins/dev-nvme/local.mk
include plugins/dev-pci/local.mk
include plugins/dev-pci-bridge/local.mk
include plugins/dev-aplic/local.mk
include plugins/dev-framebuffer/local.mk
include plugins/dev-fwcfg/local.mk
include plugins/dev-gic/local.mk
include plugins/dev-imsic/local.mk
include plugins/dev-pflash/local.mk
include plugins/dev-pl011/local.mk
include plugins/dev-pl031/local.mk
include plugins/dev-pl061/local.mk
include plugins/dev-plic/local.mk
include plugins/dev-rtc/local.mk
include plugins/dev-syscon/local.mk
include plugins/dev-uart/local.mk
include plugins/dev-vgpu/local.mk
include plugins/dev-virtio-9p/local.mk
include plugins/dev-virtio-blk/local.mk
include plugins/dev-virtio-net/local.mk
include plugins/dev-virtio-console/local.mk
include plugins/dev-virtio-rng/local.mk
include plugins/engine-check/local.mk
include plugins/engine-interp/local.mk
include plugins/engine-jit/local.mk
include plugins/net-socket/local.mk
include plugins/net-tap/local.mk
include plugins/net-user/local.mk

# Running uninstalled: the build tree has one folder that looks like the installed one, and vmrun
# finds it beside its own executable. Links to plugins that are gone are removed.
ALL_LOCAL += plugins.uninstalled/.stamp
CLEAN_LOCAL += clean-plugins-uninstalled

plugins.uninstalled/.stamp: $(pkgplugin_LTLIBRARIES) Makefile
	$(AM_V_GEN)$(MKDIR_P) plugins.uninstalled && \
	names= && \
	for la in $(pkgplugin_LTLIBRARIES); do \
	    name=`basename $$la .la`.so && \
	    ln -sfn ../`dirname $$la`/.libs/$$name plugins.uninstalled/$$name || exit 1; \
	    names="$$names $$name"; \
	done && \
	for link in plugins.uninstalled/*.so; do \
	    case " $$names " in \
	    *" $${link##*/} "*) ;; \
	    *) rm -f "$$link" ;; \
	    esac; \
	done && \
	: >$@

clean-plugins-uninstalled:
	rm -rf plugins.uninstalled

