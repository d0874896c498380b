// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* sql.c - each statement is prepared once, and its arguments bound by letters
 */
#include "index/sql.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/tool.h"

/**
 * struct index_statement - a prepared statement
 * @sql: its text, which is also its name: a literal has one address
 */
struct index_statement {
  const char *sql;
  sqlite3_stmt *prepared;
  bool in_use;
};

bool sql_fail(struct index *ix, int code) {
  if (ix->error == code)
    return false;
  ix->error = code;
  int of_system = sqlite3_system_errno(ix->db);
  bool full = of_system == ENOSPC || of_system == EDQUOT ||
              code == SQLITE_IOERR_SHMSIZE; /* the file beside it */
  switch ((code & 0xff) == SQLITE_IOERR && full ? SQLITE_FULL : code & 0xff) {
  case SQLITE_FULL:
    return fail(ix->path, "the disk is full");
  case SQLITE_NOTADB:
    return fail(ix->path, "not an index: not even a database");
  case SQLITE_CORRUPT:
    return fail(ix->path, "the index is damaged");
  case SQLITE_BUSY:
    return fail(ix->path, "another process has kept it locked for a minute");
  case SQLITE_READONLY:
    return fail(ix->path, "cannot be written");
  case SQLITE_CANTOPEN:
    return fail(ix->path, "cannot be opened, or no file made beside it");
  default:
    return fail(ix->path, "%s", sqlite3_errmsg(ix->db));
  }
}

/* A slot with @sql that nobody reads rows of; SIZE_MAX after a message. */
static size_t prepare(struct index *ix, const char *sql) {
  for (size_t i = 0; i < ix->n_statements; i++)
    if (ix->statements[i].sql == sql && !ix->statements[i].in_use)
      return i;
  sqlite3_stmt *prepared;
  int code = sqlite3_prepare_v3(ix->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &prepared, NULL);
  if (code != SQLITE_OK) {
    sql_fail(ix, code);
    return SIZE_MAX;
  }
  ix->statements = vec_push(ix->statements, &ix->n_statements,
                            &ix->cap_statements, sizeof(*ix->statements));
  ix->statements[ix->n_statements - 1] =
      (struct index_statement){sql, prepared, false};
  return ix->n_statements - 1;
}

static int bind(sqlite3_stmt *s, int at, char type, va_list *ap) {
  switch (type) {
  case 'i':
    return sqlite3_bind_int64(s, at, va_arg(*ap, int64_t));
  case 'r':
    return sqlite3_bind_double(s, at, va_arg(*ap, double));
  case 't':
    return sqlite3_bind_text(s, at, va_arg(*ap, const char *), -1,
                             SQLITE_STATIC);
  case 'b': {
    const void *bytes = va_arg(*ap, const void *);
    size_t n = va_arg(*ap, size_t);
    return n ? sqlite3_bind_blob64(s, at, bytes, n, SQLITE_STATIC)
             : sqlite3_bind_zeroblob(s, at, 0);
  }
  default:
    return sqlite3_bind_null(s, at);
  }
}

static struct rows query(struct index *ix, const char *sql, const char *types,
                         va_list *ap) {
  struct rows rows = {.ix = ix, .slot = prepare(ix, sql)};
  if (rows.slot == SIZE_MAX) {
    rows.failed = true;
    return rows;
  }
  struct index_statement *s = &ix->statements[rows.slot];
  s->in_use = true;
  rows.statement = s->prepared;
  for (int i = 0; types[i] && !rows.failed; i++) {
    int code = bind(rows.statement, i + 1, types[i], ap);
    if (code != SQLITE_OK) {
      sql_fail(ix, code);
      rows.failed = true;
    }
  }
  return rows;
}

struct rows sql_query(struct index *ix, const char *sql, const char *types,
                      ...) {
  va_list ap;
  va_start(ap, types);
  struct rows rows = query(ix, sql, types, &ap);
  va_end(ap);
  return rows;
}

bool sql_next(struct rows *rows) {
  if (rows->failed)
    return false;
  int code = sqlite3_step(rows->statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    sql_fail(rows->ix, code);
    rows->failed = true;
  }
  return code == SQLITE_ROW;
}

bool sql_end(struct rows *rows) {
  if (rows->statement) {
    sqlite3_reset(rows->statement);
    sqlite3_clear_bindings(rows->statement);
    rows->ix->statements[rows->slot].in_use = false;
    rows->statement = NULL;
  }
  return !rows->failed;
}

bool sql_run(struct index *ix, const char *sql, const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  struct rows rows = query(ix, sql, types, &ap);
  va_end(ap);
  while (sql_next(&rows))
    ;
  return sql_end(&rows);
}

bool sql_get(struct index *ix, int64_t *value, const char *sql,
             const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  struct rows rows = query(ix, sql, types, &ap);
  va_end(ap);
  if (sql_next(&rows) && !sql_is_null(&rows, 0))
    *value = sql_int(&rows, 0);
  while (sql_next(&rows)) /* a row that RETURNING gives is not the end */
    ;
  return sql_end(&rows);
}

int64_t sql_int(const struct rows *rows, int column) {
  return sqlite3_column_int64(rows->statement, column);
}

double sql_real(const struct rows *rows, int column) {
  return sqlite3_column_double(rows->statement, column);
}

const char *sql_text(const struct rows *rows, int column) {
  const char *text = (const char *)sqlite3_column_text(rows->statement, column);
  return text ? text : "";
}

const void *sql_bytes(const struct rows *rows, int column, size_t *n) {
  const void *bytes = sqlite3_column_blob(rows->statement, column);
  *n = (size_t)sqlite3_column_bytes(rows->statement, column);
  return bytes;
}

bool sql_is_null(const struct rows *rows, int column) {
  return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

void sql_finish(struct index *ix) {
  for (size_t i = 0; i < ix->n_statements; i++)
    sqlite3_finalize(ix->statements[i].prepared);
  free(ix->statements);
  ix->statements = NULL;
  ix->n_statements = ix->cap_statements = 0;
}
