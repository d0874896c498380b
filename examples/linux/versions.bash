# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# versions.bash - the kernels that the driver is for (sourced by add, kernel and dev)
#
# What differs between them is in driver/compat.h; `add` has the places of the
# sources that differ.

linux_versions=(6.1 6.12 7.2)
# shellcheck disable=SC2034 # for those who source this
linux_default=6.12

# linux_clang VERSION - the oldest clang for it, of those that kcov8 knows: what
# the kernel's scripts/min-tool-version.sh says.
linux_clang() {
  case $1 in
    7.*) echo 17 ;;
    *) echo 14 ;;
  esac
}

# linux_debian VERSION - where Debian has its sources.
linux_debian() {
  case $1 in
    6.1) echo 'Debian 12 (bookworm)' ;;
    6.12) echo 'Debian 12 and 13 (bookworm, trixie)' ;;
    7.2) echo 'Debian 14 (forky)' ;;
    *) echo 'no Debian that we know of' ;;
  esac
}

linux_known() { [[ " ${linux_versions[*]} " == *" $1 "* ]]; }

# linux_version TREE - as 6.12; nothing if TREE is no Linux.
linux_version() {
  sed -nE 's/^(VERSION|PATCHLEVEL) = ([0-9]+)$/\2/p' "$1/Makefile" 2>/dev/null | paste -sd .
}

# linux_refusal NAME VERSION - the sentence.
linux_refusal() {
  local last=${linux_versions[-1]} others=("${linux_versions[@]::${#linux_versions[@]}-1}") list
  list=$(printf '%s, ' "${others[@]}")
  echo "$1: Linux ${2:-of no version}; the driver is for ${list%, } and $last (--force tries)"
}
