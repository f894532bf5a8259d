/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device.h - device models. STABLE tier.
 *
 * A device sees its own offset space, its interrupt lines, memory through the bus, timers and
 * backends; never an address of the guest's map, a vCPU, or another device.
 *
 * Threads and locks. Each instance has one lock, taken by the host around every callback marked
 * [locked]; so the callbacks of one instance never overlap, and a device needs no lock of its own
 * unless it starts threads. Ranks: bus, then device, then interrupt controller: a device may raise
 * a line into a controller while it is locked; a controller (flag VM_DEVICE_INTERRUPT_CONTROLLER)
 * may only drive vCPU lines or other controllers downstream. A device whose own DMA would reach its
 * own registers gets VM_ACCESS_ERROR.
 *
 * "Any thread" is any of the host's: vCPUs, event loop, workers. Threads that a device starts
 * itself (its library does; else submit_work is there) are outside of the machine: of the host's
 * functions they call timer_arm() and log() alone, and touch no guest memory, mappings that are
 * held included. The timer's callback does the rest. So whatever the guest can see changes in
 * callbacks, and a host that stops the machine holds back all of it: to save it, to take it to
 * another host, to take the device away.
 *
 * Life. What is marked [in create()], [before start] or [after stop] runs while the machine stands
 * still: before the guest runs, after it has ended, or with every vCPU stopped and no other
 * callback under way, where a device comes or goes during the run (hot-plug). destroy() may come in
 * any state of the device, without a reset().
 */
#ifndef VMRUN_DEVICE_H
#define VMRUN_DEVICE_H

#include <vmrun/block.h>
#include <vmrun/chardev.h>
#include <vmrun/display.h>
#include <vmrun/gpu.h>
#include <vmrun/net.h>
#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_DEVICE_INTERFACE "vm.device/1"

/* The host's handle of one device instance. */
struct vm_device_ctx;
struct vm_timer;
struct vm_bus_child; /* a device, as the bus that it sits on sees it */

/* ---- Regions --------------------------------------------------------------------------------- */

enum vm_region_kind {
    VM_REGION_MMIO = 1, /* memory-mapped registers */
    /*
     * Port I/O: a movable region of a device on a bus, reached through the bus' I/O window. One
     * that does not move is refused by hosts whose board has no port space.
     */
    VM_REGION_PIO = 2,
    /*
     * Configuration space of a device on a bus (PCI: 256 or 4096 bytes, PCI Local Bus 3.0 chapter
     * 6, PCI Express Base chapter 7): reached through the bus only (bus.h). At most one a device.
     */
    VM_REGION_CONFIG = 3,
};

/*
 * A region may have memory of the host's (region_memory), its length a multiple of 4096. The guest
 * uses it itself while region_direct() has it so, and at first:
 */
enum vm_region_memory {
    VM_MEMORY_NONE = 0,
    /* ROM and flash. The guest reads and executes it without calling ops->read; writes always come
     * to ops->write. Not movable; its address is a multiple of 4096. */
    VM_MEMORY_READ = 1,
    /*
     * A window that guest and device share. The guest reads and writes it; no code can be fetched
     * from it, and no device's DMA gets there. ops get what does not find the memory (where it
     * has just moved, say), and are to do the same to it. From ABI 0.10 on, movable; from 0.11 on
     * also at an address of the INI, a multiple of 4096.
     */
    VM_MEMORY_SHARED = 2,
};

enum vm_byte_order { VM_LITTLE_ENDIAN = 0, VM_BIG_ENDIAN = 1 };

/* Result of an access or a DMA. */
enum vm_access_result {
    VM_ACCESS_OK = 0,
    VM_ACCESS_ERROR = 1, /* bus error: the guest sees what its architecture has for that */
};

/*
 * Register access. `offset` is from the region's start and size (1, 2, 4, 8) lies within
 * impl_min..impl_max below; offset is a multiple of size unless `unaligned`.
 * [vCPU thread or event thread, locked]
 */
