# SPDX-License-Identifier: BSD-2-Clause
# zstd -9 and back, of a library's code.
prepare() { cp /usr/lib/*/libcrypto.so.3 /tmp/data; }
work()
{
    zstd -q -9 -T1 -c /tmp/data >/tmp/data.zst && zstd -q -d -c /tmp/data.zst | md5sum | cut -c 1-12
}
