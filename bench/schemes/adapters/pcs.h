// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * pcs.h - PCs as bytes: each PC gets the next free byte when it is first seen
 */
#ifndef PCS_H
#define PCS_H

#include "adapter.h"

enum { PCS = 1 << 17, PC_SLOTS = 1 << 19 }; // PCs, and places of the hash table

static uint8_t pc_bytes[PCS];
static uint64_t pc_of[PCS];
static uint32_t pc_slots[PC_SLOTS]; // number of the PC + 1
static uint32_t pc_count;
static uint32_t pc_dirty[PCS], pc_dirty_count; // bytes that are not 0

static inline uint32_t pc_number(uint64_t pc) {
  uint32_t at = (uint32_t)((pc * 0x9e3779b97f4a7c15) >> 45);
  while (pc_slots[at]) {
    if (pc_of[pc_slots[at] - 1] == pc)
      return pc_slots[at] - 1;
    at = (at + 1) % PC_SLOTS;
  }
  if (pc_count == PCS)
    scheme_die("more PCs than there is room for");
  pc_of[pc_count] = pc;
  pc_slots[at] = ++pc_count;
  return pc_count - 1;
}

/* One hit: what is kept is that there was one. */
static inline void pc_hit(uint64_t pc) {
  const uint32_t number = pc_number(pc);
  if (!pc_bytes[number])
    pc_dirty[pc_dirty_count++] = number;
  pc_bytes[number] = 1;
}

static inline void pc_reset(void) {
  while (pc_dirty_count)
    pc_bytes[pc_dirty[--pc_dirty_count]] = 0;
}

#endif
