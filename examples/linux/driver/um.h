/* SPDX-License-Identifier: GPL-2.0-only */
/* um.h - what um.c needs of the host, whose headers it cannot have */
#ifndef KCOV8_UM_H
#define KCOV8_UM_H

int kcov8_um_has_wrgsbase(void);
void kcov8_um_set_gs(unsigned long base); /* by a system call */

/* Zeroed pages at *@at, or anywhere if that is NULL. 0 or -1. */
int kcov8_um_map(void **at, unsigned long bytes);
void kcov8_um_unmap(void *at, unsigned long bytes);

#endif
