/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devtest.h - a host for one device under test: drives its registers, interrupts, timers, DMA,
 * messages, backends, bus and saved state without a guest. Part of libvmrun-devtest.a (pkg-config
 * vmrun-devtest); see test.h for what all test hosts have in common.
 *
 *     struct vm_devtest *h = vm_devtest_new(plugin);
 *     vm_devtest_set(h, "frequency", "1000");
 *     if (vm_devtest_create(h, &err) == 0) {
 *         vm_devtest_write(h, 0x10, 4, 1);
 *         vm_devtest_advance(h, 1000000);
 *         VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
 *     }
 *     vm_devtest_free(h);
 *
 * All runs on the calling thread: time stands still until vm_devtest_advance(), work that the
 * device submits waits for vm_devtest_run_work(), a network's and a character backend's other end
 * is the test. Several hosts may be there at once, each with one device. A plugin that breaks the
 * contract of vmrun/device.h, and a test that asks for what is not there, ends in vm_test_broken().
 *
 * Pointers that functions return are the host's and stay valid until its next call of the same
 * function, unless something else is said. Texts given to it must outlive it.
 */
#ifndef VMRUN_DEVTEST_H
#define VMRUN_DEVTEST_H

#include <stdbool.h>
#include <vmrun/bus.h>
#include <vmrun/test.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vm_devtest;

/* ---- Life: new, then settings, then create --------------------------------------------------- */

/* A host for a device plugin; there is no device yet. */
struct vm_devtest *vm_devtest_new(const struct vm_plugin *plugin);
/* Destroys the device, if there is one, as a machine does: what is under way is done first. */
void vm_devtest_free(struct vm_devtest *h);

/*
 * Settings, before create. A property's value, as a user writes it; it must be one that vmrun takes
 * (vm_test_value tells). What a backend is called does not matter: each is the test's.
 */
void vm_devtest_set(struct vm_devtest *h, const char *property, const char *value);
/* vCPUs, and the names of their interrupt lines, NULL at the end. Default: none. */
void vm_devtest_set_cpus(struct vm_devtest *h, uint32_t cpus, const char *const *lines);
/* The lines that vCPUs drive themselves, in the same form. */
void vm_devtest_set_cpu_outputs(struct vm_devtest *h, const char *const *outputs);
void vm_devtest_set_counter_hz(struct vm_devtest *h, uint64_t hz); /* default: 10 MHz */
void vm_devtest_set_deterministic(struct vm_devtest *h);
/* Guest RAM for the device's DMA, zeroed; none by default. */
void vm_devtest_set_ram(struct vm_devtest *h, uint64_t base, uint64_t length);
/* The device sits on a bus ("pci"), which gives it that address (PCI: devfn). Default: on none. */
void vm_devtest_set_bus(struct vm_devtest *h, const char *protocol, uint32_t address);
/* The board offers firmware that file ("kernel", "initrd", "cmdline"). */
void vm_devtest_offer(struct vm_devtest *h, const char *name, const void *data, uint64_t length);
/*
 * The nth (from 1) call of create() that can fail does: of add_region, timer_new, chardev_attach,
 * claims and so on. create() must then fail, too, and leave nothing behind.
 */
void vm_devtest_fail_wiring(struct vm_devtest *h, uint32_t nth);
/* How many such calls there were. */
uint32_t vm_devtest_wiring_calls(const struct vm_devtest *h);

/* 0, or -1 with err set (err may be NULL): the device refuses, or a required property is unset. */
int vm_devtest_create(struct vm_devtest *h, struct vm_error *err);
void vm_devtest_reset(struct vm_devtest *h);   /* the machine's */
void *vm_devtest_device(struct vm_devtest *h); /* what create() returned */

/* ---- Registers ------------------------------------------------------------------------------- */

