/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * trace.c - from ENABLE to DISABLE: start, flush, reset, stop
 *
 * A file of mode TRACE_PC is in kcov8i.enabled while what runs is for it: that
 * of a task always, a remote one between the begin and the end of sections. All
 * with the core's lock held, but for flushes that do without (base/lock.c).
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
  file->sequence++;
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
  return file->sink.buffer.counts ? kcov8i_pending_need_one(&file->sink) : 0;
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

/*
 * What is in the counters of all and in @view, to the buffer; by way of the
 * pending set if that holds something, or sums up counts.
 */
static void flush(struct kcov8_file *file, struct kcov8i_view *view,
                  struct kcov8i_append *a, bool apart) {
  const bool direct = !file->sink.dirty && !file->sink.buffer.counts;
  const bool keep = !apart && kcov8i.keep;
  if (!apart && kcov8i.n_shared)
    kcov8i_collect(direct && kcov8i.n_enabled == 1 ? a : NULL, keep);
  collect_view(file, view, direct ? a : NULL, keep);
  if (!apart && view)
    kcov8i_view_refresh(view);
  if (file->sink.dirty)
    kcov8i_pending_drain(&file->sink, a);
}

void kcov8i_trace_section_end(struct kcov8_file *file,
                              struct kcov8i_view *view) {
  const uint64_t most = file->remote_words ? file->remote_words - 1 : 0;
  struct kcov8i_append a;
  (void)kcov8i_prepare_images();
  kcov8i_append_begin(&a, &file->sink.buffer);
  if (a.room > most)
    a.room = most;
  flush(file, view, &a, false);
  kcov8i_append_end(&a);
  kcov8i_trace_section_drop(file);
}

void kcov8i_trace_section_drop(struct kcov8_file *file) {
  if (!--file->n_sections)
    enabled_remove(&file->sink);
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

/* Sections that run on will find that they are out of date. */
static void stop_remote(struct kcov8_file *file) {
  kcov8i_handles_remove(file);
  if (file->n_sections)
    enabled_remove(&file->sink);
  file->n_sections = 0;
  kcov8i_pending_free(&file->sink);
}

static void flush_to_buffer(struct kcov8_file *file, bool apart) {
  struct kcov8i_append a;
  if (file->mode == KCOV8I_TRACE_CMP)
    return; /* records are there already */
  kcov8i_append_begin(&a, &file->sink.buffer);
  flush(file, file->view, &a, apart);
  kcov8i_append_end(&a);
}

void kcov8i_trace_flush(struct kcov8_file *file) {
  /* Only after an image was loaded. No memory: its counters just wait. */
  (void)kcov8i_prepare_images();
  flush_to_buffer(file, false);
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
  flush_to_buffer(file, true);
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
    kcov8i_pending_free(&file->sink);
    enabled_remove(&file->sink);
    kcov8i_view_leave(file->view);
    kcov8i_view_put(file->view);
    file->view = NULL;
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
  if (file->view) {
    kcov8i_view_clear(file->view, kcov8i.keep);
    kcov8i_view_refresh(file->view);
  }
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
void kcov8i_trace_reset(struct kcov8_file *file) {
  if (file->mode == KCOV8I_TRACE_CMP) {
    kcov8i_buffer_reset_records(&file->sink.buffer);
    return;
  }
  if (!file->remote || file->n_sections) {
    (void)kcov8i_prepare_images();
    kcov8i_collect(NULL, kcov8i.keep); /* the others get theirs */
  }
  kcov8i_sink_lock(&file->sink);
  if (file->view)
    kcov8i_view_reset(file->view, kcov8i.keep);
  kcov8i_pending_clear(&file->sink);
  kcov8i_buffer_reset(&file->sink.buffer);
  kcov8i_sink_unlock(&file->sink);
}
