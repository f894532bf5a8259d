# SPDX-License-Identifier: BSD-2-Clause
# xz -1 and back, of a library's code. By its path: for the shell xz is one of busybox's own.
prepare() { cp /usr/lib/*/libcrypto.so.3 /tmp/data; }
work()
{
    /usr/bin/xz -1 -T1 -c /tmp/data >/tmp/data.xz && /usr/bin/xz -d -c /tmp/data.xz | md5sum | cut -c 1-12
}
