# SPDX-License-Identifier: BSD-2-Clause
# openssl: modular powers of 2203 bits, as RSA has them.
work()
{
    openssl prime -checks 12 -hex "7$(head -c 550 /dev/zero | tr '\0' f)" | md5sum | cut -c 1-12
}
