/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * base.h - words that every layer of the core uses
 *
 * Core files (all but hosted/) use no libc beyond memcpy, memmove, memset and
 * memcmp. Unless a comment says otherwise, every function of the core is called
 * with kcov8i_lock() held, and every field is protected by it.
 */
#ifndef KCOV8_BASE_H
#define KCOV8_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The runtime is built with hidden visibility; its API is not: a plugin that
 * is loaded later calls the program's __kcov8_image_register().
 */
#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int c, size_t n);

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- log.c: messages without a libc -------------------------------------- */

/* A line being built; what does not fit is cut. */
struct kcov8i_msg {
  size_t len;
  char text[200];
};

void kcov8i_msg_str(struct kcov8i_msg *m, const char *s);
void kcov8i_msg_dec(struct kcov8i_msg *m, uint64_t v);
void kcov8i_msg_hex(struct kcov8i_msg *m, uint64_t v);
void kcov8i_msg_log(struct kcov8i_msg *m, enum kcov8_log_level level);

/* ---- lock.c: the locks --------------------------------------------------- */

/* The core's one lock. */
void kcov8i_lock(void);
void kcov8i_unlock(void);

/*
 * May a flush do with its file's lock? Not while counters are shared, an image
 * has no PCs yet, or what flushes take is kept, too. Without a lock.
 */
bool kcov8i_flushes_apart(void);

/*
 * A file's lock. NULL: the port has no such locks, or no memory; the others
 * then do nothing. put: a file that comes later gets it; until free, when there
 * is no device any more, it can be locked by who knew the old one.
 */
struct kcov8i_mutex;
struct kcov8i_mutex *kcov8i_mutex_get(void);
void kcov8i_mutex_put(struct kcov8i_mutex *mutex);
void kcov8i_mutexes_free(void);

/* Without the core's lock, or after it. */
void kcov8i_mutex_lock(struct kcov8i_mutex *mutex);
void kcov8i_mutex_unlock(struct kcov8i_mutex *mutex);

/* All at once, for a fork. */
void kcov8i_mutexes_lock(void);
void kcov8i_mutexes_unlock(void);

/*
 * Until the core's lock is given back nobody who takes a file's lock afterwards
 * finds kcov8i_flushes_apart(); and nobody is left who did.
 */
void kcov8i_mutexes_pass(void);

/*
 * Lock and unlock around one call for a task. Until the leave, a flush for the
 * same task does nothing: a lock hook that puts the task to sleep, and a host
 * that flushes before a sleep, would otherwise recurse.
 */
void kcov8i_task_enter(struct kcov8_task *task);
void kcov8i_task_leave(struct kcov8_task *task);

/* ---- state.c: what belongs to the process -------------------------------- */

struct kcov8i_image;
struct kcov8i_sink;

/**
 * struct kcov8i_state - what more than one layer looks at
 * @n_unprepared: registered, but neither prepared nor refused yet
 * @n_refused:    registered, with unusable tables
 * @n_blocks:     in prepared images that are loaded
 * @has_cmp:      some image that was prepared has code with trace-cmp
 * @images:       prepared ones, ghosts included; new ones at the end
 * @n_shared:     of them, loaded ones with attribution `process`
 * @n_per_task:   with attribution `task`; changed with the lock, read without
 * @n_variables:  of these, not reached through one base for all; likewise
 * @enabled:      sinks of files that are tracing, linked by next
 * @keep:         what flushes take is kept for a harvest, too (dump at exit)
 * @apart:        kcov8i_flushes_apart()
 */
struct kcov8i_state {
  size_t n_unprepared;
  size_t n_refused;
  size_t n_blocks;
  bool has_cmp;
  struct kcov8i_image *images;
  size_t n_shared;
  size_t n_per_task;
  size_t n_variables;
  struct kcov8i_sink *enabled;
  size_t n_enabled;
  bool keep;
  bool apart;
};

extern struct kcov8i_state kcov8i;

#pragma GCC visibility pop

#endif /* KCOV8_BASE_H */
