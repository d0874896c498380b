// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kcov8-study.so: the pass, and a record of each function: its blocks, and what
// three rules that leave out probes make of them, on the same code. One JSON
// line a function, in a file of its own for each run of the compiler, in the
// folder KCOV8_STUDY. KCOV8_STUDY_FLUSH_IN: functions as of option flush-in,
// separated by blanks. bench/schemes/inference.py reads it, and has the keys.
#include "Kcov8Pass.h"
#include "kcov8/abi.h"
#include "prune/Prune.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Instrumentation/BlockCoverageInference.h"
#include <cstdlib>

using namespace llvm;

namespace kcov8 {
namespace {

// The blocks of one function, by their numbers in the order of the code.
class Record {
public:
  Record(Function &F, const std::vector<ChosenBlock> &Blocks,
         const FunctionMap &Map, raw_ostream &OS)
      : F(F), Blocks(Blocks), Map(Map), Dom(F), PostDom(F), J(OS) {
    for (BasicBlock &B : F)
      Number[&B] = Number.size();
  }

  // Named: null without names.
  void write(FlushReach &Plain, FlushReach *Named) {
    J.object([&] {
      J.attribute("function", Map.Name);
      J.attribute("source", F.getParent()->getSourceFileName());
      J.attributeArray("blocks", [&] {
        for (size_t I = 0; I < Blocks.size(); I++)
          J.array([&] {
            J.value(Number.lookup(Blocks[I].Block));
            J.value(hex(kcov8_block_id(Map.Hash, Map.Blocks[I].Key)));
            J.value(Map.Blocks[I].L0);
          });
      });
      perBlock("next", [&](BasicBlock &B) {
        J.array([&] {
          for (BasicBlock *S : successors(&B))
            J.value(Number.lookup(S));
        });
      });
      perBlock("dominator", [&](BasicBlock &B) { above(Dom, B); });
      perBlock("postdominator", [&](BasicBlock &B) { above(PostDom, B); });
      sancov();
      inference();
      own("flag", false, Plain);
      own("counter", true, Plain);
      if (Named)
        own("flush-in", false, *Named);
    });
  }

private:
  static std::string hex(uint64_t X) { return utohexstr(X, true); }

  void perBlock(StringRef Key, function_ref<void(BasicBlock &)> Write) {
    J.attributeArray(Key, [&] {
      for (BasicBlock &B : F)
        Write(B);
    });
  }

  // The next block up the tree, null if there is none.
  template <typename Tree> void above(const Tree &T, BasicBlock &B) {
    const auto *Node = T.getNode(&B);
    const auto *Up = Node ? Node->getIDom() : nullptr;
    if (Up && Up->getBlock())
      J.value(Number.lookup(Up->getBlock()));
    else
      J.value(nullptr);
  }

  // As shouldInstrumentBlock() of LLVM's SanitizerCoverage.cpp has it; what it
  // leaves out for other reasons is no chosen block here.
  bool sancovKeeps(BasicBlock &B) const {
    const bool FullDominator =
        !succ_empty(&B) && all_of(successors(&B), [&](BasicBlock *S) {
          return Dom.dominates(&B, S);
        });
    const bool FullPostDominator =
        !pred_empty(&B) && all_of(predecessors(&B), [&](BasicBlock *P) {
          return PostDom.dominates(&B, P);
        });
    return B.isEntryBlock() || (!FullDominator && !(FullPostDominator &&
                                                    !B.getSinglePredecessor()));
  }

  void sancov() {
    J.attributeArray("sancov", [&] {
      for (const ChosenBlock &C : Blocks)
        if (sancovKeeps(*C.Block))
          J.value(Number.lookup(C.Block));
    });
  }

