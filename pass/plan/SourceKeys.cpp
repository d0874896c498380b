// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A key must not move when other blocks are edited, nor when a struct or an
// enum is. So a block's key says as little as tells it from the others: first
// what it does, roughly; of blocks that are equal, all but the first in reverse
// post-order get one fact more, and one more, until they are alone:
//
//   rough       operations with their types, predicates, names of callees and
//               globals; no integer constants, no address arithmetic, casts,
//               arithmetic, selects
//   operations  these, too
//   constants   the rough ones with their integers
//   strings     the rough ones with the text of strings
//   edges       for each predecessor with more than one way to go, what its
//               condition tests (three operations back) and the way taken; the
//               constants that phis of successors take from here
//   dominator   the nearest one whose rough key no other block has
//   number      the rest are counted
//
// Never in a key: line numbers, value and type names, text of strings that may
// hold a path, a line or a date, integer arguments of calls (assertions put
// lines there), debug intrinsics, allocas and phis (other blocks' edits change
// them), which local value an operand is.
#include "SourceKeys.h"
#include "KeyHash.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"
#include <unordered_map>
#include <unordered_set>

using namespace llvm;

namespace kcov8 {
namespace {

enum class Detail { Rough, Operations, Constants, Strings };

void addType(Hash &H, const Type *T) {
  H.add(T->isPointerTy() ? 1 : T->isFloatingPointTy() ? 2 : 3);
  if (T->isIntegerTy() || T->isFloatingPointTy())
    H.add(T->getScalarSizeInBits());
}

// Not if it may be a path, a line or a date.
void addString(Hash &H, const GlobalValue &G) {
  auto *V = dyn_cast<GlobalVariable>(&G);
  auto *Data = V && V->hasInitializer()
                   ? dyn_cast<ConstantDataSequential>(V->getInitializer())
                   : nullptr;
  if (!Data || !Data->isString())
    return;
  StringRef Text = Data->getAsString().take_front(256);
  if (Text.find_first_of("0123456789/\\") == StringRef::npos)
    H.add(Text);
}

// Private globals are strings and switch tables: their names say nothing.
void addGlobal(Hash &H, const GlobalValue &G, Detail D) {
  if (G.hasPrivateLinkage()) {
    H.add("private");
    if (D == Detail::Strings)
      addString(H, G);
    return;
  }
  std::string Name = stableName(G);
  H.add(G.hasLocalLinkage() ? withoutNumber(Name) : Name);
}

bool isInteger(const Value &V) { return isa<ConstantInt>(V); }

void addConstant(Hash &H, const Constant &C, Detail D, unsigned Depth = 3) {
  if (auto *G = dyn_cast<GlobalValue>(&C))
    return addGlobal(H, *G, D);
  if (auto *Int = dyn_cast<ConstantInt>(&C)) {
    addType(H, Int->getType());
    const APInt &V = Int->getValue();
    for (unsigned I = 0; I < V.getNumWords(); I++)
      H.add(V.getRawData()[I]);
    return;
  }
  if (auto *FP = dyn_cast<ConstantFP>(&C))
    return H.add(
        FP->getValueAPF().bitcastToAPInt().getLoBits(64).getRawData()[0]);
  if (auto *E = dyn_cast<ConstantExpr>(&C)) {
    bool IsAddress = isa<GEPOperator>(E);
    if (!E->isCast() && !IsAddress)
      H.add(E->getOpcodeName());
    for (const Use &U : E->operands())
      if (Depth && !(IsAddress && isInteger(*U)))
        addConstant(H, *cast<Constant>(U.get()), D, Depth - 1);
    return;
  }
  H.add(C.isNullValue() ? "null" : "constant");
}

bool isNoise(const Instruction &I) {
  if (isa<PHINode>(I) || isa<AllocaInst>(I) || isa<BitCastInst>(I) ||
      I.isDebugOrPseudoInst() || I.isLifetimeStartOrEnd())
    return true;
  if (auto *Intrinsic = dyn_cast<IntrinsicInst>(&I))
    switch (Intrinsic->getIntrinsicID()) {
    case Intrinsic::assume:
    case Intrinsic::annotation:
    case Intrinsic::experimental_noalias_scope_decl:
    case Intrinsic::sideeffect:
      return true;
    default:
      break;
    }
  return isBranch(I) && I.getNumSuccessors() == 1;
}

// Spelled differently by other LLVMs and after small edits.
bool isFine(const Instruction &I) {
  return isa<GetElementPtrInst>(I) || isa<CastInst>(I) || isa<FreezeInst>(I) ||
         I.isBinaryOp() || isa<SelectInst>(I);
}

void addOperation(Hash &H, const Instruction &I, Detail D) {
  H.add(I.getOpcodeName());
  addType(H, I.getType());
  if (auto *Cmp = dyn_cast<CmpInst>(&I))
    H.add(CmpInst::getPredicateName(Cmp->getPredicate()));
  if (auto *Call = dyn_cast<CallBase>(&I)) {
    const Value *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *Asm = dyn_cast<InlineAsm>(Callee))
      H.add(StringRef(Asm->getAsmString()));
    else if (auto *G = dyn_cast<GlobalValue>(Callee))
      addGlobal(H, *G, D);
    else
      H.add("indirect");
    for (const Use &U : Call->args())
      if (auto *G = dyn_cast<GlobalValue>(U->stripPointerCasts()))
        addGlobal(H, *G, D);
    return;
  }
  for (const Use &U : I.operands())
    if (auto *C = dyn_cast<Constant>(U.get()))
      if (D == Detail::Constants || !isInteger(*C))
        addConstant(H, *C, D);
}

uint64_t content(const BasicBlock &B, Detail D) {
  Hash H;
  for (const Instruction &I : B)
    if (!isNoise(I) && (D == Detail::Operations || !isFine(I)))
      addOperation(H, I, D);
  return H.get();
}

// What a condition compares, as far as three operations back.
void addExpression(Hash &H, const Value *V, unsigned Depth) {
  while (isa<CastInst>(V) || isa<FreezeInst>(V) || isa<GetElementPtrInst>(V))
    V = cast<Instruction>(V)->getOperand(0);
  if (auto *C = dyn_cast<Constant>(V))
    return addConstant(H, *C, Detail::Rough);
  auto *I = dyn_cast<Instruction>(V);
  if (!I)
    return H.add("argument");
  H.add(I->getOpcodeName());
  if (auto *Cmp = dyn_cast<CmpInst>(I))
    H.add(CmpInst::getPredicateName(Cmp->getPredicate()));
  if (auto *Call = dyn_cast<CallBase>(I)) {
    auto *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *G = dyn_cast<GlobalValue>(Callee))
      addGlobal(H, *G, Detail::Rough);
    return;
  }
  if (Depth && !isa<PHINode>(I) && !isa<AllocaInst>(I))
    for (const Use &U : I->operands())
      if (!isInteger(*U))
        addExpression(H, U.get(), Depth - 1);
}

