/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* search.h - the one binary search */
#ifndef KCOV8_SEARCH_H
#define KCOV8_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * lower_bound() - the first element that is not below what is searched
 * @array: @n elements of @size bytes, those that are below @key first
 * Return: its index; @n if all are below.
 */
static inline size_t lower_bound(const void *array, size_t n, size_t size,
                                 bool (*below)(const void *element,
                                               const void *key),
                                 const void *key) {
  size_t lo = 0, hi = n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (below((const char *)array + mid * size, key))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

#endif /* KCOV8_SEARCH_H */
