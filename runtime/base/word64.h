/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * word64.h - words of 64 bits that others read and write meanwhile
 *
 * On hosts of 32 bits in two halves, each of which is whole: an atomic access
 * to all 64 bits may be a call into libatomic there. The low half decides:
 * @order is its order, and who sees a new one sees the high half, too.
 */
#ifndef KCOV8_WORD64_H
#define KCOV8_WORD64_H

#include <stdint.h>

#if UINTPTR_MAX > UINT32_MAX
static inline uint64_t kcov8i_load64(const uint64_t *at, int order) {
  return __atomic_load_n(at, order);
}

static inline void kcov8i_store64(uint64_t *at, uint64_t v, int order) {
  __atomic_store_n(at, v, order);
}
#else
typedef uint32_t __attribute__((may_alias)) kcov8i_half;

enum { KCOV8I_LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

static inline uint64_t kcov8i_load64(const uint64_t *at, int order) {
  const kcov8i_half *const h = (const kcov8i_half *)at;
  const uint32_t low = __atomic_load_n(&h[KCOV8I_LOW], order);
  return (uint64_t)__atomic_load_n(&h[!KCOV8I_LOW], __ATOMIC_RELAXED) << 32 |
         low;
}

static inline void kcov8i_store64(uint64_t *at, uint64_t v, int order) {
  kcov8i_half *const h = (kcov8i_half *)at;
  __atomic_store_n(&h[!KCOV8I_LOW], (uint32_t)(v >> 32), __ATOMIC_RELAXED);
  __atomic_store_n(&h[KCOV8I_LOW], (uint32_t)v, order);
}
#endif

#endif /* KCOV8_WORD64_H */