struct vm_region_ops {
    uint32_t size; /* sizeof(struct vm_region_ops) */
    uint32_t reserved;
    /* enum vm_access_result; value zero-extended */
    int (*read)(void *dev, uint64_t offset, uint32_t size, uint64_t *value);
    int (*write)(void *dev, uint64_t offset, uint32_t size, uint64_t value);
    /*
     * A message-signalled interrupt: some device wrote the 32 bits `data` by DMA; `requester` is
     * its requester ID, 0 if it sits on no bus. NULL: such a write is a bus error. Interrupt
     * controllers only. [any thread, locked]
     */
    int (*message)(void *dev, uint64_t offset, uint32_t requester, uint32_t data);
};

struct vm_region {
    uint32_t size;    /* sizeof(struct vm_region) */
    uint32_t kind;    /* enum vm_region_kind */
    const char *name; /* "regs" */
    uint64_t length;  /* bytes */
    const struct vm_region_ops *ops;
    uint32_t byte_order; /* enum vm_byte_order of multi-byte registers */
    /* Access sizes that the bus lets through; others give a bus error. 0,0 means 1..8. */
    uint8_t valid_min, valid_max;
    /* Sizes that ops takes; the host splits wider accesses and widens narrower reads. 0,0: 1..8. */
    uint8_t impl_min, impl_max;
    uint8_t unaligned; /* accesses at no multiple of their size are let through */
    /*
     * 1: the INI gives no address; the device places it with region_place (a PCI BAR). Starts
     * unplaced, and is unplaced again before each reset().
     */
    uint8_t movable;
    uint8_t memory; /* enum vm_region_memory */
    uint8_t reserved[5];
};

/* ---- Saved state ----------------------------------------------------------------------------- */

enum vm_state_type { VM_STATE_U8 = 1, VM_STATE_U16 = 2, VM_STATE_U32 = 3, VM_STATE_U64 = 4 };

/*
 * One field of the instance struct: scalar, or an array of `count`. Written little-endian and
 * tagged by name.
 */
struct vm_state_field {
    uint32_t size;    /* sizeof(struct vm_state_field) */
    uint32_t type;    /* enum vm_state_type */
    const char *name; /* never changes once released */
    uint64_t offset;  /* of the member in the instance struct */
    uint32_t count;   /* elements; 1 for a scalar */
    uint32_t since;   /* state version that brought it; an older state leaves the reset value */
};

struct vm_state_table {
    uint32_t size;
    uint32_t version; /* of this table; a saved state of a newer version is refused */
    const struct vm_state_field *fields;
    uint32_t n_fields;
    uint32_t field_size; /* sizeof(struct vm_state_field): the table's stride */
};

