// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Cmp.h"
#include "LLVMCompat.h"
#include "kcov8/uapi.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace kcov8 {
namespace {

// 1, 2, 4 or 8; 0: not a size that kcov has records for. As SanitizerCoverage,
// by the bytes in memory: i1 counts as one byte.
unsigned operandBytes(const Type *T, const DataLayout &DL) {
  if (!T->isIntegerTy() && !T->isPointerTy())
    return 0;
  uint64_t Bytes = DL.getTypeStoreSize(const_cast<Type *>(T));
  return Bytes <= 8 && isPowerOf2_64(Bytes) ? Bytes : 0;
}

// Does C decide nothing but whether a loop goes round again?
bool isLoopCondition(const CmpInst &C, const DominatorTree &DT) {
  if (!C.hasOneUse())
    return false;
  const Instruction &Branch = *C.user_back();
  if (!isBranch(Branch))
    return false;
  const BasicBlock *From = Branch.getParent();
  for (const BasicBlock *To : successors(From))
    if (To == From || DT.dominates(To, From))
      return true;
  return false;
}

// What SanitizerCoverage takes, too, plus comparisons of two pointers. A test
// for a null pointer says nothing but an address.
bool isTraced(const Instruction &I, const DominatorTree &DT) {
  const DataLayout &DL = I.getModule()->getDataLayout();
  if (I.getMetadata("nosanitize"))
    return false; // a sanitizer's own
  if (auto *S = dyn_cast<SwitchInst>(&I)) {
    unsigned Bits = S->getCondition()->getType()->getIntegerBitWidth();
    return S->getNumCases() &&
           (Bits == 8 || Bits == 16 || Bits == 32 || Bits == 64);
  }
  auto *C = dyn_cast<ICmpInst>(&I);
  if (!C || !operandBytes(C->getOperand(0)->getType(), DL))
    return false;
  const Value *A = C->getOperand(0), *B = C->getOperand(1);
  if (isa<ConstantInt>(A) && isa<ConstantInt>(B))
    return false;
  if (isa<ConstantPointerNull>(A) || isa<ConstantPointerNull>(B))
    return false;
  return !isLoopCondition(*C, DT);
}

// May leave the block in front of what follows, or record comparisons itself.
bool isCall(const Instruction &I) {
  return isa<CallBase>(I) && !isa<IntrinsicInst>(I);
}

class CompareEmitter {
public:
  CompareEmitter(Function &F, const CounterPlace &Counters,
                 ArrayRef<ChosenBlock> Blocks)
      : F(F), M(*F.getParent()), C(F.getContext()), Counters(Counters), DT(F),
        B(C) {
    for (size_t I = 0; I < Blocks.size(); I++)
      Index[Blocks[I].Block] = I;
  }

  void run() {
    for (BasicBlock &Block : F)
      if (DT.isReachableFromEntry(&Block))
        findGroups(Block);
    if (Groups.empty())
      return;
    moveAllocas();
    for (Group &G : Groups)
      emit(G);
  }

private:
  // Comparisons of one block between which nothing is called: one test in front
  // of the last serves all, and records keep their order.
  struct Group {
    size_t Counter;
    SmallVector<Instruction *, 4> Sites;
  };

  void findGroups(BasicBlock &Block) {
    bool Open = false;
    for (Instruction &I : Block) {
      if (isTraced(I, DT)) {
        if (!Open)
          Groups.push_back({counterOf(Block), {}});
        Groups.back().Sites.push_back(&I);
        Open = true;
      } else if (isCall(I)) {
        Open = false;
      }
    }
  }

  size_t counterOf(const BasicBlock &Block) const {
    for (auto *Node = DT.getNode(&Block); Node; Node = Node->getIDom()) {
      auto It = Index.find(Node->getBlock());
      if (It != Index.end())
        return It->second;
    }
    return 0;
  }

  // Static allocas behind a split would become dynamic ones.
  void moveAllocas() {
    BasicBlock &Entry = F.getEntryBlock();
    SmallVector<AllocaInst *, 16> Allocas;
    for (Instruction &I : Entry)
      if (auto *A = dyn_cast<AllocaInst>(&I))
        if (A->isStaticAlloca())
          Allocas.push_back(A);
    for (AllocaInst *A : llvm::reverse(Allocas))
      A->moveBefore(Entry, Entry.getFirstInsertionPt());
  }

  void setInsertPoint(Instruction *I) {
    B.SetInsertPoint(I);
    setProbeLocation(B, F);
  }