// The way that leads from terminator T into B, several if B is named twice.
void addWays(Sum &S, const Instruction &T, const BasicBlock &B) {
  Hash Condition;
  Condition.add(T.getOpcodeName());
  if (const Value *Deciding = branchCondition(T))
    addExpression(Condition, Deciding, 3);
  else if (auto *Switch = dyn_cast<SwitchInst>(&T))
    addExpression(Condition, Switch->getCondition(), 3);
  else if (isa<CallBase>(T))
    addExpression(Condition, &T, 0);
  if (auto *Switch = dyn_cast<SwitchInst>(&T)) {
    // Case values, not case numbers: other cases come and go.
    for (auto &Case : Switch->cases())
      if (Case.getCaseSuccessor() == &B) {
        Hash Way = Condition;
        addConstant(Way, *Case.getCaseValue(), Detail::Rough);
        S.add(Way.get());
      }
    if (Switch->getDefaultDest() == &B) {
      Hash Way = Condition;
      Way.add("default");
      S.add(Way.get());
    }
    return;
  }
  for (unsigned I = 0; I < T.getNumSuccessors(); I++)
    if (T.getSuccessor(I) == &B) {
      Hash Way = Condition;
      Way.add(I);
      S.add(Way.get());
    }
}

// The blocks of one function while they are told apart.
class Blocks {
public:
  explicit Blocks(Function &F) : F(F) {
    for (BasicBlock *B : ReversePostOrderTraversal<Function *>(&F)) {
      Hash H;
      H.add(KCOV8_ABI_VERSION);
      if (B->isEntryBlock())
        H.add("entry");
      else
        H.add(content(*B, Detail::Rough));
      Rough[B] = H;
      Order.push_back(B);
      Count[H.get()]++;
    }
  }

  DenseMap<const BasicBlock *, uint64_t> keys() {
    DenseMap<const BasicBlock *, uint64_t> Keys;
    std::unordered_set<uint64_t> Taken;
    for (const BasicBlock *B : Order) {
      Hash H = Rough[B];
      bool Alone = Taken.insert(H.get()).second;
      for (unsigned Level = 0; !Alone && Level < 5; Level++) {
        H.add(fact(*B, Level));
        Alone = Taken.insert(H.get()).second;
      }
      for (uint64_t N = 1; !Alone; N++) {
        H.add(N);
        Alone = Taken.insert(H.get()).second;
      }
      Keys[B] = H.get();
    }
    return Keys;
  }

private:
  uint64_t fact(const BasicBlock &B, unsigned Level) {
    switch (Level) {
    case 0:
      return content(B, Detail::Operations);
    case 1:
      return content(B, Detail::Constants);
    case 2:
      return content(B, Detail::Strings);
    case 3:
      return edgesOf(B);
    default:
      return dominator(B);
    }
  }

  uint64_t dominator(const BasicBlock &B) {
    if (!Tree)
      Tree = std::make_unique<DominatorTree>(F);
    auto *Node = Tree->getNode(const_cast<BasicBlock *>(&B));
    while (Node && (Node = Node->getIDom())) {
      uint64_t Key = Rough[Node->getBlock()].get();
      if (Count[Key] == 1)
        return Key;
    }
    return 0;
  }

  Function &F;
  DenseMap<const BasicBlock *, Hash> Rough;
  std::unordered_map<uint64_t, unsigned> Count;
  std::vector<const BasicBlock *> Order;
  std::unique_ptr<DominatorTree> Tree;
};

} // namespace

uint64_t edgesOf(const BasicBlock &B) {
  Sum S;
  for (const BasicBlock *Pred : predecessors(&B))
    if (Pred->getTerminator()->getNumSuccessors() > 1)
      addWays(S, *Pred->getTerminator(), B);
  for (const BasicBlock *Succ : successors(&B))
    for (const PHINode &Phi : Succ->phis())
      if (auto *C = dyn_cast<Constant>(Phi.getIncomingValueForBlock(&B))) {
        Hash H;
        addConstant(H, *C, Detail::Rough);
        S.add(H.get());
      }
  return S.get();
}

DenseMap<const BasicBlock *, uint64_t> sourceKeys(Function &F) {
  return Blocks(F).keys();
}

} // namespace kcov8
