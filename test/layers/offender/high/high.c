/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* high.c - makes a circle of low.c and itself */
#include "high/high.h"

int high(void) { return low(); }
