/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pci.h - PCI functions and buses for device plugins: configuration space, BARs, interrupts.
 *
 * Sources: PCI Local Bus Specification 3.0 (chapter 6: configuration space, 6.8: MSI and MSI-X),
 * PCI-to-PCI Bridge Architecture Specification 1.2 (chapter 3), PCI Bus Power Management Interface
 * Specification 1.2, PCI Express Base Specification (chapter 7).
 *
 * In the SDK's archive; it talks to the host through struct vm_device_host alone. The plugin embeds
 * struct vm_pci as the FIRST member of its instance (the host hands the instance to functions of
 * this archive), in create() calls vm_pci_init, then adds BARs and capabilities, then
 * vm_pci_attach; and puts VM_PCI_STATE into its state table, vm_pci_reset and vm_pci_loaded into
 * its reset() and state_loaded(). All functions are for callbacks in which the device is locked.
 * The structs are between the plugin and its own copy of the archive: no host sees them, and
 * another SDK may have others (the names of saved fields stay).
 *
 * A message and a DMA need the guest's leave: vm_pci_is_master(). Messages ask by themselves.
 */
#ifndef VMRUN_PCI_H
#define VMRUN_PCI_H

#include <vmrun/bus.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_PCI_PROTOCOL "pci" /* of vm_device_host.bus_protocol() */
#define VM_PCI_CONFIG_BYTES                                                                \
    256u                   /* what is behind them reads as zeros: no extended capabilities \
                            */
#define VM_PCI_ROM      6u /* index of the expansion ROM among the BARs */
#define VM_PCI_MAX_MSI  32u
#define VM_PCI_MAX_MSIX 128u

/* Registers that plugins have use for. */
enum vm_pci_register {
    VM_PCI_COMMAND = 0x04,
    VM_PCI_STATUS = 0x06,
    VM_PCI_HEADER_TYPE = 0x0e,
    VM_PCI_BAR0 = 0x10,
    VM_PCI_PRIMARY_BUS = 0x18, /* header type 1, and those below */
    VM_PCI_SECONDARY_BUS = 0x19,
    VM_PCI_SUBORDINATE_BUS = 0x1a,
    VM_PCI_INTERRUPT_LINE = 0x3c,
};

#define VM_PCI_COMMAND_IO      0x0001u
#define VM_PCI_COMMAND_MEMORY  0x0002u
#define VM_PCI_COMMAND_MASTER  0x0004u
#define VM_PCI_COMMAND_NO_INTX 0x0400u

enum vm_pci_capability {
    VM_PCI_CAP_POWER = 0x01,
    VM_PCI_CAP_MSI = 0x05,
    VM_PCI_CAP_VENDOR = 0x09,
    VM_PCI_CAP_EXPRESS = 0x10,
    VM_PCI_CAP_MSIX = 0x11,
};

struct vm_pci;

/* What the plugin wants to hear of; each may be NULL. [locked] */
struct vm_pci_hooks {
    /* Before the guest reads [offset, offset + size) of configuration space: the last moment to
     * bring p->config up to date. */
    void (*config_reading)(struct vm_pci *p, uint32_t offset, uint32_t size);
    /* After it wrote there, and after the archive did its part. */
    void (*config_written)(struct vm_pci *p, uint32_t offset, uint32_t size);
    /* A BAR (or VM_PCI_ROM) was enabled, disabled, or moved to an address of its bus. */
    void (*bar_moved)(struct vm_pci *p, uint32_t bar, int enabled, uint64_t address);
};

struct vm_pci_info {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code; /* class, subclass, interface: 0x010802 */
    uint8_t revision;
    uint8_t is_bridge; /* header type 1, and interrupt outputs INTA to INTD for what is behind it */
    uint8_t has_intx;  /* interrupt pin INTA */
    const struct vm_pci_hooks *hooks; /* or NULL */
};

struct vm_pci_bar {
    uint64_t length;  /* 0: there is none */
    uint32_t flags;   /* VM_PCI_BAR_* */
    int region;       /* of the host */
    int placed;       /* as the host was told last */
    uint64_t address; /* the same */
};

#define VM_PCI_BAR_IO       1u
#define VM_PCI_BAR_64       2u /* takes the next BAR's place, too */
#define VM_PCI_BAR_PREFETCH 4u

/* Read what you like; change nothing but config[], through vm_pci_set(). */
struct vm_pci {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    const struct vm_pci_hooks *hooks;
    uint32_t address; /* as the bus has it: device << 3 | function in the low 8 bits */

    /* Saved state: VM_PCI_STATE. */
    uint8_t config[VM_PCI_CONFIG_BYTES];
    uint32_t msix_table[VM_PCI_MAX_MSIX * 4];
    uint32_t msix_pending[VM_PCI_MAX_MSIX / 32];
    uint32_t msi_pending;
    uint8_t intx; /* level that the device wants */

    /* Fixed once it is attached. */
    uint8_t initial[VM_PCI_CONFIG_BYTES], writable[VM_PCI_CONFIG_BYTES];
    struct vm_pci_bar bars[7];
    uint8_t power, msi, express, msix; /* where these capabilities are, 0: they are not */
    uint8_t last_capability, is_bridge, has_intx, is_attached;
    uint32_t next_capability;
    uint32_t n_msi, n_msix;
};

/*
 * The fields of the state table of instance struct `s` whose first member is `m`:
 *     static const struct vm_state_field fields[] = {VM_PCI_STATE(struct foo, pci), ...};
 */
