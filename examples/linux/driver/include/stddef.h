/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KCOV8_LINUX_STDDEF_H
#define KCOV8_LINUX_STDDEF_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif
