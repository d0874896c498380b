// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The map goes into a section that is not allocated. LLVM has no global for
// that (one in such a section comes out allocated), so each entry is written
// by module asm. Entries hold no relocations: readers join them with the
// function records by hash and key, so no linker can complain about a
// discarded function, and none keeps one alive. Entries that several objects
// may hold (comdat functions) go into a section group named by hash and keys:
// equal copies are linked once.
#include "Map.h"
#include "kcov8/kcov8.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace kcov8 {
namespace {

// The bytes of one entry, in the target's byte order.
class Entry {
public:
  Entry(const Module &M, kcov8_map_kind Kind)
      : Little(M.getDataLayout().isLittleEndian()) {
    u32(KCOV8_MAP_MAGIC);
    u32(0); // the size, known at the end
    u16(KCOV8_ABI_VERSION);
    u16(Kind);
  }
  void u16(uint16_t X) { put(Bytes.size(), X, 2); }
  void u32(uint32_t X) { put(Bytes.size(), X, 4); }
  void u64(uint64_t X) { put(Bytes.size(), X, 8); }
  void uleb(uint64_t X) {
    raw_svector_ostream OS(Bytes);
    encodeULEB128(X, OS);
  }
  void str(StringRef Text) {
    uleb(Text.size());
    Bytes.append(Text.begin(), Text.end());
  }
  StringRef finish() {
    while (Bytes.size() % 4)
      Bytes.push_back(0);
    put(4, Bytes.size(), 4);
    return StringRef(Bytes.data(), Bytes.size());
  }

private:
  void put(size_t At, uint64_t X, unsigned Width) {
    Bytes.resize(std::max<size_t>(Bytes.size(), At + Width));
    for (unsigned I = 0; I < Width; I++)
      Bytes[At + I] = char(X >> 8 * (Little ? I : Width - 1 - I));
  }
  bool Little;
  SmallVector<char, 512> Bytes;
};

// `%progbits`: every GNU-like assembler takes it, also where @ is a comment.
void appendToMapSection(Module &M, StringRef Bytes, StringRef Group) {
  std::string Text;
  raw_string_ostream OS(Text);
  if (Group.empty())
    OS << ".pushsection " KCOV8_SECTION_MAP ",\"\",%progbits\n";
  else
    OS << ".pushsection " KCOV8_SECTION_MAP ",\"G\",%progbits," << Group
       << ",comdat\n";
  OS << ".p2align 2\n.ascii \"";
  for (unsigned char C : Bytes)
    if (C == '"' || C == '\\' || C < ' ' || C > '~')
      OS << '\\' << char('0' + (C >> 6)) << char('0' + (C >> 3 & 7))
         << char('0' + (C & 7));
    else
      OS << C;
  OS << "\"\n.popsection\n";
  M.appendModuleInlineAsm(OS.str());
}

} // namespace

void writeFunctionMap(Module &M, const FunctionMap &Map) {
  Entry E(M, KCOV8_MAP_FUNC);
  E.u64(Map.Hash);
  E.u32(Map.checksum());
  E.uleb(Map.Blocks.size());
  E.uleb(Map.Line);
  E.str(Map.Name);
  E.uleb(Map.Files.size());
  for (const std::string &File : Map.Files)
    E.str(File);
  for (const BlockRange &B : Map.Blocks) {
    E.u32(B.Key);
    for (unsigned X : {B.Flags, B.File, B.L0, B.C0, B.L1, B.C1})
      E.uleb(X);
    E.uleb(B.Runs.size());
    for (const LineRun &Run : B.Runs)
      for (unsigned X : {Run.File, Run.First, Run.Count})
        E.uleb(X);
  }
  appendToMapSection(M, E.finish(),
                     Map.MayBeCopied ? "__kcov8_map." + Map.copyName() : "");
}

void writeUnitMap(Module &M, StringRef Source, StringRef Options,
                  ArrayRef<kcov8_rule> Rules) {
  Entry E(M, KCOV8_MAP_UNIT);
  E.str(Source);
  E.str("kcov8 " KCOV8_VERSION " LLVM " LLVM_VERSION_STRING);
  E.str(Options);
  E.uleb(Rules.size());
  for (const kcov8_rule &R : Rules) {
    E.str(R.origin);
    E.str(R.text);
    E.uleb(R.hits);
  }
  appendToMapSection(M, E.finish(), "");
}

} // namespace kcov8
