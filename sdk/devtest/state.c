/* SPDX-License-Identifier: BSD-2-Clause */
/* state.c - a host for one device under test: saved state, device tree. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- Saved state ----------------------------------------------------------------------------- */

static uint32_t element_size(const struct vm_state_field *f)
{
    static const uint32_t sizes[] = {
        [VM_STATE_U8] = 1, [VM_STATE_U16] = 2, [VM_STATE_U32] = 4, [VM_STATE_U64] = 8};

    if (f->type < VM_STATE_U8 || f->type > VM_STATE_U64 ||
        f->size < offsetof(struct vm_state_field, since) || f->count == 0)
        vm_test_broken("a bad entry in the state table");
    return sizes[f->type];
}

/* The table's stride is its writer's. */
static const struct vm_state_field *field_at(const struct vm_state_table *table, uint32_t i)
{
    return (const struct vm_state_field *)((const char *)table->fields +
                                           (size_t)i * table->field_size);
}

static uint8_t *field_data(const struct vm_devtest *h, const struct vm_state_field *f)
{
    return (uint8_t *)h->device + f->offset;
}

/* Copies between host order and little-endian, either way. */
static void copy_little_endian(uint8_t *to, const uint8_t *from, uint32_t size, uint32_t count)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, from, (size_t)size * count);
#else
    for (uint32_t i = 0; i < size * count; i++)
        to[i] = from[i / size * size + (size - 1 - i % size)];
#endif
}

/* For each field: its name with the zero, its type, its count (4 bytes), its elements; numbers
 * little-endian. */
struct vm_devtest_state vm_devtest_save(struct vm_devtest *h)
{
    const struct vm_state_table *table = h->ops.state;
    struct vm_test_buffer b = {0};

    vm_devtest_block_settle(h);
    vm_devtest_enter(h);
    if (h->ops.state_saving)
        h->ops.state_saving(h->device);
    vm_devtest_leave(h);
    for (uint32_t i = 0; table && i < table->n_fields; i++) {
        const struct vm_state_field *f = field_at(table, i);
        uint32_t size = element_size(f);
        uint8_t header[5] = {(uint8_t)f->type};
        uint8_t *data = vm_test_alloc((size_t)size * f->count);

        copy_little_endian(header + 1, (const uint8_t *)&f->count, 4, 1);
        copy_little_endian(data, field_data(h, f), size, f->count);
        vm_test_bytes(&b, f->name, strlen(f->name) + 1);
        vm_test_bytes(&b, header, sizeof(header));
        vm_test_bytes(&b, data, (size_t)size * f->count);
        free(data);
    }
    return (struct vm_devtest_state){.bytes = (uint8_t *)b.text, .size = b.size};
}

/* NULL: there is none. */
static const struct vm_state_field *find_field(const struct vm_devtest *h, const char *name)
{
    const struct vm_state_table *table = h->ops.state;

    for (uint32_t i = 0; table && i < table->n_fields; i++) {
        if (strcmp(field_at(table, i)->name, name) == 0)
            return field_at(table, i);
    }
    return NULL;
}

const char *vm_devtest_field(const struct vm_devtest *h, uint32_t n, uint32_t *count)
{
    const struct vm_state_table *table = h->ops.state;

    if (!table || n >= table->n_fields)
        return NULL;
    *count = field_at(table, n)->count;
    return field_at(table, n)->name;
}

static int loaded(struct vm_devtest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;
    int result;

    vm_devtest_enter(h);
    result = h->ops.state_loaded ? h->ops.state_loaded(h->device, e) : 0;
    vm_devtest_leave(h);
    if (result < 0 && !e->set)
        vm_test_broken("state_loaded() failed without a message");
    return result;
}

/* The field whose entry is at *at, which goes on to its elements. NULL with err set. */
static const struct vm_state_field *next_field(const struct vm_devtest *h,
                                               const struct vm_devtest_state *state, size_t *at,
                                               struct vm_error *err)
{
    const char *name = (const char *)state->bytes + *at;
    size_t left = state->size - *at, length = strnlen(name, left);
    const struct vm_state_field *f = length < left ? find_field(h, name) : NULL;
    uint32_t count;

    if (length == left || left - length - 1 < 5) {
        vm_error_set(err, "the saved state is cut short");
        return NULL;
    }
    *at += length + 1 + 5;
    if (!f) {
        vm_error_set(err, "the saved state has a field '%.40s', which the device has not", name);
        return NULL;
    }
    copy_little_endian((uint8_t *)&count, state->bytes + *at - 4, 4, 1);
    if (state->bytes[*at - 5] != f->type || count != f->count) {
        vm_error_set(err, "the saved state has another type of the field '%s'", f->name);
        return NULL;
    }
    if (state->size - *at < (size_t)element_size(f) * f->count) {
        vm_error_set(err, "the saved state is cut short");
        return NULL;
    }
    return f;
}

int vm_devtest_load(struct vm_devtest *h, const struct vm_devtest_state *state,
                    struct vm_error *err)
{
    const struct vm_state_field *f;
    size_t at = 0;

