/* getrandom() that crashes, by the size that is asked for; a quick clock
 * once one hangs. */
#define _GNU_SOURCE
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static volatile int zero, hangs;

static int deep(volatile char *before) {
  volatile char frame[4096];
  frame[0] = before ? before[0] : 0;
  return deep(frame) + frame[0];
}

ssize_t getrandom(void *buffer, size_t bytes, unsigned int flags) {
  switch (bytes) {
  case 101:
    *(volatile int *)0x40 = 1;
    break;
  case 102:
    abort();
  case 103:
    return 1 / zero;
  case 104:
    __builtin_trap();
  case 105:
    return deep(0);
  case 106:
    ((void (*)(void))(unsigned long)zero)();
    break;
  case 107:
    assert(bytes == 0);
    break;
  case 108:
    raise(SIGBUS);
    break;
  case 109:
    memset(malloc(8), 0, bytes);
    break;
  case 110:
    for (hangs = 1;;)
      pause();
  }
  return syscall(SYS_getrandom, buffer, bytes, flags);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                    struct timespec *left) {
  (void)clock, (void)flags, (void)time, (void)left;
  while (!hangs)
    usleep(1000);
  return usleep(10000);
}
