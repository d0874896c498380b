// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the options of one compilation mean. Their names and legal values are
// in option-table.c, how they get here in Channels.h.
#ifndef KCOV8_PASS_PLAN_OPTIONS_H
#define KCOV8_PASS_PLAN_OPTIONS_H

#include "LLVMCompat.h"
#include "kcov8/abi.h"
#include "llvm/ADT/StringRef.h"
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kcov8 {

// Where attribution `task` finds the running task's delta.
enum class DeltaKind {
  Segment, // x86-64: base of segment register gs; one for all images
  Thread,  // thread-local variable
  Global,  // ordinary variable, for hosts with one CPU
  PerCpu,  // x86-64 kernels: variable at the base of gs, one for all images
};

struct Options {
  std::vector<std::string> Allowlists;
  std::vector<std::string> Ignorelists;
  std::vector<std::string> Filters;
  std::vector<std::pair<std::string, std::string>> PrefixMap;
  std::string Unit;
  kcov8_probe Probe = KCOV8_PROBE_FLAG;
  kcov8_level Level = KCOV8_LEVEL_BB;
  bool Early = false;
  bool PerTask = false;
  DeltaKind Delta = DeltaKind::Segment;
  bool Near = false; // counters within 2 GiB of the code
  bool Prune = true;
  std::set<std::string> FlushIn; // functions; empty: a flush may be in any
  bool Summary = false; // probes mark which parts of the counters were hit
  bool TraceCmp = false;
  bool TraceOrder = false; // a list of first hits
  bool NoCtor = false;
  bool Remarks = false;

  // Each function's counters apart: with -ffunction-sections an array that
  // functions share would keep their sections together.
  bool Apart = false;

  // Functions that the source marks no_sanitize("coverage"), as far as only the
  // frontend knows.
  std::set<std::string> NoCoverage;

  // Canonical spelling for the block map; no list files, no prefix-map: those
  // would put build paths into the image.
  std::string Canonical;

  // What was wrong with the options, ready to print; empty: nothing.
  std::string Error;
};

// Is the delta in a register, from a variable?
inline bool usesDeltaVariable(const Options &O) {
  return O.PerTask && O.Delta != DeltaKind::Segment;
}

// Is it found through gs, one for all images (KCOV8_FUNC_SEGMENT)? Else each
// linked image has a variable of its own.
inline bool usesSegment(const Options &O) {
  return O.PerTask &&
         (O.Delta == DeltaKind::Segment || O.Delta == DeltaKind::PerCpu);
}

// The part of a host program that runs on a GPU: is compiled with the host's
// options, and left alone.
inline bool isOffloaded(const llvm::Triple &Target) {
  return Target.isNVPTX() || Target.isAMDGPU();
}

// All channels together, for a module of Target; PassParameters is the text
// inside kcov8<...>.
Options readOptions(llvm::StringRef PassParameters, const llvm::Triple &Target);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_OPTIONS_H
