// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Delta.h"
#include "LLVMCompat.h"
#include "Probes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include "llvm/Transforms/Utils/SSAUpdater.h"
#include <algorithm>

using namespace llvm;

namespace kcov8 {
namespace {

Type *deltaType(const Module &M) {
  return M.getDataLayout().getIntPtrType(M.getContext());
}

// In LLVM's address space of x86's gs, so that the load is one instruction,
// movq %gs:variable(%rip): it reads that of the CPU which runs it, and a task
// that is preempted and goes on elsewhere has its own delta in the register.
GlobalVariable *perCpuVariable(Module &M) {
  if (GlobalVariable *Known = M.getNamedGlobal(KCOV8_PERCPU_DELTA_SYMBOL))
    return Known;
  auto *Delta =
      new GlobalVariable(M, deltaType(M), false, GlobalValue::ExternalLinkage,
                         nullptr, KCOV8_PERCPU_DELTA_SYMBOL, nullptr,
                         GlobalValue::NotThreadLocal, GSAddressSpace);
  Delta->setDSOLocal(true);
  return Delta;
}

} // namespace

GlobalVariable *taskVariable(Module &M, StringRef Name, Type *Type,
                             DeltaKind Kind) {
  if (GlobalVariable *Known = M.getNamedGlobal(Name))
    return Known;
  auto *Variable = new GlobalVariable(
      M, Type, false, GlobalValue::LinkOnceODRLinkage,
      Constant::getNullValue(Type), Name, nullptr,
      // Never __tls_get_addr(): a call in front of each probe.
      Kind == DeltaKind::Thread ? GlobalValue::InitialExecTLSModel
                                : GlobalValue::NotThreadLocal);
  Variable->setVisibility(GlobalValue::HiddenVisibility);
  Variable->setDSOLocal(true);
  Variable->setComdat(M.getOrInsertComdat(Name));
  return Variable;
}

std::vector<DeltaUse> planDeltas(const std::vector<ChosenBlock> &Blocks,
                                 const std::vector<ImpliedBlock> &Implied,
                                 FlushReach &Reach) {
  std::vector<DeltaUse> Uses(Blocks.size(), DeltaUse::Inherit);
  for (const ImpliedBlock &B : Implied)
    Uses[B.Block] = DeltaUse::None;
  DenseMap<const BasicBlock *, bool> Keeps; // a delta, to its end
  for (const ChosenBlock &C : Blocks)
    Keeps[C.Block] =
        std::none_of(probePoint(*C.Block), C.Block->end(),
                     [&](const Instruction &I) { return Reach.isOpaque(I); });
  auto Has = [&](const BasicBlock *B) { // at its beginning
    return !B->isEntryBlock() &&
           all_of(predecessors(B), [&](auto *P) { return Keeps.lookup(P); });
  };
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (size_t I = 0; I < Blocks.size(); I++)
      if (const BasicBlock *B = Blocks[I].Block;
          Uses[I] == DeltaUse::None && Keeps[B] && !Has(B)) {
        Keeps[B] = false;
        Changed = true;
      }
  }
  for (size_t I = 0; I < Blocks.size(); I++)
    if (Uses[I] != DeltaUse::None && !Has(Blocks[I].Block))
      Uses[I] = DeltaUse::Load;
  return Uses;
}

std::vector<Value *> emitDeltas(Function &F,
                                const std::vector<ChosenBlock> &Blocks,
                                const std::vector<DeltaUse> &Uses,
                                DeltaKind Kind) {
  Module &M = *F.getParent();
  GlobalVariable *Variable =
      Kind == DeltaKind::PerCpu
          ? perCpuVariable(M)
          : taskVariable(M, KCOV8_DELTA_SYMBOL, deltaType(M), Kind);
  SSAUpdater Deltas;
  Deltas.Initialize(deltaType(M), "kcov8.delta");
  std::vector<Value *> Values(Blocks.size());
  IRBuilder<> B(M.getContext());
  for (size_t I = 0; I < Blocks.size(); I++) {
    if (Uses[I] != DeltaUse::Load)
      continue;
    BasicBlock &Block = *Blocks[I].Block;
    startProbe(B, Block);
    LoadInst *Load = B.CreateLoad(deltaType(M), Variable);
    makeProbeAccess(*Load);
    Values[I] = Load;
    Deltas.AddAvailableValue(&Block, Load);
  }
  for (size_t I = 0; I < Blocks.size(); I++)
    if (Uses[I] == DeltaUse::Inherit)
      Values[I] = Deltas.GetValueInMiddleOfBlock(Blocks[I].Block);
  return Values;
}

void emitTaskAccessor(Module &M, StringRef Name, StringRef Variable) {
  GlobalVariable *Known = M.getNamedGlobal(Variable);
  if (!Known)
    return; // no probe needs it
  auto *Pointer = bytePointerType(M.getContext());
  Function *Accessor = Function::createWithDefaultAttr(
      FunctionType::get(Pointer, false), GlobalValue::LinkOnceODRLinkage,
      M.getDataLayout().getProgramAddressSpace(), Name, &M);
  Accessor->setVisibility(GlobalValue::HiddenVisibility);
  Accessor->setComdat(M.getOrInsertComdat(Name));
  Accessor->addFnAttr(Attribute::NoUnwind);
  appendToCompilerUsed(M, {Accessor}); // a no-ctor host may refer to it
  IRBuilder<> B(BasicBlock::Create(M.getContext(), "", Accessor));
  B.CreateRet(B.CreatePointerCast(Known, Pointer));
}

} // namespace kcov8
