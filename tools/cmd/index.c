// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* index.c - results, images and dumps into an index; what is in it */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/contents.h"
#include "cmd/run.h"
#include "image/load.h"
#include "image/lookup.h"
#include "index/code.h"
#include "index/gather.h"
#include "index/tests.h"

static const char help[] =
    "usage: kcov8 index [OPTION...] INDEX [IMAGE|DUMP...]\n"
    "       kcov8 index [OPTION...] INDEX -- COMMAND [ARGUMENT...]\n"
    "\n"
    "Takes the results that wait in the directory INDEX.new into INDEX, which "
    "is\n"
    "made if it is not there, and then what is named: IMAGEs with their\n"
    "functions, and DUMPs as the result of a test. A DUMP may also be a list "
    "of\n"
    "PCs, which are of the one IMAGE; - is stdin. Without an IMAGE and a DUMP "
    "it\n"
    "shows what is in INDEX.\n"
    "The result replaces that of an earlier run of the test. An image that is "
    "not\n"
    "in INDEX is read from the file that ran. If that is gone, or another "
    "build,\n"
    "it is named, and the exit status is 1.\n"
    "With a COMMAND, runs it as `kcov8 run' does, for INDEX: each kcov8 run "
    "and\n"
    "lit test in it is a test, and what no test of theirs reached is one, "
    "too.\n"
    "\n"
    "  -n, --name TEST      the test whose result the DUMPs are, or COMMAND's\n"
    "      --outcome TEXT   how it ended (default: PASS)\n"
    "      --seconds S      how long it took\n"
    "  -f, --format FORMAT  text (default) or json, of what is in INDEX\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

/**
 * struct request - what is asked for
 * @images, @lists: names of files; a list is a dump, or PCs as text
 */
struct request {
  const char *index;
  struct test_run test;
  const char **images, **lists;
  size_t n_images, cap_images, n_lists, cap_lists;
};

/* ---- What is named ------------------------------------------------------- */

static void sort_files(struct request *q, char **files, int n) {
  for (int i = 0; i < n; i++)
    if (image_detect(files[i])) {
      q->images =
          vec_push(q->images, &q->n_images, &q->cap_images, sizeof(*q->images));
      q->images[q->n_images - 1] = files[i];
    } else {
      q->lists =
          vec_push(q->lists, &q->n_lists, &q->cap_lists, sizeof(*q->lists));
      q->lists[q->n_lists - 1] = files[i];
    }
}

static int add_images(struct index *ix, const struct request *q) {
  bool ok = true;
  for (size_t i = 0; ok && i < q->n_images; i++) {
    struct image img;
    int64_t row;
    ok = image_load(&img, q->images[i]) && image_require_blocks(&img) &&
         index_add_image(ix, &img, &row);
    image_free(&img);
  }
  return ok ? EXIT_DONE : EXIT_FAILED;
}

/* ---- Lists --------------------------------------------------------------- */

/*
 * PCs as text. A block without a counter comes with one that has one and stands
 * for it, so it is left out here.
 */
static enum pcfile_result read_pcs(struct pcfile *list, struct image *img,
                                   struct hits *hits) {
  struct pcfile_entry e, *pcs = NULL;
  size_t n = 0, cap = 0, n_unknown = 0;
  struct moves moves = {0};
  enum pcfile_result r;
  while ((r = pcfile_next(list, &e)) == PCFILE_PC || r == PCFILE_MOVED)
    if (r == PCFILE_MOVED) {
      moves_add(&moves, img, &e);
    } else {
      pcs = vec_push(pcs, &n, &cap, sizeof(*pcs));
      pcs[n - 1] = e;
    }
  for (size_t i = 0; r == PCFILE_END && i < n; i++) {
    const struct block *b = image_find_entry(img, &moves, &pcs[i]);
    n_unknown += !b;
    if (b && b->counter != NO_COUNTER)
      hits_add(hits, b->counter, 1);
  }
  if (n_unknown) {
    warn(list->name, "%zu PC%s not in %s", n_unknown,
         n_unknown == 1 ? " is" : "s are", img->path);
    r = PCFILE_OTHER;
  }
  free(pcs);
  moves_free(&moves);
  return r;
}

static int read_text(const struct request *q, const char *path, FILE *f,
                     struct results *results) {
  struct image img;
  struct hits hits = {0};
  enum pcfile_result r = PCFILE_FAILED;
  if (q->n_images != 1) {
    warn(path, "not a dump, and PCs are of one image: which one?");
    return EXIT_USAGE;
  }
  if (image_load(&img, q->images[0])) {
    struct pcfile list;
    pcfile_begin(&list, f, path, &img);
    r = read_pcs(&list, &img, &hits);
    hits_union(
        &results_of(results,
                    &(struct dump_image){
                        .digest = img.digest,
                        .n_counters = img.elf.tables[TABLE_COUNTERS].size,
                        .path = img.path})
             ->hits,
        &hits);
  }
  image_free(&img);
  hits_free(&hits);
  return r == PCFILE_END   ? EXIT_DONE
         : r == PCFILE_BAD ? EXIT_USAGE
                           : EXIT_FAILED;
}

