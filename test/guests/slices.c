/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * slices.c - guest test: being stopped at any point does not show
 *
 * An alarm every millisecond, and other threads' turns, stop code that would
 * notice if an instruction were lost, or done twice: the work goes on until it
 * was stopped a given number of times. The output does not depend on when.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "check.h"

static atomic_int ticks;
static double scratch[8];

/* Uses stack, flags and vector registers, that have to be as before. */
static void on_tick(int sig) {
  volatile uint64_t words[16] = {(uint64_t)sig};
  for (int i = 1; i < 16; i++)
    words[i] = words[i - 1] * 3;
  for (int i = 0; i < 8; i++)
    scratch[i] += (double)(i + sig) * 0.75;
  atomic_fetch_add(&ticks, 1);
}

static void set_timer(long us) {
  struct itimerval every = {{0, us}, {0, us}};
  setitimer(ITIMER_REAL, &every, NULL);
}

static void start_ticks(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  atomic_store(&ticks, 0);
  set_timer(1000);
}

/* ---- One thread ------------------------------------------------------- */

/* Calls, and memory that each step reads and writes. */
static uint64_t tree(uint64_t *sum, int depth) {
  *sum = *sum * 31 + (uint64_t)depth;
  if (!depth)
    return 1;
  uint64_t left = tree(sum, depth - 1);
  return left + tree(sum, depth - 1);
}

/* The carry has to last from one round of the loop, a block, to the next. */
static uint64_t carries(uint64_t *words, uint64_t count) {
  uint64_t carry;
  __asm__ volatile("clc\n"
                   "1:\n\t"
                   "adcq $-1, (%[at])\n\t"
                   "leaq 8(%[at]), %[at]\n\t"
                   "decq %[count]\n\t"
                   "jnz 1b\n\t"
                   "sbbq %[carry], %[carry]"
                   : [at] "+r"(words), [count] "+r"(count), [carry] "=r"(carry)
                   :
                   : "memory", "cc");
  return carry;
}

/* Each store is done once, from a source that moves on with it. */
static void copies(uint8_t *to, const uint8_t *from, size_t bytes) {
  __asm__ volatile("rep movsb"
                   : "+D"(to), "+S"(from), "+c"(bytes)
                   :
                   : "memory");
}

/* A load or a store in every step; below the compiler's 128 bytes. */
static uint64_t pushes(uint64_t count) {
  uint64_t sum = 0;
  __asm__ volatile("leaq -128(%%rsp), %%rsp\n"
                   "1:\n\t"
                   "pushq %[count]\n\t"
                   "pushq %[sum]\n\t"
                   "addq $3, (%%rsp)\n\t"
                   "popq %[sum]\n\t"
                   "addq (%%rsp), %[sum]\n\t"
                   "leaq 8(%%rsp), %%rsp\n\t"
                   "decq %[count]\n\t"
                   "jnz 1b\n\t"
                   "leaq 128(%%rsp), %%rsp"
                   : [count] "+r"(count), [sum] "+r"(sum)
                   :
                   : "memory", "cc");
  return sum;
}

/*
 * Blocks that jump to each other, and each has a count of its own. All is in
 * memory: being sent back to an earlier block does not repair anything.
 */
static uint64_t hop[3], hops_left;

__attribute__((noinline)) static void hop_on(void) {
  __asm__ volatile("1:\n\t"
                   "incq %[first]\n\t"
                   "jmp 2f\n"
                   "3:\n\t"
                   "incq %[third]\n\t"
                   "decq %[left]\n\t"
                   "jnz 1b\n\t"
                   "jmp 4f\n"
                   "2:\n\t"
                   "incq %[second]\n\t"
                   "jmp 3b\n"
                   "4:"
                   : [first] "+m"(hop[0]), [second] "+m"(hop[1]),
                     [third] "+m"(hop[2]), [left] "+m"(hops_left)
                   :
                   : "cc");
}

static int hops(uint64_t rounds) {
  memset(hop, 0, sizeof(hop));
  hops_left = rounds;
  hop_on();
  return hop[0] == rounds && hop[1] == rounds && hop[2] == rounds;
}

