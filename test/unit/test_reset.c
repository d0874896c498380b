/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_reset.c - where windows begin: KCOV_RESET_TRACE, syscall enter; and the
 * pending sets of two enabled files: what does not fit is gone, an ENABLE that
 * fails leaves nothing behind
 */
#include "support.h"

static struct kcov8_device *device;
static struct image *img, *img2;
static struct kcov8_task me, other;

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = image_load(1, 300);
  img2 = image_load(2, 50);
  kcov8_task_init(&me);
  kcov8_task_init(&other);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  image_unload(img2);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

static void ok(struct kcov8_file *f, struct kcov8_task *task, uint64_t cmd,
               uint64_t arg) {
  assert_int_equal(kcov8_ioctl(f, task, cmd, arg), 0);
}

/* Both tasks exit; the last references to their files. */
static void end_both(struct kcov8_file *f, struct kcov8_file *f2) {
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void reset_trace(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  ok(f, &me, KCOV8_ENABLE, 0);
  ok(f2, &other, KCOV8_ENABLE, 0);
  hit(img, 1);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 1);
  hit(img, 2); /* in the window that ends now; the other one's goes on */
  ok(f, &me, KCOV8_RESET_TRACE, 0);
  assert_int_equal(w[0], 0);
  hit(img, 3); /* the call's own tail */
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 1, img, 2, img, 3, NULL);
  /* Hostile counts: collection goes on after a reset. */
  w[0] = UINT64_MAX;
  ok(f, &me, KCOV8_RESET_TRACE, 0);
  hit(img, 4);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 4, NULL);
  end_both(f, f2);
}

/* Another task resets: the owner's window begins anew, its file stays its. */
static void by_another_task(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  ok(f, &me, KCOV8_ENABLE, 0);
  hit(img, 1);
  kcov8_syscall_return(&me);
  hit(img, 2);
  ok(f, &other, KCOV8_RESET_TRACE, 0);
  assert_int_equal(w[0], 0);
  hit(img, 3);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, NULL);
  kcov8_task_exit(&me);
  assert_int_equal(kcov8_ioctl(f, &other, KCOV8_RESET_TRACE, 0), -KCOV8_EINVAL);
  kcov8_file_put(f);
}

/* What the host runs while the guest computes is not of the next call. */
static void enter_discards(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  hit(img, 9);
  kcov8_syscall_enter(&me); /* nothing enabled: nothing done */
  assert_false(all_clear(img));
  ok(f, &me, KCOV8_ENABLE, 0);
  hit(img, 1);
  kcov8_syscall_enter(&me);
  assert_true(all_clear(img));
  hit(img, 2);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 2, NULL);
  /* Beside another file, it may have been the other's. */
  ok(f2, &other, KCOV8_ENABLE, 0);
  hit(img, 3);
  kcov8_syscall_enter(&me);
  hit(img, 4);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 4, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 3, img, 4, NULL);
  /* The list of enabled files is as it was: both still get theirs. */
  hit(img, 5);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 5, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 5, NULL);
  end_both(f, f2);
}

/* Two files, each with its set: what found no room does not come back. */
static void dropped_is_gone(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 4, &w);
  struct kcov8_file *const f2 = file_make(device, 4, &w2);
  ok(f, &me, KCOV8_ENABLE, 0);
  ok(f2, &other, KCOV8_ENABLE, 0);
  for (size_t i = 0; i < 5; i++)
    hit(i < 3 ? img : img2, i);
  kcov8_syscall_return(&me);
  kcov8_syscall_return(&other);
  expect_pcs(w, img, 0, img, 1, img, 2, NULL);
  expect_pcs(w2, img, 0, img, 1, img, 2, NULL);
  assert_int_equal(kcov8_file_dropped(f), 2);
  assert_int_equal(kcov8_file_dropped(f2), 2);
  hit(img, 7);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 7, NULL);
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  expect_pcs(w2, img, 7, NULL);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* An image that comes while two files are enabled. */
static void late_image(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  ok(f, &me, KCOV8_ENABLE, 0);
  ok(f2, &other, KCOV8_ENABLE, 0);
  struct image *const late = image_load(3, 9);
  hit(late, 8);
  kcov8_syscall_return(&me);
  expect_pcs(w, late, 8, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, late, 8, NULL);
  end_both(f, f2);
  image_unload(late);
}

/* ENABLE fails at each of its allocations: what it had taken is given back. */
static void second_enable_fails(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  ok(f, &me, KCOV8_ENABLE, 0);
  const size_t live = port.live;
  long n = 0;
  for (; port.fail_alloc = n, kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0); n++) {
    assert_int_equal(port.live, live);
    hit(img, 1);
    kcov8_syscall_return(&me); /* as before */
    expect_pcs(w, img, 1, NULL);
  }
  assert_int_equal(n, 4); /* two files, two images */
  port.fail_alloc = -1;
  end_both(f, f2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(reset_trace),     TEST(by_another_task), TEST(enter_discards),
      TEST(dropped_is_gone), TEST(late_image),      TEST(second_enable_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
