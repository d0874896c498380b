/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mapping.c - what mappings of a buffer show
 *
 * "live" is memory in which the kernel's and other mappings' stores appear.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define WORDS (4 * PAGE_WORDS)
#define BYTES (4 * PAGE)
#define RW (PROT_READ | PROT_WRITE)

static const char *live_at(volatile uint64_t *from, volatile uint64_t *to,
                           size_t word) {
  uint64_t old = from[word];
  const char *result = "separate";
  from[word] = 0x5a5a;
  if (to[word] == 0x5a5a) {
    from[word] = 0xa5a5; /* not by accident */
    if (to[word] == 0xa5a5)
      result = "live";
  }
  from[word] = old;
  return result;
}

/* One word in the middle of each page. */
static const char *live(volatile uint64_t *from, volatile uint64_t *to) {
  for (size_t page = 0; page < 4; page++)
    if (strcmp(live_at(from, to, page * PAGE_WORDS + 77), "live") != 0)
      return "separate";
  return "live";
}

static long enable(const struct kcov *kcov) {
  return kcov_ioctl(kcov->fd, ENABLE, 0);
}

static volatile uint64_t *map(int fd, int prot, int flags) {
  return mmap(NULL, BYTES, prot, flags, fd, 0);
}

/* ---- Several mappings ---------------------------------------------------- */

static void several(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *second = kcov_map(kcov.fd, WORDS);
  say("memory", "%s", live(kcov.area, second));
  need(enable(&kcov), "ENABLE");
  volatile uint64_t *third = kcov_map(kcov.fd, WORDS);
  kcov_reset(&kcov);
  some_calls();
  say("count-in-second", "%s", grew(0, second[0]));
  say("count-in-third", "%s", grew(0, third[0]));
  munmap((void *)kcov.area, BYTES);
  third[0] = 0;
  some_calls();
  say("first-unmapped", "%s", grew(0, second[0]));
}

/*
 * The same data after the last mapping went and another came. Large: what a
 * busy Linux does meanwhile must not reach the last word.
 */
static void again(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  need(enable(&kcov), "ENABLE");
  some_calls();
  kcov.area[BIG_WORDS - 1] = 0xfeed;
  uint64_t count = kcov_count(&kcov);
  say_rc("munmap", sys(munmap((void *)kcov.area, 8 * BIG_WORDS)));
  some_calls();
  kcov.area = kcov_map(kcov.fd, BIG_WORDS);
  say("count", "%s", grew(count, kcov_count(&kcov)));
  say("data", "%s", kcov.area[BIG_WORDS - 1] == 0xfeed ? "kept" : "lost");
  say("records", "%s", records(&kcov));
}

/* Everything is zero at first. */
static void zeroed(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  size_t set = 0;
  for (size_t i = 0; i < BIG_WORDS; i++)
    set += kcov.area[i] != 0;
  say(NULL, "%zu words set", set);
}

static void late(void) {
  struct kcov kcov = {.fd = kcov_sized(WORDS), .words = WORDS};
  say_rc("enable", enable(&kcov));
  some_calls();
  kcov.area = map(kcov.fd, RW, MAP_SHARED);
  say_ok("mmap", sys_map((void *)kcov.area));
  say("recorded-before", "%s", grew(0, kcov_count(&kcov)));
  say("records", "%s", records(&kcov));
}

/* The child looks when its parent is back from fork: what fork ran may be in
   the buffer no sooner. */
static void inherited(void) {
  struct kcov kcov = kcov_new(WORDS);
  int back[2];
  char byte = 0;
  need(sys(pipe(back)), "pipe");
  need(enable(&kcov), "ENABLE");
  kcov_reset(&kcov);
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(sys(read(back[0], &byte, 1)), "read");
    say("child-sees", "%s", grew(0, kcov_count(&kcov)));
    say_ok("child-maps", sys_map((void *)map(kcov.fd, RW, MAP_SHARED)));
    kcov.area[WORDS - 1] = 0xfeed;
    _exit(0);
  }
  need(sys(write(back[1], &byte, 1)), "write");
  waitpid(pid, NULL, 0);
  say("parent-sees", "%s", kcov.area[WORDS - 1] == 0xfeed ? "yes" : "no");
}

/* ---- Sizes --------------------------------------------------------------- */

