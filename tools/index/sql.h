/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sql.h - statements with arguments, and rows
 *
 *   const char *path;
 *   struct rows rows = sql_query(ix, "SELECT path FROM file WHERE id = ?",
 *                                "i", id);
 *   while (sql_next(&rows))
 *     path = sql_text(&rows, 0);
 *   return sql_end(&rows); // false if anything failed, message given
 *
 * @types has a letter per `?`: i int64_t; r double; t const char *, and NULL is
 * NULL; b const void *, size_t: bytes; 0 NULL, without an argument. Text and
 * bytes must stay valid until sql_end(). Statements are string literals: they
 * are prepared once per index.
 */
#ifndef KCOV8_SQL_H
#define KCOV8_SQL_H

#include "index/index.h"

/**
 * struct rows - what a statement gives
 * @statement: NULL if it could not begin
 * @failed: a message has been given
 */
struct rows {
  struct index *ix;
  sqlite3_stmt *statement;
  size_t slot;
  bool failed;
};

struct rows sql_query(struct index *ix, const char *sql, const char *types,
                      ...);
bool sql_next(struct rows *rows);
bool sql_end(struct rows *rows);

/* Columns of the row, from 0; texts and bytes are valid until sql_next(). */
int64_t sql_int(const struct rows *rows, int column);
double sql_real(const struct rows *rows, int column);
const char *sql_text(const struct rows *rows, int column); /* "" for NULL */
const void *sql_bytes(const struct rows *rows, int column, size_t *n);
bool sql_is_null(const struct rows *rows, int column);

/* sql_run() - a statement without rows. Return: true; false after a message. */
bool sql_run(struct index *ix, const char *sql, const char *types, ...);

/*
 * sql_get() - the first column of the first row
 * @value: unchanged if there is no row, or it is NULL
 * Also for `INSERT ... ON CONFLICT DO UPDATE ... RETURNING id`.
 */
bool sql_get(struct index *ix, int64_t *value, const char *sql,
             const char *types, ...);

/* sql_fail() - a message about what SQLite says. Return: false. */
bool sql_fail(struct index *ix, int code);

/* sql_finish() - forget all statements; index_close() calls it. */
void sql_finish(struct index *ix);

#endif /* KCOV8_SQL_H */
