/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psci.c - the firmware that the board stands in for: power of vCPUs and of the machine.
 *
 * Sources: Arm Power State Coordination Interface 1.1 (DEN 0022, "PSCI" below), SMC Calling
 * Convention 1.2 (DEN 0028, "SMCCC"). Functions are told apart by the 32-bit number in w0, of which
 * bit 30 says that arguments and results are 64 bits wide.
 */
#include <stdio.h>
#include "psci.h"

#define WIDE UINT32_C(0x40000000)

/* PSCI 5.1; SMCCC 7. */
enum psci_function {
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_SUSPEND = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    PSCI_SYSTEM_RESET2 = 0x84000012,
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
};

/* PSCI 5.2.2 */
enum psci_result {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
};

/* What PSCI_AFFINITY_INFO answers (5.7). */
enum { AFFINITY_ON = 0, AFFINITY_OFF = 1, AFFINITY_ON_PENDING = 2 };

#define PSCI_1_1             0x10001
#define SMCCC_1_1            0x10001
#define TRUSTED_OS_NOT_THERE 2 /* 5.9: and so nothing to migrate */

struct call {
    struct vm_cpu *cpu;
    uint64_t a1, a2, a3; /* arguments, as wide as the call is */
};

/* Which vCPU an MPIDR value names: 16 to a cluster, as the architecture numbers them. -1: none. */
static int64_t cpu_of(const struct call *c, uint64_t mpidr)
{
    uint64_t index = (mpidr >> 8 & 0xff) * 16 + (mpidr & 0xff);
    if ((mpidr & 0xff) > 15 || mpidr >> 16 || c->cpu->host->cpu_power(c->cpu, (uint32_t)index) < 0)
        return -1;
    return (int64_t)index;
}

static int64_t cpu_on(const struct call *c)
{
    int64_t index = cpu_of(c, c->a1);
    const struct vm_cpu_start start = {.pc = c->a2, .arg = {c->a3}};
    if (index < 0 || c->a2 & 3)
        return PSCI_INVALID_PARAMETERS;
    if (c->cpu->host->cpu_on(c->cpu, (uint32_t)index, &start) == 0)
        return PSCI_SUCCESS;
    return c->cpu->host->cpu_power(c->cpu, (uint32_t)index) == VM_CPU_GOING_ON ? PSCI_ON_PENDING
                                                                               : PSCI_ALREADY_ON;
}

static int64_t cpu_off(const struct call *c)
{
    c->cpu->host->cpu_off(c->cpu);
    return PSCI_SUCCESS;
}

/*
 * A suspension that keeps all state, whatever was asked for: 5.4.5 lets one return at once, as if a
 * wake-up had been pending. The vCPU sleeps by WFI as well.
 */
static int64_t cpu_suspend(const struct call *c)
{
    c->cpu->pending_exit = VM_EXIT_WAIT;
    return PSCI_SUCCESS;
}

/* Level 0 alone: above, nothing has a power state of its own (5.7.2). */
static int64_t affinity_info(const struct call *c)
{
    int64_t index = cpu_of(c, c->a1);
    if (index < 0 || c->a2 != 0)
        return PSCI_INVALID_PARAMETERS;
    switch (c->cpu->host->cpu_power(c->cpu, (uint32_t)index)) {
    case VM_CPU_OFF:
        return AFFINITY_OFF;
    case VM_CPU_GOING_ON:
        return AFFINITY_ON_PENDING;
    default:
        return AFFINITY_ON;
    }
}

static int64_t migrate_info_type(const struct call *c)
{
    (void)c;
    return TRUSTED_OS_NOT_THERE;
}

/* Does not return to the guest. */
static int64_t end(const struct call *c, int request)
{
    c->cpu->host->request(c->cpu, request, 0);
    c->cpu->host->cpu_off(c->cpu);
    return PSCI_SUCCESS;
}

static int64_t system_off(const struct call *c)
{
    return end(c, VM_REQUEST_POWEROFF);
}

