/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt.c - device trees (Devicetree Specification v0.4): nodes in memory, flattened by libfdt's
 * sequential writer. */
#include "core/machine/fdt_tree.h"
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOB  (1u << 20)
#define MAX_DEPTH 64

struct property {
    struct property *next;
    char *name;
    uint32_t n;
    uint8_t data[];
};

struct vm_fdt_node {
    struct fdt_tree *tree;
    struct vm_fdt_node *parent, *next, *children, **children_tail;
    struct property *properties;
    char *name;
    uint32_t phandle;
};

struct fdt_tree {
    struct vm_fdt_node root;
    struct vm_fdt_node lost; /* stands for a node that there was no memory for */
    uint32_t last_phandle;
    bool failed;
    void *builder;
};

/* ---- nodes ---- */

static void node_init(struct vm_fdt_node *node, struct fdt_tree *tree, struct vm_fdt_node *parent,
                      char *name)
{
    memset(node, 0, sizeof(*node));
    node->tree = tree;
    node->parent = parent;
    node->name = name;
    node->children_tail = &node->children;
}

struct fdt_tree *fdt_tree_new(void)
{
    struct fdt_tree *tree = calloc(1, sizeof(*tree));
    if (!tree)
        return NULL;
    node_init(&tree->root, tree, NULL, NULL);
    node_init(&tree->lost, tree, NULL, NULL);
    return tree;
}

void fdt_tree_set_builder(struct fdt_tree *tree, void *builder)
{
    tree->builder = builder;
}

void *fdt_builder(const struct vm_fdt_node *node)
{
    return node->tree->builder;
}

static void clear_node(struct vm_fdt_node *node)
{
    while (node->properties) {
        struct property *p = node->properties;
        node->properties = p->next;
        free(p->name);
        free(p);
    }
    while (node->children) {
        struct vm_fdt_node *child = node->children;
        node->children = child->next;
        clear_node(child);
        free(child);
    }
    free(node->name);
}

void fdt_tree_free(struct fdt_tree *tree)
{
    if (!tree)
        return;
    clear_node(&tree->root);
    clear_node(&tree->lost);
    free(tree);
}

struct vm_fdt_node *fdt_tree_root(struct fdt_tree *tree)
{
    return &tree->root;
}

