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
#include "image/lookup.h"
#include "report/report.h"

static const char help[] =
    "usage: kcov8 report [OPTION...] IMAGE PCFILE...\n"
    "\n"
    "Sums up the coverage in the PCFILEs: dumps, as processes write them for\n"
    "KCOV8_OUT, or text: one hexadecimal PC a line, with an optional decimal\n"
    "count after a blank; `#' begins a comment. - is stdin.\n"
    "A PC that is not in IMAGE, or a dump without IMAGE, is reported, and the\n"
    "exit status is 1. Of a dump that has other images, too, those are named.\n"
    "\n"
    "  -f, --format FORMAT    text (default), lcov, json, cobertura, or html\n"
    "                         (needs genhtml, of package lcov)\n"
    "      --json             same as --format json\n"
    "  -o, --output FILE      write to FILE; a directory with html\n"
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

/**
 * struct sum - of all lists
 * @others:  names of images in the dumps that are not this one
 * @unknown: something in the lists is not of the image
 */
struct sum {
  struct image *img;
  struct cov_count *counts;
  struct strtab others;
  bool unknown;
};

static const struct block *find(struct sum *sum, struct moves *moves,
                                const struct pcfile_entry *e) {
  return e->block ? e->block : image_find(sum->img, moves, e->pc);
}

/*
 * Add one list to @sum. Notes about moved PCs hold for the list they are
 * in, wherever they stand in it: so it is read whole before it is resolved.
 */
static int add_list(struct sum *sum, const char *path) {
  struct image *img = sum->img;
  struct pcfile list;
  struct pcfile_entry e, *pcs = NULL;
  struct moves moves = {0};
  size_t n = 0, cap = 0;
  if (!pcfile_open(&list, path, img))
    return EXIT_FAILED;
  enum pcfile_result r;
  while ((r = pcfile_next(&list, &e)) == PCFILE_PC || r == PCFILE_MOVED) {
    if (r == PCFILE_MOVED) {
      moves_add(&moves, img, &e);
      continue;
    }
    pcs = vec_push(pcs, &n, &cap, sizeof(*pcs));
    pcs[n - 1] = e;
  }

  size_t n_unknown = 0;
  uint64_t first_unknown = 0;
  for (size_t i = 0; i < n && r == PCFILE_END; i++) {
    const struct block *b = find(sum, &moves, &pcs[i]);
    if (b)
      count_add(&sum->counts[b - img->blocks], &img->funcs[b->func],
                pcs[i].count);
    else if (n_unknown++ == 0)
      first_unknown = pcs[i].pc;
  }
  if (n_unknown)
    warn(list.name, "%zu PC%s not in %s (first 0x%" PRIx64 ")", n_unknown,
         n_unknown == 1 ? " is" : "s are", img->path, first_unknown);
  for (size_t i = 0; r == PCFILE_END && i < list.dump.others.n; i++)
    strtab_copy(&sum->others, list.dump.others.strings[i],
                strlen(list.dump.others.strings[i]));
  sum->unknown |= n_unknown != 0 || r == PCFILE_OTHER;
  free(pcs);
  moves_free(&moves);
  pcfile_close(&list);
  return r == PCFILE_END || r == PCFILE_OTHER ? EXIT_DONE
         : r == PCFILE_BAD                    ? EXIT_USAGE
                                              : EXIT_FAILED;
}

static void tell_others(const struct sum *sum) {
  char *names = NULL;
  for (size_t i = 0; i < sum->others.n; i++) {
    char *more = xasprintf("%s%s%s", names ? names : "", names ? ", " : "",
                           sum->others.strings[i]);
    free(names);
    names = more;
  }
  if (names)
    warn(sum->img->path, "the dumps have other images, too, left out: %s",
         names);
  free(names);
}

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
                         const char *target) {
  if (format->lines_only && cov->n_without_lines)
    warn(cov->img->path,
         "%" PRIu64 " of %" PRIu64 " blocks have no lines: not in this report "
         "(--format text has them)",
         cov->n_without_lines, cov->n_blocks.total);
  if (!format->write)
    return report_html(cov, root, target);
  struct output out;
  if (!output_open(&out, target))
    return false;
  format->write(cov, root, &out);
  return output_close(&out, true);
}

static int report(const struct format *format, const char *root,
                  const char *target, struct kcov8_rules *rules, char **argv,
                  int argc) {
  struct image img;
  struct coverage cov;
  struct filter filter = {0};
  struct sum sum = {.img = &img};
  int status = EXIT_FAILED;
  if (image_load(&img, argv[0]) && image_require_blocks(&img)) {
    sum.counts = xcalloc(img.n_blocks, sizeof(*sum.counts));
    status = EXIT_DONE;
    for (int i = 1; i < argc && status == EXIT_DONE; i++)
      status = add_list(&sum, argv[i]);
    tell_others(&sum);
  }
  if (status == EXIT_DONE) {
    if (rules->n)
      filter_make(&filter, &img, rules);
    coverage_make(&cov, &img, sum.counts, &filter);
    sum.counts = NULL;
    bool ok =
        cov.n_files || !rules->n ||
        fail(img.path, "--filter wants no block of it: nothing to report");
    if (!ok || !write_report(&cov, format, root, target) || sum.unknown)
      status = EXIT_FAILED;
    coverage_free(&cov);
    filter_free(&filter);
  }
  free(sum.counts);
  strtab_free(&sum.others);
  image_free(&img);
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
