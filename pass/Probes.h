// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part three of three: the counters of a function and the code that bumps
// them.
#ifndef KCOV8_PASS_PROBES_H
#define KCOV8_PASS_PROBES_H

#include "Blocks.h"
#include "llvm/IR/GlobalVariable.h"
#include <vector>

namespace kcov8 {

// Byte i of the array belongs to block i. Its comdat is the section group of
// F's counters, keys and record: F's own comdat, or a group of their own.
// Linkers keep or drop a group's members together, so the tables go when
// --gc-sections has dropped every use of the counters.
//
// CopyName, if not empty, makes the counters a symbol in a group of that name,
// that equal copies of F in other objects share. Needed where F is in a comdat
// and its code may yet be inlined elsewhere: a private array would be discarded
// with F while the inlined copy still refers to it.
llvm::GlobalVariable *emitCounters(llvm::Function &F, size_t Blocks,
                                   llvm::StringRef CopyName);

void emitProbes(llvm::GlobalVariable &Counters,
                const std::vector<ChosenBlock> &Blocks, kcov8_probe Probe);

// Which of the counters code refers to, now that the optimiser has run.
std::vector<bool> usedCounters(const llvm::GlobalVariable &Counters);

} // namespace kcov8

#endif // KCOV8_PASS_PROBES_H
