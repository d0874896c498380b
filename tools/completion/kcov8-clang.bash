# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# bash completion for kcov8-clang; installed as bash-completion/completions/kcov8-clang
# shellcheck shell=bash

_kcov8_clang() {
  local current=${COMP_WORDS[COMP_CWORD]} words
  if [[ $current == --kcov8* ]]; then
    # The wrapper's own list: what stands first on a line, without its value.
    words=$("${COMP_WORDS[0]}" --kcov8-help 2>/dev/null |
      sed -nE 's/^  (--kcov8-[a-z-]+=?).*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    [[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o filenames -F _kcov8_clang kcov8-clang kcov8-clang++
