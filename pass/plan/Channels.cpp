// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Channels.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <memory>

using namespace llvm;

namespace kcov8 {
namespace {

// One cl::list per name of an option, alive as long as the plugin.
struct CommandLine {
  struct Word {
    std::string Spelling; // kcov8-NAME
    bool HasValue;
    std::unique_ptr<cl::list<std::string>> List;
  };
  std::vector<Word> Words;

  CommandLine() {
    Words.reserve(2 * KCOV8_N_OPTIONS); // lists refer to the spellings
    for (const kcov8_option &Row : kcov8_options)
      for (const char *Name : {Row.name, Row.off})
        if (Name) {
          Words.push_back({std::string("kcov8-") + Name, !!Row.value, nullptr});
          Words.back().List = std::make_unique<cl::list<std::string>>(
              StringRef(Words.back().Spelling),
              Row.value ? cl::ValueRequired : cl::ValueDisallowed, cl::Hidden,
              cl::desc(Row.help));
        }
  }
};
CommandLine TheCommandLine;

// The words of a row, for a message; "" if it has Value among them, or none.
std::string wordsWithout(const kcov8_option &Row, StringRef Value) {
  std::string Known;
  for (auto *Word = Row.words; Word && *Word; Word++) {
    if (Value == *Word)
      return "";
    Known += (Known.empty() ? "" : ", ") + std::string(*Word);
  }
  return Known;
}

// One channel. What it sets goes in front of what channels before it did;
// contradictions inside it are refused.
class Channel {
public:
  Channel(Settings &S, StringRef Where) : S(S), Where(Where) {}

  void add(StringRef Text) {
    if (Text.empty() || !S.Error.empty())
      return;
    bool HasValue = Text.contains('=');
    auto [Name, Value] = Text.split('=');
    int Id = kcov8_option_find(Name.str().c_str());
    if (Id < 0)
      return fail("unknown option '" + Name.str() + "' (known:" + known() +
                  ")");
    const kcov8_option &Row = kcov8_options[Id];
    if (bool(Row.value) != HasValue || (HasValue && Value.empty()))
      return fail("option '" + Name.str() +
                  (Row.value ? "' needs a value: " + Name.str() + "=..."
                             : "' takes no value"));
    if (Row.off)
      Value = Name;
    if (!Row.repeats) {
      auto [It, New] = Seen.emplace(Id, Value.str());
      if (!New && It->second != Value && Row.off)
        return fail(std::string("options '") + Row.name + "' and '" + Row.off +
                    "' exclude each other");
      if (!New && It->second != Value)
        return fail("option '" + Name.str() + "' given twice: '" + It->second +
                    "' and '" + Value.str() + "'");
    }
    std::string Known = wordsWithout(Row, Value);
    if (!Known.empty())
      return fail("option '" + Name.str() + "': '" + Value.str() +
                  "' is none of " + Known);
    if (HasValue && StringRef(Row.value).contains('=') &&
        (!Value.contains('=') || Value.front() == '='))
      return fail("option '" + Name.str() + "': '" + Value.str() + "' is not " +
                  Row.value);
    S.Values[Id].push_back(Value.str());
  }

private:
  void fail(const std::string &Reason) {
    S.Error = "kcov8: " + Where.str() + ": " + Reason;
  }
  static std::string known() {
    std::string Names;
    for (const kcov8_option &Row : kcov8_options)
      Names += std::string(" ") + Row.name;
    return Names;
  }

  Settings &S;
  StringRef Where;
  std::map<int, std::string> Seen;
};

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

} // namespace

bool Settings::has(unsigned Id) const {
  return !Values[Id].empty() || kcov8_options[Id].fallback;
}

StringRef Settings::value(unsigned Id) const {
  if (!Values[Id].empty())
    return Values[Id].back();
  const char *Fallback = kcov8_options[Id].fallback;
  return Fallback ? Fallback : "";
}

bool Settings::holds(StringRef Word) const {
  auto [Name, Value] = Word.split('=');
  const int Id = kcov8_option_find(Name.str().c_str());
  if (Id >= 0 && kcov8_options[Id].off)
    return value(Id) == Name;
  return Id >= 0 && has(Id) && (Value.empty() || value(Id) == Value);
}

StringRef fromFrontend(const char *GetterName) {
  using Getter = const char *(*)();
  void *Symbol = dlsym(RTLD_DEFAULT, GetterName);
  return Symbol ? reinterpret_cast<Getter>(Symbol)() : nullptr;
}

bool hasFunctionSections() {
  const StringRef Told = fromFrontend("kcov8_frontend_function_sections");
  if (Told.data())
    return !Told.empty();
  ErrorOr<std::unique_ptr<MemoryBuffer>> Line = std::error_code();
  bool Has = false;
  for (StringRef Arg : commandLine(Line)) {
    Has |= Arg == "-ffunction-sections" || Arg == "--function-sections" ||
           Arg == "-function-sections";
    Has &= Arg != "-fno-function-sections";
  }
  return Has;
}

Settings readChannels(StringRef PassParameters) {
  Settings S;
  SmallVector<StringRef, 64> Words;

  Channel Environment(S, "KCOV8_OPTIONS");
  if (const char *Text = std::getenv("KCOV8_OPTIONS"))
    StringRef(Text).split(Words, ' ', -1, false);
  for (StringRef Word : Words)
    Environment.add(Word);

  Channel Line(S, "command line");
  Words.clear();
  fromFrontend("kcov8_frontend_options").split(Words, '\n', -1, false);
  if (Words.empty()) // the same words, for steps without a frontend
    if (const char *Text = std::getenv("KCOV8_WRAPPER_OPTIONS"))
      StringRef(Text).split(Words, '\n', -1, false);
  for (StringRef Word : Words)
    Line.add(Word);
  if (Words.empty() && frontendOptionsLost())
    S.Error = "kcov8: -fplugin-arg-kcov8-... was given, but kcov8-options.so "
              "did not receive it: add -fplugin=.../kcov8-options.so, or use "
              "-mllvm -kcov8-... for IR input";
  for (const CommandLine::Word &Word : TheCommandLine.Words)
    for (const std::string &Value : *Word.List)
      Line.add(Word.Spelling.substr(strlen("kcov8-")) +
               (Word.HasValue ? "=" + Value : ""));

  Channel Parameters(S, "pass parameters");
  Words.clear();
  PassParameters.split(Words, ';', -1, false);
  for (StringRef Word : Words)
    Parameters.add(Word);
  return S;
}

} // namespace kcov8
