/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * x86.c - the sweep with SSE2, AVX2 and AVX-512
 *
 * All three are compiled in, by target attributes; cpuid and xgetbv (does the
 * kernel below us keep these registers?) tell which may run.
 */
#include "sweep/lines.h"

#ifdef KCOV8I_SWEEP_X86

/* The intrinsics' headers want malloc() of a hosted program; not here. */
#define __MM_MALLOC_H
#define _MM_MALLOC_H_INCLUDED
#include <cpuid.h>
#include <immintrin.h>

/* ---- SSE2 -------------------------------------------------------------- */

#define SSE2 KCOV8I_RACY

static inline SSE2 uint64_t zeros_sse2(const uint8_t *at) {
  const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
  return (unsigned int)_mm_movemask_epi8(
      _mm_cmpeq_epi8(v, _mm_setzero_si128()));
}

static inline SSE2 uint64_t line_sse2(const uint8_t *at) {
  return ~(zeros_sse2(at) | zeros_sse2(at + 16) << 16 |
           zeros_sse2(at + 32) << 32 | zeros_sse2(at + 48) << 48);
}

static inline SSE2 __m128i any_sse2(const uint8_t *at) {
  const __m128i *const v = (const __m128i *)(const void *)at;
  return _mm_or_si128(
      _mm_or_si128(_mm_load_si128(v), _mm_load_si128(v + 1)),
      _mm_or_si128(_mm_load_si128(v + 2), _mm_load_si128(v + 3)));
}

static inline SSE2 bool group_sse2(const uint8_t *at) {
  const __m128i any =
      _mm_or_si128(_mm_or_si128(any_sse2(at), any_sse2(at + 64)),
                   _mm_or_si128(any_sse2(at + 128), any_sse2(at + 192)));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) != 0xffff;
}

/* Not the builtin: without the instruction, gcc calls libgcc for it. */
static inline SSE2 size_t popcount_sse2(uint64_t v) {
  v -= v >> 1 & UINT64_C(0x5555555555555555);
  v = (v & UINT64_C(0x3333333333333333)) +
      (v >> 2 & UINT64_C(0x3333333333333333));
  v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
  return (size_t)(v * UINT64_C(0x0101010101010101) >> 56);
}

static SSE2 size_t sweep_sse2(uint8_t *bytes, size_t n, size_t *pos,
                              struct kcov8i_hit *hits) {
  return kcov8i_sweep_lines(bytes, n, pos, hits, line_sse2, group_sse2,
                            popcount_sse2);
}

/* ---- AVX2 -------------------------------------------------------------- */

#define AVX2 KCOV8I_RACY __attribute__((target("avx2,bmi,popcnt")))

static inline AVX2 uint64_t zeros_avx2(const uint8_t *at) {
  const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
  return (unsigned int)_mm256_movemask_epi8(
      _mm256_cmpeq_epi8(v, _mm256_setzero_si256()));
}

static inline AVX2 uint64_t line_avx2(const uint8_t *at) {
  return ~(zeros_avx2(at) | zeros_avx2(at + 32) << 32);
}

static inline AVX2 __m256i any_avx2(const uint8_t *at) {
  const __m256i *const v = (const __m256i *)(const void *)at;
  return _mm256_or_si256(
      _mm256_or_si256(_mm256_load_si256(v), _mm256_load_si256(v + 1)),
      _mm256_or_si256(_mm256_load_si256(v + 2), _mm256_load_si256(v + 3)));
}

static inline AVX2 bool group_avx2(const uint8_t *at) {
  const __m256i any = _mm256_or_si256(any_avx2(at), any_avx2(at + 128));
  return !_mm256_testz_si256(any, any);
}

static inline AVX2 size_t popcount_avx2(uint64_t v) {
  return (size_t)__builtin_popcountll(v);
}

static AVX2 size_t sweep_avx2(uint8_t *bytes, size_t n, size_t *pos,
                              struct kcov8i_hit *hits) {
  return kcov8i_sweep_lines(bytes, n, pos, hits, line_avx2, group_avx2,
                            popcount_avx2);
}

/* ---- AVX-512 ----------------------------------------------------------- */

#define AVX512                                                                 \
  KCOV8I_RACY __attribute__((target("avx512f,avx512bw,bmi,popcnt")))

static inline AVX512 uint64_t line_avx512(const uint8_t *at) {
  const __m512i v = _mm512_loadu_si512(at);
  return _mm512_test_epi8_mask(v, v);
}

static inline AVX512 bool group_avx512(const uint8_t *at) {
  const __m512i any = _mm512_or_si512(
      _mm512_or_si512(_mm512_load_si512(at), _mm512_load_si512(at + 64)),
      _mm512_or_si512(_mm512_load_si512(at + 128),
                      _mm512_load_si512(at + 192)));
  return _mm512_test_epi32_mask(any, any) != 0;
}

static inline AVX512 size_t popcount_avx512(uint64_t v) {
  return (size_t)__builtin_popcountll(v);
}

static AVX512 size_t sweep_avx512(uint8_t *bytes, size_t n, size_t *pos,
                                  struct kcov8i_hit *hits) {
  return kcov8i_sweep_lines(bytes, n, pos, hits, line_avx512, group_avx512,
                            popcount_avx512);
}

/* ---- What the CPU has -------------------------------------------------- */

static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

size_t kcov8i_sweep_vector_kinds(struct kcov8i_sweep_kind *kinds) {
  enum { YMM = 0x06, ZMM = 0xe6 }; /* bits of XCR0 */
  uint32_t a, b, c, d;
  size_t n = 0;

  kinds[n++] = (struct kcov8i_sweep_kind){"sse2", sweep_sse2};
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return n;
  const bool has_popcnt = c & bit_POPCNT;
  const uint64_t saved = saved_registers();
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_BMI) || !has_popcnt)
    return n;
  if ((saved & YMM) == YMM && b & bit_AVX2)
    kinds[n++] = (struct kcov8i_sweep_kind){"avx2", sweep_avx2};
  if ((saved & ZMM) == ZMM && b & bit_AVX512F && b & bit_AVX512BW)
    kinds[n++] = (struct kcov8i_sweep_kind){"avx512", sweep_avx512};
  return n;
}

#else
typedef int kcov8i_sweep_x86_is_empty; /* C wants something in every file */
#endif
