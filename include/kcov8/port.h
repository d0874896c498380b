/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * kcov8/port.h - every primitive that the freestanding core asks for
 *
 * Link-time hooks: one set per program. libkcov8.a brings the POSIX set
 * (runtime/hosted/port.c); who links libkcov8-core.a alone writes these five
 * functions. Besides them the core needs memcpy, memmove, memset and memcmp.
 * The others are optional.
 *
 * Hooks may be instrumented host code: what runs inside a flush is not
 * attributed to a guest. No hook may call back into kcov8.
 *
 * Context, if nothing else is said: on the thread that called kcov8, with the
 * core's lock held; so hooks run one at a time.
 */
#ifndef KCOV8_PORT_H
#define KCOV8_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * kcov8_port_alloc() - zeroed memory, aligned to 16 bytes
 * @bytes: > 0; may be large (pending sets are one byte per block)
 *
 * Never at a flush, but for the set-up of an image that was loaded since. From
 * device creation, open, INIT_TRACE, ENABLE and REMOTE_ENABLE, the start,
 * preparation and delivery of background work, harvest, unloading, and the
 * registration of an image while tasks have counters of their own.
 *
 * Return: the core's until kcov8_port_free(); NULL if there is no memory, the
 * caller of kcov8 then gets -ENOMEM.
 */
void *kcov8_port_alloc(size_t bytes);

/** kcov8_port_free() - release @p, which has @bytes from kcov8_port_alloc() */
void kcov8_port_free(void *p, size_t bytes);

/**
 * kcov8_port_lock() - the core's lock; not recursive
 *
 * Must order memory as a mutex does. Held for the length of one flush at most,
 * or of the set-up of an image (milliseconds).
 * A host with one thread may supply empty functions.
 * Context: any thread that calls kcov8; unlock on the one that locked.
 */
void kcov8_port_lock(void);
void kcov8_port_unlock(void);

/*
 * A lock per file: optional, all four or none. With them tasks that flush
 * different files, or work for them in the background, do not wait for each
 * other, if all that runs has counters of its own for each task (attribution
 * `task`); without them the core's one lock is for that, too. libkcov8.a has
 * them.
 */

/**
 * kcov8_port_mutex_new() - a lock, not recursive, free
 * Return: the core's until kcov8_port_mutex_free(); NULL: no memory, this file
 * goes without.
 * Context: open. A child of the host's fork must not have one that another
 * thread had, as with kcov8_port_lock(): libkcov8.a takes all of them along.
 */
void *kcov8_port_mutex_new(void) __attribute__((weak));

/**
 * kcov8_port_mutex_free() - of a free one
 * Context: the end of the last device. Until then it goes from file to file.
 */
void kcov8_port_mutex_free(void *mutex) __attribute__((weak));

/**
 * kcov8_port_mutex_lock(), kcov8_port_mutex_unlock() - as kcov8_port_lock()
 * Held for the length of one flush at most, by the thread that flushes; for a
 * moment by who has the core's lock.
 * Context: with the core's lock held or without; several threads at once.
 */
void kcov8_port_mutex_lock(void *mutex) __attribute__((weak));
void kcov8_port_mutex_unlock(void *mutex) __attribute__((weak));

enum kcov8_log_level {
  KCOV8_LOG_ERROR = 0,
  KCOV8_LOG_WARNING = 1,
};

/**
 * kcov8_port_log() - one line for the host's operator, no newline
 * @message: the core's, gone when the hook returns
 * Context: also from a flush, with its file's lock alone; and from code with
 * trace-pc that lies in a library, once, without any
 */
void kcov8_port_log(enum kcov8_log_level level, const char *message);

struct kcov8_task;

/**
 * kcov8_port_current_task() - the guest task that this thread works for
 *
 * Optional: without it KCOV_TRACE_CMP does not exist (-ENOTSUPP). Must not be
 * instrumented with trace-cmp itself.
 *
 * Return: NULL for none: in an interrupt, or in code that belongs to no task.
 * Context: called by instrumented comparisons while any task traces them: from
 * any thread, at any point of instrumented code, interrupt handlers included,
 * with or without the lock.
 */
struct kcov8_task *kcov8_port_current_task(void) __attribute__((weak));

/*
 * Files that processes share (struct kcov8_share): optional, all three or none.
 * libkcov8.a has them, with a robust mutex: the thread that claims an owner
 * must be the one that releases it, and one that ends without is none any more.
 */

/** kcov8_port_owner_init() - make 64 bytes of shared memory, zeroed, an owner
 */
int kcov8_port_owner_init(void *owner) __attribute__((weak));

/**
 * kcov8_port_own() - this thread's task owns a file from now on
 * Return: 0; negative if another task owns it that still lives.
 */
int kcov8_port_own(void *owner) __attribute__((weak));

