// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Order.h"
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

} // namespace

void emitOrder(Function &F, const CounterPlace &Counters,
               const std::vector<ChosenBlock> &Blocks) {
  FunctionCallee Callee = firstHit(*F.getParent());
  LLVMContext &C = F.getContext();
  MDNode *Rarely = MDBuilder(C).createBranchWeights(1, (1 << 20) - 1);
  IRBuilder<> B(C);
  for (size_t I = 0; I < Blocks.size(); I++) {
    startProbe(B, *Blocks[I].Block);
    Constant *Counter = counterAddress(Counters, I);
    LoadInst *Count =
        B.CreateAlignedLoad(B.getInt8Ty(),
                            ConstantExpr::getAddrSpaceCast(
                                Counter, bytePointerType(C, GSAddressSpace)),
                            Align(1));
    makeProbeAccess(*Count);
    Instruction *Then = SplitBlockAndInsertIfThen(
        B.CreateICmpEQ(Count, B.getInt8(0)), &*B.GetInsertPoint(),
        /*Unreachable=*/false, Rarely);
    B.SetInsertPoint(Then);
    setProbeLocation(B, F);
    B.CreateCall(Callee, {Counter})->setCallingConv(CallingConv::PreserveAll);
  }
}

} // namespace kcov8
