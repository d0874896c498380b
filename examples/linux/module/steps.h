/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STEPS_H
#define STEPS_H

/* How many steps @n takes to 1: halved if even, else tripled plus 1. */
unsigned int sample_steps(unsigned int n);

/* kcov8-remote.c */
int sample_remote_init(void);
void sample_remote_exit(void);

#endif
