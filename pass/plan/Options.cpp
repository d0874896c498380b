// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Options.h"
#include "Channels.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace kcov8 {
namespace {

// "option 'near'", "delta=gs".
std::string settingName(StringRef Word) {
  return Word.contains('=') ? Word.str() : "option '" + Word.str() + "'";
}

std::string settingList(StringRef Words) {
  std::string Text;
  SmallVector<StringRef, 4> Each;
  Words.split(Each, ' ', -1, false);
  for (StringRef Word : Each)
    Text += (Text.empty() ? "" : " and ") +
            (Word.contains('=') ? Word.str() : "'" + Word.str() + "'");
  return Text;
}

bool allHold(const Settings &S, StringRef Words) {
  SmallVector<StringRef, 4> Each;
  Words.split(Each, ' ', -1, false);
  return all_of(Each, [&](StringRef Word) { return S.holds(Word); });
}

// What is on by default alone gives way to what excludes it.
void yieldToExclusions(Settings &S) {
  for (unsigned I = 0; I < kcov8_n_option_rules; I++) {
    const kcov8_option_rule &R = kcov8_option_rules[I];
    const int Id = R.excludes ? kcov8_option_find(R.excludes) : -1;
    if (Id >= 0 && S.Values[Id].empty() && kcov8_options[Id].off &&
        S.holds(R.option) && (!R.with || S.holds(R.with)))
      S.Values[Id] = {kcov8_options[Id].off};
  }
}

// The first rule of the table that is broken, or "".
std::string brokenRule(const Settings &S) {
  for (unsigned I = 0; I < kcov8_n_option_rules; I++) {
    const kcov8_option_rule &R = kcov8_option_rules[I];
    if (!S.holds(R.option) || (R.with && !S.holds(R.with)))
      continue;
    if ((!R.needs || allHold(S, R.needs)) &&
        (!R.excludes || !S.holds(R.excludes)))
      continue;
    std::string Text = settingName(R.option);
    if (R.with)
      Text += std::string(" with ") + R.with;
    if (R.needs)
      Text += " needs " + settingList(R.needs);
    if (R.excludes)
      Text += std::string(R.needs ? ", and" : "") + " excludes " +
              settingList(R.excludes);
    return "kcov8: " + Text;
  }
  return "";
}

std::string canonical(const Settings &S) {
  std::string Text;
  for (unsigned I = 0; I < KCOV8_N_OPTIONS; I++) {
    const kcov8_option &Row = kcov8_options[I];
    if (Row.record == KCOV8_RECORD_NEVER || !S.has(I) ||
        (Row.record == KCOV8_RECORD_SET && Row.fallback &&
         S.value(I) == Row.fallback))
      continue;
    std::set<std::string> Values(S.Values[I].begin(), S.Values[I].end());
    if (!Row.repeats)
      Values = {S.value(I).str()};
    for (const std::string &Value : Values)
      Text += (Text.empty() ? "" : " ") +
              (Row.off ? "" : std::string(Row.name) + (Row.value ? "=" : "")) +
              Value;
  }
  return Text;
}

// The number of the word that an option is set to.
unsigned word(const Settings &S, kcov8_option_id Id) {
  unsigned I = 0;
  for (; kcov8_options[Id].words[I]; I++)
    if (S.value(Id) == kcov8_options[Id].words[I])
      break;
  return I;
}

void fill(Options &O, const Settings &S) {
  auto Given = [&](kcov8_option_id Id) { return !S.Values[Id].empty(); };
  O.Allowlists = S.Values[KCOV8_OPT_ALLOWLIST];
  O.Ignorelists = S.Values[KCOV8_OPT_IGNORELIST];
  O.Filters = S.Values[KCOV8_OPT_FILTER];
  O.Unit = S.value(KCOV8_OPT_UNIT).str();
  O.Probe = kcov8_probe(word(S, KCOV8_OPT_PROBE));
  O.Level = kcov8_level(word(S, KCOV8_OPT_LEVEL));
  O.Early = word(S, KCOV8_OPT_PLACE);
  O.PerTask = word(S, KCOV8_OPT_ATTRIBUTION);
  if (O.PerTask)
    O.Delta = DeltaKind(word(S, KCOV8_OPT_DELTA));
  O.Near = Given(KCOV8_OPT_NEAR);
  O.Prune = S.value(KCOV8_OPT_PRUNE) == kcov8_options[KCOV8_OPT_PRUNE].name;
  O.FlushIn.insert(S.Values[KCOV8_OPT_FLUSH_IN].begin(),
                   S.Values[KCOV8_OPT_FLUSH_IN].end());
  O.Summary = Given(KCOV8_OPT_SUMMARY);
  O.TraceCmp = Given(KCOV8_OPT_TRACE_CMP);
  O.TraceOrder = Given(KCOV8_OPT_TRACE_ORDER);
  O.NoCtor = Given(KCOV8_OPT_NO_CTOR);
  O.Remarks = Given(KCOV8_OPT_REMARKS);
  for (const std::string &Text : S.Values[KCOV8_OPT_PREFIX_MAP]) {
    auto [Old, New] = StringRef(Text).split('=');
    O.PrefixMap.emplace_back(Old.str(), New.str());
  }
}

} // namespace

Options readOptions(StringRef PassParameters, const Triple &Target) {
  Options O;
  Settings S = readChannels(PassParameters);
  O.Error = S.Error;
  if (!O.Error.empty())
    return O;

  const bool HasSegment =
      Target.getArch() == Triple::x86_64 || isOffloaded(Target);
  std::vector<std::string> &Delta = S.Values[KCOV8_OPT_DELTA];
  if (Delta.empty() && S.holds("attribution=task"))
    Delta = {HasSegment ? "gs" : "thread"};
  yieldToExclusions(S);
  O.Error = brokenRule(S);
  fill(O, S);
  if (usesSegment(O) && !HasSegment && O.Error.empty())
    O.Error = "kcov8: delta=" + Delta.back() + ": target '" + Target.str() +
              "' has no gs";
  O.Canonical = canonical(S);
  O.Apart = hasFunctionSections();
  SmallVector<StringRef, 64> Names;
  fromFrontend("kcov8_frontend_no_coverage").split(Names, '\n', -1, false);
  for (StringRef Name : Names)
    O.NoCoverage.insert(Name.str());
  return O;
}

} // namespace kcov8
