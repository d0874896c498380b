/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * trace.c - from ENABLE to DISABLE: start, flush, reset, stop
 *
 * A file of mode TRACE_PC is in kcov8i.enabled while something may run for it:
 * that of a task always, a remote one while it has sections. All with the
 * core's lock held, but for flushes and sections that do without
 * (base/lock.c).
 */
#include "device/device.h"

static void own(struct kcov8_file *file, struct kcov8_task *task,
                enum kcov8i_mode mode, bool remote) {
  file->mode = mode;
  file->owner = task;
  file->remote = remote;
  file->refs++;
  if (remote) {
    task->remote = file;
  } else {
    task->file = file;
    task->tracing = 1;
  }
}

static void disown(struct kcov8_file *file) {
  struct kcov8_task *const task = file->owner;
  if (file->remote) {
    task->remote = NULL;
  } else {
    task->tracing = 0;
    task->file = NULL;
  }
  if (file->remote || kcov8i_one_file(file->device))
    task->common_handle = 0;
  file->mode = KCOV8I_INIT;
  file->owner = NULL;
  file->remote = false;
  kcov8i_share_release(file);
  kcov8i_file_put(file);
}

static void enabled_add(struct kcov8i_sink *sink) {
  sink->next = kcov8i.enabled;
  sink->link = &kcov8i.enabled;
  if (sink->next)
    sink->next->link = &sink->next;
  *sink->link = sink;
  kcov8i.n_enabled++;
}

static void enabled_remove(struct kcov8i_sink *sink) {
  *sink->link = sink->next;
  if (sink->next)
    sink->next->link = sink->link;
  kcov8i.n_enabled--;
}

/* What @file needs to be one of those that are enabled. -ENOMEM. */
static int need_sets(struct kcov8_file *file) {
  if (kcov8i.n_enabled && kcov8i.n_shared)
    return kcov8i_pending_need(&file->sink);
  if (!file->sink.buffer.counts)
    return 0;
  kcov8i_sink_lock(&file->sink);
  const int err = kcov8i_pending_need_one(&file->sink);
  kcov8i_sink_unlock(&file->sink);
  return err;
}

int kcov8i_trace_start(struct kcov8_file *file, struct kcov8_task *task,
                       enum kcov8i_mode mode) {
  int err = kcov8i_prepare_images();
  if (!err && mode == KCOV8I_TRACE_CMP) {
    own(file, task, mode, false);
    kcov8i_cmp_start(task, &file->sink.buffer);
    return 0;
  }
  if (!err)
    err = need_sets(file);
  if (!err)
    err = kcov8i_view_get(&file->sink, &file->view);
  if (err) {
    kcov8i_pending_free(&file->sink);
    return err;
  }
  /* For the others; what is left belongs to nobody and is discarded. */
  kcov8i_collect(NULL, kcov8i.keep);
  file->sink.active = 1;
  enabled_add(&file->sink);
  own(file, task, mode, false);
  if (file->view)
    kcov8i_view_use(file->view);
  return 0;
}

void kcov8i_trace_clear_unlock(struct kcov8_file *file,
                               struct kcov8i_view *view) {
  const bool apart = view && file->sink.mutex;
  if (apart) {
    kcov8i_sink_lock(&file->sink);
    kcov8i_unlock();
  }
  if (view)
    kcov8i_view_clear(view, false);
  if (apart)
    kcov8i_sink_unlock(&file->sink);
  else
    kcov8i_unlock();
}

void kcov8i_trace_start_remote(struct kcov8_file *file, struct kcov8_task *task,
                               enum kcov8i_mode mode,
                               const struct kcov8i_remote_args *args) {
  own(file, task, mode, true);
  file->remote_words = args->area_size;
  if (args->common_handle) /* else an inherited one stays */
    task->common_handle = (uint32_t)args->common_handle; /* subsystem 0 */
}

/* @file has one section more. */
static int join(struct kcov8_file *file) {
  const int err = need_sets(file);
  if (err)
    return err;
  /* For the others; what is left belongs to nobody and is discarded. */
  kcov8i_collect(NULL, kcov8i.keep);
  if (!file->n_sections++)
    enabled_add(&file->sink);
  kcov8i_sink_lock(&file->sink);
  file->sink.active++;
  kcov8i_sink_unlock(&file->sink);
  return 0;
}

int kcov8i_trace_section_begin(struct kcov8_file *file,
                               struct kcov8i_view **view) {
  int err = kcov8i_prepare_images();
  if (!err)
    err = kcov8i_view_get(&file->sink, view);
  if (err)
    return err;
  err = join(file);
  if (err) {
    kcov8i_view_put(*view);
    *view = NULL;
  } else if (*view) {
    kcov8i_view_use(*view);
  }
  return err;
}

