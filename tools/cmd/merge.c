// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* merge.c - several indexes, or several dumps, as one */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/output.h"
#include "base/progress.h"
#include "cmd/command.h"
#include "image/dumpsum.h"
#include "index/gather.h"
#include "index/merge.h"
#include "index/sql.h"

static const char help[] =
    "usage: kcov8 merge -o OUT IN...\n"
    "\n"
    "Makes one index of several, or one dump of several.\n"
    "OUT is an index: it is made, or added to. It gets the images of all INs,\n"
    "and of each test the result of its last run. Neither the order of INs "
    "nor\n"
    "one that comes twice changes anything.\n"
    "OUT is a dump: it is written. What counters held adds up, to 255 at "
    "most.\n"
    "- is stdin or stdout.\n"
    "\n"
    "  -o, --output OUT  what they become\n"
    "  -h, --help        this text\n";

enum kind { KIND_INDEX, KIND_DUMP, KIND_BAD };

/* What can be read once is not looked at ahead: it can be a dump alone. */
static enum kind kind_of(const char *path) {
  struct stat st;
  if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && S_ISFIFO(st.st_mode)))
    return KIND_DUMP;
  FILE *f = dumpfile_open(path);
  if (!f)
    return KIND_BAD;
  int first = getc(f);
  fclose(f);
  if (first == DUMP_FIRST_BYTE)
    return KIND_DUMP;
  if (index_detect(path))
    return KIND_INDEX;
  fail(path, "neither an index nor a dump");
  return KIND_BAD;
}

/* ---- Dumps --------------------------------------------------------------- */

static enum dump_result read_dump(struct dump_sums *sums, const char *path) {
  bool is_stdin = strcmp(path, "-") == 0;
  FILE *f = is_stdin ? stdin : dumpfile_open(path);
  if (!f)
    return DUMP_FAILED;
  enum dump_result r = dump_sums_read(sums, f, is_stdin ? "stdin" : path);
  if (!is_stdin)
    fclose(f);
  return r;
}

static int merge_dumps(const char *target, char **files, int n) {
  struct dump_sums sums = {0};
  struct progress progress;
  struct output out;
  enum dump_result r = DUMP_READ;
  progress_begin(&progress, "merging", (uint64_t)n);
  for (int i = 0; i < n && r == DUMP_READ; i++) {
    r = read_dump(&sums, files[i]);
    progress_at(&progress, (uint64_t)i + 1);
  }
  progress_end(&progress);
  bool ok = r == DUMP_READ && output_open(&out, target);
  if (ok) {
    dump_sums_write(&sums, out.f);
    ok = output_close(&out, true);
  }
  dump_sums_free(&sums);
  return ok ? EXIT_DONE : r == DUMP_BAD ? EXIT_USAGE : EXIT_FAILED;
}

/* ---- Indexes ------------------------------------------------------------- */

static bool is_same(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
         x.st_ino == y.st_ino;
}

/**
 * struct steps - how far it is
 * @done: tests
 */
struct steps {
  struct progress progress;
  uint64_t done;
};

static void tell_test(void *ctx) {
  struct steps *steps = ctx;
  progress_at(&steps->progress, ++steps->done);
}

/* All that waits is taken in; then count. An index opens while none is. */
static bool prepare(const char *path, int64_t *n_tests, bool *complete) {
  struct index ix;
  struct gathered gathered = {.complete = true};
  int64_t n = 0;
  bool ok = index_open_gathered(&ix, path, &gathered) &&
            sql_get(&ix, &n, "SELECT count(*) FROM test", "");
  index_close(&ix);
  *n_tests += n;
  *complete &= gathered.complete;
  return ok;
}

static bool add_index(struct index *to, const char *path, struct steps *steps) {
  struct index from;
  bool ok = index_open(&from, path, INDEX_READ) &&
            index_merge(to, &from, tell_test, steps);
  index_close(&from);
  return ok;
}

static int merge_indexes(const char *target, char **files, int n) {
  struct index to = {0};
  struct gathered gathered = {.complete = true};
  struct steps steps = {.done = 0};
  int64_t n_tests = 0;
  bool ok = true, complete = true;
  for (int i = 0; i < n && ok; i++)
    ok = prepare(files[i], &n_tests, &complete);
  ok = ok && index_open(&to, target, INDEX_WRITE) &&
       index_gather(&to, true, &gathered) && index_begin(&to);
  progress_begin(&steps.progress, "merging", (uint64_t)n_tests);
  for (int i = 0; i < n && ok; i++)
    ok = is_same(target, files[i]) || add_index(&to, files[i], &steps);
  progress_end(&steps.progress);
  ok = ok && index_commit(&to);
  if (!ok)
    index_rollback(&to);
  index_close(&to);
  return ok && complete && gathered.complete ? EXIT_DONE : EXIT_FAILED;
}

static int merge(const char *target, char **files, int n) {
  enum kind kind = kind_of(files[0]);
  for (int i = 1; i < n && kind != KIND_BAD; i++) {
    enum kind other = kind_of(files[i]);
    if (other != KIND_BAD && other != kind)
      return usage_error("merge", "%s is %s, %s is %s", files[0],
                         kind == KIND_DUMP ? "a dump" : "an index", files[i],
                         other == KIND_DUMP ? "a dump" : "an index");
    kind = other;
  }
  if (kind == KIND_BAD)
    return EXIT_FAILED;
  return kind == KIND_DUMP ? merge_dumps(target, files, n)
                           : merge_indexes(target, files, n);
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"output", required_argument, NULL, 'o'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const char *target = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":o:h", options, NULL)) != -1)
    switch (opt) {
    case 'o':
      target = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("merge", opt, argv);
    }
  if (!target)
    return usage_error("merge", "into what? (-o OUT)");
  if (argc == optind)
    return usage_error("merge", "which indexes or dumps?");
  return merge(target, argv + optind, argc - optind);
}

const struct command merge_command = {"merge", help, run};
