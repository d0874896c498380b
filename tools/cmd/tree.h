/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* tree.h - a command, and all processes that come of it */
#ifndef KCOV8_TREE_H
#define KCOV8_TREE_H

#include <signal.h>
#include <stdbool.h>

/**
 * struct tree - how they ended
 * @error:   errno of what kept the command from running; 0: it ran
 * @status:  of the command, as waitpid(2) has it
 * @seconds: that the command took
 * @outlived: some of its processes still ran when we stopped waiting
 */
struct tree {
  int error, status;
  double seconds;
  bool outlived;
};

/* How long processes may outlive the command, in seconds, and still count. */
enum { TREE_GRACE = 2 };

/*
 * tree_hold_signals() - from now on signals that end processes wait for
 * tree_run(), which passes them on: what is to be removed is removed
 * @before: the mask that the command gets
 */
void tree_hold_signals(sigset_t *before);

/*
 * tree_run() - run @argv, in our own process group, with our files
 * What loses its parent becomes our child: that is waited for, too.
 * @before: of tree_hold_signals()
 */
void tree_run(struct tree *t, char **argv, const sigset_t *before);

/* tree_exit() - end as the command did, of the same signal if it was one */
_Noreturn void tree_exit(const struct tree *t);

#endif /* KCOV8_TREE_H */
