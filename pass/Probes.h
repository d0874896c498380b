// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part three of three: the counters of a function and the code that bumps
// them.
#ifndef KCOV8_PASS_PROBES_H
#define KCOV8_PASS_PROBES_H

#include "Prune.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/ValueHandle.h"
#include <vector>

namespace kcov8 {

// LLVM's address space of what is reached through x86's gs.
constexpr unsigned GSAddressSpace = 256;

// Where the counters of one function are: numbers First and up of an array.
struct CounterPlace {
  llvm::WeakTrackingVH Array; // null if the optimiser dropped it
  llvm::WeakTrackingVH Marks; // null without option summary
  uint32_t First = 0, Rows = 0;

  uint32_t at(size_t Block) const { // byte in the array
    return kcov8_counter_at(First + Block, Rows);
  }
  llvm::GlobalVariable *array() const {
    return llvm::cast_or_null<llvm::GlobalVariable>(
        static_cast<llvm::Value *>(Array));
  }
  llvm::GlobalVariable *marks() const {
    return llvm::cast_or_null<llvm::GlobalVariable>(
        static_cast<llvm::Value *>(Marks));
  }
};

// Gives the array marks, which its probes will set (kcov8/abi.h, summary).
void emitMarks(CounterPlace &Counters);

// Makes the array of one function's Blocks counters. Its comdat is the section
// group of F's counters, keys and record: F's own comdat, or a group of their
// own. Linkers keep or drop a group's members together, so the tables go when
// --gc-sections has dropped every use of the counters.
//
// CopyName, if not empty, makes the counters a symbol in a group of that name,
// that equal copies of F in other objects share. Needed where F is in a comdat
// and its code may yet be inlined elsewhere: a private array would be discarded
// with F while the inlined copy still refers to it.
CounterPlace emitFunctionCounters(llvm::Function &F, size_t Blocks,
                                  CounterLayout Layout,
                                  llvm::StringRef CopyName);

// The array that all functions share whose code a linker keeps or drops as one.
CounterPlace emitUnitCounters(llvm::Module &M, size_t Blocks,
                              CounterLayout Layout);

// In the first Probes of Blocks. Deltas: of each block, empty for none in a
// register.
void emitProbes(const CounterPlace &Counters,
                const std::vector<ChosenBlock> &Blocks, size_t Probes,
                const std::vector<llvm::Value *> &Deltas, const Options &O);

// The counter of a block that has one, as a byte pointer: in the array that is
// nobody's.
llvm::Constant *counterAddress(const CounterPlace &Counters, size_t Block);

// Line 0 for code of ours in F: debuggers do not stop there, profiles do not
// charge a line.
void setProbeLocation(llvm::IRBuilder<> &B, const llvm::Function &F);

// Goes to the place of a block's probe.
void startProbe(llvm::IRBuilder<> &B, llvm::BasicBlock &Block);

// Relaxed atomic, and not the program's own access.
void makeProbeAccess(llvm::Instruction &I);

// Which bytes of an array code refers to, now that the optimiser has run.
std::vector<bool> usedCounters(const llvm::GlobalVariable &Array);

} // namespace kcov8

#endif // KCOV8_PASS_PROBES_H
