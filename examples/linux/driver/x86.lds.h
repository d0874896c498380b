/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.lds.h - kcov8's tables in vmlinux
 *
 * For arch/x86/kernel/vmlinux.lds.S, where the linker warns of sections that
 * nobody named. Linkers make __start_ and __stop_ of those that are loaded.
 */
#ifndef KCOV8_X86_LDS_H
#define KCOV8_X86_LDS_H

/* Not C: */
/* clang-format off */
#define KCOV8_LOADED(name) \
  name : AT(ADDR(name) - LOAD_OFFSET) { KEEP(*(name)) }

#ifdef CONFIG_KCOV8
/* Behind .data. Marks beside counters: a task's copy has both, in one piece */
#define KCOV8_TABLES                                                           \
  KCOV8_LOADED(__kcov8_cntrs)                                                  \
  KCOV8_LOADED(__kcov8_marks)                                                  \
  KCOV8_LOADED(__kcov8_arrays)                                                 \
  KCOV8_LOADED(__kcov8_keys)                                                   \
  KCOV8_LOADED(__kcov8_funcs)
/* Behind debug information: not loaded */
#define KCOV8_MAP .kcov8.map 0 : { *(.kcov8.map) }
#else
#define KCOV8_TABLES
#define KCOV8_MAP
#endif

#endif
