/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_remote.c - KCOV_REMOTE_ENABLE: errno order, handles, what is recorded
 *
 * Guest memory is this process's; one page of it "faults".
 */
#include "support.h"

#include <errno.h>

static struct kcov8_device *device;
static struct image *img;
static struct kcov8_task me, other;

#define USB(instance) (KCOV8_SUBSYSTEM_USB | (instance))

enum { MAX_HANDLES = 300 };
static _Alignas(8) char arg_bytes[sizeof(struct kcov8_remote_arg) +
                                  MAX_HANDLES * sizeof(uint64_t)];
static struct kcov8_remote_arg *const arg = (void *)arg_bytes;

static uint64_t fault_from; /* guest addresses from here on fault */
static void (*between_reads)(void);

static int read_guest(void *ctx, struct kcov8_task *task, void *to,
                      uint64_t from, size_t bytes) {
  assert_ptr_equal(ctx, arg_bytes);
  assert_ptr_equal(task, &me);
  if (from + bytes > fault_from)
    return -EFAULT;
  memcpy(to, (const void *)(uintptr_t)from, bytes);
  if (between_reads)
    between_reads();
  return 0;
}

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx;
  (void)task;
  if (to + bytes > fault_from)
    return -EFAULT;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

static int set_up(void **state) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .ctx = arg_bytes,
                                  .read_guest = read_guest,
                                  .write_guest = write_guest,
                                  .word_bytes = 8};
  start_up(state);
  fault_from = UINT64_MAX;
  between_reads = NULL;
  memset(arg_bytes, 0, sizeof(arg_bytes));
  arg->area_size = 64;
  if (kcov8_device_create(&host, &device))
    return 1;
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

static int remote(struct kcov8_file *f) {
  return kcov8_ioctl(f, &me, KCOV8_REMOTE_ENABLE, (uintptr_t)arg);
}

static int disable(struct kcov8_file *f) {
  return kcov8_ioctl(f, &me, KCOV8_DISABLE, 0);
}

static void set_handles(size_t n, ...) {
  va_list args;
  va_start(args, n);
  arg->num_handles = (uint32_t)n;
  for (size_t i = 0; i < n; i++)
    arg->handles[i] = va_arg(args, uint64_t);
  va_end(args);
}

/* Each wrong thing in front of all that come after it. */
static void errno_order(void **state) {
  (void)state;
  struct kcov8_file *f, *f2 = file_make(device, 64, NULL);
  assert_int_equal(kcov8_open(device, &f), 0);

  fault_from = (uintptr_t)&arg->num_handles;
  arg->num_handles = 257;
  assert_int_equal(remote(f), -KCOV8_EFAULT);
  fault_from = (uintptr_t)(&arg->num_handles + 1);
  assert_int_equal(remote(f), -KCOV8_EINVAL);
  arg->num_handles = 256;
  assert_int_equal(remote(f), -KCOV8_EFAULT);
  fault_from = (uintptr_t)&arg->handles[255];
  assert_int_equal(remote(f), -KCOV8_EFAULT);
  fault_from = UINT64_MAX;

  assert_int_equal(remote(f), -KCOV8_EINVAL); /* not initialised */
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_INIT_TRACE64, 64), 0);

  set_handles(0);
  assert_int_equal(remote(f2), 0);
  arg->trace_mode = 2;
  assert_int_equal(remote(f), -KCOV8_EBUSY); /* I have another */
  assert_int_equal(disable(f2), 0);

  assert_int_equal(remote(f), -KCOV8_EINVAL);
  arg->trace_mode = 1;
  assert_int_equal(remote(f), -KCOV8_ENOTSUPP);
  arg->trace_mode = 0;
  set_handles(1, KCOV8_SUBSYSTEM_COMMON | 7);
  assert_int_equal(remote(f), -KCOV8_EINVAL);
  set_handles(0);
  arg->area_size = UINT32_MAX; /* not too large with words of 8 bytes */
  assert_int_equal(remote(f), 0);
  assert_int_equal(remote(f), -KCOV8_EINVAL); /* enabled */
  assert_int_equal(disable(f), 0);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void change_number(void) { arg->num_handles = 1; }

static void number_changes(void **state) {
  (void)state;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  between_reads = change_number;
  set_handles(2, USB(1), USB(2));
  assert_int_equal(remote(f), -KCOV8_EINVAL);
  assert_null(me.remote);
  kcov8_file_put(f);
}

