/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * sweep.c - which sweep this CPU runs
 */
#include <kcov8/port.h>

#include "sweep/sweep.h"

#if !defined(KCOV8I_SWEEP_X86) && !defined(KCOV8I_SWEEP_NEON) &&               \
    !defined(KCOV8_VECTOR_APART)
size_t kcov8i_sweep_vector_kinds(struct kcov8i_sweep_kind *kinds) {
  (void)kinds;
  return 0;
}
#endif

size_t kcov8i_sweep_kinds(struct kcov8i_sweep_kind *kinds) {
  kinds[0] = (struct kcov8i_sweep_kind){"words", kcov8i_sweep_words};
  return 1 + kcov8i_sweep_vector_kinds(kinds + 1);
}

static kcov8i_sweep_fn *best_kind(void) {
  static kcov8i_sweep_fn *remembered;
  kcov8i_sweep_fn *best = __atomic_load_n(&remembered, __ATOMIC_RELAXED);
  if (__builtin_expect(!best, 0)) {
    struct kcov8i_sweep_kind kinds[KCOV8I_SWEEP_KINDS];
    best = kinds[kcov8i_sweep_kinds(kinds) - 1].sweep;
    __atomic_store_n(&remembered, best, __ATOMIC_RELAXED);
  }
  return best;
}

size_t kcov8i_sweep(uint8_t *bytes, size_t n, size_t *pos,
                    struct kcov8i_hit *hits) {
  if (!kcov8_port_vector_begin)
    return best_kind()(bytes, n, pos, hits);
  if (n < KCOV8I_LENT_MIN || kcov8_port_vector_begin())
    return kcov8i_sweep_words(bytes, n, pos, hits);
  const size_t left = n - *pos;
  const size_t piece = left < KCOV8I_LENT_PIECE ? left : KCOV8I_LENT_PIECE;
  const size_t n_hits = best_kind()(bytes, *pos + piece, pos, hits);
  kcov8_port_vector_end();
  return n_hits;
}