struct vm_fdt_node *fdt_find_child(struct vm_fdt_node *node, const char *name)
{
    for (struct vm_fdt_node *child = node->children; child; child = child->next)
        if (strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

static unsigned depth(const struct vm_fdt_node *node)
{
    unsigned n = 0;
    for (; node->parent; node = node->parent)
        n++;
    return n;
}

static struct vm_fdt_node *api_child(struct vm_fdt_node *node, const char *name)
{
    struct vm_fdt_node *child = fdt_find_child(node, name);
    if (child)
        return child;
    char *copy = strdup(name);
    child = depth(node) < MAX_DEPTH ? malloc(sizeof(*child)) : NULL;
    if (!copy || !child) {
        free(copy);
        free(child);
        node->tree->failed = true;
        return &node->tree->lost;
    }
    node_init(child, node->tree, node, copy);
    *node->children_tail = child;
    node->children_tail = &child->next;
    return child;
}

static struct vm_fdt_node *api_root(struct vm_fdt_node *node)
{
    return &node->tree->root;
}

/* ---- properties ---- */

static struct property **find_property(const struct vm_fdt_node *node, const char *name)
{
    struct property **p = (struct property **)&node->properties;
    while (*p && strcmp((*p)->name, name) != 0)
        p = &(*p)->next;
    return p;
}

bool fdt_has_property(const struct vm_fdt_node *node, const char *name)
{
    return *find_property(node, name) != NULL;
}

uint32_t fdt_u32(const struct vm_fdt_node *node, const char *name)
{
    const struct property *p = *find_property(node, name);
    fdt32_t cell = 0;
    if (p && p->n >= sizeof(cell))
        memcpy(&cell, p->data, sizeof(cell));
    return fdt32_to_cpu(cell);
}

/* A property of n bytes in its place, contents still unset; NULL when out of memory. */
static uint8_t *make_property(struct vm_fdt_node *node, const char *name, uint64_t n)
{
    struct property *p = n <= MAX_BLOB ? malloc(sizeof(*p) + n) : NULL;
    char *copy = p ? strdup(name) : NULL;
    if (!copy) {
        free(p);
        node->tree->failed = true;
        return NULL;
    }
    struct property **at = find_property(node, name), *old = *at;
    p->name = copy;
    p->n = (uint32_t)n;
    p->next = old ? old->next : NULL;
    *at = p;
    if (old) {
        free(old->name);
        free(old);
    }
    return p->data;
}

static void api_bytes(struct vm_fdt_node *node, const char *name, const void *data, uint32_t n)
{
    uint8_t *to = make_property(node, name, n);
    if (to && n)
        memcpy(to, data, n);
}

static void api_empty(struct vm_fdt_node *node, const char *name)
{
    api_bytes(node, name, NULL, 0);
}

static void api_u32(struct vm_fdt_node *node, const char *name, const uint32_t *values, uint32_t n)
{
    uint8_t *to = make_property(node, name, (uint64_t)n * 4);
    for (uint32_t i = 0; to && i < n; i++) {
        fdt32_t cell = cpu_to_fdt32(values[i]);
        memcpy(to + 4 * i, &cell, sizeof(cell));
    }
}

static void api_u64(struct vm_fdt_node *node, const char *name, uint64_t value)
{
    fdt64_t cell = cpu_to_fdt64(value);
    api_bytes(node, name, &cell, sizeof(cell));
}

static void api_string(struct vm_fdt_node *node, const char *name, const char *value)
{
    uint64_t n = strlen(value) + 1;
    uint8_t *to = make_property(node, name, n);
    if (to)
        memcpy(to, value, n);
}

static void api_strings(struct vm_fdt_node *node, const char *name, const char *const *values,
                        uint32_t n)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += strlen(values[i]) + 1;
    uint8_t *to = make_property(node, name, total);
    for (uint32_t i = 0; to && i < n; i++) {
        size_t length = strlen(values[i]) + 1;
        memcpy(to, values[i], length);
        to += length;
    }
}

static uint32_t api_phandle(struct vm_fdt_node *node)
{
    if (!node->phandle) {
        node->phandle = ++node->tree->last_phandle;
        api_u32(node, "phandle", &node->phandle, 1);
    }
    return node->phandle;
}

const struct vm_fdt_api fdt_api = {
    .size = sizeof(struct vm_fdt_api),
    .empty = api_empty,
    .u32 = api_u32,
    .u64 = api_u64,
    .string = api_string,
    .strings = api_strings,
    .bytes = api_bytes,
    .phandle = api_phandle,
    .child = api_child,
    .root = api_root,
};

bool fdt_path(const struct vm_fdt_node *node, char *path, size_t size)
{
    const struct vm_fdt_node *way[MAX_DEPTH + 1];
    unsigned n = 0;
    size_t used = 0;
    for (; node->parent && n <= MAX_DEPTH; node = node->parent)
        way[n++] = node;
    while (n--) {
        size_t length = strlen(way[n]->name);
        if (length + 2 > size - used)
            return false;
        path[used++] = '/';
        memcpy(path + used, way[n]->name, length);
        used += length;
    }
    path[used] = '\0';
    return used > 0;
}

/* ---- flattening ---- */

static int write_node(void *blob, const struct vm_fdt_node *node)
{
    int result = fdt_begin_node(blob, node->name ? node->name : "");
    for (const struct property *p = node->properties; p && !result; p = p->next)
        result = fdt_property(blob, p->name, p->data, (int)p->n);
    for (const struct vm_fdt_node *child = node->children; child && !result; child = child->next)
        result = write_node(blob, child);
    return result ? result : fdt_end_node(blob);
}

static int write_tree(void *blob, uint32_t room, const struct fdt_tree *tree)
{
    int result = fdt_create(blob, (int)room);
    if (!result)
        result = fdt_finish_reservemap(blob);
    if (!result)
        result = write_node(blob, &tree->root);
    return result ? result : fdt_finish(blob);
}

void *fdt_flatten(const struct fdt_tree *tree, uint32_t *length, struct vm_error *err)
{
    int result = -FDT_ERR_NOSPACE;
    if (tree->failed) {
        vm_error_set(err, "device tree: out of memory, or a node or property too large");
        return NULL;
    }
    for (uint32_t room = 8192; room <= MAX_BLOB && result == -FDT_ERR_NOSPACE; room *= 2) {
        void *blob = malloc(room);
        if (!blob) {
            vm_error_set(err, "device tree: out of memory");
            return NULL;
        }
        result = write_tree(blob, room, tree);
        if (result == 0) {
            *length = fdt_totalsize(blob);
            return blob;
        }
        free(blob);
    }
    vm_error_set(err, "device tree: %s", fdt_strerror(result));
    return NULL;
}