/* clang-format off */
#define VM_STATE_ARRAY(s, member, t, n) \
    { sizeof(struct vm_state_field), (t), #member, offsetof(s, member), (n), 1 }
/* clang-format on */
#define VM_STATE(s, member, t) VM_STATE_ARRAY(s, member, t, 1)

/* ---- Device tree ----------------------------------------------------------------------------- */

/*
 * Interface "vm.device.fdt/1" (optional): how a device appears in a flattened device tree
 * (Devicetree Specification v0.4). The host makes the node NODE@ADDRESS, writes `reg`,
 * `interrupts`, `interrupt-parent` and, for a device that drives vCPU lines, `interrupts-extended`,
 * all from the machine's wiring; the device adds what only it knows.
 */
#define VM_DEVICE_FDT_INTERFACE "vm.device.fdt/1"

struct vm_fdt_node; /* a node being written */

struct vm_fdt_api {
    uint32_t size;
    uint32_t reserved;
    /* Properties of `node`. Failures (no room) are kept and reported by the host at the end. */
    void (*empty)(struct vm_fdt_node *node, const char *name);
    void (*u32)(struct vm_fdt_node *node, const char *name, const uint32_t *values, uint32_t n);
    void (*u64)(struct vm_fdt_node *node, const char *name, uint64_t value);
    void (*string)(struct vm_fdt_node *node, const char *name, const char *value);
    void (*strings)(struct vm_fdt_node *node, const char *name, const char *const *values,
                    uint32_t n);
    void (*bytes)(struct vm_fdt_node *node, const char *name, const void *data, uint32_t n);
    uint32_t (*phandle)(struct vm_fdt_node *node); /* of this node, made on first use */
    struct vm_fdt_node *(*child)(struct vm_fdt_node *node, const char *name); /* existing or new */
    struct vm_fdt_node *(*root)(struct vm_fdt_node *node);
    /*
     * For the device whose describe() runs. Where its interrupt output leads, as an element of
     * `interrupts-extended`: phandle of the controller and its cells, at most 5; returns how many,
     * 0 if it is not connected.
     */
    uint32_t (*output_cells)(struct vm_fdt_node *node, uint32_t output, uint32_t cells[5]);
    /* phandle of the node of the device `name` (a VM_PROP_DEVICE value), 0 if it has none. */
    uint32_t (*device_phandle)(struct vm_fdt_node *node, const char *name);
    /* The same of the IOMMU that translates for the device whose describe() runs, 0: none does. */
    uint32_t (*iommu_phandle)(struct vm_fdt_node *node);
    /*
     * For the device whose describe() runs. The line of a claim_cpu_line() handle as an element of
     * `interrupts-extended`: phandle of the vCPU's own controller, and its cell.
     */
    void (*cpu_line_cells)(struct vm_fdt_node *node, int handle, uint32_t cells[2]);
    /*
     * For the device whose describe() runs. Makes the child NAME@ADDRESS of `node` (which becomes
     * the parent of addresses) for region `region` of the device, with its `reg`: the region is not
     * in the device's own `reg` then. NULL: there is no such region.
     */
    struct vm_fdt_node *(*region_child)(struct vm_fdt_node *node, const char *name,
                                        uint32_t region);
    /*
     * phandle of the node that stands for the device `name` (a VM_PROP_DEVICE value) as a taker of
     * messages: that of the region which does; and its #msi-cells. 0: it is not in the tree, or
     * takes none.
     */
    uint32_t (*msi_controller)(struct vm_fdt_node *node, const char *name, uint32_t *msi_cells);
    /*
     * Where the output line `name` of vCPU 0 leads (claim_cpu_output), as an element of
     * `interrupts-extended`, as output_cells; 0: nowhere, or there is no such line. For boards,
     * whose nodes for what a vCPU has inside name its interrupts.
     */
    uint32_t (*cpu_output_cells)(struct vm_fdt_node *node, const char *name, uint32_t cells[5]);
    /*
     * As output_cells, as the parent's side of an element of `interrupt-map`: with zeros for the
     * unit address where the controller has #address-cells; at most 8.
     */
    uint32_t (*output_map_cells)(struct vm_fdt_node *node, uint32_t output, uint32_t cells[8]);
};

struct vm_device_fdt {
    uint32_t size;
    uint32_t reserved;
    const char *node_name; /* generic name: "serial", "rtc" */
    /*
     * Adds compatible and the device's own properties. May add nodes elsewhere through root().
     * [before start]
     */
    int (*describe)(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err);
    /*
     * For interrupt controllers: the cells by which another device's node names input `line` (at
     * most 4). Returns how many, the same for every line (#interrupt-cells). NULL for others.
     */
    uint32_t (*encode_irq)(void *dev, uint32_t line, uint32_t cells[4]);
    /*
     * For a device whose regions are nodes of their own (domains of an interrupt controller): the
     * host makes a node NODE@ADDRESS with `reg` for each. describe() is for the first region's,
     * which stands for the device wherever others name it; then this is called for the others'.
     * Such a device writes `interrupts-extended` itself, by cpu_line_cells(). NULL: one node.
     */
    int (*describe_region)(void *dev, uint32_t region, const struct vm_fdt_api *fdt,
                           struct vm_fdt_node *node, struct vm_error *err);
};

/* ---- A controller's side in the vCPU --------------------------------------------------------- */

/*
 * System registers (CSRs, system-register instructions) that an interrupt controller answers. Which
 * registers a port has, and their numbers, is the architecture's: RISC-V's ports are "imsic-m" and
 * "imsic-s", their registers those of AIA 1.0, chapter 3, as RV64 has them (register = *iselect
 * value, 0x70 to 0xff; topei is VM_RISCV_TOPEI).
 */
struct vm_cpu_port_ops {
    uint32_t size;
    uint32_t reserved;
    /*
     * One access of vCPU `cpu`, all in one: *value becomes the register as read; then, if `write`,
     * its bits under `mask` become those of `bits`. -1: there is no such register. It may drive
     * this and other vCPUs' lines, as every controller may.
     * [that vCPU's thread, locked]
     */
    int (*access)(void *dev, uint32_t cpu, uint32_t reg, int write, uint64_t bits, uint64_t mask,
                  uint64_t *value);
};

#define VM_RISCV_TOPEI 0x1000u /* *topei: a write claims the interrupt that it reads */

/* ---- What the host gives a device ------------------------------------------------------------ */

enum vm_request {
    VM_REQUEST_POWEROFF = 1, /* the guest is off; `status` becomes vmrun's exit status */
    VM_REQUEST_RESET = 2,    /* the guest asked for a reset; machine.on-reset decides */
};

typedef void (*vm_timer_callback)(void *opaque); /* [event thread, locked] */

/* A device's side of a character backend. All [event thread, locked]. */
struct vm_chardev_client {
    uint32_t size;
    uint32_t reserved;
    size_t (*receive)(void *opaque, const uint8_t *bytes, size_t n); /* returns how many it took */
    void (*writable)(void *opaque);                                  /* room for output again */
    void (*event)(void *opaque, int event); /* enum vm_chardev_event; may be NULL */
};

struct vm_chardev; /* an attached backend */

struct vm_device_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;

    /* --- wiring [in create()] --- */
    /*
     * Adds a region; the n-th one takes the n-th address of the INI key `address`. Returns its
     * index or -1. The struct is copied; ops must live as long as the instance.
     */
    int (*add_region)(struct vm_device_ctx *ctx, const struct vm_region *region,
                      struct vm_error *err);
    /*
     * Declares `count` interrupt outputs; output i goes where the i-th entry of the INI key `irq`
     * says. An output that the INI leaves out is not connected, which is no error.
     */
    int (*add_irq_outputs)(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err);
    /* For interrupt controllers: declares inputs 0..count-1, which others name as NAME:LINE. */
    int (*add_irq_inputs)(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err);
    uint32_t (*cpu_count)(struct vm_device_ctx *ctx);
    /*
     * Claims the interrupt line `name` of vCPU `cpu` as this architecture calls it ("m-soft",
     * "s-ext"). Returns a handle for set_cpu_line, or -1 with err set: no such line, or claimed by
     * another device. The claims, in order, become the device-tree property interrupts-extended.
     */
    int (*claim_cpu_line)(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                          struct vm_error *err);
    /* Whether the architecture has such a line. */
    int (*has_cpu_line)(struct vm_device_ctx *ctx, const char *name);
    /*
     * Attaches to the backend that property `prop` (VM_PROP_CHARDEV) names. NULL without err set:
     * the property is unset.
     */
    struct vm_chardev *(*chardev_attach)(struct vm_device_ctx *ctx, const struct vm_props *props,
                                         const char *prop, const struct vm_chardev_client *client,
                                         void *opaque, struct vm_error *err);

    /* --- interrupts [any thread] --- */
    /* A level-triggered line; the same level again is a no-op. */
    void (*set_irq)(struct vm_device_ctx *ctx, uint32_t output, int level);
    void (*set_cpu_line)(struct vm_device_ctx *ctx, int handle, int level); /* lock-free */

    /* --- time --- */
    /* The machine's virtual clock: ns since power-on, stops while the machine does. [any thread] */
    int64_t (*clock_ns)(struct vm_device_ctx *ctx);
    /*
     * Wall-clock time of the guest: ns since 1970-01-01 UTC (fixed start in deterministic mode).
     * [any thread]
     */
    int64_t (*wall_clock_ns)(struct vm_device_ctx *ctx);
    /*
     * The architecture's counter (RISC-V time, Arm CNTPCT): rate in Hz, value, and setting it.
     * [any thread]
     */
    uint64_t (*counter_hz)(struct vm_device_ctx *ctx);
    uint64_t (*counter_read)(struct vm_device_ctx *ctx);
    void (*counter_write)(struct vm_device_ctx *ctx, uint64_t value);
    /*
     * The virtual time at which the counter reaches `value`: <= clock_ns() if it has, INT64_MAX
     * if out of range.
     */
    int64_t (*counter_deadline)(struct vm_device_ctx *ctx, uint64_t value);
    /* A timer, not armed. [in create()] */
    struct vm_timer *(*timer_new)(struct vm_device_ctx *ctx, vm_timer_callback cb, void *opaque);
    /*
     * Fires once when clock_ns() >= deadline; replaces an earlier deadline; INT64_MAX disarms.
     * [any thread]
     */
    void (*timer_arm)(struct vm_timer *timer, int64_t deadline_ns);

    /* --- memory [locked callbacks] --- */
    /* DMA through the bus. enum vm_access_result. Addresses are the device's bus addresses. */
    int (*dma_read)(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n);
    int (*dma_write)(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n);

    /* --- backends [locked] --- */
    /* Returns how many bytes it took. */
    size_t (*chardev_write)(struct vm_chardev *chr, const uint8_t *bytes, size_t n);
    void (*chardev_input_ready)(struct vm_chardev *chr);

    /* --- the machine [any thread] --- */
    /* enum vm_request. */
    void (*request)(struct vm_device_ctx *ctx, int request, int status);

    /* --- buses (bus.h) --- */
    /*
     * Whether the INI puts the device on a bus: the bus' protocol ("pci"), or NULL if it sits on
     * the machine's own address space. [in create()]
     */
    const char *(*bus_protocol)(struct vm_device_ctx *ctx);
    /*
     * Takes the device's place on its bus, after its regions and interrupt outputs are declared.
     * -1 with err set. *address: as the bus numbers it (PCI: devfn). A device that never does this
     * although its INI has `bus` is refused by the host. [in create()]
     */
    int (*bus_attach)(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err);
    /*
     * Puts the movable region `region` at `bus_address` of the device's bus, or takes it away. It
     * is visible to the guest if all bridges above let it through; two regions at one place: the
     * one that came first stays visible. In effect when the guest's access that caused it
     * completes. [locked callbacks]
     */
    void (*region_place)(struct vm_device_ctx *ctx, uint32_t region, int enabled,
                         uint64_t bus_address);
    /*
     * Claims [base, base + length) of the guest-physical address space for a window of the bus
     * whose host bridge this is: nothing else may lie there. -1 with err set. [in create()]
     */
    int (*bus_claim_window)(struct vm_device_ctx *ctx, const char *name, uint64_t base,
                            uint64_t length, struct vm_error *err);
    /* For providers of a bus: see bus.h. [locked callbacks of the provider] */
    int (*child_access)(struct vm_bus_child *child, uint64_t offset, uint32_t size, uint64_t *value,
                        int write);
    int (*child_forward)(struct vm_bus_child *child, uint64_t address, uint32_t size,
                         uint64_t *value, int write);
    void (*bus_changed)(struct vm_device_ctx *ctx);

    /* --- a controller's side in the vCPU --- */
    /*
     * Claims the port `name` of vCPU `cpu`, as this architecture calls it ("imsic-s"): the vCPU's
     * accesses to certain system registers come to ops. -1 with err set: no such port, or claimed
     * already. [in create()]
     */
    int (*claim_cpu_port)(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                          const struct vm_cpu_port_ops *ops, struct vm_error *err);
    int (*has_cpu_port)(struct vm_device_ctx *ctx, const char *name);

    /* --- memory, messages --- */
    /*
     * Direct access to guest RAM behind the IOMMU: host address of *n bytes at bus address `addr`,
     * *n shortened to what lies in one piece. NULL: not RAM, or not allowed. Guests race with the
     * device here on purpose: never trust a value read twice. Load and store only: what a guest
     * modifies by an atomic instruction it does not lock against devices. Each one is given back
     * with the same *n and how many bytes from its start on were written; before reset() and
     * destroy() return.
     * Until then code that was translated from there may stay as it was, and an IOMMU that changes
     * its mind is not heard. A host that tracks what is written (live migration) takes all of a
     * mapping for `write` as written while it is held: hold it no longer than needed. [any thread]
     */
    void *(*dma_map)(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write);
    void (*dma_unmap)(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written);
    /*
     * Sends a message-signalled interrupt: a 32-bit DMA write that goes to interrupt controllers
     * (or RAM). enum vm_access_result. [any thread; the device's own lock may be held]
     */
    int (*send_message)(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data);

    /* --- work off the vCPU threads --- */
    /*
     * Runs work(opaque) on a host thread, without the lock, then done(opaque) on the event thread,
     * locked. In deterministic mode done() comes at a fixed virtual time after the call. Work is
     * finished, done() included, before the host saves, resets or destroys the device. -1: no
     * memory. [locked callbacks]
     */
    int (*submit_work)(struct vm_device_ctx *ctx, void (*work)(void *opaque),
                       void (*done)(void *opaque), void *opaque);

    /* --- block and network backends (block.h, net.h) [in create()]; as chardev_attach --- */
    struct vm_block *(*block_attach)(struct vm_device_ctx *ctx, const struct vm_props *props,
                                     const char *prop, const struct vm_block_client *client,
                                     void *opaque, struct vm_error *err);
    struct vm_net *(*net_attach)(struct vm_device_ctx *ctx, const struct vm_props *props,
                                 const char *prop, const struct vm_net_client *client, void *opaque,
                                 struct vm_error *err);
    /* Their functions; same contracts as the members of struct vm_block_ops, vm_net_ops. */
    void (*block_info)(struct vm_block *blk, struct vm_block_info *info); /* [any thread] */
    void (*block_submit)(struct vm_block *blk, struct vm_block_request *request);
    void (*block_commit)(struct vm_block *blk);
    size_t (*net_send)(struct vm_net *net, const struct vm_iovec *iov, uint32_t n);
    void (*net_receive_ready)(struct vm_net *net); /* cheap where nothing was refused */
    void (*net_info)(struct vm_net *net, struct vm_net_info *info);
    int (*net_set_offloads)(struct vm_net *net, uint32_t offloads);
    /*
     * Waits until everything that was submitted is done; done() is called from inside, as often as
     * there were requests. For a guest's reset of a device or of one of its queues. [locked]
     */
    void (*block_drain)(struct vm_block *blk);

    /*
     * Whether the machine is deterministic: the same INI must give the same run, so nothing that
     * differs from run to run may reach the guest but through the host (backends, wall clock, boot
     * files), which knows it beforehand, or records and replays it. [any thread]
     */
    int (*is_deterministic)(struct vm_device_ctx *ctx);
    /* The name that the INI gives the device. [any thread] */
    const char *(*instance_name)(struct vm_device_ctx *ctx);

    /* --- lines that vCPUs drive --- */
    /*
     * Claims the output line `name` of vCPU `cpu` as this architecture calls it ("cntv"): its level
     * is counted into the level of input `input`. -1 with err set: no such line or input, or
     * claimed already. [in create(), after add_irq_inputs]
     */
    int (*claim_cpu_output)(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                            uint32_t input, struct vm_error *err);
    /* Whether the architecture has such an output line; has_cpu_line is for the others. */
    int (*has_cpu_output)(struct vm_device_ctx *ctx, const char *name);
    /*
     * The vCPU whose access to a region or port is being served: for controllers with registers
     * banked by vCPU. -1: none's. [locked callbacks]
     */
    int (*accessing_cpu)(struct vm_device_ctx *ctx);

    /*
     * The device has the machine's power button: pressed(opaque) is called when it is pressed, by
     * somebody outside. Once. [in create(); pressed: event thread, locked]
     */
    int (*on_power_button)(struct vm_device_ctx *ctx, void (*pressed)(void *opaque), void *opaque,
                           struct vm_error *err);

    /* --- regions with memory (vm_region.memory) --- */
    /*
     * The memory of region `region`, zeroed at first, for as long as the instance lives; NULL: it
     * has none. A board may put firmware there at each reset, behind the devices' reset().
     * [any thread]
     */
    uint8_t *(*region_memory)(struct vm_device_ctx *ctx, uint32_t region);
    /*
     * Whether the guest reads the memory itself; else each read comes to ops->read, and code cannot
     * be fetched. In effect for the accessing vCPU at once, for others soon. [locked]
     */
    void (*region_direct)(struct vm_device_ctx *ctx, uint32_t region, int direct);
    /* After the device has changed bytes of the memory: code may have been made from them.
     * [locked] */
    void (*region_written)(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset, uint64_t n);

    /* --- GPU backends (gpu.h), from ABI 0.10 on --- */
    /* As chardev_attach. A deterministic machine has none: -1 with err set. [in create()] */
    struct vm_gpu *(*gpu_attach)(struct vm_device_ctx *ctx, const struct vm_props *props,
                                 const char *prop, const struct vm_gpu_client *client, void *opaque,
                                 struct vm_error *err);
    /* How many GPUs there are; 0: why says the reason. [any thread] */
    uint32_t (*gpu_count)(struct vm_gpu *gpu, struct vm_error *why);
    void (*gpu_info)(struct vm_gpu *gpu, uint32_t index,
                     struct vm_gpu_info *info);                        /* [any thread] */
    void (*gpu_stats)(struct vm_gpu *gpu, struct vm_gpu_stats *stats); /* [any thread] */
    /* Begins a request; never blocks, never calls done() from inside. [locked] */
    void (*gpu_submit)(struct vm_gpu *gpu, struct vm_gpu_request *request);
    /*
     * Waits until everything that was submitted is done; done() is called from inside. For a
     * guest's reset of a device. -1: nothing was done for five seconds (two minutes while a COMPILE
     * is under way), or not all within five minutes. Then the GPU is given up: what is submitted
     * from now on fails with VM_GPU_LOST, and what was under way is never told done: those requests
     * and all they point to must stay as they are for as long as the process lives. The host does
     * the same before a reset of the machine and before its end, but what was not begun then is
     * done with VM_GPU_FAILED, unless it gives something back (FREE, UNLOAD, STREAM_FREE); if it
     * gives the GPU up there, the next call of this returns -1.
     * [locked, not from inside done()]
     */
    int (*gpu_drain)(struct vm_gpu *gpu);
    /*
     * Memory that copies will come from and go to, until it is taken back; a backend may pin it. It
     * must be region_memory. Takes its turn among the requests. [locked]
     */
    void (*gpu_host_memory)(struct vm_gpu *gpu, void *base, uint64_t length, int there);

    /* --- display backends (display.h), from ABI 0.11 on --- */
    /* As chardev_attach. [in create()] */
    struct vm_display *(*display_attach)(struct vm_device_ctx *ctx, const struct vm_props *props,
                                         const char *prop, const struct vm_display_client *client,
                                         void *opaque, struct vm_error *err);
    /*
     * From now on the picture has this mode; the whole of it is new. NULL: nothing is shown, as
     * after create(). -1: no backend can show such a mode (format, size or stride are not as
     * display.h has them); nothing is shown then. The host does not forget it at a reset. [locked,
     * in create() too]
     */
    int (*display_mode)(struct vm_display *display, const struct vm_display_mode *mode);
    /*
     * What has changed, in the mode that was set: `pixels` is its first line, of which `length`
     * bytes can be read, all of the picture's at least; of each rectangle what lies inside of the
     * picture is new. The guest may be writing there; nothing is read after it returns. May be
     * called more than once. [in refresh()]
     */
    void (*display_frame)(struct vm_display *display, const void *pixels, uint64_t length,
                          const struct vm_display_rect *rects, uint32_t n);
    /* The device has room for input again; cheap where nothing was refused. [locked] */
    void (*display_input_ready)(struct vm_display *display);
};

