#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# test_dump.sh MKDUMP TOOL PROGRAM EMPTY-PROGRAM PLUGIN - KCOV8_OUT, end to end
set -uo pipefail
mkdump=$1 tool=$2 program=$3 empty=$4 plugin=$5
dir=$(mktemp -d)
trap 'rm -rf "$dir" "$dir".*' EXIT
cd "$dir" || exit 2
bad=0

fail() { echo "FAIL: $1"; bad=1; }

# go STATUS KCOV8_OUT PROGRAM ARGS... : runs, output in $out, stderr in $err
go() {
  local want=$1 name=$2 status=0
  shift 2
  out=$(KCOV8_OUT=$name "$@" 2>"$dir/.stderr") || status=$?
  err=$(<"$dir/.stderr")
  rm "$dir/.stderr"
  ((status == want)) || fail "$*: exit $status, expected $want"
}

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }

# said TEXT : stderr is that
said() { [[ $err == "$1" ]] || fail "stderr '$err', expected '$1'"; }
files() { [[ $(ls -A) == "$1" ]] || fail "files '$(ls -A)', expected '$1'"; }
# pcs FILE REGEX... : what it says of $image, the program
image=$program
pcs() {
  local file=$dir.pcs n=1 line
  "$tool" pcs "$image" "$1" >"$file.all" 2>"$dir.said" || fail "$1: $(<"$dir.said")"
  grep -v "^# image" "$file.all" >"$file"
  shift
  for want; do
    n=$((n + 1))
    line=$(sed -n "${n}p" "$file")
    [[ $line =~ ^$want$ ]] || fail "$file:$n: '$line', expected '$want'"
  done
  [[ $(wc -l <"$file") == "$n" ]] || fail "$file: more lines: $(cat "$file")"
}

# Block 0 and 2 of hash 0x1234, computed apart from the runtime.
zero='0xffffffff8005f640 1' two='0xffffffff8008a850 3'

# not asked for
unset KCOV8_OUT
"$program" >/dev/null 2>.err || fail "exit"
[[ -s .err ]] && fail "stderr without KCOV8_OUT: $(cat .err)"
rm .err
files ''
go 0 '' "$program"
files ''

go 0 a "$program"
said ''
files a
pcs a "$zero" "$two"
# Byte by byte, but for how long the path is: docs/dump-format.md.
path=$(readlink -f "$program" | tr -d '\n' | hex -)
[[ $(hex a) =~ ^896b636f76380d0a0150....*${path}49..(01)?$(python3 "$mkdump" "$program")2000${path}4802001b4500$ ]] ||
  fail "$(hex a)"
[[ $(stat -c %a a) == "$(printf %o $((0666 & ~$(umask))))" ]] || fail "mode of a"
go 0 a "$program" silent # replaces
pcs a
go 3 a "$program" exit 3
pcs a "$zero" "$two"
rm a

go 0 'x%p%%p' "$program"
files "x$out%p"
rm ./x*

go 0 'a%x' "$program"
said 'kcov8: KCOV8_OUT=a%x: %x: only %p (process ID), %a (append) and %% are known; no coverage will be written'
files ''
go 0 'a%' "$program"
said 'kcov8: KCOV8_OUT=a%: % at the end: only %p (process ID), %a (append) and %% are known; no coverage will be written'
files ''
go 0 "$(printf 'a%.0s' {1..5000})" "$program"
said 'kcov8: KCOV8_OUT: name too long; no coverage will be written'

