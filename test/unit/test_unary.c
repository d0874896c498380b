/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_unary.c - probes that set one bit more at each hit: counts 1 to 7, 8 or
 * more; beside counters in one image, and under rules
 */
#include "support.h"

/* As the probe does: stc; rclb $1. */
static void hit_unary(struct image *image, size_t block) {
  image->counters[block] = (uint8_t)(image->counters[block] << 1 | 1);
}

static struct harvested harvest(void) {
  struct harvested s = {0};
  assert_int_equal(kcov8_harvest(note_block, &s), 0);
  return s;
}

static void one_to_eight(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){12, 0});
  i->funcs[0].probe = KCOV8_PROBE_UNARY;
  __kcov8_image_register(&i->desc);
  assert_int_equal(harvest().n, 0); /* nothing yet; now counts are kept */
  for (size_t b = 0; b < 12; b++)
    for (size_t n = 0; n < b; n++)
      hit_unary(i, b);
  const struct harvested s = harvest();
  assert_int_equal(s.n, 11);
  for (size_t b = 1; b < 12; b++) {
    assert_true(s.pc[b - 1] == image_pc(i, b));
    assert_int_equal(s.hits[b - 1], b < 8 ? b : 8);
  }
  assert_true(all_clear(i));
  image_unload(i);
}

/* Objects of two kinds in one image; the arrays' bounds are no bytes of bits */
static void beside_counters(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){5, 6, 7, 0});
  i->funcs[1].probe = KCOV8_PROBE_UNARY;
  __kcov8_image_register(&i->desc);
  assert_int_equal(harvest().n, 0);
  i->counters[4] = 7; /* seven hits */
  i->counters[5] = 7; /* three */
  i->counters[10] = 255;
  i->counters[11] = 255;
  const struct harvested s = harvest();
  assert_int_equal(s.n, 4);
  assert_int_equal(s.hits[0], 7);
  assert_int_equal(s.hits[1], 3);
  assert_int_equal(s.hits[2], 8);
  assert_int_equal(s.hits[3], 255);
  image_unload(i);
}

/* Block 2 has no probe; its count is the sum of the decoded ones. */
static void implied(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){6, 0});
  i->funcs[0].probe = KCOV8_PROBE_UNARY;
  i->funcs[0].flags = KCOV8_FUNC_PRUNED;
  i->funcs[0].n_blocks = 3;
  i->keys[3] = 2;
  i->keys[4] = 0 << 16 | 2;
  i->keys[5] = 1 << 16 | 2;
  __kcov8_image_register(&i->desc);
  assert_int_equal(harvest().n, 0);
  i->counters[0] = 0x0f; /* 4 */
  i->counters[1] = 0x07; /* 3 */
  const struct harvested s = harvest();
  assert_int_equal(s.n, 3);
  assert_int_equal(s.hits[2], 7);
  i->counters[0] = 0xff;
  i->counters[1] = 0x01;
  assert_int_equal(harvest().hits[2], 9); /* 9 or more */
  image_unload(i);
}

static void pairs_in_a_buffer(void **state) {
  (void)state;
  struct kcov8_device *const device = device_make();
  struct image *const i = image_make(1, (uint32_t[]){4, 0});
  struct kcov8_task me;
  uint64_t *w;
  i->funcs[0].probe = KCOV8_PROBE_UNARY;
  __kcov8_image_register(&i->desc);
  kcov8_task_init(&me);
  struct kcov8_file *const f = file_make(device, 16, &w);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_SET_COUNTS, 1), 0);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), 0);
  for (int n = 0; n < 5; n++)
    hit_unary(i, 3);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 1);
  assert_true(w[1] == image_pc(i, 3) && w[2] == 5);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  image_unload(i);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void no_memory(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){40, 0});
  i->funcs[0].probe = KCOV8_PROBE_UNARY;
  __kcov8_image_register(&i->desc);
  struct harvested s = {0};
  long n = 0;
  for (; port.fail_alloc = n, kcov8_harvest(note_block, &s); n++)
    assert_true(n < 10);
  port.fail_alloc = -1;
  assert_true(n > 1);
  image_unload(i);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_to_eight, start_up, clean_up),
      cmocka_unit_test_setup_teardown(beside_counters, start_up, clean_up),
      cmocka_unit_test_setup_teardown(implied, start_up, clean_up),
      cmocka_unit_test_setup_teardown(pairs_in_a_buffer, start_up, clean_up),
      cmocka_unit_test_setup_teardown(no_memory, start_up, clean_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
