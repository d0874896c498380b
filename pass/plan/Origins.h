// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which blocks of the source a block after the optimiser came from. Debug
// locations carry that: the optimiser takes care of them, also when it inlines,
// and must not let them change the code. With -g, each location's scope is put
// into a scope of ours that stands for the block; without, functions get a
// subprogram and locations that are made up. All are taken off again.
#ifndef KCOV8_PASS_PLAN_ORIGINS_H
#define KCOV8_PASS_PLAN_ORIGINS_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Module.h"
#include <cstdint>
#include <vector>

namespace kcov8 {

// Where one optimised block came from. A tag stands for a block of the source,
// in its function; never 0.
struct Origin {
  llvm::SmallVector<uint32_t, 2> Own; // in the order of the instructions
  // Likewise, of inlined functions: tag, name, and the names of the functions
  // between this one and that.
  llvm::SmallVector<uint64_t, 2> Inlined;

  uint64_t first() const {
    return !Own.empty() ? Own[0] : Inlined.empty() ? 0 : Inlined[0];
  }
};

class Origins {
public:
  // Before the optimiser.
  void attach(llvm::Module &M);

  // After it: reads what attach() left (after calling it if nobody has), and
  // puts all locations back.
  void collect(llvm::Module &M);

  // Empty for a block that nothing is known of, also for new ones.
  const Origin &of(const llvm::BasicBlock &B) const;

private:
  struct Place {
    uint32_t Tag;
    llvm::DILocalScope *Scope; // that it stands for; null: had no location
  };

  void attachTo(llvm::Function &F);
  void attachReal(llvm::Function &F, llvm::DISubprogram &SP);
  void attachMadeUp(llvm::Function &F);
  void hideLoops(llvm::Function &F);
  uint32_t tag(const llvm::DILocation &L) const;
  Origin originOf(const llvm::BasicBlock &B) const;
  bool isMadeUp(const llvm::DISubprogram *SP) const;
  llvm::DILocation *restored(const llvm::DILocation *L);
  void restore(llvm::Module &M);

  bool Attached = false;
  llvm::DenseMap<const llvm::DIScope *, Place> Places;
  llvm::DenseMap<const llvm::DISubprogram *, uint64_t> Names;
  llvm::DICompileUnit *Unit = nullptr; // of made-up subprograms
  struct LoopLocation {
    llvm::MDNode *Loop;
    unsigned Operand;
    llvm::Metadata *Was;
  };
  std::vector<LoopLocation> Loops;
  llvm::DenseMap<const llvm::DILocation *, llvm::DILocation *> Restored;
  llvm::DenseMap<const llvm::BasicBlock *, Origin> ByBlock;
};

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_ORIGINS_H
