// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Ranges.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <set>

using namespace llvm;

namespace kcov8 {
namespace {

class Describer {
public:
  Describer(FunctionMap &Map, const Paths &P) : Map(Map), P(P) {}

  BlockRange describe(const BasicBlock &B) {
    // Positions in the function's own text; else, for a block that came whole
    // from inlined functions, in the first of those.
    const DILocation *First = nullptr;
    for (const Instruction &I : B) {
      const DILocation *L = location(I);
      if (!L)
        continue;
      if (!First || (First->getInlinedAt() && !L->getInlinedAt()))
        First = L;
      if (!L->getInlinedAt())
        break;
    }
    BlockRange Range;
    std::map<unsigned, std::set<unsigned>> Lines;
    if (!First)
      return Range;
    Range.File = fileIndex(*First->getFile());
    std::pair<unsigned, unsigned> Low(-1u, 0), High(0, 0);
    for (const Instruction &I : B) {
      const DILocation *L = location(I);
      if (!L)
        continue;
      Lines[fileIndex(*L->getFile())].insert(L->getLine());
      if (L->getScope()->getSubprogram() !=
              First->getScope()->getSubprogram() ||
          L->getInlinedAt() != First->getInlinedAt() ||
          fileIndex(*L->getFile()) != Range.File)
        continue;
      std::pair<unsigned, unsigned> At(L->getLine(), L->getColumn());
      Low = std::min(Low, At);
      High = std::max(High, At);
    }
    Range.L0 = Low.first;
    Range.C0 = Low.second;
    Range.L1 = High.first;
    Range.C1 = High.second ? High.second + 1 : 0; // -gno-column-info
    for (auto &[File, Set] : Lines)
      for (unsigned Line : Set)
        if (!Range.Runs.empty() && Range.Runs.back().File == File &&
            Range.Runs.back().First + Range.Runs.back().Count == Line)
          Range.Runs.back().Count++;
        else
          Range.Runs.push_back({File, Line, 1});
    return Range;
  }

  unsigned fileIndex(const DIFile &File) {
    auto [It, New] = ByFile.try_emplace(&File, 0u);
    if (New)
      It->second =
          nameIndex(P.normalise(File.getFilename(), File.getDirectory()));
    return It->second;
  }

  unsigned nameIndex(const std::string &Name) {
    auto [It, New] = ByName.try_emplace(Name, Map.Files.size());
    if (New)
      Map.Files.push_back(Name);
    return It->second;
  }

private:
  // Where the code of I stands; line 0 is the compiler's own.
  static const DILocation *location(const Instruction &I) {
    const DILocation *L = I.getDebugLoc().get();
    return L && L->getLine() && !isa<DbgInfoIntrinsic>(I) && !isa<PHINode>(I)
               ? L
               : nullptr;
  }

  FunctionMap &Map;
  const Paths &P;
  std::map<const DIFile *, unsigned> ByFile;
  std::map<std::string, unsigned> ByName;
};

} // namespace

FunctionMap describeFunction(Function &F,
                             const std::vector<ChosenBlock> &Blocks,
                             const Paths &P, StringRef Source) {
  FunctionMap Map;
  Map.Name = F.getName().str();
  Map.MayBeCopied = F.hasComdat() || F.hasLinkOnceLinkage();
  Describer D(Map, P);
  if (DISubprogram *SP = F.getSubprogram()) {
    Map.Line = SP->getLine();
    D.fileIndex(*SP->getFile());
  } else {
    D.nameIndex(Source.str());
  }
  for (const ChosenBlock &Chosen : Blocks) {
    BlockRange Range = D.describe(*Chosen.Block);
    if (Chosen.Block->isEntryBlock()) {
      Range.Flags |= KCOV8_BLOCK_ENTRY;
      // The entry of an empty function has no line of its own.
      if (!Range.L0 && Map.Line)
        Range.L0 = Range.L1 = Map.Line, Range.Runs = {{0, Map.Line, 1}};
    }
    if (Chosen.Edge)
      Range.Flags |= KCOV8_BLOCK_EDGE;
    Map.Record.push_back(Map.Blocks.size());
    Map.Blocks.push_back(std::move(Range));
  }
  return Map;
}

std::vector<uint32_t> FunctionMap::keys() const {
  std::vector<uint32_t> Keys;
  for (uint32_t B : Record)
    Keys.push_back(Blocks[B].Key);
  return Keys;
}

uint32_t FunctionMap::checksum() const {
  return kcov8_checksum_keys(keys().data(), Blocks.size());
}

std::string FunctionMap::copyName() const {
  std::string Text;
  raw_string_ostream OS(Text);
  OS << format_hex_no_prefix(Hash, 16) << "."
     << format_hex_no_prefix(checksum(), 8) << Instance;
  return OS.str();
}

} // namespace kcov8
