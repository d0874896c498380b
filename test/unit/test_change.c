// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* What a change concerns, as far as its text tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h makes a macro of our fail(). */
#include "base/tool.h"
#include "index/change.h"

#include <cmocka.h>

/* One file with one change, seen from the old side. */
struct fixture {
  struct patch patch;
  struct changes changes;
  const struct change *change;
};

static void open_change(struct fixture *f, const char *old, const char *new,
                        const char *lines) {
  char *text =
      xasprintf("--- a\n+++ b\n@@ -10,%s +10,%s @@\n%s", old, new, lines);
  assert_true(patch_read(&f->patch, "patch", text, strlen(text)));
  changes_make(&f->changes, &f->patch.files[0], false);
  assert_int_equal(f->changes.n, 1);
  f->change = &f->changes.v[0];
}

static void close_change(struct fixture *f) {
  changes_free(&f->changes);
  patch_free(&f->patch);
}

static void check_nothing(const char *old, const char *new, const char *lines,
                          bool nothing) {
  struct fixture f;
  open_change(&f, old, new, lines);
  assert_int_equal(f.change->nothing, nothing);
  close_change(&f);
}

static void comments_and_blanks(void **state) {
  (void)state;
  check_nothing("1", "1", "-  // one\n+  // another\n", true);
  check_nothing("1", "1", "-  /* one */\n+  /* another */ \n", true);
  check_nothing("1", "2", " a;\n+\t \n", true);
  check_nothing("3", "3", " /* a\n- * b\n+ * c\n  */\n", true);
  check_nothing("2", "2", "- * b\n+ * c\n  */\n", true); /* it began before */
  check_nothing("2", "2", "-*p = 1;\n+*p = 2;\n x; /* y */\n", false);
  check_nothing("1", "1", "-x(\"/*\");\n+x(\"//\"); // y\n", false);
  check_nothing("1", "1", "-  a; /* one */\n+  a; /* another */\n", false);
}

static void check_insertion(const char *lines, bool straight, bool labels) {
  struct fixture f;
  open_change(&f, "2", "3", lines);
  assert_int_equal(f.change->n_lines, 0);
  assert_int_equal(f.change->before, 10);
  assert_int_equal(f.change->after, 11);
  assert_int_equal(f.change->straight, straight);
  assert_int_equal(f.change->labels, labels);
  close_change(&f);
}

static void insertions(void **state) {
  (void)state;
  check_insertion("   a();\n+  b();\n   c();\n", true, false);
  check_insertion("   if (x) {\n+    b();\n   }\n", true, false);
  check_insertion("     a();\n+  b();\n   c();\n", false, false); /* under if */
  check_insertion("   return;\n+  b();\n   c();\n", false, false);
  check_insertion("   break;\n+case 3:\n case 4:\n", false, true);
  check_insertion("   }\n+  b();\n   c();\n", false, false);
  check_insertion("   a();\n+  } else if (y) {\n   c();\n", true, true);
  check_insertion("   a();\n+#if X\n   c();\n", false, true);
  check_insertion("   a();\n+out:\n   c();\n", false, true);
  check_insertion("   a();\n+  ns::b();\n   c();\n", true, false);
}

static void old_side(void **state) {
  (void)state;
  struct fixture f;
  open_change(&f, "5", "3", " a;\n-b;\n-// c\n-d;\n+e;\n f;\n");
  assert_int_equal(f.change->n_lines, 2);
  assert_int_equal(f.change->lines[0], 11);
  assert_int_equal(f.change->lines[1], 13);
  assert_false(f.change->literals);
  close_change(&f);
}

static void check_scope(const char *old, const char *new, const char *lines,
                        enum scope scope, const char *name) {
  struct fixture f;
  char **names;
  size_t n;
  open_change(&f, old, new, lines);
  assert_int_equal(changes_scope(&f.changes, f.change, &names, &n), scope);
  if (name) {
    assert_true(n > 0);
    assert_string_equal(names[0], name);
  }
  change_free_names(names, n);
  close_change(&f);
}

static void scopes(void **state) {
  (void)state;
  check_scope("0", "3", "+static int f(int x) {\n+  return x;\n+}\n",
              SCOPE_FUNCTIONS, NULL);
  check_scope("0", "4", "+struct s *\n+f(int x)\n+{\n+}\n", SCOPE_FUNCTIONS,
              NULL);
  /* as diffs show it between two functions */
  check_scope("1", "4", "+}\n+int f(void)\n+{\n }\n", SCOPE_FUNCTIONS, NULL);
  check_scope("0", "1", "+extern int f(int, char *);\n", SCOPE_DECLARATIONS,
              "f");
  check_scope("1", "1", "-int f(int);\n+int f(long);\n", SCOPE_DECLARATIONS,
              "f");
  check_scope("0", "1", "+#define X 1\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+#include \"x.h\"\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+int x = f(3);\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+struct s { int x; };\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+typedef int f(int);\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+MODULE(x);\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+  ONE,\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+int x __attribute__((aligned(8)));\n", SCOPE_OTHER,
              NULL);
  check_scope("0", "2", "+int f(void) {\n+  if (x) {\n", SCOPE_OTHER, NULL);
  check_scope("0", "1", "+}\n", SCOPE_OTHER, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comments_and_blanks),
      cmocka_unit_test(insertions),
      cmocka_unit_test(old_side),
      cmocka_unit_test(scopes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
