// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * pcre2.c - the input is /PATTERN/MODIFIERS and, behind a newline, a subject,
 * as in the tests of pcre2: compiles the one and matches the other
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t option(uint8_t letter) {
  switch (letter) {
  case 'i':
    return PCRE2_CASELESS;
  case 'm':
    return PCRE2_MULTILINE;
  case 's':
    return PCRE2_DOTALL;
  case 'x':
    return PCRE2_EXTENDED;
  case 'U':
    return PCRE2_UNGREEDY;
  case 'u':
    return PCRE2_UTF | PCRE2_UCP;
  case 'n':
    return PCRE2_NO_AUTO_CAPTURE;
  case 'J':
    return PCRE2_DUPNAMES;
  default:
    return 0;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *line = memchr(data, '\n', size);
  const uint8_t *end = data + size, *last = line ? line : end;
  const uint8_t *pattern = data + (size && *data == '/');
  uint32_t options = 0;
  int error;
  size_t at;
  for (const uint8_t *p = last; p > pattern; p--)
    if (p[-1] == '/') {
      while (last > p)
        options |= option(*--last);
      last = p - 1;
      break;
    }
  pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
  pcre2_set_max_pattern_compiled_length(limits, 1 << 14);
  pcre2_set_parens_nest_limit(limits, 30);
  pcre2_code *code = pcre2_compile(pattern, (size_t)(last - pattern), options,
                                   &error, &at, limits);
  pcre2_match_context *match = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(match, 2000);
  pcre2_set_heap_limit(match, 256);
  if (code) {
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(code, NULL);
    const uint8_t *subject = line ? line + 1 : end;
    pcre2_match(code, subject, (size_t)(end - subject), 0, 0, found, match);
    pcre2_match_data_free(found);
    pcre2_code_free(code);
  }
  pcre2_match_context_free(match);
  pcre2_compile_context_free(limits);
  return 0;
}
