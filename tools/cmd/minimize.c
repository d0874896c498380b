// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* minimize.c - kcov8 minimize: a few tests that reach all that all reach */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/output.h"
#include "cmd/command.h"
#include "index/cover.h"
#include "index/gather.h"

static const char help[] =
    "usage: kcov8 minimize [--outcome OUTCOME] [--json] [INDEX]\n"
    "\n"
    "Names a small set of tests that reach every block that any test reaches,\n"
    "those first that reach the most in a second. INDEX may be left out if\n"
    "KCOV8_INDEX is set. A line is a test: name, outcome, seconds, how many\n"
    "blocks the ones before it have not reached. Time that is not known is "
    "taken\n"
    "for the mean of what is.\n"
    "\n"
    "      --outcome OUTCOME  only of tests that ended so, as PASS\n"
    "      --json             as JSON\n"
    "  -h, --help             this text\n";

static double seconds_of(const struct cover_test *t) {
  return t->seconds < 0 ? 0 : t->seconds;
}

static void write_text(const struct cover *c, double kept, double all,
                       FILE *f) {
  for (size_t i = 0; i < c->n_chosen; i++) {
    const struct cover_test *t = &c->tests[c->chosen[i]];
    write_name(f, t->name);
    fprintf(f, "\t%s\t", t->outcome);
    if (t->seconds < 0)
      fputc('?', f);
    else
      fprintf(f, "%.3f", t->seconds);
    fprintf(f, "\t+%" PRIu64 "\n", t->gain);
  }
  fprintf(f, "# %zu of %zu tests, %" PRIu64 " blocks, %.3f of %.3f seconds\n",
          c->n_chosen, c->n_tests, c->n_reached, kept, all);
}

static void write_json(const struct cover *c, double kept, double all,
                       FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_array(&j, "tests");
  for (size_t i = 0; i < c->n_chosen; i++) {
    const struct cover_test *t = &c->tests[c->chosen[i]];
    json_object(&j, NULL);
    json_string(&j, "name", t->name);
    json_string(&j, "outcome", t->outcome);
    if (t->seconds >= 0)
      json_real(&j, "seconds", t->seconds);
    json_number(&j, "new_blocks", t->gain);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_number(&j, "blocks", c->n_reached);
  json_number(&j, "of_tests", c->n_tests);
  json_real(&j, "seconds", kept);
  json_real(&j, "of_seconds", all);
  json_end(&j, '}');
  fputc('\n', f);
}

static int print(const struct cover *c, bool json) {
  struct output out;
  double kept = 0, all = 0;
  for (size_t i = 0; i < c->n_tests; i++) {
    all += seconds_of(&c->tests[i]);
    kept += c->tests[i].chosen ? seconds_of(&c->tests[i]) : 0;
  }
  output_open(&out, NULL);
  if (json)
    write_json(c, kept, all, out.f);
  else
    write_text(c, kept, all, out.f);
  return output_close(&out, true) ? EXIT_DONE : EXIT_FAILED;
}

static int minimize(const char *path, const char *outcome, bool json) {
  struct index ix;
  struct cover cover = {0};
  struct gathered gathered;
  int status = EXIT_FAILED;
  if (index_open_gathered(&ix, path, &gathered) &&
      cover_make(&cover, &ix, outcome) &&
      (cover.n_tests || fail(path, "there are no such tests in it")))
    status = print(&cover, json);
  if (status == EXIT_DONE && !gathered.complete)
    status = EXIT_FAILED;
  cover_free(&cover);
  index_close(&ix);
  return status;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"outcome", required_argument, NULL, 'o'},
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const char *outcome = NULL, *path = getenv("KCOV8_INDEX");
  bool json = false;
  int opt;
  while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1)
    switch (opt) {
    case 'o':
      outcome = optarg;
      break;
    case 'j':
      json = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("minimize", opt, argv);
    }
  if (optind < argc)
    path = argv[optind++];
  if (!path || !*path)
    return usage_error("minimize", "which index?");
  if (optind < argc)
    return usage_error("minimize", "one index only, not %s", argv[optind]);
  return minimize(path, outcome, json);
}

const struct command minimize_command = {"minimize", help, run};
