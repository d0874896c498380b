/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump_program.c - an "instrumented" program for test_dump.sh
 *
 *   dump_program [plain | exit STATUS | _exit | abort | atexit | chdir | fork |
 *                 plugin FILE | silent]
 *
 * Runs block 0, and block 2 three times, then what the word says.
 */
#include "dump_image.h"

#include <dlfcn.h>
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
  if (!strcmp(what, "plugin"))
    return do_plugin(argv[2]);
  printf("%ld\n", (long)getpid());
  return 0;
}
