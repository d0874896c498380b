// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Names.h"
#include "rust-names.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include <cstdlib>

using namespace llvm;

namespace kcov8 {

std::string linkageName(const GlobalValue &V) {
  StringRef Name = V.getName();
  Name.consume_front("\1");
  Name = Name.split(".llvm.").first;
  return Name.split(".__uniq.").first.str();
}

std::string demangledRust(const std::string &Name) {
  char *Source = kcov8_rust_demangle(Name.c_str());
  std::string Text = Source ? Source : "";
  std::free(Source);
  return Text;
}

std::string stableName(const GlobalValue &V) {
  const std::string Linked = linkageName(V), Rust = demangledRust(Linked);
  return Rust.empty() ? Linked : Rust;
}

StringRef withoutNumber(StringRef Name) {
  StringRef Short = Name.rtrim("0123456789");
  return Short.size() < Name.size() && Short.consume_back(".") ? Short : Name;
}

std::string functionName(const Function &F) {
  const std::string Linked = linkageName(F);
  if (kcov8_rust_mangling(Linked.c_str()) != KCOV8_RUST_LEGACY)
    return stableName(F);
  const DISubprogram *Subprogram = F.getSubprogram();
  return Subprogram ? stableName(F) + ": " + Subprogram->getName().str()
                    : Linked;
}

} // namespace kcov8
