// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The allocated tables beside the counters, and how an image registers itself
// with the runtime (layouts: kcov8/abi.h).
#ifndef KCOV8_PASS_EMIT_TABLES_H
#define KCOV8_PASS_EMIT_TABLES_H

#include "Counters.h"
#include "plan/Blocks.h"
#include "plan/Ranges.h"
#include <vector>

namespace kcov8 {

// Keys, rules and record of a function whose blocks count in Counters.
void emitFunctionTables(const CounterPlace &Counters, const FunctionMap &Map,
                        const std::vector<ImpliedBlock> &Implied,
                        const Options &O);

// Descriptor, constructor and destructor, one per linked image.
void emitImage(llvm::Module &M);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_TABLES_H
