/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of a device in the address space: who reads it, who is asked, and that neither a TLB nor a
 * copy keeps to what was true before the device changed its mind.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory/tlb.h"

#define PAGE VM_PAGE_SIZE
#define BASE UINT64_C(0x4000000)
#define SIZE UINT64_C(0x10000)

static struct vm_cpu *cpu;
static struct vm_arch_ops arch;
static struct space *space;
static struct tlb *tlb;
static struct ram_block *memory;
static struct vm_error err;
static int reads, writes, hooks;
static uint64_t written;

struct tlb *vcpu_tlb(const struct vm_cpu *of)
{
    (void)of;
    return tlb;
}

/* All is mapped to itself. */
static int walk(struct vm_cpu *of, uint64_t context, uint64_t va, enum vm_access access,
                uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    (void)of, (void)context, (void)access, (void)mmu, (void)fault;
    *out = (struct vm_translation){
        .pa = va, .page_bits = 12, .prot = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC};
    return 0;
}

static int device_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev, (void)offset, (void)size;
    reads++;
    *value = 0x80;
    return VM_ACCESS_OK;
}

static int device_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev, (void)offset, (void)size;
    writes++;
    written = value;
    return VM_ACCESS_OK;
}

static bool hook(void *opaque, uint64_t pa, uint64_t n)
{
    (void)opaque, (void)pa, (void)n;
    hooks++;
    return true;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(region_ops), .read = device_read, .write = device_write};
static const struct mmio_target target = {.region = {.length = SIZE, .ops = &region_ops},
                                          .name = "flash"};

static void set_up(void)
{
    static const struct ram_options ram = {.numa_node = -1};

    err = (struct vm_error)VM_ERROR_INIT;
    cpu = aligned_alloc(64, (sizeof(*cpu) + 63) & ~(size_t)63);
    memset(cpu, 0, sizeof(*cpu));
    arch.mmu_translate = walk;
    space = space_new();
    cr_assert_eq(space_add_ram(space, 0, 4 * PAGE, &ram, &err), 0);
    memory = space_new_memory(space, SIZE, false, &err);
    cr_assert(memory);
    cr_assert_eq(space_add_memory(space, BASE, &target, memory, &err), 0, "%s", err.text);
    space_set_code_hook(space, hook, NULL);
    tlb = tlb_new(cpu, &arch, space);
    memory->host[8] = 0x17;
}

static void tear_down(void)
{
    tlb_free(tlb);
    space_free(space);
    free(cpu);
}

#define MEMORY_TEST(name) Test(device_memory, name, .init = set_up, .fini = tear_down)

static uint64_t load(uint64_t va)
{
    uint64_t value = 0xdead;

    cr_assert_eq(tlb_load(cpu, va, 2 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, &value), VM_MEM_OK);
    return value;
}

static void store(uint64_t va, uint64_t value)
{
    cr_assert_eq(tlb_store(cpu, va, 2 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, value), VM_MEM_OK);
}

static bool is_fast(enum vm_access access)
{
    return vm_tlb_probe(cpu, VM_MMU_DATA, BASE + 8, 4, access) != NULL;
}

static bool can_fetch(void)
{
    uint64_t pa;
    bool no_cache;

    return tlb_fetch_page(tlb, BASE, &pa, &no_cache) == memory->host;
}

MEMORY_TEST(reads_are_fast_writes_are_the_devices)
{
    cr_expect_eq(load(BASE + 8), 0x17);
    cr_expect(is_fast(VM_ACCESS_READ));
    cr_expect_not(is_fast(VM_ACCESS_WRITE));
    cr_expect(can_fetch());
    store(BASE + 8, 0x40);
    store(BASE + 8, 0x41);
    cr_expect_eq(writes, 2);
    cr_expect_eq(written, 0x41);
    cr_expect_eq(load(BASE + 8), 0x17);
    cr_expect_eq(reads, 0);
    cr_expect_not(is_fast(VM_ACCESS_WRITE), "it stays so");
}

MEMORY_TEST(hidden)
{
    load(BASE + 8);
    cr_assert(space_set_direct(memory, false), "a TLB has it");
    tlb_flush(tlb, 0, 0, 0, 0, false);
    cr_expect_eq(load(BASE + 8), 0x80);
    cr_expect_eq(reads, 1);
    cr_expect_not(is_fast(VM_ACCESS_READ));
    cr_expect_not(can_fetch());
    cr_expect_eq(cpu->fault.kind, VM_FAULT_BUS);
    store(BASE + 8, 0xff);
    cr_expect_eq(writes, 1);
    cr_expect_not(space_set_direct(memory, true), "nothing to flush on the way back");
    cr_expect_eq(load(BASE + 8), 0x17);
    cr_expect(is_fast(VM_ACCESS_READ));
    cr_expect(can_fetch());
    cr_expect_eq(reads, 1);
}

