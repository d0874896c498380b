/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * recipe.c - how a kernel is started: NAME.conf beside the launcher NAME
 *
 * Lines `KEY = WORD...`; `#` starts a comment. Words are parted by blanks, and
 * {root}, {cwd}, {user}, {memory} and {here} (the recipe's own directory) in
 * them are replaced. A word with a value that there is none of is left out.
 */
#define _GNU_SOURCE
#include "runsc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t\r\n"

/* The recipe's path as it is used in messages; its directory in *@here. */
static char *find_recipe(const char *self, char **here) {
  char real[PATH_MAX];
  char *path = text("%s.conf", self);
  if (access(path, F_OK)) {
    ssize_t n = readlink("/proc/self/exe", real, sizeof(real) - 1);
    if (n < 0)
      fail_errno("/proc/self/exe");
    real[n] = '\0';
    free(path);
    path = text("%s.conf", real);
  }
  if (!realpath(path, real))
    fail_errno(path);
  *strrchr(real, '/') = '\0';
  *here = text("%s", real);
  return path;
}

/* The words behind @key, in a line of its own; NULL: no such line. */
static char *find_line(const char *path, const char *key) {
  FILE *file = fopen(path, "re");
  char *line = NULL, *found = NULL;
  size_t room = 0;
  if (!file)
    fail_errno(path);
  while (!found && getline(&line, &room, file) >= 0) {
    line[strcspn(line, "#")] = '\0';
    char *equals = strchr(line, '=');
    char *name = line + strspn(line, BLANKS);
    if (!equals) {
      if (*name)
        fail(path, "has a line that is not KEY = WORD...");
      continue;
    }
    *equals = '\0';
    name[strcspn(name, BLANKS)] = '\0';
    if (strcmp(name, key) == 0)
      found = text("%s", equals + 1);
  }
  free(line);
  fclose(file);
  return found;
}

struct names {
  const struct values *values;
  const char *here;
};

/* The value of @name, which ends after @n bytes; false: no such name. */
static bool value_of(const struct names *names, const char *name, size_t n,
                     const char **value) {
  const struct values *v = names->values;
  const struct {
    const char *name, *value;
  } known[] = {
      {"root", v->root},     {"cwd", v->cwd},       {"user", v->user},
      {"memory", v->memory}, {"here", names->here},
  };
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
    if (strlen(known[i].name) == n && !strncmp(known[i].name, name, n)) {
      *value = known[i].value;
      return true;
    }
  return false;
}

/* @word with all values put in, malloc'ed; NULL: it is left out. */
static char *expand(const char *path, const char *word,
                    const struct names *names) {
  char *done = text("%s", "");
  while (*word) {
    size_t plain = strcspn(word, "{"), n;
    const char *value = "";
    char *longer;
    n = word[plain] ? strcspn(word + plain, "}") : 0;
    if (n &&
        (!word[plain + n] || !value_of(names, word + plain + 1, n - 1, &value)))
      fail(path, text("%s: braces take root, cwd, user, memory or here", word));
    if (!value) {
      free(done);
      return NULL;
    }
    longer = text("%s%.*s%s", done, (int)plain, word, value);
    free(done);
    done = longer;
    word += plain + (n ? n + 1 : 0);
  }
  return done;
}

/* A name without a slash is a program beside the recipe, or else in PATH. */
static char *find_program(const char *name, const char *here) {
  if (strchr(name, '/'))
    return text("%s", name);
  const char *dirs = getenv("PATH");
  char *all = text("%s:%s", here, dirs ? dirs : "/usr/local/bin:/usr/bin:/bin");
  for (char *dir = strtok(all, ":"); dir; dir = strtok(NULL, ":")) {
    char *path = text("%s/%s", dir, name);
    if (access(path, X_OK) == 0)
      return path;
    free(path);
  }
  fail(name, text("no such program in %s, nor in PATH", here));
}

char **recipe_command(const char *self, const char *key,
                      const struct values *values, char *const *tail) {
  struct names names = {.values = values};
  char *here, *path = find_recipe(self, &here), *save = NULL;
  char *line = find_line(path, key);
  if (!line)
    fail(path, text("has no line `%s = ...`", key));
  names.here = here;
  size_t room = strlen(line) / 2 + 2, n = 0;
  for (size_t i = 0; tail && tail[i]; i++)
    room++;
  char **argv = calloc(room, sizeof(*argv));
  if (!argv)
    fail_errno(path);
  for (char *word = strtok_r(line, BLANKS, &save); word;
       word = strtok_r(NULL, BLANKS, &save)) {
    argv[n] = expand(path, word, &names);
    n += argv[n] != NULL;
  }
  if (!n)
    fail(path, text("`%s =` names no program", key));
  argv[0] = find_program(argv[0], here);
  for (size_t i = 0; tail && tail[i]; i++)
    argv[n++] = tail[i];
  free(line);
  free(path);
  return argv;
}
