// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One block tells of another only if control passes from one to the other
// through *transparent* blocks: those with nothing in them at which a flush
// could fall or control could leave (FlushReach.h). Then no window holds one
// without the other.
//
//   equal   A dominates B, B post-dominates A, and all ways from A to B, and
//           from B around a loop to B, are transparent: in a window both ran or
//           neither. Equal blocks form classes; one of a class is probed,
//           outside of loops if possible. (That is hoisting, and sinking, where
//           it is exact.)
//   flags   a block's neighbours on one side, if at least one of them is in a
//           window if and only if the block is (Windows.h).
//   counts  fork: a transparent region that is entered at A only: A ran as
//           often as the blocks together that follow the region and have no
//           other way in. join: B's predecessors are transparent and lead
//           nowhere else: likewise. (Also for flags, in very large functions.)
//
// With counts, blocks are equal only in the same loop. A loop on the way must
// end: a compiler may assume so of `mustprogress` ones, since no access in
// them is volatile or atomic. Functions with irreducible loops are left alone.
//
// Flushes by other threads at any instant (attribution `process`) see a block
// and its witness a few instructions apart, never lose one: docs/options.md.
#include "Prune.h"
#include "Windows.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include <algorithm>

using namespace llvm;

namespace kcov8 {
namespace {

constexpr size_t MostBlocks = 65535;    // numbers of a rule have 16 bits
constexpr size_t MostWitnesses = 16;    // of one block
constexpr size_t LargestRegion = 16;    // blocks of a fork
constexpr unsigned LongestWay = 256;    // blocks between two equal ones
constexpr size_t MostForWindows = 2000; // blocks; time grows by their square

class Pruner {
public:
  Pruner(Function &F, const std::vector<ChosenBlock> &Blocks, bool Counts,
         FlushReach &Reach)
      : F(F), Blocks(Blocks), Counts(Counts), Reach(Reach), Dom(F), PostDom(F),
        Loops(Dom) {
    for (size_t I = 0; I < Blocks.size(); I++) {
      BasicBlock *B = Blocks[I].Block;
      Index[B] = I;
      Leader.push_back(I);
      Transparent.push_back(
          std::none_of(probePoint(*B), B->end(), [&](const Instruction &I) {
            return Reach.isOpaque(I);
          }));
    }
  }

  std::vector<ImpliedBlock> run() {
    if (isIrreducible(F, Loops))
      return {};
    findClasses();
    if (Counts || Blocks.size() > MostForWindows)
      findCountRules();
    else
      findFlagRules();
    chooseRules();
    std::vector<ImpliedBlock> Implied;
    for (uint32_t I = 0; I < Blocks.size(); I++) {
      std::vector<uint32_t> Witnesses;
      for (uint32_t C : leaves(classOf(I)))
        Witnesses.push_back(Probed[C]);
      if (Witnesses != std::vector<uint32_t>{I})
        Implied.push_back({I, std::move(Witnesses)});
    }
    return Implied;
  }

private:
  using Rule = std::vector<uint32_t>; // classes

  // A block that has an entry in Blocks and lets control pass.
  bool isTransparent(const BasicBlock *B) const {
    auto It = Index.find(B);
    return It != Index.end() && Transparent[It->second];
  }

  // Does every way from A come to B, soon, through transparent blocks alone?
  bool alwaysReaches(BasicBlock *A, BasicBlock *B) const {
    SetVector<BasicBlock *> Way;
    Way.insert(A);
    for (unsigned I = 0; I < Way.size(); I++) {
      BasicBlock *At = Way[I];
      if (I == LongestWay || !isTransparent(At))
        return false;
      for (const Loop *L = Loops.getLoopFor(At); L && !L->contains(B);
           L = L->getParentLoop())
        if (!Reach.ends(*L))
          return false;
      for (BasicBlock *S : successors(At)) {
        if (Counts && S == A)
          return false; // A runs more often
        if (S != B && !neverRuns(*S))
          Way.insert(S);
      }
    }
    return true;
  }

  // Does every way to B come from A, soon, through transparent blocks alone?
  // A loop around B, but not around A, comes to B again.
  bool alwaysComesFrom(BasicBlock *B, BasicBlock *A) const {
    SetVector<BasicBlock *> Way;
    auto Add = [&](BasicBlock *To) {
      for (BasicBlock *P : predecessors(To))
        if (P != A && Dom.isReachableFromEntry(P))
          Way.insert(P);
    };
    Add(B);
    for (unsigned I = 0; I < Way.size(); I++) {
      if (I == LongestWay || !isTransparent(Way[I]))
        return false;
      Add(Way[I]);
    }
    return true;
  }

