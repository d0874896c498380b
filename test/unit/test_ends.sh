#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# test_ends.sh PROGRAM OWN-PROGRAM [sanitized] - what ran is written, whatever the end, and
# once
set -uo pipefail
ulimit -c 0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1" "$dir/ends" && cp "$2" "$dir/mine" && cd "$dir" || exit 2
export PATH=$dir:$PATH
# shellcheck disable=SC2016 # the script's own
echo 'exec "$1" again' >script
chmod +x script
: >closed
bad=0
# Sanitizers have an _exit of their own; what they find they say.
sanitized=${3:-}

# Blocks 0, 2 and 7 of hash 0x1234, computed apart from the runtime.
blocks=(0xffffffffaf52b390 0xffffffffc4b879e0 0xffffffffc0afb3c0)

# expect STATUS FILES N0 N2 N7 PROGRAM ARGS... - with KCOV8_OUT=$out; how often
# each block ran, in all files
expect() {
  local want="$1: $2 files, $3 $4 $5" status=0 got i
  shift 5
  rm -f o*
  KCOV8_OUT=$out "$@" 2>err || status=$?
  got="$status: $(find . -name 'o*.pcs' -o -name '.kcov8*' | wc -l) files,"
  for i in "${blocks[@]}"; do
    got+=" $(cat o*.pcs /dev/null 2>/dev/null | awk -v pc="$i" '$1 == pc { n += $2 } END { print n + 0 }')"
  done
  [[ $got == "$want" ]] || { echo "FAIL: KCOV8_OUT=$out $*: $got, not $want: $(<err)"; bad=1; }
  [[ ! -s err ]] || { echo "FAIL: KCOV8_OUT=$out $*: $(<err)"; bad=1; }
}

for how in execl execle execlp execv execvp execvpe execve execveat fexecve script; do
  out=o%p.pcs expect 0 2 1 1 0 ./ends $how
  out=o.pcs expect 0 1 1 1 0 ./ends $how # the later image adds to it
done
for how in o%p.pcs o.pcs; do
  out=$how
  expect 0 1 1 1 0 ./ends failing-exec
  expect 0 1 1 0 1 ./ends vfork # its child's are its own
  expect 3 1 1 1 0 ./ends quick_exit
  expect 134 1 1 0 0 ./ends abort
  expect 143 1 1 0 0 ./ends term
  expect 0 1 1 1 0 env --ignore-signal=HUP ./ends ignored
  expect 137 0 0 0 0 ./ends kill # nothing can be done
  if [[ $sanitized ]]; then
    expect 1 1 1 0 0 sh -c './ends fault 2>/dev/null'
    continue
  fi
  expect 139 1 1 0 0 ./ends fault
  expect 3 1 1 0 0 ./ends _exit
  expect 3 1 1 0 0 ./ends _Exit
  expect 15 1 1 1 0 ./ends own # has a handler already
  expect 7 0 0 0 0 ./mine # its own execve and _exit, that write nothing
done 2>/dev/null

# A child of fork has what its parent ran before.
if [[ ! $sanitized ]]; then
  out=o%p.pcs expect 0 2 2 0 1 ./ends fork
  out=o%p.pcs expect 0 2 2 0 1 ./ends raw-fork
fi
out=o%p.pcs expect 0 3 2 1 1 ./ends fork-exec
out=o%p.pcs expect 0 2 1 1 0 ./ends spawn
out=o.pcs expect 0 1 1 0 0 ./ends fork
out=o.pcs expect 0 1 1 0 0 ./ends raw-fork
out=o.pcs expect 0 1 1 0 0 ./ends fork-exec

# Three images of one process, one of which is none of ours.
# shellcheck disable=SC2016
{
  out=o%p.pcs expect 0 2 1 1 0 sh -c 'exec sh -c "exec ./ends execv"'
  out=o.pcs expect 0 1 1 1 0 sh -c 'exec sh -c "exec ./ends execv"'
}
# What another process wrote before its exec is not ours.
rm -f o*
KCOV8_OUT=o.pcs ./ends execl
sed -i 's/^# before exec of pid [0-9]*/# before exec of pid 1/' o.pcs
head -n 3 o.pcs >keep && cp keep o.pcs
KCOV8_OUT=o.pcs ./ends again
[[ $(wc -l <o.pcs) == 2 ]] || { echo "FAIL: kept another's: $(<o.pcs)"; bad=1; }
exit $bad
