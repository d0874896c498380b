# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# programs.sh - part of run: instrumented programs, beside the same for x86-64

export TARGET_CLANG=$clang TARGET_LIB=$build/lib TARGET_RUNTIME=$work/rt2/libkcov8.a
export TARGET_FLAGS="--target=$triple ${abi[*]} --ld-path=$linker -rdynamic"
export KCOV8_TEST_RUN=$qemu
kcov8=$build/bin/kcov8 native=$build/bin/kcov8-clang cross=$here/cross-clang

# both OUTPUT ARGUMENT... - for this machine, x86-OUTPUT, and for the target
both() {
  local out=$1
  shift
  "$native" -rdynamic "$@" -o "x86-$out" >log 2>&1
  "$cross" "$@" -o "$out" >log 2>&1
}

# dump PROGRAM ARGUMENT... - its PCs, sorted, in PROGRAM.pcs
dump() {
  local program=$1 how=()
  shift
  [[ $program == x86-* ]] || read -ra how <<<"$qemu"
  KCOV8_OUT=$work/$program.out "${how[@]}" "./$program" "$@" >>log 2>&1
  "$kcov8" pcs "$program" "$program.out" | grep ^0x | sort >"$program.pcs"
  rm "$program.out"
}

# What is the same as on x86-64: all, where a pointer has 64 bits; IDs hang on the
# types of indices, so with 32 bits functions without arrays.
lists_agree() {
  local name ids=
  for name in "x86-$1" "$1"; do "$kcov8" list "$name" | sort >"$name.list"; done
  if [[ $bits == 32 ]]; then
    ids=$(comm -12 "x86-$1.list" "$1.list" | wc -l)
    ((2 * ids > $(wc -l <"x86-$1.list")))
  else
    cmp "x86-$1.list" "$1.list"
  fi >log
}

# libc's headers have another path, which moves columns.
plain() { sed "s|$sysroot/|/usr/|g; s|x86-||g; s/  */ /g; /timestamp=/d; /^image:/d"; }

# Blocks, functions and lines in numbers.
reports_agree() {
  local name
  for name in "x86-$1" "$1"; do
    "$kcov8" report "$name" "$name.pcs" | plain >"$name.report"
  done
  cmp "x86-$1.report" "$1.report" >log
}

calc() { # calc NAME OPTION... - totals of three runs
  local name=$1 arguments
  shift
  begin "calc $*"
  both "$name" -g "$@" "$e2e/suite/calc.c"
  lists_agree "$name"
  for arguments in "add 1 2" "multiply 0 7" "divide 9 3"; do
    read -ra arguments <<<"$arguments"
    dump "x86-$name" "${arguments[@]}"
    dump "$name" "${arguments[@]}"
    [[ $bits == 32 ]] || cmp "x86-$name.pcs" "$name.pcs" >log
    reports_agree "$name"
  done
  ok
}
calc O0 -O0
calc O2 -O2
calc static -O2 -static

begin "kcov8-clang --target, as docs/targets.md has it"
"$native" "--target=$triple" "${abi[@]}" "--ld-path=$linker" --kcov8-no-runtime -g "$e2e/suite/calc.c" \
  rt2/libkcov8.a -lpthread -o wrapped >log 2>&1
dump wrapped add 1 2
grep -q ^0x wrapped.pcs
for name in O0 wrapped; do "$kcov8" list "$name" >"$name.list"; done
cmp O0.list wrapped.list >log
ok

if [[ -n $heavy ]]; then
  calc full -O2 --kcov8-no-prune
  calc counter -O2 --kcov8-probe=counter
  calc unary -O2 --kcov8-probe=unary
  calc wrapping -O0 --kcov8-probe=wrapping
  calc edge -O2 --kcov8-level=edge --kcov8-probe=counter
  calc early -Os --kcov8-place=early
fi
calc summary -O2 --kcov8-summary

