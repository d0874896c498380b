// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether two builds have the same code in a function. Block keys cannot tell:
// they leave out what small edits change. docs/ids.md says what is in it.
#ifndef KCOV8_PASS_PLAN_CODEHASH_H
#define KCOV8_PASS_PLAN_CODEHASH_H

#include "KeyHash.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include <cstdint>

namespace kcov8 {

class CodeHash {
public:
  explicit CodeHash(const llvm::Module &M)
      : Source(M.getSourceFileName()), Layout(M.getDataLayout()) {}

  // All of F as it is now; never 0.
  uint32_t of(const llvm::Function &F);

private:
  class Function;
  // Does a named global in a constant stand for what it begins with, too?
  enum Globals { Named, Whole };
  uint64_t type(const llvm::Type *T);
  uint64_t constant(const llvm::Constant &C, Globals G);
  void address(Hash &H, const llvm::GEPOperator &GEP,
               llvm::function_ref<void(const llvm::Value &)> Add);
  uint64_t global(const llvm::GlobalValue &V, Globals G);
  bool isPath(const llvm::Constant &C) const;

  llvm::StringRef Source;
  const llvm::DataLayout &Layout;
  llvm::DenseMap<const llvm::Type *, uint64_t> Types;
  llvm::DenseMap<const llvm::Constant *, uint64_t> Constants[2];
};

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_CODEHASH_H