/* clang-format off */
#define VM_PCI_FIELD(s, m, member, t, n) \
    { sizeof(struct vm_state_field), (t), "pci." #member, offsetof(s, m.member), (n), 1 }
#define VM_PCI_STATE(s, m)                                                       \
    VM_PCI_FIELD(s, m, config, VM_STATE_U8, VM_PCI_CONFIG_BYTES),                \
    VM_PCI_FIELD(s, m, msix_table, VM_STATE_U32, VM_PCI_MAX_MSIX * 4),           \
    VM_PCI_FIELD(s, m, msix_pending, VM_STATE_U32, VM_PCI_MAX_MSIX / 32),        \
    VM_PCI_FIELD(s, m, msi_pending, VM_STATE_U32, 1),                            \
    VM_PCI_FIELD(s, m, intx, VM_STATE_U8, 1)
/* clang-format on */

/* ---- Making one [in create()]: 0 or what is said, or -1 with err set: compare with < 0 --------
 */

int vm_pci_init(struct vm_pci *p, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_pci_info *info, struct vm_error *err);
/*
 * Adds a BAR: `region` as for add_region (kind and movable are set here), of a power of two in
 * length; its memory, if it has some, is VM_MEMORY_SHARED. Returns the region's index.
 */
int vm_pci_add_bar(struct vm_pci *p, uint32_t index, uint32_t flags, const struct vm_region *region,
                   struct vm_error *err);
/* Adds a capability of `length` bytes, its two first included. Returns its offset. */
int vm_pci_add_capability(struct vm_pci *p, uint8_t id, uint32_t length, struct vm_error *err);
/* These return the capability's offset, too. Power management: D0 and D3hot. */
int vm_pci_add_power(struct vm_pci *p, struct vm_error *err);
/* PCI Express: makes configuration space 4096 bytes long. `is_root_port` for bridges. */
int vm_pci_add_express(struct vm_pci *p, int is_root_port, struct vm_error *err);
/* n: a power of two. */
int vm_pci_add_msi(struct vm_pci *p, uint32_t n, struct vm_error *err);
/* The table and the pending bits take BAR `bar` for themselves. */
int vm_pci_add_msix(struct vm_pci *p, uint32_t n, uint32_t bar, struct vm_error *err);
/* Registers of the reset state: `size` (1, 2, 4) bytes, and which of their bits a guest may write.
 */
void vm_pci_define(struct vm_pci *p, uint32_t offset, uint32_t size, uint32_t value,
                   uint32_t writable);
/* Takes its place on the bus; after this nothing can be added. */
int vm_pci_attach(struct vm_pci *p, struct vm_error *err);

/* ---- Life ------------------------------------------------------------------------------------ */

void vm_pci_reset(struct vm_pci *p);
/* Checks the saved fields and brings BARs and lines in line with them. -1 with err set. */
int vm_pci_loaded(struct vm_pci *p, struct vm_error *err);

/* Registers as the device sees and changes them; what the guest may write does not matter. */
uint32_t vm_pci_get(const struct vm_pci *p, uint32_t offset, uint32_t size);
void vm_pci_set(struct vm_pci *p, uint32_t offset, uint32_t size, uint32_t value);
/* Whether the guest lets it do DMA. */
int vm_pci_is_master(const struct vm_pci *p);

/* ---- Interrupts ------------------------------------------------------------------------------ */

/*
 * Interrupts by vector: a message if the guest enabled MSI-X or MSI, else INTA goes high and stays
 * so until vm_pci_lower().
 */
void vm_pci_raise(struct vm_pci *p, uint32_t vector);
void vm_pci_lower(struct vm_pci *p);
/* The two halves. vm_pci_message returns whether messages are enabled; INTA is silent then. */
int vm_pci_message(struct vm_pci *p, uint32_t vector);
void vm_pci_set_intx(struct vm_pci *p, int level);

/* ---- Buses: for host bridges and bridges ----------------------------------------------------- */

/*
 * One bus and what is on it. Its functions are for the members of the same names of struct
 * vm_device_bus, in which `address` is device << 3 | function, with VM_PCI_BELOW_PORT where a PCI
 * Express link leads there.
 */
struct vm_pci_bus {
    const struct vm_device_host *host;
    uint32_t is_port; /* the one device behind a PCI Express port: slot 0 only */
    struct vm_bus_child *children[256];
};

#define VM_PCI_BELOW_PORT 0x100u

int vm_pci_bus_attach(struct vm_pci_bus *bus, struct vm_bus_child *child, const char *where,
                      uint32_t *address, struct vm_error *err);
int vm_pci_bus_route(uint32_t address, uint32_t output);
/*
 * A configuration access on bus `number`, which this is, or to one behind it: `address` as in ECAM.
 * Where nothing is, reads give all ones and writes are dropped. VM_ACCESS_OK.
 */
int vm_pci_bus_config(struct vm_pci_bus *bus, uint32_t number, uint64_t address, uint32_t size,
                      uint64_t *value, int write);

/* A bridge's registers as others may read them while the guest writes them: by relaxed atomics. */
struct vm_pci_windows {
    struct {
        uint64_t base, last; /* base > last: closed */
    } memory, prefetch, io;
    uint32_t secondary, subordinate;
};

/* Takes them from configuration space (header type 1). Returns whether any has changed. */
int vm_pci_windows_update(struct vm_pci_windows *w, const struct vm_pci *p);
/* As struct vm_device_bus has it. [any thread] */
int vm_pci_windows_pass(const struct vm_pci_windows *w, uint32_t kind, uint64_t addr,
                        uint64_t length);
/* The number of the bus behind it, and whether another one lies there. [any thread] */
uint32_t vm_pci_windows_secondary(const struct vm_pci_windows *w);
int vm_pci_windows_forward(const struct vm_pci_windows *w, uint32_t bus);

#ifdef __cplusplus
}
#endif
#endif
