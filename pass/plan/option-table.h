/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * option-table.h - the options of the pass: their one table
 *
 * Everything that knows an option by its spelling takes it from here: the four
 * channels of the pass, its messages and the canonical text in the map;
 * `kcov8-clang --kcov8-help`; the table in docs/options.md. C without LLVM.
 */
#ifndef KCOV8_PASS_PLAN_OPTION_TABLE_H
#define KCOV8_PASS_PLAN_OPTION_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of help, and of the canonical text. */
enum kcov8_option_id {
  KCOV8_OPT_ALLOWLIST,
  KCOV8_OPT_IGNORELIST,
  KCOV8_OPT_FILTER,
  KCOV8_OPT_PROBE,
  KCOV8_OPT_ATTRIBUTION,
  KCOV8_OPT_PRUNE,
  KCOV8_OPT_PREFIX_MAP,
  KCOV8_OPT_REMARKS,
  KCOV8_OPT_LEVEL, /* the first that is not for most users */
  KCOV8_OPT_PLACE,
  KCOV8_OPT_DELTA,
  KCOV8_OPT_NEAR,
  KCOV8_OPT_FLUSH_IN,
  KCOV8_OPT_SUMMARY,
  KCOV8_OPT_UNIT,
  KCOV8_OPT_TRACE_ORDER,
  KCOV8_OPT_TRACE_CMP,
  KCOV8_OPT_NO_CTOR,
  KCOV8_N_OPTIONS,
};

/* Does the text in the map name it? */
enum kcov8_option_record {
  KCOV8_RECORD_NEVER, /* it would put build paths into the image */
  KCOV8_RECORD_SET,   /* if it is not at its default */
  KCOV8_RECORD_ALWAYS,
};

struct kcov8_option {
  const char *name;
  const char *off;          /* of a switch, the opposite of name; else NULL */
  const char *value;        /* what stands for the value in help; NULL: none */
  const char *const *words; /* NULL-terminated: the values there are; or NULL */
  const char *fallback;     /* a word, a switch's name; NULL: none, or by the
                               target */
  bool repeats;             /* may be given more than once, adds up */
  enum kcov8_option_record record;
  const char *help;
};

extern const struct kcov8_option kcov8_options[KCOV8_N_OPTIONS];

/*
 * When `option` is set, together with `with` unless that is NULL, all of
 * `needs` must be set and `excludes` must not. Each is NAME or NAME=VALUE,
 * which a default can be, too; blanks separate several. A switch that is on by
 * default alone gives way to what excludes it.
 */
struct kcov8_option_rule {
  const char *option, *with, *needs, *excludes;
};

extern const struct kcov8_option_rule kcov8_option_rules[];
extern const unsigned kcov8_n_option_rules;

/**
 * kcov8_option_find() - the number of the option of @name, or -1
 * Also by the name that switches it off.
 */
int kcov8_option_find(const char *name);

/**
 * kcov8_options_help() - print all options with their help
 * @out:    where to
 * @prefix: what stands in front of an option's name on the command line
 */
void kcov8_options_help(FILE *out, const char *prefix);

/** kcov8_options_markdown() - print them as the tables of docs/options.md */
void kcov8_options_markdown(FILE *out);

#ifdef __cplusplus
}
#endif

#endif /* KCOV8_PASS_PLAN_OPTION_TABLE_H */