struct size_row {
  const char *name;
  size_t words, bytes;
};
static const struct size_row size_rows[] = {
    {"2-by-1", 2, 16},
    {"2-by-page", 2, PAGE},
    {"511-by-page", 511, PAGE},
    {"512-by-page", 512, PAGE},
    {"512-by-1", 512, 1},
    {"512-by-page-less-1", 512, PAGE - 1},
    {"512-by-page-and-1", 512, PAGE + 1},
    {"513-by-page", 513, PAGE},
    {"513-by-exact", 513, 513 * 8},
    {"513-by-2-pages", 513, 2 * PAGE},
    {"1024-by-page", 1024, PAGE},
    {"1024-by-2-pages", 1024, 2 * PAGE},
    {"1024-by-3-pages", 1024, 3 * PAGE},
    {"1M-by-exact", 1 << 20, 8 << 20},
    {"1M-by-less", 1 << 20, (8 << 20) - PAGE},
    {"512-by-2^32", 512, 1ul << 32},
    {"512-by-2^47", 512, 1ul << 47},
};

static void size_pair(void) {
  const struct size_row *row = case_arg();
  int fd = kcov_sized(row->words);
  say_ok("mmap", sys_map(mmap(NULL, row->bytes, RW, MAP_SHARED, fd, 0)));
  say_rc("enable", kcov_ioctl(fd, ENABLE, 0));
  some_calls();
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
}

/* ---- Offsets and flags --------------------------------------------------- */

static void flags(void) {
  int fd = kcov_sized(WORDS);
  const int base = MAP_SHARED;
  say_ok("offset-page", sys(syscall(SYS_mmap, 0l, BYTES, RW, base, fd, PAGE)));
  say_ok("offset-1", sys(syscall(SYS_mmap, 0l, BYTES, RW, base, fd, 1l)));
  say_ok("offset-max",
         sys(syscall(SYS_mmap, 0l, BYTES, RW, base, fd, ~(PAGE - 1))));
  say_ok("no-type", sys(syscall(SYS_mmap, 0l, BYTES, RW, 0, fd, 0l)));
  say_ok("validate", sys_map((void *)map(fd, RW, MAP_SHARED_VALIDATE)));
  say_ok("sync", sys_map((void *)map(fd, RW, MAP_SHARED_VALIDATE | MAP_SYNC)));
  say_ok("populate", sys_map((void *)map(fd, RW, base | MAP_POPULATE)));
  say_ok("locked", sys_map((void *)map(fd, RW, base | MAP_LOCKED)));
  say_ok("noreserve", sys_map((void *)map(fd, RW, base | MAP_NORESERVE)));
  say_ok("no-access", sys_map((void *)map(fd, PROT_NONE, base)));
  say_ok("bad-fd", sys_map((void *)map(999, RW, base)));
}

/* ---- Guard pages, as syzkaller lays them out ----------------------------- */

static void guarded(void) {
  struct kcov kcov = {.fd = kcov_sized(WORDS), .words = WORDS};
  char *hole = mmap(NULL, BYTES + 2 * PAGE, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map(hole), "mmap");
  void *at = mmap(hole + PAGE, BYTES, RW, MAP_SHARED | MAP_FIXED, kcov.fd, 0);
  say("address", "%s", at == hole + PAGE ? "as wanted" : rc_text(sys_map(at)));
  kcov.area = at;
  say("below", "%s", touch_read(kcov.area - 1));
  say("first", "%s", touch_write(kcov.area, 0));
  say("last", "%s", touch_write(kcov.area + WORDS - 1, 0));
  say("above", "%s", touch_read(kcov.area + WORDS));
  need(enable(&kcov), "ENABLE");
  say("records", "%s", records(&kcov));
  /* A second object in the place of the first. */
  struct kcov other = {.fd = kcov_sized(WORDS), .words = WORDS, .area = at};
  say_ok("replace",
         sys_map(mmap(at, BYTES, RW, MAP_SHARED | MAP_FIXED, other.fd, 0)));
  say("replaced-records", "%s", records(&other));
  say_ok("noreplace",
         sys_map(mmap(at, BYTES, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, kcov.fd,
                      0)));
  volatile uint64_t *back = kcov_map(kcov.fd, WORDS);
  say("went-on", "%s", grew(0, back[0]));
}

/* ---- Protections --------------------------------------------------------- */

static void read_only(void) {
  struct kcov kcov = {.fd = kcov_sized(WORDS), .words = WORDS};
  kcov.area = map(kcov.fd, PROT_READ, MAP_SHARED);
  say_ok("mmap", sys_map((void *)kcov.area));
  say_rc("enable", enable(&kcov));
  uint64_t before = kcov_count(&kcov);
  some_calls();
  say("records", "%s", grew(before, kcov_count(&kcov)));
  say("store", "%s", touch_write(kcov.area, 0));
  say_rc("mprotect", sys(mprotect((void *)kcov.area, BYTES, RW)));
  say("store-after", "%s", touch_write(kcov.area, 0));
}

