// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * md4c.c - renders the input; its first byte chooses the dialect
 */
#include "md4c-html.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void output(const MD_CHAR *text, MD_SIZE size, void *of) {
  (void)text;
  *(MD_SIZE *)of += size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const unsigned dialects[] = {
      MD_DIALECT_GITHUB | MD_FLAG_LATEXMATHSPANS | MD_FLAG_WIKILINKS |
          MD_FLAG_UNDERLINE,
      MD_DIALECT_COMMONMARK, MD_DIALECT_GITHUB,
      MD_DIALECT_GITHUB | MD_FLAG_NOHTML | MD_FLAG_COLLAPSEWHITESPACE |
          MD_FLAG_PERMISSIVEATXHEADERS};
  MD_SIZE made = 0;
  if (size)
    md_html((const MD_CHAR *)data, (MD_SIZE)size, output, &made,
            dialects[data[0] % 4], MD_HTML_FLAG_XHTML);
  return 0;
}
