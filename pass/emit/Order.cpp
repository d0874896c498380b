// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Order.h"
#include "Delta.h"
#include "LLVMCompat.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace kcov8 {
namespace {

// It saves what it uses, vector registers included: the way past the call pays
// for the test only. Not through a lazily bound entry, which would not.
FunctionCallee firstHit(Module &M) {
  LLVMContext &C = M.getContext();
  FunctionCallee Callee = M.getOrInsertFunction(
      KCOV8_FIRST_SYMBOL, Type::getVoidTy(C), bytePointerType(C));
  if (auto *F = dyn_cast<Function>(Callee.getCallee())) {
    F->setCallingConv(CallingConv::PreserveAll);
    F->addFnAttr(Attribute::NoUnwind);
    F->addFnAttr(Attribute::NonLazyBind);
  }
  return Callee;
}

// Where the delta is a variable, the list is one, too: it is handed on.
FunctionCallee firstHitIn(Module &M) {
  auto *Pointer = bytePointerType(M.getContext());
  FunctionCallee Callee = M.getOrInsertFunction(
      KCOV8_FIRST_IN_SYMBOL, Type::getVoidTy(M.getContext()), Pointer, Pointer);
  if (auto *F = dyn_cast<Function>(Callee.getCallee()))
    F->addFnAttr(Attribute::NoUnwind);
  return Callee;
}

// As the counters: what an image has is nobody's, the delta leads to a task's.
Constant *perCpuList(Module &M) {
  Constant *List = M.getOrInsertGlobal(KCOV8_ORDER_LIST_SYMBOL,
                                       Type::getInt8Ty(M.getContext()));
  if (auto *Known = dyn_cast<GlobalVariable>(List))
    Known->setDSOLocal(true);
  return List;
}

// The running task's list. Variable: where it is, but for percpu.
Value *taskList(IRBuilder<> &B, GlobalVariable *Variable, Value *Delta) {
  if (!Variable)
    return B.CreateGEP(B.getInt8Ty(),
                       perCpuList(*B.GetInsertBlock()->getModule()), Delta);
  LoadInst *Where = B.CreateLoad(Variable->getValueType(), Variable);
  makeProbeAccess(*Where);
  return Where;
}

// The counter's byte in the running task's array. Delta: null with gs.
Value *taskCounter(IRBuilder<> &B, Constant *Counter, Value *Delta) {
  if (Delta)
    return B.CreateGEP(B.getInt8Ty(), Counter, Delta);
  return ConstantExpr::getAddrSpaceCast(
      Counter, bytePointerType(B.getContext(), GSAddressSpace));
}

} // namespace

void emitOrder(Function &F, const CounterPlace &Counters,
               const std::vector<ChosenBlock> &Blocks,
               const std::vector<Value *> &Deltas, DeltaKind Kind) {
  Module &M = *F.getParent();
  LLVMContext &C = F.getContext();
  const bool HandsOn = !Deltas.empty();
  GlobalVariable *Variable = nullptr;
  if (HandsOn && Kind != DeltaKind::PerCpu)
    Variable = taskVariable(M, KCOV8_ORDER_SYMBOL, bytePointerType(C), Kind);
  FunctionCallee Callee = HandsOn ? firstHitIn(M) : firstHit(M);
  MDNode *Rarely = MDBuilder(C).createBranchWeights(1, (1 << 20) - 1);
  IRBuilder<> B(C);
  for (size_t I = 0; I < Blocks.size(); I++) {
    BasicBlock &Block = *Blocks[I].Block;
    startProbe(B, Block);
    Value *Delta = HandsOn ? Deltas[I] : nullptr;
    if (auto *Load = dyn_cast_or_null<LoadInst>(Delta);
        Load && Load->getParent() == &Block)
      B.SetInsertPoint(Load->getNextNode());
    Constant *Counter = counterAddress(Counters, I);
    LoadInst *Count = B.CreateAlignedLoad(
        B.getInt8Ty(), taskCounter(B, Counter, Delta), Align(1));
    makeProbeAccess(*Count);
    Instruction *Then = SplitBlockAndInsertIfThen(
        B.CreateICmpEQ(Count, B.getInt8(0)), &*B.GetInsertPoint(),
        /*Unreachable=*/false, Rarely);
    B.SetInsertPoint(Then);
    setProbeLocation(B, F);
    if (HandsOn)
      B.CreateCall(Callee, {Counter, taskList(B, Variable, Delta)});
    else
      B.CreateCall(Callee, {Counter})->setCallingConv(CallingConv::PreserveAll);
  }
}

} // namespace kcov8
