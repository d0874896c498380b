// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The code that bumps counters.
#ifndef KCOV8_PASS_EMIT_PROBES_H
#define KCOV8_PASS_EMIT_PROBES_H

#include "Counters.h"
#include "plan/Blocks.h"
#include "llvm/IR/IRBuilder.h"
#include <vector>

namespace kcov8 {

// LLVM's address space of what is reached through x86's gs.
constexpr unsigned GSAddressSpace = 256;

// In the first Probes of Blocks. Deltas: of each block, empty for none in a
// register.
void emitProbes(const CounterPlace &Counters,
                const std::vector<ChosenBlock> &Blocks, size_t Probes,
                const std::vector<llvm::Value *> &Deltas, const Options &O);

// Line 0 for code of ours in F: debuggers do not stop there, profiles do not
// charge a line.
void setProbeLocation(llvm::IRBuilder<> &B, const llvm::Function &F);

// Goes to the place of a block's probe.
void startProbe(llvm::IRBuilder<> &B, llvm::BasicBlock &Block);

// Relaxed atomic, and not the program's own access.
void makeProbeAccess(llvm::Instruction &I);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_PROBES_H
