// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option place=early: what the optimiser has left of counters and blocks.
#ifndef KCOV8_PASS_EMIT_EARLY_H
#define KCOV8_PASS_EMIT_EARLY_H

#include "Counters.h"
#include "plan/Blocks.h"
#include "plan/Ranges.h"
#include <vector>

namespace kcov8 {

// Which bytes of an array code refers to, now that the optimiser has run.
std::vector<bool> usedCounters(const llvm::GlobalVariable &Array);

// Marks the blocks that the optimiser removed. False: all of them.
bool markRemoved(const CounterPlace &Counters, FunctionMap &Map,
                 const std::vector<ImpliedBlock> &Implied,
                 const std::vector<bool> &Used);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_EARLY_H
