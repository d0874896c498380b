/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * section.c - background work that belongs to a file of KCOV_REMOTE_ENABLE
 *
 * A worker's section holds a reference to the file, and remembers how often it
 * had lost its handles: if the owner disables it meanwhile, the section's end
 * finds another number and appends nothing, as on Linux.
 *
 * PCs are collected at the end, into the file. Comparisons come as they happen
 * and from several workers at once, so each section has a buffer of its own,
 * which its end moves over; it is ours, no guest sees it.
 *
 * A section that ended waits at its file for the next work, with its counters,
 * which its end has left clear, and its reference. So the file's lock is all
 * that is needed then. A file has as many as ran for it at once, and sets them
 * free when it is disabled.
 *
 * Work that may not sleep has a section that was prepared, of no file yet: the
 * one that has the handle gets its blocks later, if it had it from the start.
 */
#include "device/device.h"

/* ---- Comparisons --------------------------------------------------------- */

static int start_compares(struct kcov8i_section *s, struct kcov8_task *worker) {
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

static void move_records(struct kcov8i_section *s) {
  struct kcov8i_buffer *const to = &s->file->sink.buffer;
  const uint64_t *const w = s->buffer.area.base;
  kcov8i_buffer_add_records(to, w + 1, w[0]);
  to->dropped += s->buffer.dropped;
}

/* ---- Sections ------------------------------------------------------------ */

static bool is_busy(const struct kcov8_device *device,
                    const struct kcov8_task *worker) {
  return worker->file || worker->section ||
         (worker->remote && kcov8i_one_file(device));
}

/* Idle ones that are not what is needed give their counters to others. */
static int start(struct kcov8_device *device, struct kcov8_task *worker,
                 uint64_t handle) {
  struct kcov8_file *const file = kcov8i_handle_file(device, handle);
  if (!file)
    return -KCOV8_ENOENT;
  kcov8i_trace_free_idle(file);
  struct kcov8i_section *const s = kcov8_port_alloc(sizeof(*s));
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
  const struct kcov8i_section *const s = worker->section;
  return s->file ? s->view : NULL;
}

/* Before it delivers: the locks may be instrumented. */
static void end(struct kcov8_task *worker, bool deliver) {
  struct kcov8i_section *const s = worker->section;
  if (!s)
    return;
  const bool valid = s->file && s->sequence == s->file->sequence;
  worker->section = NULL;
  kcov8i_view_leave(s->view);
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
  kcov8i_trace_section_free(s);
}

void kcov8i_section_stop(struct kcov8_task *worker) { end(worker, true); }

void kcov8i_section_drop(struct kcov8_task *worker) { end(worker, false); }

/* ---- Sections with their file's lock alone ------------------------------- */

/* One base for all images. */
static bool has_base(void) {
  return !__atomic_load_n(&kcov8i.n_variables, __ATOMIC_RELAXED);
}

/* Of a file that is locked: NULL if none is ready. */
static struct kcov8i_section *take_idle(struct kcov8_file *file) {
  struct kcov8i_section *const s = file->idle;
  if (!s || !kcov8i_view_is_whole(s->view))
    return NULL;
  file->idle = s->next;
  file->sink.active++;
  s->view->in_use = true;
  kcov8_port_set_base(kcov8i_view_base(s->view));
  return s;
}

/* False: nothing was done. */
static bool start_apart(struct kcov8_device *device, struct kcov8_task *worker,
                        uint64_t handle, int *err) {
  struct kcov8_file *file;
  if (!has_base() || !kcov8i_handle_lock(device, handle, &file))
    return false;
  *err = -KCOV8_ENOENT;
  if (!file)
    return true;
  worker->section = take_idle(file);
  kcov8i_sink_unlock(&file->sink);
  *err = 0;
  return worker->section != NULL;
}

static bool may_wait(const struct kcov8i_section *s) {
  return s->sequence == s->file->sequence && !s->view->stranded &&
         kcov8i_flushes_apart();
}

/* Likewise. Its counters are clear then: nobody counts there any more. */
static bool stop_apart(struct kcov8_task *worker) {
  struct kcov8i_section *const s = worker->section;
  struct kcov8_file *const file = s->file;
  if (!file || !s->view || !file->sink.mutex || !has_base())
    return false;
  kcov8i_sink_lock(&file->sink);
  const bool waits = may_wait(s);
  if (waits) {
    worker->section = NULL;
    if (kcov8_port_base() == s->view->delta)
      kcov8_port_set_base(0);
    kcov8i_trace_append(file, s->view);
    s->view->in_use = false;
    file->sink.active--;
    s->next = file->idle;
    file->idle = s;
  }
  kcov8i_sink_unlock(&file->sink);
  return waits;
}

static int start_locked(struct kcov8_device *device, struct kcov8_task *worker,
                        uint64_t handle) {
  kcov8i_lock();
  const int err = start(device, worker, handle);
  const struct kcov8i_section *const s = worker->section;
  if (err)
    kcov8i_unlock();
  else
    kcov8i_trace_clear_unlock(s->file, s->view);
  return err;
}

int kcov8_remote_start(struct kcov8_device *device, struct kcov8_task *worker,
                       uint64_t handle) {
  int err = -KCOV8_EBUSY;
  if (!kcov8_remote_wanted(device, handle))
    return -KCOV8_ENOENT;
  worker->busy = 1;
  if (!is_busy(device, worker) && !start_apart(device, worker, handle, &err))
    err = start_locked(device, worker, handle);
  worker->busy = 0;
  return err;
}

void kcov8_remote_stop(struct kcov8_task *worker) {
  if (!worker->section)
    return;
  worker->busy = 1;
  if (!stop_apart(worker)) {
    kcov8i_lock();
    kcov8i_section_stop(worker);
    kcov8i_unlock();
  }
  worker->busy = 0;
}

/* ---- Prepared ------------------------------------------------------------ */

static int prepare_section(struct kcov8_task *worker) {
  if (worker->file || worker->remote || worker->section)
    return -KCOV8_EBUSY;
  struct kcov8i_section *const s = kcov8_port_alloc(sizeof(*s));
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
  const struct kcov8i_section *const s = worker->section;
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

/* With the lock of the file that has the handle, if one has. */
static bool give_apart(struct kcov8_device *device, struct kcov8i_view *view,
                       uint64_t handle, size_t now) {
  struct kcov8_file *file;
  if (!kcov8i_handle_lock(device, handle, &file) || !file)
    return false;
  const bool given = file->since <= now && file->mode == KCOV8I_TRACE_PC &&
                     kcov8i_trace_section_whole_apart(file, view);
  kcov8i_sink_unlock(&file->sink);
  return given;
}

int kcov8_remote_deliver(struct kcov8_device *device, struct kcov8_task *worker,
                         uint64_t handle, size_t now) {
  const struct kcov8i_section *const s = worker->section;
  int err = 0;
  if (!s || s->file)
    return -KCOV8_EINVAL;
  if (!s->view)
    return -KCOV8_ENOENT;
  worker->busy = 1;
  if (!give_apart(device, s->view, handle, now)) {
    kcov8i_lock();
    err = give(device, s->view, handle, now);
    kcov8i_unlock();
  }
  worker->busy = 0;
  return err;
}
