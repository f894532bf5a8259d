/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devhost.h - a host for one device under test: drives its registers, interrupts, timers, backend
 * and saved state without a guest.
 *
 * The device runs on the calling thread. Time stands still until devhost_advance(). What breaks the
 * contract of vmrun/device.h (an output that was never declared, wiring after create(), a property
 * that is not in the table) aborts with a message, so that tests and fuzzers find it.
 */
#ifndef TESTS_UNIT_DEVHOST_H
#define TESTS_UNIT_DEVHOST_H

#include <stdbool.h>
#include <vmrun/bus.h>

struct devhost;

/* ---- Life: new, then settings, then create --------------------------------------------------- */

struct devhost *devhost_new(const struct vm_plugin *plugin);
void devhost_free(struct devhost *h); /* destroys the device, too */

void devhost_set(struct devhost *h, const char *property, const char *value);
/* vCPUs, and the names of their interrupt lines (NULL-terminated, must outlive h). Default: none.
 */
void devhost_set_cpus(struct devhost *h, uint32_t cpus, const char *const *lines);
/* The lines that vCPUs drive themselves; the same rules. */
void devhost_set_cpu_outputs(struct devhost *h, const char *const *outputs);
void devhost_set_counter_hz(struct devhost *h, uint64_t hz); /* default: 10 MHz */
void devhost_set_wall_clock(struct devhost *h,
                            int64_t ns); /* its value now; may be changed at any time */
void devhost_set_deterministic(struct devhost *h);
/* Guest RAM for the device's DMA, zeroed; none by default. */
void devhost_set_ram(struct devhost *h, uint64_t base, uint64_t length);
void devhost_fail_wiring(struct devhost *h, uint32_t nth); /* the nth (from 1) wiring call fails */

int devhost_create(struct devhost *h, struct vm_error *err); /* 0 or -1 */
void devhost_reset(struct devhost *h);
void *devhost_device(struct devhost *h);

/* ---- Registers: as the bus does it, so sizes are checked and split; VM_ACCESS_ERROR where the bus
 * refuses  */

uint32_t devhost_regions(const struct devhost *h);
const struct vm_region *devhost_region(const struct devhost *h, uint32_t index);
int devhost_access_read(struct devhost *h, uint32_t region, uint64_t offset, uint32_t size,
                        uint64_t *value);
int devhost_access_write(struct devhost *h, uint32_t region, uint64_t offset, uint32_t size,
                         uint64_t value);
/* Region 0, for accesses that must succeed (they abort otherwise). */
uint64_t devhost_read(struct devhost *h, uint64_t offset, uint32_t size);
void devhost_write(struct devhost *h, uint64_t offset, uint32_t size, uint64_t value);

/* ---- Memory of regions, files for firmware --------------------------------------------------- */

/* The memory, and whether the guest reads it without the device; NULL: the region has none. */
uint8_t *devhost_memory(struct devhost *h, uint32_t region, bool *direct);
/* So many bytes of all regions' memory were said to be written so far. */
uint64_t devhost_memory_written(const struct devhost *h);
/* Before create(): the board offers firmware that file. */
void devhost_offer(struct devhost *h, const char *name, const void *data, uint64_t length);

/* ---- Interrupts ------------------------------------------------------------------------------ */

int devhost_irq(const struct devhost *h, uint32_t output); /* level */
uint32_t devhost_irq_inputs(const struct devhost *h);
void devhost_irq_input(struct devhost *h, uint32_t line, int level);
int devhost_cpu_line(const struct devhost *h, uint32_t cpu,
                     const char *name);              /* level; -1: not claimed */
const char *devhost_claims(const struct devhost *h); /* "0:m-soft 0:m-timer " in order */
/* The vCPU drives a claimed output. */
void devhost_cpu_output(struct devhost *h, uint32_t cpu, const char *name, int level);
/* Accesses from now on are this vCPU's; -1, as at first: nobody's. */
void devhost_access_as(struct devhost *h, int cpu);
/* The machine's power button; false: the device has none. */
bool devhost_press(struct devhost *h);

/* ---- Time ------------------------------------------------------------------------------------ */

int64_t devhost_now(const struct devhost *h);
void devhost_advance(struct devhost *h, int64_t ns); /* runs the timers that fall due on the way */

/* ---- Ports in the vCPUs, messages ------------------------------------------------------------ */

struct devhost_port_access {
    uint32_t reg;
    int write;
    uint64_t bits, mask;
};

/* As the vCPU's access to a claimed port; -1, too, if it is not claimed. */
int devhost_port(struct devhost *h, uint32_t cpu, const char *name,
                 const struct devhost_port_access *access, uint64_t *value);
int devhost_message(struct devhost *h, uint32_t region, uint64_t offset, uint32_t data);
/* "0xADDRESS:0xDATA " for each that the device has sent since this was called last; valid until it
 * is called again. */
const char *devhost_messages(struct devhost *h);

/* ---- Memory and work ------------------------------------------------------------------------- */

uint8_t *devhost_ram(struct devhost *h, uint64_t addr, uint64_t n); /* NULL: not in RAM */
/* From now on mappings end at multiples of `piece`; 0: anywhere. */
void devhost_cut_ram(struct devhost *h, uint64_t piece);
uint32_t devhost_mappings(const struct devhost *h); /* under way */
/* Runs what the device has submitted, and what that submits. Returns how many. */
uint32_t devhost_run_work(struct devhost *h);

