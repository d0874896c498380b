/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * index.h - a database of tests: opened, made, refused
 *
 * docs/index-format.md says what is in it. Statements are in sql.h.
 */
#ifndef KCOV8_INDEX_H
#define KCOV8_INDEX_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_APPLICATION_ID 0x6b637638 /* "kcv8" */
#define INDEX_VERSION 2

enum index_mode {
  INDEX_READ,
  INDEX_WRITE, /* makes it, if it is not there */
};

/**
 * struct index - an open index
 * @path:  as it was given, for messages
 * @error: SQLite's code of the last message, so that none comes twice
 * @statements: prepared ones, to be used again
 */
struct index {
  sqlite3 *db;
  const char *path;
  int error;
  struct index_statement *statements;
  size_t n_statements, cap_statements;
};

/*
 * index_detect() - whether a file begins as an index does
 * True for other databases as well: index_open() refuses those. Not for a file
 * that is open as an index in this process: its locks would be lost.
 */
bool index_detect(const char *path);

/*
 * index_may_be() - for who writes beside the index and opens it later, if ever
 * Return: true if @path is not there, empty, or begins as an index does; false
 * after a message.
 */
bool index_may_be(const char *path);

/*
 * index_open() - open the index @path, which must stay valid
 * Return: true; false after a message. index_close() is due in either case.
 */
bool index_open(struct index *ix, const char *path, enum index_mode mode);
void index_close(struct index *ix);

/*
 * One transaction of a writer. Others that begin one wait, up to a minute.
 * Return: true; false after a message. After false from index_commit(), or for
 * what shall not have been, index_rollback() is due.
 */
bool index_begin(struct index *ix);
bool index_commit(struct index *ix);
void index_rollback(struct index *ix);

#endif /* KCOV8_INDEX_H */
