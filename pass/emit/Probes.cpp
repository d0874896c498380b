// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Probes.h"
#include "LLVMCompat.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace kcov8 {
namespace {

// x86's code of one probe, in memory at At.
//   counter  stays at 255: the comparison carries below that, the addition adds
//            the carry. Only one of the two stores, so it is faster than addb
//            1, adcb 0, whose second waits for the first.
//   unary    shifts a set bit in, by way of the carry: 7 bytes with a distance
//            from the code, half of counter's.
std::string codeX86(kcov8_probe Probe, const std::string &At) {
  switch (Probe) {
  case KCOV8_PROBE_COUNTER:
    return "cmpb $$-1, " + At + "\n\tadcb $$0, " + At;
  case KCOV8_PROBE_UNARY:
    return "stc\n\trclb $$1, " + At;
  case KCOV8_PROBE_FLAG:
    return "movb $$1, " + At;
  case KCOV8_PROBE_WRAPPING:
    break;
  }
  return "incb " + At;
}

// x86's probes in memory, for when no optimiser sees them any more. Two
// instructions and no register, where loads and stores would become four. Mark,
// if there is one, is set behind it. Segment: %gs in front of both adds the
// delta. Near: as a distance from the code, where the code model would have the
// compiler load an address.
void emitProbeX86(IRBuilder<> &B, Value *Counter, Value *Mark,
                  kcov8_probe Probe, bool Segment, bool Near) {
  auto Place = [&](StringRef Number) {
    return (Near ? "%gs:${" + Number + ":c}(%rip)"
                 : (Segment ? "%gs:$" : "$") + Number)
        .str();
  };
  std::string Text = codeX86(Probe, Place("0"));
  // Near: addresses. Else memory that is written, and the counter is read.
  const StringRef Written = Near ? "i," : "=*m,";
  std::string Constraints = Written.str();
  SmallVector<Value *, 3> Operands{Counter};
  if (Mark) {
    Text += "\n\tmovb $$1, " + Place("1");
    Constraints += Written;
    Operands.push_back(Mark);
  }
  if (!Near) {
    Constraints += "*m,";
    Operands.push_back(Counter);
  }
  auto *Type = FunctionType::get(
      B.getVoidTy(),
      SmallVector<llvm::Type *, 3>(Operands.size(), Counter->getType()), false);
  auto *Code =
      InlineAsm::get(Type, Text, Constraints + "~{dirflag},~{fpsr},~{flags}",
                     /*hasSideEffects=*/true);
  CallInst *Call = B.CreateCall(Type, Code, Operands);
  for (unsigned I = 0; !Near && I < Operands.size(); I++)
    Call->addParamAttr(I, Attribute::get(B.getContext(), Attribute::ElementType,
                                         B.getInt8Ty()));
  Call->setDoesNotThrow();
}

// Before opaque pointers: from [n x i8]'s element, already i8*.
Value *bytePointer(IRBuilder<> &B, Value *V) {
  return B.CreatePointerCast(V, bytePointerType(B.getContext()));
}

void emitProbe(IRBuilder<> &B, Value *Counter, Value *Mark, kcov8_probe Probe) {
  Type *Byte = B.getInt8Ty();
  Value *Next = B.getInt8(1);
  if (Probe != KCOV8_PROBE_FLAG) {
    LoadInst *Old = B.CreateAlignedLoad(Byte, Counter, Align(1));
    makeProbeAccess(*Old);
    if (Probe == KCOV8_PROBE_WRAPPING) {
      Next = B.CreateAdd(Old, B.getInt8(1));
    } else if (Probe == KCOV8_PROBE_UNARY) {
      Next = B.CreateOr(B.CreateShl(Old, B.getInt8(1)), B.getInt8(1));
    } else {
      // 255 + 1 = 1: add and add-with-carry. Written as x + (x == 0) it would
      // become a seven-instruction maximum.
      Value *Sum = B.CreateBinaryIntrinsic(Intrinsic::uadd_with_overflow, Old,
                                           B.getInt8(1));
      Next = B.CreateAdd(B.CreateExtractValue(Sum, 0),
                         B.CreateZExt(B.CreateExtractValue(Sum, 1), Byte));
    }
  }
  makeProbeAccess(*B.CreateAlignedStore(Next, Counter, Align(1)));
  if (Mark) {
    // Whoever sees the mark sees the counter (runtime/image/summary.c).
    StoreInst *Set = B.CreateAlignedStore(B.getInt8(1), Mark, Align(1));
    makeProbeAccess(*Set);
    Set->setAtomic(AtomicOrdering::Release);
  }
}

} // namespace

// Relaxed atomics: the optimiser may neither hoist them out of loops nor merge
// two, and on every target they are a plain byte load and store. Never a
// read-modify-write.
void makeProbeAccess(Instruction &I) {
  if (auto *Load = dyn_cast<LoadInst>(&I))
    Load->setAtomic(AtomicOrdering::Monotonic);
  else
    cast<StoreInst>(I).setAtomic(AtomicOrdering::Monotonic);
  // Not the program's own access: sanitizers leave it alone (TSan from 19 on).
  I.setMetadata(I.getModule()->getMDKindID("nosanitize"),
                MDNode::get(I.getContext(), {}));
}

void setProbeLocation(IRBuilder<> &B, const Function &F) {
  if (DISubprogram *SP = F.getSubprogram())
    B.SetCurrentDebugLocation(DILocation::get(B.getContext(), 0, 0, SP));
  else
    B.SetCurrentDebugLocation(DebugLoc());
}

void startProbe(IRBuilder<> &B, BasicBlock &Block) {
  B.SetInsertPoint(&Block, probePoint(Block));
  setProbeLocation(B, *Block.getParent());
}

void emitProbes(const CounterPlace &Counters,
                const std::vector<ChosenBlock> &Blocks, size_t Probes,
                const std::vector<Value *> &Deltas, const Options &O) {
  GlobalVariable &Array = *Counters.array();
  GlobalVariable *Marks = Counters.marks();
  IRBuilder<> B(Array.getContext());
  const bool Segment = O.PerTask && O.Delta == DeltaKind::Segment;
  const bool X86 = !O.Early && moduleTriple(*Array.getParent()).isX86() &&
                   (Segment || O.Probe == KCOV8_PROBE_COUNTER ||
                    O.Probe == KCOV8_PROBE_UNARY);
  for (size_t I = 0; I < Probes; I++) {
    startProbe(B, *Blocks[I].Block);
    const uint32_t At = Counters.at(I);
    Value *Counter = byteOf(Array, At);
    Value *Mark = Marks ? byteOf(*Marks, At / KCOV8_MARK_BYTES) : nullptr;
    if (!Deltas.empty()) {
      // In front of the probe, if it is loaded here.
      if (auto *Load = dyn_cast<LoadInst>(Deltas[I]);
          Load && Load->getParent() == Blocks[I].Block)
        B.SetInsertPoint(Load->getNextNode());
      Counter = B.CreateGEP(B.getInt8Ty(), bytePointer(B, Counter), Deltas[I]);
      if (Mark)
        Mark = B.CreateGEP(B.getInt8Ty(), bytePointer(B, Mark), Deltas[I]);
    }
    if (X86)
      emitProbeX86(B, Counter, Mark, O.Probe, Segment, O.Near);
    else
      emitProbe(B, Counter, Mark, O.Probe);
  }
}

} // namespace kcov8
