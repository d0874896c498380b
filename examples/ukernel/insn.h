/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * insn.h - instructions that a CPU refuses and the engine executes
 */
#ifndef UKERNEL_INSN_H
#define UKERNEL_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first instruction in @code: a lock prefix where there may be none, a far
 * call or jump to a register. */
bool insn_is_refused(const uint8_t *code, size_t n);
/* Is there such a one among those of @code, from its start? */
bool insn_any_refused(const uint8_t *code, size_t n);

#endif /* UKERNEL_INSN_H */
