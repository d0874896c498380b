/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * refused.c - guest test: instructions that a CPU refuses
 *
 * SIGILL, at the instruction itself, with what comes before it done once; and
 * again when it is executed again. Plain libc: runs on Linux and in ukernel
 * with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static uint8_t *code;
static uint64_t data[512];
static sigjmp_buf back;
static volatile uintptr_t where;

static void on_signal(int sig, siginfo_t *info, void *context) {
  (void)context;
  where = (uintptr_t)info->si_addr;
  siglongjmp(back, sig);
}

/* Jumps to @n bytes of code, behind them HLT; the signal. */
static int run(const uint8_t *bytes, size_t n) {
  void *middle = &data[256];
  memcpy(code, bytes, n);
  code[n] = 0xf4;
  int sig = sigsetjmp(back, 1);
  if (sig == 0)
    __asm__ volatile("mov %0, %%rcx\n\tmov %1, %%rax\n\tmov %1, %%rbx\n\t"
                     "mov %1, %%rdx\n\tmov %1, %%rsi\n\tmov %1, %%rdi\n\t"
                     "jmp *%%rcx"
                     :
                     : "r"(code), "r"(middle)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "memory");
  return sig;
}

/* Three additions to memory, then the bytes: how far it came, twice. */
static void test_place(const char *hex) {
  static const uint8_t before[] = {0x48, 0xff, 0x00, 0x48, 0xff,
                                   0x00, 0x90, 0x48, 0xff, 0x00};
  uint8_t bytes[32];
  size_t n = sizeof(before);
  memcpy(bytes, before, n);
  for (const char *at = hex; *at; at += 2) {
    unsigned int byte = 0;
    sscanf(at, "%2x", &byte);
    bytes[n++] = (uint8_t)byte;
  }
  for (int i = 0; i < 2; i++) {
    data[256] = 0;
    int sig = run(bytes, n);
    printf("%s: signal %d at %ld, %d done\n", hex, sig,
           (long)(where - (uintptr_t)code), (int)data[256]);
  }
}

/* A lock prefix before each opcode, with each ModRM.reg: who is not refused. */
static void test_lock(void) {
  for (int map = 1; map <= 2; map++)
    for (int opcode = 0; opcode < 256; opcode++)
      for (int modrm = 0; modrm < 0x100; modrm += modrm == 0x38 ? 0x88 : 8) {
        uint8_t bytes[] = {0xf0, 0x0f, (uint8_t)opcode, (uint8_t)modrm, 0, 0,
                           0,    0};
        if (map == 1)
          memmove(bytes + 1, bytes + 2, sizeof(bytes) - 2);
        if (map == 2 && (opcode == 0x00 || (opcode & 0xfc) == 0x20))
          continue; /* privileged: CPUs differ in what they check first */
        if (map == 1 && (opcode == 0x0f || (opcode & 0xf0) == 0x40 ||
                         strchr("\x66\x67\xf0\xf2\xf3\x26\x2e\x36\x3e\x64\x65",
                                opcode) != NULL))
          continue; /* no opcode */
        int sig = run(bytes, map == 1 ? 3 : 4);
        if (sig != SIGILL)
          printf("lock %s%02x modrm %02x: signal %d\n", map == 1 ? "" : "0f",
                 (unsigned int)opcode, (unsigned int)modrm, sig);
      }
  puts("ok lock");
}

static volatile int stop;
static void *count(void *number) {
  while (!stop)
    ++*(volatile unsigned long *)number;
  return NULL;
}

/* Others of the address space, and of others, go on. */
static void test_others(void) {
  static const uint8_t far_call[] = {0xff, 0xdd};
  unsigned long number = 0;
  pthread_t thread;
  int status, ends[2];
  char byte;
  CHECK(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 7 : 1);
  }
  CHECK(pthread_create(&thread, NULL, count, &number) == 0);
  for (int i = 0; i < 20; i++)
    CHECK(run(far_call, sizeof(far_call)) == SIGILL);
  unsigned long before = *(volatile unsigned long *)&number;
  while (*(volatile unsigned long *)&number == before)
    usleep(1000);
  stop = 1;
  CHECK(pthread_join(thread, NULL) == 0 && close(ends[1]) == 0);
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  child = fork();
  if (child == 0) {
    signal(SIGILL, SIG_DFL);
    run(far_call, sizeof(far_call));
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL);
  puts("ok others");
}

int main(void) {
  static const char *const refused[] = {
      "ffed",   "ffe8",     "ffef",       "ffd8",     "ffdf",   "f03901",
      "f0a6",   "f08800",   "f0ff20",     "f0c9",     "0f0b",   "0f0bffed",
      "66ffed", "48ffed",   "f2ffe9",     "f090",     "f048ff", "f0f3a4",
      "f0e800", "f00fc7c8", "f00f0b",     "f048c7c0", "f06648", "f0f0f04090",
      "8dc0",   "ffff",     "f00fae3800", "d8d0ffed", "f08dc0", "f08f00"};
  static uint8_t stack[1 << 16];
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
  struct sigaction action = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK};
  code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED && sigaltstack(&alternative, NULL) == 0);
  CHECK(sigaction(SIGILL, &action, NULL) == 0);
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
  CHECK(sigaction(SIGBUS, &action, NULL) == 0);
  CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
    test_place(refused[i]);
  test_lock();
  test_others();
  return failures != 0;
}
