// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A block's key must not move when other blocks are edited. So it is made
// from what the block itself does, and only where that says little, from how
// control gets there and what it means to come from there:
//
//   entry         a constant: "the function was entered"
//   rich block    (names a callee or a global, or has three or more
//                 operations): its operations, with their types, predicates,
//                 constants, names of globals and callees, in order
//   poor block    the same, and its edges: for each predecessor with more than
//                 one way to go, the condition's expression (three levels) and
//                 the way taken; for each successor, the constants that its
//                 phis take from here
//   equal blocks  all but the first, in reverse post-order, get their
//                 neighbours' operations added, then a number
//
// Never in a key: line numbers, value and type names, names of strings,
// integer arguments of calls (assertions put lines there), debug intrinsics,
// allocas and phis (other blocks' edits change them), which local value an
// operand is.
#include "Ids.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"
#include <unordered_set>

using namespace llvm;

namespace kcov8 {
namespace {

// An order-dependent hash of small facts.
class Hash {
public:
  void add(uint64_t X) { H = kcov8_mix64(H ^ X) + 1; }
  void add(StringRef Text) {
    add(kcov8_mix64(
        kcov8_hash_bytes(KCOV8_HASH_SEED, Text.data(), Text.size())));
  }
  uint64_t get() const { return H; }

private:
  uint64_t H = 0;
};

// Facts of which the order is not meant.
class Sum {
public:
  void add(uint64_t X) { S += kcov8_mix64(X); }
  uint64_t get() const { return S; }

private:
  uint64_t S = 0;
};

void addType(Hash &H, const Type *T) {
  H.add(T->isPointerTy() ? 1 : T->isFloatingPointTy() ? 2 : 3);
  if (T->isIntegerTy() || T->isFloatingPointTy())
    H.add(T->getScalarSizeInBits());
}

// Static locals are numbered: f.x, f.x.12.
StringRef withoutNumber(StringRef Name) {
  StringRef Short = Name.rtrim("0123456789");
  return Short.size() < Name.size() && Short.consume_back(".") ? Short : Name;
}

// Private globals are strings and switch tables: their content is not meant.
void addGlobal(Hash &H, const GlobalValue &G) {
  if (G.hasPrivateLinkage())
    return H.add("private");
  std::string Name = stableName(G);
  H.add(G.hasLocalLinkage() ? withoutNumber(Name) : Name);
}

void addConstant(Hash &H, const Constant &C, unsigned Depth = 3) {
  if (auto *G = dyn_cast<GlobalValue>(&C))
    return addGlobal(H, *G);
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
    if (!E->isCast())
      H.add(E->getOpcodeName());
    for (const Use &U : E->operands())
      if (Depth)
        addConstant(H, *cast<Constant>(U.get()), Depth - 1);
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
  return false;
}

// One operation; returns how much it says about the block.
unsigned addOperation(Hash &H, const Instruction &I) {
  H.add(I.getOpcodeName());
  addType(H, I.getType());
  if (auto *Cmp = dyn_cast<CmpInst>(&I))
    H.add(CmpInst::getPredicateName(Cmp->getPredicate()));
  unsigned Says = I.isTerminator() ? 0 : 1;
  if (auto *Call = dyn_cast<CallBase>(&I)) {
    const Value *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *Asm = dyn_cast<InlineAsm>(Callee)) {
      H.add(Asm->getAsmString());
    } else if (auto *G = dyn_cast<GlobalValue>(Callee)) {
      addGlobal(H, *G);
      Says = 3;
    } else {
      H.add("indirect");
    }
    for (const Use &U : Call->args())
      if (auto *G = dyn_cast<GlobalValue>(U->stripPointerCasts()))
        addGlobal(H, *G);
    return Says;
  }
  for (const Use &U : I.operands())
    if (auto *C = dyn_cast<Constant>(U.get())) {
      addConstant(H, *C);
      if (auto *G = dyn_cast<GlobalValue>(C->stripInBoundsOffsets()))
        Says = G->hasPrivateLinkage() ? Says : 3;
    }
  return Says;
}

// What a condition compares, as far as three operations back.
void addExpression(Hash &H, const Value *V, unsigned Depth) {
  if (auto *C = dyn_cast<Constant>(V))
    return addConstant(H, *C);
  auto *I = dyn_cast<Instruction>(V);
  if (!I)
    return H.add("argument");
  H.add(I->getOpcodeName());
  if (auto *Cmp = dyn_cast<CmpInst>(I))
    H.add(CmpInst::getPredicateName(Cmp->getPredicate()));
  if (auto *Call = dyn_cast<CallBase>(I)) {
    auto *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *G = dyn_cast<GlobalValue>(Callee))
      addGlobal(H, *G);
    return;
  }
  if (Depth && !isa<PHINode>(I) && !isa<AllocaInst>(I))
    for (const Use &U : I->operands())
      addExpression(H, U.get(), Depth - 1);
}

