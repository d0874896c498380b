// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option trace-cmp: calls that record what a function compares.
#ifndef KCOV8_PASS_CMP_H
#define KCOV8_PASS_CMP_H

#include "Probes.h"

namespace kcov8 {

// The integer comparisons and switches that SanitizerCoverage's trace-cmp
// records, and comparisons of two pointers. Each goes with the counter of its
// block; without one, with that of the nearest dominator that has one. After
// emitProbes(): blocks are split.
void emitCompares(llvm::Function &F, const CounterPlace &Counters,
                  const std::vector<ChosenBlock> &Blocks);

// Is Callee one of the runtime's functions that these calls go to?
bool isCompareCallback(const llvm::Function &Callee);

} // namespace kcov8

#endif // KCOV8_PASS_CMP_H
