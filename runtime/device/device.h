/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * device.h - the kcov device: files, tracing, comparisons, background work
 */
#ifndef KCOV8_DEVICE_H
#define KCOV8_DEVICE_H

#include "registry.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- device.c: devices and files ----------------------------------------- */

#define KCOV8I_HANDLE_BUCKETS 256 /* so that nobody's handle finds none */

struct kcov8_device {
  struct kcov8_host host;
  struct kcov8i_layout layout;
  struct kcov8_file *files;                             /* linked by next */
  struct kcov8i_handle *handles[KCOV8I_HANDLE_BUCKETS]; /* remote.c */
  struct kcov8i_handle *free_handles;
};

enum kcov8i_mode {
  KCOV8I_DISABLED, /* no area */
  KCOV8I_INIT,
  KCOV8I_TRACE_PC,
  KCOV8I_TRACE_CMP,
};

/**
 * struct kcov8_file - one open of the device
 * @next, @link:   in its device's list; what points at it there
 * @device:        where it was opened
 * @refs:          descriptors and mappings, and one while a task has it enabled
 * @mode:          DISABLED -> INIT by INIT_TRACE, INIT <-> TRACE_PC, TRACE_CMP
 * @owner:         the task that enabled it; NULL in the first two modes
 * @remote:        enabled by REMOTE_ENABLE: the owner's @remote, not its @file;
 *                 what the owner itself runs does not go here
 * @sink:          its buffer; in the list kcov8i.enabled in mode TRACE_PC,
 *                 a remote one only while it has sections of that mode
 * @cookie:        of its open, for alloc_area
 * @share:         what it shares with other processes' copies of it, or NULL
 * @remote_words:  area_size of its REMOTE_ENABLE
 * @sequence:      how often it lost its handles: tells sections of an earlier
 *                 REMOTE_ENABLE
 * @n_sections:    of mode TRACE_PC: running ones, and those in @idle
 * @idle:          sections that are ready for the next work
 * @handles:       the list of them
 * @since:         kcov8_remote_now() when it got them
 * @view:          its own counters while it is enabled, if any image has such
 *
 * Of a file that has handles, @sequence, @idle, @handles, @since, @mode and the
 * sink change with its own lock, too: sections start and stop with that alone.
 */
struct kcov8_file {
  struct kcov8_file *next, **link;
  struct kcov8_device *device;
  size_t refs;
  enum kcov8i_mode mode;
  struct kcov8_task *owner;
  bool remote;
  struct kcov8i_sink sink;
  uintptr_t cookie;
  struct kcov8_share *share;
  uint32_t remote_words;
  uint64_t sequence;
  size_t n_sections;
  struct kcov8i_section *idle;
  struct kcov8i_handle *handles;
  size_t since;
  struct kcov8i_view *view;
};

void kcov8i_file_put(struct kcov8_file *file);

/* By 6.12's rules a task has one file, of whatever kind. */
static inline bool kcov8i_one_file(const struct kcov8_device *device) {
  return device->host.rules == KCOV8_RULES_6_12;
}

/* kcov8_file_dropped() */
uint64_t kcov8i_file_dropped(struct kcov8_file *file);

/* ---- area.c: memory of cover buffers ------------------------------------- */

/* What INIT_TRACE takes. */
bool kcov8i_size_is_valid(const struct kcov8_device *device,
                          uint64_t size_words);

/*
 * A buffer of @size_words; kcov8i_file_set_up() gives it to a file that is
 * DISABLED, and makes it INIT. -ENOMEM.
 */
int kcov8i_area_alloc(struct kcov8_file *file, uint64_t size_words,
                      struct kcov8_area *area);
void kcov8i_area_free(struct kcov8_device *device, struct kcov8_area *area);
int kcov8i_file_set_up(struct kcov8_file *file, uint64_t size_words);

/* ---- share.c: files of several processes --------------------------------- */

/* Has the host what shared files need? */
bool kcov8i_share_possible(const struct kcov8_device *device);

/* Makes a fresh one ready. -ENOMEM. */
int kcov8i_share_init(struct kcov8_share *share);

/*
 * From claim to release no other process changes or traces the file. False if
 * one does. Without a share: true, and nothing.
 */
bool kcov8i_share_claim(const struct kcov8_file *file);
void kcov8i_share_release(const struct kcov8_file *file);

/* Is it traced, by whatever process, if it has a share? */
bool kcov8i_share_traced(const struct kcov8_file *file);

/* Takes over what other processes have set up. -ENOMEM. */
int kcov8i_share_refresh(struct kcov8_file *file);

/* INIT_TRACE, SET_COUNTS of a shared file. -EBUSY, -ENOMEM. */
int kcov8i_share_set_up(struct kcov8_file *file, uint64_t size_words);
int kcov8i_share_set_counts(struct kcov8_file *file, bool on);

/* ---- trace.c: from ENABLE to DISABLE ------------------------------------- */

/*
 * INIT -> @mode, TRACE_PC or TRACE_CMP; takes a reference for the task. 0 or
 * -ENOMEM. The file's view is still to be cleared.
 */
int kcov8i_trace_start(struct kcov8_file *file, struct kcov8_task *task,
                       enum kcov8i_mode mode);

/*
 * Behind such a start, or a section's begin: clears @view, NULL too, and gives
 * the core's lock back. A view may be megabytes, and others want that lock, so
 * only the file's is held meanwhile: who meets the file waits.
 */
void kcov8i_trace_clear_unlock(struct kcov8_file *file,
                               struct kcov8i_view *view);

