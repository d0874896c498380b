/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * neon.c - the sweep with AArch64's NEON, which every such CPU has
 */
#include "sweep/lines.h"

#ifdef KCOV8I_SWEEP_NEON

#include <arm_neon.h>

/* NEON has no move-mask: give each byte its bit, then add neighbours thrice. */
static inline KCOV8I_RACY uint64_t line_neon(const uint8_t *at) {
  static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                   1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bit = vld1q_u8(bits);
  uint8x16_t q[4];
  for (int i = 0; i < 4; i++) {
    const uint8x16_t v = vld1q_u8(at + 16 * i);
    q[i] = vandq_u8(vtstq_u8(v, v), bit);
  }
  uint8x16_t sum = vpaddq_u8(vpaddq_u8(q[0], q[1]), vpaddq_u8(q[2], q[3]));
  sum = vpaddq_u8(sum, sum);
  return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

static inline KCOV8I_RACY bool group_neon(const uint8_t *at) {
  uint8x16_t any = vld1q_u8(at);
  for (int i = 1; i < 16; i++)
    any = vorrq_u8(any, vld1q_u8(at + 16 * i));
  return vmaxvq_u32(vreinterpretq_u32_u8(any)) != 0;
}

static inline KCOV8I_RACY size_t popcount_neon(uint64_t v) {
  return vaddv_u8(vcnt_u8(vcreate_u8(v)));
}

static KCOV8I_RACY size_t sweep_neon(uint8_t *bytes, size_t n, size_t *pos,
                                     struct kcov8i_hit *hits) {
  return kcov8i_sweep_lines(bytes, n, pos, hits, line_neon, group_neon,
                            popcount_neon);
}

size_t kcov8i_sweep_vector_kinds(struct kcov8i_sweep_kind *kinds) {
  kinds[0] = (struct kcov8i_sweep_kind){"neon", sweep_neon};
  return 1;
}

#else
typedef int kcov8i_sweep_neon_is_empty; /* C wants something in every file */
#endif
