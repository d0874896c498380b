/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hosted.h - what the hosted files of the runtime share
 */
#ifndef KCOV8_HOSTED_H
#define KCOV8_HOSTED_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)

/* ---- base.c -------------------------------------------------------------- */

/* May user space write the base of gs itself, without a call? */
bool kcov8i_has_fsgsbase(void);

/* ---- dump.c -------------------------------------------------------------- */

/*
 * Reads KCOV8_OUT; called once, before main().
 * @lock_is_free: whether the lock can be had: not if this thread is inside the
 *   runtime (a signal came there), or if who has it keeps it for seconds (a
 *   thread that a raw fork left behind)
 */
void kcov8i_dump_set_up(bool (*lock_is_free)(void));

/*
 * Set by a thread that will not come back: the heap may be in the middle of
 * anything. From then on memory is the kernel's, and none is given back.
 */
extern bool kcov8i_no_heap;

/* ---- ends.c -------------------------------------------------------------- */

enum kcov8i_end {
  KCOV8I_EXIT, /* the destructor */
  KCOV8I_EXEC, /* may fail: then the program goes on */
  KCOV8I_DIES, /* _exit, quick_exit, a deadly signal: at once */
};

/* Has @dump called before the ends that no destructor sees. */
void kcov8i_ends_watch(void (*dump)(enum kcov8i_end end));
void kcov8i_ends_unwatch(void);

/* @from fits: names are of PATH_MAX bytes everywhere. */
static inline void kcov8i_copy_name(char *to, const char *from) {
  memcpy(to, from, strlen(from) + 1);
}

/* ---- gs.c ---------------------------------------------------------------- */

/* Its hooks are weak: nothing else takes the file out of an archive. */
extern const char kcov8i_gs_linked;

/* ---- object.c ------------------------------------------------------------ */

/* Its hook is weak, too. */
extern const char kcov8i_object_linked;

/* ---- outfile.c ----------------------------------------------------------- */

/**
 * struct kcov8i_out - the file of a dump that is being written
 * @name:  where it goes, symbolic links resolved
 * @aside: what is written is not @name yet: kcov8i_out_publish() makes it so
 * @temporary: its name till then; "": it has none
 * @start: of appended bytes in a regular file; else -1
 * @err:   the first error, a positive errno
 */
struct kcov8i_out {
  char name[PATH_MAX], temporary[PATH_MAX];
  bool aside;
  int fd, err;
  int64_t start;
  size_t n;
  char buffer[4096];
};

/*
 * kcov8i_out_open() - a file that is there and not regular is written to as it
 * is, and not replaced
 * @carry: keep what a regular file holds
 * Return: 0 or a positive errno.
 */
int kcov8i_out_open(struct kcov8i_out *out, const char *name, bool carry);

/*
 * kcov8i_out_append() - what is written goes to the end of @name, in one piece
 * if all who write there append. Return: 0 or a positive errno.
 */
int kcov8i_out_append(struct kcov8i_out *out, const char *name);

/*
 * kcov8i_out_take_back() - what was appended
 * Return: whether another process has had to, and said why.
 */
bool kcov8i_out_take_back(struct kcov8i_out *out);

void kcov8i_out_bytes(struct kcov8i_out *out, const void *bytes, size_t n);
int kcov8i_out_flush(struct kcov8i_out *out); /* 0 or a positive errno */

/*
 * kcov8i_out_publish() - what was written aside becomes @name
 * Return: 0; a positive errno, and one can try again: EEXIST if there is such a
 * file and @replace is not set.
 */
int kcov8i_out_publish(struct kcov8i_out *out, const char *name, bool replace);

/* What is not published by now is gone. */
void kcov8i_out_close(struct kcov8i_out *out);

/* Whether @name is a regular file that ends in the @n bytes @last. */
bool kcov8i_out_ends_in(const char *name, const char *last, size_t n);

/* ---- encode.c: docs/dump-format.md --------------------------------------- */

/* What ran since the last dump, to @out: 0, or the error of kcov8i_dump(). */
int kcov8i_encode(struct kcov8i_out *out, const char *program);

/* The dump is whole. @mark: its process goes on as another program; "": no. */
void kcov8i_encode_end(struct kcov8i_out *out, const char *mark);

/* What a dump with that @mark ends in. Return: how many bytes. */
size_t kcov8i_encode_tail(char *tail, size_t size, const char *mark);

#pragma GCC visibility pop

#endif /* KCOV8_HOSTED_H */
