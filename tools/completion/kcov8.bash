# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# bash completion for kcov8; installed as bash-completion/completions/kcov8
# shellcheck shell=bash

_kcov8() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} words=
  COMPREPLY=()
  # "--format=json" arrives as three words.
  [[ $current == = ]] && current=
  [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}

  # What stands behind `run` and its options, or `index INDEX --`, is another
  # command's.
  if [[ $command == run || $command == index ]]; then
    local i
    for ((i = 2; i < COMP_CWORD; i++)); do
      case $command:${COMP_WORDS[i]} in
        index:--) ((i++)) && break ;;
        index:*) ;;
        run:-[nio] | run:--name | run:--index | run:--output) ((i++)) ;;
        run:--) ((i++)) && break ;;
        run:-?*) ;;
        *) break ;;
      esac
    done
    if ((i < COMP_CWORD)) && declare -F _command_offset >/dev/null; then
      _command_offset "$i"
      return
    elif ((i == COMP_CWORD)) && [[ $command:$current != run:-* ]] &&
      [[ $command == run || $previous == -- ]]; then
      mapfile -t COMPREPLY < <(compgen -c -- "$current")
      return
    fi
  fi

  if ((COMP_CWORD == 1)); then
    words='run list symbolize pcs report index tests diff diff-image remap minimize merge stat doctor help --help --version'
  elif [[ $command == help ]]; then
    words='run list symbolize pcs report index tests diff diff-image remap minimize merge stat doctor'
  elif [[ $previous == --format || $previous == -f ]]; then
    case $command in
      list | symbolize) words='text json gvisor' ;;
      report) words='text lcov html json cobertura jsonl' ;;
      index | stat | doctor) words='text json' ;;
    esac
  elif [[ $command == remap && ($previous == --tier || $previous == -t) ]]; then
    words='same exact moved renamed lines order'
  elif [[ $previous == --source-root || $previous == --html ||
    $previous == --directory ]]; then
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    return
  elif [[ $current == -* ]]; then
    words='--format --json --help'
    [[ $command == pcs || $command == merge ]] && words='--output --help'
    [[ $command =~ ^(tests|diff|diff-image|remap|minimize)$ ]] && words='--json --help'
    [[ $command == run ]] && words='--name --index --output --quiet --help'
    case $command in
      list) words+=' --output' ;;
      symbolize) words+=' --map' ;;
      report) words+=' --filter --html --output --show --source-root --test' ;;
      index) words+=' --name --outcome --seconds' ;;
      tests) words+=' --patch' ;;
      remap) words+=' --directory --output --tier' ;;
      minimize) words+=' --outcome' ;;
      stat) words+=' --unmatched' ;;
    esac
  fi
  if [[ $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o filenames -F _kcov8 kcov8
