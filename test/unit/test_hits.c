// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* test_hits.c - sets of counters against sets of bytes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/hits.h"

enum { N = 400 };

static void check(const struct hits *h, const uint8_t *want) {
  uint64_t n = 0;
  for (unsigned int i = 0; i < N; i++) {
    assert_int_equal(hits_contains(h, i), want[i]);
    n += want[i];
  }
  assert_int_equal(hits_count(h), n);
  for (size_t i = 1; i < h->n; i++)
    assert_true(h->ranges[i].first >
                h->ranges[i - 1].first + h->ranges[i - 1].n);
}

static void check_bytes(const struct hits *h, const uint8_t *want) {
  struct byte_buffer bytes = {0};
  struct hits again = {0};
  hits_encode(h, &bytes);
  assert_true(hits_decode(&again, bytes.bytes, bytes.n, N));
  check(&again, want);
  hits_free(&again);
  free(bytes.bytes);
}

/* Of every density, added in any order, overlapping, and united. */
static void as_bytes(void **state) {
  (void)state;
  srand(8);
  for (int round = 0; round < 3000; round++) {
    struct hits sets[2] = {{0}};
    uint8_t want[3][N] = {{0}};
    for (int s = 0; s < 2; s++) {
      for (int k = rand() % 60; k; k--) {
        unsigned int first = (unsigned int)rand() % N;
        unsigned int n = (unsigned int)rand() % (rand() % 8 ? 4 : 60);
        n = first + n > N ? N - first : n;
        hits_add(&sets[s], first, n);
        memset(&want[s][first], 1, n);
      }
      check(&sets[s], want[s]);
      check_bytes(&sets[s], want[s]);
    }
    for (int i = 0; i < N; i++)
      want[2][i] = want[0][i] | want[1][i];
    hits_union(&sets[0], &sets[1]);
    check(&sets[0], want[2]);
    hits_free(&sets[0]);
    hits_free(&sets[1]);
  }
}

/* docs/index-format.md */
static void golden(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0x80, 0xb8, 0xb0, 0x3a, 0xc0};
  struct hits h = {0};
  struct byte_buffer to = {0};
  hits_add(&h, 132, 1);
  hits_add(&h, 0, 3);
  hits_add(&h, 4, 11);
  hits_encode(&h, &to);
  assert_int_equal(to.n, sizeof(bytes));
  assert_memory_equal(to.bytes, bytes, sizeof(bytes));
  free(to.bytes);
  hits_free(&h);
}

/* Whatever the bytes are, no counter is outside of the image. */
static void hostile(void **state) {
  (void)state;
  srand(9);
  size_t n_good = 0;
  for (int round = 0; round < 20000; round++) {
    uint8_t bytes[12];
    size_t n = (size_t)rand() % sizeof(bytes);
    for (size_t i = 0; i < n; i++)
      bytes[i] = (uint8_t)rand();
    if (round % 8)
      bytes[0] = (uint8_t)(0x80 | rand() % 64);
    struct hits h = {0};
    bool good = hits_decode(&h, bytes, n, N);
    n_good += good;
    if (h.n)
      assert_true(h.ranges[h.n - 1].first + h.ranges[h.n - 1].n <= N);
    hits_free(&h);
  }
  assert_in_range(n_good, 1000, 19000);
  /* Codes of 64 zeros, of 41 bits, cut short; a byte more; another form. */
  static const uint8_t bad[][10] = {{0x80},
                                    {0x80, 0, 0, 0, 0, 0, 1},
                                    {0x80, 0x80},
                                    {0x80, 0xc0, 0},
                                    {0x40, 0xc0}};
  static const size_t sizes[] = {10, 10, 2, 3, 2};
  for (int i = 0; i < 5; i++) {
    struct hits h = {0};
    assert_false(hits_decode(&h, bad[i], sizes[i], UINT64_MAX));
    hits_free(&h);
  }
}

/* Gaps and runs of any length. */
static void far(void **state) {
  (void)state;
  const uint64_t n_counters = UINT64_C(1) << 40;
  for (unsigned int shift = 0; shift < 40; shift++) {
    struct hits h = {0}, again = {0};
    struct byte_buffer to = {0};
    uint64_t one = UINT64_C(1) << shift;
    hits_add(&h, one - 1, 1);
    hits_add(&h, one + 3, one / 4 + 1);
    hits_add(&h, n_counters - one / 4 - 1, one / 4 + 1);
    hits_encode(&h, &to);
    assert_true(hits_decode(&again, to.bytes, to.n, n_counters));
    assert_int_equal(again.n, h.n);
    assert_memory_equal(again.ranges, h.ranges, h.n * sizeof(*h.ranges));
    hits_free(&again);
    assert_false(hits_decode(&again, to.bytes, to.n, n_counters - 1));
    hits_free(&again);
    hits_free(&h);
    free(to.bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_bytes),
      cmocka_unit_test(golden),
      cmocka_unit_test(hostile),
      cmocka_unit_test(far),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
