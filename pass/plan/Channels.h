// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where options come from, the same words in every channel:
//   KCOV8_OPTIONS                      environment, lowest precedence
//   -fplugin-arg-kcov8-OPT[=VALUE]     through kcov8-options.so
//   -mllvm -kcov8-OPT[=VALUE]          cl::opt
//   opt -passes='kcov8<OPT[=VALUE];...>'
#ifndef KCOV8_PASS_PLAN_CHANNELS_H
#define KCOV8_PASS_PLAN_CHANNELS_H

#include "option-table.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace kcov8 {

// What was given, by kcov8_option_id. The value of an option without one is "",
// of a switch the name that was used.
struct Settings {
  std::vector<std::string> Values[KCOV8_N_OPTIONS];

  // What was wrong, ready to print; empty: nothing.
  std::string Error;

  // Given, or at a default that is a word.
  bool has(unsigned Id) const;
  llvm::StringRef value(unsigned Id) const;
  // Does a word of kcov8_option_rules hold: NAME, or NAME=VALUE?
  bool holds(llvm::StringRef Word) const;
};

// All channels together; PassParameters is the text inside kcov8<...>.
Settings readChannels(llvm::StringRef PassParameters);

// Words that kcov8-options.so collected, separated by newlines; empty without
// it. Good while it is loaded.
llvm::StringRef fromFrontend(const char *GetterName);

// -ffunction-sections: a property of code generation that modules do not show.
bool hasFunctionSections();

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_CHANNELS_H
