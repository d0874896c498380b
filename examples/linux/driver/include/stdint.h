/* SPDX-License-Identifier: GPL-2.0-only */
/* What kcov8.h wants of <stdint.h>, from the kernel. */
#ifndef KCOV8_LINUX_STDINT_H
#define KCOV8_LINUX_STDINT_H

#include <linux/limits.h>
#include <linux/types.h>

/* 6.1 lacks it; the same type twice is no error. */
typedef long intptr_t;

#define UINT64_C(c) c##ULL
#define UINT32_MAX U32_MAX

#endif
