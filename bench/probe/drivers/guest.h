// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * guest.h - phases that guest.c announces and ukernel.c times
 */
#ifndef GUEST_H
#define GUEST_H

/* No system call has this number, in ukernel neither. */
#define PHASE_CALL 511

enum { IDLE, NULL_CALL, FILES, PATHS, PIPES, POLLS, PHASES };

static const char *const phase_names[PHASES] = {"idle",  "null",  "files",
                                                "paths", "pipes", "polls"};

#endif
