/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* low.h - includes what is above it */
#include "high/high.h"
