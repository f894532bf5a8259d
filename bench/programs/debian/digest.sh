# SPDX-License-Identifier: BSD-2-Clause
# openssl: digests that have no instructions of their own, or have some.
prepare() { head -c 33554432 /dev/zero >/tmp/zeros; }
work()
{
    for name in md5 sha1 sha256 sha512 sha3-256 blake2b512; do
        openssl dgst -r "-$name" /tmp/zeros || return
    done | md5sum | cut -c 1-12
}
