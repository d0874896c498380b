// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The identity of functions and blocks. docs/ids.md says
// what an ID survives. Hashes are frozen (kcov8/abi.h); what goes into a key
// is versioned by KCOV8_ABI_VERSION.
#ifndef KCOV8_PASS_PLAN_IDS_H
#define KCOV8_PASS_PLAN_IDS_H

#include "Blocks.h"
#include "Origins.h"
#include "llvm/IR/Function.h"
#include <cstdint>
#include <string>
#include <vector>

namespace kcov8 {

// Path is the normalised source; left out for functions of which any copy may
// be linked, so that the ID is the same whichever wins.
uint64_t functionHash(const llvm::Function &F, llvm::StringRef Path,
                      llvm::StringRef Unit);

// One key per chosen block, in their order, distinct within the function.
std::vector<uint32_t> blockKeys(llvm::Function &F,
                                const std::vector<ChosenBlock> &Blocks,
                                const Origins &From);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_IDS_H
