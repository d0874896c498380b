/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_unique.c - KCOV_UNIQUE_ENABLE: each block once until the guest resets
 *
 * The layout of the proposal: a bitmap of blocks, then the count, then PCs.
 */
#include "support.h"

static struct kcov8_device *device;
static struct image *img;
static struct kcov8_task me, other;

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = image_load(1, 200);
  kcov8_task_init(&me);
  kcov8_task_init(&other);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

static int unique(struct kcov8_file *f, struct kcov8_task *t, uint64_t words) {
  return kcov8_ioctl(f, t, KCOV8_UNIQUE_ENABLE64, words);
}

static void run(size_t block) {
  hit(img, block);
  kcov8_syscall_return(&me);
}

static void errno_order(void **state) {
  (void)state;
  struct kcov8_file *f, *const f2 = file_make(device, 64, NULL);
  assert_int_equal(kcov8_open(device, &f), 0);
  assert_int_equal(unique(f, &me, 0), -KCOV8_EINVAL);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_INIT_TRACE64, 64), 0);
  assert_int_equal(kcov8_ioctl(f2, &me, KCOV8_ENABLE, 0), 0);
  assert_int_equal(unique(f, &me, 0), -KCOV8_EBUSY);
  kcov8_task_exit(&me);
  assert_int_equal(unique(f, &me, 0), -KCOV8_EINVAL);
  assert_int_equal(unique(f, &me, 63), -KCOV8_EINVAL);
  assert_int_equal(unique(f, &me, UINT64_MAX), -KCOV8_EINVAL);
  assert_int_equal(unique(f, &me, 62), 0);
  assert_int_equal(unique(f, &me, 62), -KCOV8_EINVAL);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_DISABLE, 0), 0);
  port.fail_alloc = 0;
  assert_int_equal(unique(f, &me, 62), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void each_once(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 16, &w);
  assert_int_equal(unique(f, &me, 2), 0);
  run(3);
  run(3);
  run(70);
  run(3);
  assert_int_equal(w[0], 8);
  assert_int_equal(w[1], 64);
  assert_int_equal(w[2], 2);
  assert_int_equal(w[3], image_pc(img, 3));
  assert_int_equal(w[4], image_pc(img, 70));
  run(128); /* no bit: always */
  run(128);
  assert_int_equal(w[2], 4);
  assert_int_equal(w[6], image_pc(img, 128));

  /* The guest's reset, and the kernel's. */
  w[0] = 0;
  w[2] = 0;
  run(3);
  run(70);
  assert_int_equal(w[2], 1);
  assert_int_equal(w[1], 64);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
  assert_int_equal(w[0] | w[1] | w[2], 0);
  run(70);
  assert_int_equal(w[2], 1);

  /* Full: dropped, and its bit is set, as in the proposal. */
  for (size_t i = 0; i < 20; i++)
    run(i);
  assert_int_equal(w[2], 13);
  assert_int_equal(kcov8_file_dropped(f), 8);
  assert_int_equal(w[0], 0xfffff);
  w[2] = UINT64_MAX;
  run(30);
  assert_true(w[2] == UINT64_MAX);

  /* Back to the plain layout. */
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_DISABLE, 0), 0);
  w[0] = 0;
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), 0);
  run(3);
  assert_int_equal(w[0], 1);
  assert_int_equal(w[1], image_pc(img, 3));
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* Beside a plain one; images in a row; what waits for room keeps its bit. */
static void with_others(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 10, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_SET_OVERFLOW, 1), 0);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_SET_COUNTS, 1), 0);
  assert_int_equal(unique(f, &me, 5), 0);
  assert_int_equal(kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0), 0);
  struct image *const late = image_load(2, 100);
  hit(late, 2); /* number 202 */
  run(0);
  run(0);
  kcov8_syscall_return(&other);
  assert_int_equal(w2[0], 2);
  assert_int_equal(w[5], 2);
  assert_int_equal(w[0], 1);
  assert_int_equal(w[3], UINT64_C(1) << (202 % 64));
  for (size_t i = 1; i < 6; i++)
    run(i);
  assert_int_equal(w[5], 4);
  assert_int_equal(w[0], 7);
  w[5] = 0;
  kcov8_syscall_return(&me);
  assert_int_equal(w[5], 3);
  assert_int_equal(w[0], 63);
  assert_int_equal(w[6], image_pc(img, 3));
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(late);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(errno_order),
      TEST(each_once),
      TEST(with_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
