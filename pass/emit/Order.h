// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Option trace-order: the first hit of a block in a window is noted in a list.
#ifndef KCOV8_PASS_EMIT_ORDER_H
#define KCOV8_PASS_EMIT_ORDER_H

#include "Delta.h"
#include "Probes.h"

namespace kcov8 {

// In front of each probe: is its counter zero, in the running task's array?
// Then the runtime takes its address: __kcov8_first(), which knows the list, or
// __kcov8_first_in(), which gets it. Deltas: as of emitDeltas(), none with gs.
// After emitProbes() and emitCompares(): blocks are split.
void emitOrder(llvm::Function &F, const CounterPlace &Counters,
               const std::vector<ChosenBlock> &Blocks,
               const std::vector<llvm::Value *> &Deltas, DeltaKind Kind);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_ORDER_H
