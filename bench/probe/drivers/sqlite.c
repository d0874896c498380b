// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * sqlite.c - a database in memory: inserts, indexes, joins, updates, deletes
 */
#include "bench.h"
#include "sqlite3.h"
#include <stdio.h>

static void run(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK)
    bench_die(sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, 0) != SQLITE_OK)
    bench_die(sqlite3_errmsg(db));
  return statement;
}

static uint64_t sum_rows(sqlite3_stmt *statement) {
  uint64_t sum = 0;
  while (sqlite3_step(statement) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count(statement); i++)
      sum = sum * 31 + (uint64_t)sqlite3_column_int64(statement, i);
  return sum;
}

static void fill(sqlite3 *db) {
  uint64_t state = 88172645463325252u;
  char name[32];
  run(db, "BEGIN");
  sqlite3_stmt *insert = prepare(db, "INSERT INTO person VALUES(?,?,?,?)");
  for (int i = 0; i < 4000; i++) {
    const uint64_t r = bench_random(&state);
    const int length = snprintf(name, sizeof name, "n%llx",
                                (unsigned long long)(r & 0xffffff));
    sqlite3_bind_int(insert, 1, i);
    sqlite3_bind_text(insert, 2, name, length, SQLITE_TRANSIENT);
    sqlite3_bind_int(insert, 3, (int)(r >> 40 & 255));
    sqlite3_bind_double(insert, 4, (double)(r >> 24 & 4095) / 7);
    if (sqlite3_step(insert) != SQLITE_DONE)
      bench_die("insert");
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  run(db, "COMMIT");
}

uint64_t bench_body(void) {
  sqlite3 *db;
  uint64_t sum = 0;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK)
    bench_die("open");
  run(db, "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, town INT,"
          " pay REAL);"
          "CREATE TABLE town(id INTEGER PRIMARY KEY, label TEXT);"
          "CREATE INDEX by_town ON person(town, pay)");
  fill(db);
  run(db, "CREATE INDEX by_name ON person(name);"
          "INSERT INTO town SELECT DISTINCT town, 'town ' || town FROM person");
  static const char *const queries[] = {
      "SELECT t.label, count(*), sum(p.pay) FROM person p JOIN town t"
      " ON t.id = p.town WHERE p.pay > 50 GROUP BY t.id ORDER BY 3 DESC",
      "SELECT a.id, b.id FROM person a JOIN person b ON a.name = b.name"
      " AND a.id < b.id ORDER BY a.id",
      "SELECT count(*) FROM person WHERE name LIKE '%ab%' OR name GLOB 'n?f*'",
      "SELECT town, max(length(name) * 10 + id % 7) FROM person GROUP BY town",
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x * 7 % 10007 FROM c"
      " LIMIT 5000) SELECT sum(x), min(x) FROM c",
  };
  for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++) {
    sqlite3_stmt *query = prepare(db, queries[i]);
    sum = sum * 31 + sum_rows(query);
    sqlite3_finalize(query);
  }
  run(db, "UPDATE person SET pay = pay * 1.01 WHERE town % 3 = 0;"
          "UPDATE person SET name = name || 'x' WHERE id % 5 = 0;"
          "DELETE FROM person WHERE town BETWEEN 20 AND 60");
  sqlite3_stmt *point = prepare(db, "SELECT town FROM person WHERE id = ?");
  for (int i = 0; i < 8000; i++) {
    sqlite3_bind_int(point, 1, i * 7 % 4000);
    sum = sum * 31 + sum_rows(point);
    sqlite3_reset(point);
  }
  sqlite3_finalize(point);
  sqlite3_close(db);
  return sum;
}
