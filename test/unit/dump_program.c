/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump_program.c - an "instrumented" program for test_dump.sh
 *
 *   dump_program [plain | exit STATUS | _exit | abort | atexit | chdir | fork |
 *                 orphan | forks | plugin FILE... | harvested-plugin FILE |
 *                 silent]
 *
 * Runs block 0, and block 2 three times, then what the word says.
 */
#include "dump_image.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_exit(void) { run(4); }

static int do_fork(void) {
  int status = 1;
  const pid_t child = fork();
  if (child == 0) {
    run(5);
    exit(0);
  }
  printf("%ld\n", (long)child);
  return waitpid(child, &status, 0) != child || status;
}

/* The child exits after its parent, whose end it sees at a pipe. */
static int do_orphan(void) {
  int ends[2];
  char c;
  if (pipe(ends))
    return 1;
  if (fork() == 0) {
    close(ends[1]);
    run(5);
    exit(read(ends[0], &c, 1) != 0);
  }
  return 0;
}

static void ignore(void *ctx, uint64_t pc, unsigned int hits, uint64_t id,
                   int moved) {
  (void)ctx, (void)pc, (void)hits, (void)id, (void)moved;
}

static _Atomic(int) stop;

static void *harvest_on(void *arg) {
  while (!stop)
    kcov8_harvest(ignore, NULL);
  return arg;
}

/* Forks while another thread is in the runtime: children can use it, too. */
static int do_forks(void) {
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, harvest_on, NULL);
  for (int i = 0; i < 200 && !failed; i++) {
    int status = 1;
    const pid_t child = fork();
    if (child == 0) {
      alarm(20); /* only a deadlock takes so long */
      _exit(kcov8_harvest(ignore, NULL) != 0);
    }
    failed = waitpid(child, &status, 0) != child || status;
  }
  stop = 1;
  pthread_join(thread, NULL);
  return failed;
}

/* Loads, calls, unloads. */
static int do_plugin(const char *file) {
  void *const plugin = dlopen(file, RTLD_NOW);
  if (!plugin) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  void (*run_plugin)(void);
  *(void **)&run_plugin = dlsym(plugin, "run_plugin");
  run_plugin();
  return dlclose(plugin);
}

int main(int argc, char **argv) {
  const char *const what = argc > 1 ? argv[1] : "plain";
  if (!strcmp(what, "silent"))
    return 0;
  run(0);
  for (int i = 0; i < 3; i++)
    run(2);
  if (!strcmp(what, "exit"))
    exit(atoi(argv[2]));
  if (!strcmp(what, "_exit"))
    _exit(0);
  if (!strcmp(what, "abort"))
    abort();
  if (!strcmp(what, "atexit"))
    return atexit(at_exit);
  if (!strcmp(what, "chdir"))
    return chdir("/");
  if (!strcmp(what, "fork"))
    return do_fork();
  if (!strcmp(what, "orphan"))
    return do_orphan();
  if (!strcmp(what, "forks"))
    return do_forks();
  for (int i = 2; i < argc && !strcmp(what, "plugin"); i++)
    if (do_plugin(argv[i]))
      return 1;
  if (!strcmp(what, "plugin"))
    return 0;
  if (!strcmp(what, "harvested-plugin"))
    return kcov8_harvest(ignore, NULL) || do_plugin(argv[2]);
  printf("%ld\n", (long)getpid());
  return 0;
}