static int64_t system_reset(const struct call *c)
{
    return end(c, VM_REQUEST_RESET);
}

/* 5.12: of Arm's own kinds of reset (bit 31 clear) only the warm one is defined; it may be cold. */
static int64_t system_reset2(const struct call *c)
{
    return (uint32_t)c->a1 == 0 ? system_reset(c) : PSCI_INVALID_PARAMETERS;
}

static int64_t version(const struct call *c)
{
    (void)c;
    return PSCI_1_1;
}

static int64_t smccc_version(const struct call *c)
{
    (void)c;
    return SMCCC_1_1;
}

static int64_t features(const struct call *c);
static int64_t arch_features(const struct call *c);

static const struct {
    uint32_t number;
    bool both; /* there is one with 64-bit arguments, too */
    int64_t (*call)(const struct call *c);
} functions[] = {
    {PSCI_VERSION, false, version},
    {PSCI_CPU_SUSPEND, true, cpu_suspend},
    {PSCI_CPU_OFF, false, cpu_off},
    {PSCI_CPU_ON, true, cpu_on},
    {PSCI_AFFINITY_INFO, true, affinity_info},
    {PSCI_MIGRATE_INFO_TYPE, false, migrate_info_type},
    {PSCI_SYSTEM_OFF, false, system_off},
    {PSCI_SYSTEM_RESET, false, system_reset},
    {PSCI_FEATURES, false, features},
    {PSCI_SYSTEM_RESET2, true, system_reset2},
    {SMCCC_VERSION, false, smccc_version},
    {SMCCC_ARCH_FEATURES, false, arch_features},
};

#define N_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* Its place in the table; N_FUNCTIONS: there is no such function. */
static size_t find(uint32_t number)
{
    size_t i = 0;
    while (i < N_FUNCTIONS && number != functions[i].number &&
           !(functions[i].both && number == (functions[i].number | WIDE)))
        i++;
    return i;
}

/* 5.11: SMCCC_VERSION is the one that is asked for here, too. */
static int64_t features(const struct call *c)
{
    uint32_t number = (uint32_t)c->a1;
    bool known = find(number) < N_FUNCTIONS && number != SMCCC_ARCH_FEATURES;
    return known ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

/* SMCCC 7.3. No work-around for a flaw of the processor is offered: it is for the ID registers to
 * say which it has. */
static int64_t arch_features(const struct call *c)
{
    uint32_t number = (uint32_t)c->a1;
    return number == SMCCC_VERSION || number == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS
                                                                    : PSCI_NOT_SUPPORTED;
}

/* SMCCC 5.2: an unknown function's answer is -1 in x0. Results of 32-bit calls are sign-extended
 * from 32 bits, so that both views of x0 read the same. */
bool psci_call(void *board, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    size_t i = find((uint32_t)regs[0]);
    uint64_t mask = regs[0] & WIDE ? UINT64_MAX : UINT32_MAX;
    const struct call c = {cpu, regs[1] & mask, regs[2] & mask, regs[3] & mask};
    (void)board, (void)conduit;
    regs[0] = (uint64_t)(i < N_FUNCTIONS ? functions[i].call(&c) : PSCI_NOT_SUPPORTED);
    return true;
}

/* Binding: Documentation/devicetree/bindings/arm/psci.yaml of the Linux kernel. */
void psci_fdt(const struct vm_fdt_api *fdt, struct vm_fdt_node *root, uint32_t conduit,
              uint32_t cpus)
{
    static const char *const compatible[] = {"arm,psci-1.0", "arm,psci-0.2"};
    struct vm_fdt_node *node = fdt->child(root, "psci"), *all = fdt->child(root, "cpus");
    fdt->strings(node, "compatible", compatible, 2);
    fdt->string(node, "method", conduit == VM_ARM_HVC ? "hvc" : "smc");
    for (uint32_t i = 0; i < cpus; i++) {
        char name[32];
        snprintf(name, sizeof(name), "cpu@%x", i);
        fdt->string(fdt->child(all, name), "enable-method", "psci");
    }
}