static int read_list(const struct request *q, const char *path,
                     struct results *results) {
  bool is_stdin = strcmp(path, "-") == 0;
  FILE *f = is_stdin ? stdin : dumpfile_open(path);
  if (!f)
    return EXIT_FAILED;
  const char *name = is_stdin ? "stdin" : path;
  int c = getc(f), status;
  if (c != EOF)
    ungetc(c, f);
  if (c == DUMP_FIRST_BYTE) {
    enum dump_result r = results_read(results, f, name);
    status = r == DUMP_READ  ? EXIT_DONE
             : r == DUMP_BAD ? EXIT_USAGE
                             : EXIT_FAILED;
  } else {
    status = read_text(q, name, f, results);
  }
  if (!is_stdin)
    fclose(f);
  return status;
}

/* ---- The index ----------------------------------------------------------- */

static int put(struct index *ix, const struct request *q,
               const struct results *results) {
  bool complete = true;
  int status = index_begin(ix) ? add_images(ix, q) : EXIT_FAILED;
  if (status == EXIT_DONE && q->test.name &&
      !test_put_results(ix, &q->test, results, &complete))
    status = EXIT_FAILED;
  if (status == EXIT_DONE && !index_commit(ix))
    status = EXIT_FAILED;
  if (status != EXIT_DONE)
    index_rollback(ix);
  return complete ? status : EXIT_FAILED;
}

static int add(const struct request *q) {
  struct index ix = {0};
  struct results results = {0};
  struct gathered gathered;
  int status = EXIT_DONE;
  for (size_t i = 0; i < q->n_lists && status == EXIT_DONE; i++)
    status = read_list(q, q->lists[i], &results);
  if (status == EXIT_DONE) {
    if (index_open(&ix, q->index, INDEX_WRITE) &&
        index_gather(&ix, true, &gathered))
      status = put(&ix, q, &results);
    else
      status = EXIT_FAILED;
    if (status == EXIT_DONE && !gathered.complete)
      status = EXIT_FAILED;
    index_close(&ix);
  }
  results_free(&results);
  return status;
}

static int show(const char *path, bool json) {
  struct index ix;
  struct gathered gathered;
  bool ok = index_open_gathered(&ix, path, &gathered) &&
            contents_write(&ix, gathered.n_running, json);
  index_close(&ix);
  return ok && gathered.complete ? EXIT_DONE : EXIT_FAILED;
}

static bool parse_seconds(const char *word, double *seconds) {
  char *end;
  *seconds = strtod(word, &end);
  return end != word && !*end && isfinite(*seconds) && *seconds >= 0;
}

static int run_suite(const struct request *q, char **argv) {
  char *index = absolute_path(q->index);
  if (!index)
    return EXIT_RUN_FAILED;
  int status = run_request(&(struct run_request){
      .name = q->test.name, .index = index, .suite = true, .argv = argv});
  free(index);
  return status;
}

static int run_with(struct request *q, int argc, char **argv) {
  static const struct option options[] = {
      {"name", required_argument, NULL, 'n'},
      {"outcome", required_argument, NULL, 'O'},
      {"seconds", required_argument, NULL, 's'},
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  static const char *const formats[] = {"text", "json", NULL};
  unsigned int format = 0;
  int opt, end = 1; /* of what is ours */
  while (end < argc && strcmp(argv[end], "--") != 0)
    end++;
  while ((opt = getopt_long(end, argv, ":n:f:h", options, NULL)) != -1)
    switch (opt) {
    case 'n':
      q->test.name = optarg;
      break;
    case 'O':
      q->test.outcome = optarg;
      break;
    case 's':
      if (!parse_seconds(optarg, &q->test.seconds))
        return usage_error("index", "--seconds: not a time: '%s'", optarg);
      break;
    case 'f':
      if (!parse_format("index", formats, optarg, &format))
        return EXIT_USAGE;
      break;
    case 'j':
      format = 1;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("index", opt, argv);
    }
  if (optind == end && end < argc) { /* the -- is in front of INDEX */
    optind++;
    end = argc;
  }
  if (optind == end)
    return usage_error("index", "which index?");
  q->index = argv[optind];
  if (end < argc) {
    if (optind + 1 < end || end + 1 == argc)
      return usage_error("index", optind + 1 < end ? "files, or a command?"
                                                   : "which command?");
    return run_suite(q, argv + end + 1);
  }
  sort_files(q, argv + optind + 1, argc - optind - 1);
  if (q->n_lists && !q->test.name)
    return usage_error("index",
                       "%s: of which test? (--name; if it is an "
                       "image: not an ELF file)",
                       q->lists[0]);
  if (!q->n_lists && q->test.name)
    return usage_error("index", "--name: which dumps are its result?");
  if (q->n_lists || q->n_images)
    return add(q);
  return show(q->index, format == 1);
}

static int run(int argc, char **argv) {
  struct request q = {.test = {.outcome = "PASS",
                               .seconds = -1,
                               .began = microseconds_now(),
                               .uid = random_uid()}};
  int status = run_with(&q, argc, argv);
  free(q.images);
  free(q.lists);
  return status;
}

const struct command index_command = {"index", help, run};
