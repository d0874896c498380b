// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Source paths as IDs, filters and the map see them: the same in any build
// directory.
#ifndef KCOV8_PASS_PLAN_PATHS_H
#define KCOV8_PASS_PLAN_PATHS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <utility>
#include <vector>

namespace kcov8 {

class Paths {
public:
  enum Language { C, Rust };

  // PrefixMap: OLD, NEW; the last one that matches wins, as in clang.
  explicit Paths(
      const std::vector<std::pair<std::string, std::string>> &PrefixMap,
      Language L = C);

  // 1. The path is made absolute (Directory, or the compiler's working
  //    directory) and cleaned of `.`, `..` and double slashes, by spelling.
  // 2. The last OLD of prefix-map that is a leading part of it, on a
  //    component boundary, is replaced by NEW.
  // 3. Otherwise, a path that shares its first component with the working
  //    directory becomes relative to that directory; others (/usr/include/...
  //    of a build in /home) stay absolute.
  //    Rust: only a path below the working directory becomes relative. cargo
  //    compiles the crates of a workspace in one directory, and others in
  //    their own: their paths are absolute everywhere, so that a generic
  //    function's path does not depend on who makes an instance of it.
  std::string normalise(llvm::StringRef Path,
                        llvm::StringRef Directory = "") const;

private:
  std::string Cwd;
  Language Of;
  std::string Below; // Rust: what becomes relative; empty: nothing
  std::vector<std::pair<std::string, std::string>> PrefixMap;
  mutable llvm::StringMap<std::string> Known;
};

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_PATHS_H
