// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * index.c - one file of SQLite's, which says whose it is
 *
 * It has a write-ahead log where the file system can have one: who reads does
 * not wait for who writes.
 */
#include "index/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"
#include "index/sql.h"

_Static_assert(SQLITE_VERSION_NUMBER >= 3038000, "JSON functions, RETURNING");

enum { BUSY_MS = 60 * 1000 };

/* docs/index-format.md */
static const char schema[] =
    "CREATE TABLE image(id INTEGER PRIMARY KEY, digest INTEGER NOT NULL,"
    " n_counters INTEGER NOT NULL, path TEXT NOT NULL, added INTEGER NOT NULL,"
    " functions BLOB, UNIQUE(digest, n_counters));"
    "CREATE TABLE file(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);"
    "CREATE TABLE function(id INTEGER PRIMARY KEY, sum INTEGER NOT NULL UNIQUE,"
    " hash INTEGER NOT NULL, name TEXT NOT NULL, display TEXT NOT NULL,"
    " file INTEGER NOT NULL, line INTEGER NOT NULL, n_blocks INTEGER NOT NULL,"
    " code BLOB NOT NULL);"
    "CREATE TABLE place(file INTEGER NOT NULL, function INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL);"
    "CREATE INDEX place_by_file ON place(file, first);"
    "CREATE TABLE test(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " outcome TEXT NOT NULL, seconds REAL, began INTEGER NOT NULL,"
    " uid INTEGER NOT NULL);"
    "CREATE TABLE hits(test INTEGER NOT NULL, image INTEGER NOT NULL,"
    " bits BLOB NOT NULL, PRIMARY KEY(test, image));"
    "CREATE INDEX hits_by_image ON hits(image);"
    "CREATE TABLE carried(test INTEGER NOT NULL, image INTEGER NOT NULL,"
    " origin INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY(test, image));"
    "CREATE INDEX carried_by_image ON carried(image);";

bool index_detect(const char *path) {
  static const char magic[] = "SQLite format 3"; /* its NUL counts */
  char head[sizeof(magic)];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  bool yes = fd >= 0 && pread(fd, head, sizeof(head), 0) == sizeof(head) &&
             memcmp(head, magic, sizeof(head)) == 0;
  if (fd >= 0)
    close(fd);
  return yes;
}

/* ---- Opening ------------------------------------------------------------- */

static bool open_database(struct index *ix, const char *name, int flags) {
  int code = sqlite3_open_v2(name, &ix->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK)
    return sql_fail(ix, code);
  sqlite3_extended_result_codes(ix->db, 1);
  sqlite3_busy_timeout(ix->db, BUSY_MS);
  return true;
}

/*
 * A file with a write-ahead log needs others beside it, even to be read. In a
 * directory that is closed there are none, and nobody writes.
 */
