// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only file with LLVM version conditions: 14 to 23 from one source.
// Everything else uses what all of them have.
#ifndef KCOV8_PASS_LLVMCOMPAT_H
#define KCOV8_PASS_LLVMCOMPAT_H

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/DebugLoc.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

#if __has_include("llvm/Plugins/PassPlugin.h") // 22
#include "llvm/Plugins/PassPlugin.h"
#else
#include "llvm/Passes/PassPlugin.h"
#endif

#if __has_include("llvm/TargetParser/Triple.h") // 16
#include "llvm/TargetParser/Triple.h"
#else
#include "llvm/ADT/Triple.h"
#endif

#if __has_include("llvm/IR/EHPersonalities.h") // 17
#include "llvm/IR/EHPersonalities.h"
#else
#include "llvm/Analysis/EHPersonalities.h"
#endif

namespace kcov8 {

// void (*)(void); opaque pointers came with 15, getUnqual(Context) with 17.
inline llvm::PointerType *bytePointerType(llvm::LLVMContext &Context,
                                          unsigned AddressSpace = 0) {
#if LLVM_VERSION_MAJOR >= 17
  return llvm::PointerType::get(Context, AddressSpace);
#else
  return llvm::Type::getInt8PtrTy(Context, AddressSpace);
#endif
}

// A coroutine that CoroSplit has not taken apart yet.
inline bool isPresplitCoroutine(const llvm::Function &F) {
#if LLVM_VERSION_MAJOR >= 15
  return F.isPresplitCoroutine();
#else
  return F.hasFnAttribute("coroutine.presplit");
#endif
}

// br; 23 has two classes for it.
inline bool isBranch(const llvm::Instruction &I) {
#if LLVM_VERSION_MAJOR >= 23
  return llvm::isa<llvm::UncondBrInst>(I) || llvm::isa<llvm::CondBrInst>(I);
#else
  return llvm::isa<llvm::BranchInst>(I);
#endif
}

// What a br of two ways hangs on; null for any other instruction.
inline const llvm::Value *branchCondition(const llvm::Instruction &I) {
#if LLVM_VERSION_MAJOR >= 23
  auto *Branch = llvm::dyn_cast<llvm::CondBrInst>(&I);
  return Branch ? Branch->getCondition() : nullptr;
#else
  auto *Branch = llvm::dyn_cast<llvm::BranchInst>(&I);
  return Branch && Branch->isConditional() ? Branch->getCondition() : nullptr;
#endif
}

// DWARF 6 has other numbers for languages, with versions, which LLVM knows
// since 22.
inline bool isRustUnit(const llvm::DICompileUnit &Unit) {
#if LLVM_VERSION_MAJOR >= 22
  const llvm::DISourceLanguageName Language = Unit.getSourceLanguage();
  return Language.hasVersionedName()
             ? Language.getName() == llvm::dwarf::DW_LNAME_Rust
             : Language.getName() == llvm::dwarf::DW_LANG_Rust;
#else
  return Unit.getSourceLanguage() == llvm::dwarf::DW_LANG_Rust;
#endif
}

// What llvm::Module calls its triple.
inline llvm::Triple moduleTriple(const llvm::Module &M) {
  return llvm::Triple(M.getTargetTriple());
}

// Bitcode that a linker will optimise further: clang sets this flag for both
// kinds of LTO, and for nothing else.
inline bool isBeforeLTO(const llvm::Module &M) {
  return M.getModuleFlag("EnableSplitLTOUnit");
}

// L, with another scope and another place that it is inlined at. A distinct
// node stays one: it tells two inlinings apart.
inline llvm::DILocation *locationIn(const llvm::DILocation &L,
                                    llvm::DILocalScope *Scope,
                                    llvm::DILocation *InlinedAt) {
  auto Make = [&](auto... More) {
    llvm::LLVMContext &Context = Scope->getContext();
    return L.isDistinct()
               ? llvm::DILocation::getDistinct(Context, L.getLine(),
                                               L.getColumn(), Scope, InlinedAt,
                                               L.isImplicitCode(), More...)
               : llvm::DILocation::get(Context, L.getLine(), L.getColumn(),
                                       Scope, InlinedAt, L.isImplicitCode(),
                                       More...);
  };
#if LLVM_VERSION_MAJOR >= 21 // key instructions
  return Make(L.getAtomGroup(), L.getAtomRank());
#else
  return Make();
#endif
}

// What variables are debugged by stands beside the instructions since 19.
template <typename Change>
void changeRecordLocations(llvm::Instruction &I, Change To) {
#if LLVM_VERSION_MAJOR >= 19
  for (llvm::DbgRecord &Record : I.getDbgRecordRange())
    Record.setDebugLoc(To(Record.getDebugLoc().get()));
#else
  (void)I, (void)To;
#endif
}

} // namespace kcov8

#endif // KCOV8_PASS_LLVMCOMPAT_H
