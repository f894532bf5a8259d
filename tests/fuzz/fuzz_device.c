/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_device.c - libFuzzer target for one device: a guest that does anything to its registers,
 * neighbours that do anything to its lines and its backend, and saved states from anywhere. Linked
 * with one device plugin; the test host watches the contract.
 *
 * The first byte picks the configuration, then every step is an opcode byte and its operands.
 */
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       2000
#define MAX_STATE_STEPS 3

struct input {
    const uint8_t *data;
    size_t size;
};

/* The next n bytes as a little-endian number; zeros after the end. */
static uint64_t take(struct input *in, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint64_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

/* An offset in the region: mostly small, as registers are, at times anywhere in it. */
static uint64_t take_offset(struct input *in, const struct vm_region *region)
{
    uint64_t offset = take(in, 2);

    if (offset & 0x8000)
        offset = (offset & 0x7fff) << 8 | take(in, 1);
    return offset % region->length;
}

static void access_register(struct vm_devtest *h, struct input *in, bool write)
{
    uint32_t region, size = 1u << take(in, 1) % 4;
    uint64_t offset, value;

    if (vm_devtest_regions(h) == 0)
        return;
    region = (uint32_t)take(in, 1) % vm_devtest_regions(h);
    offset = take_offset(in, vm_devtest_region(h, region)) & ~(uint64_t)(size - 1);
    if (write)
        vm_devtest_access_write(h, region, offset, size, take(in, size));
    else
        vm_devtest_access_read(h, region, offset, size, &value);
}

/* What the host asks a bus, at times with a device more on it. */
static void drive_bus(struct vm_devtest *h, struct input *in)
{
    const struct vm_device_bus *bus = vm_devtest_bus(h);
    uint8_t what = (uint8_t)take(in, 1);
    uint64_t address = take(in, 4), above = 0;
    uint32_t place;

    if (!bus)
        return;
    if (what & 1) {
        struct vm_bus_child *child = vm_devtest_child(h, what % VM_DEVTEST_MAX_CHILDREN);
        char where[8] = {(char)('0' + what % 40), '.', (char)('0' + (address & 7))};

        child->secondary = address >> 8 & 0xff;
        child->subordinate = address >> 16 & 0xff;
        bus->attach(vm_devtest_device(h), child, what & 2 ? where : NULL, &place, NULL);
    }
    bus->window(vm_devtest_device(h), VM_REGION_MMIO + (what >> 2 & 1), address << (what >> 3),
                1 + take(in, 4), &above);
    bus->route_irq(vm_devtest_device(h), (uint32_t)address & 0x1ff, what & 3);
    bus->requester(vm_devtest_device(h), (uint32_t)address & 0x1ff);
    if (bus->forward)
        bus->forward(vm_devtest_device(h), address & 0xffffffc, 4, &above, what & 4);
}

/* Somebody looks; what is shown must be of the mode, and input may come in. */
static void drive_display(struct vm_devtest *h, uint8_t what)
{
    const struct vm_display_event event = {VM_DISPLAY_KEY, 1u + (what & 0x7f), what >> 7};

    vm_devtest_display_refresh(h, what & 1);
    vm_devtest_display_picture(h);
    vm_devtest_display_input(h, &event, 1);
}

static void drive_backend(struct vm_devtest *h, struct input *in)
{
    uint8_t bytes[32];
    uint8_t what = (uint8_t)take(in, 1);

    if (vm_devtest_has_display(h)) {
        drive_display(h, what);
        return;
    }
    if (!vm_devtest_has_backend(h)) {
        drive_bus(h, in);
        return;
    }
    memset(bytes, what, sizeof(bytes));
    switch (what >> 6) {
    case 0:
        vm_devtest_send(h, bytes, what % 33);
        break;
    case 1:
        vm_devtest_output_room(h, what & 0x3f);
        break;
    case 2:
        vm_devtest_output_room(h, SIZE_MAX);
        break;
    default:
        vm_devtest_chardev_event(h, VM_CHARDEV_OPENED + what % 3);
        break;
    }
}

static void change_state(struct vm_devtest *h, struct input *in)
{
    uint32_t n = (uint32_t)take(in, 1) % 32, index = (uint32_t)take(in, 2);

    vm_devtest_change_field(h, n, index, take(in, 8));
}

/* What was saved must load, and save as the same again. */
static void check_saved_state(struct vm_devtest *h)
{
    struct vm_devtest_state state = vm_devtest_save(h), again;

    if (vm_devtest_load(h, &state, NULL) < 0)
        __builtin_trap();
    again = vm_devtest_save(h);
    if (vm_devtest_irq_inputs(h) > 0 && !vm_devtest_state_equal(&state, &again))
        __builtin_trap(); /* an interrupt controller does nothing by itself when it is loaded */
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
}

/* These copy all of the state, which is large for some devices: so a few of them are enough. */
static void use_state(struct vm_devtest *h, struct input *in)
{
    switch (take(in, 1) % 3) {
    case 0:
        check_saved_state(h);
        break;
    case 1:
        change_state(h, in);
        break;
    default:
        vm_devtest_load_bytes(h, in->data, in->size, NULL);
        take(in, 8);
        break;
    }
}

/* A vCPU's access to a port, or a message. */
static void controller_in_vcpu(struct vm_devtest *h, struct input *in, bool message)
{
    static const char *const names[] = {"imsic-m", "imsic-s"};
    uint8_t what = (uint8_t)take(in, 1);
    struct vm_devtest_port_access access = {.write = what & 1};
    uint64_t value;

    if (message && vm_devtest_regions(h) > 0) {
        vm_devtest_message(h, 0, take_offset(in, vm_devtest_region(h, 0)), (uint32_t)take(in, 2));
        return;
    }
    access.reg = what & 2 ? VM_RISCV_TOPEI : (uint32_t)take(in, 1);
    access.bits = what & 4 ? UINT64_MAX : take(in, 8);
    access.mask = what & 8 ? UINT64_MAX : take(in, 8);
    if (vm_devtest_port(h, what >> 4 & 3, names[what >> 7], &access, &value) == 0 &&
        access.reg == VM_RISCV_TOPEI && value != (value >> 16) * 0x10001)
        __builtin_trap();
}

static void step(struct vm_devtest *h, struct input *in, int *state_steps)
{
    switch (take(in, 1) % 18) {
    case 0 ... 4:
        access_register(h, in, true);
        break;
    case 5 ... 8:
        access_register(h, in, false);
        break;
    case 9:
        vm_devtest_advance(h, (int64_t)take(in, 3));
        break;
    case 10:
        if (vm_devtest_now(h) < INT64_MAX / 2)
            vm_devtest_advance(h, (int64_t)(take(in, 7) >> 2));
        break;
    case 11:
        vm_devtest_set_wall_clock(h, (int64_t)take(in, 8));
        break;
    case 12:
        drive_backend(h, in);
        break;
    case 13:
        if (vm_devtest_irq_inputs(h) > 0) {
            uint32_t line = (uint32_t)take(in, 2);

            vm_devtest_irq_input(h, line % vm_devtest_irq_inputs(h), line >> 15);
        }
        break;
    case 14:
        if (++*state_steps <= MAX_STATE_STEPS)
            use_state(h, in);
        break;
    case 16:
        controller_in_vcpu(h, in, false);
        break;
    case 17:
        controller_in_vcpu(h, in, true);
        break;
    default:
        vm_devtest_reset(h);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lines[] = {"m-soft", "m-timer", "m-ext", "s-ext", NULL};
    struct input in = {data, size};
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    uint8_t configuration = (uint8_t)take(&in, 1);
    int state_steps = 0;

    vm_devtest_set_cpus(h, 1 + configuration % 3, lines);
    for (uint32_t i = 0; i < vm_plugin_descriptor.n_properties; i++) {
        const struct vm_property *p = &vm_plugin_descriptor.properties[i];

        if ((p->type == VM_PROP_CHARDEV || p->type == VM_PROP_DISPLAY) && !(configuration & 0x80))
            vm_devtest_set(h, p->name, "fuzz");
        if (p->type == VM_PROP_UINT && p->min <= 1 && p->max >= 1 && (configuration & 0x40))
            vm_devtest_set(h, p->name, "1");
        if (p->type == VM_PROP_DEVICE && !(configuration & 0x20))
            vm_devtest_set(h, p->name, "fuzz");
        if (p->type == VM_PROP_ENUM && (p->flags & VM_PROP_REQUIRED))
            vm_devtest_set(h, p->name, p->choices[configuration & 1]);
    }
#ifdef FUZZ_RAM
    vm_devtest_set_ram(h, 0, FUZZ_RAM);
#endif
    vm_devtest_set_bus(h, "pci", configuration & 0x20 ? 0x108 : 8); /* where it knows buses */
    if (vm_devtest_create(h, NULL) == 0) {
        for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
            step(h, &in, &state_steps);
    }
    vm_devtest_free(h);
    return 0;
}
