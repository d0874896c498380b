// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* html.c - the report as HTML pages, by lcov's genhtml */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tool.h"
#include "report/report.h"
#include "report/sources.h"
#include "setup/setup.h"

extern char **environ;

/* Run a program with its output on our stderr. -1: it could not be run. */
static int run(char *const argv[]) {
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status;
  fflush(NULL);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  if (error)
    return -1;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool on_path(const char *program) {
  char path[PATH_MAX];
  return setup_in_path(path, program);
}

/* How many sources genhtml will not find. */
static size_t count_missing(const struct coverage *cov, const char *root,
                            char **first) {
  size_t n = 0;
  for (size_t i = 0; i < cov->n_files; i++) {
    if (!report_has_source(&cov->files[i]))
      continue;
    char *path = report_absolute(root, cov->files[i].path);
    if (access(path, R_OK) == 0 || n++)
      free(path);
    else
      *first = path;
  }
  return n;
}

static bool write_tracefile(const struct coverage *cov, const char *root,
                            char *name) {
  int fd = mkstemp(name);
  FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
  if (!f)
    return fail(name, "%s", strerror(errno));
  report_lcov(cov, root, &(struct output){.f = f, .name = name});
  bool ok = !ferror(f);
  ok = fclose(f) == 0 && ok;
  return ok || fail(name, "%s", strerror(errno));
}

static bool run_genhtml(const char *tracefile, const char *root,
                        const char *dir, const char *title, bool missing) {
  const char *argv[24];
  int n = 0;
  argv[n++] = "genhtml";
  /* lcov 2 takes what follows for its demangler, if it is no option. */
  if (on_path("c++filt"))
    argv[n++] = "--demangle-cpp";
  argv[n++] = "--quiet";
  argv[n++] = "--quiet"; /* lcov 2 tells its totals if told once */
  /*
   * Settings that only lcov 2 knows (1 skips them): where a function ends is
   * not for it to guess, and a source may be missing (a warning has told), or
   * shorter than the compiler thought (#line, a file that was generated again).
   */
  argv[n++] = "--rc";
  argv[n++] = "derive_function_end_line=0";
  argv[n++] = "--rc";
  argv[n++] = "check_data_consistency=0";
  argv[n++] = "--rc";
  argv[n++] = missing ? "filter=range" : "ignore_errors=range,range";
  argv[n++] = "--rc";
  argv[n++] = "genhtml_synthesize_missing=1";
  argv[n++] = "--legend";
  argv[n++] = "--title";
  argv[n++] = title;
  argv[n++] = "--prefix";
  argv[n++] = *root ? root : "/";
  argv[n++] = "--output-directory";
  argv[n++] = dir;
  if (missing) {
    argv[n++] = "--ignore-errors";
    argv[n++] = "source,source";
  }
  argv[n++] = tracefile;
  argv[n] = NULL;
  int status = run((char *const *)argv);
  if (status == -1)
    return fail("genhtml", "%s: HTML needs it; install the package 'lcov'",
                strerror(errno));
  return status == 0 || fail("genhtml", "failed with exit status %d", status);
}

bool report_html(const struct coverage *cov, const char *root,
                 const char *dir) {
  bool any = false;
  for (size_t i = 0; i < cov->n_files; i++)
    any |= report_has_source(&cov->files[i]);
  if (!any)
    return fail(cov->images[0].img->path,
                "no block has lines: nothing to show as HTML "
                "(compile with -g)");
  if (!on_path("genhtml"))
    return fail("genhtml", "not found: HTML needs it; install the package "
                           "'lcov'");
  char *first = NULL;
  size_t missing = count_missing(cov, root, &first);
  if (missing)
    warn(first, "source not found, %zu file%s without text; see --source-root",
         missing, missing == 1 ? "" : "s");
  free(first);

  const char *tmp = getenv("TMPDIR");
  char *tracefile = xasprintf("%s/kcov8.XXXXXX", tmp && *tmp ? tmp : "/tmp");
  const char *slash = strrchr(cov->images[0].img->path, '/');
  char *title = xasprintf(
      "%s%s", slash ? slash + 1 : cov->images[0].img->path,
      cov->at_least ? " (counts may be lower bounds: from 8 or 255 on)" : "");
  bool ok = write_tracefile(cov, root, tracefile) &&
            run_genhtml(tracefile, root, dir, title, missing);
  unlink(tracefile);
  free(tracefile);
  free(title);
  return ok;
}