/** kcov8_port_disown() - no longer; what kcov8_port_own() gave */
void kcov8_port_disown(void *owner) __attribute__((weak));

/*
 * Attribution `task` with one base for all images: that of gs, or a kernel's
 * per-CPU variable (x86-64). Optional. Implement map, unmap, set_base and base
 * together, or none of them; with none the image falls back to `process`, with
 * a warning. libkcov8.a has them on Linux, for gs.
 */

/**
 * kcov8_port_map() - zeroed pages of 4 KiB
 * @at:    where, exactly, or NULL for anywhere; out: where they are
 * @bytes: a multiple of 4096; the pages are the core's until unmapped
 *
 * Back them when they are touched: it is a byte per counter and task.
 *
 * Return: 0, or negative if there is no memory or @at is taken.
 * Context: ENABLE, remote sections, and the registration of an image while
 * tasks trace, which may be on another thread than theirs.
 */
int kcov8_port_map(void **at, size_t bytes) __attribute__((weak));

/** kcov8_port_unmap() - release what kcov8_port_map() gave, all of it */
void kcov8_port_unmap(void *at, size_t bytes) __attribute__((weak));

/**
 * kcov8_port_set_base() - the delta, for the calling thread
 * @base: in bytes, what probes add to the address of a counter; 0: nobody's
 *
 * It becomes the base of gs, or kcov8_percpu_delta of this CPU for as long as
 * it runs this thread and no interrupt.
 * Context: also of kcov8_task_run(), without the core's lock; several threads
 * at once.
 */
void kcov8_port_set_base(intptr_t base) __attribute__((weak));

/**
 * kcov8_port_base() - what was set last, for the calling thread
 * Context: also of a flush, without the core's lock; several threads at once.
 */
intptr_t kcov8_port_base(void) __attribute__((weak));

/**
 * kcov8_port_rebase() - the delta of other threads
 * @from: what threads may have that are not the calling one
 * @to:   what they have when this returns
 *
 * An image was loaded that has no room at @from: who ran it with that would
 * write anywhere. Optional: without it the core says so, and only the tasks
 * whose threads do not run go elsewhere.
 *
 * Return: 0, or negative if a thread may still have @from.
 */
int kcov8_port_rebase(intptr_t from, intptr_t to) __attribute__((weak));

/**
 * kcov8_port_distance() - a base to try, in bytes
 * @n: 0, 1, 2, ...
 *
 * Each task's copies lie at the image's address + base, with the same base for
 * all images. The port proposes bases at which pages are likely to be free,
 * also for images that are loaded while tasks trace; kcov8_port_map() decides.
 * Optional: without it the place of the first image's copy, which
 * kcov8_port_map() picks, decides for all.
 *
 * Return: a multiple of 4096; 0 if there is no further one.
 */
intptr_t kcov8_port_distance(unsigned int n) __attribute__((weak));

/*
 * Vector registers that are not the thread's own, as in kernels: optional, both
 * or none. Without them the core uses what it was compiled with.
 */

/**
 * kcov8_port_vector_begin() - lend this thread its CPU's vector registers
 *
 * Until kcov8_port_vector_end() the core reads up to 128 KiB of counters, and
 * does nothing else: no hook is called and no lock taken. Only if it was
 * compiled with KCOV8_VECTOR_APART does it keep its hands off them otherwise.
 * Counters may change meanwhile, so blocks of these two are in the buffer if
 * they are instrumented and do not count elsewhere.
 *
 * Return: 0, or negative if they cannot be had now: words will do.
 * Context: flushes of many counters; several times in each.
 */
int kcov8_port_vector_begin(void) __attribute__((weak));

/** kcov8_port_vector_end() - take back what kcov8_port_vector_begin() lent */
void kcov8_port_vector_end(void) __attribute__((weak));

/*
 * Code of stock compilers (-fsanitize-coverage=): optional.
 */

/**
 * struct kcov8_object - a program or shared object in memory
 * @begin, @end: all of it
 * @code_begin, @code_end: its segment with the address that was asked for, if
 *         that is code; else both 0
 * @bias:  address in memory - address in the file
 */
struct kcov8_object {
  uintptr_t begin, end;
  uintptr_t code_begin, code_end;
  uintptr_t bias;
};

/**
 * kcov8_port_object() - the object that has an address
 * @address: of a table, or of code
 *
 * Such objects have no destructor that says when they go: one that could be
 * unloaded must stay from now on. Without the hook all addresses are those of
 * one object that is where its file says, and trace-pc does not exist.
 * libkcov8.a has it.
 *
 * Return: 0; negative if no object has it.
 * Context: constructors, without the lock.
 */
int kcov8_port_object(const void *address, struct kcov8_object *object)
    __attribute__((weak));

#ifdef __cplusplus
}
#endif
#endif /* KCOV8_PORT_H */