begin "kcov8 reads the image: stat, symbolize, report in every form"
for name in x86-O0 O0; do
  { "$kcov8" stat "$name" && "$kcov8" symbolize "$name" <"$name.pcs" &&
    for format in text lcov json cobertura; do
      "$kcov8" report --format "$format" "$name" "$name.pcs"
    done; } 2>&1 | plain >"$name.all"
done
[[ $bits == 32 ]] || cmp x86-O0.all O0.all >log
ok

# Generated programs with flushes at random calls; on x86-64 in the same windows.
flags=(--all)
[[ $bits == 64 ]] || flags=()
windows() { # windows SEED OPTION...
  local seed=$1 name=p$1
  shift
  begin "windows of program $seed, $*"
  python3 "$e2e/prune/generate.py" "$seed" >"$name.c"
  both harness.o --kcov8-filter='!src:*' -O1 "-I$root/include" -c "$e2e/prune/harness.c"
  "$native" -rdynamic -w "$@" "$name.c" x86-harness.o -o "x86-$name" >log 2>&1
  "$cross" -w "$@" "$name.c" harness.o -o "$name" >log 2>&1
  "./x86-$name" 60 120 30 7 >"x86-$name.windows"
  on_target "./$name" 60 120 30 7 >"$name.windows"
  python3 "$here/same-windows.py" "$kcov8" "x86-$name"{,.windows} "$name"{,.windows} \
    "${flags[@]}" >log 2>&1
  check+=": $(cat log)"
  ok
}
windows 1 -O0 --kcov8-probe=counter --kcov8-level=edge
windows 2 -Os --kcov8-place=early

# On the target: a block without a probe, or with a mark, is found all the same.
begin "pruned, marked and full probes find the same at -O2"
for option in no-prune prune summary; do
  "$cross" -w -O2 "--kcov8-$option" p1.c harness.o -o "p1-$option" >log 2>&1
  on_target "./p1-$option" 60 120 30 7 >"p1-$option.windows"
  python3 "$here/same-windows.py" "$kcov8" p1-no-prune{,.windows} \
    "p1-$option"{,.windows} --all --sets >log 2>&1
done
check+=": $(cat log)"
ok

# ---- Tasks ----------------------------------------------------------------------

alone() { # alone OPTION... - each of two tasks has its own work, and no other
  begin "attribution=task $*"
  "$cross" --kcov8-filter='!src:*' -O1 "-I$root/include" -c "$e2e/attribution/main.c" \
    -o main.o >log 2>&1
  "$e2e/attribution/alone" "$cross" "$kcov8" "$work" "$@" >log 2>&1
  ok
}
if [[ -n $threads ]]; then
  alone -O2
  alone -O0
  alone -O2 --kcov8-no-prune --kcov8-probe=counter
  alone -O2 -fPIC --kcov8-delta=thread
  alone -O2 --kcov8-summary
  alone -O2 --kcov8-trace-order
fi

ordered() { # ordered OPTION... - blocks come in the order in which they first ran
  begin "trace-order $*"
  "$e2e/attribution/ordered" "$cross" "$root/include" "$work" "$@" >log 2>&1
  ok
}
ordered -O0
ordered -O2 --kcov8-probe=counter
ordered -O2 --kcov8-delta=global --kcov8-summary

hosts() { # hosts OPTION... - minihost, which has one thread, prints the same PCs
  local example=$root/examples/minihost
  set -- "$@" -fsigned-char # as on x86: IDs hang on how a char is extended
  begin "minihost $*"
  both minihost "$@" --kcov8-attribution=task --kcov8-filter=src:syscalls.c -g \
    "-I$root/include" "$example"/{minihost,syscalls}.c
  ./x86-minihost >x86-minihost.pcs
  on_target ./minihost >minihost.pcs
  [[ -s minihost.pcs ]] && cmp {x86-,}minihost.pcs >log
  ok
}
if [[ $bits == 64 ]]; then # its guests have words of 64 bits
  hosts -O0
  hosts -O0 --kcov8-delta=global
fi