/* False if there is no list, or it has not all. */
static bool collect_list(struct kcov8i_order *list, struct kcov8_file *file,
                         const struct kcov8i_view *view,
                         struct kcov8i_append *direct, bool keep) {
  return list &&
         kcov8i_collect_order(list, view->copies, direct, &file->sink, keep);
}

/* What is in a file's own counters, to @direct or its pending set. */
static void collect_view(struct kcov8_file *file, struct kcov8i_view *view,
                         struct kcov8i_append *direct, bool keep) {
  if (!view)
    return;
  const bool all_mapped = collect_list(view->order, file, view, direct, keep);
  const bool all_listed = collect_list(view->list, file, view, direct, keep);
  for (const struct kcov8i_copy *c = view->copies; c; c = c->next)
    if (!(c->image->ordered && (c->image->segment ? all_mapped : all_listed)))
      kcov8i_collect_copy(c, direct, &file->sink, keep);
}

static bool is_direct(const struct kcov8i_sink *sink) {
  return !sink->dirty && !sink->buffer.counts;
}

static void append_begin(struct kcov8i_append *a, struct kcov8_file *file) {
  kcov8i_append_begin(a, &file->sink.buffer);
  if (file->remote && a->room >= file->remote_words)
    a->room = file->remote_words ? file->remote_words - 1 : 0;
}

/*
 * What is in @view, and in the pending set, to the buffer; by way of that set
 * if it holds something, or sums up counts.
 */
void kcov8i_trace_append(struct kcov8_file *file, struct kcov8i_view *view) {
  struct kcov8i_append a;
  append_begin(&a, file);
  collect_view(file, view, is_direct(&file->sink) ? &a : NULL, false);
  if (file->sink.dirty)
    kcov8i_pending_drain(&file->sink, &a);
  kcov8i_append_end(&a);
}

/* The same with the core's lock, and with what is in the counters of all. */
static void flush(struct kcov8_file *file, struct kcov8i_view *view) {
  struct kcov8i_sink *const sink = &file->sink;
  struct kcov8i_append a;
  kcov8i_sink_lock(sink);
  const bool direct = is_direct(sink);
  const bool alone = direct && kcov8i.n_enabled == 1;
  if (kcov8i.n_shared && !alone) { /* it locks all, one by one */
    kcov8i_sink_unlock(sink);
    kcov8i_collect(NULL, kcov8i.keep);
    kcov8i_sink_lock(sink);
  }
  append_begin(&a, file);
  if (kcov8i.n_shared && alone)
    kcov8i_collect(&a, kcov8i.keep);
  collect_view(file, view, direct ? &a : NULL, kcov8i.keep);
  if (view && view == file->view)
    kcov8i_view_refresh(view);
  if (sink->dirty)
    kcov8i_pending_drain(sink, &a);
  kcov8i_append_end(&a);
  kcov8i_sink_unlock(sink);
}

/* ---- Sections ------------------------------------------------------------ */

/* @file has one section less. */
static void gone(struct kcov8_file *file) {
  if (!--file->n_sections)
    enabled_remove(&file->sink);
}

void kcov8i_trace_section_end(struct kcov8_file *file,
                              struct kcov8i_view *view) {
  (void)kcov8i_prepare_images();
  flush(file, view);
  kcov8i_trace_section_drop(file);
}

void kcov8i_trace_section_drop(struct kcov8_file *file) {
  kcov8i_sink_lock(&file->sink);
  file->sink.active--;
  kcov8i_sink_unlock(&file->sink);
  gone(file);
}

void kcov8i_trace_section_free(struct kcov8i_section *s) {
  kcov8i_view_put(s->view);
  if (s->file)
    kcov8i_file_put(s->file);
  kcov8_port_free(s, sizeof(*s));
}

void kcov8i_trace_free_idle(struct kcov8_file *file) {
  kcov8i_sink_lock(&file->sink);
  struct kcov8i_section *s = file->idle;
  file->idle = NULL;
  kcov8i_sink_unlock(&file->sink);
  for (struct kcov8i_section *next; s; s = next) {
    next = s->next;
    gone(file);
    kcov8i_trace_section_free(s);
  }
}

int kcov8i_trace_section_whole(struct kcov8_file *file,
                               struct kcov8i_view *view) {
  int err = kcov8i_prepare_images();
  if (!err)
    err = join(file);
  if (!err)
    kcov8i_trace_section_end(file, view);
  return err;
}

