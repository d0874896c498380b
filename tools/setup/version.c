/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* version.c - what clangs and parts of kcov8 say of their versions */
#define _GNU_SOURCE
#include "setup/setup.h"

#include <fcntl.h>
#include <kcov8/kcov8.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Digits, letters and dots, as far as there are any. */
static void copy_word(char version[SETUP_VERSION], const char *s,
                      const char *end) {
  size_t n = 0;
  while (s < end && n < SETUP_VERSION - 1 && *s > ' ' && *s != '"')
    version[n++] = *s++;
  version[n] = 0;
}

unsigned setup_clang_version(const char *text, char version[SETUP_VERSION]) {
  static const char before[] = "clang version ";
  const char *at = strstr(text, before);
  version[0] = 0;
  if (!at)
    return 0;
  at += strlen(before);
  copy_word(version, at, at + strlen(at));
  return (unsigned)strtoul(version, NULL, 10);
}

static bool find_version(const char *file, const char *mark,
                         char version[SETUP_VERSION]) {
  struct stat st;
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  version[0] = 0;
  if (fd < 0)
    return false;
  void *map = MAP_FAILED;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (map == MAP_FAILED)
    return false;
  const char *end = (char *)map + st.st_size;
  const char *at = map;
  while (!version[0] &&
         (at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
    at += strlen(mark); /* programs that look for it have it bare, too */
    copy_word(version, at, end);
  }
  munmap(map, (size_t)st.st_size);
  return version[0] != 0;
}

bool setup_part_version(const char *file, char version[SETUP_VERSION]) {
  return find_version(file, KCOV8_VERSION_TAG, version);
}

bool setup_header_version(const char *file, char version[SETUP_VERSION]) {
  return find_version(file, "#define KCOV8_VERSION \"", version);
}
