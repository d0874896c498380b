/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_vector.c - vector registers that the port lends, or does not
 */
#include <kcov8/port.h>

#include "support.h"

static struct {
  size_t n_asked, n_lent;
  bool lent, refuse;
} vector;

int kcov8_port_vector_begin(void) {
  assert_false(vector.lent);
  vector.n_asked++;
  if (vector.refuse)
    return -1;
  vector.n_lent++;
  vector.lent = true;
  return 0;
}

void kcov8_port_vector_end(void) {
  assert_true(vector.lent);
  vector.lent = false;
}

enum { MANY = 3 * KCOV8I_LENT_PIECE + 100 };

static uint8_t bytes[MANY];

/* Hits every @step bytes; returns how often the sweep stopped. */
static size_t check_sweep(size_t n, size_t step) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  size_t n_steps = 0, next = 7;
  memset(bytes, 0, sizeof(bytes));
  memset(&vector.n_asked, 0, 2 * sizeof(size_t));
  for (size_t i = next; i < n; i += step)
    bytes[i] = 3;
  for (size_t pos = 0; pos < n; n_steps++) {
    const size_t from = pos, n_hits = kcov8i_sweep(bytes, n, &pos, hits);
    assert_false(vector.lent);
    if (vector.n_lent)
      assert_true(pos - from <= KCOV8I_LENT_PIECE);
    for (size_t i = 0; i < n_hits; i++, next += step) {
      assert_int_equal(hits[i].index, next);
      assert_int_equal(hits[i].count, 3);
    }
  }
  assert_true(next >= n);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(bytes[i], 0);
  return n_steps;
}

static void few_counters_are_not_worth_it(void **state) {
  (void)state;
  check_sweep(KCOV8I_LENT_MIN - 1, 1000);
  assert_int_equal(vector.n_asked, 0);
  check_sweep(KCOV8I_LENT_MIN, 1000);
  assert_true(vector.n_lent > 0);
}

/* So that a kernel which lends them can switch tasks in between. */
static void many_are_swept_in_pieces(void **state) {
  (void)state;
  assert_int_equal(check_sweep(MANY, MANY), 4);
  assert_int_equal(vector.n_lent, 4);
  const size_t n_steps = check_sweep(MANY, 100);
  assert_true(n_steps > 4);
  assert_int_equal(vector.n_lent, n_steps);
}

static void refused_is_words(void **state) {
  (void)state;
  vector.refuse = true;
  const size_t n_steps = check_sweep(MANY, 100);
  vector.refuse = false;
  assert_int_equal(vector.n_asked, n_steps);
  assert_int_equal(vector.n_lent, 0);
}

/* All of a system call's return, as a host has it. */
static void flush(void **state) {
  (void)state;
  struct image *const image = image_load(1, MANY);
  struct kcov8_device *const device = device_make();
  struct tracer t;
  tracer_start(&t, device, 1000);
  assert_int_equal(tracer_enable(&t), 0);
  vector.n_lent = 0;
  hit(image, 5);
  hit(image, MANY - 1);
  kcov8_syscall_return(&t.task);
  assert_true(vector.n_lent > 0);
  assert_int_equal(t.words[0], 2);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
  image_unload(image);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_up, clean_up)
  const struct CMUnitTest tests[] = {
      TEST(few_counters_are_not_worth_it),
      TEST(many_are_swept_in_pieces),
      TEST(refused_is_words),
      TEST(flush),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
