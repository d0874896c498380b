/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* high.h - what low.c may not use */
int low(void);
int high(void);
