// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Section .kcov8.map: what only tools need (kcov8/abi.h has the format).
#ifndef KCOV8_PASS_EMIT_MAP_H
#define KCOV8_PASS_EMIT_MAP_H

#include "plan/Filter.h"
#include "plan/Ranges.h"

namespace kcov8 {

void writeFunctionMap(llvm::Module &M, const FunctionMap &Map);
void writeUnitMap(llvm::Module &M, llvm::StringRef Source,
                  llvm::StringRef Options, llvm::ArrayRef<kcov8_rule> Rules);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_MAP_H