static void handle_forms(void **state) {
  (void)state;
  static const struct {
    uint64_t handle;
    int in_array, as_common;
  } forms[] = {
      {USB(0), 0, -22},
      {USB(1), 0, -22},
      {USB(UINT32_MAX), 0, -22},
      {USB(UINT64_C(1) << 32), -22, -22},
      {USB(UINT64_C(1) << 55), -22, -22},
      {0, -22, 0}, /* as common handle: none */
      {1, -22, 0},
      {UINT32_MAX, -22, 0},
      {UINT64_C(1) << 32, -22, -22},
      {UINT64_C(2) << 56 | 1, -22, -22},
      {UINT64_C(0xff) << 56 | 1, -22, -22},
      {UINT64_MAX, -22, -22},
  };
  struct kcov8_file *const f = file_make(device, 64, NULL);
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    arg->common_handle = 0;
    set_handles(2, USB(99), forms[i].handle);
    assert_int_equal(remote(f), forms[i].in_array);
    kcov8_task_exit(&me);
    set_handles(1, USB(99));
    arg->common_handle = forms[i].handle;
    assert_int_equal(remote(f), forms[i].as_common);
    kcov8_task_exit(&me);
    assert_null(me.remote);
  }
  kcov8_file_put(f);
}

/* A failure takes back what was added before; so do DISABLE and exit. */
static void handles_are_unique(void **state) {
  (void)state;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  set_handles(2, USB(1), USB(1));
  assert_int_equal(remote(f), -KCOV8_EEXIST);
  set_handles(2, USB(1), USB(2));
  arg->common_handle = 5;
  assert_int_equal(remote(f), 0);

  struct kcov8_task mine = me; /* this file's; me is free for another */
  mine.remote->owner = &mine;
  kcov8_task_init(&me);
  set_handles(2, USB(3), USB(2));
  assert_int_equal(remote(f2), -KCOV8_EEXIST);
  arg->common_handle = 5;
  set_handles(1, USB(3));
  assert_int_equal(remote(f2), -KCOV8_EEXIST);
  arg->common_handle = 6;
  assert_int_equal(remote(f2), 0);
  assert_int_equal(disable(f2), 0);

  kcov8_task_exit(&mine);
  set_handles(3, USB(1), USB(2), USB(3));
  arg->common_handle = 5;
  assert_int_equal(remote(f2), 0);
  kcov8_file_put(f2); /* closed while enabled */
  assert_int_equal(remote(f), -KCOV8_EBUSY);
  kcov8_task_exit(&me);
  assert_int_equal(remote(f), 0);
  assert_int_equal(disable(f), 0);
  kcov8_file_put(f);
}

static void most_handles(void **state) {
  (void)state;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  arg->num_handles = 256;
  for (uint32_t i = 0; i < 256; i++)
    arg->handles[i] = USB(i);
  const size_t live = port.live;
  port.fail_alloc = 255;
  assert_int_equal(remote(f), -KCOV8_ENOMEM);
  port.fail_alloc = 1;
  assert_int_equal(remote(f), 0);
  port.fail_alloc = 0;
  assert_int_equal(disable(f), 0);
  assert_int_equal(remote(f), 0); /* those that it had */
  assert_int_equal(disable(f), 0);
  port.fail_alloc = -1;
  assert_int_equal(port.live, live + 256);
  kcov8_file_put(f);
}

/* The owner's own syscalls are not recorded, nor what others run. */
static void owner_is_not_recorded(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(remote(f), 0);
  assert_int_equal(me.tracing, 0);
  hit(img, 1);
  kcov8_syscall_return(&me);
  kcov8_task_flush(&me);
  kcov8_task_exec(&me);
  expect_pcs(w, NULL);
  assert_int_equal(kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0), 0);
  hit(img, 2);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 2, NULL);
  expect_pcs(w, NULL);

  w[0] = 9;
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
  assert_int_equal(w[0], 0);
  assert_int_equal(disable(f), 0);
  assert_int_equal(w[0], 0);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), 0);
  hit(img, 3);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, NULL);
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* ---- Background work ---- */

static struct kcov8_task worker, worker2;

/* @f gets handle USB(1) and common handle 5; owner: me. */
static void remote_5(struct kcov8_file *f) {
  set_handles(1, USB(1));
  arg->common_handle = 5;
  assert_int_equal(remote(f), 0);
}

static int start(struct kcov8_task *task, uint64_t handle) {
  return kcov8_remote_start(device, task, handle);
}

