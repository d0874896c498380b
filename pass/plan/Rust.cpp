// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Rust.h"
#include "LLVMCompat.h"
#include "Names.h"

using namespace llvm;

namespace kcov8 {

bool isRust(const Module &M) {
  auto Units = M.debug_compile_units();
  if (Units.begin() != Units.end())
    return all_of(Units,
                  [](const DICompileUnit *Unit) { return isRustUnit(*Unit); });
  if (const NamedMDNode *Ident = M.getNamedMetadata("llvm.ident"))
    return any_of(Ident->operands(), [](const MDNode *Node) {
      auto *Text = dyn_cast_or_null<MDString>(Node->getOperand(0));
      return Text && Text->getString().take_front(6) == "rustc ";
    });
  return any_of(M, [](const Function &F) { // rustc 1.63 says nothing
    return stableName(F) != linkageName(F);
  });
}

std::string crateSource(const Module &M, const Paths &P) {
  // NAME.HASH-cgu.N; of an incremental build a hash of that.
  const StringRef Module = M.getSourceFileName();
  for (const DICompileUnit *Unit : M.debug_compile_units()) {
    // src/main.rs/@/ and the module; LTO brings units of others.
    auto [Root, Of] = Unit->getFile()->getFilename().split("/@/");
    if (Of == Module)
      return P.normalise(Root, Unit->getFile()->getDirectory());
  }
  auto [Name, Rest] = Module.split('.');
  return Rest.empty() ? "" : Name.str();
}

bool isMadeByRustc(const Function &F) {
  auto Units = F.getParent()->debug_compile_units();
  return Units.begin() != Units.end() && !F.getSubprogram();
}

std::string functionSource(const Function &F, const Paths &P, StringRef Crate) {
  const DISubprogram *Subprogram = F.getSubprogram();
  if (!Subprogram || !Subprogram->getFile())
    return Crate.str();
  return P.normalise(Subprogram->getFile()->getFilename(),
                     Subprogram->getFile()->getDirectory());
}

} // namespace kcov8
