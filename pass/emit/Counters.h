// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays of counters, and of the marks of option summary.
#ifndef KCOV8_PASS_EMIT_COUNTERS_H
#define KCOV8_PASS_EMIT_COUNTERS_H

#include "plan/Options.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/ValueHandle.h"

namespace kcov8 {

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
                                  llvm::StringRef CopyName);

// The array that all functions share whose code a linker keeps or drops as one.
CounterPlace emitUnitCounters(llvm::Module &M, size_t Blocks);

// A byte of an array or its marks, typed as an element of it.
llvm::Constant *byteOf(llvm::GlobalVariable &Array, uint32_t At);

// The counter of a block that has one, as a byte pointer: in the array that is
// nobody's.
llvm::Constant *counterAddress(const CounterPlace &Counters, size_t Block);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_COUNTERS_H
