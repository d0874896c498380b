/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_sweep.c - all implementations of the sweep find and clear the same
 *
 * Those that this CPU has; words always. kcov8i_sweep() is one of them.
 */
#include "support.h"

static uint64_t seed = 1;

static uint64_t random64(void) { return kcov8_mix64(seed++); }

enum { MAX = 1500, GUARD = 64 };

/* Sweeps a copy of @bytes at @offset and compares with a byte loop. */
static void check_one(kcov8i_sweep_fn *sweep, const uint8_t *bytes, size_t n,
                      size_t offset) {
  static _Alignas(64) uint8_t memory[MAX + 2 * GUARD + 64];
  struct kcov8i_hit hits[KCOV8I_BATCH];
  uint8_t *const at = memory + GUARD + offset;
  memset(memory, 0xee, sizeof(memory));
  memcpy(at, bytes, n);
  size_t next = 0, pos = 0, rounds = 0;
  while (pos < n) {
    const size_t before = pos;
    const size_t n_hits = sweep(at, n, &pos, hits);
    assert_true(pos > before && pos <= n);
    assert_true(n_hits <= KCOV8I_BATCH);
    for (size_t i = 0; i < n_hits; i++) {
      while (next < n && !bytes[next])
        next++;
      assert_int_equal(hits[i].index, next);
      assert_int_equal(hits[i].count, bytes[next]);
      next++;
    }
    assert_true(++rounds <= n);
  }
  while (next < n)
    assert_int_equal(bytes[next++], 0);
  for (size_t i = 0; i < sizeof(memory); i++)
    assert_int_equal(memory[i],
                     i >= GUARD + offset && i < GUARD + offset + n ? 0 : 0xee);
}

static void check_sweep(const uint8_t *bytes, size_t n, size_t offset) {
  struct kcov8i_sweep_kind kinds[KCOV8I_SWEEP_KINDS];
  const size_t n_kinds = kcov8i_sweep_kinds(kinds);
  assert_true(n_kinds >= 1 && n_kinds <= KCOV8I_SWEEP_KINDS);
  for (size_t k = 0; k < n_kinds; k++)
    check_one(kinds[k].sweep, bytes, n, offset);
  check_one(kcov8i_sweep, bytes, n, offset);
}

static void sweep_single_bytes(void **state) {
  (void)state;
  uint8_t bytes[MAX] = {0};
  for (size_t n = 1; n <= 80; n++) {
    for (size_t at = 0; at < n; at++) {
      bytes[at] = 1;
      for (size_t offset = 0; offset < 8; offset++)
        check_sweep(bytes, n, offset);
      bytes[at] = 0;
    }
  }
}

/* Every alignment with every length: edges, lines, groups of lines. */
static void sweep_all_places(void **state) {
  (void)state;
  uint8_t bytes[MAX];
  for (size_t n = 0; n <= 64 + 256 + 64; n++)
    for (size_t offset = 0; offset < 64; offset++) {
      const uint64_t one_in = 1 + random64() % 100;
      for (size_t i = 0; i < n; i++)
        bytes[i] = random64() % one_in ? 0 : (uint8_t)(1 + random64() % 255);
      check_sweep(bytes, n, offset);
    }
}

static void sweep_random(void **state) {
  (void)state;
  uint8_t bytes[MAX];
  for (int round = 0; round < 3000; round++) {
    const size_t n = random64() % (MAX + 1);
    const uint64_t one_in = 1 + random64() % 40;
    for (size_t i = 0; i < n; i++)
      bytes[i] = random64() % one_in ? 0 : (uint8_t)(1 + random64() % 255);
    check_sweep(bytes, n, random64() % 64);
  }
}

static void sweep_full_and_empty(void **state) {
  (void)state;
  uint8_t bytes[MAX];
  for (size_t n = 0; n <= MAX; n += 7) {
    memset(bytes, 255, sizeof(bytes));
    check_sweep(bytes, n, 3);
    memset(bytes, 0, sizeof(bytes));
    check_sweep(bytes, n, 5);
  }
}

/* The best that the CPU has comes last, and each name once. */
static void kinds(void **state) {
  (void)state;
  struct kcov8i_sweep_kind k[KCOV8I_SWEEP_KINDS];
  const size_t n = kcov8i_sweep_kinds(k);
  assert_string_equal(k[0].name, "words");
  assert_ptr_equal(k[0].sweep, kcov8i_sweep_words);
#if defined(__x86_64__)
  assert_true(n >= 2);
  assert_string_equal(k[1].name, "sse2");
  assert_true((n > 2) >= (__builtin_cpu_supports("avx2") != 0));
#endif
  for (size_t i = 0; i < n; i++)
    print_message("%s\n", k[i].name);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_up, clean_up)
  const struct CMUnitTest tests[] = {
      TEST(kinds),        TEST(sweep_single_bytes),   TEST(sweep_all_places),
      TEST(sweep_random), TEST(sweep_full_and_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
