/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _GNU_SOURCE
#include "wrong.h"

#include "../cut/window.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static sigjmp_buf out;
volatile int *page;
int *nowhere;

void work(void) {}
void cut(void) { window_end("cut"); }
void unnamed(void) { cut(); }
void end(void) { exit(0); }
void jump(void) { siglongjmp(out, 1); }
void leave(void) { pthread_exit(NULL); }

int again(void) {
  static int n;
  window_end("cut");
  return n++ < 3;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  if (info->si_addr != (void *)page)
    siglongjmp(out, 1);
  window_end("cut");
  mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void *thread(void *yes) {
  if (!sigsetjmp(out, 1))
    program(yes != NULL);
  return NULL;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  pthread_t t;
  sigaction(SIGSEGV, &action, NULL);
  page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  nowhere = (int *)8;
  window_start();
  if (pthread_create(&t, NULL, thread, &t) || pthread_join(t, NULL))
    return 1;
  return 0;
}