static bool open_as_constant(struct index *ix) {
  char *log = xasprintf("%s-wal", ix->path);
  struct stat st;
  bool constant = stat(log, &st) < 0 || st.st_size == 0;
  free(log);
  if (!constant)
    return sql_fail(ix, SQLITE_CANTOPEN);
  sqlite3_str *uri = sqlite3_str_new(NULL);
  sqlite3_str_appendall(uri, ix->path[0] == '/' ? "file://" : "file:");
  for (const char *c = ix->path; *c; c++)
    if (strchr("%?#", *c))
      sqlite3_str_appendf(uri, "%%%02x", (unsigned char)*c);
    else
      sqlite3_str_appendchar(uri, 1, *c);
  sqlite3_str_appendall(uri, "?immutable=1");
  char *name = sqlite3_str_finish(uri);
  sqlite3_close(ix->db);
  bool ok = open_database(ix, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  sqlite3_free(name);
  return ok;
}

static int read_number(struct index *ix, const char *sql, int64_t *value) {
  sqlite3_stmt *s;
  int code = sqlite3_prepare_v2(ix->db, sql, -1, &s, NULL);
  if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
    *value = sqlite3_column_int64(s, 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize(s);
  return code;
}

/* Whose file it is. @empty: nobody's yet. */
static int read_head(struct index *ix, int64_t *id, int64_t *version,
                     bool *empty) {
  int64_t tables = 0;
  int code = read_number(ix, "SELECT count(*) FROM sqlite_schema", &tables);
  if (code == SQLITE_OK)
    code = read_number(ix, "PRAGMA application_id", id);
  if (code == SQLITE_OK)
    code = read_number(ix, "PRAGMA user_version", version);
  *empty = !tables && !*id && !*version;
  return code;
}

static bool check_head(struct index *ix, bool *empty) {
  int64_t id = 0, version = 0;
  int code = read_head(ix, &id, &version, empty);
  int kind = code & 0xff;
  if ((kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY) &&
      sqlite3_db_readonly(ix->db, "main")) {
    if (!open_as_constant(ix))
      return false;
    code = read_head(ix, &id, &version, empty);
  }
  if (code != SQLITE_OK)
    return sql_fail(ix, code);
  if (*empty)
    return true;
  if (id != INDEX_APPLICATION_ID)
    return fail(ix->path, "a database of another program, not an index");
  if (version > INDEX_VERSION)
    return fail(ix->path,
                "an index of version %d, this kcov8 knows %d: use a newer one",
                (int)version, INDEX_VERSION);
  if (version < INDEX_VERSION)
    return fail(ix->path,
                "an index of version %d, this kcov8 knows %d: make it again",
                (int)version, INDEX_VERSION);
  return true;
}

/* ---- Making -------------------------------------------------------------- */

static bool execute(struct index *ix, const char *sql) {
  int code = sqlite3_exec(ix->db, sql, NULL, NULL, NULL);
  return code == SQLITE_OK || sql_fail(ix, code);
}

/* Two may do this at once: the second one finds that it is done. */
static bool create(struct index *ix) {
  bool empty;
  char *head =
      xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;",
                INDEX_APPLICATION_ID, INDEX_VERSION);
  bool ok = index_begin(ix) && check_head(ix, &empty) &&
            (!empty || (execute(ix, head) && execute(ix, schema))) &&
            index_commit(ix);
  free(head);
  if (!ok)
    index_rollback(ix);
  return ok;
}

/*
 * Not possible while another process has it open, and not on every file
 * system; then it stays as it is, which is as safe.
 */
static void want_log(struct index *ix) {
  sqlite3_busy_timeout(ix->db, 0);
  sqlite3_exec(ix->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
  sqlite3_busy_timeout(ix->db, BUSY_MS);
}

static bool check_file(const char *path, enum index_mode mode) {
  struct stat st;
  if (stat(path, &st) < 0)
    return (mode == INDEX_WRITE && errno == ENOENT) ||
           fail(path, "%s", strerror(errno));
  if (!S_ISREG(st.st_mode))
    return fail(path, "not an index: %s",
                S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
  if (access(path, mode == INDEX_WRITE ? R_OK | W_OK : R_OK) < 0)
    return fail(path, "%s", strerror(errno));
  return true;
}

bool index_may_be(const char *path) {
  struct stat st;
  return check_file(path, INDEX_WRITE) &&
         (stat(path, &st) < 0 || st.st_size == 0 || index_detect(path) ||
          fail(path, "not an index: not even a database"));
}

bool index_open(struct index *ix, const char *path, enum index_mode mode) {
  int flags = mode == INDEX_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                  : SQLITE_OPEN_READONLY;
  bool empty;
  *ix = (struct index){.path = path};
  if (!check_file(path, mode) || !open_database(ix, path, flags) ||
      !check_head(ix, &empty))
    return false;
  if (mode == INDEX_READ)
    return !empty || fail(path, "not an index: the file is empty");
  if (empty && !create(ix))
    return false;
  want_log(ix);
  return execute(ix, "PRAGMA synchronous = NORMAL");
}

void index_close(struct index *ix) {
  sql_finish(ix);
  sqlite3_close(ix->db);
  ix->db = NULL;
}

/* ---- Transactions -------------------------------------------------------- */

bool index_begin(struct index *ix) { return execute(ix, "BEGIN IMMEDIATE"); }

bool index_commit(struct index *ix) { return execute(ix, "COMMIT"); }

void index_rollback(struct index *ix) {
  if (ix->db && !sqlite3_get_autocommit(ix->db))
    sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
}
