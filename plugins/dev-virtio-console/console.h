/* SPDX-License-Identifier: BSD-2-Clause */
/* console.h - a virtio console device (Virtio 1.2, 5.3): ports, each with a character backend. */
#ifndef DEV_VIRTIO_CONSOLE_CONSOLE_H
#define DEV_VIRTIO_CONSOLE_CONSOLE_H

#include <vmrun/virtio.h>

#define CONSOLE_PORTS  8u
#define CONSOLE_BUFFER 32768u
#define CONSOLE_NAME   64u

#define CONSOLE_F_SIZE        (UINT64_C(1) << 0)
#define CONSOLE_F_MULTIPORT   (UINT64_C(1) << 1)
#define CONSOLE_F_EMERG_WRITE (UINT64_C(1) << 2)

/* Configuration space (5.3.4). */
enum console_config {
    CONFIG_COLUMNS = 0, /* 16 bits */
    CONFIG_ROWS = 2,    /* 16 bits */
    CONFIG_PORTS = 4,
    CONFIG_EMERGENCY = 8,
    CONFIG_BYTES = 12,
};

enum console_queue { QUEUE_CONTROL_IN = 2, QUEUE_CONTROL_OUT = 3 };

/* Control messages (5.3.6.2), by their numbers, and as bits of what is to be sent yet. */
enum console_message {
    MESSAGE_DEVICE_READY = 0,
    MESSAGE_PORT_ADD = 1,
    MESSAGE_PORT_READY = 3,
    MESSAGE_CONSOLE_PORT = 4,
    MESSAGE_RESIZE = 5,
    MESSAGE_PORT_OPEN = 6,
    MESSAGE_PORT_NAME = 7,
};

struct console;

struct console_port {
    struct console *console;
    uint32_t number;
    struct vm_chardev *chr;  /* NULL: what the guest writes is dropped */
    char name[CONSOLE_NAME]; /* empty: a console */
    uint8_t input_waits;     /* the backend has been refused some */
};

struct console {
    struct vm_virtio virtio; /* first */
    uint8_t config[CONFIG_BYTES];
    uint32_t n_ports;
    struct console_port ports[CONSOLE_PORTS];
    uint8_t buffer[CONSOLE_BUFFER];

    /* Saved state, by port. */
    uint8_t guest_open[CONSOLE_PORTS];
    uint8_t host_open[CONSOLE_PORTS];
    uint8_t to_send[CONSOLE_PORTS];  /* bits by enum console_message */
    uint32_t tx_done[CONSOLE_PORTS]; /* bytes of the next chain that are out already */
};

extern const struct vm_virtio_class console_class;
extern const struct vm_chardev_client console_client; /* its opaque is the port */

/* Input that waited for the guest may come again. */
void console_invite_input(struct console *c);

#endif
