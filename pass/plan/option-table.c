/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "option-table.h"

#include <string.h>

/* In the order of the enumerations that they stand for. */
#define WORDS(...)                                                             \
  .words = (const char *const[]) { __VA_ARGS__, NULL }

const struct kcov8_option kcov8_options[KCOV8_N_OPTIONS] = {
    [KCOV8_OPT_ALLOWLIST] = {.name = "allowlist",
                             .value = "FILE",
                             .repeats = true,
                             .help = "instrument only what FILE names"},
    [KCOV8_OPT_IGNORELIST] = {.name = "ignorelist",
                              .value = "FILE",
                              .repeats = true,
                              .help = "do not instrument what FILE names"},
    [KCOV8_OPT_FILTER] = {.name = "filter",
                          .value = "RULES",
                          .repeats = true,
                          .help = "the same inline: src:GLOB,fun:GLOB,"
                                  "!src:GLOB,!fun:GLOB"},
    [KCOV8_OPT_PROBE] = {.name = "probe",
                         .value = "KIND",
                         WORDS("counter", "flag", "wrapping", "unary"),
                         .fallback = "flag",
                         .record = KCOV8_RECORD_ALWAYS,
                         .help = "what a probe leaves behind"},
    [KCOV8_OPT_ATTRIBUTION] =
        {.name = "attribution",
         .value = "WHOSE",
         WORDS("process", "task"),
         .fallback = "process",
         .record = KCOV8_RECORD_SET,
         .help = "one counter array for all, or one for each task that traces"},
    [KCOV8_OPT_PRUNE] = {.name = "prune",
                         .off = "no-prune",
                         .fallback = "prune",
                         .record = KCOV8_RECORD_ALWAYS,
                         .help = "no probe where others' probes tell the same; "
                                 "reports stay complete"},
    [KCOV8_OPT_PREFIX_MAP] =
        {.name = "prefix-map",
         .value = "OLD=NEW",
         .repeats = true,
         .help = "replace a leading part of source paths; the last match wins"},
    [KCOV8_OPT_REMARKS] = {.name = "remarks",
                           .help =
                               "say of each function what was done and why"},
    [KCOV8_OPT_LEVEL] = {.name = "level",
                         .value = "LEVEL",
                         WORDS("func", "bb", "edge"),
                         .fallback = "bb",
                         .record = KCOV8_RECORD_ALWAYS,
                         .help = "entry blocks, every basic block, or critical "
                                 "edges too"},
    [KCOV8_OPT_PLACE] = {.name = "place",
                         .value = "PLACE",
                         WORDS("late", "early"),
                         .fallback = "late",
                         .record = KCOV8_RECORD_ALWAYS,
                         .help = "after or before the optimiser"},
    [KCOV8_OPT_DELTA] = {.name = "delta",
                         .value = "WHERE",
                         WORDS("gs", "thread", "global", "percpu"),
                         .record = KCOV8_RECORD_SET,
                         .help = "how probes find the task's array: by default "
                                 "gs on x86-64, else thread"},
    [KCOV8_OPT_NEAR] = {.name = "near",
                        .record = KCOV8_RECORD_SET,
                        .help = "counters lie within 2 GiB of the code, "
                                "whatever -mcmodel says"},
    [KCOV8_OPT_FLUSH_IN] = {.name = "flush-in",
                            .value = "FUNCTION",
                            .repeats = true,
                            .record = KCOV8_RECORD_SET,
                            .help = "flushes are in FUNCTION alone, all other "
                                    "calls return"},
    [KCOV8_OPT_SUMMARY] = {.name = "summary",
                           .record = KCOV8_RECORD_SET,
                           .help = "probes mark what a flush has to look at"},
    [KCOV8_OPT_UNIT] = {.name = "unit",
                        .value = "NAME",
                        .record = KCOV8_RECORD_SET,
                        .help = "tells a source apart that is compiled twice "
                                "into one image"},
    [KCOV8_OPT_TRACE_ORDER] = {.name = "trace-order",
                               .record = KCOV8_RECORD_SET,
                               .help = "PCs in the order in which blocks first "
                                       "ran"},
    [KCOV8_OPT_TRACE_CMP] = {.name = "trace-cmp",
                             .record = KCOV8_RECORD_SET,
                             .help =
                                 "record comparisons, too (KCOV_TRACE_CMP)"},
    [KCOV8_OPT_NO_CTOR] = {.name = "no-ctor",
                           .record = KCOV8_RECORD_SET,
                           .help = "the host registers the image itself"},
};