  void findClasses() {
    for (uint32_t I = 0; I < Blocks.size(); I++) {
      BasicBlock *A = Blocks[I].Block;
      const auto *Node = PostDom.getNode(A);
      BasicBlock *B =
          Node && Node->getIDom() ? Node->getIDom()->getBlock() : nullptr;
      auto It = Index.find(B);
      if (B && It != Index.end() && Dom.dominates(A, B) &&
          (!Counts || Loops.getLoopFor(A) == Loops.getLoopFor(B)) &&
          alwaysReaches(A, B) && alwaysComesFrom(B, A))
        Leader[classOf(I)] = classOf(It->second);
    }
    // The member to probe: outside of loops; the earlier one, since code behind
    // it that has no probe stays smaller.
    for (uint32_t I = 0; I < Blocks.size(); I++) {
      auto [It, New] = Probed.try_emplace(classOf(I), I);
      if (!New && isBetter(I, It->second))
        It->second = I;
    }
  }

  bool isBetter(uint32_t I, uint32_t Than) const {
    const BasicBlock *B = Blocks[I].Block, *Old = Blocks[Than].Block;
    unsigned Depth = Loops.getLoopDepth(B), OldDepth = Loops.getLoopDepth(Old);
    return Depth != OldDepth ? Depth < OldDepth : Dom.dominates(B, Old);
  }

  uint32_t classOf(uint32_t Block) const {
    while (Leader[Block] != Block)
      Block = Leader[Block];
    return Block;
  }

  void addRule(uint32_t Block, const SetVector<BasicBlock *> &Others) {
    Rule R;
    for (BasicBlock *B : Others)
      R.push_back(classOf(Index.lookup(B)));
    if (!is_contained(R, classOf(Block)))
      Rules[classOf(Block)].push_back(std::move(R));
  }

  bool allIn(const SetVector<BasicBlock *> &Region, BasicBlock *B) const {
    return all_of(predecessors(B), [&](BasicBlock *P) {
      return Region.count(P) || !Dom.isReachableFromEntry(P);
    });
  }

  // What follows the region that starts at A, or nothing. The region grows by
  // blocks behind which another one is joined.
  SetVector<BasicBlock *> fork(BasicBlock *A) const {
    SetVector<BasicBlock *> Region, Next;
    if (!isTransparent(A))
      return {};
    Region.insert(A);
    for (unsigned I = 0; I < Region.size(); I++) {
      Next.remove(Region[I]);
      for (BasicBlock *S : successors(Region[I]))
        if (S == A || (!neverRuns(*S) && !Index.count(S)))
          return {};
        else if (!neverRuns(*S) && !Region.count(S))
          Next.insert(S);
      if (I + 1 < Region.size())
        continue;
      if (all_of(Next, [&](BasicBlock *S) { return allIn(Region, S); }))
        return Next;
      for (BasicBlock *S : Next)
        if (allIn(Region, S) && isTransparent(S))
          Region.insert(S);
      if (Region.size() > LargestRegion)
        return {};
    }
    return {};
  }

  void findCountRules() {
    for (uint32_t I = 0; I < Blocks.size(); I++) {
      BasicBlock *B = Blocks[I].Block;
      SetVector<BasicBlock *> Next = fork(B), Before;
      bool Join = !B->isEntryBlock();
      for (BasicBlock *P : predecessors(B)) {
        if (!Dom.isReachableFromEntry(P))
          continue;
        Before.insert(P);
        Join &= P->getUniqueSuccessor() == B && isTransparent(P);
      }
      if (!Next.empty())
        addRule(I, Next);
      if (Join && !Before.empty())
        addRule(I, Before);
    }
  }

  void findFlagRules() {
    const Windows W(F, Dom, Loops, Reach,
                    [&](const BasicBlock *B) { return isTransparent(B); });
    for (uint32_t I = 0; I < Blocks.size(); I++)
      for (auto &Others : {W.before(Blocks[I].Block), W.after(Blocks[I].Block)})
        if (!Others.empty() &&
            all_of(Others, [&](BasicBlock *B) { return Index.count(B); }))
          addRule(I, Others);
  }

