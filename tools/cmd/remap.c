// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* remap.c - kcov8 remap: what an old build reached, for a new one */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/output.h"
#include "base/progress.h"
#include "cmd/command.h"
#include "cmd/lists.h"

static const char help[] =
    "usage: kcov8 remap [OPTION...] OLD NEW PCFILE...\n"
    "       kcov8 remap [--tier TIER] OLD NEW INDEX -o NEWINDEX\n"
    "\n"
    "Carries what the build OLD of a program reached to the build NEW. PCFILEs "
    "are\n"
    "lists of PCs, or dumps; - is stdin. Writes one list: each PC of NEW once, "
    "its\n"
    "counts added up. Of an INDEX, makes a new one in which the tests of OLD "
    "have\n"
    "hits in NEW, too.\n"
    "A block is found again by evidence, the best first:\n"
    "  same     the same ID, in a function of the same code\n"
    "  exact    the same ID\n"
    "  moved    the same key, in the function of the same name elsewhere\n"
    "  renamed  the same key, in a function of nearly the same keys\n"
    "  lines    in the function, on the lines where it must be now\n"
    "  order    in the function, between the same blocks\n"
    "How much each tier carried, and what was dropped, is said.\n"
    "\n"
    "  -t, --tier TIER      the last tier that is used (default: lines)\n"
    "  -d, --directory DIR  write each list to DIR, under its own name\n"
    "  -o, --output FILE    write to FILE\n"
    "      --json           what became of each PC, as JSON\n"
    "  -h, --help           this text\n";

/**
 * struct request - what is asked for
 * @last: the last tier that is used
 * @index: @files is one index
 */
struct request {
  const char *from, *to, *directory, *output;
  char **files;
  int n_files;
  enum tier last;
  bool json, index;
};

/* ---- Lists --------------------------------------------------------------- */

/* EXIT_FAILED with something to write is kept in mind; @status goes on. */
static bool add_file(struct carrier *c, struct list *list, const char *path,
                     int *status) {
  bool partly;
  int result = carrier_add(c, list, path, &partly);
  if (result != EXIT_DONE)
    *status = result;
  return result == EXIT_DONE || partly;
}

static int write_union(struct carrier *c, const struct request *q) {
  char *name = q->n_files == 1 ? xasprintf("%s", strcmp(q->files[0], "-") == 0
                                                     ? "stdin"
                                                     : q->files[0])
                               : xasprintf("%d lists", q->n_files);
  struct list list = {.name = name};
  struct progress progress;
  struct output out;
  int status = EXIT_DONE;
  bool ok = true;
  progress_begin(&progress, "reading", (uint64_t)q->n_files);
  for (int i = 0; i < q->n_files && ok; i++) {
    ok = add_file(c, &list, q->files[i], &status);
    progress_at(&progress, (uint64_t)i + 1);
  }
  progress_end(&progress);
  if (ok && output_open(&out, q->output)) {
    list_write(&list, c, out.f);
    if (!output_close(&out, true))
      status = EXIT_FAILED;
  } else if (ok) {
    status = EXIT_FAILED;
  }
  list_free(&list);
  free(name);
  return status;
}

static int write_json(struct carrier *c, const struct request *q) {
  struct output out;
  int status = EXIT_DONE;
  bool ok = true;
  if (!output_open(&out, q->output))
    return EXIT_FAILED;
  struct jsonw j = {.f = out.f};
  json_object(&j, NULL);
  pair_json(&j, c->pair);
  json_array(&j, "lists");
  for (int i = 0; i < q->n_files && ok; i++) {
    struct list list = {.name = strcmp(q->files[i], "-") == 0 ? "stdin"
                                                              : q->files[i]};
    ok = add_file(c, &list, q->files[i], &status);
    if (ok)
      list_json(&list, c, &j);
    list_free(&list);
  }
  json_end(&j, ']');
  carrier_json(c, &j);
  json_end(&j, '}');
  if (!output_close(&out, ok) && ok)
    status = EXIT_FAILED;
  return status;
}

/* ---- A directory --------------------------------------------------------- */

static bool is_same(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
         x.st_ino == y.st_ino;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(file_name(*(char *const *)a), file_name(*(char *const *)b));
}

/* Nothing is written if two lists would be one, or take an input's place. */
static int check_names(const struct request *q) {
  char **sorted = xcalloc((size_t)q->n_files, sizeof(*sorted));
  int status = EXIT_DONE;
  for (int i = 0; i < q->n_files; i++)
    sorted[i] = q->files[i];
  qsort(sorted, (size_t)q->n_files, sizeof(*sorted), compare_names);
  for (int i = 0; i < q->n_files && status == EXIT_DONE; i++) {
    char *target = xasprintf("%s/%s", q->directory, file_name(sorted[i]));
    if (strcmp(sorted[i], "-") == 0)
      status = usage_error("remap", "stdin has no name in %s", q->directory);
    else if (i && compare_names(&sorted[i - 1], &sorted[i]) == 0)
      status = usage_error("remap", "%s and %s would both be %s", sorted[i - 1],
                           sorted[i], target);
    else if (is_same(sorted[i], target))
      status = usage_error("remap", "%s would be replaced", target);
    free(target);
  }
  free(sorted);
  return status;
}

