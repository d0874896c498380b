// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Filter.h"
#include "Names.h"
#include "llvm/Demangle/Demangle.h"

using namespace llvm;

namespace kcov8 {

Filter::Filter(const Options &O, const Paths &P) {
  int Failed = 0;
  auto readFile = [&](const std::string &File, bool Allow) {
    if (!Failed)
      Failed = kcov8_rules_add_file(&Rules, File.c_str(),
                                    P.normalise(File).c_str(), Allow);
  };
  for (const std::string &File : O.Allowlists)
    readFile(File, true);
  for (const std::string &File : O.Ignorelists)
    readFile(File, false);
  for (const std::string &Text : O.Filters)
    if (!Failed)
      Failed = kcov8_rules_add_line(&Rules, Text.c_str(), "filter=");
  if (Failed)
    Error = Rules.error ? Rules.error : "no memory for filter rules";
}

const char *Filter::refusesSource(StringRef Path) {
  return kcov8_rules_refuse_source(&Rules, Path.str().c_str());
}

const char *Filter::refusesFunction(StringRef Name) {
  const std::string Linked = Name.str();
  std::string Demangled = demangledRust(Linked);
  if (Demangled.empty() && Name.take_front(2) == "_Z")
    Demangled = demangle(Linked);
  return kcov8_rules_refuse_function(
      &Rules, Linked.c_str(), Demangled.empty() ? nullptr : Demangled.c_str());
}

} // namespace kcov8
