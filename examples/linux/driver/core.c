/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.c - kcov8's runtime, in one file
 *
 * Knows nothing of Linux; what it needs of it is in port.c and um.c.
 */
#include "kcov8/runtime/amalgam.c"
