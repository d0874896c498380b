// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Names.h"

using namespace llvm;

namespace kcov8 {

std::string stableName(const GlobalValue &V) {
  StringRef Name = V.getName();
  Name.consume_front("\1");
  Name = Name.split(".llvm.").first;
  return Name.split(".__uniq.").first.str();
}

} // namespace kcov8
