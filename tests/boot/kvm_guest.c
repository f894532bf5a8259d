/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm_guest.c - runs inside an arm64 guest with EL2: a machine of its own by KVM, which computes,
 * waits for its timer's interrupt from a virtual GICv3, calls PSCI and powers off. It says what it
 * found by writes to where its machine has nothing, at REPORT.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define RAM    0x40000000u
#define LENGTH 0x10000u
#define REPORT 0x10000000u
#define DIST   0x08000000u
#define REDIST 0x080a0000u

extern const char guest_begin[], guest_end[];

/* Its MMU is off, its interrupts are masked: WFI ends nevertheless. */
__asm__(".pushsection .rodata\n"
        ".balign 4\n"
        ".globl guest_begin, guest_end\n"
        "guest_begin:\n"
        "    mov x20, #0x10000000\n"
        "    mov w0, #0\n"
        "    mov w1, #1000\n"
        "1:  add w0, w0, w1\n"
        "    subs w1, w1, #1\n"
        "    b.ne 1b\n"
        "    str w0, [x20]\n"
        "    mov x2, #0x08000000\n" /* the distributor: group 1 is on */
        "    mov w3, #0x12\n"
        "    str w3, [x2]\n"
        "    movz x2, #0x080b, lsl #16\n" /* the redistributor's: interrupts 0 to 31 */
        "    mov w3, #-1\n"
        "    str w3, [x2, #0x80]\n"
        "    mov w3, #1 << 27\n"
        "    str w3, [x2, #0x100]\n"
        "    mov x3, #7\n"
        "    msr s3_0_c12_c12_5, x3\n" /* ICC_SRE_EL1 */
        "    isb\n"
        "    mov x3, #0xff\n"
        "    msr s3_0_c4_c6_0, x3\n" /* ICC_PMR_EL1 */
        "    mov x3, #1\n"
        "    msr s3_0_c12_c12_7, x3\n" /* ICC_IGRPEN1_EL1 */
        "    isb\n"
        "    mov x3, #0x10000\n"
        "    msr cntv_tval_el0, x3\n"
        "    mov x3, #1\n"
        "    msr cntv_ctl_el0, x3\n"
        "2:  wfi\n"
        "    mrs x4, s3_0_c12_c12_0\n" /* ICC_IAR1_EL1 */
        "    cmp w4, #1023\n"
        "    b.eq 2b\n"
        "    str w4, [x20, #4]\n"
        "    msr cntv_ctl_el0, xzr\n"
        "    msr s3_0_c12_c12_1, x4\n" /* ICC_EOIR1_EL1 */
        "    movz w0, #0x8400, lsl #16\n"
        "    hvc #0\n" /* PSCI_VERSION */
        "    str w0, [x20, #8]\n"
        "    movz w0, #0x8400, lsl #16\n"
        "    movk w0, #8\n"
        "    hvc #0\n" /* SYSTEM_OFF */
        "    b .\n"
        "guest_end:\n"
        ".popsection\n");

static int call(int fd, unsigned long what, void *argument, const char *name)
{
    int result = ioctl(fd, what, argument);

    if (result < 0) {
        printf("kvm-guest: ");
        fflush(stdout);
        perror(name);
        exit(1);
    }
    return result;
}

static void add_memory(int vm)
{
    void *ram = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = RAM, .memory_size = LENGTH, .userspace_addr = (uintptr_t)ram};

    memcpy(ram, guest_begin, (size_t)(guest_end - guest_begin));
    call(vm, KVM_SET_USER_MEMORY_REGION, &region, "memory");
}

static void place(int gic, uint64_t type, uint64_t address)
{
    struct kvm_device_attr attr = {
        .group = KVM_DEV_ARM_VGIC_GRP_ADDR, .attr = type, .addr = (uintptr_t)&address};

    call(gic, KVM_SET_DEVICE_ATTR, &attr, "GIC's address");
}

static int make_cpu(int vm)
{
    struct kvm_create_device gic = {.type = KVM_DEV_TYPE_ARM_VGIC_V3};
    struct kvm_device_attr init = {.group = KVM_DEV_ARM_VGIC_GRP_CTRL,
                                   .attr = KVM_DEV_ARM_VGIC_CTRL_INIT};
    struct kvm_vcpu_init target;
    uint64_t pc = RAM;
    struct kvm_one_reg reg = {.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
                                    KVM_REG_ARM_CORE_REG(regs.pc),
                              .addr = (uintptr_t)&pc};

    int cpu = call(vm, KVM_CREATE_VCPU, NULL, "vCPU");
    call(vm, KVM_CREATE_DEVICE, &gic, "GIC");
    place((int)gic.fd, KVM_VGIC_V3_ADDR_TYPE_DIST, DIST);
    place((int)gic.fd, KVM_VGIC_V3_ADDR_TYPE_REDIST, REDIST);
    call(vm, KVM_ARM_PREFERRED_TARGET, &target, "target");
    target.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
    call(cpu, KVM_ARM_VCPU_INIT, &target, "vCPU's features");
    call((int)gic.fd, KVM_SET_DEVICE_ATTR, &init, "GIC's start");
    call(cpu, KVM_SET_ONE_REG, &reg, "pc");
    return cpu;
}

int main(void)
{
    int kvm = open("/dev/kvm", O_RDWR);
    int vm = call(kvm, KVM_CREATE_VM, NULL, "machine");
    add_memory(vm);
    int cpu = make_cpu(vm);
    size_t length = (size_t)call(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "size");
    const struct kvm_run *run = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);

    for (;;) {
        uint32_t value;
        call(cpu, KVM_RUN, NULL, "run");
        if (run->exit_reason != KVM_EXIT_MMIO)
            break;
        memcpy(&value, run->mmio.data, sizeof(value));
        printf("kvm-guest: %s = %x\n",
               (const char *[]){"sum", "interrupt", "PSCI"}[(run->mmio.phys_addr - REPORT) / 4 % 3],
               value);
    }
    if (run->exit_reason != KVM_EXIT_SYSTEM_EVENT ||
        run->system_event.type != KVM_SYSTEM_EVENT_SHUTDOWN) {
        printf("kvm-guest: exit %u\n", run->exit_reason);
        return 1;
    }
    printf("kvm-guest: off\n");
    return 0;
}
