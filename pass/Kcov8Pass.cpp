// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kcov8Pass.h"
#include "Blocks.h"
#include "Filter.h"
#include "Ids.h"
#include "LLVMCompat.h"
#include "Paths.h"
#include "Probes.h"
#include "Tables.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace kcov8 {
namespace {

// Named metadata that says that this module has its probes: the same plugin
// given twice, or a module instrumented before, does not count twice.
bool markInstrumented(Module &M) {
  if (M.getNamedMetadata("kcov8"))
    return false;
  M.getOrInsertNamedMetadata("kcov8");
  return true;
}

void error(Module &M, const Twine &Message) {
  M.getContext().emitError(Message);
}

class Instrumenter {
public:
  Instrumenter(Module &M, const Options &O, Pending &P)
      : M(M), O(O), P(P), Names(O.PrefixMap), F(O, Names),
        Source(Names.normalise(M.getSourceFileName())) {}

  // False: an error was reported.
  bool run() {
    if (!F.Error.empty()) {
      error(M, "kcov8: " + F.Error);
      return false;
    }
    const char *SourceRefused = F.refusesSource(Source);
    BlockChooser Chooser(M, O);
    std::vector<Function *> Functions;
    for (Function &Fn : M)
      Functions.push_back(&Fn);
    for (Function *Fn : Functions) {
      if (Fn->isDeclaration())
        continue;
      const char *Refused = SourceRefused;
      if (!Refused)
        Refused = F.refusesFunction(stableName(*Fn));
      if (!Refused)
        Refused = Chooser.refuses(*Fn);
      size_t Blocks = Refused ? 0 : instrument(*Fn, Chooser);
      if (!Refused && !Blocks)
        Refused = "nothing in it can run";
      if (O.Remarks)
        remark(*Fn, Refused, Blocks);
    }
    writeUnitMap(M, Source, O.canonical(), F.Rules);
    return true;
  }

private:
  size_t instrument(Function &Fn, BlockChooser &Chooser) {
    std::vector<ChosenBlock> Blocks = Chooser.choose(Fn);
    if (Blocks.empty())
      return 0;
    FunctionMap Map = describeFunction(Fn, Blocks, Names, Source);
    Map.Hash = functionHash(Fn, Source, O.Unit);
    std::vector<uint32_t> Keys = blockKeys(Fn, Blocks);
    for (size_t I = 0; I < Keys.size(); I++)
      Map.Blocks[I].Key = Keys[I];
    // Code that refers to the counters may yet be copied elsewhere.
    bool Copied = Map.MayBeCopied && (O.Early || isBeforeLTO(M));
    GlobalVariable *Counters =
        emitCounters(Fn, Blocks.size(), Copied ? Map.copyName() : "");
    emitProbes(*Counters, Blocks, O.Probe);
    P.Functions.push_back({WeakTrackingVH(Counters), std::move(Map)});
    return Blocks.size();
  }

  void remark(const Function &Fn, const char *Refused, size_t Blocks) {
    raw_ostream &OS = errs();
    OS << "kcov8: remark: " << Source << ": " << Fn.getName() << ": ";
    if (Refused)
      OS << "not instrumented: " << Refused << "\n";
    else
      OS << "instrumented, " << Blocks
         << (Blocks == 1 ? " block\n" : " blocks\n");
  }

  Module &M;
  const Options &O;
  Pending &P;
  Paths Names;
  Filter F;
  std::string Source;
};

void emitTables(Module &M, const Options &O, Pending &P) {
  for (Pending::Function &Fn : P.Functions) {
    auto *Counters = dyn_cast_or_null<GlobalVariable>(Fn.Counters);
    if (!Counters)
      continue;
    if (O.Early) {
      Counters->removeDeadConstantUsers();
      if (Counters->use_empty()) { // the function went, and was inlined nowhere
        Counters->eraseFromParent();
        continue;
      }
      std::vector<bool> Used = usedCounters(*Counters);
      for (size_t I = 0; I < Used.size(); I++)
        if (!Used[I])
          Fn.Map.Blocks[I].Flags |= KCOV8_BLOCK_REMOVED;
    }
    emitFunctionTables(*Counters, Fn.Map.Hash, Fn.Map.keys(), O);
    writeFunctionMap(M, Fn.Map);
  }
  if (!P.Functions.empty() && !O.NoCtor)
    emitImage(M);
  P.Functions.clear();
}

} // namespace

PreservedAnalyses Kcov8Pass::run(Module &M, ModuleAnalysisManager &) {
  Options O = readOptions(Parameters);
  if (!O.Error.empty()) {
    // Once: the start of the pipeline comes by first.
    if (At != Point::Last)
      error(M, O.Error);
    return PreservedAnalyses::all();
  }
  if (At == Point::Start && !O.Early)
    return PreservedAnalyses::all();
  Triple Target = moduleTriple(M);
  if (Target.isNVPTX() || Target.isAMDGPU())
    return PreservedAnalyses::all(); // offloaded part of a host program
  bool Probes = At == Point::Direct || (At == Point::Start) == O.Early;
  if (!Target.isOSBinFormatELF()) {
    if (Probes) // once
      error(M, "kcov8: target '" + Target.str() + "' has no ELF objects");
    return PreservedAnalyses::all();
  }

  if (Probes && (!markInstrumented(M) || !Instrumenter(M, O, *Shared).run()))
    return PreservedAnalyses::all();
  if (At != Point::Start)
    emitTables(M, O, *Shared);
  return PreservedAnalyses::none();
}

} // namespace kcov8