struct kcov8i_remote_args;

/* A start with KCOV_REMOTE_ENABLE; cannot fail. */
void kcov8i_trace_start_remote(struct kcov8_file *file, struct kcov8_task *task,
                               enum kcov8i_mode mode,
                               const struct kcov8i_remote_args *args);

/*
 * A section of background work for a remote file of mode TRACE_PC: 0 or
 * -ENOMEM; its end, with a flush.
 */
int kcov8i_trace_section_begin(struct kcov8_file *file,
                               struct kcov8i_view **view);
void kcov8i_trace_section_end(struct kcov8_file *file,
                              struct kcov8i_view *view);

/* Its end: what ran in it is nobody's. */
void kcov8i_trace_section_drop(struct kcov8_file *file);

/* What @view holds, to the buffer; with the file's lock alone. */
void kcov8i_trace_append(struct kcov8_file *file, struct kcov8i_view *view);

/**
 * struct kcov8i_section - of a worker, or in its file's list of idle ones
 * @next:     in that list
 * @file:     NULL: prepared
 * @sequence: the file's
 * @view:     NULL if no image needs one
 * @buffer:   in mode TRACE_CMP; area.base is NULL otherwise
 */
struct kcov8i_section {
  struct kcov8i_section *next;
  struct kcov8_file *file;
  uint64_t sequence;
  struct kcov8i_view *view;
  struct kcov8i_buffer buffer;
};

void kcov8i_trace_section_free(struct kcov8i_section *section);

/* Those that wait for work. */
void kcov8i_trace_free_idle(struct kcov8_file *file);

/* Begin and end at once, of what @view holds. -ENOMEM: it still does. */
int kcov8i_trace_section_whole(struct kcov8_file *file,
                               struct kcov8i_view *view);

/* The same with the file's lock alone. False: nothing was done. */
bool kcov8i_trace_section_whole_apart(struct kcov8_file *file,
                                      struct kcov8i_view *view);

/* TRACE_* -> INIT, after a last flush; drops the task's reference. */
void kcov8i_trace_stop(struct kcov8_file *file);

/* The same without a flush: what ran is nobody's. */
void kcov8i_trace_drop(struct kcov8_file *file);

/* Flush of a file that its owner's own syscalls go to. */
void kcov8i_trace_flush(struct kcov8_file *file);

/* What its owner ran since the last flush is nobody's, or others'. */
void kcov8i_trace_discard(struct kcov8_file *file);

/*
 * The same by the owner, without the core's lock. False if that is needed: then
 * nothing was done.
 */
bool kcov8i_trace_flush_apart(struct kcov8_file *file);
bool kcov8i_trace_discard_apart(struct kcov8_file *file);

/*
 * Nothing that ran before appears; count 0. On any thread. Not in mode CMP.
 * Gives the core's lock back, as clear does.
 */
void kcov8i_trace_reset_unlock(struct kcov8_file *file);

/* ---- cmp.c: comparisons -------------------------------------------------- */

/* Is there anything that could record them? If not, says why, once. */
bool kcov8i_cmp_supported(void);

/* From now on @task's comparisons go to @buffer; to nobody any more. */
void kcov8i_cmp_start(struct kcov8_task *task, struct kcov8i_buffer *buffer);
void kcov8i_cmp_stop(struct kcov8_task *task);

/* The current task's buffer, or NULL. Without the lock. */
struct kcov8i_buffer *kcov8i_cmp_buffer(void);

/* ---- sancov.c: -fsanitize-coverage=trace-cmp ----------------------------- */

/* Only there if the file was linked: code calls it. */
extern const char kcov8i_sancov_linked __attribute__((weak));

/* ---- remote.c: handles of KCOV_REMOTE_ENABLE --------------------------- */

/* A file's arguments, read from the guest. To be freed. */
struct kcov8i_remote_args {
  uint32_t trace_mode;
  uint32_t area_size;
  uint32_t num_handles;
  uint64_t common_handle;
  uint64_t handles[KCOV8_REMOTE_MAX_HANDLES];
};

/* -EFAULT, -EINVAL. Without the lock. */
int kcov8i_remote_read(struct kcov8_device *device, struct kcov8_task *task,
                       uint64_t from, struct kcov8i_remote_args *args);

/* All or none; the file's lock, too. -ENOMEM, -EINVAL, -EEXIST. */
int kcov8i_handles_add(struct kcov8_file *file,
                       const struct kcov8i_remote_args *args);
void kcov8i_handles_remove(struct kcov8_file *file);

/* The device goes. */
void kcov8i_handles_free(struct kcov8_device *device);

/* The file that has it, or NULL. */
struct kcov8_file *kcov8i_handle_file(struct kcov8_device *device,
                                      uint64_t handle);

/*
 * The same without the core's lock, if flushes are apart: a file with its lock
 * taken. False if the core's is needed.
 */
bool kcov8i_handle_lock(struct kcov8_device *device, uint64_t handle,
                        struct kcov8_file **out);

/* ---- section.c: background work ------------------------------------------ */

/* Of @worker's section, which it is in: its counters, or NULL. */
const struct kcov8i_view *kcov8i_section_view(const struct kcov8_task *worker);

/* Ends @worker's section, if it is in one; drop: nothing is delivered. */
void kcov8i_section_stop(struct kcov8_task *worker);
void kcov8i_section_drop(struct kcov8_task *worker);

#pragma GCC visibility pop

#endif /* KCOV8_DEVICE_H */
