/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_cmp.c - KCOV_TRACE_CMP: records, whose they are, hostile buffers
 */
#include "support.h"

#include <pthread.h>

static struct kcov8_device *device;
static struct image *img;
static struct kcov8_task me, other;

/* One that was compiled with trace-cmp. */
static struct image *load_with_cmp(uint64_t seed) {
  struct image *const i = image_of(seed, 100);
  i->funcs[0].flags = KCOV8_FUNC_CMP;
  __kcov8_image_register(&i->desc);
  return i;
}

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = load_with_cmp(1);
  kcov8_task_init(&me);
  kcov8_task_init(&other);
  current_task = &me;
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device) || __kcov8_cmp_on)
    return 1;
  return clean_up(state);
}

static int enable(struct kcov8_file *f, struct kcov8_task *t, uint64_t mode) {
  return kcov8_ioctl(f, t, KCOV8_ENABLE, mode);
}

static int disable(struct kcov8_file *f, struct kcov8_task *t) {
  return kcov8_ioctl(f, t, KCOV8_DISABLE, 0);
}

static void compare(size_t block, uint32_t type, uint64_t a, uint64_t b) {
  __kcov8_trace_cmp(img->counters + block, type, a, b);
}

static void expect_record(const uint64_t *w, size_t i, uint32_t type,
                          uint64_t a, uint64_t b, uint64_t pc) {
  assert_int_equal(w[1 + 4 * i], type);
  assert_int_equal(w[2 + 4 * i], a);
  assert_int_equal(w[3 + 4 * i], b);
  assert_int_equal(w[4 + 4 * i], pc);
}

static void records(void **state) {
  (void)state;
  static const uint64_t cases[] = {3, 16, 10, 20, 0xffff};
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 512, &w);
  compare(0, 0, 1, 2);
  assert_int_equal(__kcov8_cmp_on, 0);
  assert_int_equal(enable(f, &me, KCOV8_TRACE_CMP), 0);
  assert_int_equal(__kcov8_cmp_on, 1);
  assert_int_equal(w[0], 0);
  compare(3, KCOV8_CMP_CONST, 0x41, 0xff);
  compare(99, KCOV8_CMP_SIZE(3), UINT64_MAX, 0);
  __kcov8_trace_switch(img->counters + 7, 20, cases);
  assert_int_equal(w[0], 5);
  expect_record(w, 0, 1, 0x41, 0xff, image_pc(img, 3));
  expect_record(w, 1, 6, UINT64_MAX, 0, image_pc(img, 99));
  expect_record(w, 2, 3, 10, 20, image_pc(img, 7));
  expect_record(w, 3, 3, 20, 20, image_pc(img, 7));
  expect_record(w, 4, 3, 0xffff, 20, image_pc(img, 7));

  /* Blocks are not recorded in this mode; the client resets. */
  hit(img, 5);
  kcov8_syscall_return(&me);
  kcov8_task_exec(&me);
  assert_int_equal(w[0], 5);
  w[0] = 0;
  compare(4, KCOV8_CMP_SIZE(1), 8, 9);
  assert_int_equal(w[0], 1);
  expect_record(w, 0, 2, 8, 9, image_pc(img, 4));
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
  assert_int_equal(w[0], 0);

  /* The other mode, and back: the buffer stays. */
  compare(4, 0, 8, 9);
  assert_int_equal(disable(f, &me), 0);
  compare(4, 0, 8, 9);
  assert_int_equal(w[0], 1);
  assert_int_equal(enable(f, &me, KCOV8_TRACE_PC), 0);
  compare(4, 0, 8, 9);
  hit(img, 6);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 2);
  assert_int_equal(w[2], image_pc(img, 6));
  assert_int_equal(disable(f, &me), 0);
  assert_int_equal(enable(f, &me, KCOV8_TRACE_CMP), 0);
  compare(4, 0, 8, 9);
  assert_int_equal(w[0], 3);
  kcov8_file_put(f); /* the task has it still */
  compare(4, 0, 8, 9);
  assert_int_equal(w[0], 4);
  kcov8_task_exit(&me);
  assert_int_equal(__kcov8_cmp_on, 0);
  compare(4, 0, 8, 9);
}

