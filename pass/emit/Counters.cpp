// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Counters.h"
#include "LLVMCompat.h"
#include "kcov8/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace kcov8 {
namespace {

CounterPlace emitArray(Module &M, size_t Blocks, const Twine &Name,
                       Comdat *Group) {
  CounterPlace Place;
  Place.Rows = (Blocks + 3) / 4;
  size_t Bytes = kcov8_counter_bytes(0, Blocks, Place.Rows);
  auto *Type = ArrayType::get(IntegerType::get(M.getContext(), 8), Bytes);
  // External while the optimiser may still run: it would take a local array
  // apart. emitFunctionTables() sets the linkage.
  auto *Array = new GlobalVariable(M, Type, /*isConstant=*/false,
                                   GlobalValue::ExternalLinkage,
                                   Constant::getNullValue(Type), Name);
  Array->setVisibility(GlobalValue::HiddenVisibility);
  Array->setDSOLocal(true);
  Array->setSection(KCOV8_SECTION_COUNTERS);
  Array->setAlignment(Align(1));
  Array->setComdat(Group);
  Place.Array = Array;
  return Place;
}

// Name in a symbol of ours. Assemblers read @ as a version, and quotes end
// names: such a name is replaced by its hash.
std::string symbolPart(StringRef Name) {
  Name.consume_front("\1");
  const bool Plain = all_of(Name, [](unsigned char C) {
    return isAlnum(C) || C == '_' || C == '.' || C == '$' || C >= 0x80;
  });
  if (Plain)
    return Name.str();
  const uint64_t Hash =
      kcov8_hash_function(Name.data(), Name.size(), "", 0, "", 0);
  return "odd." + utohexstr(Hash, /*LowerCase=*/true);
}

} // namespace

Constant *byteOf(GlobalVariable &Array, uint32_t At) {
  auto *Word = Type::getInt32Ty(Array.getContext());
  return ConstantExpr::getInBoundsGetElementPtr(
      Array.getValueType(), &Array,
      ArrayRef<Constant *>{ConstantInt::get(Word, 0),
                           ConstantInt::get(Word, At)});
}

Constant *counterAddress(const CounterPlace &Counters, size_t Block) {
  GlobalVariable &Array = *Counters.array();
  return ConstantExpr::getPointerCast(byteOf(Array, Counters.at(Block)),
                                      bytePointerType(Array.getContext()));
}

CounterPlace emitFunctionCounters(Function &F, size_t Blocks,
                                  StringRef CopyName) {
  Module &M = *F.getParent();
  const std::string Name = symbolPart(F.getName());
  const std::string Symbol =
      "__kcov8_cntrs." + (CopyName.empty() ? Name : CopyName.str());
  Comdat *Group = F.getComdat();
  if (!CopyName.empty()) {
    Group = M.getOrInsertComdat(Symbol);
  } else if (!Group) {
    Group = M.getOrInsertComdat("__kcov8." + Name);
    Group->setSelectionKind(Comdat::NoDeduplicate);
  }
  return emitArray(M, Blocks, Symbol, Group);
}

CounterPlace emitUnitCounters(Module &M, size_t Blocks) {
  Comdat *Group = M.getOrInsertComdat("__kcov8.unit");
  Group->setSelectionKind(Comdat::NoDeduplicate);
  return emitArray(M, Blocks, "__kcov8_cntrs.unit", Group);
}

void emitMarks(CounterPlace &Counters) {
  GlobalVariable &Array = *Counters.array();
  size_t Bytes = Array.getValueType()->getArrayNumElements();
  auto *Type =
      ArrayType::get(IntegerType::get(Array.getContext(), 8),
                     (Bytes + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES);
  StringRef Name = Array.getName();
  Name.consume_front("__kcov8_cntrs.");
  auto *Marks =
      new GlobalVariable(*Array.getParent(), Type, /*isConstant=*/false,
                         GlobalValue::ExternalLinkage,
                         Constant::getNullValue(Type), "__kcov8_marks." + Name);
  Marks->setVisibility(GlobalValue::HiddenVisibility);
  Marks->setDSOLocal(true);
  Marks->setSection(KCOV8_SECTION_MARKS);
  Marks->setAlignment(Align(1));
  Marks->setComdat(Array.getComdat());
  // So that a piece of an array is whole lines of cache.
  if (Bytes >= KCOV8_MARK_BYTES)
    Array.setAlignment(Align(64));
  Counters.Marks = Marks;
}

} // namespace kcov8
