/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* bytes.h - numbers of either byte order, at any address */
#ifndef KCOV8_BYTES_H
#define KCOV8_BYTES_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t read_u16(const uint8_t *p, bool big) {
  return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t read_u32(const uint8_t *p, bool big) {
  return big ? read_u16(p, big) << 16 | read_u16(p + 2, big)
             : read_u16(p + 2, big) << 16 | read_u16(p, big);
}

static inline uint64_t read_u64(const uint8_t *p, bool big) {
  return big ? (uint64_t)read_u32(p, big) << 32 | read_u32(p + 4, big)
             : (uint64_t)read_u32(p + 4, big) << 32 | read_u32(p, big);
}

#endif /* KCOV8_BYTES_H */
