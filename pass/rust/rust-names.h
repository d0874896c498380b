/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * rust-names.h - names of Rust functions, as their source has them
 *
 * C without LLVM: the pass makes IDs of these names, and filters in the
 * compiler and in `kcov8 report --filter` must see the same text. So it can be
 * neither LLVM's demangler (the tool has no LLVM, and LLVM leaves legacy names
 * half decoded) nor libiberty's (no library of a default system has it).
 * __cxa_demangle() knows no Rust.
 */
#ifndef KCOV8_PASS_RUST_NAMES_H
#define KCOV8_PASS_RUST_NAMES_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kcov8_rust_mangling {
  KCOV8_RUST_NONE,
  KCOV8_RUST_LEGACY, /* _ZN...17h<16 hex digits>E: generic arguments are only in
                        the hash */
  KCOV8_RUST_V0,     /* _R...: everything is spelled out */
};

/**
 * kcov8_rust_mangling() - is this a name that rustc made?
 * @name: name as linked
 *
 * Looks at the form alone; a v0 name may yet be malformed.
 */
enum kcov8_rust_mangling kcov8_rust_mangling(const char *name);

/**
 * kcov8_rust_demangle() - the name without mangling, and without what changes
 * from build to build: hashes of crates and of instances, .llvm.N
 * @name: name as linked
 *
 * As rustc-demangle prints names in its short form: `core::mem::swap::<u8>`.
 *
 * Return: text to free(3); NULL if @name is not Rust's, is malformed, is
 * absurdly long, or if there is no memory.
 */
char *kcov8_rust_demangle(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* KCOV8_PASS_RUST_NAMES_H */
