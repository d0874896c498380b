// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kcov8Pass.h"
#include "LLVMCompat.h"
#include "emit/Cmp.h"
#include "emit/Delta.h"
#include "emit/Early.h"
#include "emit/Map.h"
#include "emit/Order.h"
#include "emit/Probes.h"
#include "emit/Tables.h"
#include "plan/CodeHash.h"
#include "plan/Filter.h"
#include "plan/FlushReach.h"
#include "plan/Ids.h"
#include "plan/Names.h"
#include "plan/Paths.h"
#include "plan/Rust.h"
#include "prune/Prune.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace llvm;

namespace kcov8 {

Observer *Observing = nullptr;

namespace {

// Named metadata that says that this module has its probes: the same plugin
// given twice, or a module instrumented before, does not count twice.
bool markInstrumented(Module &M) {
  if (M.getNamedMetadata("kcov8"))
    return false;
  M.getOrInsertNamedMetadata("kcov8");
  return true;
}

// rustc prints no such error of LLVM 22, and goes on.
void error(Module &M, const Twine &Message) {
  if (isRust(M))
    report_fatal_error(Message, /*gen_crash_diag=*/false);
  M.getContext().emitError(Message);
}

class Instrumenter {
public:
  Instrumenter(Module &M, const Options &O, Pending &P)
      : M(M), O(O), P(P), Rust(isRust(M)),
        Names(O.PrefixMap, Rust ? Paths::Rust : Paths::C), F(O, Names),
        Source(Rust ? crateSource(M, Names)
                    : Names.normalise(M.getSourceFileName())),
        Code(M), PruneReach(M, O.FlushIn) {}

  // False: an error was reported.
  bool run() {
    if (!F.Error.empty()) {
      error(M, "kcov8: " + F.Error);
      return false;
    }
    const char *SourceRefused = Rust ? nullptr : F.refusesSource(Source);
    P.From.collect(M);
    BlockChooser Chooser(M, O);
    std::vector<Function *> Functions;
    for (Function &Fn : M)
      Functions.push_back(&Fn);
    for (Function *Fn : Functions) {
      if (Fn->isDeclaration())
        continue;
      const char *Refused = SourceRefused;
      if (Rust && isMadeByRustc(*Fn))
        Refused = "made by rustc";
      else if (Rust)
        Refused = F.refusesSource(functionSource(*Fn, Names, Source));
      if (!Refused)
        Refused = F.refusesFunction(linkageName(*Fn));
      if (!Refused)
        Refused = Chooser.refuses(*Fn);
      size_t Blocks = Refused ? 0 : plan(*Fn, Chooser);
      size_t Probes = Blocks ? Plans.back().counters() : 0;
      if (!Refused && !Blocks)
        Refused = "nothing in it can run";
      if (O.Remarks)
        remark(*Fn, Refused, Blocks, Probes);
    }
    instrument();
    writeUnitMap(M, Source, O.Canonical, F.rules());
    return true;
  }

private:
  // A function whose blocks are chosen and named.
  struct Planned {
    Function *Fn;
    std::vector<ChosenBlock> Blocks;
    FunctionMap Map;
    std::vector<ImpliedBlock> Implied;
    std::vector<DeltaUse> Deltas;

    size_t counters() const { return Blocks.size() - Implied.size(); }
  };

