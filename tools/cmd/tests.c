// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* tests.c - kcov8 tests: who reaches this line, this function, this patch? */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/asking.h"
#include "cmd/command.h"
#include "image/load.h"
#include "index/gather.h"
#include "index/sql.h"

static const char help[] =
    "usage: kcov8 tests [OPTION...] [IMAGE...] [INDEX] WHERE...\n"
    "       kcov8 tests [OPTION...] [IMAGE...] [INDEX] --patch DIFF\n"
    "\n"
    "Names the tests of INDEX that reach WHERE: FILE:LINE, FILE:FIRST-LAST, "
    "or\n"
    "a FUNCTION, as linked or as written; or those that DIFF, a unified diff,\n"
    "concerns. The end of a path will do if no other file has it. INDEX may "
    "be\n"
    "left out if KCOV8_INDEX is set.\n"
    "\n"
    "A line is a test: name, outcome, how many blocks it reaches there, of "
    "how\n"
    "many in all. The most specific is first. What ran with another build of\n"
    "the same program counts where functions have the same code;\n"
    "elsewhere the test is `stale'.\n"
    "\n"
    "Builds are the newest of each program; with IMAGE that one, which the\n"
    "index need not have. --patch takes lines of the old side of DIFF; with\n"
    "IMAGE those of the new side, and functions whose code has changed. It "
    "says\n"
    "why a test is there (line, function, file or image), and which changed\n"
    "lines no test reaches.\n"
    "\n"
    "  -p, --patch DIFF       - is stdin\n"
    "      --json             as JSON\n"
    "  -h, --help             this text\n"
    "\n"
    "Exit status: 0 tests are there, 1 none, or WHERE is not known, 2 wrong "
    "usage.\n";

/* ---- Places -------------------------------------------------------------- */

static int add_places(struct asking *a, char **argv, int argc) {
  for (int i = 0; i < argc; i++) {
    struct where *w = asking_add(a);
    const char *error = where_parse(w, argv[i]);
    if (error)
      return usage_error("tests", "%s: %s", argv[i], error);
    if (w->path && !asking_resolve(a, w)) {
      where_free(w);
      a->n_where--;
      a->trouble = true;
    }
  }
  return EXIT_DONE;
}

/* What was not found is said, a sentence each. */
static void tell_missing(struct asking *a) {
  for (size_t i = 0; i < a->n_where && !a->patch; i++) {
    const struct where *w = &a->where[i];
    if (w->n_blocks)
      continue;
    a->trouble = true;
    if (w->name && w->elsewhere) {
      warn(w->text, "no such function any more, only in an older build");
      continue;
    }
    if (w->name)
      warn(w->text,
           "no such function (one that is inlined everywhere has no name: "
           "ask for its lines)");
    else if (w->near)
      warn(w->text, "no code there; there is some on line %u", w->near);
    else
      warn(w->text, "no code there");
  }
}

/* What is known of the blocks that are asked about; @none: there are none. */
static enum state find_state(const struct asking *a, bool *none) {
  enum state state = STATE_NOT_REACHED;
  *none = true;
  for (size_t i = 0; i < a->ask.n_targets; i++)
    for (size_t b = 0; b < a->ask.targets[i].img->n_blocks; b++)
      if (a->ask.targets[i].why[b]) {
        *none = false;
        if (a->ask.targets[i].state[b] == STATE_UNKNOWN)
          state = STATE_UNKNOWN;
      }
  return state;
}

static void tell_none(struct asking *a) {
  bool none;
  if (a->ask.answers.n)
    return;
  if (find_state(a, &none) == STATE_UNKNOWN)
    warn(a->patch, "not known: it has changed since the tests ran");
  else if (!none)
    warn(a->patch, "no test reaches it");
  else if (a->patch)
    warn(a->patch, "it changes no code of the index");
}

/* ---- Run ----------------------------------------------------------------- */

static int load_images(struct asking *a, char **argv, int argc) {
  a->images = xcalloc((size_t)argc, sizeof(*a->images));
  for (int i = 0; i < argc; i++) {
    a->n_images++;
    if (!image_load(&a->images[i], argv[i]) ||
        !image_require_blocks(&a->images[i]) ||
        !ask_image(&a->ask, &a->images[i]))
      return EXIT_FAILED;
  }
  if (!argc)
    ask_newest(&a->ask);
  a->files = ask_files(&a->ask, &a->n_files);
  return EXIT_DONE;
}

static bool open_index(struct asking *a, const char *path) {
  struct gathered gathered;
  if (!index_open_gathered(&a->ix, path, &gathered))
    return false;
  a->trouble |= !gathered.complete;
  return true;
}

static bool has_tests(struct asking *a) {
  int64_t n = 0;
  return sql_get(&a->ix, &n, "SELECT count(*) FROM test", "") &&
         (n || fail(a->ix.path, "there are no tests in it"));
}

static int ask_all(struct asking *a, char **argv, int argc) {
  int status = a->patch ? asking_patch(a, a->patch) : add_places(a, argv, argc);
  if (status != EXIT_DONE)
    return status;
  if (!a->patch && !ask_load(&a->ask, a->where, a->n_where))
    return EXIT_FAILED;
  if (!ask_run(&a->ask, a->where, a->n_where))
    return EXIT_FAILED;
  if (a->ask.n_blind) {
    a->trouble = true;
    warn(a->ask.blind,
         "%llu test%s ran with a build whose functions the index does not have "
         "(kcov8 index %s IMAGE adds them): what was reached is not known",
         (unsigned long long)a->ask.n_blind, a->ask.n_blind == 1 ? "" : "s",
         a->ix.path);
  }
  tell_missing(a);
  tell_none(a);
  status = asking_print(a);
  if (status == EXIT_DONE && (a->trouble || !a->ask.answers.n))
    status = EXIT_FAILED;
  return status;
}

static int run_with(struct asking *a, int argc, char **argv) {
  int n_images = 0;
  while (n_images < argc && image_detect(argv[n_images]))
    n_images++;
  char **rest = argv + n_images;
  int n_rest = argc - n_images;
  const char *path = getenv("KCOV8_INDEX");
  if (n_rest && (!path || !*path || names_index(rest[0]))) {
    path = *rest++;
    n_rest--;
  }
  if (!path || !*path)
    return usage_error("tests", "which index?");
  if (a->patch && n_rest)
    return usage_error("tests", "--patch and %s: one or the other", rest[0]);
  if (!a->patch && !n_rest)
    return usage_error("tests", "which lines, which function?");
  int status = EXIT_FAILED;
  if (open_index(a, path) && has_tests(a) && ask_begin(&a->ask, &a->ix)) {
    status = load_images(a, argv, n_images);
    if (status == EXIT_DONE)
      status = ask_all(a, rest, n_rest);
  }
  for (size_t i = 0; i < a->n_where; i++)
    where_free(&a->where[i]);
  free(a->where);
  if (a->files)
    ask_free_files(a->files, a->n_files);
  ask_free(&a->ask);
  for (size_t i = 0; i < a->n_images; i++)
    image_free(&a->images[i]);
  free(a->images);
  index_close(&a->ix);
  return status;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"patch", required_argument, NULL, 'p'},
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  struct asking a = {0};
  int opt;
  while ((opt = getopt_long(argc, argv, ":p:h", options, NULL)) != -1)
    switch (opt) {
    case 'p':
      a.patch = optarg;
      break;
    case 'j':
      a.json = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("tests", opt, argv);
    }
  return run_with(&a, argc - optind, argv + optind);
}

const struct command tests_command = {"tests", help, run};