/* Regions, numbered as the device added them. */
uint32_t vm_devtest_regions(const struct vm_devtest *h);
const struct vm_region *vm_devtest_region(const struct vm_devtest *h, uint32_t index);
int vm_devtest_find_region(const struct vm_devtest *h, const char *name); /* -1: there is none */
/*
 * An access as a guest makes it: its size is checked, and it is split or widened, as the region
 * says. enum vm_access_result: VM_ACCESS_ERROR where the host or the device refuses. A movable
 * region answers wherever it is placed, or is not.
 */
int vm_devtest_access_read(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t size,
                           uint64_t *value);
int vm_devtest_access_write(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t size,
                            uint64_t value);
/* In region 0, for accesses that must succeed; the test ends if they do not. */
uint64_t vm_devtest_read(struct vm_devtest *h, uint64_t offset, uint32_t size);
void vm_devtest_write(struct vm_devtest *h, uint64_t offset, uint32_t size, uint64_t value);
/* Accesses from now on are this vCPU's; -1, as at first: nobody's. */
void vm_devtest_access_as(struct vm_devtest *h, int cpu);

/*
 * The memory of a region that has some (vm_region.memory), and whether the guest reads it without
 * asking the device; NULL: it has none. `direct` may be NULL.
 */
uint8_t *vm_devtest_memory(struct vm_devtest *h, uint32_t region, bool *direct);
/* So many bytes of all regions' memory were said to be written (region_written) so far. */
uint64_t vm_devtest_memory_written(const struct vm_devtest *h);

/* ---- Interrupts and messages ----------------------------------------------------------------- */

int vm_devtest_irq(const struct vm_devtest *h, uint32_t output); /* the level */
uint32_t vm_devtest_irq_outputs(const struct vm_devtest *h);
/* For interrupt controllers: how many inputs, and driving one. The same level again is nothing. */
uint32_t vm_devtest_irq_inputs(const struct vm_devtest *h);
void vm_devtest_irq_input(struct vm_devtest *h, uint32_t line, int level);
/* The level of a vCPU's line; -1: the device has not claimed it. */
int vm_devtest_cpu_line(const struct vm_devtest *h, uint32_t cpu, const char *name);
const char *vm_devtest_claims(const struct vm_devtest *h); /* "0:m-soft 0:m-timer " in order */
/* The vCPU drives an output that the device has claimed. */
void vm_devtest_cpu_output(struct vm_devtest *h, uint32_t cpu, const char *name, int level);
/* Somebody presses the machine's power button; false: the device has none. */
bool vm_devtest_press(struct vm_devtest *h);

/* The messages (MSI, MSI-X) that the device has sent since this was asked last:
 * "0xADDRESS:0xDATA " for each. */
const char *vm_devtest_messages(struct vm_devtest *h);
/* Another device's message comes in, from requester 0. enum vm_access_result. */
int vm_devtest_message(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t data);

/* An access of a vCPU to a port (claim_cpu_port): what vm_cpu_port_ops.access gets. */
struct vm_devtest_port_access {
    uint32_t reg;
    int write;
    uint64_t bits, mask;
};
/* What the device returns; -1, too, if it has not claimed the port. */
int vm_devtest_port(struct vm_devtest *h, uint32_t cpu, const char *name,
                    const struct vm_devtest_port_access *access, uint64_t *value);

/* ---- Time ------------------------------------------------------------------------------------ */

int64_t vm_devtest_now(const struct vm_devtest *h); /* the virtual clock; 0 at first */
/* Time goes on; timers that fall due on the way run, each at its deadline. */
void vm_devtest_advance(struct vm_devtest *h, int64_t ns);
/* What the wall clock says now; at any time. */
void vm_devtest_set_wall_clock(struct vm_devtest *h, int64_t ns);

/* ---- Memory and work ------------------------------------------------------------------------- */

/* n bytes of guest RAM at addr; NULL: they are not all in RAM. */
uint8_t *vm_devtest_ram(struct vm_devtest *h, uint64_t addr, uint64_t n);
/* From now on dma_map() ends at multiples of `piece`, as behind an IOMMU; 0, as at first: only at
 * the end of RAM. */