  // LLVM's BlockCoverageInference, as -pgo-block-coverage calls it.
  void inference() {
    const BlockCoverageInference BCI(F, /*ForceInstrumentEntry=*/false);
    J.attributeArray("bci", [&] {
      for (BasicBlock &B : F)
        if (BCI.shouldInstrumentBlock(B))
          J.value(Number.lookup(&B));
    });
    J.attributeObject("bci-from", [&] {
      for (BasicBlock &B : F) {
        const auto From = BCI.getDependencies(B);
        if (!BCI.shouldInstrumentBlock(B))
          J.attributeArray(std::to_string(Number.lookup(&B)), [&] {
            for (const BasicBlock *D : From)
              J.value(Number.lookup(D));
          });
      }
    });
    // Why it keeps all: findDependencies() in BlockCoverageInference.cpp.
    if (F.hasFnAttribute(Attribute::NoReturn))
      J.attribute("bci-gave-up", "noreturn");
    else if (F.size() > 1500)
      J.attribute("bci-gave-up", "large");
    else if (any_of(F, [&](BasicBlock &B) { return !reachesEnd(B); }))
      J.attribute("bci-gave-up", "endless");
  }

  bool reachesEnd(BasicBlock &B) const {
    SmallVector<BasicBlock *, 16> Way{&B};
    SmallPtrSet<BasicBlock *, 16> Seen{&B};
    while (!Way.empty()) {
      BasicBlock *At = Way.pop_back_val();
      if (succ_empty(At))
        return true;
      for (BasicBlock *S : successors(At))
        if (Seen.insert(S).second)
          Way.push_back(S);
    }
    return false;
  }

  void own(StringRef Key, bool Counts, FlushReach &Reach) {
    J.attributeObject(Key, [&] {
      for (const ImpliedBlock &B : findImplied(F, Blocks, Counts, Reach))
        J.attributeArray(std::to_string(Number.lookup(Blocks[B.Block].Block)),
                         [&] {
                           for (uint32_t W : B.Witnesses)
                             J.value(Number.lookup(Blocks[W].Block));
                         });
    });
  }

  Function &F;
  const std::vector<ChosenBlock> &Blocks;
  const FunctionMap &Map;
  DominatorTree Dom;
  PostDominatorTree PostDom;
  DenseMap<const BasicBlock *, unsigned> Number;
  json::OStream J;
};

std::set<std::string> words(const char *Text) {
  SmallVector<StringRef, 16> Words;
  SplitString(Text ? Text : "", Words);
  std::set<std::string> Found;
  for (StringRef W : Words)
    Found.insert(W.str());
  return Found;
}

raw_ostream *openFile() {
  const char *Folder = std::getenv("KCOV8_STUDY");
  if (!Folder)
    return nullptr;
  int Descriptor;
  SmallString<128> Path;
  if (std::error_code Error = sys::fs::createUniqueFile(
          Twine(Folder) + "/%%%%%%%%%%%%.jsonl", Descriptor, Path))
    report_fatal_error("kcov8: KCOV8_STUDY: " + Twine(Error.message()),
                       /*gen_crash_diag=*/false);
  return new raw_fd_ostream(Descriptor, /*shouldClose=*/true);
}

void observe(Function &F, const std::vector<ChosenBlock> &Blocks,
             const FunctionMap &Map, bool Copied) {
  static const std::unique_ptr<raw_ostream> Out(openFile());
  const std::set<std::string> &Names = Observing->FlushIn;
  if (!Out)
    return;
  // Which calls may flush: as Kcov8Pass.cpp chooses.
  FlushReach Any = Copied ? FlushReach::ofCopies() : FlushReach();
  FlushReach In(*F.getParent(), Names);
  const bool IsAny = Copied || Names.count(F.getName().str());
  Record(F, Blocks, Map, *Out)
      .write(Any, Names.empty() ? nullptr
                  : IsAny       ? &Any
                                : &In);
  *Out << '\n';
}

Observer Study{observe, words(std::getenv("KCOV8_STUDY_FLUSH_IN"))};
[[maybe_unused]] const bool Set = (Observing = &Study, true);

} // namespace
} // namespace kcov8
