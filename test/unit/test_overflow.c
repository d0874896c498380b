/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_overflow.c - what does not fit: dropped, or kept for a client that
 * drains; and KCOV_RESET_TRACE
 */
#include "support.h"

static struct kcov8_device *device;
static struct image *img, *img2;
static struct kcov8_task me, other;

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = image_load(1, 3000);
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

/* Hits every third block of both images; returns how many. */
static size_t run_many(void) {
  size_t n = 0;
  for (size_t i = 0; i < 3000; i += 3, n++)
    hit(img, i);
  for (size_t i = 0; i < 50; i += 3, n++)
    hit(img2, i);
  return n;
}

/* One flush's worth, in windows of 7, 511, ...: all of it, none twice. */
static void union_over_resets(void **state) {
  (void)state;
  const uint64_t sizes[] = {2, 8, 512, 1018};
  for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
    uint64_t *w;
    size_t seen = 0, flushes = 0;
    uint8_t times[3050] = {0};
    struct kcov8_file *const f = file_make(device, sizes[s], &w);
    ok(f, &me, KCOV8_SET_OVERFLOW, 1);
    ok(f, &me, KCOV8_ENABLE, 0);
    const size_t n = run_many();
    do {
      kcov8_syscall_return(&me);
      assert_true(w[0] < sizes[s]);
      assert_true(w[0] == sizes[s] - 1 || seen + w[0] == n);
      for (uint64_t e = 1; e <= w[0]; e++)
        for (size_t b = 0; b < 3050; b++)
          if (w[e] == (b < 3000 ? image_pc(img, b) : image_pc(img2, b - 3000)))
            times[b]++;
      seen += w[0];
      w[0] = 0;
    } while (seen < n && ++flushes < 2000);
    assert_int_equal(seen, n);
    for (size_t b = 0; b < 3050; b++)
      assert_int_equal(times[b], (b < 3000 ? b : b - 3000) % 3 == 0);
    kcov8_syscall_return(&me);
    expect_pcs(w, NULL);
    assert_int_equal(kcov8_file_dropped(f), 0);
    kcov8_task_exit(&me);
    kcov8_file_put(f);
    if (s == 0 && flushes < 100)
      fail_msg("a buffer of one entry was drained in %zu flushes", flushes);
  }
}

/* Hits of several flushes while the client does not reset. */
static void waits_for_a_reset(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 4, &w);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  ok(f, &me, KCOV8_ENABLE, 0);
  for (size_t i = 0; i < 10; i++) {
    hit(img, 9 - i);
    kcov8_syscall_return(&me);
  }
  expect_pcs(w, img, 9, img, 8, img, 7, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 0, img, 1, img, 2, NULL);
  hit(img2, 1);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, img, 4, img, 5, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 6, img2, 1, NULL);
  assert_int_equal(kcov8_file_dropped(f), 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* Ten blocks, of which three fit. */
static void fill(uint64_t *w) {
  w[0] = 0;
  for (size_t i = 0; i < 10; i++)
    hit(img, i);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 3);
  w[0] = 0;
}

/* DISABLE, ENABLE, RESET_TRACE and switching off empty the set. */
static void emptied(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 4, &w);
  ok(f, &me, KCOV8_ENABLE, 0);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1); /* while tracing */
  fill(w);
  w[0] = 3;
  ok(f, &me, KCOV8_DISABLE, 0);
  assert_int_equal(kcov8_file_dropped(f), 7);
  w[0] = 0;
  ok(f, &me, KCOV8_ENABLE, 0); /* the switch stays on */
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);

  fill(w);
  ok(f, &me, KCOV8_RESET_TRACE, 0);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  assert_int_equal(kcov8_file_dropped(f), 7); /* on request: not counted */

  fill(w);
  ok(f, &me, KCOV8_SET_OVERFLOW, 0);
  assert_int_equal(kcov8_file_dropped(f), 14);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  for (size_t i = 0; i < 10; i++)
    hit(img, i);
  kcov8_syscall_return(&me);
  assert_int_equal(kcov8_file_dropped(f), 21);
  kcov8_task_exit(&me);

  w[0] = 0;
  ok(f, &me, KCOV8_SET_OVERFLOW, 1); /* while idle */
  ok(f, &me, KCOV8_ENABLE, 0);
  fill(w);
  kcov8_task_exit(&me); /* what fits still comes out */
  assert_int_equal(w[0], 3);
  assert_int_equal(kcov8_file_dropped(f), 25);
  kcov8_file_put(f);
}

