/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump.c - KCOV8_OUT: an ordinary program writes its coverage at exit
 *
 *   KCOV8_OUT=FILE   %p in FILE is the process ID, %% a percent sign
 *
 * FILE gets one `0xPC COUNT` per block that ran (COUNT up to 255), in table
 * order, after a first line `# kcov8 PCs of PROGRAM, pid N` and a line
 * `# moved 0xPC 0xID 0xIMAGE` for each block, hit or not, whose PC is not the
 * one that its image alone gives it. The file is written under a temporary name
 * and renamed.
 *
 * Written by a destructor with the last place in the program: after atexit
 * handlers, C++ static destructors and the images' own destructors (what an
 * unloaded image ran is kept). Not written after _exit(), quick_exit(), abort()
 * or a deadly signal. A relative FILE is relative to the directory at start.
 *
 * A child of fork() writes only if FILE has a %p, for else it would overwrite
 * its parent's file; its file also has what the parent ran before the fork.
 * Ignored in set-user-ID programs. Limits: PATH_MAX.
 */
#define _GNU_SOURCE
#include "hosted/hosted.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry.h"

/* KCOV8_OUT, absolute; empty: nothing to write. */
static char pattern[PATH_MAX];
static bool has_pid;
static pid_t first_pid;

/*
 * Exported, so that of several copies of this file in one process (a library
 * that brings its own libkcov8.a) only one writes: the copy whose registry all
 * of them use. Names resolve for both alike.
 */
__attribute__((visibility("default"))) extern char __kcov8_dump_claimed;
char __kcov8_dump_claimed;

#define say(format, ...)                                                       \
  dprintf(STDERR_FILENO, "kcov8: " format "\n" __VA_OPT__(, ) __VA_ARGS__)

/* Expands @pattern; false if it is too long. */
static bool expand(char *out, size_t size, pid_t pid, const char *suffix) {
  size_t len = 0;
  for (const char *p = pattern; *p && len < size; p++) {
    if (*p != '%')
      out[len++] = *p;
    else if (*++p == '%')
      out[len++] = '%';
    else
      len += (size_t)snprintf(out + len, size - len, "%ld", (long)pid);
  }
  if (len < size)
    len += (size_t)snprintf(out + len, size - len, "%s", suffix);
  return len < size;
}

static bool check_pattern(const char *value) {
  for (const char *p = value; *p; p++) {
    if (*p != '%')
      continue;
    p++;
    if (*p != 'p' && *p != '%') {
      say("KCOV8_OUT=%s: %%%s: only %%p (process ID) and %%%% are known; no "
          "coverage will be written",
          value, *p ? (char[]){*p, 0} : " at the end");
      return false;
    }
    has_pid |= *p == 'p';
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

void kcov8i_dump_set_up(void) {
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
  first_pid = getpid();
  kcov8i_keep_for_harvest();
}

/* ---- At exit ----------------------------------------------------------- */

static void program_name(char *name, size_t size) {
  const ssize_t n = readlink("/proc/self/exe", name, size - 1);
  if (n > 0)
    name[n] = 0;
  else
    snprintf(name, size, "%s", program_invocation_name);
  for (char *p = name; *p; p++)
    if ((unsigned char)*p < ' ') /* it goes into a one-line comment */
      *p = '?';
}

static void write_moved(void *ctx, uint64_t image, uint64_t pc, uint64_t id) {
  fprintf(ctx, "# moved 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n", pc, id,
          image);
}

static void write_block(void *ctx, uint64_t pc, unsigned int hits, uint64_t id,
                        int moved) {
  (void)id, (void)moved; /* write_moved() has told */
  fprintf(ctx, "0x%" PRIx64 " %u\n", pc, hits);
}

static FILE *create(const char *name) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = open(name, flags, 0666);
  if (fd < 0 && errno == EEXIST) {
    /* Left by a process that died in here and had our number. */
    unlink(name);
    fd = open(name, flags, 0666);
  }
  return fd < 0 ? NULL : fdopen(fd, "w");
}

/* 0, a negative errno of the harvest, or a positive one of the file. */
static int write_file(const char *name, const char *program) {
  FILE *const f = create(name);
  if (!f)
    return errno;
  fprintf(f, "# kcov8 PCs of %s, pid %ld\n", program, (long)getpid());
  int err = kcov8_moved(write_moved, f);
  if (!err)
    err = kcov8_harvest(write_block, f);
  errno = 0;
  const bool failed = fflush(f) || ferror(f);
  const int reason = errno ? errno : EIO;
  if (fclose(f) || failed)
    return failed ? reason : errno;
  return err;
}

__attribute__((destructor(101))) static void dump(void) {
  char name[PATH_MAX], temporary[PATH_MAX], program[PATH_MAX];
  const pid_t pid = getpid();
  if (!pattern[0] || (pid != first_pid && !has_pid))
    return;
  program_name(program, sizeof(program));

  char suffix[32];
  snprintf(suffix, sizeof(suffix), ".tmp%ld", (long)pid);
  if (!expand(name, sizeof(name), pid, "") ||
      !expand(temporary, sizeof(temporary), pid, suffix)) {
    say("KCOV8_OUT: name too long; no coverage is written");
    return;
  }
  int err = write_file(temporary, program);
  if (!err && rename(temporary, name))
    err = errno;
  if (!err)
    return;
  unlink(temporary);
  if (err == -KCOV8_ENODEV)
    say("%s: not written: no usable instrumented block in %s", name, program);
  else
    say("%s: not written: %s", name, strerror(err < 0 ? -err : err));
}
