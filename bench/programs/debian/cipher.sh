# SPDX-License-Identifier: BSD-2-Clause
# openssl: ciphers.
prepare() { head -c 33554432 /dev/zero >/tmp/zeros; }
work()
{
    key=000102030405060708090a0b0c0d0e0f
    for name in aes-128-ctr chacha20 camellia-128-ctr; do
        openssl enc "-$name" -K "$key$key" -iv "$key" -in /tmp/zeros 2>/dev/null | md5sum
    done | md5sum | cut -c 1-12
}