struct Content {
  uint64_t Hash;
  unsigned Says;
};

Content content(const BasicBlock &B) {
  Hash H;
  unsigned Says = 0;
  for (const Instruction &I : B)
    if (!isNoise(I) && !(isBranch(I) && I.getNumSuccessors() == 1))
      Says += addOperation(H, I);
  return {H.get(), Says};
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
        addConstant(Way, *Case.getCaseValue());
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

uint64_t edges(const BasicBlock &B) {
  Sum S;
  for (const BasicBlock *Pred : predecessors(&B))
    if (Pred->getTerminator()->getNumSuccessors() > 1)
      addWays(S, *Pred->getTerminator(), B);
  for (const BasicBlock *Succ : successors(&B))
    for (const PHINode &Phi : Succ->phis())
      if (auto *C = dyn_cast<Constant>(Phi.getIncomingValueForBlock(&B))) {
        Hash H;
        addConstant(H, *C);
        S.add(H.get());
      }
  return S.get();
}

uint64_t neighbours(const BasicBlock &B) {
  Sum Before, After;
  for (const BasicBlock *Pred : predecessors(&B))
    Before.add(content(*Pred).Hash);
  for (const BasicBlock *Succ : successors(&B))
    After.add(content(*Succ).Hash);
  Hash H;
  H.add(Before.get());
  H.add(After.get());
  H.add(edges(B));
  return H.get();
}

} // namespace

uint64_t functionHash(const Function &F, StringRef Path, StringRef Unit) {
  std::string Name = functionName(F);
  if (F.hasComdat() && F.hasLocalLinkage()) {
    // Initialisers of template members: numbered, but their group has a name.
    Name = withoutNumber(Name).str();
    Path = F.getComdat()->getName();
  } else if (F.hasComdat() || F.hasLinkOnceLinkage()) {
    Path = "";
  }
  return kcov8_hash_function(Name.data(), Name.size(), Path.data(), Path.size(),
                             Unit.data(), Unit.size());
}

std::vector<uint32_t> blockKeys(Function &F,
                                const std::vector<ChosenBlock> &Blocks) {
  DenseMap<const BasicBlock *, size_t> Index;
  for (size_t I = 0; I < Blocks.size(); I++)
    Index[Blocks[I].Block] = I;

  std::vector<uint32_t> Keys(Blocks.size());
  std::unordered_set<uint64_t> Wide;   // full hashes in use: equal blocks
  std::unordered_set<uint32_t> Narrow; // keys in use: 32-bit accidents
  for (BasicBlock *B : ReversePostOrderTraversal<Function *>(&F)) {
    auto It = Index.find(B);
    if (It == Index.end())
      continue;
    Hash H;
    H.add(KCOV8_ABI_VERSION);
    if (B->isEntryBlock()) {
      H.add("entry");
    } else {
      Content C = content(*B);
      H.add(C.Hash);
      if (C.Says < 3)
        H.add(edges(*B));
    }
    if (!Wide.insert(H.get()).second) {
      H.add(neighbours(*B));
      for (uint64_t N = 1; !Wide.insert(H.get()).second; N++)
        H.add(N);
    }
    while (!Narrow.insert((uint32_t)H.get()).second)
      H.add("again");
    Keys[It->second] = (uint32_t)H.get();
  }
  return Keys;
}

} // namespace kcov8