  void emit(Group &G) {
    // All operands are there: they dominate sites of the same block.
    Instruction *Last = G.Sites.back();
    setInsertPoint(Last);
    auto *Word = B.getInt32Ty();
    Constant *Where = M.getOrInsertGlobal(KCOV8_CMP_GATE_SYMBOL, Word);
    // An executable has the runtime in it: no way through the GOT.
    if (auto *Known = dyn_cast<GlobalVariable>(Where))
      if (M.getPICLevel() == PICLevel::NotPIC ||
          M.getPIELevel() != PIELevel::Default)
        Known->setDSOLocal(true);
    LoadInst *Gate = B.CreateAlignedLoad(Word, Where, Align(4));
    makeProbeAccess(*Gate);
    Instruction *Then = SplitBlockAndInsertIfThen(
        B.CreateIsNotNull(Gate), Last, /*Unreachable=*/false,
        MDBuilder(C).createBranchWeights(1, 100000));
    setInsertPoint(Then);
    for (Instruction *Site : G.Sites)
      if (auto *Switch = dyn_cast<SwitchInst>(Site))
        emitSwitch(G, *Switch);
      else
        emitCompare(G, *cast<ICmpInst>(Site));
  }

  // As the kernel sees a SanitizerCoverage operand: sign-extended to whole
  // bytes, then zero-extended.
  Value *widen(Value *V, unsigned Bytes) {
    if (V->getType()->isPointerTy())
      return B.CreateZExt(
          B.CreatePtrToInt(V, M.getDataLayout().getIntPtrType(V->getType())),
          B.getInt64Ty());
    return B.CreateZExt(B.CreateSExt(V, B.getIntNTy(8 * Bytes)),
                        B.getInt64Ty());
  }

  void call(const char *Name, ArrayRef<Value *> Args) {
    SmallVector<Type *, 4> Types;
    for (Value *Arg : Args)
      Types.push_back(Arg->getType());
    auto *Type = FunctionType::get(B.getVoidTy(), Types, false);
    B.CreateCall(M.getOrInsertFunction(Name, Type), Args)->setDoesNotThrow();
  }

  void emitCompare(const Group &G, ICmpInst &Cmp) {
    Value *Left = Cmp.getOperand(0), *Right = Cmp.getOperand(1);
    unsigned Bytes = operandBytes(Left->getType(), M.getDataLayout());
    uint32_t Kind = KCOV8_CMP_SIZE(Log2_32(Bytes));
    if (isa<ConstantInt>(Right))
      std::swap(Left, Right);
    if (isa<ConstantInt>(Left))
      Kind |= KCOV8_CMP_CONST;
    call(KCOV8_CMP_SYMBOL,
         {counterAddress(Counters, G.Counter), B.getInt32(Kind),
          widen(Left, Bytes), widen(Right, Bytes)});
  }

  void emitSwitch(const Group &G, SwitchInst &Switch) {
    SmallVector<uint64_t, 16> Words;
    for (auto &Case : Switch.cases())
      Words.push_back(Case.getCaseValue()->getZExtValue());
    llvm::sort(Words);
    Value *V = Switch.getCondition();
    Words.insert(Words.begin(),
                 {Words.size(), V->getType()->getIntegerBitWidth()});
    Constant *Table = ConstantDataArray::get(C, Words);
    auto *Cases =
        new GlobalVariable(M, Table->getType(), /*isConstant=*/true,
                           GlobalValue::PrivateLinkage, Table, "__kcov8_cases");
    Cases->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    call(KCOV8_SWITCH_SYMBOL,
         {counterAddress(Counters, G.Counter), B.CreateZExt(V, B.getInt64Ty()),
          ConstantExpr::getPointerCast(Cases, bytePointerType(C))});
  }

  Function &F;
  Module &M;
  LLVMContext &C;
  const CounterPlace &Counters;
  DominatorTree DT;
  DenseMap<const BasicBlock *, size_t> Index;
  std::vector<Group> Groups;
  IRBuilder<> B;
};

} // namespace

void emitCompares(Function &F, const CounterPlace &Counters,
                  ArrayRef<ChosenBlock> Blocks) {
  // Calls inside of Windows' exception funclets need more than this.
  if (F.hasPersonalityFn() &&
      isFuncletEHPersonality(classifyEHPersonality(F.getPersonalityFn())))
    return;
  CompareEmitter(F, Counters, Blocks).run();
}

SmallPtrSet<const BasicBlock *, 16> blocksWithCompares(Function &F) {
  const DominatorTree DT(F);
  SmallPtrSet<const BasicBlock *, 16> Found;
  for (const BasicBlock &Block : F)
    if (any_of(Block, [&](const Instruction &I) { return isTraced(I, DT); }))
      Found.insert(&Block);
  return Found;
}

bool isCompareCallback(const Function &Callee) {
  return Callee.getName() == KCOV8_CMP_SYMBOL ||
         Callee.getName() == KCOV8_SWITCH_SYMBOL;
}

} // namespace kcov8