begin "what needs gs is refused"
for option in delta=gs delta=percpu; do
  if "$cross" -c "--kcov8-$option" --kcov8-attribution=task "$e2e/attribution/work.c" \
    -o none.o >log 2>&1; then exit 1; fi
  grep -q "kcov8: $option: target '.*' has no gs" log
done
ok

# ---- Comparisons, libraries, C++, LTO ----------------------------------------------

begin "trace-cmp"
both cmp -O1 -g --kcov8-trace-cmp "-I$root/include" "$e2e/cmp/"{host,work}.c
./x86-cmp >x86-cmp.records 2>log
on_target ./cmp >cmp.records 2>cmp.pcs
[[ $(wc -l <cmp.records) == 9 ]]
cmp {x86-,}cmp.records >log
[[ $("$kcov8" symbolize cmp <cmp.pcs | grep -c '	work	.*work.c') == 8 ]]
ok

begin "a library, loaded twice"
"$cross" -g -O1 -shared -fPIC "$e2e/dso/lib.c" -o lib.so >log 2>&1
"$cross" -g -O1 "$e2e/dso/main.c" -o dso >log 2>&1
KCOV8_OUT=dso.dump on_target ./dso ./lib.so ./lib.so >log
grep -qx 5 log
"$kcov8" list lib.so | cut -f2 | sort >lib.pcs
"$kcov8" pcs lib.so dso.dump | grep -o '^0x[0-9a-f]*' | sort >dso.pcs
[[ -n $(comm -12 lib.pcs dso.pcs) ]]
[[ -z $(uniq -d dso.pcs) ]]
ok

# An inline function in program and library: one ID, two blocks. No libstdc++.
begin "C++ comdats, in a library, too"
"$cross" -g -O1 -fPIC -shared -nostdlib++ "$e2e/dso/inline-lib.cpp" -o libinline.so \
  >log 2>&1
"$cross" -g -O1 -nostdlib++ --driver-mode=g++ "$e2e/dso/inline-main.cpp" ./libinline.so \
  -o inline >log 2>&1
KCOV8_OUT=inline.dump LD_LIBRARY_PATH=. on_target ./inline >log 2>&1
[[ $("$kcov8" list inline | grep -c 'twice(int)') == 1 ]]
[[ $(comm -12 <("$kcov8" list inline | cut -f1 | sort) \
  <("$kcov8" list libinline.so | cut -f1 | sort) | wc -l) == 1 ]]
{ "$kcov8" pcs inline inline.dump && "$kcov8" pcs libinline.so inline.dump; } >inline.pcs
[[ $(grep -c ^0x inline.pcs) -ge 3 ]]
ok

if [[ $linker == *ld.lld* ]]; then
  for how in full thin; do
    begin "LTO, $how"
    both "$how" -g -O2 "-flto=$how" -fuse-ld=lld "$e2e/suite/calc.c"
    dump "$how" add 1 2
    "$kcov8" symbolize "$how" <"$how.pcs" >log
    [[ $(grep -c 'calc\.c' log) -ge 4 ]]
    ok
  done
fi

# ---- Dumps -----------------------------------------------------------------------

both dumps -g -O0 "$here/dumps.c"
if [[ -n $threads ]]; then
  begin "a forked process dumps, too"
  for name in x86-dumps dumps; do
    how=()
    [[ $name == x86-dumps ]] || read -ra how <<<"$qemu"
    rm -f dump.*
    KCOV8_OUT=$work/dump.%p "${how[@]}" "./$name" fork
    files=(dump.*)
    [[ ${#files[@]} == 2 ]]
    "$kcov8" pcs "$name" "${files[@]}" | grep ^0x | sort >"$name.pcs"
  done
  reports_agree dumps
  ok
fi

begin "a process that is killed while it dumps leaves no dump"
rm -f dump.*
KCOV8_OUT=$work/dump.whole on_target ./dumps nowhere
"$kcov8" pcs dumps dump.whole | grep -q ^0x
for call in write linkat; do
  status=0
  KCOV8_OUT=$work/dump.$call on_target ./dumps "$call" 2>log || status=$?
  [[ $status == 137 && ! -e dump.$call ]]
done
ok