/* No flush where none can know it, as during long sequences of commands. */
MEMORY_TEST(flush_only_if_it_was_mapped)
{
    cr_expect_not(space_set_direct(memory, false));
    load(BASE + 8);
    space_set_direct(memory, true);
    load(BASE + 8);
    cr_expect(space_set_direct(memory, false));
    cr_expect_not(space_set_direct(memory, false));
}

MEMORY_TEST(atomics_and_page_tables)
{
    uint64_t old;

    cr_expect_eq(tlb_amo(cpu, BASE + 8, 2 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, 1, &old),
                 VM_MEM_FAULT);
    cr_expect_eq(cpu->fault.kind, VM_FAULT_BUS);
    cr_expect_eq(tlb_phys_load(cpu, BASE + 8, 8, &old), VM_ACCESS_OK);
    cr_expect_eq(old, 0x17);
    cr_expect_eq(tlb_phys_cas(cpu, BASE + 8, 8, 0x17, 1, &old), VM_ACCESS_ERROR);
    cr_expect_eq(memory->host[8], 0x17);
}

MEMORY_TEST(copies)
{
    uint8_t bytes[16];

    cr_expect_eq(space_read(space, BASE, bytes, sizeof(bytes), false), VM_ACCESS_OK);
    cr_expect_eq(bytes[8], 0x17);
    cr_expect_eq(space_write(space, BASE, bytes, sizeof(bytes), false), VM_ACCESS_ERROR);
    cr_expect_eq(space_write(space, BASE, bytes, 8, true), VM_ACCESS_OK);
    cr_expect_eq(writes, 1);
    space_set_direct(memory, false);
    cr_expect_eq(space_read(space, BASE, bytes, sizeof(bytes), false), VM_ACCESS_ERROR);
    cr_expect_eq(space_read(space, BASE, bytes, 8, true), VM_ACCESS_OK);
    cr_expect_eq(bytes[0], 0x80);
}

/* Code that was made from it dies when the device changes it; a reset of RAM leaves it alone. */
MEMORY_TEST(code_and_reset)
{
    atomic_fetch_or(ram_page_flags(memory, BASE), PAGE_CODE);
    cr_expect(space_ram_written(space, memory, BASE + 8, 4));
    cr_expect_eq(hooks, 1);
    space_clear_ram(space);
    cr_expect_eq(memory->host[8], 0x17);
}

MEMORY_TEST(refused)
{
    struct ram_block *other = space_new_memory(space, PAGE, false, &err);

    cr_expect_null(space_ram_block(space, BASE + SIZE), "it has no place yet");
    cr_expect_eq(space_add_memory(space, BASE + PAGE, &target, other, &err), -1);
    cr_expect(strstr(err.text, "overlaps flash at 0x4000000"), "%s", err.text);
    err = (struct vm_error)VM_ERROR_INIT;
    cr_expect_eq(space_add_memory(space, BASE + SIZE + 8, &target, other, &err), -1);
    cr_expect(strstr(err.text, "multiple of 4 KiB"), "%s", err.text);
}

/* ---- shared memory, which may move ---- */

#define SHARED_BYTES UINT64_C(0x2000)
#define THERE        UINT64_C(0x6000000)

static struct ram_block *shared;
static struct space_movable *window;

static void set_up_shared(void)
{
    struct mmio_target there = {.region = {.length = SHARED_BYTES, .ops = &region_ops},
                                .name = "window"};

    set_up();
    shared = space_new_memory(space, SHARED_BYTES, true, &err);
    window = space_add_movable(space, &there, shared, &err);
    cr_assert(shared && window, "%s", err.text);
    cr_assert_not(space_place(space, window, true, THERE), "nobody has it yet");
}

#define SHARED_TEST(name) Test(device_memory, name, .init = set_up_shared, .fini = tear_down)

static bool is_fast_at(uint64_t va, enum vm_access access)
{
    return vm_tlb_probe(cpu, VM_MMU_DATA, va, 4, access) != NULL;
}

SHARED_TEST(both_ways_are_fast)
{
    uint64_t old;

    store(THERE + 8, 0x12345678);
    cr_expect_eq(load(THERE + 8), 0x12345678);
    cr_expect_eq(shared->host[8], 0x78);
    cr_expect(is_fast_at(THERE + 8, VM_ACCESS_READ));
    cr_expect(is_fast_at(THERE + 8, VM_ACCESS_WRITE));
    cr_expect_eq(tlb_amo(cpu, THERE + 8, 2 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, 1, &old),
                 VM_MEM_OK);
    cr_expect_eq(tlb_probe_block(cpu, THERE + 64, 64, VM_ACCESS_WRITE, VM_MMU_DATA),
                 shared->host + 64);
    cr_expect_eq(tlb_wrote(cpu, THERE + 64, 64), VM_MEM_OK);
    cr_expect_eq(reads + writes + hooks, 0);
}

