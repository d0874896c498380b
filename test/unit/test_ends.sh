#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# test_ends.sh TOOL PROGRAM OWN-PROGRAM [sanitized] - what ran is written, whatever the
# end, and once
set -uo pipefail
ulimit -c 0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tool=$1
cp "$2" "$dir/ends" && cp "$3" "$dir/mine" && cd "$dir" || exit 2
export PATH=$dir:$PATH
# shellcheck disable=SC2016 # the script's own
echo 'exec "$1" again' >script
chmod +x script
: >closed
bad=0
# Sanitizers have an _exit of their own; what they find they say.
sanitized=${4:-}

# Blocks 0, 2 and 7 of hash 0x1234, computed apart from the runtime.
blocks=(0xffffffff8005f640 0xffffffff8008a850 0xffffffff80082640)

# ran FILE... - the PCs of those that there are
ran() {
  local file
  for file; do
    [[ ! -e $file ]] || "$tool" pcs ends "$file" 2>"$dir/tool" || { cat "$dir/tool"; bad=1; }
  done
}

# expect STATUS FILES N0 N2 N7 PROGRAM ARGS... - with KCOV8_OUT=$out; how often
# each block ran, in all files
expect() {
  local want="$1: $2 files, $3 $4 $5" status=0 got i
  shift 5
  rm -f o*
  KCOV8_OUT=$out "$@" 2>err || status=$?
  got="$status: $(find . -name 'o*.pcs' -o -name '.kcov8*' | wc -l) files,"
  ran o*.pcs >all
  for i in "${blocks[@]}"; do
    got+=" $(<all awk -v pc="$i" '$1 == pc { n += $2 } END { print n + 0 }')"
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
python3 - <<'END'
with open("o.pcs", "r+b") as f:
    all = f.read()
    first = all[:all.index(all[:8], 1)]  # each dump begins alike
    f.seek(0)
    f.truncate()
    # No number begins with 0, and all bytes stay where they are.
    at = first.index(b"before exec of pid ") + len(b"before exec of pid ")
    f.write(first[:at] + b"0" + first[at + 1:])
END
ran o.pcs | grep -q "^${blocks[0]} 1" || { echo "FAIL: not whole: $(od -c o.pcs)"; bad=1; }
KCOV8_OUT=o.pcs ./ends again
[[ $(ran o.pcs | grep ^0x) == "${blocks[1]} 1" ]] || { echo "FAIL: kept another's: $(ran o.pcs)"; bad=1; }
exit $bad
