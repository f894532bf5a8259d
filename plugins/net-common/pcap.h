/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap.h - a file of all frames that pass a network backend, for tcpdump and Wireshark. */
#ifndef NET_COMMON_PCAP_H
#define NET_COMMON_PCAP_H

#include <vmrun/net.h>

struct pcap;

/* The property that names the file. */
#define PCAP_PROPERTY                                                                   \
    {                                                                                   \
        .size = sizeof(struct vm_property), .type = VM_PROP_PATH, .name = "dump",       \
        .help = "write all frames to this file, made anew, in the format of tcpdump -r" \
    }

/* Opens what the property "dump" names. 0 and *out NULL: it is not set. -1 with err set. */
int pcap_open(struct pcap **out, const struct vm_host *host, const struct vm_props *props,
              struct vm_error *err);
/* Writes a frame, without the header in front. `p` may be NULL. [any thread] */
void pcap_write(struct pcap *p, const struct vm_iovec *iov, uint32_t n);
void pcap_close(struct pcap *p);

#endif
