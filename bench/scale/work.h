/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WORK_H
#define WORK_H
#include <stdint.h>

uint32_t work(uint32_t seed);

#endif
