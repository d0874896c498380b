/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ends.c - guest test: processes whose threads all exit at the same time
 *
 * Each way to end is tried on several children with busy and blocked threads;
 * the parent must get to know of every end.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_THREADS 6
#define N_CHILDREN 12

static int ready[2];

static void *thread(void *arg) {
  if (write(ready[1], "", 1) != 1)
    abort();
  if (arg)
    for (;;)
      pause();
  for (;;)
    getppid();
}

static void start_threads(void) {
  pthread_t threads[N_THREADS];
  char byte;
  for (long i = 0; i < N_THREADS; i++)
    if (pthread_create(&threads[i], NULL, thread, (void *)(i % 3)))
      abort();
  for (int i = 0; i < N_THREADS; i++)
    if (read(ready[0], &byte, 1) != 1)
      abort();
}

static void end_by_exit(void) { exit(7); }
static void end_by_signal(void) {
  kill(getpid(), SIGKILL);
  pause();
}
/* Threads that end by themselves, one call each. */
static void *short_thread(void *arg) {
  (void)arg;
  getppid();
  return NULL;
}
static void end_one_by_one(void) {
  pthread_t threads[N_THREADS];
  for (int i = 0; i < N_THREADS; i++)
    if (pthread_create(&threads[i], NULL, short_thread, NULL))
      abort();
  syscall(SYS_exit, 0);
}

static void check(const char *name, void (*end)(void), int threads) {
  int status;
  printf("%s:", name);
  for (int i = 0; i < N_CHILDREN; i++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      if (threads)
        start_threads();
      end();
      abort();
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
      abort();
    printf(" %x", (unsigned int)status);
  }
  puts("");
}

int main(void) {
  alarm(120); /* rather than for ever */
  if (pipe(ready))
    abort();
  check("exit", end_by_exit, 1);
  check("signal", end_by_signal, 1);
  check("one by one", end_one_by_one, 0);
  return 0;
}
