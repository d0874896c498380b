/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.c - the part of kcov8's runtime that has vector instructions
 *
 * Apart from core.c, since nothing else may be compiled with them.
 */
#include "kcov8/runtime/sweep/x86.c"
