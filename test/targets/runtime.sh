# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# runtime.sh - part of run: the runtime for the target, and its unit tests

core=("$root"/runtime/{base,sweep,image,collect,task,device}/*.c
  "$root"/runtime/{harvest,registry}.c)

# runtime LEVEL SOURCE... - objects in rt<LEVEL>/
runtime() {
  local level=$1 source freestanding
  mkdir -p "rt$1"
  shift
  for source in "$@"; do
    freestanding=(-ffreestanding -fno-stack-protector)
    [[ $source != */hosted/* ]] || freestanding=()
    "${cc[@]}" "-O$level" -std=gnu11 -g "${warnings[@]}" "${freestanding[@]}" -fPIC \
      -fvisibility=hidden "-I$root/"{include,runtime} -c "$source" \
      -o "rt$level/$(basename "$source" .c).o" >log 2>&1
  done
}

# LLVM's, if clang has it beside it; GNU's writes archives of any target, too.
ar=$(command -v "$(dirname "$(readlink -f "$clang")")/llvm-ar" || command -v ar)
for level in 0 2 3; do
  begin "runtime -O$level compiles without a warning"
  if [[ $level == 2 ]]; then
    runtime 2 "${core[@]}"
  else
    runtime $level "$root"/runtime/{amalgam,task/order,device/sancov}.c
  fi
  "$ar" rc "rt$level/core.a" "rt$level"/*.o
  runtime $level "$root"/runtime/hosted/*.c
  "$ar" rc "rt$level/libkcov8.a" "rt$level"/*.o
  ok
done

# ---- Unit tests -----------------------------------------------------------------

# unit LEVEL NAME - against the core of that level
unit() {
  "${link[@]}" -static "-O$1" -g -std=gnu11 "-I$here" "-I$root/"{include,runtime,test/unit} \
    -DLIVES=100 "$root/test/unit/"{"test_$2",support}.c "rt$1/core.a" -pthread \
    -o "$2-O$1" >log 2>&1
  on_target "./$2-O$1" >log 2>&1
}

for level in 0 2; do
  begin "sweep -O$level"
  unit "$level" sweep
  check+=": $(grep -cE '^(words|neon|sse2|avx2|avx512)$' log) kinds, $(tail -n 1 log)"
  ok
done
grep -qx neon log || [[ $architecture != aarch64 ]]
units=(abi pc image buffer collect device remote reset words cmp sancov summary unary)
[[ $bits == 32 ]] || units+=(threads view) # threads: atomics of 64 bits
[[ -z $heavy ]] || units+=(stress)
begin "unit tests"
for name in "${units[@]}"; do
  check="unit test $name"
  unit 2 "$name"
done
check="unit tests: ${units[*]}"
ok

