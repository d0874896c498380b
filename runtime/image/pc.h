/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * pc.h - from block IDs to PC slots; runtime and tools share it
 */
#ifndef KCOV8_PC_H
#define KCOV8_PC_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/**
 * struct kcov8i_id - one block on its way to a PC
 * @id:    in: kcov8_block_id() of its record and key; out: made distinct
 * @index: out: position in table order
 * @slot:  out: the PC is kcov8_slot_pc(slot)
 */
struct kcov8i_id {
  uint64_t id;
  uint32_t index;
  uint32_t slot;
};

/**
 * kcov8i_assign_slots() - the PCs of one image, from its IDs alone
 * @v:       @n elements in table order (function records in order, blocks in
 *           order inside one) with @id set; left in ascending order of the
 *           final ID, which is also that of the slot
 * @n:       at most KCOV8_PC_SLOTS
 * @scratch: @n elements, contents lost
 *
 * The set of slots, and the slot of each final ID, depend on the set of IDs
 * alone. Context: anywhere; touches nothing but its arguments; no recursion.
 */
void kcov8i_assign_slots(struct kcov8i_id *v, size_t n,
                         struct kcov8i_id *scratch);

/**
 * kcov8i_yield_slots() - move slots that other images already have
 * @v:       as kcov8i_assign_slots() leaves it; slots change, order does not
 * @old:     out: @n elements, a copy of @v before
 * @taken:   @n_taken slots, ascending, all different
 *
 * A block whose slot is taken gets the next higher free one; at the end of the
 * window, the highest free one. @n + @n_taken must not pass KCOV8_PC_SLOTS.
 *
 * Return: number of blocks that moved.
 */
size_t kcov8i_yield_slots(struct kcov8i_id *v, size_t n, struct kcov8i_id *old,
                          const uint32_t *taken, size_t n_taken);

/* kcov8i_sort_slots() - ascending; @scratch as long as @v */
void kcov8i_sort_slots(uint32_t *v, size_t n, uint32_t *scratch);

#pragma GCC visibility pop

#endif /* KCOV8_PC_H */
