/* SPDX-License-Identifier: BSD-2-Clause */
/* pci.c - finds the device in sysfs and maps its BARs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

#define DEVICES        "/sys/bus/pci/devices"
#define REGISTER_BYTES 4096u

static int open_file(const char *address, const char *file, int flags)
{
    char path[128];

    snprintf(path, sizeof(path), DEVICES "/%s/%s", address, file);
    return open(path, flags | O_CLOEXEC);
}

static unsigned long read_number(const char *address, const char *file)
{
    char text[32] = "";
    int fd = open_file(address, file, O_RDONLY);

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof(text) - 1) < 0)
        text[0] = 0;
    close(fd);
    return strtoul(text, NULL, 0);
}

static int is_ours(const char *address)
{
    return read_number(address, "vendor") == VGPU_PCI_VENDOR &&
           read_number(address, "device") == VGPU_PCI_DEVICE;
}

/* The one with the lowest address. */
static int find(char address[32])
{
    DIR *dir = opendir(DEVICES);
    struct dirent *entry;
    int found = 0;

    while (dir && (entry = readdir(dir))) {
        if (strlen(entry->d_name) >= 32 || !is_ours(entry->d_name) ||
            (found && strcmp(entry->d_name, address) > 0))
            continue;
        strcpy(address, entry->d_name);
        found = 1;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* The kernel turns a device's memory on where a driver wants it; here is none. */
static int enable(const char *address)
{
    int fd = open_file(address, "enable", O_WRONLY), done = fd >= 0 && write(fd, "1", 1) == 1;

    if (fd >= 0)
        close(fd);
    return done;
}

static void *map(int fd, uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void *map_window(const char *address, uint64_t bytes)
{
    int fd = open_file(address, "resource2_wc", O_RDWR | O_SYNC);
    void *p = fd >= 0 ? map(fd, bytes) : NULL;

    if (!p) { /* not every architecture has that */
        if (fd >= 0)
            close(fd);
        fd = open_file(address, "resource2", O_RDWR | O_SYNC);
        p = fd >= 0 ? map(fd, bytes) : NULL;
    }
    if (fd >= 0)
        close(fd);
    return p;
}

static int map_all(struct vgpu *v, char *why, size_t n)
{
    v->fd = open_file(v->address, "resource0", O_RDWR | O_SYNC);
    if (v->fd < 0)
        return snprintf(why, n, "%s: resource0: %s", v->address, strerror(errno)), -1;
    if (flock(v->fd, LOCK_EX | LOCK_NB))
        return snprintf(why, n, "%s: another program has it", v->address), -1;
    if (!enable(v->address))
        return snprintf(why, n, "%s: it cannot be enabled: %s", v->address, strerror(errno)), -1;
    v->registers = map(v->fd, REGISTER_BYTES);
    if (!v->registers)
        return snprintf(why, n, "%s: resource0 cannot be mapped: %s", v->address, strerror(errno)),
               -1;
    if (vgpu_reg_read(v, VGPU_REG_MAGIC) != VGPU_MAGIC ||
        vgpu_reg_read(v, VGPU_REG_VERSION) >> 16 != VGPU_VERSION >> 16)
        return snprintf(why, n, "%s: it is no vgpu of version %u", v->address, VGPU_VERSION >> 16),
               -1;
    v->window_size = vgpu_reg_read(v, VGPU_REG_WINDOW_SIZE) |
                     (uint64_t)vgpu_reg_read(v, VGPU_REG_WINDOW_SIZE + 4) << 32;
    v->window = map_window(v->address, v->window_size);
    if (!v->window)
        return snprintf(why, n, "%s: its window cannot be mapped: %s", v->address, strerror(errno)),
               -1;
    return 0;
}

int vgpu_map(struct vgpu *v, const char *address, char *why, size_t why_size)
{
    v->fd = -1;
    if (!address && !find(v->address))
        return snprintf(why, why_size, "there is no vgpu device on the PCI bus"), -1;
    if (address)
        snprintf(v->address, sizeof(v->address), "%s", address);
    if (!is_ours(v->address))
        return snprintf(why, why_size, "%s: there is no vgpu device", v->address), -1;
    return map_all(v, why, why_size);
}

void vgpu_unmap(struct vgpu *v)
{
    if (v->window)
        munmap(v->window, v->window_size);
    if (v->registers)
        munmap((void *)(uintptr_t)v->registers, REGISTER_BYTES);
    if (v->fd >= 0)
        close(v->fd);
}
