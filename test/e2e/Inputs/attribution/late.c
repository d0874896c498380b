// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * late [OPTION] LIBRARY...: while two tasks trace, each on a thread, the
 * libraries are loaded; both run in_library() of each. Prints `TASK 0xPC`.
 * -not-random: after it has executed itself with a fixed layout of addresses
 * -above:      there is no room above libraries when they are loaded
 * -deaf:       the same, and the thread that does not load them blocks signals
 */
#define _GNU_SOURCE
#include <kcov8/kcov8.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

enum { WORDS = 1024, MOST = 8 };

static struct kcov8_device *device;
static pthread_barrier_t step;
static int (*in_library[MOST])(int);
static int n_libraries;
static volatile int sum;
static const char *option = "";

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

static int is(const char *name) { return !strcmp(option, name); }

/* Takes each page from where the next library will be to the stack's end. */
static void take_all_above(void) {
  char line[512];
  FILE *const maps = fopen("/proc/self/maps", "r");
  unsigned long from = (unsigned long)mmap(NULL, 4096, PROT_NONE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  while (maps && fgets(line, sizeof(line), maps)) {
    unsigned long begin, end;
    check(sscanf(line, "%lx-%lx", &begin, &end) == 2, line);
    if (begin > 1ul << 47)
      begin = (1ul << 47) - 4096;
    if (begin > from)
      mmap((void *)from, begin - from, PROT_NONE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
           -1, 0);
    if (end > from)
      from = end;
  }
  check(from > 1ul << 47, "maps");
  fclose(maps);
}

/* As hosts do whose signals have a thread of their own. */
static void block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGSEGV);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static void load(char **names) {
  if (is("-above") || is("-deaf"))
    take_all_above();
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
  if (!names && is("-deaf"))
    block_signals();
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
static void fix_layout(char **argv) {
  const int now = personality(0xffffffff);
  if (now != -1 && !(now & ADDR_NO_RANDOMIZE) &&
      personality((unsigned long)now | ADDR_NO_RANDOMIZE) != -1)
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
  static struct worker workers[2];
  pthread_t other;
  (void)argc;
  if (argv[1] && argv[1][0] == '-')
    option = argv[1];
  if (is("-not-random"))
    fix_layout(argv);
  check(!kcov8_device_create(&host, &device), "device");
  pthread_barrier_init(&step, NULL, 2);
  pthread_create(&other, NULL, thread, &workers[1]);
  trace(&workers[0], argv + 1 + !is(""));
  pthread_join(other, NULL);
  for (int t = 0; t < 2; t++) {
    const uint64_t *const cover = workers[t].area.base;
    for (uint64_t i = 1; i <= cover[0]; i++)
      printf("%d 0x%llx\n", t, (unsigned long long)cover[i]);
  }
  return 0;
}
