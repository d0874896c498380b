/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump.c - KCOV8_OUT: an ordinary program writes its coverage when it ends
 *
 *   KCOV8_OUT=FILE   %p in FILE is the process ID, %% a percent sign, %a
 *                    nothing, and that processes append to FILE
 *
 * FILE gets what the counters of each image hold (encode.c), and `kcov8` makes
 * blocks of that, with the image. outfile.c knows how it gets there.
 *
 * Written by a destructor with the last place in the program: after atexit
 * handlers, C++ static destructors and the images' own destructors (what an
 * unloaded image ran is kept). Also before exec, _exit, quick_exit, abort and a
 * deadly signal (ends.c). Not at SIGKILL. A relative FILE is relative to the
 * directory at start.
 *
 * A process that writes twice, since its exec failed, adds to its file what ran
 * since. With a %p nothing else is ever replaced: if there is such a file (of
 * another process that had the number, of another container, of what this
 * process was before exec), the number gets -1, -2, ... Without, FILE is
 * replaced, unless it is what this process wrote before exec, which stays in
 * front: its last record says so.
 *
 * With a %a nothing is replaced either: processes add their dumps to one file,
 * one at a time. That costs less than a file each, up to 30 times on a file
 * system that has to search for a free inode.
 *
 * A child of fork() writes only if FILE has one of them, for else it would
 * overwrite its parent's file; its file also has what the parent ran before the
 * fork. A child of vfork() has its parent's memory, and leaves it to its
 * parent. Ignored in set-user-ID programs. Limits: PATH_MAX.
 */
#define _GNU_SOURCE
#include "hosted/hosted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "registry.h"

/* KCOV8_OUT, absolute; empty: nothing to write. */
static char pattern[PATH_MAX];
static bool has_pid, appends;

static bool (*lock_is_free)(void);

bool kcov8i_no_heap;

/*
 * Exported, so that of several copies of this file in one process (a library
 * that brings its own libkcov8.a) only one writes: the copy whose registry all
 * of them use. Names resolve for both alike.
 */
__attribute__((visibility("default"))) extern char __kcov8_dump_claimed;
char __kcov8_dump_claimed;

#define say(format, ...)                                                       \
  dprintf(STDERR_FILENO, "kcov8: " format "\n" __VA_OPT__(, ) __VA_ARGS__)

/* Expands @pattern, with the number of the try; false if it is too long. */
static bool expand(char *out, size_t size, unsigned int try) {
  char number[32];
  snprintf(number, sizeof(number), try ? "%ld-%u" : "%ld", (long)getpid(), try);
  size_t len = 0;
  for (const char *p = pattern; *p && len < size; p++) {
    if (*p != '%' || *++p == '%')
      out[len++] = *p;
    else if (*p == 'p')
      len += (size_t)snprintf(out + len, size - len, "%s", number);
  }
  if (len < size)
    out[len] = 0;
  return len < size;
}

static bool check_pattern(const char *value) {
  for (const char *p = value; *p; p++) {
    if (*p != '%')
      continue;
    p++;
    if (!*p || !strchr("pa%", *p)) {
      say("KCOV8_OUT=%s: %%%s: only %%p (process ID), %%a (append) and %%%% "
          "are "
          "known; no coverage will be written",
          value, *p ? (char[]){*p, 0} : " at the end");
      return false;
    }
    has_pid |= *p == 'p';
    appends |= *p == 'a';
  }
  return true;
}

/* The directory of the start, with its percent signs doubled. */
static bool put_directory(size_t *len) {
  char dir[PATH_MAX];
  if (!getcwd(dir, sizeof(dir)))
    return false;
  for (const char *p = dir; *p; p++) {
    if (*len + 2 >= sizeof(pattern))
      return false;
    if (*p == '%')
      pattern[(*len)++] = '%';
    pattern[(*len)++] = *p;
  }
  pattern[(*len)++] = '/';
  return true;
}

/* ---- Whose memory it is -------------------------------------------------- */

/*
 * A page that is empty in a child which got a copy of our memory, however it
 * was forked, and is as we left it in one that shares our memory (vfork).
 * Kernels before 4.14, and emulators, need the handler of fork().
 */
static pid_t *owner;
static bool is_child;