void vm_devtest_cut_ram(struct vm_devtest *h, uint64_t piece);
uint32_t vm_devtest_mappings(const struct vm_devtest *h); /* mapped and not yet unmapped */
/* Runs what the device has submitted (submit_work), and what that submits. Returns how many. */
uint32_t vm_devtest_run_work(struct vm_devtest *h);

/* ---- Character backends ---------------------------------------------------------------------- */

/*
 * A device may have several, numbered as it attached them: one for each VM_PROP_CHARDEV that is
 * set. What follows is about the one that vm_devtest_pick_backend() named last, at first the first.
 */
void vm_devtest_pick_backend(struct vm_devtest *h, uint32_t index);
uint32_t vm_devtest_backends(const struct vm_devtest *h);
bool vm_devtest_has_backend(const struct vm_devtest *h);
/* Input comes in. Returns how many bytes the device took. */
size_t vm_devtest_send(struct vm_devtest *h, const void *bytes, size_t n);
void vm_devtest_chardev_event(struct vm_devtest *h, int event); /* enum vm_chardev_event */
/* How often the device said that it has room for input again. */
uint32_t vm_devtest_input_ready_calls(const struct vm_devtest *h);
/* The backend takes n bytes from now on (default: any); tells the device if n is not 0. */
void vm_devtest_output_room(struct vm_devtest *h, size_t n);
const char *vm_devtest_output(struct vm_devtest *h, size_t *n); /* all so far; n may be NULL */

/* ---- Disk: a block backend in memory --------------------------------------------------------- */

/*
 * The property of type VM_PROP_BLOCK was set to the disk's size, as in "1M" or "64K"; letters
 * behind that say what it is: r read-only, p neither discard nor zeroes, c no cache, b blocks of
 * 4096 bytes. At most one.
 */
bool vm_devtest_has_disk(const struct vm_devtest *h);
uint8_t *vm_devtest_disk(struct vm_devtest *h);                             /* its bytes */
uint32_t vm_devtest_disk_requests(const struct vm_devtest *h, uint32_t op); /* how many so far */
uint32_t vm_devtest_disk_flags(const struct vm_devtest *h);                 /* of the latest one */
void vm_devtest_disk_fail(struct vm_devtest *h, int error); /* all from now on; 0: none */
/* Requests stay under way until that is over, or the device drains them. */
void vm_devtest_disk_hold(struct vm_devtest *h, bool hold);
void vm_devtest_disk_resize(struct vm_devtest *h, uint64_t length);

/* ---- Network --------------------------------------------------------------------------------- */

/* What the backend can do, before create: VM_NET_TX_x and VM_NET_RX_x, and its MTU. Default: 0. */
void vm_devtest_net_set(struct vm_devtest *h, uint32_t offloads, uint32_t mtu);
bool vm_devtest_has_net(const struct vm_devtest *h);
/* A frame comes in, in pieces; header NULL: zeroes. 1: the device took it; 0: it has no room. */
int vm_devtest_net_frame(struct vm_devtest *h, const struct vm_net_header *header,
                         const void *frame, size_t n);
/* The last frame that the device sent, its struct vm_net_header in front; how many it sent. */
const uint8_t *vm_devtest_net_sent(struct vm_devtest *h, size_t *n);
uint32_t vm_devtest_net_count(const struct vm_devtest *h);
/* The backend takes so many frames from now on (default: any); tells the device if not 0. */
void vm_devtest_net_room(struct vm_devtest *h, uint32_t frames);
void vm_devtest_net_link(struct vm_devtest *h, int up);
uint32_t vm_devtest_net_offloads(const struct vm_devtest *h); /* that were agreed on */
/* How often the device said that it has room for frames again. */
uint32_t vm_devtest_net_ready_calls(const struct vm_devtest *h);

/* ---- GPU: a backend that the test plays ------------------------------------------------------ */

/*
 * What a device sees whose property of type VM_PROP_GPU was set (to anything). Requests wait, in
 * the order of their submission, until the test has them carried out or the device drains them.
 */