static void section(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  kcov8_task_init(&worker);
  kcov8_task_init(&worker2);
  assert_int_equal(start(&worker, 5), -KCOV8_ENOENT);
  remote_5(f);
  assert_int_equal(start(&worker, 0), -KCOV8_ENOENT);
  assert_int_equal(start(&worker, 6), -KCOV8_ENOENT);
  assert_int_equal(kcov8_ioctl(f2, &worker, KCOV8_ENABLE, 0), 0);
  assert_int_equal(start(&worker, 5), -KCOV8_EBUSY);
  assert_int_equal(kcov8_ioctl(f2, &worker, KCOV8_DISABLE, 0), 0);
  kcov8_remote_stop(&worker);

  hit(img, 1); /* nobody's */
  assert_int_equal(start(&worker, 5), 0);
  assert_int_equal(start(&worker, 5), -KCOV8_EBUSY);
  assert_int_equal(kcov8_ioctl(f2, &worker, KCOV8_ENABLE, 0), -KCOV8_EBUSY);
  hit(img, 2);
  hit(img, 2);
  expect_pcs(w, NULL); /* at stop */
  kcov8_remote_stop(&worker);
  kcov8_remote_stop(&worker);
  hit(img, 3);
  expect_pcs(w, img, 2, NULL);

  /* An array's handle; two at once; beside an enabled task. */
  assert_int_equal(kcov8_ioctl(f2, &other, KCOV8_ENABLE, 0), 0);
  hit(img, 10);
  assert_int_equal(start(&worker, USB(1)), 0);
  hit(img, 11);
  kcov8_syscall_return(&other);
  assert_int_equal(start(&worker2, 5), 0);
  hit(img, 12);
  kcov8_remote_stop(&worker);
  expect_pcs(w, img, 11, img, 12, NULL);
  hit(img, 13);
  kcov8_task_exit(&worker2); /* ends the section, too */
  expect_pcs(w, img, 13, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 10, img, 11, img, 12, img, 13, NULL);
  hit(img, 14);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 14, NULL);
  expect_pcs(w, NULL);
  kcov8_task_exit(&other);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* The owner stops, or resets, while work goes on. */
static void section_outlives(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  kcov8_task_init(&worker);
  kcov8_task_init(&worker2);
  remote_5(f);
  assert_int_equal(start(&worker, 5), 0);
  hit(img, 1);
  assert_int_equal(disable(f), 0);
  assert_int_equal(start(&worker2, 5), -KCOV8_ENOENT);
  kcov8_remote_stop(&worker);
  expect_pcs(w, NULL);

  remote_5(f);
  assert_int_equal(start(&worker, 5), 0);
  hit(img, 1);
  assert_int_equal(disable(f), 0);
  remote_5(f);
  assert_int_equal(start(&worker2, 5), 0);
  hit(img, 2);
  kcov8_remote_stop(&worker); /* of the time before */
  expect_pcs(w, NULL);
  hit(img, 3);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_RESET_TRACE, 0), 0);
  hit(img, 4);
  kcov8_remote_stop(&worker2);
  expect_pcs(w, img, 4, NULL);

  /* The last reference is the worker's. */
  assert_int_equal(start(&worker, 5), 0);
  kcov8_file_put(f);
  kcov8_task_exit(&me);
  assert_int_equal(kcov8_device_destroy(device), -KCOV8_EBUSY);
  hit(img, 5);
  kcov8_remote_stop(&worker);
}

static void section_limits(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  kcov8_task_init(&worker);
  for (uint32_t words = 0; words < 6; words++) {
    arg->area_size = words;
    remote_5(f);
    assert_int_equal(start(&worker, 5), 0);
    for (size_t i = 0; i < 10; i++)
      hit(img, i);
    kcov8_remote_stop(&worker);
    assert_int_equal(w[0], words ? words - 1 : 0);
    w[0] = 0;
    assert_int_equal(disable(f), 0);
  }
  arg->area_size = 64;
  remote_5(f);
  port.fail_alloc = 0;
  assert_int_equal(start(&worker, 5), -KCOV8_ENOMEM);
  assert_null(worker.section);
  port.fail_alloc = 1; /* the section; nothing by the block */
  assert_int_equal(start(&worker, 5), 0);
  port.fail_alloc = -1;
  const size_t locks = port.n_locks;
  assert_int_equal(start(&worker2, 6), -KCOV8_ENOENT);
  assert_int_equal(port.n_locks, locks);
  w[0] = UINT64_MAX;
  hit(img, 1);
  kcov8_remote_stop(&worker);
  assert_true(w[0] == UINT64_MAX);
  assert_int_equal(disable(f), 0);
  kcov8_file_put(f);
}

