// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* report.c - merge PC lists and hand the result to a format */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "cmd/command.h"
#include "image/load.h"
#include "index/index.h"
#include "report/inputs.h"
#include "report/report.h"

static const char help[] =
    "usage: kcov8 report [OPTION...] IMAGE... PCFILE...\n"
    "       kcov8 report [OPTION...] [IMAGE...] INDEX\n"
    "\n"
    "Sums up the coverage in the PCFILEs: dumps, as processes write them for\n"
    "KCOV8_OUT, or text: one hexadecimal PC a line, with an optional decimal\n"
    "count after a blank; `#' begins a comment; or JSON lines of syzkaller's\n"
    "/cover?jsonl=1. - is stdin.\n"
    "A PC that is not in IMAGE, or a dump without IMAGE, is reported, and the\n"
    "exit status is 1. Of a dump that has other images, too, those are named.\n"
    "Several IMAGEs are one report: blocks count once for each, lines and\n"
    "functions of a file once in all. PCs that several of them have do not\n"
    "count; dumps tell whose they are.\n"
    "\n"
    "An INDEX (see kcov8 help index) is a list for each of its tests, and "
    "needs\n"
    "no IMAGE: it has the newest build of each program.\n"
    "\n"
    "  -f, --format FORMAT    text (default), lcov, json, jsonl, cobertura, "
    "or\n"
    "                         html; jsonl is syzkaller's, a block a line\n"
    "      --json             same as --format json\n"
    "      --html DIR         same as --format html --output DIR\n"
    "  -o, --output FILE      write to FILE; with html, a directory: new, "
    "empty,\n"
    "                         or such a report, which is replaced\n"
    "      --filter RULES     only what these want, separated by commas: "
    "src:GLOB,\n"
    "                         fun:GLOB, with ! in front: all but; as "
    "filter=RULES\n"
    "                         of the pass\n"
    "      --show FILE[:FIRST-LAST]  instead of numbers, the text of the "
    "file with\n"
    "                         what ran; may be given several times\n"
    "      --test GLOB        only tests with such names: of an index; of "
    "other "
    "lists\n"
    "                         those of the files. May be given several times\n"
    "      --source-root DIR  what relative paths in IMAGE are relative to;\n"
    "                         default: the current directory\n"
    "  -h, --help             this text\n";

/**
 * struct format - one way to write a report
 * @write:      NULL: HTML, which has a directory to write to
 * @lines_only: shows no block that is on no line
 */
