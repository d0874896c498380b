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
 * Only from device creation, open, INIT_TRACE, ENABLE, harvest, unloading and
 * the set-up of an image, which for one loaded late is at the next flush.
 *
 * Return: NULL if there is none; the caller then gets -ENOMEM.
 * Context: called with the lock held.
 */
void *kcov8_port_alloc(size_t bytes);

/** kcov8_port_free() - release @p, which has @bytes from kcov8_port_alloc() */
void kcov8_port_free(void *p, size_t bytes);

/**
 * kcov8_port_lock() - the core's one lock; not recursive
 *
 * Must order memory as a mutex does. Held for the length of one flush at most,
 * or of the set-up of an image (milliseconds).
 * A host with one thread may supply empty functions.
 */
void kcov8_port_lock(void);
void kcov8_port_unlock(void);

enum kcov8_log_level {
  KCOV8_LOG_ERROR = 0,
  KCOV8_LOG_WARNING = 1,
};

/**
 * kcov8_port_log() - one line for the host's operator, no newline
 * Context: may be called with the lock held.
 */
void kcov8_port_log(enum kcov8_log_level level, const char *message);

struct kcov8_task;

/**
 * kcov8_port_current_task() - the guest task that this thread works for
 *
 * Optional: without it KCOV_TRACE_CMP does not exist (-ENOTSUPP). Called by
 * instrumented comparisons while any task traces them: from any thread, at any
 * point of instrumented code, interrupt handlers included, with or without the
 * lock. Must not be instrumented with trace-cmp itself.
 *
 * Return: NULL for none: in an interrupt, or in code that belongs to no task.
 */
struct kcov8_task *kcov8_port_current_task(void) __attribute__((weak));

/*
 * Attribution `task` with one delta for all images, the base of gs or a
 * kernel's per-CPU variable (x86-64): optional, the first four or none. Without
 * them images that are built so get attribution `process`, with a warning.
 * libkcov8.a has them on Linux, for gs.
 */

/**
 * kcov8_port_map() - zeroed pages of 4 KiB
 * @at: where, exactly, or NULL for anywhere; out: where they are
 * Return: 0, or negative if there is no memory or @at is taken.
 */
int kcov8_port_map(void **at, size_t bytes) __attribute__((weak));
void kcov8_port_unmap(void *at, size_t bytes) __attribute__((weak));

/**
 * kcov8_port_set_base() - the delta, for the calling thread
 *
 * It becomes the base of gs, or kcov8_percpu_delta of this CPU for as long as
 * it runs this thread and no interrupt.
 */
void kcov8_port_set_base(intptr_t base) __attribute__((weak));
intptr_t kcov8_port_base(void) __attribute__((weak));

/**
 * kcov8_port_distance() - a base to try
 * @n: 0, 1, 2, ...
 *
 * A task's copies of all images lie at one distance from them, which is the
 * base while it runs. The port proposes those at which pages are likely to be
 * free, for images too that are loaded while tasks trace; kcov8_port_map()
 * decides. Optional: without it the place of the first image's copy, which
 * kcov8_port_map() picks, decides for all.
 *
 * Return: not 0; 0 if there is no further one.
 */
intptr_t kcov8_port_distance(unsigned int n) __attribute__((weak));

#ifdef __cplusplus
}
#endif
#endif /* KCOV8_PORT_H */
