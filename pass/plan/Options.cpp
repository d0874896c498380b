// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Options.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <memory>

using namespace llvm;

namespace kcov8 {
namespace {

// Sets one option; returns what is wrong with the value, or "".
using Setter = std::string (*)(Options &, StringRef Value);

struct OptionInfo {
  const char *Name;
  bool TakesValue;
  bool Repeats; // may be given more than once, adds up
  const char *Help;
  Setter Set;
};

template <typename T>
std::string choose(T &Out, StringRef Value,
                   std::initializer_list<std::pair<const char *, T>> Words) {
  std::string Known;
  for (auto &[Word, Meaning] : Words) {
    if (Value == Word) {
      Out = Meaning;
      return "";
    }
    Known += Known.empty() ? Word : std::string(", ") + Word;
  }
  return "'" + Value.str() + "' is none of " + Known;
}

const OptionInfo Table[] = {
    {"allowlist", true, true, "instrument only what FILE names",
     [](Options &O, StringRef V) -> std::string {
       O.Allowlists.push_back(V.str());
       return "";
     }},
    {"ignorelist", true, true, "do not instrument what FILE names",
     [](Options &O, StringRef V) -> std::string {
       O.Ignorelists.push_back(V.str());
       return "";
     }},
    {"filter", true, true,
     "rules separated by commas: src:GLOB, fun:GLOB, !src:GLOB, !fun:GLOB",
     [](Options &O, StringRef V) -> std::string {
       O.Filters.push_back(V.str());
       return "";
     }},
    {"probe", true, false, "counter, flag or wrapping",
     [](Options &O, StringRef V) {
       return choose<kcov8_probe>(O.Probe, V,
                                  {{"counter", KCOV8_PROBE_COUNTER},
                                   {"flag", KCOV8_PROBE_FLAG},
                                   {"wrapping", KCOV8_PROBE_WRAPPING}});
     }},
    {"level", true, false, "func, bb or edge",
     [](Options &O, StringRef V) {
       return choose<kcov8_level>(O.Level, V,
                                  {{"func", KCOV8_LEVEL_FUNC},
                                   {"bb", KCOV8_LEVEL_BB},
                                   {"edge", KCOV8_LEVEL_EDGE}});
     }},
    {"place", true, false, "late (after the optimiser) or early (before it)",
     [](Options &O, StringRef V) {
       return choose<bool>(O.Early, V, {{"late", false}, {"early", true}});
     }},
    {"layout", true, false, "spread, group (each function apart) or order",
     [](Options &O, StringRef V) {
       return choose<CounterLayout>(O.Layout, V,
                                    {{"spread", CounterLayout::Spread},
                                     {"group", CounterLayout::Group},
                                     {"order", CounterLayout::Order}});
     }},
    {"attribution", true, false,
     "process (one counter array) or task (one for each enabled task)",
     [](Options &O, StringRef V) {
       return choose<bool>(O.PerTask, V, {{"process", false}, {"task", true}});
     }},
    {"delta", true, false,
     "attribution=task: gs (segment base), thread (a thread-local), global or "
     "percpu (of a kernel)",
     [](Options &O, StringRef V) {
       return choose<DeltaKind>(O.Delta, V,
                                {{"gs", DeltaKind::Segment},
                                 {"thread", DeltaKind::Thread},
                                 {"global", DeltaKind::Global},
                                 {"percpu", DeltaKind::PerCpu}});
     }},
    {"near", false, false,
     "counters lie within 2 GiB of the code, whatever -mcmodel says (delta=gs)",
     [](Options &O, StringRef) -> std::string {
       O.Near = true;
       return "";
     }},
    {"prune", false, false,
     "no probe where others' probes tell the same; reports stay complete",
     [](Options &O, StringRef) -> std::string {
       O.Prune = true;
       return "";
     }},
    {"flush-in", true, true,
     "prune: flushes are in FUNCTION alone; all other calls return",
     [](Options &O, StringRef V) -> std::string {
       O.FlushIn.insert(V.str());
       return "";
     }},
    {"summary", false, false, "probes mark what a flush has to look at",
     [](Options &O, StringRef) -> std::string {
       O.Summary = true;
       return "";
     }},
    {"trace-order", false, false,
     "PCs in the order in which blocks first ran (attribution=task)",
     [](Options &O, StringRef) -> std::string {
       O.TraceOrder = true;
       return "";
     }},
    {"trace-cmp", false, false, "record comparisons (KCOV_TRACE_CMP)",
     [](Options &O, StringRef) -> std::string {
       O.TraceCmp = true;
       return "";
     }},
    {"prefix-map", true, true, "OLD=NEW: replace a prefix of source paths",
     [](Options &O, StringRef V) -> std::string {
       auto [Old, New] = V.split('=');
       if (Old.empty() || !V.contains('='))
         return "'" + V.str() + "' is not OLD=NEW";
       O.PrefixMap.emplace_back(Old.str(), New.str());
       return "";
     }},
    {"unit", true, false, "tells a source apart that is compiled twice",
     [](Options &O, StringRef V) -> std::string {
       O.Unit = V.str();
       return "";
     }},
    {"no-ctor", false, false, "the host registers the image itself",
     [](Options &O, StringRef) -> std::string {
       O.NoCtor = true;
       return "";
     }},
    {"remarks", false, false, "say of each function what was done and why",
     [](Options &O, StringRef) -> std::string {
       O.Remarks = true;
       return "";
     }},
};

const OptionInfo *find(StringRef Name) {
  for (const OptionInfo &Info : Table)
    if (Name == Info.Name)
      return &Info;
  return nullptr;
}

// One cl::list per row, alive as long as the plugin.
struct CommandLine {
  std::vector<std::string> Names;
  std::vector<std::unique_ptr<cl::list<std::string>>> Lists;

