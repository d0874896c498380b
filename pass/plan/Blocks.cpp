// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Blocks.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "llvm/ADT/DepthFirstIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace kcov8 {
namespace {

bool isReservedName(StringRef Name) {
  Name.consume_front("\1");
  for (const char *Prefix : {"__kcov8_", "__sanitizer_", "__asan_", "__tsan_",
                             "__msan_", "__ubsan_", "__llvm_", "__cfi_"})
    if (Name.take_front(StringRef(Prefix).size()) == Prefix)
      return true;
  return Name.contains(".module_ctor") || Name.contains(".module_dtor");
}

} // namespace

bool neverRuns(const BasicBlock &B) {
  for (const Instruction &I : B) {
    if (isa<PHINode>(I) || isa<DbgInfoIntrinsic>(I) || I.isLifetimeStartOrEnd())
      continue;
    return isa<UnreachableInst>(I);
  }
  return true;
}

BlockChooser::BlockChooser(Module &M, const Options &O) : O(O) {
  for (const GlobalIFunc &IFunc : M.ifuncs())
    if (auto *F = dyn_cast<Function>(
            IFunc.getResolver()->stripPointerCastsAndAliases()))
      Resolvers.insert(F);
  if (O.PerTask && O.Delta == DeltaKind::Thread)
    findCalledEarly(M);
}

// What resolvers of this module reach in it; by an indirect call, whatever has
// its address taken.
void BlockChooser::findCalledEarly(Module &M) {
  SmallVector<const Function *, 16> Work(Resolvers.begin(), Resolvers.end());
  bool Indirect = false;
  auto Reach = [&](const Function *F) {
    if (!F->isDeclaration() && !Resolvers.count(F) &&
        CalledEarly.insert(F).second)
      Work.push_back(F);
  };
  while (!Work.empty()) {
    const Function *F = Work.pop_back_val();
    for (const BasicBlock &B : *F)
      for (const Instruction &I : B) {
        auto *Call = dyn_cast<CallBase>(&I);
        if (!Call || Call->isInlineAsm())
          continue;
        if (auto *Callee = dyn_cast<Function>(
                Call->getCalledOperand()->stripPointerCastsAndAliases())) {
          Reach(Callee);
        } else if (!Indirect) {
          Indirect = true;
          for (const Function &Other : M)
            if (Other.hasAddressTaken())
              Reach(&Other);
        }
      }
  }
}

const char *BlockChooser::refuses(const Function &F) const {
  if (F.isDeclaration())
    return "only declared";
  // The body that runs lives elsewhere, with probes of its own.
  if (F.hasAvailableExternallyLinkage())
    return "available_externally";
  // No prologue: the author counts on every instruction.
  if (F.hasFnAttribute(Attribute::Naked))
    return "naked";
  if (F.hasFnAttribute(Attribute::NoSanitizeCoverage) ||
      O.NoCoverage.count(linkageName(F)))
    return "no_sanitize(\"coverage\")";
  if (F.hasFnAttribute(Attribute::DisableSanitizerInstrumentation))
    return "disable_sanitizer_instrumentation";
  // Run by the dynamic linker while it relocates.
  if (Resolvers.count(&F))
    return "ifunc resolver";
  // A static program has no thread-local storage yet.
  if (CalledEarly.count(&F))
    return "called by an ifunc resolver";
  if (isReservedName(F.getName()))
    return "reserved name";
  // Splitting would copy the body into three functions: three counters.
  if (isPresplitCoroutine(F))
    return "coroutine that is not split yet";
  // Windows' asynchronous exceptions leave blocks in the middle.
  if (F.hasPersonalityFn() &&
      isAsynchronousEHPersonality(classifyEHPersonality(F.getPersonalityFn())))
    return "asynchronous exceptions";
  return nullptr;
}

std::vector<ChosenBlock> BlockChooser::choose(Function &F) const {
  SmallPtrSet<const BasicBlock *, 32> Original;
  if (O.Level == KCOV8_LEVEL_EDGE) {
    for (BasicBlock &B : F)
      Original.insert(&B);
    // Edges that cannot be split (indirectbr, callbr, into pads) stay as they
    // are: their target block still counts.
    SplitAllCriticalEdges(
        F, CriticalEdgeSplittingOptions().setIgnoreUnreachableDests());
  }

  SmallPtrSet<const BasicBlock *, 32> Reachable;
  for (BasicBlock *B : depth_first(&F.getEntryBlock()))
    Reachable.insert(B);

  std::vector<ChosenBlock> Chosen;
  for (BasicBlock &B : F) {
    if (O.Level == KCOV8_LEVEL_FUNC && &B != &F.getEntryBlock())
      break;
    if (!Reachable.count(&B) || neverRuns(B) || probePoint(B) == B.end())
      continue;
    Chosen.push_back({&B, O.Level == KCOV8_LEVEL_EDGE && !Original.count(&B)});
  }
  return Chosen;
}

BasicBlock::iterator probePoint(BasicBlock &B) {
  auto It = B.getFirstInsertionPt();
  if (!B.isEntryBlock())
    return It;
  // Static allocas must stay in one run at the top, or they become dynamic;
  // localescape must stay in the entry block's head.
  for (auto Next = It; Next != B.end(); ++Next) {
    auto *Alloca = dyn_cast<AllocaInst>(&*Next);
    auto *Intrinsic = dyn_cast<IntrinsicInst>(&*Next);
    if ((Alloca && Alloca->isStaticAlloca()) ||
        (Intrinsic && Intrinsic->getIntrinsicID() == Intrinsic::localescape))
      It = std::next(Next);
    else if (!isa<DbgInfoIntrinsic>(*Next) && !Alloca)
      break;
  }
  return It;
}

} // namespace kcov8