static void errno_order(void **state) {
  (void)state;
  struct kcov8_file *f, *const f2 = file_make(device, 64, NULL);
  assert_int_equal(kcov8_open(device, &f), 0);
  assert_int_equal(enable(f, &me, 1), -KCOV8_EINVAL);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_INIT_TRACE64, 64), 0);
  assert_int_equal(enable(f2, &me, 1), 0);
  assert_int_equal(enable(f, &me, 1), -KCOV8_EBUSY);
  assert_int_equal(enable(f2, &me, 1), -KCOV8_EINVAL);
  assert_int_equal(enable(f2, &other, 0), -KCOV8_EINVAL);
  assert_int_equal(enable(f, &other, UINT64_C(1) << 32 | 1), -KCOV8_EINVAL);
  assert_int_equal(disable(f2, &other), -KCOV8_EINVAL);
  assert_int_equal(kcov8_ioctl(f2, &me, KCOV8_SET_COUNTS, 1), -KCOV8_EBUSY);
  assert_int_equal(disable(f2, &me), 0);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* As Linux without CONFIG_KCOV_ENABLE_COMPARISONS. */
static void no_code(void **state) {
  (void)state;
  image_unload(img);
  kcov8i_forget_images();
  img = image_load(2, 10);
  struct kcov8_file *const f = file_make(device, 64, NULL);
  assert_int_equal(enable(f, &me, 1), -KCOV8_ENOTSUPP);
  expect_log("no code was compiled with trace-cmp");
  assert_int_equal(enable(f, &me, 0), 0);
  assert_int_equal(enable(f, &me, 1), -KCOV8_EINVAL);
  assert_int_equal(disable(f, &me), 0);
  kcov8_file_put(f);
}

