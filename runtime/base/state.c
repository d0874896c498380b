/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * state.c - what belongs to the process
 */
#include "base/base.h"

struct kcov8i_state kcov8i;