/* ---- Boot files for the guest's firmware ----------------------------------------------------- */

/*
 * Host interface "vm.host.boot-files/1" (vm_host.get_interface): what the machine's board has to
 * hand to firmware that runs in the guest, by name: "kernel", "initrd", "cmdline".
 */
#define VM_HOST_BOOT_FILES "vm.host.boot-files/1"

struct vm_boot_files {
    uint32_t size;
    uint32_t reserved;
    /*
     * Whether there is one, and its length. Who asks is who hands it over. [in create()]
     */
    int (*find)(struct vm_device_ctx *ctx, const char *name, uint64_t *length);
    /*
     * Copies n bytes from `offset` on. enum vm_access_result: VM_ACCESS_ERROR if that is not all
     * inside, or the file has changed. [locked]
     */
    int (*read)(struct vm_device_ctx *ctx, const char *name, uint64_t offset, void *buf,
                uint64_t n);
};

/* ---- What a device gives the host ------------------------------------------------------------ */

#define VM_DEVICE_INTERRUPT_CONTROLLER 1u

enum vm_reset_kind { VM_RESET_COLD = 1 /* power-on, also used for a guest-requested reset */ };

/* The interface VM_DEVICE_INTERFACE. */
struct vm_device_ops {
    uint32_t size;
    uint32_t flags; /* VM_DEVICE_INTERRUPT_CONTROLLER */

