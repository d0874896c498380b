/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * conformance - what a kernel's kcov answers, as a transcript
 *
 *   conformance [--list | PREFIX...]
 *
 * One line per check, `case: result`, the same lines in the same order on
 * every kernel; PREFIXes choose lines. Needs nothing but libc: the binary runs
 * on Linux (root, CONFIG_KCOV, debugfs) and in ukernel. Exit status 0: all
 * cases ran, whatever they found; 1: no kcov here; 2: usage.
 *
 * Each case has a process group and a time limit; results are in memory shared
 * with it, so that what it found before it died is not lost and what it did
 * not reach says why.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define LIMIT_SECONDS 60 /* an emulator on a busy machine is slow */
#define MAX_CHECKS 64
#define TEXT_BYTES 96

struct test_case {
  const char *name;
  case_fn *run;
  const void *arg;
  const char *const *checks;
};

static struct test_case *cases;
static size_t n_cases, room;
static const struct test_case *current;

/* Not shared in an image that a case executes: that has its own channel. */
static struct results {
  char why[TEXT_BYTES]; /* the case ended early */
  char text[MAX_CHECKS][TEXT_BYTES];
} no_results, *results = &no_results;

/* ---- The list ------------------------------------------------------------ */

void add_case(const char *name, case_fn *run, const void *arg,
              const char *const *checks) {
  if (n_cases == room) {
    room = room ? 2 * room : 256;
    cases = realloc(cases, room * sizeof(*cases));
    if (!cases)
      abort();
  }
  cases[n_cases++] = (struct test_case){name, run, arg, checks};
}

void add_scenarios(const struct scenario *scenarios, size_t n) {
  for (size_t i = 0; i < n; i++)
    add_case(scenarios[i].name, scenarios[i].run, NULL, scenarios[i].checks);
}

const void *case_arg(void) { return current->arg; }

static size_t n_lines(const struct test_case *test) {
  size_t n = 0;
  if (!test->checks)
    return 1;
  while (test->checks[n])
    n++;
  return n;
}

static void line_name(const struct test_case *test, size_t i, char *name,
                      size_t size) {
  snprintf(name, size, "%s%s%s", test->name, test->checks ? "/" : "",
           test->checks ? test->checks[i] : "");
}

/* ---- Results ------------------------------------------------------------- */

static size_t slot_of(const char *check) {
  for (size_t i = 0; i < n_lines(current); i++)
    if (!check || !current->checks || strcmp(current->checks[i], check) == 0)
      return i;
  snprintf(results->why, TEXT_BYTES, "undeclared check %s", check);
  abort();
}

void say(const char *check, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(results->text[slot_of(check)], TEXT_BYTES, format, args);
  va_end(args);
}

const char *rc_text(long rc) {
  static _Thread_local char text[48];
  const char *name = rc < 0 ? strerrorname_np((int)-rc) : NULL;
  if (rc >= 0)
    snprintf(text, sizeof(text), "%ld", rc);
  else if (name)
    snprintf(text, sizeof(text), "-1 %s", name);
  else /* 524 is ENOTSUPP, which no libc knows */
    snprintf(text, sizeof(text), "-1 %ld", -rc);
  return text;
}

void say_rc(const char *check, long rc) { say(check, "%s", rc_text(rc)); }

void say_ok(const char *check, long rc) { say_rc(check, rc < 0 ? rc : 0); }

long need(long rc, const char *step) {
  if (rc >= 0)
    return rc;
  snprintf(results->why, TEXT_BYTES, "no %s: %s", step, rc_text(rc));
  _exit(0);
}

/* ---- One case ------------------------------------------------------------ */

static void on_child(int sig) { (void)sig; }

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* False if the time is over. SIGCHLD is blocked, so none gets lost. */
static bool wait_for(pid_t pid, int *status) {
  int64_t end = now_ns() + LIMIT_SECONDS * 1000000000ll;
  sigset_t none;
  sigemptyset(&none);
  while (waitpid(pid, status, WNOHANG) != pid) {
    int64_t left = end - now_ns();
    if (left <= 0)
      return false;
    struct timespec time = {left / 1000000000, left % 1000000000};
    ppoll(NULL, 0, &time, &none);
  }
  return true;
}

static void child(void) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  current->run();
  _exit(0);
}

static void run_case(const struct test_case *test) {
  int status = 0;
  memset(results, 0, sizeof(*results));
  current = test;
  pid_t pid = fork();
  if (pid == 0)
    child();
  if (pid < 0) {
    snprintf(results->why, TEXT_BYTES, "no fork: %s", rc_text(-errno));
    return;
  }
  setpgid(pid, pid); /* whoever comes first */
  bool in_time = wait_for(pid, &status);
  kill(-pid, SIGKILL); /* what it left running */
  if (!in_time) {
    waitpid(pid, &status, 0);
    snprintf(results->why, TEXT_BYTES, "timeout");
  } else if (WIFSIGNALED(status) && !results->why[0]) {
    snprintf(results->why, TEXT_BYTES, "SIG%s", sigabbrev_np(WTERMSIG(status)));
  } else if (!results->why[0]) {
    snprintf(results->why, TEXT_BYTES, "not reached");
  }
}

/* ---- All of them --------------------------------------------------------- */

static bool chosen(const char *line, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strncmp(line, argv[i], strlen(argv[i])) == 0)
      return true;
  return argc == 1;
}

static void do_case(const struct test_case *test, int argc, char **argv,
                    bool list, size_t *n) {
  char name[160];
  bool ran = false;
  for (size_t i = 0; i < n_lines(test); i++) {
    line_name(test, i, name, sizeof(name));
    if (!chosen(name, argc, argv))
      continue;
    ++*n;
    if (list) {
      puts(name);
      continue;
    }
    if (!ran)
      run_case(test);
    ran = true;
    printf("%s: %s\n", name,
           results->text[i][0] ? results->text[i] : results->why);
  }
  fflush(stdout); /* what comes next may hang, and must not be copied */
}

static int usage(void) {
  fprintf(stderr, "usage: conformance [--list | PREFIX...]\n");
  return 2;
}

static int find_device(void) {
  int fd = open(KCOV_PATH, O_RDWR);
  if (fd < 0) {
    fprintf(stderr, "conformance: %s: %s\n", KCOV_PATH, strerror(errno));
    return -1;
  }
  return close(fd);
}

static void add_all(void) {
  add_state_cases();
  add_remote_cases();
  add_both_cases();
  add_descriptor_cases();
  add_file_cases();
  add_mapping_cases();
  add_advice_cases();
  add_buffer_cases();
  add_hostile_cases();
  add_task_cases();
  add_exit_cases();
  add_exec_cases();
  add_coverage_cases();
  add_comparison_cases();
}

int main(int argc, char **argv) {
  static const struct sigaction action = {.sa_handler = on_child};
  bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
  sigset_t block;
  size_t n = 0;

  add_all();
  if (argc > 1 && strcmp(argv[1], AFTER_EXEC) == 0)
    return after_exec(argc, argv);
  if (argc > 1 && argv[1][0] == '-' && !list)
    return usage();
  if (!list && find_device())
    return 1;
  results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (results == MAP_FAILED)
    return 1;
  sigaction(SIGCHLD, &action, NULL);
  sigemptyset(&block);
  sigaddset(&block, SIGCHLD);
  sigprocmask(SIG_BLOCK, &block, NULL);
  for (size_t i = 0; i < n_cases; i++)
    do_case(&cases[i], list ? 1 : argc, argv, list, &n);
  return n ? 0 : usage();
}
