// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The options of one compilation, the same words in every channel:
//   KCOV8_OPTIONS                      environment, lowest precedence
//   -fplugin-arg-kcov8-OPT[=VALUE]     through kcov8-options.so
//   -mllvm -kcov8-OPT[=VALUE]          cl::opt
//   opt -passes='kcov8<OPT[=VALUE];...>'
// One table names them; nothing else knows an option by its spelling.
#ifndef KCOV8_PASS_PLAN_OPTIONS_H
#define KCOV8_PASS_PLAN_OPTIONS_H

#include "kcov8/abi.h"
#include "llvm/ADT/StringRef.h"
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kcov8 {

// Which counters lie next to each other (kcov8/abi.h, kcov8_counter_at()).
enum class CounterLayout {
  Spread, // neighbours in time apart, over the whole unit where possible
  Group,  // the same, but each function by itself, so that linkers can drop it
  Order,  // block order, for comparison
};

// Where attribution `task` finds the running task's delta.
enum class DeltaKind {
  Default, // Segment where the target has it, else Thread
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
  kcov8_probe Probe = KCOV8_PROBE_COUNTER;
  kcov8_level Level = KCOV8_LEVEL_BB;
  CounterLayout Layout = CounterLayout::Spread;
  bool Early = false;
  bool PerTask = false;
  DeltaKind Delta = DeltaKind::Default;
  bool Near = false; // counters within 2 GiB of the code
  bool Prune = false;
  std::set<std::string> FlushIn; // functions; empty: a flush may be in any
  bool Summary = false; // probes mark which parts of the counters were hit
  bool TraceCmp = false;
  bool TraceOrder = false; // a list of first hits
  bool NoCtor = false;
  bool Remarks = false;

  // Functions that the source marks no_sanitize("coverage"), as far as only the
  // frontend knows.
  std::set<std::string> NoCoverage;

  // What was wrong with the options, ready to print; empty: nothing.
  std::string Error;

  // Canonical spelling for the block map; no list files, no prefix-map: those
  // would put build paths into the image.
  std::string canonical() const;
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

// All channels together; PassParameters is the text inside kcov8<...>.
Options readOptions(llvm::StringRef PassParameters);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_OPTIONS_H
