/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt_tree.h - a device tree being built: nodes and properties in memory, turned into a blob by
 * libfdt. */
#ifndef CORE_MACHINE_FDT_H
#define CORE_MACHINE_FDT_H

#include <stdbool.h>
#include <vmrun/device.h>

struct fdt_tree;

struct fdt_tree *fdt_tree_new(void);
void fdt_tree_free(struct fdt_tree *tree);
struct vm_fdt_node *fdt_tree_root(struct fdt_tree *tree);

/* Whoever makes the tree, found again from any node. */
void fdt_tree_set_builder(struct fdt_tree *tree, void *builder);
void *fdt_builder(const struct vm_fdt_node *node);

/* Properties replace what the node had under the same name; a child that exists already is
 * returned. */
extern const struct vm_fdt_api fdt_api;

struct vm_fdt_node *fdt_find_child(struct vm_fdt_node *node, const char *name); /* NULL: none */
bool fdt_has_property(const struct vm_fdt_node *node, const char *name);
/* Its first cell; 0: there is none. */
uint32_t fdt_u32(const struct vm_fdt_node *node, const char *name);
/* The node's full path into `path`; false: it does not fit. */
bool fdt_path(const struct vm_fdt_node *node, char *path, size_t size);

/* The blob, malloc'd. NULL with err set: out of memory, a bad name, too large; also what failed
 * while building. */
void *fdt_flatten(const struct fdt_tree *tree, uint32_t *length, struct vm_error *err);

#endif
