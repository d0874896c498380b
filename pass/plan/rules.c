/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * rules.c - reads and matches filter rules
 *
 * Globs are libc's fnmatch(3) in the C locale: linkers set the user's locale,
 * and a class [a-z] must not depend on it. What fnmatch reads in more than one
 * way does not reach it (check_glob()).
 */
#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the first reason. Returns rc. */
__attribute__((format(printf, 3, 4))) static int
fail(struct kcov8_rules *r, int rc, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  if (!r->error && vasprintf(&r->error, format, ap) < 0)
    r->error = NULL;
  va_end(ap);
  return rc;
}

static int no_memory(struct kcov8_rules *r) {
  return fail(r, -ENOMEM, "filter rules: %s", strerror(ENOMEM));
}

/* Removes blanks at both ends, in place. */
static char *trim(char *s) {
  static const char blanks[] = " \t\n\v\f\r";
  s += strspn(s, blanks);
  size_t n = strlen(s);
  while (n && strchr(blanks, s[n - 1]))
    n--;
  s[n] = 0;
  return s;
}

static bool has_prefix(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* ---- Globs ---- */

/* Length of the set that starts at glob[0] == '[', 0 if it is not closed. */
static size_t set_length(const char *glob) {
  size_t i = 1;
  if (glob[i] == '!' || glob[i] == '^')
    i++;
  if (glob[i] == ']') /* first: an ordinary member */
    i++;
  const char *end = strchr(glob + i, ']');
  return end ? (size_t)(end - glob) + 1 : 0;
}

/* Does fnmatch take a part of this set for a class ([:), an equivalence ([=) or
 * a collating symbol ([.)? */
static bool has_class(const char *set, size_t length) {
  for (size_t i = 1; i + 1 < length; i++)
    if (set[i] == '[' && strchr(":=.", set[i + 1]))
      return true;
  return false;
}

/* What is wrong with a glob, or NULL. */
static const char *check_glob(const char *glob) {
#define REGEX "looks like a regular expression; patterns are globs: "
  if (!*glob)
    return "empty pattern";
  if (has_prefix(glob, ".*"))
    return REGEX "write * for .*";
  for (; *glob; glob++) {
    if (*glob == '[') {
      size_t length = set_length(glob);
      if (!length)
        return "'[' without ']'";
      if (has_class(glob, length))
        return REGEX "no classes in [...]";
      glob += length - 1;
    } else if (strchr("(){}|+^$\\", *glob)) {
      return REGEX "*, ?, [...]";
    }
  }
  return NULL;
#undef REGEX
}

/* With POSIXLY_CORRECT in the environment fnmatch takes only ! for "not". */
static void spell_negation(char *glob) {
  for (; *glob; glob++)
    if (*glob == '[') {
      size_t length = set_length(glob);
      if (glob[1] == '^')
        glob[1] = '!';
      glob += length - 1;
    }
}

/* In the C locale. A slash is a character as any other. */
static bool matches(const char *glob, const char *text) {
  return fnmatch(glob, text, FNM_NOESCAPE) == 0;
}

/* ---- Reading ---- */

static int append(struct kcov8_rules *r, struct kcov8_rule rule,
                  const char *glob, const char *origin, const char *text) {
  if (r->n == r->room) {
    size_t room = r->room ? 2 * r->room : 16;
    struct kcov8_rule *more = realloc(r->rules, room * sizeof(*more));
    if (!more)
      return no_memory(r);
    r->rules = more;
    r->room = room;
  }
  rule.glob = strdup(glob);
  rule.origin = strdup(origin);
  rule.text = strdup(text);
  r->rules[r->n++] = rule; /* kcov8_rules_free() knows it also if half made */
  if (!rule.glob || !rule.origin || !rule.text)
    return no_memory(r);
  spell_negation(rule.glob);
  return 0;
}

/*
 * Adds one rule, unless it is another sanitizer's. @text: as written, with `!`
 * if that stood in front; @rule: behind it.
 */
static int add_rule(struct kcov8_rules *r, const char *text, const char *rule,
                    bool allow, const char *origin, const char *where) {
  static const char *const foreign[] = {
      "type:", "global:", "mainfile:", "enum:"};
  const char *colon = strchr(rule, ':');
  if (!colon)
    return fail(r, -EINVAL,
                "%s: not a rule: '%s' (expected src:GLOB or fun:GLOB)", where,
                rule);
  for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
    if (has_prefix(rule, foreign[i]))
      return 0;
  bool source = has_prefix(rule, "src:");
  if (!source && !has_prefix(rule, "fun:"))
    return fail(r, -EINVAL,
                "%s: unknown kind of rule '%.*s:' (expected src: or fun:)",
                where, (int)(colon - rule), rule);
  const char *from = colon + 1;
  if (source && has_prefix(from, "./"))
    from += 2; /* as in normalised paths */
  /* What follows `=` is SpecialCaseList's category: not ours. */
  char *glob = strndup(from, strcspn(from, "="));
  if (!glob)
    return no_memory(r);
  const char *wrong = check_glob(glob);
  int rc =
      wrong ? fail(r, -EINVAL, "%s: '%s': %s", where, rule, wrong)
            : append(r,
                     (struct kcov8_rule){.kind = source ? KCOV8_RULE_SOURCE
                                                        : KCOV8_RULE_FUNCTION,
                                         .allow = allow},
                     glob, origin, text);
  free(glob);
  return rc;
}

int kcov8_rules_add_line(struct kcov8_rules *r, const char *text,
                         const char *origin) {
  int rc = 0;
  while (*text && !rc) {
    size_t end = 0;
    while (text[end] && text[end] != ',') {
      size_t set = text[end] == '[' ? set_length(text + end) : 0;
      end += set ? set : 1;
    }
    char *copy = strndup(text, end);
    if (!copy)
      return no_memory(r);
    text += end + (text[end] == ',');
    const char *one = trim(copy);
    bool allow = *one != '!';
    rc = add_rule(r, one, one + !allow, allow, origin, origin);
    free(copy);
  }
  return rc;
}

/*
 * A section's header without its '['. *ours: do its rules count? Other
 * sanitizers' names may be spelled as LLVM likes.
 */
static int read_section(struct kcov8_rules *r, char *name, bool *ours,
                        const char *where) {
  size_t n = strlen(name);
  if (!n || name[n - 1] != ']')
    return fail(r, -EINVAL, "%s: section header without ']'", where);
  name[n - 1] = 0;
  const char *wrong = check_glob(name);
  if (wrong) {
    *ours = false;
    if (strstr(name, "coverage") || strstr(name, "kcov8"))
      return fail(r, -EINVAL, "%s: '[%s]': %s", where, name, wrong);
    return 0;
  }
  spell_negation(name);
  *ours = matches(name, "coverage") || matches(name, "kcov8");
  return 0;
}

/* One line of a file, without its comment and the blanks around. */
static int read_line(struct kcov8_rules *r, char *line, bool *ours, bool allow,
                     const char *origin, const char *where) {
  if (!*line)
    return 0;
  if (*line == '[')
    return read_section(r, line + 1, ours, where);
  return *ours ? add_rule(r, line, line, allow, origin, where) : 0;
}

static int read_lines(struct kcov8_rules *r, FILE *f, const char *path,
                      const char *name, bool allow) {
  char *line = NULL, *origin = NULL, *where = NULL;
  size_t room = 0;
  ssize_t n;
  bool ours = true;
  int rc = 0;
  for (unsigned number = 1; !rc; number++) {
    errno = 0;
    n = getline(&line, &room, f);
    if (n < 0) {
      if (ferror(f))
        rc = fail(r, -errno, "%s: %s", path, strerror(errno));
      else if (errno == ENOMEM)
        rc = no_memory(r);
      break;
    }
    if (asprintf(&origin, "%s:%u", name, number) < 0)
      origin = NULL;
    if (asprintf(&where, "%s:%u", path, number) < 0)
      where = NULL;
    if (!origin || !where)
      rc = no_memory(r);
    else if (memchr(line, 0, (size_t)n))
      rc = fail(r, -EINVAL, "%s: a zero byte: not a text file", where);
    else {
      line[strcspn(line, "#")] = 0;
      rc = read_line(r, trim(line), &ours, allow, origin, where);
    }
    free(origin);
    free(where);
  }
  free(line);
  return rc;
}

int kcov8_rules_add_file(struct kcov8_rules *r, const char *path,
                         const char *name, bool allow) {
  FILE *f = fopen(path, "re");
  if (!f)
    return fail(r, -errno, "%s: %s", path, strerror(errno));
  /* Section headers are globs, too. */
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t before = uselocale(c);
  size_t had = r->n;
  int rc = read_lines(r, f, path, name, allow);
  uselocale(before);
  freelocale(c);
  fclose(f);
  if (!rc && allow && r->n == had)
    rc = fail(r, -EINVAL, "%s: allowlist without a rule for [coverage]", path);
  return rc;
}

/* ---- Matching ---- */

static bool matches_path(const char *glob, const char *path) {
  if (matches(glob, path))
    return true;
  while ((path = strchr(path, '/')))
    if (matches(glob, ++path))
      return true;
  return false;
}

/*
 * Allowed if a rule of this kind allows it, or there is none that allows; then
 * refused if one refuses it. All rules are tried: hits are counted.
 */
static const char *refuse(struct kcov8_rules *r, enum kcov8_rule_kind kind,
                          const char *name, const char *other) {
  bool source = kind == KCOV8_RULE_SOURCE;
  bool any_allow = false, allowed = false, ignored = false;
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t before = uselocale(c);
  for (size_t i = 0; i < r->n; i++) {
    struct kcov8_rule *rule = &r->rules[i];
    if (rule->kind != kind)
      continue;
    bool hit = source ? matches_path(rule->glob, name)
                      : matches(rule->glob, name) ||
                            (other && matches(rule->glob, other));
    rule->hits += hit;
    any_allow |= rule->allow;
    allowed |= rule->allow && hit;
    ignored |= !rule->allow && hit;
  }
  uselocale(before);
  freelocale(c);
  if (any_allow && !allowed)
    return source ? "source is not in the allowlist"
                  : "function is not in the allowlist";
  if (ignored)
    return source ? "source is in the ignorelist"
                  : "function is in the ignorelist";
  return NULL;
}

const char *kcov8_rules_refuse_source(struct kcov8_rules *r, const char *path) {
  return refuse(r, KCOV8_RULE_SOURCE, path, NULL);
}

const char *kcov8_rules_refuse_function(struct kcov8_rules *r, const char *name,
                                        const char *demangled) {
  return refuse(r, KCOV8_RULE_FUNCTION, name, demangled);
}

void kcov8_rules_free(struct kcov8_rules *r) {
  for (size_t i = 0; i < r->n; i++) {
    free(r->rules[i].glob);
    free(r->rules[i].origin);
    free(r->rules[i].text);
  }
  free(r->rules);
  free(r->error);
  *r = (struct kcov8_rules){0};
}