static const struct format {
  const char *name;
  report_writer *write;
  bool lines_only;
} formats[] = {
    {"text", report_text, false},          {"lcov", report_lcov, true},
    {"json", report_json, false},          {"html", NULL, true},
    {"cobertura", report_cobertura, true}, {"jsonl", report_jsonl, false},
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Absolute, without a final slash; symbolic links stay as they are. */
static char *absolute_root(const char *root) {
  char *path;
  if (root && root[0] == '/') {
    path = xstrndup(root, strlen(root));
  } else {
    char *cwd = getcwd(NULL, 0);
    if (!cwd) {
      fail(".", "%s", strerror(errno));
      return NULL;
    }
    const char *separator = strcmp(cwd, "/") == 0 ? "" : "/";
    if (!root || strcmp(root, ".") == 0)
      path = xstrndup(cwd, strlen(cwd));
    else
      path = xasprintf("%s%s%s", cwd, separator, root);
    free(cwd);
  }
  for (size_t len = strlen(path); len && path[len - 1] == '/';)
    path[--len] = 0;
  return path;
}

enum kind { KIND_LIST, KIND_IMAGE, KIND_INDEX };

/* The first argument is no list; each other one is what it looks like. */
static enum kind kind_of(const char *path, bool first) {
  if (index_detect(path))
    return KIND_INDEX;
  return first || image_detect(path) ? KIND_IMAGE : KIND_LIST;
}

static int add_input(struct inputs *in, enum kind kind, const char *path) {
  if (kind == KIND_LIST)
    return (int)inputs_add_list(in, path);
  bool ok = kind == KIND_IMAGE ? inputs_add_image(in, path)
                               : inputs_add_index(in, path);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

/* Images come first, wherever they stand, and indexes may have more. */
static int read_inputs(struct inputs *in, char **argv, int argc) {
  enum kind *kinds = xcalloc((size_t)argc, sizeof(*kinds));
  static const enum kind order[] = {KIND_IMAGE, KIND_INDEX, KIND_LIST};
  int n[3] = {0}, status = EXIT_DONE;
  for (int i = 0; i < argc; i++)
    n[kinds[i] = kind_of(argv[i], i == 0)]++;
  if (in->reach && n[KIND_LIST] > REACH_MAX)
    inputs_merge_tests(in);
  bool loaded = true;
  for (size_t k = 0; k < 3; k++) {
    for (int i = 0; i < argc && status == EXIT_DONE; i++)
      if (kinds[i] == order[k])
        status = add_input(in, kinds[i], argv[i]);
    if (order[k] != KIND_LIST)
      loaded = status == EXIT_DONE;
    if (order[k] == KIND_IMAGE && loaded && n[KIND_IMAGE] == argc)
      status =
          usage_error("report", "which dumps, PC files or index? (- is stdin)");
  }
  if (loaded)
    inputs_tell_others(in);
  if (status == EXIT_DONE && in->n_globs && !in->n_tests)
    status =
        fail(in->globs[0], "no test has such a name") ? EXIT_DONE : EXIT_FAILED;
  free(kinds);
  return status;
}

/* What is asked for. */
struct request {
  const struct format *format;
  const char *target, *source_root;
  struct kcov8_rules rules;
  const char **globs, **shown;
  size_t n_globs, n_shown;
};

static bool write_report(const struct coverage *cov, const struct request *q,
                         const char *root, const struct reach *reach) {
  if (q->format->lines_only && cov->n_without_lines)
    warn(cov->n_images == 1 ? cov->images[0].img->path : NULL,
         "%" PRIu64 " of %" PRIu64 " blocks have no lines: not in this report "
         "(--format text has them)",
         cov->n_without_lines, cov->n_blocks.total);
  if (!q->format->write)
    return report_html(cov, root, q->target, reach);
  struct output out;
  bool ok = true;
  if (!output_open(&out, q->target))
    return false;
  if (q->n_shown)
    ok = report_show(cov, root, &out, reach, q->shown, q->n_shown);
  else
    q->format->write(cov, root, &out);
  return output_close(&out, ok);
}

static int report(struct request *q, const char *root, char **argv, int argc) {
  struct reach reach = {0};
  struct inputs in = {
      .reach = q->format->write && !q->n_shown ? NULL : &reach,
      .globs = q->globs,
      .n_globs = q->n_globs,
  };
  struct coverage cov;
  int status = read_inputs(&in, argv, argc);
  if (status == EXIT_DONE) {
    for (size_t i = 0; q->rules.n && i < in.n_images; i++)
      filter_make(&in.images[i].filter, in.images[i].img, &q->rules);
    filter_tell_unmatched(&q->rules, inputs_name(&in));
    coverage_make(&cov, in.images, in.n_images);
    bool ok = cov.n_files || !q->rules.n ||
              fail(inputs_name(&in),
                   "--filter wants no block of it: nothing to report");
    if (!ok || !write_report(&cov, q, root, in.reach) || in.unknown)
      status = EXIT_FAILED;
    coverage_free(&cov);
  }
  inputs_free(&in);
  reach_free(&reach);
  return status;
}

static bool add_rules(struct kcov8_rules *rules, const char *line) {
  size_t before = rules->n;
  if (kcov8_rules_add_line(rules, line, "--filter") < 0)
    usage_error("report", "%s", rules->error ? rules->error : "out of memory");
  else if (rules->n == before)
    usage_error("report", "--filter: no rule in '%s'", line);
  else
    return true;
  return false;
}

static bool choose(const char *word, const struct format **format) {
  const char *words[N_FORMATS + 1] = {NULL};
  unsigned int number;
  for (size_t i = 0; i < N_FORMATS; i++)
    words[i] = formats[i].name;
  if (!parse_format("report", words, word, &number))
    return false;
  *format = &formats[number];
  return true;
}

static void add_word(const char ***words, size_t *n, const char *word) {
  *words = xrealloc(*words, *n + 1, sizeof(**words));
  (*words)[(*n)++] = word;
}

static int run_with(struct request *q, int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"html", required_argument, NULL, 'H'},
      {"output", required_argument, NULL, 'o'},
      {"filter", required_argument, NULL, 'F'},
      {"show", required_argument, NULL, 'S'},
      {"test", required_argument, NULL, 't'},
      {"source-root", required_argument, NULL, 's'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:o:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!choose(optarg, &q->format))
        return EXIT_USAGE;
      break;
    case 'j':
      choose("json", &q->format);
      break;
    case 'H':
      choose("html", &q->format);
      q->target = optarg;
      break;
    case 'F':
      if (!add_rules(&q->rules, optarg))
        return EXIT_USAGE;
      break;
    case 'S':
      add_word(&q->shown, &q->n_shown, optarg);
      break;
    case 't':
      add_word(&q->globs, &q->n_globs, optarg);
      break;
    case 'o':
      q->target = optarg;
      break;
    case 's':
      q->source_root = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("report", opt, argv);
    }
  if (argc == optind)
    return usage_error("report", "which image, or index?");
  if (argc - optind == 1 && !index_detect(argv[optind]))
    return usage_error("report",
                       "which dumps, PC files or index? (- is stdin)");
  if (!q->format->write && (!q->target || strcmp(q->target, "-") == 0))
    return usage_error("report", "format html needs --output DIRECTORY");
  if (q->n_shown && q->format != &formats[0])
    return usage_error("report", "--show is text: it has no other format");
  char *root = absolute_root(q->source_root);
  if (!root)
    return EXIT_FAILED;
  int status = report(q, root, argv + optind, argc - optind);
  free(root);
  return status;
}

static int run(int argc, char **argv) {
  struct request q = {.format = &formats[0]};
  int status = run_with(&q, argc, argv);
  kcov8_rules_free(&q.rules);
  free(q.globs);
  free(q.shown);
  return status;
}

const struct command report_command = {"report", help, run};