  uint64_t cost(uint32_t Class) const {
    const BasicBlock *B = Blocks[Probed.lookup(Class)].Block;
    return uint64_t(1) << 3 * std::min(Loops.getLoopDepth(B), 20u);
  }

  uint64_t cost(const Rule &R) const {
    uint64_t Sum = 0;
    for (uint32_t C : R)
      Sum += cost(C);
    return Sum;
  }

  // Following the rules in force, does C's evidence hang on Target's?
  bool dependsOn(uint32_t C, uint32_t Target) const {
    SetVector<uint32_t> Seen;
    Seen.insert(C);
    for (unsigned I = 0; I < Seen.size(); I++) {
      if (Seen[I] == Target)
        return true;
      auto It = InForce.find(Seen[I]);
      if (It != InForce.end())
        Seen.insert(It->second.begin(), It->second.end());
    }
    return false;
  }

  // The hottest first; of two rules the one with the cheaper evidence.
  void chooseRules() {
    std::vector<uint32_t> Order;
    for (auto &[C, Own] : Rules) {
      Order.push_back(C);
      std::sort(Own.begin(), Own.end(), [&](const Rule &A, const Rule &B) {
        return cost(A) != cost(B) ? cost(A) < cost(B) : A < B;
      });
    }
    std::sort(Order.begin(), Order.end(), [&](uint32_t A, uint32_t B) {
      return cost(A) != cost(B) ? cost(A) > cost(B) : A < B;
    });
    for (uint32_t C : Order)
      for (const Rule &R : Rules[C])
        if (none_of(R, [&](uint32_t W) { return dependsOn(W, C); })) {
          InForce[C] = R;
          break;
        }
  }

  // The probed classes that class C follows from.
  const Rule &leaves(uint32_t C) {
    auto It = Leaves.find(C);
    if (It != Leaves.end())
      return It->second;
    Rule All;
    auto Force = InForce.find(C);
    if (Force != InForce.end())
      for (uint32_t W : Rule(Force->second)) {
        const Rule More = leaves(W);
        All.insert(All.end(), More.begin(), More.end());
      }
    if (!Counts) {
      std::sort(All.begin(), All.end());
      All.erase(std::unique(All.begin(), All.end()), All.end());
    }
    if (All.empty() || All.size() > MostWitnesses)
      All = {C};
    return Leaves[C] = std::move(All);
  }

  Function &F;
  const std::vector<ChosenBlock> &Blocks;
  const bool Counts;
  const FlushReach &Reach;
  DominatorTree Dom;
  PostDominatorTree PostDom;
  LoopInfo Loops;
  DenseMap<const BasicBlock *, uint32_t> Index;
  std::vector<bool> Transparent;
  std::vector<uint32_t> Leader;        // of equal blocks: classes
  DenseMap<uint32_t, uint32_t> Probed; // class: block
  DenseMap<uint32_t, std::vector<Rule>> Rules;
  DenseMap<uint32_t, Rule> InForce;
  DenseMap<uint32_t, Rule> Leaves;
};

} // namespace

std::vector<ImpliedBlock> findImplied(Function &F,
                                      const std::vector<ChosenBlock> &Blocks,
                                      bool Counts, FlushReach &Reach) {
  if (Blocks.size() < 2 || Blocks.size() > MostBlocks)
    return {};
  return Pruner(F, Blocks, Counts, Reach).run();
}

std::vector<uint32_t> putImpliedLast(std::vector<ChosenBlock> &Blocks,
                                     std::vector<ImpliedBlock> &Implied) {
  std::vector<uint32_t> To(Blocks.size()), From(Blocks.size());
  uint32_t Probed = 0, Rest = Blocks.size() - Implied.size();
  auto Next = Implied.begin();
  for (uint32_t I = 0; I < Blocks.size(); I++) {
    const bool HasProbe = Next == Implied.end() || Next->Block != I;
    To[I] = HasProbe ? Probed++ : Rest++;
    From[To[I]] = I;
    Next += !HasProbe;
  }
  const std::vector<ChosenBlock> Old = Blocks;
  for (size_t I = 0; I < From.size(); I++)
    Blocks[I] = Old[From[I]];
  for (ImpliedBlock &B : Implied) {
    B.Block = To[B.Block];
    for (uint32_t &W : B.Witnesses)
      W = To[W];
  }
  return From;
}

} // namespace kcov8