struct vm_devtest_gpu {
    uint32_t n_gpus;
    const char *why; /* n_gpus 0: there is none */
    /* NULL: the host's own */
    void (*info)(void *opaque, uint32_t gpu, struct vm_gpu_info *info);
    /* Carries out a request: enum vm_gpu_error. NULL: the host's own GPU does. */
    uint32_t (*carry_out)(void *opaque, struct vm_gpu_request *request);
    void *opaque;
};
/*
 * Before create. Without it there is one GPU, the host's own: its memory is real (16 MiB), all
 * sources and binaries compile, but those with the word "error", which is their log; a module has
 * every function that is asked for, with the parameters (address, 32 bits); a launch fills the
 * memory at the address with the other argument's lowest byte, as many bytes as the grid has
 * threads. `gpu` must outlive the host.
 */
void vm_devtest_set_gpu(struct vm_devtest *h, const struct vm_devtest_gpu *gpu);
/* The host's own GPU, for a carry_out() that only changes some requests. */
uint32_t vm_devtest_gpu_carry_out(struct vm_devtest *h, struct vm_gpu_request *request);
bool vm_devtest_has_gpu(const struct vm_devtest *h);
/* Requests that wait; the nth of them, from 0 on, NULL: there are no more. */
uint32_t vm_devtest_gpu_waiting(const struct vm_devtest *h);
struct vm_gpu_request *vm_devtest_gpu_request(struct vm_devtest *h, uint32_t n);
/* Carries out at most n, also of those that the device submits meanwhile, and tells it; returns how
 * many. */
uint32_t vm_devtest_gpu_run(struct vm_devtest *h, uint32_t n);
/* From now on nothing is ever done: gpu_drain() gives the GPU up, as a reset and the end do. */
void vm_devtest_gpu_hang(struct vm_devtest *h);
/* n bytes of the own GPU's memory; NULL: they are not all in one allocation. */
uint8_t *vm_devtest_gpu_bytes(struct vm_devtest *h, uint64_t address, uint64_t n);
/* Bytes of the own GPU's that are allocated; of memory that copies may use (gpu_host_memory). */
uint64_t vm_devtest_gpu_allocated(const struct vm_devtest *h);
uint64_t vm_devtest_gpu_shared(const struct vm_devtest *h);

/* ---- Display: the test looks ----------------------------------------------------------------- */

/* The property of type VM_PROP_DISPLAY was set (to anything). */
bool vm_devtest_has_display(const struct vm_devtest *h);
/* The mode that the device has set last; NULL: it shows nothing. */
const struct vm_display_mode *vm_devtest_display_mode(const struct vm_devtest *h);
uint32_t vm_devtest_display_modes(const struct vm_devtest *h); /* how often it set one, or none */
/*
 * Has the device hand out what has changed, or all if `whole` or if the mode is new, as for a
 * backend that asks. How many rectangles of it there are, each inside of the picture; 0: nothing
 * has changed, or nothing is shown.
 */
uint32_t vm_devtest_display_refresh(struct vm_devtest *h, bool whole);
/* The nth of them, from 0 on. */
struct vm_display_rect vm_devtest_display_damage(const struct vm_devtest *h, uint32_t n);
/* The picture as a backend sees it: 0xRRGGBB of each pixel, line by line; NULL: there is none. */
const uint32_t *vm_devtest_display_picture(struct vm_devtest *h);
uint32_t vm_devtest_display_pixel(const struct vm_devtest *h, uint32_t x, uint32_t y);
/* A report of input comes in. What the device returned; -1: it takes none. */
int vm_devtest_display_input(struct vm_devtest *h, const struct vm_display_event *events,
                             uint32_t n);
/* How often the device said that it has room for input again. */
uint32_t vm_devtest_display_ready_calls(const struct vm_devtest *h);

/* ---- Buses ----------------------------------------------------------------------------------- */