  size_t plan(Function &Fn, BlockChooser &Chooser) {
    std::vector<ChosenBlock> Blocks = Chooser.choose(Fn);
    if (Blocks.empty())
      return 0;
    FunctionMap Map = describeFunction(Fn, Blocks, Names, Source);
    Map.Hash = functionHash(Fn, Source, O.Unit);
    Map.Code = Code.of(Fn);
    std::vector<uint32_t> Keys = blockKeys(Fn, Blocks, P.From);
    for (size_t I = 0; I < Keys.size(); I++)
      Map.Blocks[I].Key = Keys[I];
    std::vector<ImpliedBlock> Implied;
    if (Rust && Fn.hasLocalLinkage()) {
      Map.MayBeCopied = true;
      Map.Instance = instance(Fn, {});
    }
    if (Observing)
      Observing->Plan(Fn, Blocks, Map, isCopied(Map));
    bool Named = O.FlushIn.count(Fn.getName().str()); // any call may be the one
    if (O.Prune)
      Implied = findImplied(Fn, Blocks, O.Probe != KCOV8_PROBE_FLAG,
                            isCopied(Map) ? CopyReach
                            : Named       ? Reach
                                          : PruneReach);
    if (O.TraceCmp) // their counters' addresses tell where they are
      keepComparing(Fn, Blocks, Implied);
    Map.Record = putImpliedLast(Blocks, Implied);
    if (!Map.Instance.empty())
      Map.Instance = instance(Fn, Implied);
    std::vector<DeltaUse> Deltas;
    if (usesDeltaVariable(O))
      Deltas = planDeltas(Blocks, Implied, Reach);
    Plans.push_back({&Fn, std::move(Blocks), std::move(Map), std::move(Implied),
                     std::move(Deltas)});
    return Keys.size();
  }

  // In the name of counters that copies of a function share: copies of the
  // same instance of a generic function, pruned by the same rules.
  static std::string instance(const Function &Fn,
                              const std::vector<ImpliedBlock> &Implied) {
    const std::string Name = linkageName(Fn);
    uint64_t H = kcov8_mix64(
        kcov8_hash_bytes(KCOV8_HASH_SEED, Name.data(), Name.size()));
    for (const ImpliedBlock &B : Implied) {
      H = kcov8_mix64(H + B.Block) + 1;
      for (uint32_t W : B.Witnesses)
        H = kcov8_mix64(H + W);
    }
    return "." + utohexstr(H, /*LowerCase=*/true);
  }

  static void keepComparing(Function &Fn,
                            const std::vector<ChosenBlock> &Blocks,
                            std::vector<ImpliedBlock> &Implied) {
    const auto Comparing = blocksWithCompares(Fn);
    erase_if(Implied, [&](const ImpliedBlock &B) {
      return Comparing.count(Blocks[B.Block].Block);
    });
  }

  // May a linker drop Fn's code and keep the rest of the unit? rustc gives each
  // function a section.
  bool isDiscardable(const Planned &Plan) const {
    return O.Apart || Rust || Plan.Map.MayBeCopied || isBeforeLTO(M);
  }

  void instrument() {
    size_t Shared = 0;
    for (const Planned &Plan : Plans)
      Shared += isDiscardable(Plan) ? 0 : Plan.counters();
    CounterPlace Unit;
    if (Shared)
      Unit = emitUnitCounters(M, Shared);
    if (Shared && O.Summary)
      emitMarks(Unit);
    for (Planned &Plan : Plans) {
      CounterPlace Place = isDiscardable(Plan) ? ownCounters(Plan) : Unit;
      if (!isDiscardable(Plan))
        Unit.First += Plan.counters();
      std::vector<Value *> Deltas;
      if (usesDeltaVariable(O))
        Deltas = emitDeltas(*Plan.Fn, Plan.Blocks, Plan.Deltas, O.Delta);
      emitProbes(Place, Plan.Blocks, Plan.counters(), Deltas, O);
      if (O.TraceCmp)
        emitCompares(*Plan.Fn, Place,
                     ArrayRef(Plan.Blocks).take_front(Plan.counters()));
      if (O.TraceOrder)
        emitOrder(*Plan.Fn, Place, Plan.Blocks, Deltas, O.Delta);
      P.Functions.push_back(
          {Place, std::move(Plan.Map), std::move(Plan.Implied)});
    }
  }

  // May code that refers to the counters yet be copied elsewhere?
  bool isCopied(const FunctionMap &Map) const {
    return !Map.Instance.empty() ||
           (Map.MayBeCopied && (O.Early || isBeforeLTO(M)));
  }

