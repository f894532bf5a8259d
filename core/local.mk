# SPDX-License-Identifier: BSD-2-Clause
# The core: everything but main.c is one convenience library, which the unit tests link as well.

noinst_LTLIBRARIES += libvmcore.la
libvmcore_la_SOURCES = \
	core/event/clock.c \
	core/event/event.h \
	core/event/log.c \
	core/event/loop.c \
	core/event/stats.c \
	core/event/timers.c \
	core/event/trace.c \
	core/host/clock.c \
	core/host/clock.h \
	core/host/code.c \
	core/host/code.h \
	core/host/memory.c \
	core/host/memory.h \
	core/host/module.c \
	core/host/module.h \
	core/host/process.c \
	core/host/process.h \
	core/host/signals.c \
	core/host/signals.h \
	core/host/thread.c \
	core/host/thread.h \
	core/ir/ir.h \
	core/ir/opcodes.c \
	core/ir/parse.c \
	core/ir/print.c \
	core/ir/verify.c \
	core/machine/block_host.c \
	core/machine/block_host.h \
	core/machine/board_host.c \
	core/machine/bus.c \
	core/machine/chardev_host.c \
	core/machine/check.c \
	core/machine/check.h \
	core/machine/check_backends.c \
	core/machine/check_blocks.c \
	core/machine/check_buses.c \
	core/machine/check_engines.c \
	core/machine/check_instances.c \
	core/machine/check_machine.c \
	core/machine/description.c \
	core/machine/description.h \
	core/machine/description_keys.c \
	core/machine/description_keys.h \
	core/machine/device_host.c \
	core/machine/display_host.c \
	core/machine/display_host.h \
	core/machine/dma.c \
	core/machine/engines_host.c \
	core/machine/explain.c \
	core/machine/explain_plugins.c \
	core/machine/explain_plugins.h \
	core/machine/fdt.c \
	core/machine/fdt_tree.h \
	core/machine/gpu_host.c \
	core/machine/gpu_host.h \
	core/machine/gpu_thread.c \
	core/machine/image.c \
	core/machine/image.h \
	core/machine/ini.c \
	core/machine/ini.h \
	core/machine/ini_pool.c \
	core/machine/ini_pool.h \
	core/machine/ini_read.c \
	core/machine/internal.h \
	core/machine/machine.c \
	core/machine/machine.h \
	core/machine/machine_fdt.c \
	core/machine/ports.c \
	core/machine/machine_run.c \
	core/machine/props_host.c \
	core/machine/net_host.c \
	core/machine/report.c \
	core/machine/snapshot_state.c \
	core/machine/snapshot_state.h \
	core/machine/virtq_host.c \
	core/machine/wiring.c \
	core/machine/work_host.c \
	core/memory/access.c \
	core/memory/mmio.c \
	core/memory/space.c \
	core/memory/space.h \
	core/memory/tlb.c \
	core/memory/tlb_fetched.c \
	core/memory/tlb.h \
	core/memory/tlb_table.h \
	core/memory/view.c \
	core/memory/view.h \
	core/plugin/descriptor.c \
	core/plugin/display_rules.c \
	core/plugin/display_rules.h \
	core/plugin/gpu_rules.c \
	core/plugin/gpu_rules.h \
	core/plugin/internal.h \
	core/plugin/nearest.c \
	core/plugin/optional.c \
	core/plugin/probe.c \
	core/plugin/props.c \
	core/plugin/registry.c \
	core/plugin/registry.h \
	core/plugin/values.c \
	core/plugin/values.h \
	core/vcpu/cpu.c \
	core/vcpu/evict.c \
	core/vcpu/internal.h \
	core/vcpu/jumps.c \
	core/vcpu/power.c \
	core/vcpu/run.c \
	core/vcpu/sched.c \
	core/vcpu/region.c \
	core/vcpu/rise.c \
	core/vcpu/tcache.c \
	core/vcpu/tcache.h \
	core/vcpu/tier.c \
	core/vcpu/translate.c \
	core/vcpu/vcpu.h \
	core/vcpu/work.c \
	core/vcpu/worker.c \
	core/virtqueue/chain.c \
	core/virtqueue/packed.c \
	core/virtqueue/split.c \
	core/virtqueue/virtqueue.c \
	core/virtqueue/virtqueue.h
libvmcore_la_LIBADD = libvmrun-sdk-conv.la \
	$(INIH_LIBS) $(NUMA_LIBS) $(LIBUV_LIBS) \
	$(LTDL_LIBS) $(FDT_LIBS) $(ZLIB_LIBS) $(LIBDL) $(LIBM)

bin_PROGRAMS += vmrun
vmrun_SOURCES = core/main.c core/new.c core/new.h
vmrun_LDADD = libvmcore.la
