/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_select.c - kcov8_select(): some blocks only
 */
#include "support.h"

enum { WORDS = 2000 };

static int compare(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* Of blocks of @i; ended by -1. */
static int select_blocks(const struct image *i, const int *blocks) {
  uint64_t pcs[100];
  size_t n = 0;
  for (; blocks[n] >= 0; n++)
    pcs[n] = image_own_pc(i, (size_t)blocks[n]);
  qsort(pcs, n, sizeof(*pcs), compare);
  return kcov8_select(pcs, n);
}

static void end(struct tracer *t, struct kcov8_device *device) {
  tracer_end(t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void hit_all(struct image *i) {
  for (size_t b = 0; b < i->n_blocks; b++)
    hit(i, b);
}

static void selected_only(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_device *const device = device_make();
  struct image *const i =
      image_make(1, (const uint32_t[]){10, 300, 10, 200, 5, 0});
  __kcov8_image_register(&i->desc);
  assert_int_equal(select_blocks(i, (const int[]){3, 312, 311, 524, -1}), 0);
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  hit_all(i);
  kcov8_syscall_return(&t.task);
  expect_pcs(t.words, i, 3, i, 311, i, 312, i, 524, NULL);
  /* Functions with none of them are not even looked at. */
  assert_int_equal(i->counters[9], 0);
  assert_int_equal(i->counters[100], 1);
  assert_int_equal(i->counters[310], 0);
  assert_int_equal(i->counters[450], 1);
  tracer_disable(&t);

  /* What was left there does not come out when it is selected. */
  assert_int_equal(kcov8_select(NULL, 0), 0);
  assert_true(all_clear(i));
  assert_int_equal(tracer_enable(&t), 0);
  hit(i, 100);
  kcov8_syscall_return(&t.task);
  expect_pcs(t.words, i, 100, NULL);
  end(&t, device);
  image_unload(i);
}

static void with_marks(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_device *const device = device_make();
  struct image *const i = image_of(1, 600);
  image_add_marks(i, (const size_t[]){0, 300, 300, 600}, 4);
  __kcov8_image_register(&i->desc);
  assert_int_equal(select_blocks(i, (const int[]){7, 599, -1}), 0);
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  hit_all(i);
  kcov8_syscall_return(&t.task);
  expect_pcs(t.words, i, 7, i, 599, NULL);
  tracer_disable(&t);
  assert_int_equal(kcov8_select(NULL, 0), 0);
  assert_int_equal(tracer_enable(&t), 0);
  hit(i, 8);
  kcov8_syscall_return(&t.task);
  expect_pcs(t.words, i, 8, NULL);
  end(&t, device);
  image_unload(i);
}

/* A selection holds for images that come, and that come back. */
static void later_images(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_device *const device = device_make();
  struct image *const i = image_make(1, (const uint32_t[]){20, 0});
  struct image *const other = image_load(2, 20);
  assert_int_equal(select_blocks(i, (const int[]){4, -1}), 0);
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  hit_all(other);
  kcov8_syscall_return(&t.task);
  expect_pcs(t.words, NULL);
  for (int n = 0; n < 2; n++) {
    __kcov8_image_register(&i->desc);
    hit_all(i);
    kcov8_syscall_return(&t.task);
    expect_pcs(t.words, i, 4, NULL);
    __kcov8_image_unregister(&i->desc);
  }
  end(&t, device);
  image_unload(other);
  image_free(i);
}

static void refused(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_device *const device = device_make();
  struct image *const i = image_load(1, 20);
  assert_int_equal(kcov8_select((const uint64_t[]){2, 2}, 2), -KCOV8_EINVAL);
  assert_int_equal(kcov8_select((const uint64_t[]){3, 2}, 2), -KCOV8_EINVAL);
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  assert_int_equal(kcov8_select(NULL, 0), -KCOV8_EBUSY);
  tracer_disable(&t);
  /* No memory, at whatever point: everything is collected. */
  for (long n = 0;; n++) {
    assert_int_equal(select_blocks(i, (const int[]){5, -1}), 0);
    port.fail_alloc = n;
    const int err = select_blocks(i, (const int[]){4, -1});
    port.fail_alloc = -1;
    if (!err)
      break;
    assert_int_equal(err, -KCOV8_ENOMEM);
    assert_true(n < 10);
    assert_int_equal(tracer_enable(&t), 0);
    hit(i, 4);
    hit(i, 6);
    kcov8_syscall_return(&t.task);
    expect_pcs(t.words, i, 4, i, 6, NULL);
    tracer_disable(&t);
  }
  end(&t, device);
  image_unload(i);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(selected_only, start_up, clean_up),
      cmocka_unit_test_setup_teardown(with_marks, start_up, clean_up),
      cmocka_unit_test_setup_teardown(later_images, start_up, clean_up),
      cmocka_unit_test_setup_teardown(refused, start_up, clean_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
