/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* kind.h - what a file is for, by its name */
#ifndef KCOV8_KIND_H
#define KCOV8_KIND_H

enum kind {
  KIND_SOURCE,
  KIND_HEADER,
  KIND_BUILD, /* how it is compiled */
  KIND_TEST,  /* a test, or what tests read */
  KIND_DOC,
  KIND_OTHER, /* maybe something that code is made of */
};

enum kind kind_of(const char *path);

#endif /* KCOV8_KIND_H */