const struct kcov8_option_rule kcov8_option_rules[] = {
    /* The optimiser could part a mark from its counter. */
    {"summary", NULL, "place=late", NULL},
    {"attribution=task", NULL, "place=late", NULL},
    /* A block without a probe has no place in the order; nor have several
     * tasks'. */
    {"trace-order", NULL, "attribution=task", "prune"},
    {"flush-in", NULL, "prune", NULL},
    {"near", NULL, "attribution=task delta=gs", NULL},
    {"delta", NULL, "attribution=task", NULL},
};
const unsigned kcov8_n_option_rules =
    sizeof(kcov8_option_rules) / sizeof(*kcov8_option_rules);

int kcov8_option_find(const char *name) {
  for (int i = 0; i < KCOV8_N_OPTIONS; i++) {
    const struct kcov8_option *o = &kcov8_options[i];
    if (strcmp(o->name, name) == 0 || (o->off && strcmp(o->off, name) == 0))
      return i;
  }
  return -1;
}

/* NAME, or NAME=VALUE with all words that VALUE can be; a switch's both names.
 */
static void print_form(FILE *out, const struct kcov8_option *o, const char *bar,
                       const char *between, const char *prefix) {
  fputs(o->name, out);
  if (o->off)
    fprintf(out, "%s%s%s", between, prefix, o->off);
  if (!o->value)
    return;
  fputc('=', out);
  if (!o->words)
    fputs(o->value, out);
  for (size_t i = 0; o->words && o->words[i]; i++)
    fprintf(out, "%s%s", i ? bar : "", o->words[i]);
}

/* blanks become " and ". */
static void print_all(FILE *out, const char *verb, const char *words) {
  fprintf(out, "%s ", verb);
  for (; *words; words++)
    fprintf(out, *words == ' ' ? " and " : "%c", *words);
}

/* "START default X; may be repeated; needs Y; excludes Z)", as far as it holds.
 */
static void print_conditions(FILE *out, const struct kcov8_option *o,
                             const char *start) {
  const char *lead = start, *needed = "";
  if (o->fallback) {
    fprintf(out, "%sdefault %s", lead, o->fallback);
    lead = "; ";
  }
  if (o->repeats) {
    fprintf(out, "%smay be repeated", lead);
    lead = "; ";
  }
  for (unsigned i = 0; i < kcov8_n_option_rules; i++) {
    const struct kcov8_option_rule *r = &kcov8_option_rules[i];
    size_t n = strcspn(r->option, "=");
    if (strncmp(r->option, o->name, n) != 0 || o->name[n])
      continue;
    const char *with = r->option[n] ? r->option + n + 1 : r->with;
    if (with && strcmp(with, needed) != 0) {
      fprintf(out, "%swith %s: ", lead, with);
      lead = "";
    }
    if (r->needs) {
      fputs(lead, out);
      print_all(out, "needs", r->needs);
      needed = r->needs;
      lead = "; ";
    }
    if (r->excludes) {
      fputs(lead, out);
      print_all(out, "excludes", r->excludes);
      lead = "; ";
    }
  }
  fputs(lead == start ? "" : ")", out);
}

void kcov8_options_help(FILE *out, const char *prefix) {
  for (int i = 0; i < KCOV8_N_OPTIONS; i++) {
    const struct kcov8_option *o = &kcov8_options[i];
    if (i == KCOV8_OPT_LEVEL)
      fputs("\nFor study and for special hosts:\n\n", out);
    fprintf(out, "  %s", prefix);
    print_form(out, o, "|", " or ", prefix);
    fprintf(out, "\n      %s", o->help);
    print_conditions(out, o, "\n      (");
    fputc('\n', out);
  }
}

void kcov8_options_markdown(FILE *out) {
  for (int i = 0; i < KCOV8_N_OPTIONS; i++) {
    const struct kcov8_option *o = &kcov8_options[i];
    if (i == KCOV8_OPT_LEVEL)
      fputs("\nFor study and for special hosts:\n\n", out);
    if (i == 0 || i == KCOV8_OPT_LEVEL)
      fputs("| option | meaning |\n|---|---|\n", out);
    fputs("| `", out);
    print_form(out, o, "\\|", "`, `", "");
    fprintf(out, "` | %s", o->help);
    print_conditions(out, o, " (");
    fputs(" |\n", out);
  }
}
