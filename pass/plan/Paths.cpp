// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Paths.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdlib>

using namespace llvm;

namespace kcov8 {
namespace {

constexpr auto Posix = sys::path::Style::posix;

std::string clean(StringRef Path, StringRef Directory) {
  SmallString<256> Text;
  if (!sys::path::is_absolute(Path, Posix))
    Text = Directory;
  sys::path::append(Text, Posix, Path);
  sys::path::remove_dots(Text, /*remove_dot_dot=*/true, Posix);
  return std::string(Text);
}

// Is Old all of Path, or a leading part that ends at a slash?
bool leads(StringRef Old, StringRef Path) {
  return Path.consume_front(Old) &&
         (Path.empty() || Path[0] == '/' || Old == "/");
}

std::string relativeTo(StringRef Path, StringRef Base) {
  SmallVector<StringRef, 16> P, B;
  Path.split(P, '/', -1, false);
  Base.split(B, '/', -1, false);
  size_t Same = 0;
  while (Same < P.size() && Same < B.size() && P[Same] == B[Same])
    Same++;
  if (!Same)
    return Path.str();
  std::string Text;
  for (size_t I = Same; I < B.size(); I++)
    Text += "../";
  for (size_t I = Same; I < P.size(); I++)
    Text += P[I].str() + (I + 1 < P.size() ? "/" : "");
  return Text;
}

// Does cargo compile a crate from outside of the workspace? Its directory is
// that crate's then, and the crate is not one that the user asked for.
bool isDependency() {
  const char *Package = std::getenv("CARGO_MANIFEST_DIR");
  return Package && !std::getenv("CARGO_PRIMARY_PACKAGE") &&
         sys::fs::equivalent(Package, ".");
}

} // namespace

Paths::Paths(const std::vector<std::pair<std::string, std::string>> &Given,
             Language L)
    : Of(L) {
  SmallString<256> Here;
  if (!sys::fs::current_path(Here))
    Cwd = std::string(Here);
  if (L == Rust && !isDependency())
    Below = Cwd;
  for (auto &[Old, New] : Given)
    PrefixMap.emplace_back(clean(Old, Cwd), New);
}

std::string Paths::normalise(StringRef Path, StringRef Directory) const {
  if (Path.empty() || Path[0] == '<') // <stdin>, <built-in>
    return Path.str();
  std::string Absolute =
      clean(Path, Directory.empty() ? Cwd : clean(Directory, Cwd));
  std::string &Result = Known[Absolute];
  if (!Result.empty())
    return Result;
  for (auto It = PrefixMap.rbegin(); It != PrefixMap.rend(); ++It) {
    if (!leads(It->first, Absolute))
      continue;
    StringRef Rest = StringRef(Absolute).drop_front(It->first.size());
    Rest.consume_front("/");
    SmallString<256> Text(It->second);
    if (!Rest.empty())
      sys::path::append(Text, Posix, Rest);
    sys::path::remove_dots(Text, /*remove_dot_dot=*/false, Posix);
    return Result = std::string(Text);
  }
  if (Of == C)
    return Result = relativeTo(Absolute, Cwd);
  StringRef Rest = Absolute;
  if (!Below.empty() && leads(Below, Rest) && Rest.consume_front(Below))
    Rest.consume_front("/");
  return Result = Rest.empty() ? Absolute : Rest.str();
}

} // namespace kcov8
