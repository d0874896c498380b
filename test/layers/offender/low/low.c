/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* low.c - calls what is above it */
#include "low/low.h"

int low(void) { return high(); }
