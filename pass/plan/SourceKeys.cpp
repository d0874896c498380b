// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A key must not move when other blocks are edited, nor when a struct, an enum
// or the width of a type is. So a block's key says as little as tells it from
// the others, in the order of the source:
//
//   rough       operations with kinds of types, predicates, names of callees
//               and globals; no integer constants, no address arithmetic,
//               casts, arithmetic, selects
//   constants   the same with integers
//   edges       for each predecessor with more than one way to go, what its
//               condition tests (three operations back) and the way taken; the
//               constants that phis of successors take from here
//   number      the rest are counted
//
// A key that more than a few blocks would have is nobody's: where there are
// many, one more comes soon, and would take it from the first. Very many (a
// macro, used all over a switch) are numbered by the case that they are in.
//
// Never in a key: line numbers, value and type names, text of strings, integer
// arguments of calls (assertions put lines there), debug intrinsics, allocas
// and phis (other blocks' edits change them), which local value an operand is.
#include "SourceKeys.h"
#include "KeyHash.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "llvm/ADT/DepthFirstIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/PatternMatch.h"
#include <array>
#include <unordered_map>
#include <unordered_set>

using namespace llvm;

namespace kcov8 {
namespace {

// Keys that more blocks of a function would have are not used.
constexpr unsigned MaxShared = 3;
// More equal blocks than that are numbered case by case.
constexpr unsigned MaxCounted = 16;

enum class Detail { Rough, Constants };

void addType(Hash &H, const Type *T) {
  H.add(T->isPointerTy() ? 1 : T->isFloatingPointTy() ? 2 : 3);
}

// Private globals are strings and switch tables: their names say nothing.
void addGlobal(Hash &H, const GlobalValue &G) {
  if (G.hasPrivateLinkage())
    return H.add("private");
  std::string Name = stableName(G);
  H.add(G.hasLocalLinkage() ? withoutNumber(Name) : Name);
}

bool isInteger(const Value &V) { return isa<ConstantInt>(V); }

void addConstant(Hash &H, const Constant &C, unsigned Depth = 3) {
  if (auto *G = dyn_cast<GlobalValue>(&C))
    return addGlobal(H, *G);
  if (auto *Int = dyn_cast<ConstantInt>(&C)) {
    // As 64 bits, so that -1 is the same in any type.
    const APInt V = Int->getValue().sextOrTrunc(64);
    return H.add(V.getZExtValue());
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
        addConstant(H, *cast<Constant>(U.get()), Depth - 1);
    return;
  }
  H.add(C.isNullValue() ? "null" : "constant");
}

// Signed and unsigned alike.
void addPredicate(Hash &H, const CmpInst &Cmp) {
  CmpInst::Predicate P = Cmp.getPredicate();
  H.add(CmpInst::getPredicateName(
      isa<ICmpInst>(Cmp) ? ICmpInst::getSignedPredicate(P) : P));
}

// __builtin_expect, which clang leaves out at -O0.
bool isExpect(const Value *V) {
  auto *I = dyn_cast<IntrinsicInst>(V);
  return I && (I->getIntrinsicID() == Intrinsic::expect ||
               I->getIntrinsicID() == Intrinsic::expect_with_probability);
}

// What V is made of, when casts and expectations are taken off.
const Value *bare(const Value *V) {
  while (isa<CastInst>(V) || isa<FreezeInst>(V) || isExpect(V))
    V = cast<Instruction>(V)->getOperand(0);
  return V;
}

// That a truth value is true: `x != 0` of one that was an integer meanwhile.
bool isTruthTest(const Value *V) {
  auto *Cmp = dyn_cast<ICmpInst>(V);
  return Cmp && Cmp->getPredicate() == CmpInst::ICMP_NE &&
         match(Cmp->getOperand(1), PatternMatch::m_Zero()) &&
         bare(Cmp->getOperand(0))->getType()->isIntegerTy(1);
}

// Where a way out of a scope says where it leads to: a local that is set to
// constants and asked by switches. clang needs it only if scopes end with
// something, as the lifetimes of locals do, which -O0 does not have.
bool isWayOut(const Value *V) {
  return isa<AllocaInst>(V) && all_of(V->users(), [&](const User *U) {
           if (auto *Store = dyn_cast<StoreInst>(U))
             return isa<ConstantInt>(Store->getValueOperand());
           return isa<LoadInst>(U) && all_of(U->users(), [](const User *By) {
                    return isa<SwitchInst>(By);
                  });
         });
}

// Spelled differently by other LLVMs, at other levels and after small edits,
// or no operation at all.
bool isNoise(const Instruction &I) {
  if (isa<PHINode>(I) || isa<AllocaInst>(I) || isa<GetElementPtrInst>(I) ||
      isa<CastInst>(I) || isa<FreezeInst>(I) || isa<SelectInst>(I) ||
      I.isBinaryOp() || I.isDebugOrPseudoInst() || I.isLifetimeStartOrEnd() ||
      isExpect(&I) || isTruthTest(&I))
    return true;
  if (const Value *Local = getLoadStorePointerOperand(&I))
    if (isWayOut(Local))
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

void addOperation(Hash &H, const Instruction &I, Detail D) {
  H.add(I.getOpcodeName());
  addType(H, I.getType());
  if (auto *Cmp = dyn_cast<CmpInst>(&I))
    addPredicate(H, *Cmp);
  if (auto *Call = dyn_cast<CallBase>(&I)) {
    const Value *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *Asm = dyn_cast<InlineAsm>(Callee))
      H.add(StringRef(Asm->getAsmString()));
    else if (auto *G = dyn_cast<GlobalValue>(Callee))
      addGlobal(H, *G);
    else
      H.add("indirect");
    for (const Use &U : Call->args())
      if (auto *G = dyn_cast<GlobalValue>(U->stripPointerCasts()))
        addGlobal(H, *G);
    return;
  }
  for (const Use &U : I.operands())
    if (auto *C = dyn_cast<Constant>(U.get()))
      if (D == Detail::Constants || !isInteger(*C))
        addConstant(H, *C);
}

uint64_t content(const BasicBlock &B, Detail D) {
  Hash H;
  for (const Instruction &I : B)
    if (!isNoise(I))
      addOperation(H, I, D);
  return H.get();
}

// What a condition compares, as far as three operations back.
void addExpression(Hash &H, const Value *V, unsigned Depth) {
  for (;; V = cast<Instruction>(V)->getOperand(0)) {
    V = bare(V);
    if (!isa<GetElementPtrInst>(V) && !isTruthTest(V))
      break;
  }
  if (auto *C = dyn_cast<Constant>(V))
    return addConstant(H, *C);
  auto *I = dyn_cast<Instruction>(V);
  if (!I)
    return H.add("argument");
  H.add(I->getOpcodeName());
  if (auto *Cmp = dyn_cast<CmpInst>(I))
    addPredicate(H, *Cmp);
  if (auto *Call = dyn_cast<CallBase>(I)) {
    auto *Callee = Call->getCalledOperand()->stripPointerCasts();
    if (auto *G = dyn_cast<GlobalValue>(Callee))
      addGlobal(H, *G);
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

// The keys that B could have, best first.
std::array<uint64_t, 3> keysOf(const BasicBlock &B) {
  Hash Rough, Constants, Edges;
  Rough.add(KCOV8_ABI_VERSION);
  if (B.isEntryBlock())
    Rough.add("entry");
  else
    Rough.add(content(B, Detail::Rough));
  Constants = Rough;
  Constants.add(content(B, Detail::Constants));
  Edges = Constants;
  Edges.add(edgesOf(B));
  return {Rough.get(), Constants.get(), Edges.get()};
}

// The way into the nearest case of a switch that B is in; 0: none.
uint64_t caseOf(const BasicBlock &B, const DominatorTree &Tree) {
  for (auto *Node = Tree.getNode(&B); Node && Node->getIDom();
       Node = Node->getIDom()) {
    const Instruction *Way = Node->getIDom()->getBlock()->getTerminator();
    if (isa<SwitchInst>(Way) &&
        is_contained(predecessors(Node->getBlock()), Way->getParent())) {
      Sum S;
      addWays(S, *Way, *Node->getBlock());
      return S.get();
    }
  }
  return 0;
}

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
        addConstant(H, *C);
        S.add(H.get());
      }
  return S.get();
}

DenseMap<const BasicBlock *, uint64_t> sourceKeys(Function &F) {
  df_iterator_default_set<BasicBlock *> Reached;
  for (BasicBlock *B : depth_first_ext(&F, Reached))
    (void)B;
  std::vector<std::pair<const BasicBlock *, std::array<uint64_t, 3>>> Blocks;
  std::unordered_map<uint64_t, unsigned> Sharing;
  for (BasicBlock &B : F)
    if (Reached.count(&B)) {
      Blocks.push_back({&B, keysOf(B)});
      for (uint64_t Key : Blocks.back().second)
        Sharing[Key]++;
    }
  std::unique_ptr<DominatorTree> Tree;
  DenseMap<const BasicBlock *, uint64_t> Keys;
  std::unordered_set<uint64_t> Taken;
  for (const auto &Block : Blocks) {
    const auto &Own = Block.second;
    const uint64_t *Key = find_if(Own, [&](uint64_t K) {
      return (Sharing[K] <= MaxShared || K == Own.back()) &&
             Taken.insert(K).second;
    });
    uint64_t Chosen = Key == Own.end() ? 0 : *Key;
    Hash Counted;
    Counted.add(Own.back());
    if (!Chosen && Sharing[Own.back()] > MaxCounted) {
      if (!Tree)
        Tree = std::make_unique<DominatorTree>(F);
      Counted.add(caseOf(*Block.first, *Tree));
    }
    for (uint64_t N = 1; !Chosen; N++) {
      Hash H = Counted;
      H.add(N);
      if (Taken.insert(H.get()).second)
        Chosen = H.get();
    }
    Keys[Block.first] = Chosen;
  }
  return Keys;
}

} // namespace kcov8