static uint64_t compute(void) {
  static uint64_t words[256];
  static uint8_t from[4096], to[4096];
  uint64_t sum = 1;
  double real = 1.0;
  for (size_t i = 0; i < 256; i++)
    words[i] = i & 3;
  for (int i = 0; i < 20; i++)
    sum = sum * 31 + carries(words, 256);
  for (size_t i = 0; i < 256; i++)
    sum = sum * 31 + words[i];
  for (size_t i = 0; i < sizeof(from); i++)
    from[i] = (uint8_t)(sum >> (i & 31));
  copies(to, from, sizeof(to));
  copies(to + 1, to, sizeof(to) / 2); /* overlaps: spreads the first byte */
  for (size_t i = 0; i < sizeof(to); i++)
    sum = sum * 31 + to[i];
  sum += tree(&sum, 10) + pushes(3000);
  for (int i = 1; i < 2000; i++)
    real = real * 1.0000001 + (double)(sum & 7) / i;
  uint64_t bits;
  memcpy(&bits, &real, sizeof(bits));
  return sum ^ bits;
}

static uint64_t expected; /* computed undisturbed */

static int same_while_stopped(int count) {
  start_ticks(on_tick);
  while (atomic_load(&ticks) < count)
    if (compute() != expected || !hops(1000))
      return 0;
  return 1;
}

/* ---- Threads ---------------------------------------------------------- */

#define N_THREADS 4

static atomic_int stop;
static _Atomic uint64_t added, swapped, incremented;
static uint64_t guarded;
static int spin;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t locked;

static void *worker(void *arg) {
  uint64_t *rounds = arg;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    for (int i = 0; i < 50; i++) {
      __asm__ volatile("lock incq %0" : "+m"(incremented) : : "memory", "cc");
      atomic_fetch_add(&added, (uint64_t)i);
      uint64_t old = atomic_load(&swapped);
      while (!atomic_compare_exchange_weak(&swapped, &old, old + 1))
        ;
      int taken = 1;
      do
        __asm__ volatile("xchgl %0, %1" : "+r"(taken), "+m"(spin) : : "memory");
      while (taken);
      guarded++;
      __atomic_store_n(&spin, 0, __ATOMIC_RELEASE);
      ++*rounds;
    }
    pthread_mutex_lock(&mutex);
    locked++;
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void threads(void) {
  pthread_t thread[N_THREADS];
  static uint64_t rounds[N_THREADS];
  uint64_t sum = 0;
  sigset_t set;
  start_ticks(on_tick);
  for (int i = 0; i < N_THREADS; i++)
    pthread_create(&thread[i], NULL, worker, &rounds[i]);
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &set, NULL); /* so that a worker gets them */
  while (atomic_load(&ticks) < 300) {
    struct timespec pause = {0, 5000000};
    nanosleep(&pause, NULL);
  }
  atomic_store(&stop, 1);
  for (int i = 0; i < N_THREADS; i++) {
    pthread_join(thread[i], NULL);
    sum += rounds[i];
  }
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  check(sum && incremented == sum, "lock inc");
  check(added == sum / 50 * 1225, "lock xadd");
  check(swapped == sum, "lock cmpxchg");
  check(guarded == sum, "xchg");
  check(locked == sum / 50, "mutex");
}

/* ---- Loops ------------------------------------------------------------ */

static sigjmp_buf out;
static void on_tick_leave(int sig) { siglongjmp(out, sig); }

/* A block that only ever jumps to itself. */
static void self_loop(void) {
  for (int i = 0; i < 20; i++) {
    if (!sigsetjmp(out, 1)) {
      start_ticks(on_tick_leave);
      __asm__ volatile("1: jmp 1b");
    }
    set_timer(0);
  }
}

static void on_fault(int sig) { _Exit(sig); }

/* A handler of faults is there, or was until just now: ukernel changes ways. */
static void with_fault_handler(void) {
  signal(SIGSEGV, on_fault);
  check(same_while_stopped(100), "one thread that handles faults");
  set_timer(5000);
  for (int i = 0; i < 50; i++) {
    signal(SIGSEGV, on_fault);
    signal(SIGSEGV, SIG_DFL);
    int before = atomic_load(&ticks);
    while (atomic_load(&ticks) == before) /* without a system call */
      if (!hops(1000))
        check(0, "fault handler removed");
  }
  check(1, "fault handler removed");
}

int main(void) {
  expected = compute();
  printf("checksum %016llx\n", (unsigned long long)expected);
  check(same_while_stopped(300), "one thread");
  threads();
  set_timer(0);
  self_loop();
  check(1, "loop of one block");
  with_fault_handler();
  set_timer(0);
  puts("slices: done");
  return 0;
}
