// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* run.c - a command and what its processes reached */
#include "cmd/run.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/dumps.h"
#include "cmd/entry.h"
#include "cmd/tree.h"
#include "index/gather.h"

static const char help[] =
    "usage: kcov8 run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs COMMAND and takes what all its instrumented processes reached. Says\n"
    "on stderr how much of each image that was. With an index, it becomes a\n"
    "test's result there: PASS, SKIP (exit status 77) or FAIL.\n"
    "\n"
    "  -n, --name TEST    the test's name; else the command line\n"
    "  -i, --index INDEX  the index; else KCOV8_INDEX, without the summary\n"
    "  -o, --output DUMP  write what was reached to a file\n"
    "  -q, --quiet        no summary\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit status: COMMAND's, or its signal; 125 failed, 126 COMMAND cannot be\n"
    "executed, 127 it was not found.\n";

/* ---- Where dumps go ------------------------------------------------------ */

/* KCOV8_OUT: all append to @file; a % in its name is no pattern. */
static void set_out(const char *file) {
  static const char append[] = "%a";
  char *out = xcalloc(2 * strlen(file) + sizeof(append), 1), *p = out;
  for (const char *c = file; *c; c++) {
    if (*c == '%')
      *p++ = '%';
    *p++ = *c;
  }
  memcpy(p, append, sizeof(append));
  setenv("KCOV8_OUT", out, 1);
  free(out);
}

char *absolute_path(const char *path) {
  char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);
  if (*path != '/' && !cwd) {
    warn(path, "%s", strerror(errno));
    return NULL;
  }
  char *all = xasprintf("%s%s%s", cwd ? cwd : "", cwd ? "/" : "", path);
  free(cwd);
  return all;
}

static char *command_line(char **argv) {
  char *line = xstrndup("", 0);
  for (; *argv; argv++) {
    char *more = xasprintf("%s%s%s", line, *line ? " " : "", *argv);
    free(line);
    line = more;
  }
  return line;
}

/* ---- Run ----------------------------------------------------------------- */

static const char *outcome(const struct tree *t) {
  enum { SKIPPED = 77 }; /* automake's, and everybody's since */
  if (WIFEXITED(t->status) && WEXITSTATUS(t->status) == SKIPPED)
    return "SKIP";
  return t->status == 0 ? "PASS" : "FAIL";
}

static void say_end(const struct tree *t, char **argv) {
  if (t->error)
    warn(argv[0], "%s", strerror(t->error));
  if (t->outlived)
    warn(argv[0],
         "processes that it left still run after %d s: what they reach is "
         "not counted",
         TREE_GRACE);
}

/* What was written, before anybody takes it away. */
static bool take(const struct run_request *q, const char *file) {
  struct dumps d;
  bool ok = true;
  bool summary = !q->quiet && !q->suite;
  if (!summary && !q->output)
    return true;
  dumps_read(&d, file);
  if (q->output)
    ok = dumps_write(&d, q->output);
  if (summary)
    dumps_summary(&d);
  dumps_free(&d);
  return ok;
}

static bool run_for(const struct run_request *q, const char *file,
                    const sigset_t *before, struct tree *t) {
  set_out(file);
  fflush(NULL);
  tree_run(t, q->argv, before);
  say_end(t, q->argv);
  return t->error || take(q, file);
}

/*
 * What cannot be taken now waits for who opens the index next. A suite's tests
 * leave it to the suite, which says so with this variable.
 */
static const char gatherer[] = "KCOV8_GATHERER";

static bool gather(const struct run_request *q) {
  struct index ix;
  struct gathered out = {.complete = false};
  bool ok = index_open(&ix, q->index, INDEX_WRITE) &&
            index_gather(&ix, q->suite, &out) && out.complete;
  if (q->suite && !q->quiet)
    warn(q->index, "%zu result%s", out.n_tests, out.n_tests == 1 ? "" : "s");
  index_close(&ix);
  return ok;
}

static bool is_gathered(const char *index) {
  const char *by = getenv(gatherer);
  return by && strcmp(by, index) == 0;
}

static bool run_test(const struct run_request *q, const sigset_t *before,
                     struct tree *t) {
  struct entry e;
  char *line = q->name ? NULL : command_line(q->argv);
  bool later = is_gathered(q->index);
  bool ok = index_may_be(q->index) &&
            entry_begin(&e, q->index, line ? line : q->name);
  if (!ok) {
    free(line);
    return false;
  }
  char *file = xasprintf("%s.dump", e.path);
  setenv("KCOV8_INDEX", q->index, 1);
  if (q->suite)
    setenv(gatherer, q->index, 1);
  bool made = dumps_make_at(file);
  ok = made && run_for(q, file, before, t);
  if (!made || t->error || (q->suite && !dumps_any(file))) {
    unlink(file);
    entry_drop(&e);
  } else {
    entry_end(&e, outcome(t), t->seconds);
  }
  free(file);
  free(line);
  sigprocmask(SIG_SETMASK, before, NULL); /* nothing is left behind now */
  if (!later && !gather(q) && q->suite)
    ok = false; /* a test is not to blame: its result waits */
  return ok;
}

static bool run_alone(const struct run_request *q, const sigset_t *before,
                      struct tree *t) {
  char *file = dumps_make();
  if (!file)
    return false;
  bool ok = run_for(q, file, before, t);
  unlink(file);
  free(file);
  return ok;
}

int run_request(const struct run_request *q) {
  struct tree t = {0};
  sigset_t before;
  tree_hold_signals(&before);
  bool ok = q->index ? run_test(q, &before, &t) : run_alone(q, &before, &t);
  if (!ok && !t.error && t.status == 0)
    return EXIT_RUN_FAILED;
  tree_exit(&t);
}

/* ---- Options ------------------------------------------------------------- */

static int usage(int code) {
  return code == EXIT_USAGE ? EXIT_RUN_FAILED : code;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"name", required_argument, NULL, 'n'},
      {"index", required_argument, NULL, 'i'},
      {"output", required_argument, NULL, 'o'},
      {"quiet", no_argument, NULL, 'q'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const char *index = NULL;
  struct run_request q = {0};
  int opt;
  while ((opt = getopt_long(argc, argv, "+:n:i:o:qh", options, NULL)) != -1)
    switch (opt) {
    case 'n':
      q.name = optarg;
      break;
    case 'i':
      index = optarg;
      break;
    case 'o':
      q.output = optarg;
      break;
    case 'q':
      q.quiet = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return usage(opt_error("run", opt, argv));
    }
  if (argc == optind)
    return usage(usage_error("run", "which command?"));
  q.argv = argv + optind;
  char *all = NULL;
  if (!index && (index = getenv("KCOV8_INDEX")) && *index)
    q.quiet = true;
  if (index && *index && !(all = absolute_path(index)))
    return EXIT_RUN_FAILED;
  q.index = all;
  int status = run_request(&q);
  free(all);
  return status;
}

const struct command run_command = {"run", help, run};
