// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * expat.c - parses the input in two pieces, with handlers for what a document
 * has, and external entities from the document itself
 */
#include <expat.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct document {
  XML_Parser parser;
  const char *text;
  size_t size, elements;
  int depth;
};

static void start(void *of, const XML_Char *name, const XML_Char **atts) {
  struct document *d = of;
  (void)name, (void)atts;
  d->elements++;
}

static void end(void *of, const XML_Char *name) { (void)of, (void)name; }

static void text(void *of, const XML_Char *s, int length) {
  (void)of, (void)s, (void)length;
}

static void element(void *of, const XML_Char *name, XML_Content *model) {
  struct document *d = of;
  (void)name;
  XML_FreeContentModel(d->parser, model);
}

// An external entity is the first half of the document, once.
static int external(XML_Parser parser, const XML_Char *context,
                    const XML_Char *base, const XML_Char *system_id,
                    const XML_Char *public_id) {
  struct document *d = XML_GetUserData(parser);
  (void)base, (void)system_id, (void)public_id;
  if (d->depth)
    return 1;
  XML_Parser inner = XML_ExternalEntityParserCreate(parser, context, NULL);
  if (!inner)
    return 0;
  d->depth = 1;
  const int status = XML_Parse(inner, d->text, (int)(d->size / 2), 1);
  d->depth = 0;
  XML_ParserFree(inner);
  return status == XML_STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct document d = {.text = (const char *)data, .size = size};
  XML_Parser p = d.parser = XML_ParserCreateNS(NULL, '|');
  if (!p)
    return 0;
  XML_SetHashSalt(p, 1);
  XML_SetUserData(p, &d);
  XML_SetElementHandler(p, start, end);
  XML_SetCharacterDataHandler(p, text);
  XML_SetElementDeclHandler(p, element);
  XML_SetExternalEntityRefHandler(p, external);
  XML_SetParamEntityParsing(p, XML_PARAM_ENTITY_PARSING_ALWAYS);
  // A document that blows up ends early.
  XML_SetBillionLaughsAttackProtectionActivationThreshold(p, 1 << 15);
  XML_SetBillionLaughsAttackProtectionMaximumAmplification(p, 8);
  if (XML_Parse(p, d.text, (int)(size / 3), 0) == XML_STATUS_OK)
    XML_Parse(p, d.text + size / 3, (int)(size - size / 3), 1);
  XML_ParserFree(p);
  return 0;
}
