/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * fork-code.c - guest test: each process executes its own code
 *
 *   fork-code           children that follow each other have other code at the
 *                       same addresses: in text that they made writable, in
 *                       memory of their own, in private mappings of a file
 *   fork-code NUMBER    after execve; exit status NUMBER: the file's text
 *   fork-code storm N   N children with little memory
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define RWX (RW | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED ((void *)0x10000000ul)

typedef int function(void);

/* Pages of text with nothing else in them, to be written to. */
__attribute__((aligned(4096), noinline, section(".text.patched"))) static int
answer(void) {
  __asm__ volatile("movl $1, %%eax\n\tret\n\t.balign 4096, 0xcc" ::: "eax");
  return 0;
}

static function *volatile the_answer = answer;

static uint8_t *page_of(function *f) {
  return (uint8_t *)((uintptr_t)f & ~(PAGE - 1));
}

/* mov $value, %eax; ret */
static void put_code(void *at, int value) {
  uint8_t code[6] = {0xb8, (uint8_t)value, 0, 0, 0, 0xc3};
  memcpy(at, code, sizeof(code));
}

static int call(void *at) {
  function *f;
  memcpy(&f, &at, sizeof(f));
  return f();
}

/* The constant in the function, wherever the compiler put it. */
static void patch(uint8_t *page, int value) {
  for (size_t i = 0; i + 6 <= 64; i++)
    if (page[i] == 0xb8 && page[i + 5] == 0xc3)
      page[i + 1] = (uint8_t)value;
}

static int wait_for(pid_t pid) {
  int status;
  return waitpid(pid, &status, 0) == pid ? status : -1;
}

/* What @child, with @arg, exits with; -1 for another end. */
static int in_child(int (*child)(int), int arg) {
  pid_t pid = fork();
  if (pid == 0)
    _exit(child(arg));
  int status = wait_for(pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int plain(int arg) { return the_answer() + arg; }

static int patches(int arg) {
  uint8_t *page = page_of(the_answer);
  if (the_answer() > 1 || mprotect(page, PAGE, RWX))
    return 255;
  patch(page, arg);
  if (mprotect(page, PAGE, RX))
    return 254;
  return the_answer();
}

/* A child of its own sees it, after the text is as it was. */
static int patches_and_forks(int arg) {
  if (patches(arg) != arg || in_child(plain, 0) != arg ||
      in_child(patches, 1) != 255 || the_answer() != arg)
    return 255;
  return patches(1) == 255 && in_child(plain, 0) == arg ? arg : 254;
}

static int replaces_text(int arg) {
  uint8_t *page = page_of(the_answer);
  if (the_answer() != 1 ||
      mmap(page, PAGE, RWX, ANON | MAP_FIXED, -1, 0) != page)
    return 255;
  put_code((void *)(uintptr_t)the_answer, arg);
  return the_answer();
}

static int removes_text(int arg) {
  uint8_t *page = page_of(the_answer);
  if (the_answer() != 1 || munmap(page, PAGE))
    return 255;
  if (arg)
    return arg;
  return the_answer(); /* SIGSEGV */
}

static int no_text(int arg) {
  uint8_t *page = page_of(the_answer);
  if (the_answer() != 1 || mprotect(page, PAGE, arg ? PROT_READ : PROT_NONE))
    return 255;
  return the_answer(); /* SIGSEGV */
}

static int moves_text(int arg) {
  uint8_t *page = page_of(the_answer);
  size_t into = (size_t)((uint8_t *)(uintptr_t)the_answer - page);
  uint8_t *to = mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, FIXED);
  if (to != FIXED || call(to + into) != 1)
    return 255;
  if (mprotect(to, PAGE, RWX))
    return 254;
  patch(to, arg);
  return call(to + into);
}

static void text(void) {
  check(the_answer() == 1, "a function");
  check(in_child(plain, 1) == 2 && in_child(plain, 5) == 6, "in children");
  int ok = 1;
  for (int i = 2; i < 8; i++)
    ok &= in_child(patches, i) == i && in_child(plain, i) == i + 1 &&
          the_answer() == 1;
  check(ok, "patched by children");
  check(in_child(patches_and_forks, 9) == 9, "and by their children");
  for (int i = 2; i < 8; i++)
    ok &= in_child(replaces_text, i) == i && in_child(plain, i) == i + 1;
  check(ok, "replaced");
  for (int i = 0; i < 3; i++) {
    ok &= in_child(removes_text, 7) == 7 && in_child(removes_text, 0) == -1;
    ok &= in_child(no_text, i) == -1 && in_child(plain, i) == i + 1;
  }
  check(ok, "unmapped, not readable, not executable");
  for (int i = 2; i < 6; i++)
    ok &= in_child(moves_text, i) == i && in_child(plain, i) == i + 1;
  check(ok, "moved");
  check(the_answer() == 1, "the parent's is as before");
  check(patches(11) == 11 && in_child(plain, 1) == 12, "patched by the parent");
  check(patches(12) == 255 && in_child(patches, 13) == 255,
        "is not 1 any more");
}

static int own_memory(int arg) {
  void *p = mmap(FIXED, PAGE, RWX, ANON | MAP_FIXED, -1, 0);
  if (p != FIXED)
    return 255;
  put_code(p, arg);
  int first = call(p);
  put_code(p, arg + 1);
  return first == arg && call(p) == arg + 1 && munmap(p, PAGE) == 0 ? arg : 254;
}

static int stays_mapped(int arg) {
  void *p = mmap(FIXED, PAGE, RW, ANON | MAP_FIXED, -1, 0);
  if (p != FIXED)
    return 255;
  put_code(p, arg);
  return mprotect(p, PAGE, RX) ? 254 : call(p);
}

static void memory(void) {
  int ok = 1;
  for (int i = 0; i < 20; i++)
    ok &= in_child(own_memory, i) == i &&
          in_child(stays_mapped, i + 40) == i + 40;
  check(ok, "code in memory of their own");
  void *p = mmap(FIXED, PAGE, RWX, ANON | MAP_FIXED, -1, 0);
  require(p == FIXED, "mmap");
  for (int i = 0; i < 20; i++) {
    put_code(p, i);
    pid_t pid = fork();
    if (pid == 0)
      _exit(call(p));
    if (i % 3 == 0)
      ok &= call(p) == i;
    ok &= wait_for(pid) == i << 8;
  }
  check(ok, "code that the parent wrote");
  munmap(p, PAGE);
}

/* The first page of the file has code for 1, the next for 2. */
static int file = -1;

static int maps_file(int arg) {
  off_t offset = arg % 2 ? 0 : (off_t)PAGE;
  int prot = arg % 3 ? RWX : RX;
  uint8_t *p = mmap(FIXED, PAGE, prot, MAP_PRIVATE | MAP_FIXED, file, offset);
  if (p != FIXED || call(p) != (arg % 2 ? 1 : 2))
    return 255;
  if (prot == RWX) {
    p[1] = (uint8_t)arg;
    return call(p);
  }
  return arg;
}

static void files(void) {
  char path[] = "/tmp/fork-code-XXXXXX";
  uint8_t code[2 * PAGE] = {0};
  file = mkstemp(path);
  require(file >= 0 && unlink(path) == 0, "mkstemp");
  put_code(code, 1);
  put_code(code + PAGE, 2);
  require(write(file, code, sizeof(code)) == sizeof(code), "write");
  int ok = 1;
  for (int i = 1; i < 20; i++)
    ok &= in_child(maps_file, i) == i;
  check(ok, "private mappings of a file");
  void *p = mmap(FIXED, PAGE, RWX, MAP_PRIVATE | MAP_FIXED, file, 0);
  require(p == FIXED && call(p) == 1, "mmap");
  for (int i = 0; i < 8; i++) {
    put_code(p, i);
    ok &= in_child(plain, 0) == the_answer() && call(p) == i;
  }
  check(ok, "written by the parent");
  close(file);
}

/* ---- Registers, ends, other programs ---------------------------------- */

/* What a child finds in registers is the parent's, not the last child's. */
static int dirty_registers(int arg) {
  double x = arg;
  unsigned int control = 0x7f80;
  __asm__ volatile(
      "ldmxcsr %1\n\tmovq %0, %%xmm7\n\tmovq %0, %%mm1\n\tfldpi\n\t"
      "std" ::"m"(x),
      "m"(control)
      : "xmm7", "memory");
  (void)syscall(39);
  __asm__ volatile("syscall" ::"a"(231), "D"(arg) : "rcx", "r11", "memory");
  return 255;
}

static int clean_registers(int arg) {
  unsigned int mxcsr, flags;
  unsigned short status[14];
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  __asm__ volatile("pushfq\n\tpopq %%rax\n\tmovl %%eax, %0"
                   : "=m"(flags)::"rax", "memory");
  __asm__ volatile("fnstenv %0\n\tfldenv %0" : "=m"(status));
  volatile double third = 1.0 / (arg + 2);
  volatile long double product = (long double)third * (arg + 2);
  return mxcsr == 0x1f80 && !(flags & 0x400) && status[4] == 0xffff &&
                 (double)product == 1.0
             ? arg
             : 255;
}

static int handled;
static void on_fault(int sig) {
  handled = sig;
  _exit(40 + sig);
}

/* sigaction in a child, in a parent: what faults cost is its own. */
static int faults(int arg) {
  signal(SIGSEGV, arg & 1 ? on_fault : SIG_DFL);
  *(volatile int *)8 = 1;
  return 255;
}

/* A jump into the middle of nothing, an instruction that no CPU has. */
static int bad_code(int arg) {
  static const uint8_t code[][16] = {
      {0x0f, 0x0b},                                     /* UD2 */
      {0xf4},                                           /* HLT */
      {0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0, 0x0f, 0x0b}, /* EVEX, UD2 */
      {0xc5, 0xfc, 0x58, 0xc0, 0x0f, 0x0b},             /* VEX, UD2 */
      {0x0f, 0x0a},
      {0xcc},
  };
  uint8_t *p = mmap(FIXED, PAGE, RWX, ANON | MAP_FIXED, -1, 0);
  if (p != FIXED)
    return 255;
  memset(p, 0xf4, PAGE);
  memcpy(p, code[(size_t)arg % (sizeof(code) / sizeof(code[0]))], 16);
  return call(p) ? 254 : 253;
}

static int executes(int arg) {
  char number[16];
  snprintf(number, sizeof(number), "%d", arg);
  char *argv[] = {"fork-code", number, NULL};
  execv("/proc/self/exe", argv);
  return 255;
}

static void ends(void) {
  int ok = 1;
  for (int i = 0; i < 6; i++)
    ok &=
        in_child(dirty_registers, i) == i && in_child(clean_registers, i) == i;
  check(ok, "registers");
  for (int i = 0; i < 6; i++)
    ok &= in_child(faults, i) == (i & 1 ? 40 + SIGSEGV : -1) &&
          in_child(plain, i) == the_answer() + i;
  check(ok, "faults");
  signal(SIGSEGV, on_fault);
  for (int i = 0; i < 6; i++)
    ok &= in_child(faults, i) == (i & 1 ? 40 + SIGSEGV : -1) &&
          in_child(plain, i) == the_answer() + i;
  signal(SIGSEGV, SIG_DFL);
  check(ok && in_child(plain, 1) == the_answer() + 1, "and with a handler");
  for (int i = 0; i < 12; i++)
    ok &= in_child(bad_code, i) == -1 &&
          in_child(plain, i) == the_answer() + i &&
          in_child(clean_registers, i) == i;
  check(ok, "bad code");
  for (int i = 1; i < 6; i++)
    ok &= in_child(executes, i) == i && in_child(plain, i) == the_answer() + i;
  check(ok, "execve");
}

/* Some at the same time, and those that outlive their parent. */
static void many(void) {
  int ok = 1;
  for (int round = 0; round < 3; round++) {
    pid_t pid[12];
    for (int i = 0; i < 12; i++) {
      pid[i] = fork();
      if (pid[i] == 0) {
        if (i % 4 == 0 && fork() > 0)
          _exit(plain(i));
        _exit(i % 3 ? stays_mapped(i) : plain(i));
      }
    }
    for (int i = 0; i < 12; i++)
      ok &= wait_for(pid[i]) == (i % 3 && i % 4 ? i : the_answer() + i) << 8;
  }
  check(ok, "many at a time");
}

/* With little memory: fork fails while there is none, and only then. */
static void storm(int n) {
  int ok = 1;
  for (int i = 0; i < n; i++)
    ok &= in_child(i % 10 ? plain : own_memory, i % 100) ==
          i % 100 + (i % 10 ? 1 : 0);
  check(ok, "1000 processes or fewer");
  void *p;
  size_t bytes = 1ul << 40;
  while ((p = mmap(NULL, bytes, RW, ANON, -1, 0)) == MAP_FAILED)
    bytes -= bytes / 64;
  ok = bytes > 4 << 20 && fork() == -1 && errno == ENOMEM;
  munmap(p, bytes);
  check(ok && in_child(plain, 1) == 2, "then all the memory");
}

int main(int argc, char **argv) {
  if (argc > 2) {
    storm(atoi(argv[2]));
    return 0;
  }
  if (argc > 1) { /* after execve: the text is as in the file */
    int number = atoi(argv[1]);
    return the_answer() == 1 && in_child(patches, 5) == 5 &&
                   in_child(plain, number) == number + 1
               ? number
               : 99;
  }
  text();
  memory();
  files();
  ends();
  many();
  return 0;
}