/* A descriptor that cannot write. */
static void read_only_fd(void) {
  int fd = (int)need(sys(open(KCOV_PATH, O_RDONLY)), "open");
  need(kcov_ioctl(fd, INIT_TRACE, WORDS), "INIT_TRACE");
  say_ok("shared-write", sys_map((void *)map(fd, RW, MAP_SHARED)));
  struct kcov kcov = {.fd = fd, .words = WORDS};
  kcov.area = map(fd, PROT_READ, MAP_SHARED);
  say_ok("shared-read", sys_map((void *)kcov.area));
  say_rc("mprotect", sys(mprotect((void *)kcov.area, BYTES, RW)));
  say_rc("enable", enable(&kcov));
  uint64_t before = kcov_count(&kcov);
  some_calls();
  say("records", "%s", grew(before, kcov_count(&kcov)));
  volatile uint64_t *own = map(fd, RW, MAP_PRIVATE);
  say_ok("private-write", sys_map((void *)own));
  say("private-shows", "%s", own[0] == kcov.area[0] ? "count" : "other");
  own[0] = 0;
  say("private-store", "%s", kcov.area[0] ? "detached" : "seen");
}

static void protect(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(enable(&kcov), "ENABLE");
  void *area = (void *)kcov.area;
  say_rc("none", sys(mprotect(area, BYTES, PROT_NONE)));
  some_calls();
  say("touch-none", "%s", touch_read(kcov.area));
  say_rc("one-page", sys(mprotect(area, PAGE, PROT_READ)));
  say("store-read", "%s", touch_write(kcov.area, 0));
  say("second-page", "%s", touch_read(kcov.area + PAGE_WORDS));
  say_rc("back", sys(mprotect(area, BYTES, RW)));
  say("records", "%s", records(&kcov));
  /* The first touch of a mapping is a fault in 6.1's User Mode Linux, and
   * traced: its records could come to lie where live() looks. */
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  say("alias", "%s", live(kcov.area, kcov_map(kcov.fd, WORDS)));
}

/* ---- Moving and cutting -------------------------------------------------- */

