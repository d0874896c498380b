// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the map says of a function: where its blocks stand in the sources.
#ifndef KCOV8_PASS_PLAN_RANGES_H
#define KCOV8_PASS_PLAN_RANGES_H

#include "Blocks.h"
#include "Paths.h"
#include <cstdint>
#include <string>
#include <vector>

namespace kcov8 {

struct LineRun {
  unsigned File, First, Count;
};

struct BlockRange {
  uint32_t Key = 0;
  unsigned Flags = 0; // KCOV8_BLOCK_*
  unsigned File = 0;
  unsigned L0 = 0, C0 = 0, L1 = 0, C1 = 0;
  std::vector<LineRun> Runs;
};

// Everything the map says of one function. Holds no IR: with place=early the
// function may be gone when it is written.
struct FunctionMap {
  uint64_t Hash = 0;
  uint32_t Code = 0; // hash of all of it, see CodeHash.h
  unsigned Line = 0;
  std::string Name;         // as linked
  bool MayBeCopied = false; // other objects may hold an equal entry (comdat)
  // Not empty: copies are of this one only, and each stays (local functions of
  // Rust, of which each part of a crate makes its own).
  std::string Instance;
  std::vector<std::string> Files;
  std::vector<BlockRange> Blocks; // in the order of the code
  std::vector<uint32_t> Record;   // in that of the function record

  std::vector<uint32_t> keys() const; // of the record
  uint32_t checksum() const;
  // The same for equal copies of a function, whatever object they come from.
  std::string copyName() const;
};

// Ranges from debug locations, without keys; no debug info: zeros.
FunctionMap describeFunction(llvm::Function &F,
                             const std::vector<ChosenBlock> &Blocks,
                             const Paths &P, llvm::StringRef Source);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_RANGES_H
