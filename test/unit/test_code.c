/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_code.c - callbacks that have only their caller's address
 */
#include "support.h"

#include <pthread.h>

#include "provider/provider.h"

enum { CODE = 1024, BIAS = 1 << 16 };

static char code[CODE];

int kcov8_port_object(const void *address, struct kcov8_object *out) {
  const uintptr_t begin = (uintptr_t)code;
  if (address != code)
    return -1;
  *out = (struct kcov8_object){.begin = begin,
                               .end = begin + CODE,
                               .code_begin = begin,
                               .code_end = begin + CODE,
                               .bias = begin - BIAS};
  return 0;
}

static void run(size_t at) { kcov8i_code_hit((uintptr_t)code + at); }

static int set_up(void **state) {
  const int err = start_up(state);
  kcov8i_code_set_up(code);
  return err;
}

static int tear_down(void **state) {
  kcov8i_code_forget();
  return clean_up(state);
}

static void expect(uint64_t *w, size_t n, const size_t *at) {
  assert_int_equal(w[0], n);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(w[1 + i], BIAS + at[i]);
  w[0] = 0;
}

static void windows(void **state) {
  struct kcov8_device *const device = device_make();
  struct tracer t;
  (void)state;
  run(7); /* of a constructor */
  kcov8i_code_register();
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  for (int i = 0; i < 256; i++)
    run(CODE - 1);
  run(0);
  kcov8_syscall_return(&t.task);
  expect(t.words, 2, (size_t[]){0, CODE - 1});
  run(3);
  tracer_disable(&t);
  expect(t.words, 1, (size_t[]){3});
  run(5);
  assert_int_equal(tracer_enable(&t), 0);
  tracer_disable(&t);
  expect(t.words, 0, NULL);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void *other(void *arg) {
  struct tracer *const t = arg;
  assert_int_equal(tracer_enable(t), 0);
  run(20);
  kcov8_task_run(NULL);
  run(30);
  kcov8_task_run(&t->task);
  tracer_disable(t);
  return NULL;
}

/* A task has what it ran, and nothing of others. */
static void of_a_task(void **state) {
  struct kcov8_device *const device = device_make();
  struct tracer mine, others;
  pthread_t thread;
  (void)state;
  kcov8i_code_register();
  tracer_start(&mine, device, 64);
  tracer_start(&others, device, 64);
  assert_int_equal(tracer_enable(&mine), 0);
  run(10);
  assert_int_equal(pthread_create(&thread, NULL, other, &others), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  tracer_disable(&mine);
  expect(mine.words, 1, (size_t[]){10});
  expect(others.words, 1, (size_t[]){20});
  tracer_end(&mine);
  tracer_end(&others);
  kcov8_task_run(NULL);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void counts(void **state) {
  struct harvested h = {0};
  (void)state;
  run(9); /* before it is known to the runtime, too */
  kcov8i_code_register();
  for (int i = 0; i < 256; i++)
    run(100);
  assert_int_equal(kcov8_harvest(note_block, &h), 0);
  assert_int_equal(h.n, 2);
  assert_int_equal(h.pc[0], BIAS + 9);
  assert_int_equal(h.pc[1], BIAS + 100);
  assert_int_equal(h.hits[0], 1);
  assert_int_equal(h.hits[1], 255);
}

static void library(void **state) {
  struct kcov8_device *const device = device_make();
  struct tracer t;
  (void)state;
  kcov8i_code_register();
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  run(CODE);
  expect_log("trace-pc in code outside of the program");
  run(CODE);
  assert_int_equal(port.log[0], 0); /* once */
  tracer_disable(&t);
  expect(t.words, 0, NULL);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

/* Blocks are counted by the pass's probes: calls are there for trace-cmp. */
static void beside_the_pass(void **state) {
  struct kcov8_device *const device = device_make();
  struct image *const img = image_load(1, 3);
  struct tracer t;
  (void)state;
  kcov8i_code_register();
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  run(1);
  hit(img, 2);
  tracer_disable(&t);
  assert_int_equal(t.words[0], 1);
  assert_int_equal(t.words[1], image_pc(img, 2));
  tracer_end(&t);
  image_unload(img);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void unknown_code(void **state) {
  (void)state;
  kcov8i_code_set_up(&port);
  expect_log("kcov8_port_object() does not tell where code is");
  kcov8i_code_register();
  run(1);
  struct harvested h;
  assert_int_equal(kcov8_harvest(note_block, &h), -KCOV8_ENODEV);
}

static void no_memory(void **state) {
  (void)state;
  port.fail_alloc = 0;
  kcov8i_code_set_up(code);
  expect_log("trace-pc: no memory for counters");
  port.fail_alloc = -1;
  run(1);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define BARE(f) cmocka_unit_test_setup_teardown(f, start_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(windows),         TEST(of_a_task),    TEST(counts),   TEST(library),
      TEST(beside_the_pass), BARE(unknown_code), BARE(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
