// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * late [-not-random] LIBRARY...: while two tasks trace, each on a thread, the
 * libraries are loaded; both run in_library() of each. Prints `TASK 0xPC`.
 * -not-random: after it has executed itself with a fixed layout of addresses.
 */
#include <kcov8/kcov8.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

enum { WORDS = 1024, MOST = 8 };

static struct kcov8_device *device;
static pthread_barrier_t step;
static int (*in_library[MOST])(int);
static int n_libraries;
static volatile int sum;

struct worker {
  struct kcov8_task task;
  struct kcov8_file *file;
  struct kcov8_area area;
};

static void check(int ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void load(char **names) {
  for (; *names && n_libraries < MOST; names++) {
    void *const library = dlopen(*names, RTLD_NOW);
    check(library != NULL, dlerror());
    *(void **)&in_library[n_libraries++] = dlsym(library, "in_library");
  }
}

static void trace(struct worker *w, char **names) {
  kcov8_task_init(&w->task);
  kcov8_task_set_current(&w->task);
  check(!kcov8_open(device, &w->file), "open");
  check(!kcov8_ioctl(w->file, &w->task, KCOV8_INIT_TRACE64, WORDS), "init");
  check(!kcov8_mmap(w->file, WORDS * 8ul, 0, &w->area), "mmap");
  check(!kcov8_ioctl(w->file, &w->task, KCOV8_ENABLE, 0), "enable");
  pthread_barrier_wait(&step);
  if (names)
    load(names);
  pthread_barrier_wait(&step);
  for (int i = 0; i < n_libraries; i++)
    sum += in_library[i](i);
  kcov8_task_exit(&w->task);
  pthread_barrier_wait(&step);
}

static void *thread(void *w) {
  trace(w, NULL);
  return NULL;
}

/* On machines of 32 bits, too. */
static const struct kcov8_host host = {.size = sizeof(host), .word_bytes = 8};

/* Not allowed in some containers: then the layout is what it is. */
static char **without_random(char **argv) {
  const int now = personality(0xffffffff);
  if (!argv[1] || strcmp(argv[1], "-not-random") != 0)
    return argv;
  if (now != -1 && !(now & ADDR_NO_RANDOMIZE) &&
      personality((unsigned long)now | ADDR_NO_RANDOMIZE) != -1)
    execv("/proc/self/exe", argv);
  return argv + 1;
}

int main(int argc, char **argv) {
  static struct worker workers[2];
  pthread_t other;
  (void)argc;
  argv = without_random(argv);
  check(!kcov8_device_create(&host, &device), "device");
  pthread_barrier_init(&step, NULL, 2);
  pthread_create(&other, NULL, thread, &workers[1]);
  trace(&workers[0], argv + 1);
  pthread_join(other, NULL);
  for (int t = 0; t < 2; t++) {
    const uint64_t *const cover = workers[t].area.base;
    for (uint64_t i = 1; i <= cover[0]; i++)
      printf("%d 0x%llx\n", t, (unsigned long long)cover[i]);
  }
  return 0;
}
