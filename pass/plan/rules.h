/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * rules.h - the language of filters: which sources and which functions
 *
 * In a line:   src:GLOB,fun:GLOB,!src:GLOB,!fun:GLOB
 * In a file:   SanitizerCoverage's list form: one rule a line without `!`, `#`
 *              comments, sections of which [coverage] and [kcov8] count
 * Globs:       `*` any characters, `?` one, `[a-z]` `[!a-z]` one of a set
 *
 * C without LLVM: the pass and `kcov8 report --filter` read the same language.
 * LLVM's SpecialCaseList is not used, since it reads patterns as regular
 * expressions up to LLVM 16 and as globs later.
 */
#ifndef KCOV8_PASS_PLAN_RULES_H
#define KCOV8_PASS_PLAN_RULES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kcov8_rule_kind { KCOV8_RULE_SOURCE, KCOV8_RULE_FUNCTION };

/* The strings belong to the rule list. */
struct kcov8_rule {
  enum kcov8_rule_kind kind;
  bool allow;    /* names what is wanted; else what is not */
  char *glob;    /* for fnmatch(3) */
  char *origin;  /* "FILE:LINE", or what kcov8_rules_add_line() was told */
  char *text;    /* as written */
  unsigned hits; /* questions that it matched */
};

/* Starts as {0}; one thread at a time. */
struct kcov8_rules {
  struct kcov8_rule *rules; /* in the order in which they were added */
  size_t n, room;
  char *error; /* of the first call that failed: "WHERE: reason" */
};

/**
 * kcov8_rules_add_line() - add the rules of one line, separated by commas
 * @r:      rule list
 * @text:   the line; a comma inside a set of a glob does not separate
 * @origin: says in messages and in the rules where the line came from
 *
 * Return: 0; -EINVAL if @text is not a line of rules; -ENOMEM. After an error
 * @r->error says what is wrong, and @r is only good for kcov8_rules_free().
 */
int kcov8_rules_add_line(struct kcov8_rules *r, const char *text,
                         const char *origin);

/**
 * kcov8_rules_add_file() - add the rules of a list file
 * @r:     rule list
 * @path:  file to read, as messages name it
 * @name:  the file's name in the rules' origins
 * @allow: is it an allowlist? Else an ignorelist
 *
 * An allowlist must hold a rule: taken literally an empty one would want
 * nothing, read carelessly everything.
 *
 * Return: 0; -EINVAL if the file is not such a list; the negative errno of
 * opening or reading it; -ENOMEM. After an error as kcov8_rules_add_line().
 */
int kcov8_rules_add_file(struct kcov8_rules *r, const char *path,
                         const char *name, bool allow);

/**
 * kcov8_rules_refuse_source() - is a source file not wanted?
 * @r:    rule list; counts hits
 * @path: normalised path; matched whole, and every part of it behind a slash
 *
 * With rules that allow one of them must match; none that refuses may.
 *
 * Return: NULL if it is wanted, else the reason: static text.
 */
const char *kcov8_rules_refuse_source(struct kcov8_rules *r, const char *path);

/**
 * kcov8_rules_refuse_function() - is a function not wanted?
 * @r:         rule list; counts hits
 * @name:      name as linked
 * @demangled: its C++ name, or NULL
 *
 * Return: as kcov8_rules_refuse_source().
 */
const char *kcov8_rules_refuse_function(struct kcov8_rules *r, const char *name,
                                        const char *demangled);

/** kcov8_rules_free() - free all rules and the error; leaves @r as {0} */
void kcov8_rules_free(struct kcov8_rules *r);

#ifdef __cplusplus
}
#endif

#endif /* KCOV8_PASS_PLAN_RULES_H */
