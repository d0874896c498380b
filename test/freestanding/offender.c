/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* offender.c - uses a libc function that the core may not use */
#include <string.h>

size_t offender(const char *volatile s);

size_t offender(const char *volatile s) { return strlen(s); }