static void remap(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *second = kcov_map(kcov.fd, WORDS);
  char *target =
      mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map(target), "mmap");
  void *area = (void *)kcov.area;
  say_ok("grow", sys_map(mremap(area, BYTES, 2 * BYTES, 0)));
  say_ok("grow-maymove",
         sys_map(mremap(area, BYTES, 2 * BYTES, MREMAP_MAYMOVE)));
  say_ok("copy", sys_map(mremap(area, 0, BYTES, MREMAP_MAYMOVE)));
  say_ok("dontunmap", sys_map(mremap(area, BYTES, BYTES,
                                     MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
  say_ok("same-size", sys_map(mremap(area, BYTES, BYTES, 0)));
  void *moved =
      mremap(area, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, target);
  say_ok("move", sys_map(moved));
  if (moved != target)
    return;
  kcov.area = moved;
  say("old-place", "%s", touch_read(area));
  say("moved", "%s", live(kcov.area, second));
  need(enable(&kcov), "ENABLE");
  say("records", "%s", records(&kcov));
  say_ok("shrink", sys_map(mremap(moved, BYTES, PAGE, 0)));
  say("records-shrunk", "%s", records(&kcov));
  say("cut-off", "%s", touch_read(kcov.area + PAGE_WORDS));
  say_ok("grow-back", sys_map(mremap(moved, PAGE, 2 * PAGE, MREMAP_MAYMOVE)));
}

static void cut(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *second = kcov_map(kcov.fd, WORDS);
  char *area = (char *)kcov.area;
  need(enable(&kcov), "ENABLE");
  say_rc("middle", sys(munmap(area + PAGE, PAGE)));
  say("hole", "%s", touch_read(kcov.area + PAGE_WORDS));
  say("head", "%s", live_at(kcov.area, second, 77));
  say("tail", "%s", live_at(kcov.area, second, 3 * PAGE_WORDS + 77));
  say("records", "%s", records(&kcov));
  say_rc("rest", sys(munmap(area, BYTES)));
  kcov.area = second;
  say("records-in-second", "%s", records(&kcov));
}

/* ---- MAP_PRIVATE --------------------------------------------------------- */

static void private_pages(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *own = map(kcov.fd, RW, MAP_PRIVATE);
  say_ok("mmap", sys_map((void *)own));
  if (own == MAP_FAILED)
    return;
  say("before-store", "%s", live(kcov.area, own));
  need(enable(&kcov), "ENABLE");
  kcov_reset(&kcov);
  some_calls();
  say("count", "%s", grew(0, own[0]));
  own[0] = 0;
  say("store-is-own", "%s", kcov.area[0] ? "yes" : "no");
  some_calls();
  say("detached", "%s", grew(0, own[0]));
  say("page-0", "%s", live_at(kcov.area, own, 77));
  say("page-1", "%s", live_at(kcov.area, own, PAGE_WORDS + 77));
  say("page-3", "%s", live_at(kcov.area, own, 3 * PAGE_WORDS + 77));
}

/* The child has a copy of what was detached; the rest stays live in both. */
static void private_fork(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *own = map(kcov.fd, RW, MAP_PRIVATE);
  need(sys_map((void *)own), "MAP_PRIVATE");
  own[0] = 0x1111;
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    say("child-detached", "%s", own[0] == 0x1111 ? "kept" : "lost");
    say("child-page-0", "%s", live_at(kcov.area, own, 77));
    say("child-page-1", "%s", live_at(kcov.area, own, PAGE_WORDS + 77));
    own[0] = 0x2222;
    own[PAGE_WORDS] = 0x2222;
    say("child-store", "%s", own[0] == 0x2222 ? "kept" : "lost");
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  say("parent-detached", "%s", own[0] == 0x1111 ? "kept" : "lost");
  say("parent-page-1", "%s", live_at(kcov.area, own, PAGE_WORDS + 77));
  say("parent-sees-child", "%s", own[PAGE_WORDS] == 0x2222 ? "yes" : "no");
  say("shared-sees-child", "%s",
      kcov.area[PAGE_WORDS] == 0x2222 ? "yes" : "no");
}

/* Protection, moving, cutting and a read-only start. */
static void private_changes(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *own = map(kcov.fd, PROT_READ, MAP_PRIVATE);
  need(sys_map((void *)own), "MAP_PRIVATE");
  say("store", "%s", touch_write(own, 1));
  say_rc("mprotect", sys(mprotect((void *)own, BYTES, RW)));
  say("still-live", "%s", live(kcov.area, own));
  own[0] = 0x1111;
  say_rc("munmap-page-2", sys(munmap((char *)own + 2 * PAGE, PAGE)));
  say("page-0", "%s", own[0] == 0x1111 ? "kept" : "lost");
  say("page-1", "%s", live_at(kcov.area, own, PAGE_WORDS + 77));
  say("page-3", "%s", live_at(kcov.area, own, 3 * PAGE_WORDS + 77));
  char *target =
      mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map(target), "mmap");
  volatile uint64_t *moved = mremap((void *)own, 2 * PAGE, 2 * PAGE,
                                    MREMAP_MAYMOVE | MREMAP_FIXED, target);
  say_ok("move", sys_map((void *)moved));
  if (moved != (void *)target)
    return;
  say("moved-page-0", "%s", moved[0] == 0x1111 ? "kept" : "lost");
  say("moved-page-1", "%s", live_at(kcov.area, moved, PAGE_WORDS + 77));
  say_ok("grow",
         sys_map(mremap((void *)moved, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE)));
}

/* The object has no other mapping, and no descriptor. */
static void private_alone(void) {
  int fd = kcov_sized(WORDS);
  struct kcov kcov = {.fd = fd, .words = WORDS};
  kcov.area = map(fd, RW, MAP_PRIVATE);
  need(sys_map((void *)kcov.area), "MAP_PRIVATE");
  need(enable(&kcov), "ENABLE");
  close(fd);
  some_calls();
  say("before-store", "%s", grew(0, kcov_count(&kcov)));
  say("after-store", "%s", records(&kcov));
}

/* ---- System calls that use the buffer as memory -------------------------- */

static void as_memory(void) {
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *second = kcov_map(kcov.fd, WORDS);
  int pipe_fds[2];
  need(sys(pipe(pipe_fds)), "pipe");
  need(enable(&kcov), "ENABLE");
  kcov.area[WORDS - 1] = 0xfeed;
  say_rc("write-from",
         sys(write(pipe_fds[1], (void *)(kcov.area + WORDS - 1), 8)));
  say_rc("read-into",
         sys(read(pipe_fds[0], (void *)(kcov.area + WORDS - 2), 8)));
  say("seen", "%s", second[WORDS - 2] == 0xfeed ? "yes" : "no");
  /* The count as a destination. */
  uint64_t zero = 0;
  say_rc("write-zero", sys(write(pipe_fds[1], &zero, 8)));
  say_rc("read-into-count", sys(read(pipe_fds[0], (void *)kcov.area, 8)));
  say("records", "%s", records(&kcov));
}

/* ---- /proc/self/maps ----------------------------------------------------- */

/* The line of @at, without addresses, device and inode. */
static void maps_line(volatile uint64_t *at, char *out, size_t size) {
  unsigned long start, end, offset;
  char line[256], perms[8], name[128];
  FILE *maps = fopen("/proc/self/maps", "r");
  snprintf(out, size, "none");
  if (!maps)
    return;
  while (fgets(line, sizeof(line), maps)) {
    name[0] = 0;
    if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %127s", &start, &end, perms,
               &offset, name) < 4 ||
        start != (unsigned long)at)
      continue;
    snprintf(out, size, "%lu bytes %s %lx %s", end - start, perms, offset,
             name);
  }
  fclose(maps);
}

