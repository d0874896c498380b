/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sqlite.c - statements on a database in memory
 *
 *   calls   a window is one statement, prepared, run and finalized
 *   rows    windows end in the callback that gets a row, too, and in functions
 *           that SQL calls: sqlite's own functions are live across them
 *   exit N  in the N-th such callback
 */
#include "window.h"

#include "sqlite3.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statements[] = {
    "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, town INT, pay "
    "REAL)",
    "CREATE TABLE town(id INTEGER PRIMARY KEY, label TEXT UNIQUE)",
    "CREATE INDEX by_town ON person(town, pay)",
    "BEGIN",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 300)"
    " INSERT INTO person SELECT x, 'n' || hex(x * 7919), x % 17, x / 7.0 FROM "
    "c",
    "COMMIT",
    "CREATE INDEX by_name ON person(name)",
    "INSERT INTO town SELECT DISTINCT town, 'town ' || town FROM person",
    "SELECT t.label, count(*), sum(p.pay) FROM person p JOIN town t"
    " ON t.id = p.town WHERE p.pay > 5 GROUP BY t.id ORDER BY 3 DESC",
    "SELECT point(name) FROM person WHERE id < 40",
    "SELECT a.id FROM person a JOIN person b ON a.name = b.name ORDER BY "
    "point(a.id)"
    " LIMIT 9",
    "SELECT count(*) FROM person WHERE name LIKE '%2%' OR name GLOB 'n?1*'",
    "SELECT town, max(length(name) * 10 + id % 7) FROM person GROUP BY town",
    "SELECT CASE WHEN pay > 20 THEN upper(name) ELSE substr(name, 2, 3) END "
    "FROM"
    " person WHERE town IN (SELECT id FROM town WHERE label > 'town 3')",
    "UPDATE person SET pay = pay + 1, name = name || point(town) WHERE id % 31 "
    "= 0",
    "INSERT INTO town VALUES(3, 'twice')",
    "INSERT OR REPLACE INTO town VALUES(3, 'thrice')",
    "SELECT * FROM nothing",
    "SELECT 1 +",
    "DELETE FROM person WHERE town = 4",
    "SELECT group_concat(name, ';') FROM (SELECT name FROM person LIMIT 20)",
    "SELECT date('2026-11-29', '+1 month'), printf('%08.3f|%q', 3.14, 'it''s')",
    "SAVEPOINT s",
    "DELETE FROM person WHERE id < point(100)",
    "ROLLBACK TO s",
    "RELEASE s",
    "EXPLAIN QUERY PLAN SELECT * FROM person WHERE town = 3 AND pay > 2",
    "SELECT name, row_number() OVER (PARTITION BY town ORDER BY pay) FROM "
    "person"
    " WHERE id < 60",
    "CREATE VIEW rich AS SELECT * FROM person WHERE pay > 30",
    "SELECT count(*) FROM rich UNION SELECT count(*) FROM town",
    "CREATE TRIGGER t AFTER DELETE ON town BEGIN UPDATE person SET town = 0"
    " WHERE town = old.id; END",
    "DELETE FROM town WHERE id = 5",
    "VACUUM",
    "PRAGMA integrity_check",
    "DROP TABLE person",
};

static int in_callbacks, leave_at, callbacks;

static void callback(void) {
  callbacks++;
  if (in_callbacks)
    window_end("inside");
  if (callbacks == leave_at)
    exit(0);
}

static int row(void *ctx, int n, char **values, char **names) {
  (void)ctx, (void)n, (void)values, (void)names;
  callback();
  return 0;
}

static void point(sqlite3_context *to, int n, sqlite3_value **values) {
  (void)n;
  callback();
  sqlite3_result_value(to, values[0]);
}

int main(int argc, char **argv) {
  sqlite3 *db;
  in_callbacks = argc > 1 && !strcmp(argv[1], "rows");
  leave_at = argc > 2 ? atoi(argv[2]) : 0;
  window_start();
  /* Names of temporary tables, and so what printf() of them runs. */
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 7, NULL);
  if (sqlite3_open(":memory:", &db) != SQLITE_OK)
    return 1;
  sqlite3_create_function(db, "point", 1, SQLITE_UTF8, NULL, point, NULL, NULL);
  window_end("call");
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
    char *message = NULL;
    sqlite3_exec(db, statements[i], row, NULL, &message);
    sqlite3_free(message);
    window_end("call");
  }
  sqlite3_close(db);
  window_end("call");
  return 0;
}
