// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How facts become keys. Frozen with KCOV8_ABI_VERSION.
#ifndef KCOV8_PASS_PLAN_KEYHASH_H
#define KCOV8_PASS_PLAN_KEYHASH_H

#include "kcov8/abi.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace kcov8 {

// An order-dependent hash of small facts.
class Hash {
public:
  void add(uint64_t X) { H = kcov8_mix64(H ^ X) + 1; }
  void add(llvm::StringRef Text) {
    add(kcov8_mix64(
        kcov8_hash_bytes(KCOV8_HASH_SEED, Text.data(), Text.size())));
  }
  uint64_t get() const { return H; }

private:
  uint64_t H = 0;
};

// Facts of which the order is not meant.
class Sum {
public:
  void add(uint64_t X) { S += kcov8_mix64(X); }
  uint64_t get() const { return S; }

private:
  uint64_t S = 0;
};

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_KEYHASH_H
