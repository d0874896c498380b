/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * cmocka.h - the part of cmocka that test/unit uses
 *
 * For targets whose libraries Debian has no cmocka for: cross compilers' C
 * library is all there is. A failed check ends the program, whatever thread it
 * is on; skip() ends the test.
 */
#ifndef TEST_TARGETS_CMOCKA_H
#define TEST_TARGETS_CMOCKA_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
  const char *name;
  void (*test)(void **state);
  int (*set_up)(void **state);
  int (*tear_down)(void **state);
};

static jmp_buf cmocka_skipped;

#define print_message(...) (void)printf(__VA_ARGS__)
#define print_error print_message
#define skip() longjmp(cmocka_skipped, 1)
#define fail_msg(...)                                                          \
  do {                                                                         \
    printf("%s:%d: ", __FILE__, __LINE__);                                     \
    printf(__VA_ARGS__);                                                       \
    puts("");                                                                  \
    exit(1);                                                                   \
  } while (0)

#define assert_true(c)                                                         \
  do {                                                                         \
    if (!(c))                                                                  \
      fail_msg("not true: %s", #c);                                            \
  } while (0)
#define assert_false(c) assert_true(!(c))
#define assert_null(p) assert_true((p) == NULL)
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_ptr_equal(a, b) assert_true((a) == (b))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)
#define assert_int_equal(a, b)                                                 \
  do {                                                                         \
    const unsigned long long x_ = (unsigned long long)(a);                     \
    const unsigned long long y_ = (unsigned long long)(b);                     \
    if (x_ != y_)                                                              \
      fail_msg("%s is 0x%llx, not 0x%llx (%s)", #a, x_, y_, #b);               \
  } while (0)

#define cmocka_unit_test(f)                                                    \
  { #f, f, NULL, NULL }
#define cmocka_unit_test_setup_teardown(f, up, down)                           \
  { #f, f, up, down }

/* Passed, skipped; what fails has ended the program. */
static inline int cmocka_run(const struct CMUnitTest *tests, size_t n) {
  size_t n_skipped = 0;
  for (size_t i = 0; i < n; i++) {
    const struct CMUnitTest *volatile const t = &tests[i];
    void *state = NULL;
    printf("%s\n", t->name);
    fflush(stdout);
    if (t->set_up && t->set_up(&state))
      fail_msg("set-up failed");
    if (setjmp(cmocka_skipped))
      n_skipped++;
    else
      t->test(&state);
    if (t->tear_down && t->tear_down(&state))
      fail_msg("clean-up failed");
  }
  printf("%zu passed, %zu skipped\n", n - n_skipped, n_skipped);
  return 0;
}

#define cmocka_run_group_tests(tests, up, down)                                \
  ((void)(up), (void)(down),                                                   \
   cmocka_run(tests, sizeof(tests) / sizeof((tests)[0])))

#endif /* TEST_TARGETS_CMOCKA_H */
