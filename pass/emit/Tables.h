// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The allocated tables beside the counters, and how an image registers itself
// with the runtime (layouts: kcov8/abi.h).
#ifndef KCOV8_PASS_EMIT_TABLES_H
#define KCOV8_PASS_EMIT_TABLES_H

#include "Counters.h"
#include "plan/Blocks.h"
#include <vector>

namespace kcov8 {

// Keys, rules and function record of the blocks that count in Counters.
void emitFunctionTables(const CounterPlace &Counters, uint64_t Hash,
                        std::vector<uint32_t> Keys,
                        const std::vector<ImpliedBlock> &Implied,
                        const Options &O);

// Descriptor, constructor and destructor, one per linked image.
void emitImage(llvm::Module &M);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_TABLES_H
