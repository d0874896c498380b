# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# need.bash - what a job needs, from packages.txt (sourced, after llvm.bash)

# rows JOB[:LLVM]... - "package found-by what it is" of each, @ filled in.
rows() {
  local job llvm
  for job in "$@"; do
    [[ $job ]] || continue # if_possible: it is not
    llvm=${job#*:}
    awk -v job="${job%%:*}" -v llvm="$llvm" '
      $1 == job { $1 = ""; sub(/^ */, ""); gsub(/@/, llvm); print }' setup/packages.txt
  done | sort -u
}

on_debian() { [[ -x /usr/bin/dpkg-query && -x /usr/bin/apt-get ]]; }

# lacks PACKAGE FOUND-BY - is it missing here?
lacks() {
  if on_debian; then
    # A line for each architecture.
    ! dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -x installed >/dev/null
    return
  fi
  case $2 in
    -) return 1 ;;
    llvm) ! llvm_root "${1//[!0-9]/}" >/dev/null ;;
    pc:*) ! pkg-config --exists "${2#pc:}" 2>/dev/null ;;
    *) ! command -v "$2" >/dev/null ;;
  esac
}

# need JOB[:LLVM]... - install what is missing, or say exactly what is.
need() {
  local missing=() roles=() package found_by role log
  while read -r package found_by role; do
    lacks "$package" "$found_by" || continue
    missing+=("$package")
    roles+=("  $role (Debian: $package)")
  done < <(rows "$@")
  ((${#missing[@]})) || return 0
  if ! on_debian; then
    say "missing here; please install:"
    printf '%s\n' "${roles[@]}" >&2
    exit 1
  fi
  if [[ $(id -u) != 0 ]]; then
    die "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing with apt: ${missing[*]}"
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "apt could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

# not_to_be_had JOB[:LLVM] - its packages that are neither installed nor in the
# distribution's archive.
not_to_be_had() {
  local package found_by role
  while read -r package found_by role; do
    ! lacks "$package" "$found_by" || archive_has "$package" || echo "$package"
  done < <(rows "$1")
}

# pick_llvm - the LLVM of build/ if there is one, else the newest that is
# installed, else the one that the distribution has by default.
pick_llvm() {
  built_for build && return
  newest_installed_llvm && return
  default_llvm && return
  no_llvm
}

no_llvm() {
  # shellcheck disable=SC2154 # of llvm.bash
  die "no LLVM here; install clang, LLVM's headers and clang's headers (Debian: clang-N llvm-N-dev libclang-N-dev) of one of ${supported_llvm[*]}"
}

# built_for DIR - the LLVM of a build directory; CMake writes it there.
built_for() { [[ -f $1/llvm ]] && cat "$1/llvm"; }

# default_llvm - the distribution's; a fresh system has no lists of packages yet.
default_llvm() {
  distribution_llvm && return
  on_debian && [[ $(id -u) == 0 ]] || return 1
  say "reading apt's lists of packages"
  local said
  said=$(apt-get update 2>&1) || true # without a network it succeeds, and warns
  distribution_llvm && return
  grep '^[EW]:' <<<"$said" | tail -n 3 >&2
  return 1
}
