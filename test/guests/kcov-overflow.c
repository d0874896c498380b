/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A buffer that is too small, seen from a guest: what is dropped is counted and
 * gone. Prints what it checked; exits 1 at the first wrong thing.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define SMALL 512ul
#define LARGE 65536ul

/* kcov8's own, docs/kcov-device.md. */
struct status {
  uint64_t dropped, reserved;
};
#define GET_STATUS _IOR('c', 200, struct status)

static void check(int ok, const char *what) {
  if (!ok) {
    fprintf(stderr, "kcov-overflow: %s\n", what);
    exit(1);
  }
}

struct cover {
  int fd;
  volatile uint64_t *word;
};

static struct cover cover_new(unsigned long words) {
  struct cover c = {.fd = open("/sys/kernel/debug/kcov", O_RDWR)};
  check(c.fd >= 0, "open");
  check(ioctl(c.fd, INIT_TRACE, words) == 0, "INIT_TRACE");
  void *at = mmap(NULL, words * 8, PROT_READ | PROT_WRITE, MAP_SHARED, c.fd, 0);
  check(at != MAP_FAILED, "mmap");
  c.word = at;
  return c;
}

static struct status status_of(const struct cover *c) {
  struct status s;
  check(ioctl(c->fd, GET_STATUS, &s) == 0, "GET_STATUS");
  return s;
}

/* ---- Sets of PCs --------------------------------------------------------- */

struct set {
  size_t n;
  uint64_t pc[4096];
};

static int set_has(const struct set *s, uint64_t pc) {
  for (size_t i = 0; i < s->n; i++)
    if (s->pc[i] == pc)
      return 1;
  return 0;
}

static void set_add(struct set *s, const struct cover *c, uint64_t from) {
  for (uint64_t i = from; i <= c->word[0]; i++) {
    check(s->n < 4096, "set too large");
    s->pc[s->n++] = c->word[i];
  }
}

static int is_subset(const struct set *a, const struct set *b) {
  for (size_t i = 0; i < a->n; i++)
    if (!set_has(b, a->pc[i]))
      return 0;
  return 1;
}

/* ---- What is traced ------------------------------------------------------ */

static void null_call(void) { syscall(SYS_getppid); }

static void many_calls(void) {
  for (int i = 0; i < 4; i++) {
    char text[64];
    struct stat st;
    int fds[2];
    int fd =
        (int)syscall(SYS_openat, AT_FDCWD, "/tmp/file", O_RDWR | O_CREAT, 0600);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    syscall(SYS_write, fd, "some text", 9);
    syscall(SYS_lseek, fd, 0, SEEK_SET);
    syscall(SYS_read, fd, text, sizeof(text));
    syscall(SYS_newfstatat, AT_FDCWD, "/tmp/file", &st, 0);
    syscall(SYS_poll, &p, 1, 0);
    syscall(SYS_close, fd);
    syscall(SYS_unlinkat, AT_FDCWD, "/tmp/file", 0);
    syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
    syscall(SYS_close, fds[0]);
    syscall(SYS_close, fds[1]);
  }
}

/* ---- Checks -------------------------------------------------------------- */

static struct set null_set;
static uint64_t many_count;

/* With room for all. */
static void measure(struct cover c) {
  many_calls(); /* warm */
  check(ioctl(c.fd, ENABLE, 0) == 0, "ENABLE");
  c.word[0] = 0;
  null_call();
  set_add(&null_set, &c, 1);
  c.word[0] = 0;
  many_calls();
  many_count = c.word[0];
  check(ioctl(c.fd, DISABLE, 0) == 0, "DISABLE");
  check(status_of(&c).dropped == 0, "dropped with room for all");
  check(many_count > 2 * SMALL, "too few blocks for this test");
}

static void dropped(struct cover c) {
  struct set after = {0};
  check(ioctl(c.fd, ENABLE, 0) == 0, "ENABLE");
  c.word[0] = 0;
  many_calls();
  check(c.word[0] == SMALL - 1, "full buffer: count");
  c.word[0] = 0; /* a reset, then exactly the next call's blocks */
  null_call();
  set_add(&after, &c, 1);
  check(after.n == null_set.n && is_subset(&after, &null_set),
        "a reset after a full buffer: not the set of a fresh buffer");
  check(ioctl(c.fd, DISABLE, 0) == 0, "DISABLE");
  check(status_of(&c).dropped == many_count - (SMALL - 1), "dropped");
  puts("dropped: counted, and gone");
}

int main(void) {
  /* Both first: what a call runs depends on what is mapped, and where. */
  const struct cover large = cover_new(LARGE), small = cover_new(SMALL);
  measure(large);
  dropped(small);
  return 0;
}
