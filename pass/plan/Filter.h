// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which sources and functions the user wants: the rules of this compilation's
// options (rules.h has the language).
#ifndef KCOV8_PASS_PLAN_FILTER_H
#define KCOV8_PASS_PLAN_FILTER_H

#include "Options.h"
#include "Paths.h"
#include "rules.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace kcov8 {

class Filter {
public:
  // Reads the lists; Error is "FILE:LINE: reason" if one is unusable.
  Filter(const Options &O, const Paths &P);
  ~Filter() { kcov8_rules_free(&Rules); }
  Filter(const Filter &) = delete;
  Filter &operator=(const Filter &) = delete;

  // nullptr: wanted. Otherwise the reason, for remarks.
  // Path: normalised.
  const char *refusesSource(llvm::StringRef Path);
  // Name as linked; names of C++ and Rust are also matched demangled.
  const char *refusesFunction(llvm::StringRef Name);

  // With what each has matched so far.
  llvm::ArrayRef<kcov8_rule> rules() const { return {Rules.rules, Rules.n}; }

  std::string Error;

private:
  kcov8_rules Rules = {};
};

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_FILTER_H
