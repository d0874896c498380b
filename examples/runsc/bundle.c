/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * bundle.c - an OCI bundle's config.json, read by SQLite's JSON functions
 */
#include "runsc.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CONFIG (1 << 20) /* bytes; syzkaller's has 3 000 */

static char *read_file(const char *path) {
  FILE *file = fopen(path, "re");
  char *data = malloc(MAX_CONFIG);
  if (!file || !data)
    fail_errno(path);
  size_t n = fread(data, 1, MAX_CONFIG, file);
  if (ferror(file))
    fail_errno(path);
  if (n == MAX_CONFIG)
    fail(path, "is too large");
  fclose(file);
  data[n] = '\0';
  if (strlen(data) != n)
    fail(path, "is not JSON");
  return data;
}

static char *column(sqlite3_stmt *row, int i) {
  const unsigned char *value = sqlite3_column_text(row, i);
  return value ? text("%s", (const char *)value) : NULL;
}

void bundle_read(const char *dir, struct bundle *bundle) {
  char *path = text("%s/config.json", dir);
  char *json = read_file(path);
  sqlite3 *db;
  sqlite3_stmt *row;
  if (sqlite3_open(":memory:", &db) ||
      sqlite3_prepare_v2(db,
                         "SELECT j->>'$.root.path', j->>'$.process.cwd',"
                         " max(0, j->>'$.linux.resources.memory.limit')"
                         " FROM (SELECT ? AS j)",
                         -1, &row, NULL) ||
      sqlite3_bind_text(row, 1, json, -1, SQLITE_STATIC))
    fail(path, sqlite3_errmsg(db));
  if (sqlite3_step(row) != SQLITE_ROW)
    fail(path, "is not JSON");
  bundle->root = column(row, 0);
  bundle->cwd = column(row, 1);
  bundle->memory = column(row, 2);
  if (!bundle->root || !bundle->root[0])
    fail(path, "has no root.path");
  if (bundle->root[0] != '/')
    bundle->root = text("%s/%s", dir, bundle->root);
  if (!bundle->cwd)
    bundle->cwd = text("/");
  if (bundle->memory && strcmp(bundle->memory, "0") == 0)
    bundle->memory = NULL; /* -1 and 0: none */
  sqlite3_finalize(row);
  sqlite3_close(db);
  free(json);
  free(path);
}
