/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kernel.h - the toy kernel's own system calls, and what they need of it
 */
#ifndef MINIHOST_KERNEL_H
#define MINIHOST_KERNEL_H

#include <stdint.h>

/* syscalls.c, which is instrumented. They return a negative errno. */
long sys_parse(const char *text); /* a decimal number, or -EINVAL, -ERANGE */
long sys_nap(long ticks);         /* ticks left: 0 */

/* minihost.c and forkhost.c, which are not. */
void kernel_sleep(void);

#endif /* MINIHOST_KERNEL_H */
