/* SPDX-License-Identifier: BSD-2-Clause */
/* prp.c - the memory of a command: physical region pages and lists of them (4.3). */
#include <string.h>

#include "nvme.h"

/* Walks the pages of a command. */
struct walk {
    struct nvme *n;
    uint64_t list; /* address of the next entry, if the rest is in a list */
    uint64_t left; /* bytes, from the next page on */
    uint64_t entries[PAGE / 8];
    uint32_t entry, n_entries; /* of those read */
};

/* Reads the rest of the page that the list is in, as far as it is needed. */
static uint32_t read_list(struct walk *w)
{
    uint64_t pages = (w->left + PAGE - 1) / PAGE, room = (PAGE - w->list % PAGE) / 8;

    w->n_entries = (uint32_t)(pages < room ? pages : room);
    w->entry = 0;
    if (w->list % 8)
        return PRP_OFFSET_INVALID | NO_RETRY;
    if (w->n->pci.host->dma_read(w->n->pci.ctx, w->list, w->entries, w->n_entries * 8ull) !=
        VM_ACCESS_OK)
        return DATA_TRANSFER_ERROR;
    for (uint32_t i = 0; i < w->n_entries; i++)
        w->entries[i] = get_le((const uint8_t *)&w->entries[i], 8);
    return OK;
}

/* The next page of the list; its last entry leads to the next list, if more pages follow. */
static uint32_t next_page(struct walk *w, uint64_t *address)
{
    uint32_t status;

    if (w->entry == w->n_entries && (status = read_list(w)))
        return status;
    if ((w->list + 8ull * w->n_entries) % PAGE == 0 && w->entry == w->n_entries - 1 &&
        w->left > PAGE) {
        w->list = w->entries[w->entry];
        if ((status = read_list(w)))
            return status;
    }
    *address = w->entries[w->entry++];
    return *address % PAGE ? PRP_OFFSET_INVALID | NO_RETRY : OK;
}

/* Maps what lies in one page; adjacent pieces become one. */
static uint32_t map_page(struct nvme *n, struct request *r, uint64_t address, uint64_t length,
                         int write)
{
    while (length > 0) {
        uint64_t part = length;
        void *host;
        if (r->n_mapped == MAX_PIECES)
            return DATA_TRANSFER_ERROR;
        host = n->pci.host->dma_map(n->pci.ctx, address, &part, write);
        if (!host)
            return DATA_TRANSFER_ERROR;
        r->mapped[r->n_mapped++] = (struct vm_iovec){host, part};
        struct vm_iovec *last = r->n_pieces ? &r->pieces[r->n_pieces - 1] : NULL;
        if (last && (char *)last->base + last->length == (char *)host)
            last->length += part;
        else
            r->pieces[r->n_pieces++] = (struct vm_iovec){host, part};
        address += part;
        length -= part;
    }
    return OK;
}

static uint32_t map_all(struct nvme *n, struct request *r, const struct command *c, uint64_t length,
                        int write)
{
    uint64_t first = PAGE - c->prp1 % PAGE;
    struct walk w = {.n = n, .list = c->prp2};
    uint32_t status = OK;

    if (c->prp1 % 4)
        return PRP_OFFSET_INVALID | NO_RETRY;
    if (first > length)
        first = length;
    w.left = length - first;
    status = map_page(n, r, c->prp1, first, write);
    if (status || w.left == 0)
        return status;
    if (w.left <= PAGE)
        return c->prp2 % PAGE ? PRP_OFFSET_INVALID | NO_RETRY
                              : map_page(n, r, c->prp2, w.left, write);
    while (w.left > 0 && !status) {
        uint64_t address, part = w.left < PAGE ? w.left : PAGE;
        status = next_page(&w, &address);
        if (!status)
            status = map_page(n, r, address, part, write);
        w.left -= part;
    }
    return status;
}

uint32_t prp_map(struct nvme *n, struct request *r, const struct command *c, uint64_t length,
                 int write)
{
    uint32_t status;

    r->n_mapped = r->n_pieces = 0;
    r->writes_memory = write != 0;
    status = map_all(n, r, c, length, write);
    if (status)
        prp_unmap(n, r, 0);
    return status;
}

void prp_unmap(struct nvme *n, struct request *r, int written)
{
    for (uint32_t i = 0; i < r->n_mapped; i++)
        n->pci.host->dma_unmap(n->pci.ctx, r->mapped[i].base, r->mapped[i].length,
                               written && r->writes_memory ? r->mapped[i].length : 0);
    r->n_mapped = r->n_pieces = 0;
}

uint32_t prp_copy(struct nvme *n, const struct command *c, void *bytes, uint64_t length, int write)
{
    struct request *r = request_take(n);
    char *at = bytes;
    uint32_t status;

    if (!r)
        return INTERNAL_ERROR;
    status = prp_map(n, r, c, length, write);
    for (uint32_t i = 0; !status && i < r->n_pieces; i++) {
        if (write)
            memcpy(r->pieces[i].base, at, r->pieces[i].length);
        else
            memcpy(at, r->pieces[i].base, r->pieces[i].length);
        at += r->pieces[i].length;
    }
    prp_unmap(n, r, 1);
    request_give(n, r);
    return status;
}
