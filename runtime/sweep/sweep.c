/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * sweep.c - which sweep this CPU runs
 */
#include "sweep/sweep.h"

#if !defined(KCOV8I_SWEEP_X86) && !defined(KCOV8I_SWEEP_NEON)
size_t kcov8i_sweep_vector_kinds(struct kcov8i_sweep_kind *kinds) {
  (void)kinds;
  return 0;
}
#endif

size_t kcov8i_sweep_kinds(struct kcov8i_sweep_kind *kinds) {
  kinds[0] = (struct kcov8i_sweep_kind){"words", kcov8i_sweep_words};
  return 1 + kcov8i_sweep_vector_kinds(kinds + 1);
}

size_t kcov8i_sweep(uint8_t *bytes, size_t n, size_t *pos,
                    struct kcov8i_hit *hits) {
  static kcov8i_sweep_fn *chosen;
  kcov8i_sweep_fn *best = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (__builtin_expect(!best, 0)) {
    struct kcov8i_sweep_kind kinds[KCOV8I_SWEEP_KINDS];
    best = kinds[kcov8i_sweep_kinds(kinds) - 1].sweep;
    __atomic_store_n(&chosen, best, __ATOMIC_RELAXED);
  }
  return best(bytes, n, pos, hits);
}