  CommandLine() {
    Names.reserve(std::size(Table));
    for (const OptionInfo &Info : Table) {
      Names.push_back(std::string("kcov8-") + Info.Name);
      auto Expected = Info.TakesValue ? cl::ValueRequired : cl::ValueDisallowed;
      Lists.push_back(std::make_unique<cl::list<std::string>>(
          StringRef(Names.back()), Expected, cl::Hidden, cl::desc(Info.Help)));
    }
  }
};
CommandLine TheCommandLine;

// One channel: remembers what it set, to refuse contradictions inside it.
class Channel {
public:
  Channel(Options &O, StringRef Where) : O(O), Where(Where) {}

  void add(StringRef Text) {
    if (Text.empty() || !O.Error.empty())
      return;
    bool HasValue = Text.contains('=');
    auto [Name, Value] = Text.split('=');
    const OptionInfo *Info = find(Name);
    if (!Info)
      return fail("unknown option '" + Name.str() + "' (known:" + known() +
                  ")");
    if (Info->TakesValue != HasValue || (HasValue && Value.empty()))
      return fail("option '" + Name.str() +
                  (Info->TakesValue ? "' needs a value: " + Name.str() + "=..."
                                    : "' takes no value"));
    if (!Info->Repeats) {
      auto [It, New] = Seen.emplace(Name.str(), Value.str());
      if (!New && It->second != Value)
        return fail("option '" + Name.str() + "' given twice: '" + It->second +
                    "' and '" + Value.str() + "'");
    }
    std::string Wrong = Info->Set(O, Value);
    if (!Wrong.empty())
      fail("option '" + Name.str() + "': " + Wrong);
  }

private:
  void fail(const std::string &Reason) {
    O.Error = "kcov8: " + Where.str() + ": " + Reason;
  }
  static std::string known() {
    std::string Names;
    for (const OptionInfo &Info : Table)
      Names += std::string(" ") + Info.Name;
    return Names;
  }

