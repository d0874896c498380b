/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * buffer.c - append PCs to a cover buffer
 *
 * Word 0 is the count N, words 1..N are PCs. The buffer belongs to a hostile
 * guest that writes to it from other threads at any moment: word 0 is read once
 * per flush, only compared and never added to before it is known to be small,
 * and no index is ever read from the buffer. Every count that leaves no room is
 * a full buffer, ~0 too (Linux 6.12 wraps there and stores a PC in word 0).
 *
 * A reader that sees count N sees entries 1..N: the count is stored last, with
 * release (Linux bumps it first, since an interrupt may nest; here nothing
 * does). N < size_words always. A reset by the guest during a flush is
 * overwritten by our count, as by a hook on Linux.
 *
 * Native words of 64 bits. Called with the lock held.
 */
#include "internal.h"

void kcov8i_append_begin(struct kcov8i_append *a, struct kcov8_file *file) {
  const uint64_t capacity = file->size_words - 1;
  a->file = file;
  a->words = file->area.base;
  a->start = __atomic_load_n(&a->words[0], __ATOMIC_RELAXED);
  a->count = a->start;
  a->room = a->start < capacity ? capacity - a->start : 0;
}

void kcov8i_append_put(struct kcov8i_append *a, uint64_t pc) {
  if (!a->room) {
    a->file->dropped++;
    return;
  }
  a->room--;
  a->count++;
  __atomic_store_n(&a->words[a->count], pc, __ATOMIC_RELAXED);
}

void kcov8i_append_end(struct kcov8i_append *a) {
  if (a->count != a->start)
    __atomic_store_n(&a->words[0], a->count, __ATOMIC_RELEASE);
}