  CounterPlace ownCounters(const Planned &Plan) {
    CounterPlace Place =
        emitFunctionCounters(*Plan.Fn, Plan.counters(),
                             isCopied(Plan.Map) ? Plan.Map.copyName() : "");
    if (O.Summary)
      emitMarks(Place);
    return Place;
  }

  void remark(const Function &Fn, const char *Refused, size_t Blocks,
              size_t Probes) {
    raw_ostream &OS = errs();
    OS << "kcov8: remark: "
       << (Rust ? functionSource(Fn, Names, Source) : Source) << ": "
       << Fn.getName() << ": ";
    if (Refused)
      OS << "not instrumented: " << Refused;
    else
      OS << "instrumented, " << Blocks << (Blocks == 1 ? " block" : " blocks");
    if (Probes != Blocks)
      OS << ", " << Probes << (Probes == 1 ? " probe" : " probes");
    OS << "\n";
  }

  Module &M;
  const Options &O;
  Pending &P;
  const bool Rust;
  Paths Names;
  Filter F;
  std::string Source;
  std::vector<Planned> Plans;
  CodeHash Code;
  FlushReach Reach, PruneReach, CopyReach = FlushReach::ofCopies();
};

void emitTables(Module &M, const Options &O, Pending &P) {
  std::map<GlobalVariable *, std::vector<bool>> Used;
  for (Pending::Function &Fn : P.Functions) {
    GlobalVariable *Array = Fn.Counters.array();
    if (!Array)
      continue;
    if (O.Early) {
      auto [It, New] = Used.emplace(Array, std::vector<bool>());
      if (New) {
        Array->removeDeadConstantUsers();
        It->second = usedCounters(*Array);
      }
      if (!markRemoved(Fn.Counters, Fn.Map, Fn.Implied, It->second))
        continue; // the function went, and was inlined nowhere
    }
    emitFunctionTables(Fn.Counters, Fn.Map, Fn.Implied, O);
    writeFunctionMap(M, Fn.Map);
  }
  for (auto &[Array, Bytes] : Used)
    if (Array->use_empty())
      Array->eraseFromParent();
  if (!P.Functions.empty() && usesDeltaVariable(O) && !usesSegment(O)) {
    emitTaskAccessor(M, KCOV8_DELTA_AT_SYMBOL, KCOV8_DELTA_SYMBOL);
    emitTaskAccessor(M, KCOV8_ORDER_AT_SYMBOL, KCOV8_ORDER_SYMBOL);
  }
  if (!P.Functions.empty() && !O.NoCtor)
    emitImage(M);
  P.Functions.clear();
}

const std::set<std::string> &flushesIn(const Options &O) {
  return Observing ? Observing->FlushIn : O.FlushIn;
}

} // namespace

PreservedAnalyses Kcov8Pass::run(Module &M, ModuleAnalysisManager &) {
  const Triple Target = moduleTriple(M);
  const Options O = readOptions(Parameters, Target);
  if (!O.Error.empty()) {
    if (!Shared->Refused) // once: the start of the pipeline comes by, too
      error(M, O.Error);
    Shared->Refused = true;
    return PreservedAnalyses::all();
  }
  if (isOffloaded(Target))
    return PreservedAnalyses::all();
  bool Probes = At == Point::Direct || (At == Point::Start) == O.Early;
  if (!Target.isOSBinFormatELF()) {
    if (Probes) // once
      error(M, "kcov8: target '" + Target.str() + "' has no ELF objects");
    return PreservedAnalyses::all();
  }
  if (At == Point::Start && !O.Early) {
    if (!M.getNamedMetadata("kcov8")) {
      Shared->From.attach(M);
      FlushReach::mark(M, flushesIn(O));
    }
    return PreservedAnalyses::none();
  }
  if (Probes && (!markInstrumented(M) || !Instrumenter(M, O, *Shared).run()))
    return PreservedAnalyses::all();
  if (Probes && !flushesIn(O).empty())
    FlushReach::unmark(M);
  if (At != Point::Start)
    emitTables(M, O, *Shared);
  return PreservedAnalyses::none();
}

} // namespace kcov8
