/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap.c - writes frames as a pcap file with nanoseconds (draft-ietf-opsawg-pcap). */
#include "pcap.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAGIC_NS      0xa1b23c4du
#define LINK_ETHERNET 1u

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2];
    uint32_t max_length, link_type;
};

struct packet_header {
    uint32_t seconds, nanoseconds, captured, length;
};

struct pcap {
    FILE *file;
    pthread_mutex_t lock;
};

int pcap_open(struct pcap **out, const struct vm_host *host, const struct vm_props *props,
              struct vm_error *err)
{
    const struct file_header header = {
        .magic = MAGIC_NS,
        .major = 2,
        .minor = 4,
        .max_length = VM_NET_MAX_FRAME,
        .link_type = LINK_ETHERNET,
    };
    const char *path = host->prop_string(props, "dump");
    struct pcap *p;

    *out = NULL;
    if (!path)
        return 0;
    p = calloc(1, sizeof(*p));
    if (!p)
        return vm_error_set(err, "out of memory");
    p->file = fopen(path, "wbe");
    if (!p->file || fwrite(&header, sizeof(header), 1, p->file) != 1 || fflush(p->file)) {
        vm_error_set(err, "dump: %s cannot be written: %s", path, strerror(errno));
        if (p->file)
            fclose(p->file);
        free(p);
        return -1;
    }
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return 0;
}

/* A full disk costs frames in the file, nothing else. */
void pcap_write(struct pcap *p, const struct vm_iovec *iov, uint32_t n)
{
    uint64_t skip = sizeof(struct vm_net_header), length = 0;
    struct packet_header header;
    struct timespec now;

    if (!p)
        return;
    for (uint32_t i = 0; i < n; i++)
        length += iov[i].length;
    length -= skip;
    clock_gettime(CLOCK_REALTIME, &now);
    header = (struct packet_header){(uint32_t)now.tv_sec, (uint32_t)now.tv_nsec, (uint32_t)length,
                                    (uint32_t)length};
    pthread_mutex_lock(&p->lock);
    fwrite(&header, sizeof(header), 1, p->file);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t over = skip < iov[i].length ? skip : iov[i].length;
        skip -= over;
        fwrite((const char *)iov[i].base + over, 1, iov[i].length - over, p->file);
    }
    pthread_mutex_unlock(&p->lock);
}

void pcap_close(struct pcap *p)
{
    if (!p)
        return;
    fclose(p->file);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
