/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree being built: properties, children, phandles, paths, and the blob that libfdt
 * reads back. */
#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/fdt_tree.h"

static void *flatten(struct fdt_tree *tree)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t length = 0;
    void *blob = fdt_flatten(tree, &length, &err);
    cr_assert(blob, "%s", err.text);
    cr_assert_eq(length, fdt_totalsize(blob));
    cr_assert_eq(fdt_check_full(blob, length), 0);
    return blob;
}

static const void *property(const void *blob, const char *path, const char *name, int wanted)
{
    int n = -1, node = fdt_path_offset(blob, path);
    cr_assert(node >= 0, "no node %s", path);
    const void *p = fdt_getprop(blob, node, name, &n);
    cr_assert_eq(n, wanted, "%s in %s has %d bytes", name, path, n);
    return p;
}

Test(fdt, every_kind_of_property)
{
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node *node = fdt_api.child(fdt_tree_root(tree), "soc");
    const uint32_t cells[] = {1, 0x12345678};
    const char *const list[] = {"one", "three"};
    fdt_api.empty(node, "ranges");
    fdt_api.u32(node, "cells", cells, 2);
    fdt_api.u64(node, "wide", UINT64_C(0x123456789abcdef0));
    fdt_api.string(node, "text", "hello");
    fdt_api.strings(node, "list", list, 2);
    fdt_api.bytes(node, "bytes", "\1\2\3", 3);
    void *blob = flatten(tree);
    property(blob, "/soc", "ranges", 0);
    cr_assert_eq(memcmp(property(blob, "/soc", "cells", 8), "\0\0\0\1\x12\x34\x56\x78", 8), 0);
    cr_assert_eq(memcmp(property(blob, "/soc", "wide", 8), "\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8),
                 0);
    cr_assert_eq(memcmp(property(blob, "/soc", "text", 6), "hello", 6), 0);
    cr_assert_eq(memcmp(property(blob, "/soc", "list", 10), "one\0three", 10), 0);
    cr_assert_eq(memcmp(property(blob, "/soc", "bytes", 3), "\1\2\3", 3), 0);
    free(blob);
    fdt_tree_free(tree);
}

Test(fdt, the_last_value_counts)
{
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node *root = fdt_tree_root(tree);
    const char *const names[] = {"a", "b", "c"};
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++)
            fdt_api.string(root, names[i], round ? "new" : "old one");
    void *blob = flatten(tree);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(memcmp(property(blob, "/", names[i], 4), "new", 4), 0);
    cr_assert(fdt_has_property(root, "c"));
    cr_assert_not(fdt_has_property(root, "d"));
    free(blob);
    fdt_tree_free(tree);
}

Test(fdt, children_phandles_and_paths)
{
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node *root = fdt_tree_root(tree), *soc = fdt_api.child(root, "soc"),
                       *a = fdt_api.child(soc, "a@1"), *b = fdt_api.child(soc, "b@2");
    char path[32];
    cr_assert_eq(fdt_api.child(root, "soc"), soc, "an existing child is returned");
    cr_assert_eq(fdt_api.root(b), root);
    cr_assert_eq(fdt_find_child(soc, "b@2"), b);
    cr_assert_not(fdt_find_child(soc, "c@3"));
    uint32_t pb = fdt_api.phandle(b), pa = fdt_api.phandle(a);
    cr_assert(pa && pb && pa != pb);
    cr_assert_eq(fdt_api.phandle(b), pb, "made on first use, then kept");
    cr_assert(fdt_path(b, path, sizeof(path)));
    cr_assert_str_eq(path, "/soc/b@2");
    cr_assert_not(fdt_path(b, path, 8));
    void *blob = flatten(tree);
    cr_assert_eq(fdt_node_offset_by_phandle(blob, pb), fdt_path_offset(blob, "/soc/b@2"));
    cr_assert_eq(fdt_node_offset_by_phandle(blob, pa), fdt_path_offset(blob, "/soc/a@1"));
    free(blob);
    fdt_tree_free(tree);
}

Test(fdt, large_trees_grow_and_huge_ones_are_refused)
{
    static uint8_t bytes[300000];
    struct vm_error err = VM_ERROR_INIT;
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node *root = fdt_tree_root(tree);
    uint32_t length;
    for (int i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "node@%x", i);
        fdt_api.string(fdt_api.child(root, name), "compatible", "vmrun,test");
    }
    void *blob = flatten(tree);
    property(blob, "/node@3e7", "compatible", 11);
    free(blob);
    for (int i = 0; i < 4; i++)
        fdt_api.bytes(root, (const char *const[]){"w", "x", "y", "z"}[i], bytes, sizeof(bytes));
    cr_assert_not(fdt_flatten(tree, &length, &err));
    cr_assert(strstr(err.text, "device tree"), "%s", err.text);
    fdt_tree_free(tree);
}

Test(fdt, too_deep_or_too_large_is_reported_at_the_end)
{
    struct vm_error err = VM_ERROR_INIT;
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node *node = fdt_tree_root(tree);
    uint32_t length;
    for (int i = 0; i < 100; i++) {
        node = fdt_api.child(node, "deeper");
        fdt_api.empty(node, "here");
    }
    cr_assert_not(fdt_flatten(tree, &length, &err));
    cr_assert(err.set);
    fdt_tree_free(tree);
}
