/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_rust_names.c - names of Rust, which the pass and the tool share: what
 * they read like, and that forged ones do no harm
 */
#include "rust-names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* clang-format off */
static const char *const names[][2] = {
    /* v0; hashes of crates (s..._), and the crate behind, are not told */
    {"_RNvC1a1b", "a::b"},
    {"_RNvCs1AdN8cFC2m1_5hello4main", "hello::main"},
    {"_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of::<usize, f64>"},
    {"_RINvNtC3std3mem8align_ofjdECsaB3_4user", "std::mem::align_of::<usize, f64>"},
    {"_RNvXs_C1aINtC1b3VectEINtC1c5TraithE1f", "<b::Vec<u16> as c::Trait<u8>>::f"},
    {"_RNvMs2_C1aNtB5_1T1f", "<a::T>::f"},
    {"_RNvYhNtC1a1T1f", "<u8 as a::T>::f"},
    {"_RNCNvC1a1f0", "a::f::{closure#0}"},
    {"_RNCNvC1a1fs0_0", "a::f::{closure#2}"},
    {"_RNSNvC1a1f6vtable", "a::f::{shim:vtable#0}"},
    {"_RINvC1a1fKj4_Kb1_Kln2a_Kc41_E", "a::f::<4, true, -42, 'A'>"},
    {"_RINvC1a1fKo10000000000000000_KpE", "a::f::<0x10000000000000000, _>"},
    {"_RINvC1a1fFUKCiEuE", "a::f::<unsafe extern \"C\" fn(isize)>"},
    {"_RINvC1a1fFhEhE", "a::f::<fn(u8) -> u8>"},
    {"_RINvC1a1fDNtC1b5TraitNtC1c4SendEL_E", "a::f::<dyn b::Trait + c::Send>"},
    {"_RINvC1a1fDG_INtC1b2FnTRL0_hEEp6OutputuEL_E",
     "a::f::<dyn for<'a> b::Fn<(&'a u8,), Output = ()>>"},
    {"_RINvC1a1fRShQePhOcAhj8_E",
     "a::f::<&[u8], &mut str, *const u8, *mut char, [u8; 8]>"},
    {"_RINvC1a1gNtB2_1TE", "a::g::<a::T>"},
    {"_RINvC1a1fTlETEE", "a::f::<(i32,), ()>"},
    {"_RNvC1a6_1digit", "a::1digit"},
    {"_RNvC1au9bcher_kva", "a::punycode{bcher_kva}"},
    {"_RNvC1a1b.llvm.12", "a::b"},
    {"_RNvC1a1b.cold", "a::b.cold"},
    /* legacy */
    {"_ZN5hello4main17h6377e98749ffce9aE", "hello::main"},
    {"_ZN4core3ptr28drop_in_place$LT$$RF$i64$GT$17h00bbf148e1042e23E",
     "core::ptr::drop_in_place<&i64>"},
    {"_ZN5hello4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
     "hello::main::{{closure}}"},
    {"_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h57b402e0073b9992E"
     ".llvm.77", "<&T as core::fmt::Debug>::fmt"},
    {"_ZN1a21$BP$mut$u20$$C$.x1$yy17h57b402e0073b9992E", "a::*mut ,.x1$yy"},
    {"_ZN1a1b17h57b402e0073b9992E.cold", "a::b.cold"},
    /* others' */
    {"main", NULL}, {"", NULL}, {"_R", NULL}, {"_Read", NULL}, {"_Z", NULL},
    {"_ZN3foo3barE", NULL}, {"_ZN3foo17h0123456789abcdefEv", NULL},
    {"_ZN3foo17h0123456789abcdeFE", NULL}, {"_ZN17h0123456789abcdefE", NULL},
    /* malformed: short, a reference forward, to itself, no such type */
    {"_RNv", NULL}, {"_RNvC1a9b", NULL}, {"_RNvB_1b", NULL},
    {"_RINvC1a1fNvB5_E", NULL}, {"_RNvB2_1b", NULL}, {"_RINvC1a1fqE", NULL},
    {"_RNvC1a1b!", NULL}, {"_RINvC1a1fRL0_hE", NULL},
    {"_RNvC99999999999999999999991a1b", NULL},
};
/* clang-format on */

static void reads_as(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(names); i++) {
    char *text = kcov8_rust_demangle(names[i][0]);
    if (names[i][1] && text)
      assert_string_equal(text, names[i][1]);
    else if (names[i][1] || text)
      fail_msg("%s: %s", names[i][0], text ? text : "not read");
    free(text);
  }
}

static void tells_manglings_apart(void **state) {
  (void)state;
  assert_int_equal(kcov8_rust_mangling("_RNvC1a1b"), KCOV8_RUST_V0);
  assert_int_equal(kcov8_rust_mangling("_ZN1a1b17h57b402e0073b9992E"),
                   KCOV8_RUST_LEGACY);
  assert_int_equal(kcov8_rust_mangling("_ZN1a1bE"), KCOV8_RUST_NONE);
  assert_int_equal(kcov8_rust_mangling("_RUN_ALL"), KCOV8_RUST_NONE);
}

/* Each byte changed, and each one dropped: no crash, no read outside. */
static void survives_forgery(void **state) {
  (void)state;
  static const char bytes[] = "_0159BCEILNRTDFKMXYGsup$.z\x80";
  for (size_t i = 0; i < COUNT(names); i++) {
    const size_t n = strlen(names[i][0]);
    for (size_t at = 0; at < n; at++) {
      for (const char *b = bytes; *b; b++) {
        char *copy = strdup(names[i][0]);
        copy[at] = *b;
        free(kcov8_rust_demangle(copy));
        free(copy);
      }
      char *copy = strndup(names[i][0], at); /* its end is the end of a block */
      free(kcov8_rust_demangle(copy));
      free(copy);
    }
  }
}

/* References to references: 2^n times the text. */
static void refuses_expansion(void **state) {
  (void)state;
  char name[4096] = "_RINvC1a1fT";
  size_t at = strlen(name), last = 8; /* where T stands, behind _R */
  static const char digits[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  memcpy(name + at, "hhE", 3);
  at += 3;
  for (int i = 0; i < 60; i++) {
    const size_t here = at - 2, n = last - 1;
    name[at++] = 'T';
    for (int twice = 0; twice < 2; twice++) {
      name[at++] = 'B';
      if (n >= 62)
        name[at++] = digits[n / 62];
      name[at++] = digits[n % 62];
      name[at++] = '_';
    }
    name[at++] = 'E';
    last = here;
  }
  name[at++] = 'E';
  name[at] = 0;
  assert_null(kcov8_rust_demangle(name));

  char *deep = malloc(100000);
  memset(deep, 'S', 100000);
  memcpy(deep, "_RINvC1a1f", 10);
  deep[50000] = 0;
  assert_null(kcov8_rust_demangle(deep));
  deep[50000] = 'S';
  deep[99999] = 0;
  assert_null(kcov8_rust_demangle(deep));
  free(deep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_as),
      cmocka_unit_test(tells_manglings_apart),
      cmocka_unit_test(survives_forgery),
      cmocka_unit_test(refuses_expansion),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
