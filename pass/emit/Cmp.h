// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option trace-cmp: calls that record what a function compares.
#ifndef KCOV8_PASS_EMIT_CMP_H
#define KCOV8_PASS_EMIT_CMP_H

#include "Probes.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace kcov8 {

// The integer comparisons and switches that SanitizerCoverage's trace-cmp
// records, and comparisons of two pointers. Each goes with the counter of its
// block; without one, with that of the nearest dominator that has one. Blocks:
// those with a counter. After emitProbes(): blocks are split.
void emitCompares(llvm::Function &F, const CounterPlace &Counters,
                  llvm::ArrayRef<ChosenBlock> Blocks);

// In front of emitCompares(): they need a counter.
llvm::SmallPtrSet<const llvm::BasicBlock *, 16>
blocksWithCompares(llvm::Function &F);

// Is Callee one of the runtime's functions that these calls go to?
bool isCompareCallback(const llvm::Function &Callee);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_CMP_H