    /*
     * Makes an instance in its reset state and declares its wiring. Nothing is left behind on
     * failure. [before start]
     */
    void *(*create)(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *dev); /* [after stop] */
    /*
     * Back to the reset state; outputs must be lowered by calling set_irq/set_cpu_line.
     * [vCPUs stopped, locked]
     */
    void (*reset)(void *dev, int kind);
    /* Level of input `line` changed. NULL unless add_irq_inputs was called. [any thread, locked] */
    void (*irq_input)(void *dev, uint32_t line, int level);
    /* State of the instance; NULL only for a device that has none. */
    const struct vm_state_table *state;
    /*
     * Called after the fields were restored: check them (hostile!), rebuild what derives, re-arm
     * timers, drive lines. Returns 0, or -1 with err set. [vCPUs stopped, locked]
     */
    int (*state_loaded)(void *dev, struct vm_error *err);
    /*
     * Called before the fields are read: bring lazily kept fields up to date. The machine may go on
     * afterwards as if nothing had been. May be NULL. [vCPUs stopped, locked]
     */
    void (*state_saving)(void *dev);
};

/* ---- IOMMU ----------------------------------------------------------------------------------- */

/*
 * Interface "vm.device.iommu/1" (optional): a device that translates other devices' DMA. The INI
 * key `iommu = NAME` of a device, or of the bus that it sits on, puts it in between.
 */
#define VM_DEVICE_IOMMU_INTERFACE "vm.device.iommu/1"

/*
 * The host's, zeroed before translate(). `reserved` stays zero, and is what a later ABI may have a
 * translation tell: which accesses it allows, of which address space it is.
 */
struct vm_iommu_mapping {
    uint64_t address; /* what to access instead */
    uint64_t length;  /* for how many bytes from `addr` on the same mapping holds, at least 1 */
    uint64_t reserved[2];
};

struct vm_device_iommu {
    uint32_t size;
    /* Zero. Flags of a later ABI; until one says that it reports changes, the host remembers no
     * translation. */
    uint32_t reserved;
    /*
     * Translates one DMA of device `requester`; `write` is 0 or 1. enum vm_access_result: an error
     * reaches the device as a bus error; the IOMMU reports it to the guest itself. Messages are
     * translated too. Called for each access, and once for a mapping that is held (dma_map).
     * [any thread, locked]
     */
    int (*translate)(void *dev, uint32_t requester, uint64_t addr, int write,
                     struct vm_iommu_mapping *out);
};

#ifdef __cplusplus
}
#endif
#endif
