# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# runtime.sh - part of run: the runtime for the target, and its unit tests

core=("$root"/runtime/{base,sweep,image,collect,task,device}/*.c
  "$root"/runtime/{harvest,keep,registry}.c)

compile() { # compile LEVEL SOURCE - an object in rt<LEVEL>/
  local freestanding=(-ffreestanding -fno-stack-protector)
  [[ $2 != */hosted/* ]] || freestanding=()
  "${cc[@]}" "-O$1" -std=gnu11 -g "${warnings[@]}" "${freestanding[@]}" -fPIC \
    -fvisibility=hidden "-I$root/"{include,runtime} -c "$2" \
    -o "rt$1/$(basename "$2" .c).o"
}

runtime() { # runtime LEVEL SOURCE...
  local level=$1 source
  mkdir -p "rt$1"
  shift
  for source in "$@"; do pair compile "$level" "$source"; done
  join
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

# unit LEVEL NAME - against the core of that level; says what it says
unit() {
  "${link[@]}" -static "-O$1" -g -std=gnu11 "-I$here" "-I$root/"{include,runtime,test/unit} \
    -DLIVES=100 "$root/test/unit/"{"test_$2",support}.c "rt$1/core.a" -pthread -o "$2-O$1"
  on_target "./$2-O$1" | tee "$2-O$1.out"
}

begin "sweep: all kinds find and clear the same, at -O0 and -O2"
pair unit 0 sweep
pair unit 2 sweep
join
[[ $architecture != aarch64 ]] || grep -qx neon sweep-O2.out
check+=": $(grep -xE 'words|neon|sse2|avx2|avx512' sweep-O2.out | paste -sd ' '), $(tail -n 1 sweep-O2.out)"
ok

units=(abi pc image buffer collect device remote reset words cmp sancov summary unary)
[[ $bits == 32 ]] || units+=(threads view) # threads: atomics of 64 bits
[[ -z $heavy ]] || units+=(stress)
begin "unit tests: ${units[*]}"
for name in "${units[@]}"; do pair unit 2 "$name"; done
join
ok
