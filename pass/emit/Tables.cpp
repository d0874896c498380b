// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tables.h"
#include "LLVMCompat.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace kcov8 {
namespace {

// Run first and last: registration takes no memory and needs no other
// constructor; programs' own constructors are covered.
constexpr int CtorPriority = 1;

// Behind the keys: the number of rules, then the rules (kcov8/abi.h).
void appendRules(std::vector<uint32_t> &Keys,
                 const std::vector<ImpliedBlock> &Implied) {
  const size_t At = Keys.size();
  Keys.push_back(0);
  for (const ImpliedBlock &B : Implied)
    for (uint32_t W : B.Witnesses)
      Keys.push_back(W << 16 | B.Block);
  Keys[At] = Keys.size() - At - 1;
}

GlobalVariable *emitTable(const GlobalVariable &Counters, Constant *Value,
                          StringRef Section, Align Alignment,
                          const char *Prefix) {
  StringRef Name = Counters.getName();
  Name.consume_front("__kcov8_cntrs.");
  auto *Table = new GlobalVariable(
      *const_cast<Module *>(Counters.getParent()), Value->getType(),
      /*isConstant=*/true, Counters.getLinkage(), Value, Prefix + Name);
  Table->setVisibility(Counters.getVisibility());
  Table->setDSOLocal(true);
  Table->setSection(Section);
  Table->setAlignment(Alignment);
  Table->setComdat(const_cast<Comdat *>(Counters.getComdat()));
  return Table;
}

// Weak: an image whose functions were all discarded has no such section.
Constant *sectionBound(Module &M, const char *Which, const char *Section) {
  auto *Bound = cast<GlobalVariable>(M.getOrInsertGlobal(
      (Twine(Which) + Section).str(), Type::getInt8Ty(M.getContext())));
  Bound->setLinkage(GlobalValue::ExternalWeakLinkage);
  Bound->setVisibility(GlobalValue::HiddenVisibility);
  return ConstantExpr::getPointerCast(Bound, bytePointerType(M.getContext()));
}

Comdat *imageComdat(Module &M, StringRef Name) {
  Comdat *C = M.getOrInsertComdat(Name);
  C->setSelectionKind(Comdat::Any);
  return C;
}

// A function that hands the descriptor to the runtime. The runtime's symbol is
// a strong reference: a program without the runtime does not link, rather
// than run without coverage.
Function *emitHook(Module &M, GlobalVariable *Image, const char *Name,
                   const char *Callee) {
  LLVMContext &C = M.getContext();
  auto *Type = FunctionType::get(Type::getVoidTy(C), false);
  // The module's attributes for code we add: frame pointers, unwind tables,
  // branch protection.
  Function *Hook = Function::createWithDefaultAttr(
      Type, GlobalValue::LinkOnceODRLinkage,
      M.getDataLayout().getProgramAddressSpace(), Name, &M);
  Hook->setVisibility(GlobalValue::HiddenVisibility);
  Hook->setComdat(imageComdat(M, Name));
  Hook->addFnAttr(Attribute::NoUnwind);
  IRBuilder<> B(BasicBlock::Create(C, "", Hook));
  auto *Pointer = bytePointerType(C);
  FunctionCallee Runtime = M.getOrInsertFunction(
      Callee, FunctionType::get(Type::getVoidTy(C), {Pointer}, false));
  B.CreateCall(Runtime, {ConstantExpr::getPointerCast(Image, Pointer)});
  B.CreateRetVoid();
  return Hook;
}

// Distance from a field of Record to word Number of Target: no dynamic
// relocation; so the record must exist before its initialiser.
Constant *offsetFrom(GlobalVariable &Record, unsigned Field,
                     GlobalVariable &Target, unsigned Number = 0) {
  Module &M = *Record.getParent();
  Type *Word = Type::getInt32Ty(M.getContext());
  Type *Address = M.getDataLayout().getIntPtrType(M.getContext());
  Constant *Here = ConstantExpr::getInBoundsGetElementPtr(
      Record.getValueType(), &Record,
      ArrayRef<Constant *>{ConstantInt::get(Word, 0),
                           ConstantInt::get(Word, Field)});
  Constant *There = ConstantExpr::getAdd(
      ConstantExpr::getPtrToInt(&Target, Address),
      ConstantInt::get(Address, Number * sizeof(uint32_t)));
  Constant *Distance =
      ConstantExpr::getSub(There, ConstantExpr::getPtrToInt(Here, Address));
  return Address == Word ? Distance : ConstantExpr::getTrunc(Distance, Word);
}

// Once per array, if it has marks.
void emitArrayRecord(const CounterPlace &Place) {
  GlobalVariable &Counters = *Place.array();
  GlobalVariable *Marks = Place.marks();
  if (!Marks || Marks->getLinkage() == Counters.getLinkage())
    return; // done for another function
  Module &M = *Counters.getParent();
  Type *Word = Type::getInt32Ty(M.getContext());
  Marks->setVisibility(Counters.getVisibility());
  Marks->setLinkage(Counters.getLinkage());
  // struct kcov8_array
  auto *Type = StructType::get(M.getContext(), {Word, Word, Word});
  auto *Record = emitTable(Counters, Constant::getNullValue(Type),
                           KCOV8_SECTION_ARRAYS, Align(4), "__kcov8_array.");
  Record->setInitializer(ConstantStruct::get(
      Type, {offsetFrom(*Record, 0, Counters), offsetFrom(*Record, 1, *Marks),
             ConstantInt::get(
                 Word, Counters.getValueType()->getArrayNumElements())}));
  appendToCompilerUsed(M, {Marks, Record});
}

} // namespace