static bool write_one(const struct list *list, const struct carrier *c,
                      const char *directory) {
  char *target = xasprintf("%s/%s", directory, file_name(list->name));
  struct output out;
  bool ok = output_open(&out, target);
  if (ok) {
    list_write(list, c, out.f);
    ok = output_close(&out, true);
  }
  free(target);
  return ok;
}

static int write_directory(struct carrier *c, const struct request *q) {
  struct progress progress;
  int status = EXIT_DONE;
  bool ok = true;
  if (mkdir(q->directory, 0777) < 0 && errno != EEXIST) {
    warn(q->directory, "%s", strerror(errno));
    return EXIT_FAILED;
  }
  progress_begin(&progress, "carrying", (uint64_t)q->n_files);
  for (int i = 0; i < q->n_files && ok; i++) {
    struct list list = {.name = q->files[i]};
    ok = add_file(c, &list, q->files[i], &status);
    if (ok && !write_one(&list, c, q->directory)) {
      status = EXIT_FAILED;
      ok = false;
    }
    list_free(&list);
    progress_at(&progress, (uint64_t)i + 1);
  }
  progress_end(&progress);
  return status;
}

static int write_index(struct carrier *c, const struct request *q) {
  return remap_index(c, q->files[0], q->output) ? EXIT_DONE : EXIT_FAILED;
}

/* ---- The command --------------------------------------------------------- */

static int remap_lists(struct pair *pair, const struct match *match,
                       const struct request *q) {
  struct carrier c;
  carrier_make(&c, pair, match, q->last);
  int status = q->index       ? write_index(&c, q)
               : q->json      ? write_json(&c, q)
               : q->directory ? write_directory(&c, q)
                              : write_union(&c, q);
  if (status == EXIT_DONE || (status == EXIT_FAILED && !q->index))
    carrier_tell(&c);
  carrier_free(&c);
  return status;
}

static int remap(const struct request *q) {
  struct pair pair;
  int status = EXIT_FAILED;
  if (pair_load(&pair, q->from, q->to)) {
    struct match match;
    pair_warn(&pair);
    match_make(&match, &pair.from, &pair.to);
    status = remap_lists(&pair, &match, q);
    match_free(&match);
  }
  pair_free(&pair);
  return status;
}

/* What can be read once, like a pipe, is not looked at ahead: it is a list. */
static bool is_index(const char *path) {
  struct stat st;
  return (stat(path, &st) != 0 || S_ISREG(st.st_mode)) && names_index(path);
}

static enum tier usual_tier(void) {
  int last = 0;
  for (int i = 0; i < N_TIERS; i++)
    if (tiers[i].usual)
      last = i;
  return (enum tier)last;
}

static bool parse_tier(const char *word, enum tier *tier) {
  const char *words[N_TIERS + 1] = {NULL};
  unsigned int number;
  for (int i = 0; i < N_TIERS; i++)
    words[i] = tiers[i].name;
  if (!parse_word("remap", "tier", words, word, &number))
    return false;
  *tier = (enum tier)number;
  return true;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"tier", required_argument, NULL, 't'},
      {"directory", required_argument, NULL, 'd'},
      {"output", required_argument, NULL, 'o'},
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  struct request q = {.last = usual_tier()};
  int opt;
  while ((opt = getopt_long(argc, argv, ":t:d:o:h", options, NULL)) != -1)
    switch (opt) {
    case 't':
      if (!parse_tier(optarg, &q.last))
        return EXIT_USAGE;
      break;
    case 'd':
      q.directory = optarg;
      break;
    case 'o':
      q.output = optarg;
      break;
    case 'j':
      q.json = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("remap", opt, argv);
    }
  if (argc - optind < 2)
    return usage_error("remap", "which two images?");
  q.from = argv[optind];
  q.to = argv[optind + 1];
  q.files = argv + optind + 2;
  q.n_files = argc - optind - 2;
  if (!q.n_files)
    return usage_error("remap", "which PCs? (- is stdin)");
  for (int i = 0; i < q.n_files; i++)
    q.index |= is_index(q.files[i]);
  if (q.index && q.n_files > 1)
    return usage_error("remap", "an index is carried alone");
  if (q.index && (q.json || q.directory || !q.output))
    return usage_error("remap", "%s",
                       q.output ? "an index becomes an index only"
                                : "into which index? (-o NEWINDEX)");
  if (q.directory && (q.json || q.output))
    return usage_error("remap", "--directory or %s?",
                       q.json ? "--json" : "--output");
  if (q.directory && check_names(&q) != EXIT_DONE)
    return EXIT_USAGE;
  return remap(&q);
}

const struct command remap_command = {"remap", help, run};
