// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option `prune`: which blocks need no probe of their own, because others'
// probes tell of them.
#ifndef KCOV8_PASS_PRUNE_H
#define KCOV8_PASS_PRUNE_H

#include "Blocks.h"
#include "FlushReach.h"
#include <cstdint>
#include <vector>

namespace kcov8 {

// A block without a probe. It runs in a window if and only if one of its
// witnesses does; its count is the sum of theirs (except for probe=flag).
struct ImpliedBlock {
  uint32_t Block;                  // index into the chosen blocks
  std::vector<uint32_t> Witnesses; // blocks with probes; never empty
};

// In ascending order of Block. Counts: sums must be right, too.
std::vector<ImpliedBlock> findImplied(llvm::Function &F,
                                      const std::vector<ChosenBlock> &Blocks,
                                      bool Counts, FlushReach &Reach);

// Blocks without a probe have no counter: they go behind the others. Returns
// where each block was before.
std::vector<uint32_t> putImpliedLast(std::vector<ChosenBlock> &Blocks,
                                     std::vector<ImpliedBlock> &Implied);

} // namespace kcov8

#endif // KCOV8_PASS_PRUNE_H