/* The device has taken its place on the bus of vm_devtest_set_bus(); else a machine refuses it. */
bool vm_devtest_on_bus(const struct vm_devtest *h);
/* Where a movable region (a PCI BAR) is on its bus; false: nowhere. `address` may be NULL. */
bool vm_devtest_placed(const struct vm_devtest *h, uint32_t region, uint64_t *address);
/* The number of the region that is configuration space; -1: there is none. */
int vm_devtest_config_region(const struct vm_devtest *h);
/* Accesses to it that must succeed. */
uint32_t vm_devtest_config_read(struct vm_devtest *h, uint32_t offset, uint32_t size);
void vm_devtest_config_write(struct vm_devtest *h, uint32_t offset, uint32_t size, uint32_t value);
/* Where in PCI configuration space the capability `id` is (MSI-X: 0x11); 0: nowhere. */
uint32_t vm_devtest_pci_capability(struct vm_devtest *h, uint8_t id);

/*
 * For a device that is itself a bus: what a test attaches to it. A child's configuration space is
 * memory; as a bridge (secondary not 0) it takes the accesses that are forwarded to the buses
 * secondary..subordinate, and answers reads with the bus' number.
 */
#define VM_DEVTEST_MAX_CHILDREN 40
struct vm_bus_child {
    uint8_t config[256];
    uint32_t secondary, subordinate;
};
struct vm_bus_child *vm_devtest_child(struct vm_devtest *h, uint32_t n);
const struct vm_device_bus *vm_devtest_bus(struct vm_devtest *h); /* NULL: it is none */
uint32_t vm_devtest_bus_changes(const struct vm_devtest *h); /* calls of bus_changed() so far */
/* The windows that it has claimed: "io:0x3000000+0x10000 " in order. */
const char *vm_devtest_windows(const struct vm_devtest *h);

/* ---- Requests and log ------------------------------------------------------------------------ */

/* The last enum vm_request, 0: there was none. `status` may be NULL. */
int vm_devtest_request(const struct vm_devtest *h, int *status);
uint32_t vm_devtest_log_lines(const struct vm_devtest *h); /* as vm_test_log_lines() */

/* ---- Saved state ----------------------------------------------------------------------------- */

/* The fields of the device's state table, each tagged by its name, in the host's keeping. */
struct vm_devtest_state {
    uint8_t *bytes;
    size_t size;
};

struct vm_devtest_state vm_devtest_save(struct vm_devtest *h);
/*
 * What save() of a device with the same settings gave; fields that are not in it stay as they are.
 * -1 with err set (err may be NULL): it is cut short or has other fields, or the device refuses it.
 */
int vm_devtest_load(struct vm_devtest *h, const struct vm_devtest_state *state,
                    struct vm_error *err);
void vm_devtest_state_free(struct vm_devtest_state *state);
bool vm_devtest_state_equal(const struct vm_devtest_state *a, const struct vm_devtest_state *b);

/* The nth field (from 0) and its elements; NULL: there are no more. */
const char *vm_devtest_field(const struct vm_devtest *h, uint32_t n, uint32_t *count);
/*
 * States that no device would have saved, which it must refuse or live with; where one is refused,
 * these see to it that the device takes back what it had. One element of the nth field, if there is
 * one, is changed:
 */
void vm_devtest_change_field(struct vm_devtest *h, uint32_t n, uint32_t index, uint64_t value);
/* All fields are filled with these bytes, repeated as needed. 0, or -1 if it was refused. */
int vm_devtest_load_bytes(struct vm_devtest *h, const uint8_t *bytes, size_t n,
                          struct vm_error *err);
/* One element of a named field; the device stays as it is if that is refused (-1, err set). */
int vm_devtest_load_field(struct vm_devtest *h, const char *field, uint32_t index, uint64_t value,
                          struct vm_error *err);

/* ---- Device tree ----------------------------------------------------------------------------- */

/*
 * The device's node as text: "node NAME", then one property a line ('compatible = "a", "b"',
 * 'clock-frequency = 0x384000'); lines of other nodes come with their path in front.
 */
const char *vm_devtest_fdt(struct vm_devtest *h);
const struct vm_device_fdt *vm_devtest_fdt_interface(struct vm_devtest *h); /* NULL: none */

#ifdef __cplusplus
}
#endif
#endif
