// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Filter.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace kcov8 {
namespace {

// Length of the set that starts at Glob[0] == '[', 0 if it is not closed.
size_t setLength(StringRef Glob) {
  size_t I = 1;
  if (I < Glob.size() && (Glob[I] == '!' || Glob[I] == '^'))
    I++;
  if (I < Glob.size() && Glob[I] == ']') // first: an ordinary member
    I++;
  while (I < Glob.size() && Glob[I] != ']')
    I++;
  return I < Glob.size() ? I + 1 : 0;
}

bool inSet(StringRef Set, char C) {
  Set = Set.drop_front().drop_back();
  bool Negated = Set[0] == '!' || Set[0] == '^';
  if (Negated)
    Set = Set.drop_front();
  bool Found = false;
  for (size_t I = 0; I < Set.size(); I++) {
    unsigned char Low = Set[I], High = Low, X = C;
    if (I + 2 < Set.size() && Set[I + 1] == '-') {
      High = Set[I + 2];
      I += 2;
    }
    Found |= Low <= X && X <= High;
  }
  return Found != Negated;
}

std::string checkGlob(StringRef Glob) {
  if (Glob.empty())
    return "empty pattern";
  const std::string Regex =
      "looks like a regular expression; patterns are globs: ";
  if (Glob.take_front(2) == ".*")
    return Regex + "write * for .*";
  for (size_t I = 0; I < Glob.size(); I++) {
    if (Glob[I] == '[') {
      size_t Length = setLength(Glob.drop_front(I));
      if (!Length)
        return "'[' without ']'";
      I += Length - 1;
    } else if (StringRef("(){}|+^$\\").contains(Glob[I])) {
      return Regex + "*, ?, [...]";
    }
  }
  return "";
}

// What is wrong with a section's name, or "". Other sanitizers' sections may be
// spelled as LLVM likes.
std::string readSection(StringRef Line, bool &Ours) {
  if (!Line.consume_back("]"))
    return "section header without ']'";
  std::string Wrong = checkGlob(Line);
  Ours = Wrong.empty() &&
         (matchGlob(Line, "coverage") || matchGlob(Line, "kcov8"));
  if (!Wrong.empty() && (Line.contains("coverage") || Line.contains("kcov8")))
    return "'[" + Line.str() + "]': " + Wrong;
  return "";
}

} // namespace

bool matchGlob(StringRef Glob, StringRef Text) {
  // Greedy with one point of return: the last star.
  size_t G = 0, T = 0, StarG = StringRef::npos, StarT = 0;
  while (T < Text.size()) {
    if (G < Glob.size() && Glob[G] == '*') {
      StarG = ++G;
      StarT = T;
      continue;
    }
    size_t Step = 0;
    if (G < Glob.size()) {
      size_t Set = Glob[G] == '[' ? setLength(Glob.drop_front(G)) : 0;
      if (Set ? inSet(Glob.substr(G, Set), Text[T])
              : Glob[G] == '?' || Glob[G] == Text[T])
        Step = Set ? Set : 1;
    }
    if (Step) {
      G += Step;
      T++;
    } else if (StarG != StringRef::npos) {
      G = StarG;
      T = ++StarT;
    } else {
      return false;
    }
  }
  while (G < Glob.size() && Glob[G] == '*')
    G++;
  return G == Glob.size();
}

Filter::Filter(const Options &O, const Paths &P) {
  for (const std::string &File : O.Allowlists)
    readFile(File, true, P);
  for (const std::string &File : O.Ignorelists)
    readFile(File, false, P);
  for (const std::string &Text : O.Filters)
    readInline(Text);
}