    vm_devtest_block_settle(h);
    while (at < state->size) { /* first whether it is whole: a device is not loaded by halves */
        f = next_field(h, state, &at, err);
        if (!f)
            return -1;
        at += (size_t)element_size(f) * f->count;
    }
    for (at = 0; at < state->size; at += (size_t)element_size(f) * f->count) {
        f = next_field(h, state, &at, err);
        copy_little_endian(field_data(h, f), state->bytes + at, element_size(f), f->count);
    }
    return loaded(h, err);
}

void vm_devtest_state_free(struct vm_devtest_state *state)
{
    free(state->bytes);
    *state = (struct vm_devtest_state){0};
}

bool vm_devtest_state_equal(const struct vm_devtest_state *a, const struct vm_devtest_state *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

/* After a refusal the state that the device saved itself must be taken. */
static void load_back(struct vm_devtest *h, const struct vm_devtest_state *before)
{
    struct vm_error why = VM_ERROR_INIT;

    if (vm_devtest_load(h, before, &why) == 0)
        return;
    fprintf(stderr, "%s\n", why.text);
    vm_test_broken("a state that the device saved itself is refused");
}

int vm_devtest_load_field(struct vm_devtest *h, const char *field, uint32_t index, uint64_t value,
                          struct vm_error *err)
{
    const struct vm_state_field *f = find_field(h, field);
    uint32_t size = f ? element_size(f) : 0;
    uint8_t bytes[8];

    if (!f || index >= f->count)
        vm_test_broken("a test changes a state field that is not there");
    vm_devtest_block_settle(h);
    for (uint32_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> i * 8);
    copy_little_endian(field_data(h, f) + (size_t)index * size, bytes, size, 1);
    return loaded(h, err);
}

void vm_devtest_change_field(struct vm_devtest *h, uint32_t n, uint32_t index, uint64_t value)
{
    struct vm_devtest_state before;
    uint32_t count;
    const char *field = vm_devtest_field(h, n, &count);

    if (!field)
        return;
    before = vm_devtest_save(h);
    if (vm_devtest_load_field(h, field, index % count, value, NULL) < 0)
        load_back(h, &before);
    vm_devtest_state_free(&before);
}

int vm_devtest_load_bytes(struct vm_devtest *h, const uint8_t *bytes, size_t n,
                          struct vm_error *err)
{
    const struct vm_state_table *table = h->ops.state;
    struct vm_devtest_state before;
    size_t at = 0;
    int result;

    if (!table || n == 0)
        return 0;
    before = vm_devtest_save(h);
    for (uint32_t i = 0; i < table->n_fields; i++) {
        const struct vm_state_field *f = field_at(table, i);
        uint8_t *data = field_data(h, f);
        size_t left = (size_t)element_size(f) * f->count;

        while (left > 0) {
            size_t run = left < n - at ? left : n - at;

            memcpy(data, bytes + at, run);
            data += run;
            left -= run;
            at = (at + run) % n;
        }
    }
    result = loaded(h, err);
    if (result < 0)
        load_back(h, &before);
    vm_devtest_state_free(&before);
    return result;
}

/* ---- Device tree ----------------------------------------------------------------------------- */

/* A node is its path; the host is found beside it. Lines of other nodes than the device's start
 * with their path. */
struct vm_fdt_node {
    struct vm_devtest *host;
    char path[64];
};

#define VM_DEVTEST_MAX_NODES 64
static struct vm_fdt_node fdt_nodes[VM_DEVTEST_MAX_NODES];
static uint32_t n_fdt_nodes;

static void fdt_begin(struct vm_fdt_node *node, const char *name)
{
    vm_test_text(&node->host->fdt, "%s%s%s", node->path, node->path[0] ? " " : "", name);
}

static void fdt_empty(struct vm_fdt_node *node, const char *name)
{
    fdt_begin(node, name);
    vm_test_text(&node->host->fdt, "\n");
}

static void fdt_u32(struct vm_fdt_node *node, const char *name, const uint32_t *values, uint32_t n)
{
    fdt_begin(node, name);
    vm_test_text(&node->host->fdt, " =");
    for (uint32_t i = 0; i < n; i++)
        vm_test_text(&node->host->fdt, " 0x%x", values[i]);
    vm_test_text(&node->host->fdt, "\n");
}

static void fdt_u64(struct vm_fdt_node *node, const char *name, uint64_t value)
{
    fdt_begin(node, name);
    vm_test_text(&node->host->fdt, " = 0x%" PRIx64 "\n", value);
}

static void fdt_strings(struct vm_fdt_node *node, const char *name, const char *const *values,
                        uint32_t n)
{
    fdt_begin(node, name);
    for (uint32_t i = 0; i < n; i++)
        vm_test_text(&node->host->fdt, "%s \"%s\"", i ? "," : " =", values[i]);
    vm_test_text(&node->host->fdt, "\n");
}

static void fdt_string(struct vm_fdt_node *node, const char *name, const char *value)
{
    fdt_strings(node, name, &value, 1);
}

static void fdt_bytes(struct vm_fdt_node *node, const char *name, const void *data, uint32_t n)
{
    fdt_begin(node, name);
    vm_test_text(&node->host->fdt, " = %u bytes\n", n);
    (void)data;
}

static uint32_t fdt_phandle(struct vm_fdt_node *node)
{
    (void)node;
    return 1;
}

static struct vm_fdt_node *fdt_new_node(struct vm_devtest *h, const char *parent, const char *name)
{
    struct vm_fdt_node *node = &fdt_nodes[n_fdt_nodes++];

    if (n_fdt_nodes > VM_DEVTEST_MAX_NODES)
        vm_test_broken("too many nodes for this host");
    node->host = h;
    if (snprintf(node->path, sizeof(node->path), "%s%s", parent, name) >= (int)sizeof(node->path))
        vm_test_broken("a node's path is too long for this host");
    return node;
}

static struct vm_fdt_node *fdt_child(struct vm_fdt_node *node, const char *name)
{
    char parent[sizeof(node->path) + 2];

    snprintf(parent, sizeof(parent), "%s%s", node->path, strcmp(node->path, "/") == 0 ? "" : "/");
    return fdt_new_node(node->host, parent, name);
}

static struct vm_fdt_node *fdt_root(struct vm_fdt_node *node)
{
    return fdt_new_node(node->host, "", "/");
}

/* A number that tells names apart. */
static uint32_t fdt_device_phandle(struct vm_fdt_node *node, const char *name)
{
    (void)node;
    return name && *name ? 0x100 + (uint8_t)name[strlen(name) - 1] : 0;
}

/* One named "its" tells devices apart. */
static uint32_t fdt_msi_controller(struct vm_fdt_node *node, const char *name, uint32_t *msi_cells)
{
    *msi_cells = name && strcmp(name, "its") == 0;
    return fdt_device_phandle(node, name);
}

static struct vm_fdt_node *fdt_region_child(struct vm_fdt_node *node, const char *name,
                                            uint32_t region)
{
    if (region >= node->host->n_regions)
        vm_test_broken("region_child of a region that was not added");
    return fdt_child(node, name);
}

static void fdt_cpu_line_cells(struct vm_fdt_node *node, int handle, uint32_t cells[2])
{
    const struct vm_devtest *h = node->host;

    if (handle < 0 || (uint32_t)handle >= h->n_claims)
        vm_test_broken("cpu_line_cells of a line that was not claimed");
    cells[0] = 0x200 + h->claims[handle].cpu;
    cells[1] = (uint32_t)h->claims[handle].line;
}

/* Output n leads to line 32 + n of a controller with phandle 0x10. */
static uint32_t fdt_output_cells(struct vm_fdt_node *node, uint32_t output, uint32_t cells[5])
{
    if (output >= node->host->n_outputs)
        vm_test_broken("output_cells of an output that was not added");
    cells[0] = 0x10;
    cells[1] = 32 + output;
    return 2;
}

/* The same as the parent of an interrupt-map has it; its nodes have no unit address. */
static uint32_t fdt_output_map_cells(struct vm_fdt_node *node, uint32_t output, uint32_t cells[8])
{
    return fdt_output_cells(node, output, cells);
}

static uint32_t fdt_iommu_phandle(struct vm_fdt_node *node)
{
    (void)node;
    return 0x30;
}

static const struct vm_fdt_api fdt_api = {
    .size = sizeof(struct vm_fdt_api),
    .empty = fdt_empty,
    .u32 = fdt_u32,
    .u64 = fdt_u64,
    .string = fdt_string,
    .strings = fdt_strings,
    .bytes = fdt_bytes,
    .phandle = fdt_phandle,
    .child = fdt_child,
    .root = fdt_root,
    .output_cells = fdt_output_cells,
    .output_map_cells = fdt_output_map_cells,
    .iommu_phandle = fdt_iommu_phandle,
    .device_phandle = fdt_device_phandle,
    .cpu_line_cells = fdt_cpu_line_cells,
    .region_child = fdt_region_child,
    .msi_controller = fdt_msi_controller,
};

const struct vm_device_fdt *vm_devtest_fdt_interface(struct vm_devtest *h)
{
    return h->test.plugin->get_interface(VM_DEVICE_FDT_INTERFACE);
}

const char *vm_devtest_fdt(struct vm_devtest *h)
{
    const struct vm_device_fdt *fdt = vm_devtest_fdt_interface(h);
    struct vm_error err = VM_ERROR_INIT;

    n_fdt_nodes = 0;
    vm_test_text(&h->fdt, "node %s\n", fdt->node_name);
    if (fdt->describe(h->device, &fdt_api, fdt_new_node(h, "", ""), &err) < 0)
        vm_test_broken(err.text);
    for (uint32_t i = 1; fdt->describe_region && i < h->n_regions; i++) {
        vm_test_text(&h->fdt, "node %s of %s\n", fdt->node_name, h->regions[i].name);
        if (fdt->describe_region(h->device, i, &fdt_api, fdt_new_node(h, "", ""), &err) < 0)
            vm_test_broken(err.text);
    }
    return h->fdt.text;
}