  Options &O;
  StringRef Where;
  std::map<std::string, std::string> Seen;
};

// What kcov8-options.so stored, separated by newlines; empty without it.
SmallVector<StringRef, 64> fromFrontend(const char *GetterName) {
  using Getter = const char *(*)();
  SmallVector<StringRef, 64> Words;
  if (void *Symbol = dlsym(RTLD_DEFAULT, GetterName))
    StringRef(reinterpret_cast<Getter>(Symbol)()).split(Words, '\n', -1, false);
  return Words;
}

// Is Arg such an option, or a file of arguments (@FILE, --config) with one?
bool namesFrontendOption(StringRef Arg, unsigned Depth = 0) {
  Arg = Arg.trim("\"'");
  if (Arg.take_front(19) == "-fplugin-arg-kcov8-" || Arg == "-plugin-arg-kcov8")
    return true;
  // Regular files only: a pipe has been read already.
  if (!Arg.consume_front("@") || Depth > 4 || !sys::fs::is_regular_file(Arg))
    return false;
  auto File = MemoryBuffer::getFile(Arg);
  if (!File)
    return false;
  SmallVector<StringRef, 64> Words;
  SplitString((*File)->getBuffer(), Words, " \t\r\n");
  for (StringRef Word : Words)
    if (namesFrontendOption(Word, Depth + 1))
      return true;
  return false;
}

// This process's command line; Line owns it.
SmallVector<StringRef, 64>
commandLine(ErrorOr<std::unique_ptr<MemoryBuffer>> &Line) {
  SmallVector<StringRef, 64> Args;
  Line = MemoryBuffer::getFileAsStream("/proc/self/cmdline");
  if (Line)
    (*Line)->getBuffer().split(Args, '\0');
  return Args;
}

// clang drops -fplugin-arg-kcov8-... without a word if no such frontend plugin
// is loaded, or if the frontend does not run (IR input). Do not follow it.
bool frontendOptionsLost() {
  ErrorOr<std::unique_ptr<MemoryBuffer>> Line = std::error_code();
  SmallVector<StringRef, 64> Args = commandLine(Line);
  bool Config = false; // the driver's word in front was --config
  for (StringRef Arg : Args) {
    Config |= Arg.consume_front("--config=");
    if (namesFrontendOption(Config ? "@" + Arg.str() : Arg.str()))
      return true;
    Config = Arg == "--config";
  }
  return false;
}

// -ffunction-sections: a property of code generation that modules do not show.
bool hasFunctionSections() {
  if (dlsym(RTLD_DEFAULT, "kcov8_frontend_function_sections"))
    return !fromFrontend("kcov8_frontend_function_sections").empty();
  ErrorOr<std::unique_ptr<MemoryBuffer>> Line = std::error_code();
  bool Has = false;
  for (StringRef Arg : commandLine(Line)) {
    Has |= Arg == "-ffunction-sections" || Arg == "--function-sections" ||
           Arg == "-function-sections";
    Has &= Arg != "-fno-function-sections";
  }
  return Has;
}

} // namespace

Options readOptions(StringRef PassParameters) {
  Options O;
  SmallVector<StringRef, 64> Words;

  Channel Environment(O, "KCOV8_OPTIONS");
  if (const char *Text = std::getenv("KCOV8_OPTIONS"))
    StringRef(Text).split(Words, ' ', -1, false);
  for (StringRef Word : Words)
    Environment.add(Word);

  Channel Line(O, "command line");
  Words = fromFrontend("kcov8_frontend_options");
  for (StringRef Word : Words)
    Line.add(Word);
  if (Words.empty() && frontendOptionsLost())
    O.Error = "kcov8: -fplugin-arg-kcov8-... was given, but kcov8-options.so "
              "did not receive it: add -fplugin=.../kcov8-options.so, or use "
              "-mllvm -kcov8-... for IR input";
  for (StringRef Name : fromFrontend("kcov8_frontend_no_coverage"))
    O.NoCoverage.insert(Name.str());
  for (size_t I = 0; I < TheCommandLine.Lists.size(); I++)
    for (const std::string &Value : *TheCommandLine.Lists[I]) {
      std::string Text = Table[I].Name;
      if (Table[I].TakesValue)
        Text += "=" + Value;
      Line.add(Text);
    }

  Channel Parameters(O, "pass parameters");
  Words.clear();
  PassParameters.split(Words, ';', -1, false);
  for (StringRef Word : Words)
    Parameters.add(Word);

  // The optimiser could part a mark from its counter.
  if (O.Summary && O.Early && O.Error.empty())
    O.Error = "kcov8: option 'summary' needs place=late";
  if (O.PerTask && O.Early && O.Error.empty())
    O.Error = "kcov8: attribution=task needs place=late";

  // A block without a probe has no place in the order; nor have several tasks'.
  if (O.TraceOrder && (!O.PerTask || O.Prune) && O.Error.empty())
    O.Error =
        "kcov8: option 'trace-order' needs attribution=task, and excludes "
        "'prune'";

  if (!O.FlushIn.empty() && !O.Prune && O.Error.empty())
    O.Error = "kcov8: option 'flush-in' needs 'prune'";

  // An array that functions share would keep their sections together.
  if (O.Layout == CounterLayout::Spread && hasFunctionSections())
    O.Layout = CounterLayout::Group;
  return O;
}

std::string Options::canonical() const {
  static const char *const Probes[] = {"counter", "flag", "wrapping"};
  static const char *const Levels[] = {"func", "bb", "edge"};
  static const char *const Layouts[] = {"spread", "group", "order"};
  std::string Text = std::string("probe=") + Probes[Probe] +
                     " level=" + Levels[Level] +
                     " place=" + (Early ? "early" : "late") +
                     " layout=" + Layouts[unsigned(Layout)];
  static const char *const Deltas[] = {"default", "gs", "thread", "global",
                                       "percpu"};
  if (PerTask)
    Text += std::string(" attribution=task delta=") + Deltas[unsigned(Delta)];
  if (Near)
    Text += " near";
  if (Prune)
    Text += " prune";
  for (const std::string &Name : FlushIn)
    Text += " flush-in=" + Name;
  if (Summary)
    Text += " summary";
  if (!Unit.empty())
    Text += " unit=" + Unit;
  if (TraceOrder)
    Text += " trace-order";
  if (TraceCmp)
    Text += " trace-cmp";
  if (NoCtor)
    Text += " no-ctor";
  return Text;
}

} // namespace kcov8
