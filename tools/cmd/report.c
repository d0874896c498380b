// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* report.c - merge PC lists and hand the result to a format */
#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "cmd/command.h"
#include "report/inputs.h"
#include "report/report.h"

static const char help[] =
    "usage: kcov8 report [OPTION...] IMAGE... PCFILE...\n"
    "\n"
    "Sums up the coverage in the PCFILEs: dumps, as processes write them for\n"
    "KCOV8_OUT, or text: one hexadecimal PC a line, with an optional decimal\n"
    "count after a blank; `#' begins a comment. - is stdin.\n"
    "A PC that is not in IMAGE, or a dump without IMAGE, is reported, and the\n"
    "exit status is 1. Of a dump that has other images, too, those are named.\n"
    "Several IMAGEs are one report: blocks count once for each, lines and\n"
    "functions of a file once in all. PCs that several of them have do not\n"
    "count; dumps tell whose they are.\n"
    "\n"
    "  -f, --format FORMAT    text (default), lcov, json, cobertura, or html\n"
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
    {"cobertura", report_cobertura, true},
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

static bool write_report(const struct coverage *cov,
                         const struct format *format, const char *root,
                         const char *target, const struct reach *reach) {
  if (format->lines_only && cov->n_without_lines)
    warn(cov->n_images == 1 ? cov->images[0].img->path : NULL,
         "%" PRIu64 " of %" PRIu64 " blocks have no lines: not in this report "
         "(--format text has them)",
         cov->n_without_lines, cov->n_blocks.total);
  if (!format->write)
    return report_html(cov, root, target, reach);
  struct output out;
  if (!output_open(&out, target))
    return false;
  format->write(cov, root, &out);
  return output_close(&out, true);
}

/* Whether @path is a file that begins as an image does. */
static bool is_elf(const char *path) {
  struct stat st;
  char head[SELFMAG];
  if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
    return false;
  FILE *f = fopen(path, "re");
  bool yes = f && fread(head, 1, SELFMAG, f) == SELFMAG &&
             memcmp(head, ELFMAG, SELFMAG) == 0;
  if (f)
    fclose(f);
  return yes;
}

/* A set of tests takes a bit for each, and a page has hundreds of sets. */
#define MAX_TESTS 20000

/* The first argument is an image, as is every other one that looks like it. */
static int read_inputs(struct inputs *in, char **argv, int argc) {
  bool *is_image = xcalloc((size_t)argc, sizeof(*is_image));
  int status = EXIT_DONE;
  for (int i = 0; i < argc && status == EXIT_DONE; i++) {
    is_image[i] = i == 0 || is_elf(argv[i]);
    if (is_image[i] && !inputs_add_image(in, argv[i]))
      status = EXIT_FAILED;
  }
  const bool loaded = status == EXIT_DONE;
  if (loaded && (int)in->n_images == argc)
    status = usage_error("report", "which dumps or PC files? (- is stdin)");
  if (in->reach && argc - (int)in->n_images > MAX_TESTS) {
    warn(NULL, "more than %d lists: the pages do not tell them apart",
         MAX_TESTS);
    in->reach = NULL;
  }
  for (int i = 0; i < argc && status == EXIT_DONE; i++)
    if (!is_image[i])
      status = (int)inputs_add_list(in, argv[i]);
  if (loaded)
    inputs_tell_others(in);
  free(is_image);
  return status;
}

static int report(const struct format *format, const char *root,
                  const char *target, struct kcov8_rules *rules, char **argv,
                  int argc) {
  struct reach reach = {0};
  struct inputs in = {.reach = format->write ? NULL : &reach};
  struct coverage cov;
  int status = read_inputs(&in, argv, argc);
  if (status == EXIT_DONE) {
    for (size_t i = 0; rules->n && i < in.n_images; i++)
      filter_make(&in.images[i].filter, in.images[i].img, rules);
    filter_tell_unmatched(rules, inputs_name(&in));
    coverage_make(&cov, in.images, in.n_images);
    bool ok = cov.n_files || !rules->n ||
              fail(inputs_name(&in),
                   "--filter wants no block of it: nothing to report");
    if (!ok || !write_report(&cov, format, root, target, &reach) || in.unknown)
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

static int run_with(struct kcov8_rules *rules, int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"html", required_argument, NULL, 'H'},
      {"output", required_argument, NULL, 'o'},
      {"filter", required_argument, NULL, 'F'},
      {"source-root", required_argument, NULL, 's'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const struct format *format = &formats[0];
  const char *target = NULL, *source_root = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:o:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!choose(optarg, &format))
        return EXIT_USAGE;
      break;
    case 'j':
      choose("json", &format);
      break;
    case 'H':
      choose("html", &format);
      target = optarg;
      break;
    case 'F':
      if (!add_rules(rules, optarg))
        return EXIT_USAGE;
      break;
    case 'o':
      target = optarg;
      break;
    case 's':
      source_root = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("report", opt, argv);
    }
  if (argc == optind)
    return usage_error("report", "which image?");
  if (argc - optind == 1)
    return usage_error("report", "which dumps or PC files? (- is stdin)");
  if (!format->write && (!target || strcmp(target, "-") == 0))
    return usage_error("report", "format html needs --output DIRECTORY");
  char *root = absolute_root(source_root);
  if (!root)
    return EXIT_FAILED;
  int status =
      report(format, root, target, rules, argv + optind, argc - optind);
  free(root);
  return status;
}

static int run(int argc, char **argv) {
  struct kcov8_rules rules = {0};
  int status = run_with(&rules, argc, argv);
  kcov8_rules_free(&rules);
  return status;
}

const struct command report_command = {"report", help, run};