/* The file that this process has written. */
static char own[PATH_MAX];

static void forked(void) {
  if (owner)
    *owner = 0;
}

static bool know_owner(void) {
  void *const page =
      mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return false;
#ifdef MADV_WIPEONFORK
  madvise(page, (size_t)sysconf(_SC_PAGESIZE), MADV_WIPEONFORK);
#endif
  pthread_atfork(NULL, NULL, forked);
  owner = page;
  *owner = getpid();
  return true;
}

static bool is_owner(void) {
  if (!*owner) {
    is_child = true;
    own[0] = 0;
    *owner = getpid();
  }
  return *owner == getpid();
}

/* ---- Names of images ----------------------------------------------------- */

struct place {
  uintptr_t address;
  const char *name; /* once it is found */
};

static int is_there(struct dl_phdr_info *object, size_t size, void *ctx) {
  struct place *const p = ctx;
  (void)size;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *const h = &object->dlpi_phdr[i];
    if (h->p_type == PT_LOAD &&
        p->address - (uintptr_t)object->dlpi_addr - h->p_vaddr < h->p_memsz) {
      p->name = object->dlpi_name;
      return 1;
    }
  }
  return 0;
}

static char program[PATH_MAX];

static const char *find_program(void) {
  const ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
  if (n > 0)
    program[n] = 0;
  else
    snprintf(program, sizeof(program), "%s", program_invocation_name);
  return program;
}

/* Without the loader, whose lock a dying process may have. */
static bool in_program(const void *address) {
  const ElfW(Phdr) *const headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  struct dl_phdr_info object = {
      .dlpi_phdr = headers,
      .dlpi_phnum = headers ? (ElfW(Half))getauxval(AT_PHNUM) : 0,
  };
  struct place p = {(uintptr_t)address, NULL};
  for (int i = 0; i < object.dlpi_phnum; i++)
    if (headers[i].p_type == PT_PHDR)
      object.dlpi_addr = (uintptr_t)headers - headers[i].p_vaddr;
  return is_there(&object, sizeof(object), &p);
}

/* The program has none in the loader's list. */
static const char *name_of(const void *address) {
  struct place p = {(uintptr_t)address, NULL};
  if (kcov8i_no_heap)
    return in_program(address) ? find_program() : "";
  if (!dl_iterate_phdr(is_there, &p) || !p.name)
    return "";
  return *p.name ? p.name : find_program();
}

/* ---- At start ------------------------------------------------------------ */

static void dump(enum kcov8i_end end);

void kcov8i_dump_set_up(bool (*is_free)(void)) {
  const char *const value = secure_getenv("KCOV8_OUT");
  size_t len = 0;
  if (!value || !*value || __kcov8_dump_claimed)
    return;
  __kcov8_dump_claimed = 1;
  if (!check_pattern(value))
    return;
  if (*value != '/' && !put_directory(&len)) {
    say("KCOV8_OUT=%s: the current directory: %s; no coverage will be written",
        value, strerror(errno));
    return;
  }
  const size_t value_size = strlen(value) + 1;
  if (value_size > sizeof(pattern) - len) {
    say("KCOV8_OUT: name too long; no coverage will be written");
    pattern[0] = 0;
    return;
  }
  memcpy(pattern + len, value, value_size);
  if (!know_owner()) {
    say("KCOV8_OUT: out of memory; no coverage will be written");
    pattern[0] = 0;
    return;
  }
  lock_is_free = is_free;
  kcov8i_keep_start(name_of);
  kcov8i_ends_watch(dump);
}

/* ---- At the end ---------------------------------------------------------- */

static struct kcov8i_out out; /* too big for some stacks */

static pthread_mutex_t dumping = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool in_dump; /* this thread has it */

/*
 * The mark of what this process wrote before exec; "" without /proc. exec
 * changes neither its ID, in its namespace, nor when it began.
 */