bool kcov8i_trace_section_whole_apart(struct kcov8_file *file,
                                      struct kcov8i_view *view) {
  if (view->stranded || !is_direct(&file->sink))
    return false;
  kcov8i_trace_append(file, view);
  return true;
}

/* Sections that run on will find that they are out of date. */
static void stop_remote(struct kcov8_file *file) {
  kcov8i_sink_lock(&file->sink);
  kcov8i_handles_remove(file);
  file->sequence++;
  if (file->sink.active)
    kcov8i_view_orphan(&file->sink);
  file->sink.active = 0;
  kcov8i_sink_unlock(&file->sink);
  kcov8i_trace_free_idle(file);
  if (file->n_sections)
    enabled_remove(&file->sink);
  file->n_sections = 0;
  kcov8i_pending_free(&file->sink);
}

/* ---- Of a task ----------------------------------------------------------- */

void kcov8i_trace_flush(struct kcov8_file *file) {
  /* Only after an image was loaded. No memory: its counters just wait. */
  (void)kcov8i_prepare_images();
  if (file->mode != KCOV8I_TRACE_CMP) /* records are there already */
    flush(file, file->view);
}

/* The file's lock, if that is enough for a flush or a discard. */
static bool lock_apart(struct kcov8_file *file) {
  if (!file->sink.mutex || !kcov8i_flushes_apart())
    return false;
  kcov8i_sink_lock(&file->sink);
  if (!file->view || !kcov8i_view_is_stale(file->view))
    return true;
  kcov8i_sink_unlock(&file->sink);
  return false;
}

bool kcov8i_trace_flush_apart(struct kcov8_file *file) {
  if (!lock_apart(file))
    return false;
  if (file->mode != KCOV8I_TRACE_CMP)
    kcov8i_trace_append(file, file->view);
  kcov8i_sink_unlock(&file->sink);
  return true;
}

static void stop(struct kcov8_file *file, bool deliver) {
  if (file->remote) {
    stop_remote(file);
  } else if (file->mode == KCOV8I_TRACE_CMP) {
    kcov8i_cmp_stop(file->owner);
  } else {
    if (deliver)
      kcov8i_trace_flush(file);
    enabled_remove(&file->sink);
    kcov8i_sink_lock(&file->sink);
    kcov8i_pending_free(&file->sink);
    file->sink.active = 0;
    kcov8i_view_leave(file->view);
    kcov8i_view_put(file->view);
    file->view = NULL;
    kcov8i_sink_unlock(&file->sink);
  }
  disown(file);
}

void kcov8i_trace_stop(struct kcov8_file *file) { stop(file, true); }

void kcov8i_trace_drop(struct kcov8_file *file) { stop(file, false); }

/* The others get what is in shared counters; @file is not one of them now. */
static void collect_for_others(struct kcov8_file *file) {
  enabled_remove(&file->sink);
  kcov8i_collect(NULL, kcov8i.keep);
  enabled_add(&file->sink);
}

void kcov8i_trace_discard(struct kcov8_file *file) {
  (void)kcov8i_prepare_images();
  if (file->mode == KCOV8I_TRACE_CMP)
    return;
  if (kcov8i.n_shared)
    collect_for_others(file);
  kcov8i_sink_lock(&file->sink);
  if (file->view) {
    kcov8i_view_clear(file->view, kcov8i.keep);
    kcov8i_view_refresh(file->view);
  }
  kcov8i_sink_unlock(&file->sink);
}

bool kcov8i_trace_discard_apart(struct kcov8_file *file) {
  if (!lock_apart(file))
    return false;
  if (file->view)
    kcov8i_view_clear(file->view, false);
  kcov8i_sink_unlock(&file->sink);
  return true;
}

/* By any task, so perhaps not on the thread that counts in the view. */
void kcov8i_trace_reset_unlock(struct kcov8_file *file) {
  struct kcov8i_sink *const sink = &file->sink;
  const bool apart = sink->mutex && !kcov8i.keep;
  if (!file->remote || file->n_sections) {
    (void)kcov8i_prepare_images();
    kcov8i_collect(NULL, kcov8i.keep); /* the others get theirs */
  }
  kcov8i_sink_lock(sink);
  if (apart)
    kcov8i_unlock();
  if (file->view)
    kcov8i_view_reset(file->view, !apart && kcov8i.keep);
  kcov8i_pending_clear(sink);
  kcov8i_buffer_reset(&sink->buffer);
  kcov8i_sink_unlock(sink);
  if (!apart)
    kcov8i_unlock();
}