/* ---- Backend --------------------------------------------------------------------------------- */

/*
 * A device may have several, numbered as it attached them. All below is about the one that
 * devhost_pick_backend() named last, at first the first.
 */
void devhost_pick_backend(struct devhost *h, uint32_t index);
uint32_t devhost_backends(const struct devhost *h);
bool devhost_has_backend(const struct devhost *h);
size_t devhost_send(struct devhost *h, const void *bytes, size_t n); /* how many the device took */
void devhost_chardev_event(struct devhost *h, int event);
uint32_t devhost_input_ready_calls(const struct devhost *h);
void devhost_output_room(struct devhost *h,
                         size_t n); /* takes n bytes from now on (default: any); says writable */
const char *devhost_output(struct devhost *h, size_t *n); /* all so far; n may be NULL */

/* ---- Buses ----------------------------------------------------------------------------------- */

/* Before create(): the device sits on a bus, which gives it that address. Default: on none. */
void devhost_set_bus(struct devhost *h, const char *protocol, uint32_t address);
bool devhost_placed(const struct devhost *h, uint32_t region, uint64_t *address);
int devhost_config_region(const struct devhost *h); /* -1: it has none */
uint32_t devhost_config_read(struct devhost *h, uint32_t offset, uint32_t size);
void devhost_config_write(struct devhost *h, uint32_t offset, uint32_t size, uint32_t value);

/* For a device that is a bus: what to attach to it. Whatever `secondary` says, its configuration
 * space is memory; it forwards accesses to those buses and answers reads with the bus' number. */
#define DEVHOST_MAX_CHILDREN 40
struct vm_bus_child {
    uint8_t config[256];
    uint32_t secondary, subordinate; /* 0: it is no bridge */
};
struct vm_bus_child *devhost_child(struct devhost *h, uint32_t n);
const struct vm_device_bus *devhost_bus(struct devhost *h);
uint32_t devhost_bus_changes(const struct devhost *h);
const char *devhost_windows(const struct devhost *h); /* "io:0x3000000+0x10000 " in order */

/* ---- Disk: a block backend in memory, made by block_attach() of a property that was set to its
 * size, as in "1M"; letters behind that: r read-only, p neither discard nor zeroes, c no cache, b
 * blocks of 4096 bytes ------------------------------------------------------------------------- */

bool devhost_has_disk(const struct devhost *h);
uint8_t *devhost_disk(struct devhost *h);
uint32_t devhost_disk_requests(const struct devhost *h, uint32_t op); /* how many so far */
uint32_t devhost_disk_flags(const struct devhost *h);                 /* of the latest one */
void devhost_disk_fail(struct devhost *h, int error);                 /* all from now on; 0: none */
/* Requests stay under way until that is over, or the device drains them. */
void devhost_disk_hold(struct devhost *h, bool hold);
void devhost_disk_resize(struct devhost *h, uint64_t length);

/* ---- Network (property of type VM_PROP_NET) -------------------------------------------------- */

void devhost_net_set(struct devhost *h, uint32_t offloads, uint32_t mtu); /* before create */
bool devhost_has_net(const struct devhost *h);
/* A frame comes in; header NULL: zeroes. Returns what the device says. */
int devhost_net_frame(struct devhost *h, const struct vm_net_header *header, const void *frame,
                      size_t n);
const uint8_t *devhost_net_sent(struct devhost *h, size_t *n); /* the last, header in front */
uint32_t devhost_net_count(const struct devhost *h);
void devhost_net_room(struct devhost *h, uint32_t frames); /* takes so many; says writable */
void devhost_net_link(struct devhost *h, int up);
uint32_t devhost_net_offloads(const struct devhost *h);
uint32_t devhost_net_ready_calls(const struct devhost *h);

/* ---- Requests and log ------------------------------------------------------------------------ */

int devhost_request(const struct devhost *h, int *status); /* the last enum vm_request, 0: none */
uint32_t devhost_log_lines(const struct devhost *h);       /* their number */

/* ---- Saved state: tagged by field name, as a saved machine has it ---------------------------- */

struct devhost_state {
    uint8_t *bytes;
    size_t size;
};

struct devhost_state devhost_save(struct devhost *h);
int devhost_load(struct devhost *h, const struct devhost_state *state, struct vm_error *err);
void devhost_state_free(struct devhost_state *state);
bool devhost_state_equal(const struct devhost_state *a, const struct devhost_state *b);
const char *devhost_field(const struct devhost *h, uint32_t n,
                          uint32_t *count); /* n-th field, NULL after the last */
/* A saved state with one element of the n-th field, if there is one, changed; if that is refused,
 * the device must take the saved one back. */
void devhost_change_field(struct devhost *h, uint32_t n, uint32_t index, uint64_t value);
/* Sets one element of a field and loads that: for states that no device would have saved. */
int devhost_load_field(struct devhost *h, const char *field, uint32_t index, uint64_t value,
                       struct vm_error *err);
/* Fills the fields with these bytes, repeated as needed, and loads that. Puts the old state back if
 * it is refused. */
int devhost_load_bytes(struct devhost *h, const uint8_t *bytes, size_t n, struct vm_error *err);

/* ---- Device tree: the device's node as text, one property a line, other nodes after it under
 * their path  */

const char *devhost_fdt(struct devhost *h);
const struct vm_device_fdt *devhost_fdt_interface(struct devhost *h);

#endif
