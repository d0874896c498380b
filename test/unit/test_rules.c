/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_rules.c - the language of filters, which the pass and the tool share:
 * what each glob matches, in any locale; refusals are in test/pass/filter-*
 */
#include "rules.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct glob_case {
  const char *glob, *yes, *no; /* texts, separated by blanks */
};

/* clang-format off */
static const struct glob_case globs[] = {
    {"do_read", "do_read", "do_rea do_reads xdo_read DO_READ"},
    {"*", "a a/b", ""},
    {"*.c", ".c a.c a/b.c", "a.cc c"},
    {"a*", "a a/ ab", "ba"},
    {"**a", "a ba", "ab"},
    {"a*b*c", "abc axbxc abcbc", "acb abcd"},
    {"d*_*_d", "d__d da_b_d", "do_read"},
    {"?", "a / *", "ab"},
    {"a?c", "abc a/c a.c", "ac abbc"},
    {"[abc]", "a b c", "d ab [abc]"},
    {"[a-c]x", "ax cx", "dx -x"},
    {"[a-ce-g]", "a g e", "d -"},
    {"[!a-c]", "d - !", "a b c"},
    {"[^a-c]", "d - ^ !", "a b c"},
    {"[]a]", "] a", "b []a]"},
    {"[!]a]", "b [", "] a"},
    {"[^]a]", "b ^", "] a"},
    {"[a-]", "a -", "b"},
    {"[-a]", "a -", "b"},
    {"[--0]", "- . / 0", "1 ,"},
    {"[a^]", "a ^", "b"},
    {"[a!]", "a !", "b"},
    {"[*?]", "* ?", "a"},
    {"[.*+$(){}|\\]", ". * + $ ( ) { } | \\", "a"},
    {"[[]", "[", "a ]"},
    {"[z-a]", "", "a m z -"},
    {"a]", "a]", "a"},
    {"[:a]", ": a", "b"},
    {"[/]x", "/x", "x"},
};
/* clang-format on */

static bool wants(const char *rule, const char *text) {
  struct kcov8_rules r = {0};
  assert_int_equal(kcov8_rules_add_line(&r, rule, "test"), 0);
  bool yes = !kcov8_rules_refuse_function(&r, text, NULL);
  assert_int_equal(r.rules[0].hits, yes);
  kcov8_rules_free(&r);
  return yes;
}

static void check_texts(const char *glob, const char *texts, bool yes) {
  char rule[64], copy[64], *save;
  snprintf(rule, sizeof(rule), "fun:%s", glob);
  snprintf(copy, sizeof(copy), "%s", texts);
  for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save))
    if (wants(rule, t) != yes)
      fail_msg("'%s' %s '%s'", glob, yes ? "misses" : "matches", t);
}

static void globs_match(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(globs) / sizeof(*globs); i++) {
    check_texts(globs[i].glob, globs[i].yes, true);
    check_texts(globs[i].glob, globs[i].no, false);
  }
}

/* Bytes, whatever locale the linker or the tool has set. */
static void no_locale_matters(void **state) {
  (void)state;
  if (!setlocale(LC_ALL, "C.UTF-8"))
    skip();
  assert_false(wants("fun:?", "\xc3\xa9")); /* one character in UTF-8 */
  assert_true(wants("fun:??", "\xc3\xa9"));
  assert_true(wants("fun:[\xc3-\xc4]?", "\xc3\xa9"));
  assert_true(wants("fun:[!a]", "\xff")); /* none in UTF-8 */
  assert_string_equal(setlocale(LC_ALL, NULL), "C.UTF-8");
  setlocale(LC_ALL, "C");
}

/* glibc asks once in the life of a process: hence main(). */
static void posixly_correct_does_not_matter(void **state) {
  (void)state;
  assert_non_null(getenv("POSIXLY_CORRECT"));
  assert_false(wants("fun:[^a]", "a"));
  assert_true(wants("fun:[^a]", "b"));
}

static void classes_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"fun:[[:alpha:]]", "fun:x[a[.b.]]",
                                    "src:[[.-.]]", "src:[!a[:]"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
    struct kcov8_rules r = {0};
    assert_int_equal(kcov8_rules_add_line(&r, bad[i], "test"), -22);
    assert_non_null(strstr(r.error, "no classes in [...]"));
    kcov8_rules_free(&r);
  }
}

/* Whole, and behind any slash; never from the middle of a name. */
static void paths_match_by_suffix(void **state) {
  (void)state;
  static const struct {
    const char *rule, *path;
    bool yes;
  } cases[] = {
      {"src:pipe.c", "fs/pipe.c", true},
      {"src:fs/*", "top/fs/pipe.c", true},
      {"src:./pipe.c", "pipe.c", true},
      {"src:*", "/a/b", true},
      {"src:ipe.c", "fs/pipe.c", false},
      {"src:fs", "fs/pipe.c", false},
      {"src:/pipe.c", "/pipe.c", true},
      {"src:/pipe.c", "fs/pipe.c", false},
      {"src:b=old", "a/b", true},
      {"!src:fs/*,src:*", "fs/a", false},
      {"!src:fs/*,src:*", "mm/a", true},
      {"src:a,src:b", "b", true},
      {"fun:f", "any", true},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    struct kcov8_rules r = {0};
    assert_int_equal(kcov8_rules_add_line(&r, cases[i].rule, "test"), 0);
    if (!kcov8_rules_refuse_source(&r, cases[i].path) != cases[i].yes)
      fail_msg("%s %s", cases[i].rule, cases[i].path);
    kcov8_rules_free(&r);
  }
}

static void functions_match_by_either_name(void **state) {
  (void)state;
  struct kcov8_rules r = {0};
  assert_int_equal(kcov8_rules_add_line(&r, "fun:a::f(int), fun:_Z1g[a,b]", ""),
                   -22); /* ( is of regular expressions */
  kcov8_rules_free(&r);
  assert_int_equal(kcov8_rules_add_line(&r, "fun:a::f*, !fun:*[x,y]", ""), 0);
  assert_int_equal(r.n, 2);
  assert_string_equal(r.rules[1].text, "!fun:*[x,y]");
  assert_null(kcov8_rules_refuse_function(&r, "_ZN1a1fEi", "a::f(int)"));
  assert_string_equal(kcov8_rules_refuse_function(&r, "a::f,", "b"),
                      "function is in the ignorelist");
  assert_string_equal(kcov8_rules_refuse_function(&r, "g", NULL),
                      "function is not in the allowlist");
  assert_int_equal(r.rules[0].hits, 2);
  assert_int_equal(r.rules[1].hits, 1);
  kcov8_rules_free(&r);
}

static void binary_files_are_refused(void **state) {
  (void)state;
  char path[] = "/tmp/test_rules.XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "fun:a\nfun:b\0c\n", 14), 14);
  close(fd);
  struct kcov8_rules r = {0};
  assert_int_equal(kcov8_rules_add_file(&r, path, "list", false), -22);
  assert_non_null(strstr(r.error, ":2: a zero byte: not a text file"));
  kcov8_rules_free(&r);
  unlink(path);
}

int main(void) {
  setenv("POSIXLY_CORRECT", "1", 1);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(globs_match),
      cmocka_unit_test(no_locale_matters),
      cmocka_unit_test(posixly_correct_does_not_matter),
      cmocka_unit_test(classes_are_refused),
      cmocka_unit_test(paths_match_by_suffix),
      cmocka_unit_test(functions_match_by_either_name),
      cmocka_unit_test(binary_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
