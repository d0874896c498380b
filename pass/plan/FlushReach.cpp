// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FlushReach.h"
#include "LLVMCompat.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace kcov8 {
namespace {

// Of a call: a flush can be in it. "own": of a named function. Else of what
// that calls, which counts in functions that reach a named one: they have it,
// too. Calls that differ in it are not merged, and inlining takes it along.
constexpr const char *Mark = "kcov8-flush";

bool isMarked(const Instruction &I) {
  auto *Call = dyn_cast<CallBase>(&I);
  const Attribute A =
      Call ? Call->getAttributes().getFnAttr(Mark) : Attribute();
  return A.isValid() && (A.getValueAsString() == "own" ||
                         I.getFunction()->hasFnAttribute(Mark));
}

using Functions = SetVector<const Function *>;

Functions named(const Module &M, const std::set<std::string> &Names) {
  Functions Found;
  for (const Function &F : M)
    if (Names.count(F.getName().str()))
      Found.insert(&F);
  return Found;
}

// And who calls these.
Functions withCallers(Functions Found) {
  for (unsigned I = 0; I < Found.size(); I++)
    for (const User *U : Found[I]->users())
      if (auto *Call = dyn_cast<CallBase>(U);
          Call && Call->getCalledFunction() == Found[I])
        Found.insert(Call->getFunction());
  return Found;
}

} // namespace

void FlushReach::mark(Module &M, const std::set<std::string> &Names) {
  Functions Inside = named(M, Names); // and what they call
  const Functions Reaching = withCallers(Inside);
  const size_t Named = Inside.size();
  for (unsigned I = 0; I < Inside.size(); I++)
    for (Instruction &In : instructions(const_cast<Function &>(*Inside[I])))
      if (auto *Call = dyn_cast<CallBase>(&In);
          Call && !isa<IntrinsicInst>(Call)) {
        Call->addFnAttr(
            Attribute::get(M.getContext(), Mark, I < Named ? "own" : ""));
        if (const Function *Callee = Call->getCalledFunction())
          Inside.insert(Callee);
      }
  for (Function &F : M)
    if (Reaching.count(&F))
      F.addFnAttr(Mark);
}

void FlushReach::unmark(Module &M) {
  for (Function &F : M) {
    F.removeFnAttr(Mark);
    for (Instruction &I : instructions(F))
      if (auto *Call = dyn_cast<CallBase>(&I))
        Call->setAttributes(
            Call->getAttributes().removeFnAttribute(M.getContext(), Mark));
  }
}

FlushReach::FlushReach(const Module &M, const std::set<std::string> &Names)
    : OnlyNamed(!Names.empty()) {
  if (!OnlyNamed)
    return;
  Functions Found = named(M, Names);
  for (const Function &F : M)
    if (F.hasFnAttribute(Mark) || any_of(instructions(F), isMarked))
      Found.insert(&F);
  Found = withCallers(std::move(Found));
  Flushing.insert(Found.begin(), Found.end());
}

bool FlushReach::isOpaque(const Instruction &I) {
  bool Leaves = I.isTerminator() && !isBranch(I) && !isa<SwitchInst>(I) &&
                !isa<IndirectBrInst>(I);
  if (OnlyNamed) {
    auto *Call = dyn_cast<CallInst>(&I);
    return Call ? Call->canReturnTwice() || isMarked(I) ||
                      Flushing.count(Call->getCalledFunction())
                : Leaves && !isa<CallBrInst>(I);
  }
  if (I.isDebugOrPseudoInst() || I.isLifetimeStartOrEnd())
    return false;
  if (I.isVolatile() || I.isAtomic())
    return true;
  if (auto *Call = dyn_cast<CallInst>(&I)) {
    if (isa<MemIntrinsic>(Call) || isa<AssumeInst>(Call))
      return false;
    if (AnyCall)
      return true;
    // Flushing writes memory.
    if (Call->doesNotThrow() && Call->onlyReadsMemory() &&
        Call->hasFnAttr(Attribute::WillReturn))
      return false;
    const Function *Callee = Call->getCalledFunction();
    return !Callee || isOpaque(*Callee);
  }
  return Leaves;
}

bool FlushReach::isOpaque(const Function &F) {
  if (OnlyNamed)
    return Flushing.count(&F);
  // Another definition may take its place; a recursion may not end.
  auto [It, New] = Known.try_emplace(&F, true);
  if (!New || F.isDeclaration() || !F.isDefinitionExact())
    return It->second;
  for (const BasicBlock &B : F)
    for (const Instruction &I : B)
      if (!isa<ReturnInst>(I) && isOpaque(I))
        return true;
  DominatorTree Dom(const_cast<Function &>(F));
  LoopInfo Loops(Dom);
  bool Ends = all_of(Loops.getLoopsInPreorder(), isMustProgress);
  return Known[&F] = !Ends || isIrreducible(F, Loops);
}

bool FlushReach::ends(const Loop &L) const {
  return OnlyNamed || isMustProgress(&L);
}

bool isIrreducible(const Function &F, const LoopInfo &Loops) {
  ReversePostOrderTraversal<const Function *> Order(&F);
  return containsIrreducibleCFG<const BasicBlock *>(Order, Loops);
}

} // namespace kcov8