static void get_mark(char *mark, size_t size) {
  char stat[1024], space[64];
  *mark = 0;
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  const ssize_t n = read(fd, stat, sizeof(stat) - 1);
  close(fd);
  const ssize_t m = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
  stat[n < 0 ? 0 : n] = 0;
  space[m < 0 ? 0 : m] = 0;
  enum { BEGAN = 22, FIRST = 2 }; /* fields of proc(5); the name may be odd */
  const char *p = strrchr(stat, ')');
  for (int field = FIRST; p && field < BEGAN; field++)
    p = strchr(p + 1, ' ');
  if (p)
    snprintf(mark, size, "before exec of pid %ld in %s, begun at %llu",
             (long)getpid(), space, strtoull(p, NULL, 10));
}

/* 0, a negative errno of the runtime, or a positive one of the file. */
static int write_all(const char *mark) {
  const int err = kcov8i_encode(&out, find_program());
  if (err)
    return err;
  kcov8i_encode_end(&out, mark);
  return kcov8i_out_flush(&out);
}

/* @name: FILE, expanded; out: what it is called if it is written */
static int publish(char *name) {
  if (own[0] || !has_pid)
    return kcov8i_out_publish(&out, out.name, true);
  enum { TRIES = 1000000 };
  int err = EEXIST;
  for (unsigned int i = 0; err == EEXIST && i < TRIES; i++)
    err = expand(name, PATH_MAX, i) ? kcov8i_out_publish(&out, name, false)
                                    : ENAMETOOLONG;
  return err;
}

static int append(const char *name) {
  int err = kcov8i_out_append(&out, name);
  if (!err)
    err = write_all("");
  if (err && kcov8i_out_take_back(&out) && err > 0)
    err = 0; /* one of a thousand says it */
  kcov8i_out_close(&out);
  return err;
}

static int write_file(char *name, enum kcov8i_end end) {
  static char mark[200], tail[256];
  mark[0] = 0;
  if (!has_pid)
    get_mark(mark, sizeof(mark));
  const size_t n = kcov8i_encode_tail(tail, sizeof(tail), mark);
  int err = kcov8i_out_open(&out, own[0] ? own : name,
                            own[0] || kcov8i_out_ends_in(name, tail, n));
  if (!err)
    err = write_all(end == KCOV8I_EXEC ? mark : "");
  if (!err)
    err = publish(name);
  if (!err && out.aside && !own[0])
    kcov8i_copy_name(own, has_pid ? name : out.name);
  kcov8i_out_close(&out);
  return err;
}

/* A reader of a pipe may go away: that is an error here, and no signal. */
static int write_quietly(char *name, enum kcov8i_end end) {
  const struct timespec now = {0};
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const int err = appends ? append(name) : write_file(name, end);
  if (err == EPIPE && !sigismember(&before, SIGPIPE))
    sigtimedwait(&pipe, NULL, &now);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return err;
}

static void dump_with_lock(enum kcov8i_end end) {
  static char name[PATH_MAX];
  if (end != KCOV8I_EXIT && !lock_is_free()) {
    say("KCOV8_OUT: not written: the program ends inside the runtime");
    return;
  }
  if (!expand(name, sizeof(name), 0)) {
    say("KCOV8_OUT: name too long; no coverage is written");
    return;
  }
  const int err = write_quietly(name, end);
  if (err == -KCOV8_ENODEV)
    say("%s: not written: no usable instrumented block in %s", name,
        program_invocation_name);
  else if (err)
    say("%s: not written: %s", name, strerror(err < 0 ? -err : err));
}

static void dump(enum kcov8i_end end) {
  struct timespec until;
  if (!pattern[0] || !is_owner() || (is_child && !has_pid && !appends))
    return;
  if (in_dump) {
    say("KCOV8_OUT: a signal came while coverage was written");
    return;
  }
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 10; /* only what a raw fork left behind takes so long */
  if (pthread_mutex_timedlock(&dumping, &until)) {
    say("KCOV8_OUT: not written: another thread is writing");
    return;
  }
  in_dump = true;
  if (end == KCOV8I_DIES)
    kcov8i_no_heap = true;
  dump_with_lock(end);
  if (end == KCOV8I_EXIT) {
    pattern[0] = 0;
    kcov8i_keep_stop();
    kcov8i_ends_unwatch();
  }
  in_dump = false;
  pthread_mutex_unlock(&dumping);
}

__attribute__((destructor(101))) static void at_exit(void) {
  if (pattern[0])
    dump(KCOV8I_EXIT);
}
