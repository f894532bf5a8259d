/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.c - virtio entropy device (Virtio 1.2, 5.4): fills buffers with random bytes.
 *
 * The bytes are those of the host's kernel; in deterministic mode, or with a seed, those of a
 * generator of our own (SplitMix64), which is no source of secrets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <vmrun/virtio.h>

/* Bytes for one buffer; the driver asks again for more. Bounds how long one takes. */
#define MAX_BYTES 65536u
#define CHUNK     4096u

struct rng {
    struct vm_virtio virtio; /* first */
    uint8_t seeded;

    /* Saved state. */
    uint64_t position; /* of our own generator */
};

static void generate(struct rng *r, uint8_t *to, size_t n)
{
    for (size_t at = 0; at < n; at += 8) {
        uint64_t z = r->position += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        memcpy(to + at, &z, n - at < 8 ? n - at : 8);
    }
}

/* How many there are; fewer than asked for only if the kernel has none. */
static size_t host_bytes(uint8_t *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = getrandom(to + done, n - done, GRND_NONBLOCK);

        if (got < 0 && errno != EINTR)
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    return done;
}

static uint64_t fill(struct rng *r, struct vm_virtq_element *e)
{
    uint64_t wanted = e->in_length < MAX_BYTES ? e->in_length : MAX_BYTES, done = 0;
    uint8_t bytes[CHUNK];

    while (done < wanted) {
        size_t n = wanted - done < CHUNK ? (size_t)(wanted - done) : CHUNK, got = n;

        if (r->seeded)
            generate(r, bytes, n);
        else
            got = host_bytes(bytes, n);
        done += vm_virtio_write(e, done, bytes, got);
        if (got < n)
            break;
    }
    memset(bytes, 0, sizeof(bytes));
    return done;
}

static void notify(void *dev, uint32_t queue)
{
    struct rng *r = dev;
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&r->virtio, queue)))
        vm_virtio_push(&r->virtio, queue, e, fill(r, e));
    vm_virtio_flush(&r->virtio, queue);
}

static const struct vm_virtio_class virtio_class = {
    .device_id = 4,
    .pci_class = 0x00ff00, /* no class of PCI's fits */
    .notify = notify,
};

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct rng *r = calloc(1, sizeof(*r));
    const struct vm_virtio_setup setup = {.class_ = &virtio_class, .n_queues = 1};

    if (!r) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (vm_virtio_create(&r->virtio, host, ctx, props, &setup, err) < 0) {
        free(r);
        return NULL;
    }
    if (host->base->prop_given(props, "seed")) {
        r->seeded = 1;
        r->position = host->base->prop_uint(props, "seed");
    } else if (VM_HAS(host, is_deterministic)) {
        r->seeded = host->is_deterministic(ctx) != 0;
    }
    return r;
}

/* The generator goes on: a reset is no reason to give the same bytes again. */
static void reset(void *dev, int kind)
{
    struct rng *r = dev;

    (void)kind;
    vm_virtio_reset(&r->virtio);
}

static const struct vm_state_field state_fields[] = {
    VM_VIRTIO_STATE(struct rng, virtio),
    VM_STATE(struct rng, position, VM_STATE_U64),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static void state_saving(void *dev)
{
    struct rng *r = dev;

    vm_virtio_state_saving(&r->virtio);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct rng *r = dev;

    return vm_virtio_state_loaded(&r->virtio, err);
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
    .state_saving = state_saving,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &vm_virtio_fdt;
    return NULL;
}

static const struct vm_property properties[] = {
    VM_VIRTIO_PROPERTIES("8"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "seed",
     .help = "give these bytes, the same ones each time, instead of random ones: for tests only; "
             "in deterministic mode it is 0 by default"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-virtio-rng", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "source of random numbers (virtio entropy device)",
          .description =
              "Gives the guest random bytes of the host's kernel; in deterministic mode "
              "the same ones in each run. Sits at an address (virtio-mmio) or on a PCI bus.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