# With a %a the program appends, and so does its child.
go 0 'none/x%a' "$program"
size=$(stat -c %s none/x)
go 0 'none/x%a' "$program"
[[ $(stat -c %s none/x) == $((2 * size)) ]] || fail "not twice $(hex none/x)"
pcs none/x "$zero" "$two" "$zero" "$two"
go 0 'none/x%a' "$program" fork
[[ $(grep -caF kcov8 none/x) -ge 4 ]] || fail "no dump of the child: $(hex none/x)"
rm none/x
# Many at once: each in one piece.
for _ in {1..40}; do KCOV8_OUT='none/x%a' "$program" & done >/dev/null
wait
all=("$zero" "$two")
for _ in {1..39}; do all+=("$zero" "$two"); done
pcs none/x "${all[@]}"
# What does not fit is taken back.
# shellcheck disable=SC2016 # for the inner shell
go 0 'none/x%a' bash -c 'trap "" XFSZ; ulimit -f $1; shift; exec "$@" 2>&1' - "$(($(stat -c %s none/x) / 1024))" "$program"
[[ $out == "kcov8: $dir/none/x: not written: File too large"* ]] || fail "$out"
pcs none/x "${all[@]}"
# Of a writer that was killed a part is left: the dumps around it count.
head -c 70 none/x >none/y
cat none/x none/y none/x none/y >none/z
"$tool" pcs "$program" none/z >out 2>err
[[ $? == 1 && $(grep -c ^0x out) == 160 ]] || fail "cut: $(<out)"
grep -qx "kcov8: none/z: 2 of 82 dumps are damaged, or cut short: left out" err ||
  fail "cut: $(<err)"
rm -r none out err
files ''

# Directories are made; if they cannot be, the status is the program's own.
go 0 none/such/a "$program"
said ''
pcs none/such/a "$zero" "$two"
rm -r none
: >none
go 5 none/such/a "$program" exit 5
said "kcov8: $dir/none/such/a: not written: Not a directory"
rm none
mkdir d
go 0 d "$program"
said "kcov8: $dir/d: not written: Is a directory"
rmdir d
files ''
go 0 a bash -c 'trap "" XFSZ; ulimit -f 0; exec "$@" 2>&1' - "$program"
[[ $out == "kcov8: $dir/a: not written: File too large"* ]] || fail "$out"
files ''

go 0 a "$program" chdir
files a
rm a

go 0 a "$program" atexit
pcs a "$zero" "$two" '0x[0-9a-f]{16} 1'
rm a

# test_ends.sh has the other ends.

# only the parent writes, unless the names differ
go 0 a "$program" fork
pcs a "$zero" "$two"
rm a
go 0 a "$program" orphan # "$(...)" waits for the child, too
pcs a "$zero" "$two"
rm a
go 0 '' "$program" forks
files ''
go 0 'a%p' "$program" fork
pcs "a$out" "$zero" "$two" '0x[0-9a-f]{16} 1' # what ran before, too
[[ $(find . -name 'a*' | wc -l) == 2 ]] || fail "fork: $(ls)"
rm a*

# What an unloaded plugin ran is kept; the program was there first.
go 0 a "$program" plugin "$plugin"
said ''
pcs a "$zero" "$two"
image=$plugin pcs a "${two% *} 1" '0xffffffff80082640 1'
grep -qaF "${plugin##*/}" a || fail "no name of the plugin: $(hex a)"
rm a
# It comes and goes: counts add up.
go 0 a "$program" plugin "$plugin" "$plugin" "$plugin"
pcs a "$zero" "$two"
image=$plugin pcs a "${two% *} 3" '0xffffffff80082640 3'
# A dump of other images alone is refused.
go 0 b "$program"
"$tool" pcs "$plugin" b >out 2>err && fail "a dump of the program is one of the plugin"
grep -qF "b: not of $plugin, but of $(readlink -f "$program"): left out" err || fail "$(<err)"
[[ $(grep -c ^0x out) == 0 ]] || fail "counted: $(<out)"
rm a b out err
# If the program is a host and gives PCs to all, those of the plugin, which
# came later, move: also those that did not run.
go 0 a "$program" harvested-plugin "$plugin"
image=$plugin
"$tool" pcs "$plugin" a >out 2>/dev/null || fail "$(hex a)"
grep '^#' out | sed -n 3p | grep -qE '^# moved 0xf[0-9a-f]{15} 0x[0-9a-f]+ 0x[0-9a-f]+$' ||
  fail "no note of a moved block before the PCs: $(<out)"
[[ $(grep -c '^# moved' out) -gt 2 ]] || fail "moved: $(<out)"
[[ $(grep '^# moved' out | cut -d' ' -f5 | sort -u | wc -l) == 1 ]] || fail "images: $(<out)"
[[ $(grep -c '^0x' out) == 2 ]] || fail "ran: $(<out)"
grep -q "^${two% *} 1$" out && fail "the plugin has the program's PC"
image=$program
rm a out