SHARED_TEST(holds_no_code_and_no_page_tables)
{
    uint64_t pa, value;
    bool no_cache;

    load(THERE);
    for (int i = 0; i < 2; i++) {
        cr_expect_null(tlb_fetch_page(tlb, THERE, &pa, &no_cache));
        cr_expect_eq(cpu->fault.kind, VM_FAULT_BUS);
    }
    cr_expect_eq(tlb_phys_load(cpu, THERE, 8, &value), VM_ACCESS_ERROR);
    cr_expect_eq(tlb_phys_cas(cpu, THERE, 8, 0, 1, &value), VM_ACCESS_ERROR);
    cr_expect_null(space_ram_block(space, THERE));
    cr_expect_null(space_ram_block(space, -SHARED_BYTES));
    cr_expect_eq(space_write(space, THERE, &value, 8, false), VM_ACCESS_ERROR);
}

/* It goes elsewhere, and there the same bytes are found; where it was there is nothing. */
SHARED_TEST(moves)
{
    store(THERE + 8, 0x40);
    cr_assert(space_place(space, window, true, THERE + SHARED_BYTES), "a TLB has it");
    tlb_flush(tlb, 0, 0, 0, 0, false);
    cr_expect_not(is_fast_at(THERE + 8, VM_ACCESS_READ));
    cr_expect_eq(load(THERE + SHARED_BYTES + 8), 0x40);
    store(THERE + SHARED_BYTES + 8, 0x41);
    cr_expect_eq(shared->host[8], 0x41);
    cr_assert(space_place(space, window, false, 0));
    cr_expect_not(space_place(space, window, true, THERE), "nobody had it where it was not");
    tlb_flush(tlb, 0, 0, 0, 0, false);
    cr_expect_eq(load(THERE + 8), 0x41);
    cr_expect_not(space_place(space, window, true, THERE), "it stays where it is");
    cr_expect_eq(reads + writes, 0);
}

/* Where it comes to where a TLB has registers, these are asked. */
SHARED_TEST(comes_to_where_registers_were)
{
    struct mmio_target registers = {.region = {.length = SHARED_BYTES, .ops = &region_ops},
                                    .name = "registers"};
    struct space_movable *m = space_add_movable(space, &registers, NULL, &err);

    space_place(space, window, false, 0);
    space_place(space, m, true, THERE);
    cr_expect_eq(load(THERE + 8), 0x80);
    space_place(space, m, false, 0);
    space_place(space, window, true, THERE);
    cr_expect_eq(load(THERE + 8), 0x80);
    cr_expect_eq(reads, 2);
    tlb_flush(tlb, 0, 0, 0, 0, false);
    cr_expect_eq(load(THERE + 8), 0);
}

SHARED_TEST(only_at_pages)
{
    uint64_t value;

    space_place(space, window, true, THERE + 8);
    cr_expect_eq(tlb_load(cpu, THERE + 8, 2 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, &value),
                 VM_MEM_FAULT);
}

/* It may also stay where the machine has put it, as a frame that is shown does. */
MEMORY_TEST(shared_that_stays)
{
    struct mmio_target there = {.region = {.length = SHARED_BYTES, .ops = &region_ops},
                                .name = "frame"};
    struct ram_block *frame = space_new_memory(space, SHARED_BYTES, true, &err);
    uint64_t pa;
    bool no_cache;

    cr_assert_eq(space_add_memory(space, THERE, &there, frame, &err), 0, "%s", err.text);
    store(THERE + 8, 0x12345678);
    store(THERE + SHARED_BYTES - 4, 0x51);
    cr_expect_eq(load(THERE + 8), 0x12345678);
    cr_expect_eq(frame->host[8], 0x78);
    cr_expect_eq(frame->host[SHARED_BYTES - 4], 0x51);
    cr_expect(is_fast_at(THERE + 8, VM_ACCESS_READ));
    cr_expect(is_fast_at(THERE + 8, VM_ACCESS_WRITE));
    cr_expect_null(tlb_fetch_page(tlb, THERE, &pa, &no_cache));
    cr_expect_null(space_ram_block(space, THERE));
    cr_expect_eq(space_write(space, THERE, &pa, 8, false), VM_ACCESS_ERROR);
    space_clear_ram(space);
    cr_expect_eq(load(THERE + 8), 0x12345678, "a reset is the device's to do");
    cr_expect_eq(reads + writes + hooks, 0);
    cr_expect_eq(space_add_memory(space, THERE + SHARED_BYTES + 8, &there, frame, &err), -1);
    cr_expect(strstr(err.text, "multiple of 4 KiB"), "%s", err.text);
}