/* Each to its own; nobody's are nobody's. */
static void whose(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(enable(f, &me, 1), 0);
  current_task = &other;
  compare(1, 0, 1, 1);
  current_task = NULL;
  compare(1, 0, 1, 1);
  assert_int_equal(enable(f2, &other, 1), 0);
  assert_int_equal(__kcov8_cmp_on, 2);
  current_task = &other;
  compare(1, 0, 2, 2);
  current_task = &me;
  compare(1, 0, 3, 3);
  kcov8_task_exit(&me);
  compare(1, 0, 4, 4);
  assert_int_equal(__kcov8_cmp_on, 1);
  assert_int_equal(w[0], 1);
  expect_record(w, 0, 0, 3, 3, image_pc(img, 1));
  assert_int_equal(w2[0], 1);
  expect_record(w2, 0, 0, 2, 2, image_pc(img, 1));
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void full(void **state) {
  (void)state;
  for (uint64_t n = 2; n < 40; n++) {
    uint64_t *w;
    struct kcov8_file *const f = file_make(device, n, &w);
    assert_int_equal(enable(f, &me, 1), 0);
    for (uint64_t i = 0; i < 20; i++)
      compare(2, 0, i, i);
    const uint64_t fit = (n - 1) / 4;
    assert_int_equal(w[0], fit);
    assert_int_equal(kcov8_file_dropped(f), 20 - fit);
    if (fit)
      expect_record(w, fit - 1, 0, fit - 1, fit - 1, image_pc(img, 2));
    kcov8_task_exit(&me);
    kcov8_file_put(f);
  }
}

/* Whatever the guest writes to word 0: in place, or nowhere. */
static void hostile_count(void **state) {
  (void)state;
  enum { N = 64, FIT = (N - 1) / 4 };
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, N, &w);
  assert_int_equal(enable(f, &me, 1), 0);
  for (unsigned int bit = 0; bit < 64; bit++)
    for (int64_t d = -20; d <= 20; d++) {
      const uint64_t count = (UINT64_C(1) << bit) + (uint64_t)d;
      memset(w, 0x3c, N * 8);
      w[0] = count;
      compare(1, 6, 7, 8);
      assert_int_equal(w[0], count < FIT ? count + 1 : count);
      for (uint64_t i = 1; i < N; i++)
        if (count >= FIT || i < 1 + 4 * count || i > 4 + 4 * count)
          assert_int_equal(w[i], 0x3c3c3c3c3c3c3c3c);
      if (count < FIT)
        expect_record(w, count, 6, 7, 8, image_pc(img, 1));
    }
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* Loaded since the last system call: no PC, no record, but counted. */
static void late_image(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  assert_int_equal(enable(f, &me, 1), 0);
  struct image *const late = load_with_cmp(2);
  __kcov8_trace_cmp(late->counters, 0, 1, 1);
  assert_int_equal(w[0], 0);
  assert_int_equal(kcov8_file_dropped(f), 1);
  kcov8_syscall_return(&me);
  __kcov8_trace_cmp(late->counters, 0, 1, 1);
  assert_int_equal(w[0], 1);
  expect_record(w, 0, 0, 1, 1, image_pc(late, 0));
  __kcov8_trace_cmp(late->counters + late->n_blocks, 0, 1, 1);
  assert_int_equal(w[0], 1); /* nobody's counter */
  image_unload(late);
  compare(1, 0, 1, 1);
  assert_int_equal(w[0], 2);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

static void compare_1(void) { compare(1, 0, 1, 1); }

/* A port that compares inside of the runtime's calls, and code under its lock.
 */
static void in_hooks(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  port.on_lock = compare_1;
  assert_int_equal(enable(f, &me, 1), 0);
  assert_int_equal(w[0], 0);
  kcov8_syscall_return(&me);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
  assert_int_equal(w[0], 0);
  port.on_lock = NULL;
  kcov8_port_lock();
  compare_1();
  kcov8_port_unlock();
  assert_int_equal(w[0], 1);
  port.on_unlock = compare_1;
  assert_int_equal(disable(f, &me), 0);
  port.on_unlock = NULL;
  assert_int_equal(w[0], 1);
  kcov8_file_put(f);
}

/* Words of 64 bits in a guest of 32. */
static void narrow_guest(void **state) {
  (void)state;
  for (int big = 0; big < 2; big++) {
    const struct kcov8_host host = {.size = sizeof(host),
                                    .word_bytes = 4,
                                    .byte_order = big ? KCOV8_ORDER_BIG
                                                      : KCOV8_ORDER_LITTLE};
    struct kcov8_device *d;
    struct kcov8_file *f;
    struct kcov8_area area;
    assert_int_equal(kcov8_device_create(&host, &d), 0);
    assert_int_equal(kcov8_open(d, &f), 0);
    assert_int_equal(kcov8_ioctl(f, &me, KCOV8_INIT_TRACE32, 12), 0);
    assert_int_equal(enable(f, &me, 1), 0);
    assert_int_equal(kcov8_mmap(f, 48, 0, &area), 0);
    compare(1, 7, 0x0102030405060708, 5);
    compare(1, 7, 1, 5); /* 6 words of 64 bits hold one */
    assert_int_equal(kcov8_file_dropped(f), 1);
    const uint64_t expected[] = {
        1, 7, 0x0102030405060708, 5, (uint32_t)image_pc(img, 1), 0};
    for (int i = 0; i < 6; i++) {
      uint64_t v = 0;
      for (int b = 0; b < 8; b++)
        v |= (uint64_t)((uint8_t *)area.base)[8 * i + b]
             << 8 * (big ? 7 - b : b);
      assert_int_equal(v, expected[i]);
    }
    memset(area.base, 0xff, 8);
    compare(1, 7, 1, 5);
    assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
    assert_int_equal(*(uint64_t *)area.base, 0);
    kcov8_task_exit(&me);
    kcov8_file_put(f);
    assert_int_equal(kcov8_device_destroy(d), 0);
  }
}

/* ---- Threads ---- */

static void *compares_all_the_time(void *arg) {
  uint64_t *w, seen = 0;
  struct kcov8_task task;
  struct kcov8_file *const f = file_make(device, 4096, &w);
  (void)arg;
  kcov8_task_init(&task);
  current_task = &task;
  for (uint64_t round = 0; round < 200; round++) {
    if (enable(f, &task, 1))
      return NULL;
    for (uint64_t i = 0; i < 100; i++)
      __kcov8_trace_cmp(img->counters + i, 6, round, i);
    kcov8_syscall_return(&task);
    seen += w[0];
    for (uint64_t i = 0; i < w[0]; i++)
      seen -= w[2 + 4 * i] != round || w[3 + 4 * i] != i;
    w[0] = 0;
    if (round % 2)
      kcov8_task_exit(&task);
    else if (disable(f, &task))
      return NULL;
  }
  current_task = NULL;
  kcov8_file_put(f);
  return seen == UINT64_C(100) * 200 ? &device : NULL;
}

static void threads(void **state) {
  (void)state;
  enum { N = 4 };
  pthread_t thread[N];
  for (int i = 0; i < N; i++)
    pthread_create(&thread[i], NULL, compares_all_the_time, NULL);
  for (uint64_t seed = 10; seed < 40; seed++)
    image_unload(load_with_cmp(seed));
  for (int i = 0; i < N; i++) {
    void *result;
    pthread_join(thread[i], &result);
    assert_ptr_equal(result, &device);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(records),      TEST(errno_order),   TEST(no_code),    TEST(whose),
      TEST(full),         TEST(hostile_count), TEST(late_image), TEST(in_hooks),
      TEST(narrow_guest), TEST(threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
