/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * order.c - which block ran first (option `trace-order`)
 *
 * A probe that finds its counter at zero calls __kcov8_first(), which adds the
 * counter's address to a list. Like counters, the list is reached through the
 * base of gs: each view has a copy, and one thread writes it, so that blocks of
 * all images are in one order. A flush goes by the list instead of looking at
 * every counter, and begins a new one.
 *
 * The list ends somewhere; what did not fit is found by a look at all counters,
 * behind the rest.
 *
 * Only linked if something calls it, not in amalgam.c: it needs memory in every
 * image of the program, although only the pages that are used.
 */
#include "task/view.h"

#ifdef __x86_64__

_Static_assert(sizeof(struct kcov8i_order) % 4096 == 0, "whole pages");

_Alignas(4096) struct kcov8i_order kcov8i_order_list;

/*
 * rdi: the counter. Saves all it changes but flags and r11. The number is taken
 * by one instruction, so that a signal handler's blocks come in between and
 * not instead.
 */
__asm__(".text\n"
        ".globl " KCOV8_FIRST_SYMBOL "\n"
        ".type " KCOV8_FIRST_SYMBOL ", @function\n" //
        KCOV8_FIRST_SYMBOL ":\n"
        ".cfi_startproc\n"
        "pushq %rax\n"
        ".cfi_adjust_cfa_offset 8\n"
        "movl $1, %eax\n"
        "xaddl %eax, %gs:kcov8i_order_list(%rip)\n"
        "cmpl $" KCOV8I_ORDER_ENTRIES_TEXT ", %eax\n"
        "jae 1f\n"
        "leaq 8+kcov8i_order_list(%rip), %r11\n"
        "movq %rdi, %gs:(%r11,%rax,8)\n"
        "1: popq %rax\n"
        ".cfi_adjust_cfa_offset -8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size " KCOV8_FIRST_SYMBOL ", . - " KCOV8_FIRST_SYMBOL "\n");

#endif
