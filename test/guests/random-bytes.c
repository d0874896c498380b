/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * random-bytes.c - guest: executes random bytes
 *
 *   random-bytes [SEED [ROUNDS]]
 *
 * Each round is a child that executes 40 pieces of code one after the other,
 * as far as it lives; some are plain noise, others are like instructions. In
 * ukernel only: among the bytes may be a system call. A bystander process
 * computes meanwhile and must come to its result; nothing else is checked, the
 * kernel has to live.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

enum { PIECES = 40, CODE_BYTES = 8192, DATA_BYTES = 65536 };

static uint8_t *code, *data;
static uint8_t alternative[1 << 16];
static sigjmp_buf back;

/* Prefixes, opcode of some map, ModRM, and bytes that may be an operand. */
static size_t instruction(uint8_t *at) {
  static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0xf0,
                                     0x64, 0x65, 0x2e, 0x36, 0x9b};
  size_t n = 0;
  for (unsigned int some = below(4); some > 1; some--)
    at[n++] = prefixes[below(sizeof(prefixes))];
  if (below(3) == 0)
    at[n++] = (uint8_t)(0x40 + below(16));
  unsigned int map = below(8);
  if (map > 3)
    at[n++] = 0x0f;
  if (map > 5)
    at[n++] = map == 6 ? 0x38 : 0x3a;
  if (map == 3)
    at[n++] = (uint8_t)(0xc4 + below(2));
  at[n++] = (uint8_t)next();
  at[n++] = (uint8_t)next();
  for (unsigned int some = below(6); some > 0; some--)
    at[n++] = (uint8_t)(below(2) ? next() : below(3));
  return n;
}

static void make_code(uint8_t *at, size_t room) {
  unsigned int kind = below(4);
  size_t n = 0;
  while (n + 32 < room) {
    if (kind == 0)
      at[n++] = (uint8_t)next();
    else
      n += instruction(at + n);
  }
}

static void on_signal(int sig) { siglongjmp(back, sig); }

static void enter(const void *at) {
  uint64_t reg[16];
  for (int i = 0; i < 16; i++)
    reg[i] = below(3) == 0 ? next()
             : below(8) == 0
                 ? below(500)
                 : (uintptr_t)data + DATA_BYTES / 4 + below(DATA_BYTES / 2);
  reg[4] = (uintptr_t)data + DATA_BYTES / 2;
  reg[15] = (uintptr_t)at;
  __asm__ volatile("mov %0, %%rax\n\t"
                   "mov 8(%%rax), %%rcx\n\tmov 16(%%rax), %%rdx\n\t"
                   "mov 24(%%rax), %%rbx\n\tmov 32(%%rax), %%rsp\n\t"
                   "mov 40(%%rax), %%rbp\n\tmov 48(%%rax), %%rsi\n\t"
                   "mov 56(%%rax), %%rdi\n\tmov 64(%%rax), %%r8\n\t"
                   "mov 72(%%rax), %%r9\n\tmov 80(%%rax), %%r10\n\t"
                   "mov 88(%%rax), %%r11\n\tmov 96(%%rax), %%r12\n\t"
                   "mov 104(%%rax), %%r13\n\tmov 112(%%rax), %%r14\n\t"
                   "mov 120(%%rax), %%r15\n\tmov (%%rax), %%rax\n\t"
                   "jmp *%%r15"
                   :
                   : "r"(reg)
                   : "memory");
}

static void child(void) {
  static const int signals[] = {SIGILL,  SIGSEGV, SIGBUS, SIGFPE,
                                SIGTRAP, SIGALRM, SIGSYS};
  const stack_t stack = {.ss_sp = alternative, .ss_size = sizeof(alternative)};
  const struct itimerval tick = {{0, 20000}, {0, 20000}};
  /* Half of them: the first fault ends it. Handlers make blocks differ. */
  bool handles = below(2);
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  for (size_t i = 0; handles && i < sizeof(signals) / sizeof(signals[0]); i++)
    sigaction(signals[i], &action, NULL);
  for (volatile int i = 0; i < PIECES; i++) {
    size_t at = below(2) ? CODE_BYTES / 2 - below(64) : below(CODE_BYTES / 2);
    make_code(code + at, below(200) + 40);
    setitimer(ITIMER_REAL, &tick, NULL);
    if (sigsetjmp(back, 1) == 0)
      enter(code + at);
  }
  _exit(0);
}

/* Whatever it has become: it may not stay. */
static int wait_for(pid_t pid) {
  const struct timespec moment = {0, 2000000};
  int status = 0;
  for (int i = 0; i < 1000; i++) {
    if (waitpid(pid, &status, WNOHANG) == pid)
      return status;
    nanosleep(&moment, NULL);
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return status;
}

static pid_t bystander(const int ends[2]) {
  pid_t pid = fork();
  if (pid != 0)
    return pid;
  close(ends[1]);
  uint64_t sum = 1;
  char byte;
  do
    for (int i = 0; i < 1000000; i++)
      sum = sum * 6364136223846793005u + 1442695040888963407u;
  while (read(ends[0], &byte, 1) < 0); /* O_NONBLOCK: until the end */
  _exit(sum != 0 ? 7 : 8);
}

int main(int argc, char **argv) {
  struct utsname name;
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  long rounds = argc > 2 ? atol(argv[2]) : 20;
  int ends[2], status, dead = 0;
  require(uname(&name) == 0 && strstr(name.release, "ukernel"),
          "only in ukernel");
  code = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  data = mmap(NULL, DATA_BYTES, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(code != MAP_FAILED && data != MAP_FAILED, "mmap");
  require(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "pipe");
  pid_t innocent = bystander(ends);
  for (long i = 0; i < rounds; i++) {
    state = seed * 1000003 + (uint64_t)i;
    pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0)
      child();
    dead += WIFSIGNALED(wait_for(pid));
  }
  close(ends[1]);
  close(ends[0]);
  require(waitpid(innocent, &status, 0) == innocent, "waitpid");
  require(WIFEXITED(status) && WEXITSTATUS(status) == 7, "bystander");
  printf("%ld rounds, some killed: %s\n", rounds, dead ? "yes" : "no");
  return 0;
}
