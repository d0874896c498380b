// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Ids.h"
#include "KeyHash.h"
#include "Names.h"
#include "SourceKeys.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include <unordered_set>

using namespace llvm;

namespace kcov8 {
namespace {

template <typename... Facts> uint64_t hashOf(Facts... F) {
  Hash H;
  (H.add(F), ...);
  return H.get();
}

uint64_t firstOrigin(const BasicBlock *B, const Origins &From) {
  return B ? From.of(*B).first() : 0;
}

// The names that a block could have, best first; never empty.
SmallVector<uint64_t, 8> candidates(const ChosenBlock &Chosen,
                                    const Origins &From) {
  const BasicBlock &B = *Chosen.Block;
  if (B.isEntryBlock())
    return {hashOf((uint64_t)KCOV8_ABI_VERSION, StringRef("entry"))};
  const Origin &O = From.of(B);
  SmallVector<uint64_t, 8> Names;
  if (Chosen.Edge)
    return {hashOf(StringRef("edge"),
                   firstOrigin(B.getSinglePredecessor(), From), edgesOf(B))};
  for (uint32_t Tag : O.Own)
    Names.push_back(hashOf(Tag));
  for (uint64_t Name : O.Inlined)
    Names.push_back(hashOf(StringRef("inlined"), Name));
  if (Names.empty()) {
    // Made by the optimiser: known by what is around it.
    Sum Before, After;
    for (const BasicBlock *Pred : predecessors(&B))
      Before.add(firstOrigin(Pred, From));
    for (const BasicBlock *Succ : successors(&B))
      After.add(firstOrigin(Succ, From));
    Names.push_back(hashOf(StringRef("between"), Before.get(), After.get()));
  }
  return Names;
}

} // namespace

uint64_t functionHash(const Function &F, StringRef Path, StringRef Unit) {
  std::string Name = functionName(F);
  if (F.hasComdat() && F.hasLocalLinkage()) {
    // Initialisers of template members: numbered, but their group has a name.
    Name = withoutNumber(Name).str();
    Path = F.getComdat()->getName();
  } else if (F.hasComdat() || F.hasLinkOnceLinkage()) {
    Path = "";
  }
  return kcov8_hash_function(Name.data(), Name.size(), Path.data(), Path.size(),
                             Unit.data(), Unit.size());
}

std::vector<uint32_t> blockKeys(Function &F,
                                const std::vector<ChosenBlock> &Blocks,
                                const Origins &From) {
  DenseMap<const BasicBlock *, size_t> Index;
  for (size_t I = 0; I < Blocks.size(); I++)
    Index[Blocks[I].Block] = I;

  std::vector<uint32_t> Keys(Blocks.size());
  std::unordered_set<uint32_t> Taken;
  for (BasicBlock *B : ReversePostOrderTraversal<Function *>(&F)) {
    auto It = Index.find(B);
    if (It == Index.end())
      continue;
    const auto Names = candidates(Blocks[It->second], From);
    uint32_t Key = 0;
    if (!any_of(Names, [&](uint64_t Name) {
          return Taken.insert(Key = (uint32_t)Name).second;
        }))
      for (uint64_t N = 1;; N++)
        if (Taken.insert(Key = (uint32_t)hashOf(Names[0], N)).second)
          break;
    Keys[It->second] = Key;
  }
  return Keys;
}

} // namespace kcov8