static void named(void) {
  char text[96];
  int fd = kcov_sized(WORDS);
  volatile uint64_t *at = kcov_map(fd, WORDS);
  maps_line(at, text, sizeof(text));
  say("shared", "%s", text);
  at = map(fd, PROT_READ, MAP_SHARED);
  maps_line(at, text, sizeof(text));
  say("read", "%s", text);
  at = map(fd, RW, MAP_PRIVATE);
  maps_line(at, text, sizeof(text));
  say("private", "%s", text);
  munmap((char *)at, PAGE);
  maps_line(at + PAGE_WORDS, text, sizeof(text));
  say("cut", "%s", text);
  close(fd);
  maps_line(at + PAGE_WORDS, text, sizeof(text));
  say("closed", "%s", text);
}

static const struct scenario scenarios[] = {
    {"map/several", several,
     CHECKS("memory", "count-in-second", "count-in-third", "first-unmapped")},
    {"map/again", again, CHECKS("munmap", "count", "data", "records")},
    {"map/zeroed", zeroed, NULL},
    {"map/late", late, CHECKS("enable", "mmap", "recorded-before", "records")},
    {"map/fork", inherited, CHECKS("child-sees", "child-maps", "parent-sees")},
    {"map/flags", flags,
     CHECKS("offset-page", "offset-1", "offset-max", "no-type", "validate",
            "sync", "populate", "locked", "noreserve", "no-access", "bad-fd")},
    {"map/guarded", guarded,
     CHECKS("address", "below", "first", "last", "above", "records", "replace",
            "replaced-records", "noreplace", "went-on")},
    {"map/read-only", read_only,
     CHECKS("mmap", "enable", "records", "store", "mprotect", "store-after")},
    {"map/read-only-fd", read_only_fd,
     CHECKS("shared-write", "shared-read", "mprotect", "enable", "records",
            "private-write", "private-shows", "private-store")},
    {"map/mprotect", protect,
     CHECKS("none", "touch-none", "one-page", "store-read", "second-page",
            "back", "records", "alias")},
    {"map/mremap", remap,
     CHECKS("grow", "grow-maymove", "copy", "dontunmap", "same-size", "move",
            "old-place", "moved", "records", "shrink", "records-shrunk",
            "cut-off", "grow-back")},
    {"map/cut", cut,
     CHECKS("middle", "hole", "head", "tail", "records", "rest",
            "records-in-second")},
    {"map/private", private_pages,
     CHECKS("mmap", "before-store", "count", "store-is-own", "detached",
            "page-0", "page-1", "page-3")},
    {"map/private-fork", private_fork,
     CHECKS("child-detached", "child-page-0", "child-page-1", "child-store",
            "parent-detached", "parent-page-1", "parent-sees-child",
            "shared-sees-child")},
    {"map/private-changes", private_changes,
     CHECKS("store", "mprotect", "still-live", "munmap-page-2", "page-0",
            "page-1", "page-3", "move", "moved-page-0", "moved-page-1",
            "grow")},
    {"map/private-alone", private_alone, CHECKS("before-store", "after-store")},
    {"map/as-memory", as_memory,
     CHECKS("write-from", "read-into", "seen", "write-zero", "read-into-count",
            "records")},
    {"map/names", named, CHECKS("shared", "read", "private", "cut", "closed")},
};

void add_mapping_cases(void) {
  static const char *const checks[] = {"mmap", "enable", "disable", NULL};
  static char titles[N_OF(size_rows)][40];
  for (size_t i = 0; i < N_OF(size_rows); i++) {
    snprintf(titles[i], sizeof(titles[i]), "map/size/%s", size_rows[i].name);
    add_case(titles[i], size_pair, &size_rows[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
