/* SPDX-License-Identifier: BSD-2-Clause */
/* crypto.h - tables of the cryptographic helpers. */
#ifndef AARCH64_CRYPTO_H
#define AARCH64_CRYPTO_H

#include <stdint.h>

extern const uint8_t a64_aes_box[256], a64_aes_inverse_box[256];

#endif
