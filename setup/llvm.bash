# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# llvm.bash - which LLVMs kcov8 knows, and where one is (sourced)

supported_llvm=(14 15 16 17 18 19 20 21 22 23) # oldest first
tested_llvm=(14 19 22)                         # those of them that `./dev test` takes
# shellcheck disable=SC2034 # for those who source this
style_llvm=14 # its clang-format and clang-tidy judge: each LLVM formats otherwise

# llvm_root N - the directory with bin/clang, include/ and lib/ of LLVM N,
# complete enough to build kcov8: clang, LLVM's and clang's headers, CMake files.
llvm_root() {
  local root config
  for root in "/usr/lib/llvm-$1" "/usr/lib/llvm$1" "/usr/lib64/llvm$1"; do
    is_llvm_root "$1" "$root" && echo "$root" && return
  done
  for config in "llvm-config-$1" llvm-config; do
    root=$("$config" --prefix 2>/dev/null) || continue
    is_llvm_root "$1" "$root" && echo "$root" && return
  done
  return 1
}

is_llvm_root() { # is_llvm_root N DIR
  [[ -x $2/bin/clang && -f $2/include/clang/Frontend/FrontendAction.h &&
    -f $2/lib/cmake/llvm/LLVMConfig.cmake ]] &&
    grep -qE "^set\(LLVM_VERSION_MAJOR $1\)" "$2/lib/cmake/llvm/LLVMConfig.cmake"
}

is_supported() { [[ " ${supported_llvm[*]} " == *" $1 "* ]]; }

# newest_that TEST - the newest supported LLVM for which `TEST N` succeeds, which
# may print; fails if there is none.
newest_that() {
  local i
  for ((i = ${#supported_llvm[@]} - 1; i >= 0; i--)); do
    "$1" "${supported_llvm[i]}" >/dev/null && echo "${supported_llvm[i]}" && return
  done
  return 1
}

# newest_installed_llvm - fails if no LLVM is complete.
newest_installed_llvm() { newest_that llvm_root; }

# candidate PACKAGE - the line with what apt would install, in English
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep '^ *Candidate: [^(]'; }
archive_has() { [[ $(candidate "$1") ]]; }
archive_has_clang() { archive_has "clang-$1"; }

# distribution_llvm - the LLVM of the distribution's package clang, by apt; else
# the newest that its archive has. Fails without apt, or without its lists.
distribution_llvm() {
  local version
  version=$(candidate clang | sed -nE 's/^ *Candidate: ([0-9]+:)?([0-9]+)\..*/\2/p') || true
  if [[ $version ]] && is_supported "$version"; then
    echo "$version"
  else
    newest_that archive_has_clang
  fi
}

# llvms_to_test FIRST - FIRST, then each tested one that can be had here.
llvms_to_test() {
  local n
  echo "$1"
  for n in "${tested_llvm[@]}"; do
    [[ $n != "$1" ]] || continue
    ! llvm_root "$n" >/dev/null && ! archive_has_clang "$n" || echo "$n"
  done
}
