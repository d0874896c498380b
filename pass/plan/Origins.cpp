// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Origins.h"
#include "KeyHash.h"
#include "LLVMCompat.h"
#include "Names.h"
#include "SourceKeys.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace kcov8 {

void Origins::attach(Module &M) {
  Attached = true;
  for (Function &F : M)
    if (!F.isDeclaration())
      attachTo(F);
}

void Origins::attachTo(Function &F) {
  Hash Name;
  Name.add(StringRef(functionName(F)));
  DISubprogram *SP = F.getSubprogram();
  if (SP) {
    attachReal(F, *SP);
    hideLoops(F);
  } else {
    attachMadeUp(F);
  }
  Names[F.getSubprogram()] = Name.get();
}

// Tags of the blocks of F. They do not know F's name: a function that is
// renamed keeps its keys.
static DenseMap<const BasicBlock *, uint32_t> tags(Function &F) {
  DenseMap<const BasicBlock *, uint32_t> Tags;
  for (auto &[B, Key] : sourceKeys(F))
    Tags[B] = (uint32_t)Key ? (uint32_t)Key : 1;
  return Tags;
}

// Static allocas of an inlined function stand in its caller's first block.
// Without a location they get none there; with one, they would bring the call's
// line.
static bool isTagged(const Instruction &I) {
  const auto *A = dyn_cast<AllocaInst>(&I);
  return !isa<DbgInfoIntrinsic>(I) &&
         (I.getDebugLoc() || !A || !A->isStaticAlloca());
}

// Below each scope that instructions of a block have, one for that block; and
// one for those without a location. Passes look for the scopes that
// instructions are in, and where locations of two blocks are merged, keep what
// they share.
void Origins::attachReal(Function &F, DISubprogram &SP) {
  LLVMContext &Context = F.getContext();
  const auto Tags = tags(F);
  for (BasicBlock &B : F) {
    auto It = Tags.find(&B);
    if (It == Tags.end())
      continue;
    DenseMap<DILocalScope *, DILexicalBlock *> Scopes;
    for (Instruction &I : B) {
      if (!isTagged(I))
        continue;
      const DILocation *L = I.getDebugLoc().get();
      DILocalScope *Scope = L ? L->getScope() : nullptr;
      DILexicalBlock *&Ours = Scopes[Scope];
      if (!Ours) {
        DILocalScope *Above = Scope ? Scope : &SP;
        Ours = DILexicalBlock::getDistinct(Context, Above, Above->getFile(), 0u,
                                           0u);
        Places[Ours] = {It->second, Scope};
      }
      I.setDebugLoc(L ? locationIn(*L, Ours, L->getInlinedAt())
                      : DILocation::get(Context, 0, 0, Ours));
    }
  }
}

void Origins::attachMadeUp(Function &F) {
  DIBuilder Builder(*F.getParent(), /*AllowUnresolved=*/false, Unit);
  DIFile *File = Unit ? Unit->getFile() : Builder.createFile("", "");
  if (!Unit)
    Unit = Builder.createCompileUnit(dwarf::DW_LANG_C, File, "", true, "", 0,
                                     "", DICompileUnit::NoDebug);
  DISubprogram *SP = Builder.createFunction(
      File, "", "", File, 0, Builder.createSubroutineType({}), 0,
      DINode::FlagZero, DISubprogram::SPFlagDefinition);
  Builder.finalizeSubprogram(SP);
  const auto Tags = tags(F);
  F.setSubprogram(SP);
  for (BasicBlock &B : F) {
    auto It = Tags.find(&B);
    if (It == Tags.end())
      continue;
    // What was inlined before has a location even here; it stays.
    for (Instruction &I : B)
      if (!I.getDebugLoc() && isTagged(I))
        I.setDebugLoc(DILocation::get(F.getContext(), It->second, 0, SP));
  }
}

