/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_sancov.c - the callbacks of -fsanitize-coverage=trace-cmp
 *
 * A program of its own: that they are linked is what makes KCOV_TRACE_CMP
 * available.
 */
#include "support.h"

void __sanitizer_cov_trace_cmp1(uint8_t a, uint8_t b);
void __sanitizer_cov_trace_cmp2(uint16_t a, uint16_t b);
void __sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b);
void __sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b);
void __sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b);
void __sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b);
void __sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b);
void __sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b);
void __sanitizer_cov_trace_switch(uint64_t value, const uint64_t *cases);

__attribute__((noinline)) static void call_all(void) {
  static const uint64_t cases[4][4] = {
      {2, 8, 1, 2}, {2, 64, 3, 4}, {2, 33, 5, 6}, {0, 32, 0, 0}};
  __sanitizer_cov_trace_cmp1(0x81, 2);
  __sanitizer_cov_trace_cmp2(0x8001, 2);
  __sanitizer_cov_trace_cmp4(0x80000001, 2);
  __sanitizer_cov_trace_cmp8(1, UINT64_MAX);
  __sanitizer_cov_trace_const_cmp1(3, 4);
  __sanitizer_cov_trace_const_cmp2(3, 4);
  __sanitizer_cov_trace_const_cmp4(3, 4);
  __sanitizer_cov_trace_const_cmp8(3, 4);
  for (int i = 0; i < 4; i++)
    __sanitizer_cov_trace_switch(9, cases[i]);
}

static void records(void **state) {
  static const uint64_t expected[][3] = {
      {0, 0x81, 2}, {2, 0x8001, 2}, {4, 0x80000001, 2}, {6, 1, UINT64_MAX},
      {1, 3, 4},    {3, 3, 4},      {5, 3, 4},          {7, 3, 4},
      {1, 1, 9},    {1, 2, 9},      {7, 3, 9},          {7, 4, 9}};
  enum { N = sizeof(expected) / sizeof(expected[0]) };
  struct kcov8_device *const device = device_make();
  struct image *const img = image_load(1, 10);
  struct kcov8_task me;
  uint64_t *w;
  (void)state;
  struct kcov8_file *const f = file_make(device, 256, &w);
  kcov8_task_init(&me);
  current_task = &me;
  call_all();
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, KCOV8_TRACE_CMP), 0);
  call_all();
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_DISABLE, 0), 0);
  call_all();
  assert_int_equal(w[0], N);
  for (size_t i = 0; i < N; i++) {
    const uintptr_t at = (uintptr_t)call_all;
    assert_memory_equal(&w[1 + 4 * i], expected[i], sizeof(expected[i]));
    assert_true(w[4 + 4 * i] > at && w[4 + 4 * i] < at + 4096);
  }
  kcov8_file_put(f);
  image_unload(img);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(records, start_up, clean_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
