// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass, in three steps, each a folder:
//   plan/   what the user wants: options, filter, paths; which blocks there
//           are, their IDs and source ranges. Changes no code, but that level
//           edge splits edges.
//   prune/  which of the blocks need no probe.
//   emit/   counters, probes, calls at comparisons, tables, the map.
// prune/ and emit/ include plan/; nothing includes the other way. load/ is what
// clang loads first. study/ is a second plugin: the pass, and records of what
// others' rules make of the same blocks.
#ifndef KCOV8_PASS_KCOV8PASS_H
#define KCOV8_PASS_KCOV8PASS_H

#include "emit/Counters.h"
#include "plan/Blocks.h"
#include "plan/Origins.h"
#include "plan/Ranges.h"
#include "llvm/IR/PassManager.h"
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace kcov8 {

// What has been instrumented and waits for its tables. With place=early the
// optimiser runs in between.
struct Pending {
  struct Function {
    CounterPlace Counters;
    FunctionMap Map;
    std::vector<ImpliedBlock> Implied;
  };
  std::vector<Function> Functions;
  Origins From;         // of the blocks, from the start of the pipeline
  bool Refused = false; // an error of the options has been reported
};

// What a study wants; null but in study/.
struct Observer {
  // Called for each function whose blocks are chosen and named, in the order of
  // the code, before there is any probe. Copied: other objects may have it,
  // too.
  void (*Plan)(llvm::Function &F, const std::vector<ChosenBlock> &Blocks,
               const FunctionMap &Map, bool Copied);
  std::set<std::string> FlushIn; // as of the option, which needs prune
};
extern Observer *Observing;

// Where in the pipeline a pass object stands.
enum class Point {
  Start,  // before the optimiser: names blocks; emits probes if place=early
  Last,   // after it: emits probes if place=late, then tables
  Direct, // opt -passes=kcov8<...>: everything at once
};

class Kcov8Pass : public llvm::PassInfoMixin<Kcov8Pass> {
public:
  Kcov8Pass(Point P, std::shared_ptr<Pending> Shared, std::string Parameters)
      : At(P), Shared(std::move(Shared)), Parameters(std::move(Parameters)) {}

  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &);

  // Also at -O0 and under opt-bisect.
  static bool isRequired() { return true; }

private:
  Point At;
  std::shared_ptr<Pending> Shared;
  std::string Parameters;
};

} // namespace kcov8

#endif // KCOV8_PASS_KCOV8PASS_H
