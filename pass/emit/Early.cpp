// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Early.h"
#include "Cmp.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace kcov8 {
namespace {

// Is the address I only loaded from and stored to, through phis and selects?
bool isOnlyAccessed(const Instruction &I,
                    SmallPtrSetImpl<const Instruction *> &Seen) {
  if (!Seen.insert(&I).second)
    return true;
  for (const User *U : I.users())
    if (auto *Store = dyn_cast<StoreInst>(U)) {
      if (Store->getValueOperand() == &I)
        return false;
    } else if (isa<PHINode>(U) || isa<SelectInst>(U)) {
      if (!isOnlyAccessed(*cast<Instruction>(U), Seen))
        return false;
    } else if (!isa<LoadInst>(U)) {
      return false;
    }
  return true;
}

} // namespace

std::vector<bool> usedCounters(const GlobalVariable &Array) {
  const DataLayout &DL = Array.getParent()->getDataLayout();
  const size_t N = Array.getValueType()->getArrayNumElements();
  std::vector<bool> Used(N);
  SmallVector<const Value *, 16> Addresses{&Array};
  while (!Addresses.empty()) {
    const Value *V = Addresses.pop_back_val();
    for (const User *U : V->users()) {
      if (isa<Constant>(U) || isa<GetElementPtrInst>(U) || isa<CastInst>(U)) {
        Addresses.push_back(U);
        continue;
      }
      // The optimiser may have merged two probes into one that picks its
      // counter by a phi. What cannot be followed counts as used, all of it.
      SmallPtrSet<const Instruction *, 8> Seen;
      APInt Offset(DL.getIndexTypeSizeInBits(V->getType()), 0);
      auto *Call = dyn_cast<CallInst>(U);
      bool Known =
          V->getType()->isPointerTy() &&
          V->stripAndAccumulateConstantOffsets(DL, Offset, true) == &Array &&
          Offset.ult(N) &&
          (isa<LoadInst>(U) || isa<StoreInst>(U) ||
           (Call && Call->getCalledFunction() &&
            isCompareCallback(*Call->getCalledFunction())) ||
           ((isa<PHINode>(U) || isa<SelectInst>(U)) &&
            isOnlyAccessed(*cast<Instruction>(U), Seen)));
      if (!Known)
        return std::vector<bool>(N, true);
      Used[Offset.getZExtValue()] = true;
    }
  }
  return Used;
}

bool markRemoved(const CounterPlace &Counters, FunctionMap &Map,
                 const std::vector<ImpliedBlock> &Implied,
                 const std::vector<bool> &Used) {
  std::vector<bool> Runs;
  for (size_t I = 0; I < Map.Blocks.size() - Implied.size(); I++)
    Runs.push_back(Used[Counters.at(I)]);
  for (const ImpliedBlock &B : Implied)
    Runs.push_back(any_of(B.Witnesses, [&](uint32_t W) { return Runs[W]; }));
  bool Any = false;
  for (size_t I = 0; I < Runs.size(); I++) {
    bool Here = Runs[I];
    if (!Here)
      Map.Blocks[Map.Record[I]].Flags |= KCOV8_BLOCK_REMOVED;
    Any |= Here;
  }
  return Any;
}

} // namespace kcov8
