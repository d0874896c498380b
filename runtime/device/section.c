/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * section.c - background work that belongs to a file of KCOV_REMOTE_ENABLE
 *
 * A worker's section holds a reference to the file, and remembers how often it
 * had been stopped: if the owner disables it meanwhile, the section's end finds
 * another number and appends nothing, as on Linux.
 *
 * PCs are collected at the end, into the file. Comparisons come as they happen
 * and from several workers at once, so each section has a buffer of its own,
 * which its end moves over; it is ours, no guest sees it.
 *
 * Work that may not sleep has a section that was prepared, of no file yet: the
 * one that has the handle gets its blocks later, if it had it from the start.
 */
#include "device/device.h"

struct section {
  struct kcov8_file *file; /* NULL: prepared */
  uint64_t sequence;
  struct kcov8i_view *view;
  struct kcov8i_buffer buffer; /* mode TRACE_CMP; area.base NULL otherwise */
};

/* ---- Comparisons --------------------------------------------------------- */

static int start_compares(struct section *s, struct kcov8_task *worker) {
  const uint64_t words = (uint64_t)s->file->remote_words *
                         s->file->sink.buffer.layout.word_bytes / 8;
  if (words < 1 || words > SIZE_MAX / 8)
    return -KCOV8_ENOMEM;
  s->buffer.area.bytes = (size_t)words * 8;
  s->buffer.area.base = kcov8_port_alloc(s->buffer.area.bytes);
  if (!s->buffer.area.base)
    return -KCOV8_ENOMEM;
  s->buffer.size_words = words;
  s->buffer.layout.word_bytes = 8;
  kcov8i_cmp_start(worker, &s->buffer);
  return 0;
}

static void move_records(struct section *s) {
  struct kcov8i_buffer *const to = &s->file->sink.buffer;
  const uint64_t *const w = s->buffer.area.base;
  kcov8i_buffer_add_records(to, w + 1, w[0]);
  to->dropped += s->buffer.dropped;
}

/* ---- Sections ------------------------------------------------------------ */

static int start(struct kcov8_device *device, struct kcov8_task *worker,
                 uint64_t handle) {
  if (worker->file || worker->section ||
      (worker->remote && kcov8i_one_file(device)))
    return -KCOV8_EBUSY;
  struct kcov8_file *const file = kcov8i_handle_file(device, handle);
  if (!file)
    return -KCOV8_ENOENT;
  struct section *const s = kcov8_port_alloc(sizeof(*s));
  if (!s)
    return -KCOV8_ENOMEM;
  s->file = file;
  s->sequence = file->sequence;
  const int err = file->mode == KCOV8I_TRACE_CMP
                      ? start_compares(s, worker)
                      : kcov8i_trace_section_begin(file, &s->view);
  if (err) {
    kcov8_port_free(s, sizeof(*s));
    return err;
  }
  file->refs++;
  worker->section = s;
  return 0;
}

/* A prepared one is used by interrupts, which set the base by themselves. */
const struct kcov8i_view *kcov8i_section_view(const struct kcov8_task *worker) {
  const struct section *const s = worker->section;
  return s->file ? s->view : NULL;
}

static void end(struct kcov8_task *worker, bool deliver) {
  struct section *const s = worker->section;
  if (!s)
    return;
  const bool valid = s->file && s->sequence == s->file->sequence;
  worker->section = NULL;
  if (s->buffer.area.base) {
    kcov8i_cmp_stop(worker);
    if (valid && deliver)
      move_records(s);
    kcov8_port_free(s->buffer.area.base, s->buffer.area.bytes);
  } else if (valid && deliver) {
    kcov8i_trace_section_end(s->file, s->view);
  } else if (valid) {
    kcov8i_trace_section_drop(s->file);
  }
  kcov8i_view_leave(s->view);
  kcov8i_view_put(s->view);
  if (s->file)
    kcov8i_file_put(s->file);
  kcov8_port_free(s, sizeof(*s));
}

void kcov8i_section_stop(struct kcov8_task *worker) { end(worker, true); }

void kcov8i_section_drop(struct kcov8_task *worker) { end(worker, false); }

int kcov8_remote_start(struct kcov8_device *device, struct kcov8_task *worker,
                       uint64_t handle) {
  if (!kcov8_remote_wanted(device, handle))
    return -KCOV8_ENOENT;
  kcov8i_task_enter(worker);
  const int err = start(device, worker, handle);
  const struct section *const s = worker->section;
  if (err)
    kcov8i_unlock();
  else
    kcov8i_trace_clear_unlock(s->file, s->view);
  worker->busy = 0;
  return err;
}

void kcov8_remote_stop(struct kcov8_task *worker) {
  if (!worker->section)
    return;
  kcov8i_task_enter(worker);
  kcov8i_section_stop(worker);
  kcov8i_task_leave(worker);
}

/* ---- Prepared ------------------------------------------------------------ */

static int prepare_section(struct kcov8_task *worker) {
  if (worker->file || worker->remote || worker->section)
    return -KCOV8_EBUSY;
  struct section *const s = kcov8_port_alloc(sizeof(*s));
  if (!s)
    return -KCOV8_ENOMEM;
  int err = kcov8i_prepare_images();
  if (!err)
    err = kcov8i_view_get(NULL, &s->view);
  if (err) {
    kcov8_port_free(s, sizeof(*s));
    return err;
  }
  if (s->view)
    kcov8i_view_clear(s->view, false);
  worker->section = s;
  return 0;
}

int kcov8_remote_prepare(struct kcov8_task *worker) {
  kcov8i_task_enter(worker);
  const int err = prepare_section(worker);
  kcov8i_task_leave(worker);
  return err;
}

intptr_t kcov8_remote_base(const struct kcov8_task *worker) {
  const struct section *const s = worker->section;
  return s ? kcov8i_view_base(s->view) : 0;
}

static int give(struct kcov8_device *device, struct kcov8i_view *view,
                uint64_t handle, size_t now) {
  struct kcov8_file *const file = kcov8i_handle_file(device, handle);
  int err = -KCOV8_ENOENT;
  if (file && file->since <= now && file->mode == KCOV8I_TRACE_PC)
    err = kcov8i_trace_section_whole(file, view);
  if (err)
    kcov8i_view_clear(view, kcov8i.keep);
  return err;
}

int kcov8_remote_deliver(struct kcov8_device *device, struct kcov8_task *worker,
                         uint64_t handle, size_t now) {
  const struct section *const s = worker->section;
  if (!s || s->file)
    return -KCOV8_EINVAL;
  if (!s->view)
    return -KCOV8_ENOENT;
  kcov8i_task_enter(worker);
  const int err = give(device, s->view, handle, now);
  kcov8i_task_leave(worker);
  return err;
}
