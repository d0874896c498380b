// delta=global: what a probe adds to its counter's address is an ordinary
// variable of the image: set once, it holds in every thread.
// RUN: %kcc -O1 -I%include %s -pthread -o %t %k-attribution=task %k-delta=global %k-probe=counter %k-filter=fun:f
// RUN: %t | FileCheck %s
// RUN: %kcc -O1 -I%include %s -pthread -o %t.thread %k-attribution=task %k-delta=thread %k-probe=counter \
// RUN:   %k-filter=fun:f
// RUN: %t.thread | FileCheck %s --check-prefix=THREAD
#include "kcov8/abi.h"
#include <pthread.h>
#include <stdio.h>

static unsigned char copy[64];
static const struct kcov8_image *image;

void __kcov8_image_register(struct kcov8_image *i) { image = i; }
void __kcov8_image_unregister(struct kcov8_image *i) { (void)i; }

__attribute__((noinline)) void f(void) { __asm__ volatile(""); }

static void *run(void *unused) {
  (void)unused;
  f();
  return 0;
}

int main(void) {
  unsigned char *array = (unsigned char *)image->counters[0];
  f(); // the delta is 0: the array itself
  *(long *)image->delta_at() = copy - array;
  f();
  f();
  pthread_t t;
  pthread_create(&t, 0, run, 0);
  pthread_join(t, 0);
  printf("array %d copy %d\n", array[0], copy[0]);
  return 0;
}
// CHECK: array 1 copy 3
// THREAD: array 2 copy 2
