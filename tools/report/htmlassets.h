/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* htmlassets.h - what every HTML report has; made of html/ by the build */
#ifndef KCOV8_HTMLASSETS_H
#define KCOV8_HTMLASSETS_H

#include <stddef.h>

struct html_asset {
  const char *name;
  const unsigned char *bytes;
  size_t size;
};

/* A name that is NULL ends them. */
extern const struct html_asset html_assets[];

#endif /* KCOV8_HTMLASSETS_H */
