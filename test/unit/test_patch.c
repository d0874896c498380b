// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* Unified diffs: whose lines, on which side; and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h makes a macro of our fail(). */
#include "base/patch.h"
#include "base/tool.h"

#include <cmocka.h>

static bool read_text(struct patch *p, const char *text) {
  return patch_read(p, "patch", xstrndup(text, strlen(text)), strlen(text));
}

#define READ(p, text) assert_true(read_text(p, text))

static void refuse(const char *text) {
  struct patch p;
  assert_false(read_text(&p, text));
  patch_free(&p);
}

static void check_paths(const struct patch_file *f, const char *old,
                        const char *new) {
  if (old)
    assert_string_equal(f->old_path, old);
  else
    assert_null(f->old_path);
  if (new)
    assert_string_equal(f->new_path, new);
  else
    assert_null(f->new_path);
}

static void check_line(const struct patch_file *f, size_t i, char kind,
                       uint32_t old, uint32_t new, const char *text) {
  const struct patch_line *l = &f->lines[i];
  assert_true(i < f->n_lines);
  assert_int_equal(l->kind, kind);
  assert_int_equal(l->old, old);
  assert_int_equal(l->new, new);
  assert_int_equal(l->len, strlen(text));
  assert_memory_equal(l->text, text, l->len);
}

static void sides(void **state) {
  (void)state;
  struct patch p;
  READ(&p, "From: somebody\n---\n a.c | 2 +-\n\n"
           "diff --git a/a.c b/a.c\nindex 123..456 100644\n"
           "--- a/a.c\n+++ b/a.c\n@@ -3,4 +3,5 @@ int main(void)\n one\n-two\n"
           "+TWO\n+2\n three\n four\n@@ -20 +21,2 @@\n last\n+added\n"
           "\\ No newline at end of file\n-- \n2.39.2\n");
  assert_int_equal(p.n, 1);
  struct patch_file *f = &p.files[0];
  check_paths(f, "a/a.c", "b/a.c");
  assert_int_equal(f->n_lines, 8);
  check_line(f, 0, ' ', 3, 3, "one");
  check_line(f, 1, '-', 4, 4, "two");
  check_line(f, 2, '+', 5, 4, "TWO");
  check_line(f, 3, '+', 5, 5, "2");
  check_line(f, 4, ' ', 5, 6, "three");
  check_line(f, 7, '+', 21, 22, "added");
  assert_int_equal(f->n_changes, 2);
  assert_int_equal(f->changes[0].first, 1);
  assert_int_equal(f->changes[0].end, 4);
  assert_int_equal(f->changes[0].before, 0);
  assert_int_equal(f->changes[0].after, 4);
  assert_int_equal(f->changes[1].before, 6);
  assert_true(f->changes[1].after == SIZE_MAX);
  patch_free(&p);
}

static void files_that_come_and_go(void **state) {
  (void)state;
  struct patch p;
  READ(&p, "diff --git a/new.c b/new.c\nnew file mode 100644\nindex 0..1\n"
           "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+x\n"
           "diff --git a/old.c b/old.c\ndeleted file mode 100644\n"
           "--- a/old.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
           "diff --git a/was.c b/dir/is.c\nsimilarity index 100%\n"
           "rename from was.c\nrename to dir/is.c\n"
           "diff --git a/p.png b/p.png\nindex 1..2 100644\n"
           "Binary files a/p.png and b/p.png differ\n"
           "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n");
  assert_int_equal(p.n, 5);
  check_paths(&p.files[0], NULL, "b/new.c");
  check_line(&p.files[0], 0, '+', 1, 1, "x");
  check_paths(&p.files[1], "a/old.c", NULL);
  check_paths(&p.files[2], "was.c", "dir/is.c");
  check_paths(&p.files[3], "a/p.png", "b/p.png");
  assert_true(p.files[3].binary);
  check_paths(&p.files[4], "a/run", "b/run");
  patch_free(&p);
  /* diff -N has a name and the year 1970 */
  READ(&p, "diff -urN a/x.c b/x.c\n--- a/x.c\t1970-01-01 01:00:00 +0100\n"
           "+++ b/x.c\t2026-01-01 00:00:00 +0100\n@@ -0,0 +1,2 @@\n+1\n+2\n"
           "Only in a: y.c\n");
  check_paths(&p.files[0], NULL, "b/x.c");
  patch_free(&p);
}

static void what_looks_like_a_head(void **state) {
  (void)state;
  struct patch p;
  READ(&p, "--- a.sql\n+++ a.sql\n@@ -1,3 +1,3 @@\n--- comment\n--- x\n"
           "++++ y\n+@@ -1 +1 @@\n\n--- b.c\n+++ b.c\n@@ -1 +1 @@\n-1\n+2\n");
  assert_int_equal(p.n, 2);
  check_line(&p.files[0], 0, '-', 1, 1, "-- comment");
  check_line(&p.files[0], 3, '+', 3, 2, "@@ -1 +1 @@");
  check_line(&p.files[0], 4, ' ', 3, 3, ""); /* its blank is lost */
  check_line(&p.files[1], 1, '+', 2, 1, "2");
  patch_free(&p);
}

static void names(void **state) {
  (void)state;
  struct patch p;
  READ(&p, "--- \"a/t\\303\\251\\t\\\"x\\\".c\"\n+++ \"b/\\\\.c\"\r\n"
           "@@ -1 +1 @@\r\n-a\r\n+b\r\n"
           "diff --git a/two words.c b/two words.c\nold mode 1\n");
  check_paths(&p.files[0], "a/t\303\251\t\"x\".c", "b/\\.c");
  check_line(&p.files[0], 1, '+', 2, 1, "b");
  check_paths(&p.files[1], "a/two words.c", "b/two words.c");
  patch_free(&p);
  assert_string_equal(patch_strip("a/b//c.c", 2), "c.c");
  assert_string_equal(patch_strip("c.c", 0), "c.c");
  assert_null(patch_strip("c.c", 1));
  assert_null(patch_strip("a/", 1));
}

static void hostile(void **state) {
  (void)state;
  struct patch p;
  refuse("nothing of the kind\n");
  refuse("1c1\n< a\n---\n> b\n");
  refuse("--- a\n+++ b\n@@ -99999999999999999999 +1 @@\n");
  refuse("--- a\n+++ b\n@@ -2147483647,2147483647 +1 @@\n");
  refuse("--- a\n+++ b\n@@ -1,2147483647 +1 @@\n-x\n");
  refuse("--- a\n+++ b\n@@ -1,5 +1 @@\n-x\n");
  refuse("--- a\n+++ b\n@@ -1,x +1 @@\n");
  refuse("--- a\n+++ b\n@@ -1 +1");
  refuse("--- a\n+++ b\n@@ -1 +1 @@\nx\n");
  refuse("--- a\n+++ b\n@@ -1 +1 @@\n-a\n-b\n");
  refuse("diff --cc a.c\n@@@ -1,2 -1,2 +1,3 @@@\n");
  READ(&p, "\n \n");
  assert_int_equal(p.n, 0);
  patch_free(&p);
  READ(&p, "--- a\n+++ \"b\\");
  check_paths(&p.files[0], "a", "b\\");
  patch_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sides),
      cmocka_unit_test(files_that_come_and_go),
      cmocka_unit_test(what_looks_like_a_head),
      cmocka_unit_test(names),
      cmocka_unit_test(hostile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