go 0 a "$empty"
said "kcov8: no instrumented image: was the program compiled and linked with kcov8's pass?
kcov8: $dir/a: not written: no usable instrumented block in $(readlink -f "$empty")"
files ''

# ---- Where it goes ----

# What is no regular file is written to, not replaced.
mkfifo fifo
timeout 20 cat fifo >got &
go 0 fifo "$program"
wait $!
[[ -p fifo ]] || fail "fifo: $(stat -c %F fifo)"
pcs got "$zero" "$two"
timeout 20 sh -c ': <fifo' & # a reader that goes away is no signal
go 0 fifo "$program"
wait $!
rm fifo got
ln -s d/2 1
mkdir d
ln -s ../real d/2
go 0 1 "$program" # the target need not be there
go 0 1 "$program"
[[ -L 1 && -L d/2 ]] || fail "links: $(ls -l 1 d/2)"
pcs real "$zero" "$two"
rm -r 1 d real
ln -s b a
ln -s a b
go 0 a "$program"
said "kcov8: $dir/a: not written: Too many levels of symbolic links"
rm a b
# An open file of the process, at its offset, whatever it is.
# shellcheck disable=SC2016
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  rm -f log
  go 0 $name sh -c '{ echo before; "$0" silent; echo after; } >log' "$program"
  [[ $(head -n 1 log | cut -c 1-6) == before && $(tail -c 8 log | tr -d '\0') == Eafter ]] ||
    fail "$name: $(hex log)"
done
# A pipe.
KCOV8_OUT=/dev/stdout "$program" silent | "$tool" pcs "$program" - >out 2>err || fail "$(<err)"
[[ $(head -n 1 out) == "# kcov8 PCs of stdin" && $(wc -l <out) == 2 ]] || fail "stdout is a pipe: $(<out)"
rm out err
rm -f log
go 0 /dev/fd/9 "$program"
said "kcov8: /dev/fd/9: not written: No such file or directory"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
go 0 socket "$program"
said "kcov8: $dir/socket: not written: No such device or address"
[[ -S socket ]] || fail "socket: $(stat -c %F socket)"
rm socket
: >a
chmod 640 a
go 0 a "$program"
[[ $(stat -c %a a) == 640 ]] || fail "mode of a was not kept: $(stat -c %a a)"
rm a

# With a %p nothing is replaced: other containers have this number, too.
# shellcheck disable=SC2016 # the inner shell's
go 0 'a%p' bash -c 'for i in "" -1; do echo >"a$$$i"; done; exec "$0" plain' "$program"
pcs "a$out-2" "$zero" "$two"
[[ $(cat "a$out" "a$out-1") == "" ]] || fail "replaced another's: $(head a*)"
rm a*

if [[ $(id -u) == 0 ]]; then
  mknod null c 1 3 && { # never try this on /dev/null itself
    go 0 null "$program"
    [[ -c null ]] || fail "null: $(stat -c %F null)"
    rm null
  }
  mknod full c 1 7 && {
    go 0 full "$program"
    said "kcov8: $dir/full: not written: No space left on device"
    rm full
  }
  # Who may not write: the right to write counts, not who could replace it.
  cp "$program" program
  chmod 755 . program
  mkdir closed
  touch closed/open readonly
  chmod 666 closed/open
  chmod 444 readonly
  chown nobody closed/open readonly
  as_nobody=(setpriv --reuid=nobody --clear-groups ./program)
  go 0 closed/open "${as_nobody[@]}"
  said ''
  pcs closed/open "$zero" "$two"
  go 0 readonly "${as_nobody[@]}"
  said "kcov8: $dir/readonly: not written: Permission denied"
  [[ ! -s readonly ]] || fail "readonly was written"
  go 0 closed/new "${as_nobody[@]}"
  said "kcov8: $dir/closed/new: not written: Permission denied"
  rm -r closed readonly program
fi
files ''

# a program in set-user-ID mode ignores it
if [[ $(id -u) == 0 ]]; then
  cp "$program" suid && chown nobody suid && chmod 4755 suid && chmod 777 .
  KCOV8_OUT=$dir/a ./suid >.out 2>&1 # its status is the sanitizers' business
  rm .out
  files suid
fi
exit $bad
