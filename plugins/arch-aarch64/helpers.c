/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the C functions that translated code calls. */
#include "helpers.h"

const uint16_t a64_slots_fp[] = {A64_SLOT_FPFLAGS, A64_SLOT_QC, 0xffff};
const uint16_t a64_slots_flags[] = {A64_SLOT_CC_KIND, A64_SLOT_CC_A, A64_SLOT_CC_B, 0xffff};
const uint16_t a64_slots_pair[] = {A64_SLOT_PAIR, 0xffff};

#define ROW(number, function, n, effects, read, written) \
    [A64_HELPER_##number] = {.name = #number,            \
                             .fn = function,             \
                             .n_args = n,                \
                             .flags = effects,           \
                             .reads = read,              \
                             .writes = written},
const struct vm_helper a64_helpers[A64_HELPER_COUNT] = {A64_HELPERS(ROW)};
