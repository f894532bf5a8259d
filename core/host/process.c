/* SPDX-License-Identifier: BSD-2-Clause */
/* process.c - the program's folder by /proc, text to a descriptor. */
#include "core/host/process.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int host_program_folder(char *buf, size_t size, struct vm_error *err)
{
    ssize_t n = readlink("/proc/self/exe", buf, size);
    if (n < 0)
        return vm_error_set(err, "cannot find the running program: /proc/self/exe: %s",
                            strerror(errno));
    if ((size_t)n >= size)
        return vm_error_set(err, "the path of the running program is too long");
    buf[n] = '\0';
    char *slash = strrchr(buf, '/');
    if (!slash)
        return vm_error_set(err, "the running program has no path: '%s'", buf);
    slash[slash == buf] = '\0'; /* "/" itself stays */
    return 0;
}

static bool write_all(int fd, const char *p, size_t n)
{
    int waits = 0;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done > 0) {
            p += done;
            n -= (size_t)done;
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno != EAGAIN)
            return false;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (waits++ == 10 || poll(&wait, 1, 100) < 0)
            return false;
    }
    return true;
}

static bool is_raw_terminal(int fd)
{
    struct termios mode;
    return tcgetattr(fd, &mode) == 0 && (mode.c_oflag & (OPOST | ONLCR)) != (OPOST | ONLCR);
}

bool host_write_text(int fd, const char *text, size_t n)
{
    int saved = errno;
    bool ok = true;
    if (!is_raw_terminal(fd)) {
        ok = write_all(fd, text, n);
    } else {
        while (ok && n > 0) {
            const char *end = memchr(text, '\n', n);
            size_t line = end ? (size_t)(end - text) : n;
            ok = write_all(fd, text, line) && (!end || write_all(fd, "\r\n", 2));
            text += line + !!end;
            n -= line + !!end;
        }
    }
    errno = saved;
    return ok;
}
