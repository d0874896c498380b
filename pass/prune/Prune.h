// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option `prune`: which blocks need no probe of their own, because others'
// probes tell of them.
#ifndef KCOV8_PASS_PRUNE_PRUNE_H
#define KCOV8_PASS_PRUNE_PRUNE_H

#include "plan/Blocks.h"
#include "plan/FlushReach.h"
#include <cstdint>
#include <vector>

namespace kcov8 {

// In ascending order of Block. Counts: sums must be right, too.
std::vector<ImpliedBlock> findImplied(llvm::Function &F,
                                      const std::vector<ChosenBlock> &Blocks,
                                      bool Counts, FlushReach &Reach);

// Blocks without a probe have no counter: they go behind the others. Returns
// where each block was before.
std::vector<uint32_t> putImpliedLast(std::vector<ChosenBlock> &Blocks,
                                     std::vector<ImpliedBlock> &Implied);

} // namespace kcov8

#endif // KCOV8_PASS_PRUNE_PRUNE_H
