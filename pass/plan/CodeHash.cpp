// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with all their types, flags and operands: arguments, blocks and
// instructions count by their number, constants by their value. Globals count
// by name; those that this module defines also by what they begin with, since
// the optimiser may have used that. Not in it, as they change without the code:
// names of values, debug information, strings that are paths, numbers beside
// such a string (a line: std::source_location, Rust's panics, the kernel's
// pr_debug), and integer arguments of a call that are its line (assertions).
#include "CodeHash.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace kcov8 {
namespace {

void addInteger(Hash &H, const APInt &V) {
  H.add(V.getBitWidth());
  for (unsigned I = 0; I < V.getNumWords(); I++)
    H.add(V.getRawData()[I]);
}

// What is not an operand.
void addDetails(Hash &H, const Instruction &I) {
  H.add(I.getOpcode());
  H.add(I.getRawSubclassOptionalData());
  H.add(I.isVolatile());
  if (auto *Cmp = dyn_cast<CmpInst>(&I))
    H.add(Cmp->getPredicate());
  else if (auto *RMW = dyn_cast<AtomicRMWInst>(&I))
    H.add(RMW->getOperation());
  else if (auto *Load = dyn_cast<LoadInst>(&I))
    H.add((uint64_t)Load->getOrdering());
  else if (auto *Store = dyn_cast<StoreInst>(&I))
    H.add((uint64_t)Store->getOrdering());
  else if (auto *Fence = dyn_cast<FenceInst>(&I))
    H.add((uint64_t)Fence->getOrdering());
  else if (auto *Pad = dyn_cast<LandingPadInst>(&I))
    H.add(Pad->isCleanup());
  else if (auto *Extract = dyn_cast<ExtractValueInst>(&I))
    for (unsigned At : Extract->indices())
      H.add(At);
  else if (auto *Insert = dyn_cast<InsertValueInst>(&I))
    for (unsigned At : Insert->indices())
      H.add(At);
  else if (auto *Shuffle = dyn_cast<ShuffleVectorInst>(&I))
    for (int At : Shuffle->getShuffleMask())
      H.add((uint64_t)At);
}

// Is C the line of I, or of a call that I was inlined at?
bool isLineOf(const Value &C, const Instruction &I) {
  auto *Int = dyn_cast<ConstantInt>(&C);
  if (!Int || Int->getValue().getActiveBits() > 32 || Int->isZero())
    return false;
  for (const DILocation *L = I.getDebugLoc().get(); L; L = L->getInlinedAt())
    if (L->getLine() == Int->getZExtValue())
      return true;
  return false;
}

} // namespace

// One function: its values by number.
class CodeHash::Function {
public:
  Function(CodeHash &In, const llvm::Function &F) : In(In) {
    for (const Argument &A : F.args())
      Number.try_emplace(&A, Number.size());
    for (const BasicBlock &B : F) {
      Number.try_emplace(&B, Number.size());
      for (const Instruction &I : B)
        if (!I.isDebugOrPseudoInst())
          Number.try_emplace(&I, Number.size());
    }
    H.add(In.type(F.getFunctionType()));
    for (const BasicBlock &B : F)
      for (const Instruction &I : B)
        if (!I.isDebugOrPseudoInst())
          add(I);
  }

  uint32_t get() const { return (uint32_t)H.get() ? (uint32_t)H.get() : 1; }

private:
  void add(const Instruction &I) {
    addDetails(H, I);
    H.add(In.type(I.getType()));
    if (auto *Alloca = dyn_cast<AllocaInst>(&I))
      H.add(In.Layout.getTypeAllocSize(Alloca->getAllocatedType()));
    if (auto *GEP = dyn_cast<GEPOperator>(&I))
      return In.address(H, *GEP, [&](const Value &V) { add(V); });
    for (const Use &U : I.operands())
      if (isa<CallBase>(I) && isLineOf(*U, I))
        H.add("line");
      else
        add(*U);
    if (auto *Phi = dyn_cast<PHINode>(&I))
      for (const BasicBlock *B : Phi->blocks())
        add(*B);
    else if (auto *Switch = dyn_cast<SwitchInst>(&I))
      for (auto &Case : Switch->cases())
        add(*Case.getCaseValue());
  }

  void add(const Value &V) {
    auto It = Number.find(&V);
    if (It != Number.end())
      return H.add(It->second);
    if (auto *C = dyn_cast<Constant>(&V))
      return H.add(In.constant(*C, Whole));
    if (auto *Asm = dyn_cast<InlineAsm>(&V)) {
      H.add(StringRef(Asm->getAsmString()));
      return H.add(StringRef(Asm->getConstraintString()));
    }
    H.add("metadata");
  }

  CodeHash &In;
  DenseMap<const Value *, uint64_t> Number;
  Hash H;
};

uint32_t CodeHash::of(const llvm::Function &F) {
  return Function(*this, F).get();
}

