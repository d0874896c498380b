// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why before() is right (after() is the same, backwards). Let N be those of B's
// predecessors that a window can have in front of any B. B is no start, so a
// window with B comes to its first B from one of N. And if a window can go from
// none of N to an end without B, a window with one of N has B.
#include "Windows.h"
#include "plan/Blocks.h"
#include "llvm/IR/CFG.h"

using namespace llvm;

namespace kcov8 {

Windows::Windows(Function &F, const DominatorTree &Dom, const LoopInfo &Loops,
                 const FlushReach &Reach,
                 function_ref<bool(const BasicBlock *)> IsTransparent) {
  for (BasicBlock &B : F)
    if (Dom.isReachableFromEntry(&B) && !neverRuns(B)) {
      Number[&B] = Blocks.size();
      Blocks.push_back(&B);
    }
  for (Direction *D : {&Forward, &Backward}) {
    D->Starts.resize(Blocks.size());
    D->Next.resize(Blocks.size());
  }
  Forward.Starts[0] = true;
  for (unsigned I = 0; I < Blocks.size(); I++) {
    const Loop *L = Loops.getLoopFor(Blocks[I]);
    bool Opaque = !IsTransparent(Blocks[I]);
    Backward.Starts[I] = Opaque || (L && L->getHeader() == Blocks[I] &&
                                    (L->hasNoExitBlocks() || !Reach.ends(*L)));
    for (const BasicBlock *S : successors(Blocks[I])) {
      auto To = Number.find(S);
      if (To == Number.end())
        continue;
      Forward.Next[I].push_back(To->second);
      Backward.Next[To->second].push_back(I);
      if (Opaque)
        Forward.Starts[To->second] = true;
    }
    if (Forward.Next[I].empty())
      Backward.Starts[I] = true;
  }
}

SetVector<BasicBlock *> Windows::before(BasicBlock *B) const {
  return around(B, Forward, Backward);
}

SetVector<BasicBlock *> Windows::after(BasicBlock *B) const {
  return around(B, Backward, Forward);
}

std::vector<bool> Windows::reached(unsigned Without,
                                   const Direction &Along) const {
  std::vector<bool> Seen(Blocks.size());
  SmallVector<unsigned, 64> Way;
  auto Add = [&](unsigned I) {
    if (I != Without && !Seen[I]) {
      Seen[I] = true;
      Way.push_back(I);
    }
  };
  for (unsigned I = 0; I < Blocks.size(); I++)
    if (Along.Starts[I])
      Add(I);
  while (!Way.empty())
    for (unsigned To : Along.Next[Way.pop_back_val()])
      Add(To);
  return Seen;
}

SetVector<BasicBlock *> Windows::around(BasicBlock *B, const Direction &Here,
                                        const Direction &There) const {
  SetVector<BasicBlock *> Found;
  auto It = Number.find(B);
  if (It == Number.end() || Here.Starts[It->second])
    return Found;
  const std::vector<bool> Comes = reached(It->second, Here);
  const std::vector<bool> Leaves = reached(It->second, There);
  for (unsigned N : There.Next[It->second]) {
    if (Comes[N] && Leaves[N])
      return {};
    if (Comes[N])
      Found.insert(Blocks[N]);
  }
  return Found;
}

} // namespace kcov8