static void common_handle(void **state) {
  (void)state;
  struct kcov8_task child, grandchild;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  remote_5(f);
  assert_int_equal(kcov8_common_handle(&me), 5);
  kcov8_task_fork(&child, &me);
  kcov8_task_fork(&grandchild, &child);
  assert_null(child.file);
  assert_int_equal(disable(f), 0);
  assert_int_equal(kcov8_common_handle(&me), 0);
  assert_int_equal(kcov8_common_handle(&grandchild), 5);
  assert_int_equal(kcov8_ioctl(f, &child, KCOV8_ENABLE, 0), 0);
  assert_int_equal(kcov8_common_handle(&child), 5);
  kcov8_task_exit(&child);
  assert_int_equal(kcov8_common_handle(&child), 5); /* not that file's */
  kcov8_task_init(&grandchild);
  assert_int_equal(kcov8_common_handle(&grandchild), 0);
  kcov8_file_put(f);
}

/* Several workers' comparisons, moved at their ends. */
static void section_compares(void **state) {
  (void)state;
  uint64_t *w;
  struct image *const cmp = image_of(2, 10);
  cmp->funcs[0].flags = KCOV8_FUNC_CMP;
  __kcov8_image_register(&cmp->desc);
  struct kcov8_file *const f = file_make(device, 64, &w);
  kcov8_task_init(&worker);
  kcov8_task_init(&worker2);
  arg->trace_mode = KCOV8_TRACE_CMP;
  arg->area_size = 9;
  remote_5(f);
  current_task = &me;
  __kcov8_trace_cmp(cmp->counters, 0, 1, 1); /* the owner's own */
  assert_int_equal(start(&worker, 5), 0);
  assert_int_equal(start(&worker2, 5), 0);
  for (uint64_t i = 0; i < 3; i++) {
    current_task = &worker;
    __kcov8_trace_cmp(cmp->counters + 3, 6, i, 2);
    current_task = &worker2;
    __kcov8_trace_cmp(cmp->counters + 4, 6, i, 3);
  }
  assert_int_equal(w[0], 0);
  kcov8_remote_stop(&worker2);
  assert_int_equal(w[0], 2); /* 9 words */
  kcov8_remote_stop(&worker);
  assert_int_equal(w[0], 4);
  for (uint64_t i = 0; i < 4; i++) {
    const uint64_t expected[] = {6, i % 2, i < 2 ? 3 : 2,
                                 image_pc(cmp, i < 2 ? 4 : 3)};
    assert_memory_equal(&w[1 + 4 * i], expected, sizeof(expected));
  }
  assert_int_equal(kcov8_file_dropped(f), 2);
  assert_int_equal(start(&worker, 5), 0);
  __kcov8_trace_cmp(cmp->counters + 3, 6, 1, 2);
  assert_int_equal(disable(f), 0);
  kcov8_remote_stop(&worker);
  assert_int_equal(w[0], 4);
  arg->area_size = 0;
  remote_5(f);
  assert_int_equal(start(&worker, 5), -KCOV8_ENOMEM);
  assert_int_equal(disable(f), 0);
  assert_int_equal(__kcov8_cmp_on, 0);
  kcov8_file_put(f);
  image_unload(cmp);
}

static void status(void **state) {
  (void)state;
  struct kcov8_status s;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 4, &w);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_ENABLE, 0), 0);
  for (size_t i = 0; i < 10; i++)
    hit(img, i);
  kcov8_syscall_return(&me);
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_GET_STATUS, (uintptr_t)&s), 0);
  assert_int_equal(s.dropped, 7);
  assert_int_equal(s.reserved, 0);
  hit(img, 20);
  hit(img, 21);
  kcov8_syscall_return(&me);
  /* Anyone who has the descriptor may ask. */
  assert_int_equal(kcov8_ioctl(f, &other, KCOV8_GET_STATUS, (uintptr_t)&s), 0);
  assert_int_equal(s.dropped, 9);
  fault_from = (uintptr_t)&s + 8;
  assert_int_equal(kcov8_ioctl(f, &me, KCOV8_GET_STATUS, (uintptr_t)&s),
                   -KCOV8_EFAULT);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(errno_order),      TEST(number_changes),
      TEST(handle_forms),     TEST(handles_are_unique),
      TEST(most_handles),     TEST(owner_is_not_recorded),
      TEST(section),          TEST(section_outlives),
      TEST(section_limits),   TEST(common_handle),
      TEST(section_compares), TEST(status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