std::string Filter::addRule(StringRef Text, bool Allow, StringRef Origin) {
  auto [Kind, Glob] = Text.split(':');
  if (!Text.contains(':'))
    return "not a rule: '" + Text.str() + "' (expected src:GLOB or fun:GLOB)";
  for (const char *Foreign : {"type", "global", "mainfile", "enum"})
    if (Kind == Foreign)
      return ""; // other sanitizers' rules in a shared list
  if (Kind != "src" && Kind != "fun")
    return "unknown kind of rule '" + Kind.str() + ":' (expected src: or fun:)";
  Glob = Glob.split('=').first; // SpecialCaseList's category: not ours
  if (Kind == "src")
    Glob.consume_front("./"); // as in normalised paths
  std::string Wrong = checkGlob(Glob);
  if (!Wrong.empty())
    return "'" + Text.str() + "': " + Wrong;
  Rules.push_back({Kind == "src" ? Rule::Source : Rule::Function, Allow,
                   Glob.str(), Origin.str(), Text.str()});
  return "";
}

void Filter::readFile(StringRef File, bool Allow, const Paths &P) {
  auto Buffer = MemoryBuffer::getFile(File);
  if (!Buffer) {
    if (Error.empty())
      Error = File.str() + ": " + Buffer.getError().message();
    return;
  }
  SmallVector<StringRef, 64> Lines;
  (*Buffer)->getBuffer().split(Lines, '\n');
  bool Ours = true;
  unsigned Number = 0;
  const size_t Before = Rules.size();
  for (StringRef Line : Lines) {
    Number++;
    Line = Line.split('#').first.trim();
    if (Line.empty() || !Error.empty())
      continue;
    std::string At = ":" + std::to_string(Number);
    std::string Wrong;
    if (Line.consume_front("["))
      Wrong = readSection(Line, Ours);
    else if (Ours)
      Wrong = addRule(Line, Allow, P.normalise(File) + At);
    if (!Wrong.empty())
      Error = File.str() + At + ": " + Wrong;
  }
  // Taken literally it would instrument nothing, read carelessly everything.
  if (Allow && Rules.size() == Before && Error.empty())
    Error = File.str() + ": allowlist without a rule for [coverage]";
}

void Filter::readInline(StringRef Text) {
  while (!Text.empty() && Error.empty()) {
    size_t End = 0; // a comma inside a set does not separate
    while (End < Text.size() && Text[End] != ',') {
      size_t Set = Text[End] == '[' ? setLength(Text.drop_front(End)) : 0;
      End += Set ? Set : 1;
    }
    StringRef One = Text.take_front(End).trim();
    Text = Text.drop_front(std::min(End + 1, Text.size()));
    size_t Before = Rules.size();
    bool Allow = !One.consume_front("!");
    std::string Wrong = addRule(One, Allow, "filter=");
    if (!Wrong.empty())
      Error = "filter=: " + Wrong;
    else if (!Allow && Rules.size() > Before)
      Rules.back().Text = "!" + Rules.back().Text;
  }
}

// Allowed if any allow rule of this kind matches, or there is none; then
// refused if any ignore rule matches. All rules are tried: hits are counted.
template <typename Matcher>
const char *Filter::refuses(Rule::Kind K, Matcher Matches) {
  bool AnyAllow = false, Allowed = false, Ignored = false;
  for (Rule &R : Rules) {
    if (R.K != K)
      continue;
    bool Hit = Matches(R.Glob);
    R.Hits += Hit;
    AnyAllow |= R.Allow;
    Allowed |= R.Allow && Hit;
    Ignored |= !R.Allow && Hit;
  }
  if (AnyAllow && !Allowed)
    return K == Rule::Source ? "source is not in the allowlist"
                             : "function is not in the allowlist";
  if (Ignored)
    return K == Rule::Source ? "source is in the ignorelist"
                             : "function is in the ignorelist";
  return nullptr;
}

const char *Filter::refusesSource(StringRef Path) {
  return refuses(Rule::Source, [&](StringRef Glob) {
    if (matchGlob(Glob, Path))
      return true;
    for (size_t I = Path.find('/'); I != StringRef::npos;
         I = Path.find('/', I + 1))
      if (matchGlob(Glob, Path.drop_front(I + 1)))
        return true;
    return false;
  });
}

const char *Filter::refusesFunction(StringRef Name) {
  std::string Demangled =
      Name.take_front(2) == "_Z" ? demangle(Name.str()) : Name.str();
  return refuses(Rule::Function, [&](StringRef Glob) {
    return matchGlob(Glob, Name) || matchGlob(Glob, Demangled);
  });
}

} // namespace kcov8
