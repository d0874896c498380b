#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# full.sh KCOV8 PYTHON ENTRY - gather on a disk that is full, then on one that is not
kcov8=$1 python=$2 entry=$3
mount -t tmpfs -o size=1m none small || exit 1
"$kcov8" index --name first small/i dump
for n in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
  "$python" "$entry" small/i.new "00000000000000$n" "t$n" --outcome PASS dump
done
cat /dev/zero 2>/dev/null >small/filler
"$kcov8" index small/i >/dev/null
echo "status $?"
rm small/filler
mv small/i.new small/aside
"$kcov8" index small/i | head -n 1
set -- small/aside/*.json
echo "$# waiting"
mv small/aside small/i.new
"$kcov8" index small/i >out
echo "status $?"
head -n 1 out
