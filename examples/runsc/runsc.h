/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * runsc.h - a launcher with runsc's command line, for kernels that are programs
 *
 * syzkaller's VM type "gvisor" drives a kernel by the commands of one program.
 * This is such a program. What differs between kernels stands in a recipe
 * (recipe.c), a text file; nothing here knows ukernel.
 *
 * A container is a directory of the state directory (-root) with
 *   bundle     a symbolic link to what `run -bundle` named
 *   run        the number of the process of `run`
 *   exec.PID   that of a kernel that `exec` became, and of its process group
 * Each of these files is locked (flock) by its process for as long as it lives,
 * so a number that was left over is never taken for somebody else's process.
 *
 * Functions that fail say why on stderr, and end the process with EXIT_ERROR.
 */
#ifndef RUNSC_H
#define RUNSC_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_ERROR 128 /* as runsc: the launcher's own, not a guest's */

_Noreturn void fail(const char *what, const char *why);
_Noreturn void fail_errno(const char *what);
/* malloc'ed; never NULL. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- recipe.c: how a kernel is started -------------------------------- */

/* What the words in braces stand for; NULL: a word that has one is left out. */
struct values {
  const char *root, *cwd, *user, *memory;
};

/**
 * recipe_command() - the command that the recipe has for @key
 * @self: how this program was called: the recipe is SELF.conf, or that of the
 *        program that SELF is a link to
 * @tail: words to append, up to a NULL
 *
 * Return: words up to a NULL, for execv(); the first is the program's path.
 */
char **recipe_command(const char *self, const char *key,
                      const struct values *values, char *const *tail);

/* ---- bundle.c: what is to run ----------------------------------------- */

struct bundle {
  char *root, *cwd;
  char *memory; /* bytes, or NULL without a limit */
};
/* Of DIR/config.json (OCI): root.path, process.cwd, the memory limit. */
void bundle_read(const char *dir, struct bundle *bundle);

/* ---- container.c: what runs ------------------------------------------- */

/* Makes the container; fails if one of that name runs. */
void container_make(const char *state, const char *name, const char *bundle);
bool container_runs(const char *state, const char *name);
/* This process is a kernel of the container from now on, also after exec. */
void container_join(const char *state, const char *name);
char *container_bundle(const char *state, const char *name);
/* Calls @fn for each live process: that of `run` first, then the kernels. */
void container_each(const char *state, const char *name,
                    void (*fn)(int pid, bool is_run, void *arg), void *arg);
/* Kills what runs (not the caller), waits for its end; removes all files. */
void container_delete(const char *state, const char *name);

#endif /* RUNSC_H */