/* Each of two files has its own set, and only one of them keeps. */
static void two_files(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 4, &w);
  struct kcov8_file *const f2 = file_make(device, 4, &w2);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  ok(f, &me, KCOV8_ENABLE, 0);
  ok(f2, &other, KCOV8_ENABLE, 0);
  for (size_t i = 0; i < 5; i++)
    hit(img, i);
  kcov8_syscall_return(&me);
  kcov8_syscall_return(&other);
  expect_pcs(w, img, 0, img, 1, img, 2, NULL);
  expect_pcs(w2, img, 0, img, 1, img, 2, NULL);
  kcov8_task_exit(&other); /* the sets stay as long as one file needs them */
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, img, 4, NULL);
  expect_pcs(w2, NULL);
  assert_int_equal(kcov8_file_dropped(f), 0);
  assert_int_equal(kcov8_file_dropped(f2), 2);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void no_memory(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 4, &w);
  struct kcov8_file *const f2 = file_make(device, 4, &w2);
  ok(f, &me, KCOV8_ENABLE, 0);
  const size_t live = port.live;
  for (int n = 0; n < 2; n++) { /* two images, one file */
    port.fail_alloc = n;
    assert_int_equal(kcov8_ioctl(f, &me, KCOV8_SET_OVERFLOW, 1), -KCOV8_ENOMEM);
    assert_int_equal(port.live, live);
  }
  hit(img, 1);
  kcov8_syscall_return(&me); /* as before */
  expect_pcs(w, img, 1, NULL);
  port.fail_alloc = -1;
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  fill(w);
  port.fail_alloc = 0; /* a failed ENABLE of another file takes nothing */
  assert_int_equal(kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0), -KCOV8_ENOMEM);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 3);
  ok(f, &me, KCOV8_DISABLE, 0);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), -KCOV8_ENOMEM);
  assert_null(me.file);
  port.fail_alloc = -1;
  ok(f, &me, KCOV8_ENABLE, 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* The sets of a lone file with overflow survive a failed ENABLE. */
static void second_enable_fails(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 4, &w);
  struct kcov8_file *const f2 = file_make(device, 4, &w2);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  ok(f, &me, KCOV8_ENABLE, 0);
  port.fail_alloc = 0;
  assert_int_equal(kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  fill(w);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* All images were gone when the file was enabled: no sets yet. */
static void first_image_is_late(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 4, &w);
  image_unload(img);
  image_unload(img2);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  ok(f, &me, KCOV8_ENABLE, 0);
  img = image_load(3, 20);
  img2 = image_load(4, 20);
  fill(w);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* An image that comes while one file with an overflow set is enabled. */
static void late_image(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 4, &w);
  ok(f, &me, KCOV8_SET_OVERFLOW, 1);
  ok(f, &me, KCOV8_ENABLE, 0);
  struct image *const late = image_load(3, 9);
  for (size_t i = 0; i < 9; i++)
    hit(late, i);
  kcov8_syscall_return(&me);
  expect_pcs(w, late, 0, late, 1, late, 2, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, late, 3, late, 4, late, 5, NULL);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  image_unload(late);
}

/* ---- KCOV_RESET_TRACE ---- */

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
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(union_over_resets),
      TEST(waits_for_a_reset),
      TEST(emptied),
      TEST(two_files),
      TEST(no_memory),
      TEST(late_image),
      TEST(reset_trace),
      TEST(second_enable_fails),
      TEST(first_image_is_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
