/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - shared folder (virtio 9P transport): its life, its saved state, its properties. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "p9.h"

#define F_MOUNT_TAG UINT64_C(1)
#define TAG_BYTES   (sizeof(((struct p9 *)0)->config) - 2)
#define MOST_FILES  16384u /* unless the user says more */
#define OTHER_FILES 256u

/* ---- life ---- */

static int set_tag(struct p9 *p, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                   const struct vm_props *props, struct vm_error *err)
{
    const char *tag = host->base->prop_string(props, "tag");

    if (!tag)
        tag = host->instance_name(ctx);
    size_t n = strlen(tag);
    if (n == 0 || n > TAG_BYTES)
        return vm_error_set(err, "tag: '%s' has not 1 to %zu characters", tag, TAG_BYTES);
    p->config[0] = (uint8_t)n;
    memcpy(p->config + 2, tag, n);
    p->class_.config_length = 2 + (uint32_t)n;
    return 0;
}

/* The process may have to open so many, and some for others. */
static int allow_files(uint64_t n, struct vm_error *err)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return vm_error_set(err, "max-files: no limit can be read: %s", strerror(errno));
    if (limit.rlim_cur >= n + OTHER_FILES)
        return 0;
    limit.rlim_cur = n + OTHER_FILES;
    if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_NOFILE, &limit))
        return vm_error_set(err,
                            "max-files: this user may open %llu files (ulimit -Hn), of which %u "
                            "are kept for others",
                            (unsigned long long)limit.rlim_max, OTHER_FILES);
    return 0;
}

static int set_max_files(struct share *s, const struct vm_host *host, const struct vm_props *props,
                         struct vm_error *err)
{
    struct rlimit limit;

    if (host->prop_given(props, "max-files")) {
        s->max_files = (uint32_t)host->prop_uint(props, "max-files");
        return allow_files(s->max_files, err);
    }
    s->max_files = MOST_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 2 < MOST_FILES)
        s->max_files = (uint32_t)(limit.rlim_cur / 2);
    return 0;
}

static const struct vm_virtio_class virtio_class = {
    .device_id = 9,
    .pci_class = 0x00ff00, /* no class of PCI's fits */
    .notify = queue_notify,
    .queue_stop = queue_stop,
    .reset = queue_reset,
};

static int make(struct p9 *p, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_props *props, struct vm_error *err)
{
    const struct vm_virtio_setup setup = {
        .class_ = &p->class_, .features = F_MOUNT_TAG, .config = p->config, .n_queues = 1};
    struct share *s = &p->share;

    if (!VM_HAS(host, submit_work) || !VM_HAS(host, instance_name))
        return vm_error_set(err, "this vmrun is too old for shared folders");
    p->class_ = virtio_class;
    if (set_tag(p, host, ctx, props, err))
        return -1;
    p->deterministic = VM_HAS(host, is_deterministic) && host->is_deterministic(ctx);
    s->host = host->base;
    s->who = ctx;
    s->read_only = host->base->prop_uint(props, "read-only") != 0;
    s->max_msize = (uint32_t)host->base->prop_uint(props, "msize");
    if (set_max_files(s, host->base, props, err) ||
        share_open(s, host->base->prop_string(props, "folder"),
                   host->base->prop_uint(props, "mounts") != 0, err))
        return -1;
    if (vm_virtio_create(&p->virtio, host, ctx, props, &setup, err)) {
        share_end(s);
        return -1;
    }
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct p9 *p = calloc(1, sizeof(*p));

    if (!p) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (make(p, host, ctx, props, err)) {
        free(p);
        return NULL;
    }
    return p;
}

static void destroy(void *dev)
{
    struct p9 *p = dev;

    session_drop(p->session);
    queue_free(p);
    share_end(&p->share);
    free(p);
}

static void reset(void *dev, int kind)
{
    struct p9 *p = dev;

    (void)kind;
    vm_virtio_reset(&p->virtio);
}

/* ---- saved state ---- */

/*
 * Open files cannot be saved. A machine that is restored has a session in which every fid that the
 * guest holds is stale, until it mounts the folder again.
 */
static const struct vm_state_field state_fields[] = {
    VM_VIRTIO_STATE(struct p9, virtio),
    VM_STATE(struct p9, session_msize, VM_STATE_U32),
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
    struct p9 *p = dev;

    p->session_msize = p->session ? p->session->msize : 0;
    vm_virtio_state_saving(&p->virtio);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct p9 *p = dev;
    uint32_t msize = p->session_msize;

    session_drop(p->session);
    p->session = NULL;
    if (msize && (msize < P9_MIN_MSIZE || msize > p->share.max_msize))
        return vm_error_set(err, "saved state: messages of %u bytes, which are not allowed", msize);
    if (msize) {
        p->session = session_new(&p->share, msize);
        if (!p->session)
            return vm_error_set(err, "out of memory");
        p->session->restored = true;
        p->virtio.host->base->log(p->virtio.ctx, VM_LOG_WARNING,
                                  "what the guest had open in the shared folder is lost; it has to "
                                  "mount it again");
    }
    return vm_virtio_state_loaded(&p->virtio, err);
}

/* ---- tables ---- */

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
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
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "folder",
     .flags = VM_PROP_REQUIRED,
     .help = "the folder of the host that the guest sees"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "tag",
     .help = "what the guest mounts it by, at most 64 characters; the device's name where nothing "
             "is said"},
    VM_VIRTIO_FLAG("read-only", "no", "the guest can change nothing"),
    VM_VIRTIO_FLAG("mounts", "no",
                   "let the guest into file systems that are mounted below the folder; never where "
                   "one of them is /proc"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "max-files",
     .min = 16,
     .max = 1000000,
     .help = "most files of the host that the guest can hold, open or only looked at; half of what "
             "the process may open where nothing is said"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "msize",
     .default_value = "1M",
     .min = P9_MIN_MSIZE,
     .max = 16777216,
     .help = "longest message; the guest's option of this name may make it less"},
    VM_VIRTIO_PROPERTIES("128"),
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-virtio-9p", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "shared folder (9P2000.L over virtio)",
          .description =
              "A folder of the host that the guest mounts: mount -t 9p -o "
              "trans=virtio,version=9p2000.L TAG /mnt. The guest cannot leave it: links are the "
              "guest's to follow, in its own tree. All is done as the user who runs vmrun: files "
              "that the guest makes are that user's, and owners and permissions are the host's. "
              "Sits at an address (virtio-mmio) or on a PCI bus.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
