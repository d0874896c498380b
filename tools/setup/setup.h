/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * setup.h - where the parts of kcov8 are, and which clangs there are
 *
 * One tree, wherever it is put, is PREFIX/bin (kcov8, kcov8-clang), PREFIX/lib
 * (the libraries), PREFIX/lib/llvm-N/lib (the plugins for LLVM N), and
 * PREFIX/include/kcov8. Used by kcov8-clang and `kcov8 doctor`.
 */
#ifndef KCOV8_SETUP_H
#define KCOV8_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* LLVMs for which kcov8 has a plugin, and how many those can be at most. */
enum {
  SETUP_OLDEST = 14,
  SETUP_NEWEST = 23,
  SETUP_MAJORS = SETUP_NEWEST - SETUP_OLDEST + 1
};

/* Room for a version such as "22.1.8". */
enum { SETUP_VERSION = 32 };

/*
 * setup_prefix() - the tree of the running program, links resolved
 * Return: false, with errno, without /proc.
 */
bool setup_prefix(char prefix[PATH_MAX]);

/* setup_path() - @prefix/@relative. A path that is too long is found nowhere.
 */
void setup_path(char path[PATH_MAX], const char *prefix, const char *relative);

/* setup_plugin() - @prefix/lib/llvm-@major/lib/@name */
void setup_plugin(char path[PATH_MAX], const char *prefix, unsigned major,
                  const char *name);

/*
 * setup_majors() - LLVMs for which there is a pass plugin, newest first
 * Return: how many.
 */
size_t setup_majors(const char *prefix, unsigned majors[SETUP_MAJORS]);

/* setup_in_path() - like execvp(3): @name as it is if it has a slash */
bool setup_in_path(char path[PATH_MAX], const char *name);

/*
 * setup_clang() - the clang of one LLVM
 * That for which this kcov8 was built, then those where LLVM @major has its own
 * files, then clang-@major in PATH.
 */
bool setup_clang(char path[PATH_MAX], const char *prefix, unsigned major);

/*
 * setup_default_clang() - the newest clang that has a plugin
 * If there is none: clang in PATH.
 */
bool setup_default_clang(char path[PATH_MAX], const char *prefix);

/*
 * setup_clang_version() - what stands behind "clang version" in @text, which is
 * the output of `clang --version` or `clang -###`
 * Return: the major; 0, with "", if it is no clang.
 */
unsigned setup_clang_version(const char *text, char version[SETUP_VERSION]);

/*
 * setup_part_version() - the kcov8 version of a plugin or a library: what
 * stands behind KCOV8_VERSION_TAG in it
 * Return: false if the file cannot be read or has none.
 */
bool setup_part_version(const char *file, char version[SETUP_VERSION]);

/* setup_header_version() - likewise, of kcov8/kcov8.h: KCOV8_VERSION */
bool setup_header_version(const char *file, char version[SETUP_VERSION]);

#endif /* KCOV8_SETUP_H */
