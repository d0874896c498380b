// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which sources and functions the user wants. Files in SanitizerCoverage's
// form (src:GLOB, fun:GLOB, [section], #), and the inline form
// src:GLOB,!fun:GLOB. LLVM's own SpecialCaseList is not used: it reads
// patterns as regular expressions up to 16 and as globs later.
#ifndef KCOV8_PASS_FILTER_H
#define KCOV8_PASS_FILTER_H

#include "Options.h"
#include "Paths.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace kcov8 {

struct Rule {
  enum Kind { Source, Function } K;
  bool Allow; // of an allowlist; else of an ignorelist
  std::string Glob;
  std::string Origin; // "FILE:LINE", FILE normalised, or "filter="
  std::string Text;   // as written
  unsigned Hits = 0;  // sources or functions of this module that it matched
};

class Filter {
public:
  // Reads the lists; Error is "FILE:LINE: reason" if one is unusable.
  Filter(const Options &O, const Paths &P);

  // nullptr: wanted. Otherwise the reason, for remarks.
  // Path: normalised; matched whole and by every suffix after a slash.
  const char *refusesSource(llvm::StringRef Path);
  // Name as linked; C++ names are also matched demangled.
  const char *refusesFunction(llvm::StringRef Name);

  std::string Error;
  std::vector<Rule> Rules;

private:
  void readFile(llvm::StringRef File, bool Allow, const Paths &P);
  void readInline(llvm::StringRef Text);
  // The reason if Text is not a rule; "" if added or foreign (type:, global:).
  std::string addRule(llvm::StringRef Text, bool Allow, llvm::StringRef Origin);
  template <typename Matcher> const char *refuses(Rule::Kind K, Matcher M);
};

// `*` any characters, `?` one, `[a-z]` `[!a-z]` one of a set.
bool matchGlob(llvm::StringRef Glob, llvm::StringRef Text);

} // namespace kcov8

#endif // KCOV8_PASS_FILTER_H
