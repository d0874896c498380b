// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * profile-bytes.c - LLVM's profile counters of one byte
 */
#define COUNTER_BYTES 1
#include "profile.c" // NOLINT: the same, for another size
