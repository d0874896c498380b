// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * cjson.c - parses the input, prints it in both ways, compares and minifies
 */
#include "cJSON.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  cJSON *json = cJSON_ParseWithLength((const char *)data, size);
  if (json && text) {
    free(cJSON_PrintUnformatted(json));
    char *printed = cJSON_Print(json);
    cJSON *again = printed ? cJSON_Parse(printed) : NULL;
    cJSON_Compare(json, again, 1);
    cJSON_Delete(again);
    free(printed);
    memcpy(text, data, size);
    text[size] = 0;
    cJSON_Minify(text);
  }
  cJSON_Delete(json);
  free(text);
  return 0;
}