// What is added to a pointer, in bytes: fields and types may come and go.
void CodeHash::address(Hash &H, const GEPOperator &GEP,
                       function_ref<void(const Value &)> Add) {
  Add(*GEP.getPointerOperand());
  uint64_t Offset = 0;
  for (auto I = gep_type_begin(GEP), E = gep_type_end(GEP); I != E; ++I) {
    auto *Index = dyn_cast<ConstantInt>(I.getOperand());
    if (StructType *Struct = I.getStructTypeOrNull()) {
      Offset += Layout.getStructLayout(Struct)->getElementOffset(
          Index ? Index->getZExtValue() : 0);
      continue;
    }
    const uint64_t Size =
        Layout.getTypeAllocSize(I.getIndexedType()).getKnownMinValue();
    if (Index) {
      Offset += Size * Index->getSExtValue();
    } else {
      H.add(Size);
      Add(*I.getOperand());
    }
  }
  H.add(Offset);
}

// Pointers are all alike: from 15 on they are, and there are no cycles.
uint64_t CodeHash::type(const Type *T) {
  auto Known = Types.find(T);
  if (Known != Types.end())
    return Known->second;
  Hash H;
  H.add(T->getTypeID());
  if (T->isPointerTy()) {
    H.add(T->getPointerAddressSpace());
  } else {
    H.add(T->getPrimitiveSizeInBits());
    if (auto *Array = dyn_cast<ArrayType>(T))
      H.add(Array->getNumElements());
    else if (auto *Vector = dyn_cast<VectorType>(T))
      H.add(Vector->getElementCount().getKnownMinValue());
    else if (auto *Int = dyn_cast<IntegerType>(T))
      H.add(Int->getBitWidth());
    for (const Type *Part : T->subtypes())
      H.add(type(Part));
  }
  return Types[T] = H.get();
}

// A string that is one, or a pointer to it.
bool CodeHash::isPath(const Constant &C) const {
  const Constant *Inner = &C;
  if (C.getType()->isPointerTy())
    if (auto *V = dyn_cast<GlobalVariable>(C.stripInBoundsOffsets());
        V && V->hasInitializer())
      Inner = V->getInitializer();
  if (isa<ConstantStruct>(Inner) && Inner->getNumOperands() == 1) // rustc's
    Inner = cast<Constant>(Inner->getOperand(0));
  auto *Data = dyn_cast<ConstantDataSequential>(Inner);
  if (!Data || !Data->isString())
    return false;
  StringRef Text = Data->getAsString().rtrim('\0');
  if (Text == Source || Text.take_back(3) == ".rs")
    return true;
  Text = Text.take_front(Text.find('/') + 1); // up to the first slash
  return Text == "/" || Text == "./" || Text == "../";
}

uint64_t CodeHash::global(const GlobalValue &V, Globals G) {
  Hash H;
  const std::string Name = stableName(V);
  if (V.hasPrivateLinkage())
    H.add("private");
  else
    H.add(V.hasLocalLinkage() ? withoutNumber(Name) : StringRef(Name));
  auto *Var = dyn_cast<GlobalVariable>(&V);
  if (Var && Var->hasInitializer() && (G == Whole || V.hasPrivateLinkage())) {
    Constants[G][&V] = H.get(); // for one that names itself
    H.add(Var->isConstant());
    H.add(constant(*Var->getInitializer(), Named));
  }
  return H.get();
}

uint64_t CodeHash::constant(const Constant &C, Globals G) {
  auto Known = Constants[G].find(&C);
  if (Known != Constants[G].end())
    return Known->second;
  if (isPath(C))
    return Constants[G][&C] = 1;
  if (auto *V = dyn_cast<GlobalValue>(&C)) {
    const uint64_t X = global(*V, G);
    return Constants[G][&C] = X;
  }
  Hash H;
  H.add(C.getValueID());
  H.add(type(C.getType()));
  if (auto *Int = dyn_cast<ConstantInt>(&C)) {
    addInteger(H, Int->getValue());
  } else if (auto *FP = dyn_cast<ConstantFP>(&C)) {
    addInteger(H, FP->getValueAPF().bitcastToAPInt());
  } else if (auto *Data = dyn_cast<ConstantDataSequential>(&C)) {
    H.add(Data->getRawDataValues());
  } else {
    if (auto *E = dyn_cast<ConstantExpr>(&C)) {
      H.add(E->getOpcode());
      H.add(E->getRawSubclassOptionalData());
    }
    const bool Located =
        isa<ConstantStruct>(C) && any_of(C.operands(), [&](const Use &U) {
          return isPath(*cast<Constant>(U.get()));
        });
    if (auto *GEP = dyn_cast<GEPOperator>(&C)) {
      address(H, *GEP,
              [&](const Value &V) { H.add(constant(cast<Constant>(V), G)); });
      return Constants[G][&C] = H.get();
    }
    for (const Use &U : C.operands()) {
      auto *Part = dyn_cast<Constant>(U.get());
      if (!Part) // the block of a blockaddress
        continue;
      if (Located &&
          (isa<ConstantInt>(Part) || isa<ConstantDataSequential>(Part)))
        continue;
      H.add(constant(*Part, G));
    }
  }
  return Constants[G][&C] = H.get();
}

} // namespace kcov8
