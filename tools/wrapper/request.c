/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * request.c - what a command line asks of clang
 *
 * clang itself says: with -### it prints the jobs that it would run. No guess
 * at its words, suffixes, configuration files and defaults is needed.
 */
#define _GNU_SOURCE
#include "setup/setup.h"
#include "wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int run(char *const argv[], int out, int err) {
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* whoever ends us, ends clang */
    if ((out != 1 && dup2(out, 1) < 0) || (err != 2 && dup2(err, 2) < 0))
      _exit(127);
    execvp(argv[0], argv);
    dprintf(err, "%s: %s: %s\n", self, argv[0], strerror(errno));
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0)
    die(argv[0], strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *after_last(const struct args *a, const char *option) {
  for (size_t i = a->n - 1; i > 0; i--)
    if (strcmp(a->v[i - 1], option) == 0)
      return a->v[i];
  return "";
}

static bool has_any(const struct args *a, const char *const *words) {
  for (size_t i = 1; i < a->n; i++)
    if (among(a->v[i], words))
      return true;
  return false;
}

static bool ends(const char *s, const char *suffix) {
  size_t n = strlen(s), m = strlen(suffix);
  return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* clang's own frontend. */
static void see_frontend(struct request *r, const struct args *job) {
  static const char *const emits[] = {"-emit-obj", "-S", "-emit-llvm",
                                      "-emit-llvm-bc", NULL};
  static const char *const compiled[] = {"ir", "pcm", "ast", NULL};
  const char *language = after_last(job, "-x");
  if (starts(language, "assembler"))
    return;
  static const char *const preprocesses[] = {"-E", NULL};
  static const char *const unfinished[] = {"-disable-llvm-passes", NULL};
  if (has_any(job, preprocesses))
    r->preprocessed = job->v[job->n - 1];
  r->compiles |= has_any(job, emits);
  r->by_way_of_ir |= has_any(job, unfinished);
  r->includes |= !among(language, compiled) && !ends(language, "cpp-output");
}

/* Does the last word about undefined symbols in libraries forbid them? */
static bool forbids_undefined(const struct args *job) {
  bool defs = false;
  for (size_t i = 1; i < job->n; i++) {
    const char *s = job->v[i];
    const bool after_z = strcmp(job->v[i - 1], "-z") == 0;
    if ((after_z && strcmp(s, "defs") == 0) || strcmp(s, "-zdefs") == 0 ||
        ends(s, "-no-undefined") || ends(s, "-unresolved-symbols=report-all"))
      defs = true;
    else if ((after_z && strcmp(s, "undefs") == 0) ||
             strcmp(s, "-zundefs") == 0)
      defs = false;
  }
  return defs;
}

static void see_linker(struct request *r, const struct args *job) {
  static const char *const relocatable[] = {
      "-r", "-i", "-Ur", "--relocatable", "-relocatable", NULL};
  static const char *const shared[] = {"-shared", "--shared", "-Bshareable",
                                       NULL};
  r->links = true;
  r->linker = job->v[0];
  r->output = after_last(job, "-o");
  if (has_any(job, relocatable))
    return;
  r->program = !has_any(job, shared);
  r->defs = !r->program && forbids_undefined(job);
}

static void see_job(struct request *r, const struct args *job) {
  if (!job->n)
    return;
  static const char *const others[] = {"as",   "ar",       "objcopy",
                                       "lipo", "dsymutil", NULL};
  const char *first = job->n > 1 ? job->v[1] : "";
  const char *slash = strrchr(job->v[0], '/');
  const char *name = slash ? slash + 1 : job->v[0];
  const char *dash = strrchr(name, '-'); /* of a target's name */
  if (strcmp(first, "-cc1") == 0)
    see_frontend(r, job);
  else if (!starts(first, "-cc1") && !starts(first, "-fc1") &&
           !among(dash ? dash + 1 : name, others))
    see_linker(r, job);
}

/* A line of quoted words. Returns where it ends. */
static const char *read_job(struct args *job, const char *s) {
  char *word = need(malloc(strlen(s) + 1));
  while (*s == ' ') {
    size_t n = 0;
    bool quoted = *++s == '"';
    for (s += quoted;
         *s && *s != (quoted ? '"' : ' ') && (quoted || *s != '\n'); s++) {
      if (*s == '\\' && s[1])
        s++;
      word[n++] = *s;
    }
    word[n] = 0;
    add(job, word);
    s += quoted && *s;
  }
  free(word);
  return s;
}

bool understand(struct request *r, const struct args *command) {
  struct args ask = {0};
  add(&ask, command->v[0]);
  add(&ask, "-###");
  for (size_t i = 1; i < command->n; i++)
    add(&ask, command->v[i]);
  int memory = memfd_create("kcov8-clang", MFD_CLOEXEC); /* /tmp may be full */
  FILE *answer = memory < 0 ? NULL : fdopen(memory, "r+");
  int null = open("/dev/null", O_WRONLY);
  if (!answer || null < 0)
    die("memory file", strerror(errno));
  ask = shorten(&ask);
  int status = run(ask.v, null, fileno(answer));
  close(null);
  rewind(answer);
  char *text = read_all(answer);
  fclose(answer);
  char version[SETUP_VERSION];
  *r = (struct request){.llvm = setup_clang_version(text, version)};
  for (const char *s = text; status == 0 && *s;) {
    if (starts(s, " \"")) {
      struct args job = {0};
      s = read_job(&job, s);
      see_job(r, &job);
    }
    s += strcspn(s, "\n");
    s += *s == '\n';
  }
  if (!r->llvm && status == 0 && (r->compiles || strstr(text, " version ")))
    die(command->v[0], "it is no clang: -### does not say so");
  free(text);
  return status == 0;
}
