// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration only. The start-of-pipeline and end-of-pipeline objects of one
// compilation share what place=early has to remember.
#include "Kcov8Pass.h"
#include "LLVMCompat.h"
#include "kcov8/kcov8.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"

using namespace llvm;
using kcov8::Kcov8Pass;
using kcov8::Pending;
using kcov8::Point;

static void registerKcov8(PassBuilder &PB) {
  auto Shared = std::make_shared<Pending>();
  PB.registerPipelineStartEPCallback(
      [Shared](ModulePassManager &MPM, auto &&...) {
        MPM.addPass(Kcov8Pass(Point::Start, Shared, ""));
      });
  PB.registerOptimizerLastEPCallback(
      [Shared](ModulePassManager &MPM, auto Level, auto &&...) {
        // The optimiser does this after us: a function that nothing calls any
        // more would go, and leave its tables.
        if (Level != decltype(Level)::O0)
          MPM.addPass(GlobalDCEPass());
        MPM.addPass(Kcov8Pass(Point::Last, Shared, ""));
      });
  PB.registerPipelineParsingCallback(
      [Shared](StringRef Name, ModulePassManager &MPM,
               ArrayRef<PassBuilder::PipelineElement>) {
        if (!Name.consume_front("kcov8"))
          return false;
        bool Brackets = Name.consume_front("<") && Name.consume_back(">");
        if (!Brackets && !Name.empty())
          return false;
        MPM.addPass(Kcov8Pass(Point::Direct, Shared, Name.str()));
        return true;
      });
}

extern "C" __attribute__((visibility("default"))) PassPluginLibraryInfo
llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "kcov8", KCOV8_VERSION, registerKcov8};
}
