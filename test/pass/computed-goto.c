// Targets of a computed goto: their addresses are taken, each has its probe,
// and counts its own visits.
// RUN: %kcc %k-probe=counter %k-no-prune -O0 -c %S/Inputs/goto.c -o %t.o && %dump check %t.o
// RUN: %kcc %k-probe=counter %k-no-prune -O2 -c %S/Inputs/goto.c -o %t.o %k-place=early && %dump check %t.o
// RUN: %kcc %k-probe=counter %k-no-prune -O0 %S/Inputs/goto.c %s -o %t -ffunction-sections \
// RUN:   %k-filter=src:goto.c && %t | FileCheck %s
#include "Inputs/print-counters.c"
// Neighbours lie in different rows of four: entry, sub, the jump, nothing; add,
// stop. Then main.
// CHECK: counters: 1 1 5 0 3 1 1{{$}}