void emitFunctionTables(const CounterPlace &Place, const FunctionMap &Map,
                        const std::vector<ImpliedBlock> &Implied,
                        const Options &O) {
  GlobalVariable &Counters = *Place.array();
  Module &M = *Counters.getParent();
  LLVMContext &C = M.getContext();
  Type *Byte = Type::getInt8Ty(C), *Word = Type::getInt32Ty(C);

  // A group that copies share holds symbols, so that all its members yield to
  // the copy that wins; others need none.
  if (Counters.getComdat()->getName() == Counters.getName()) {
    Counters.setLinkage(GlobalValue::LinkOnceODRLinkage);
  } else {
    Counters.setVisibility(GlobalValue::DefaultVisibility);
    Counters.setLinkage(GlobalValue::PrivateLinkage);
  }
  std::vector<uint32_t> Keys = Map.keys();
  const uint32_t Blocks = Keys.size();
  Keys.insert(Keys.begin(), Map.Code);
  if (!Implied.empty())
    appendRules(Keys, Implied);
  auto *KeyTable = emitTable(Counters, ConstantDataArray::get(C, Keys),
                             KCOV8_SECTION_KEYS, Align(4), "__kcov8_keys.");

  // struct kcov8_func
  auto *Type = StructType::get(C, {Type::getInt64Ty(C), Word, Word, Word, Byte,
                                   Byte, Byte, Byte, Word, Word});
  auto *Record = emitTable(Counters, Constant::getNullValue(Type),
                           KCOV8_SECTION_FUNCS, Align(8), "__kcov8_func.");
  Record->setInitializer(ConstantStruct::get(
      Type,
      {ConstantInt::get(Type->getElementType(0), Map.Hash),
       offsetFrom(*Record, 1, Counters),
       offsetFrom(*Record, 2, *KeyTable, /*Number=*/1),
       ConstantInt::get(Word, Blocks),
       ConstantInt::get(Byte, KCOV8_ABI_VERSION),
       ConstantInt::get(Byte, O.Probe), ConstantInt::get(Byte, O.Level),
       ConstantInt::get(Byte, (O.Early ? KCOV8_FUNC_EARLY : 0) |
                                  (O.TraceCmp ? KCOV8_FUNC_CMP : 0) |
                                  (O.TraceOrder ? KCOV8_FUNC_ORDER : 0) |
                                  (O.PerTask ? KCOV8_FUNC_TASK : 0) |
                                  (usesSegment(O) ? KCOV8_FUNC_SEGMENT : 0) |
                                  (Implied.empty() ? 0 : KCOV8_FUNC_PRUNED)),
       ConstantInt::get(Word, Place.First),
       ConstantInt::get(Word, Place.Rows)}));
  appendToCompilerUsed(M, {&Counters, KeyTable, Record});
  emitArrayRecord(Place);
}

void emitImage(Module &M) {
  LLVMContext &C = M.getContext();
  auto *Pointer = bytePointerType(C);
  auto *Word = Type::getInt32Ty(C);
  auto *Pair = ArrayType::get(Pointer, 2);
  auto Bounds = [&](const char *Section) {
    return ConstantArray::get(Pair, {sectionBound(M, "__start_", Section),
                                     sectionBound(M, "__stop_", Section)});
  };
  // struct kcov8_image
  auto *Type = StructType::get(
      C, {Word, Word, Pair, Pair, Pair, Pair, Pair, Pair, Pointer, Pointer});
  auto Accessor = [&](const char *Name) -> Constant * {
    if (Function *F = M.getFunction(Name))
      return ConstantExpr::getPointerCast(F, Pointer);
    return Constant::getNullValue(Pointer);
  };
  uint64_t Size = M.getDataLayout().getTypeAllocSize(Type);
  auto *Image = new GlobalVariable(
      M, Type, /*isConstant=*/false, GlobalValue::LinkOnceODRLinkage,
      ConstantStruct::get(
          Type, {ConstantInt::get(Word, KCOV8_ABI_VERSION),
                 ConstantInt::get(Word, Size), Bounds(KCOV8_SECTION_COUNTERS),
                 Bounds(KCOV8_SECTION_KEYS), Bounds(KCOV8_SECTION_FUNCS),
                 Constant::getNullValue(Pair), Bounds(KCOV8_SECTION_MARKS),
                 Bounds(KCOV8_SECTION_ARRAYS), Accessor(KCOV8_DELTA_AT_SYMBOL),
                 Accessor(KCOV8_ORDER_AT_SYMBOL)}),
      KCOV8_IMAGE_SYMBOL);
  Image->setVisibility(GlobalValue::HiddenVisibility);
  Image->setComdat(imageComdat(M, KCOV8_IMAGE_SYMBOL));

  Function *Ctor =
      emitHook(M, Image, "__kcov8_image_ctor", KCOV8_REGISTER_SYMBOL);
  Function *Dtor =
      emitHook(M, Image, "__kcov8_image_dtor", KCOV8_UNREGISTER_SYMBOL);
  appendToGlobalCtors(M, Ctor, CtorPriority, Ctor);
  appendToGlobalDtors(M, Dtor, CtorPriority, Dtor);
}

} // namespace kcov8
