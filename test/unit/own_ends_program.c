/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * own_ends_program.c - a program that has its own exec and _exit: they win
 */
#define _GNU_SOURCE
#include "dump_image.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int calls;

int execve(const char *path, char *const argv[], char *const envp[]) {
  (void)path, (void)argv, (void)envp;
  calls++;
  return -1;
}

int execl(const char *path, const char *arg, ...) {
  (void)path, (void)arg;
  calls++;
  return -1;
}

void _exit(int status) {
  for (;;)
    syscall(SYS_exit_group, status + calls);
}

int main(int argc, char **argv) {
  (void)argc;
  run(0);
  execve("", argv, argv);
  execl("", "", (char *)NULL);
  _exit(5);
}
