/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* order.h - what comparisons for qsort() are made of */
#ifndef KCOV8_ORDER_H
#define KCOV8_ORDER_H

#include <stdint.h>

static inline int compare_u32(uint32_t a, uint32_t b) {
  return (a > b) - (a < b);
}

#endif /* KCOV8_ORDER_H */