// Loops name locations, too, which passes prefer for what they put around
// them. As without -g, they must not find any.
void Origins::hideLoops(Function &F) {
  LLVMContext &Context = F.getContext();
  MDNode *Nothing = MDNode::get(Context, MDNode::get(Context, {}));
  for (BasicBlock &B : F)
    if (MDNode *Loop = B.getTerminator()->getMetadata(LLVMContext::MD_loop))
      for (unsigned I = 1; I < Loop->getNumOperands(); I++)
        if (isa_and_nonnull<DILocation>(Loop->getOperand(I).get())) {
          Loops.push_back({Loop, I, Loop->getOperand(I).get()});
          Loop->replaceOperandWith(I, Nothing);
        }
}

bool Origins::isMadeUp(const DISubprogram *SP) const {
  return Unit && SP && SP->getUnit() == Unit;
}

uint32_t Origins::tag(const DILocation &L) const {
  if (isMadeUp(L.getScope()->getSubprogram()))
    return L.getLine();
  auto It = Places.find(L.getScope());
  return It == Places.end() ? 0 : It->second.Tag;
}

Origin Origins::originOf(const BasicBlock &B) const {
  Origin O;
  const uint64_t Here = Names.lookup(B.getParent()->getSubprogram());
  for (const Instruction &I : B) {
    const DILocation *L = I.getDebugLoc().get();
    if (!L || isa<PHINode>(I) || isa<DbgInfoIntrinsic>(I))
      continue;
    const uint32_t Tag = tag(*L);
    if (!Tag)
      continue;
    if (!L->getInlinedAt() &&
        Names.lookup(L->getScope()->getSubprogram()) == Here) {
      if (!is_contained(O.Own, Tag))
        O.Own.push_back(Tag);
      continue;
    }
    Hash Name;
    Name.add(Tag);
    const DILocation *At = L;
    do
      Name.add(Names.lookup(At->getScope()->getSubprogram()));
    while ((At = At->getInlinedAt()) && At->getInlinedAt());
    if (!is_contained(O.Inlined, Name.get()))
      O.Inlined.push_back(Name.get());
  }
  return O;
}

// Null if the location was made up, and not inlined into a real one. What was
// inlined at such a place has its own location, as when a call has none.
DILocation *Origins::restored(const DILocation *L) {
  if (!L)
    return nullptr;
  auto Known = Restored.find(L);
  if (Known != Restored.end())
    return Known->second;
  DILocation *At = restored(L->getInlinedAt());
  DILocation *Now = At;
  auto It = Places.find(L->getScope());
  DILocalScope *Scope = It == Places.end() ? L->getScope() : It->second.Scope;
  if (Scope == L->getScope() && At == L->getInlinedAt() &&
      !isMadeUp(Scope->getSubprogram()))
    Now = const_cast<DILocation *>(L);
  else if (Scope && !isMadeUp(Scope->getSubprogram()))
    Now = locationIn(*L, Scope, At);
  Restored[L] = Now;
  return Now;
}

void Origins::restore(Module &M) {
  for (Function &F : M)
    for (BasicBlock &B : F)
      for (Instruction &I : B) {
        I.setDebugLoc(restored(I.getDebugLoc().get()));
        changeRecordLocations(I,
                              [&](const DILocation *L) { return restored(L); });
      }
  for (const LoopLocation &L : Loops)
    L.Loop->replaceOperandWith(L.Operand, L.Was);
  for (Function &F : M)
    if (isMadeUp(F.getSubprogram()))
      F.setSubprogram(nullptr);
  if (NamedMDNode *Units = M.getNamedMetadata("llvm.dbg.cu"); Units && Unit) {
    SmallVector<MDNode *, 4> Others;
    for (MDNode *Other : Units->operands())
      if (Other != Unit)
        Others.push_back(Other);
    Units->clearOperands();
    for (MDNode *Other : Others)
      Units->addOperand(Other);
    if (Others.empty())
      Units->eraseFromParent();
  }
}

void Origins::collect(Module &M) {
  if (!Attached)
    attach(M);
  for (Function &F : M)
    for (BasicBlock &B : F)
      ByBlock[&B] = originOf(B);
  restore(M);
}

const Origin &Origins::of(const BasicBlock &B) const {
  static const Origin None;
  auto It = ByBlock.find(&B);
  return It == ByBlock.end() ? None : It->second;
}

} // namespace kcov8
