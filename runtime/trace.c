/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * trace.c - from ENABLE to DISABLE: start, flush, reset, stop
 *
 * A file that its owner's own syscalls go to is in kcov8i.enabled. All with the
 * lock held.
 */
#include "internal.h"

static void own(struct kcov8_file *file, struct kcov8_task *task, bool remote) {
  file->mode = KCOV8I_TRACE_PC;
  file->owner = task;
  file->remote = remote;
  file->refs++;
  task->file = file;
  task->tracing = !remote;
}

static void disown(struct kcov8_file *file) {
  file->mode = KCOV8I_INIT;
  file->owner->tracing = 0;
  file->owner->file = NULL;
  file->owner = NULL;
  file->remote = false;
  kcov8i_file_put(file);
}

static void enabled_add(struct kcov8_file *file) {
  struct kcov8_file **end = &kcov8i.enabled;
  while (*end)
    end = &(*end)->next_enabled;
  *end = file;
  file->next_enabled = NULL;
  kcov8i.n_enabled++;
}

static void enabled_remove(struct kcov8_file *file) {
  struct kcov8_file **link = &kcov8i.enabled;
  while (*link != file)
    link = &(*link)->next_enabled;
  *link = file->next_enabled;
  kcov8i.n_enabled--;
}

int kcov8i_trace_start(struct kcov8_file *file, struct kcov8_task *task) {
  int err = kcov8i_prepare_images();
  if (!err && (kcov8i.n_enabled || file->overflow))
    err = kcov8i_pending_need(file);
  if (err)
    return err;
  /* For the others; what is left belongs to nobody and is discarded. */
  kcov8i_collect(NULL, kcov8i.keep);
  enabled_add(file);
  own(file, task, false);
  return 0;
}

void kcov8i_trace_start_remote(struct kcov8_file *file,
                               struct kcov8_task *task) {
  own(file, task, true);
}

void kcov8i_trace_flush(struct kcov8_file *file) {
  struct kcov8i_append a;
  /* Only after an image was loaded. No memory: its counters just wait. */
  (void)kcov8i_prepare_images();
  kcov8i_append_begin(&a, &file->buffer);
  if (kcov8i.n_enabled == 1 && !file->pending_dirty && !file->overflow) {
    kcov8i_collect(&a, kcov8i.keep);
  } else {
    kcov8i_collect(NULL, kcov8i.keep);
    kcov8i_pending_drain(file, &a);
  }
  kcov8i_append_end(&a);
}

void kcov8i_trace_stop(struct kcov8_file *file) {
  if (file->remote) {
    kcov8i_handles_remove(file);
  } else {
    kcov8i_trace_flush(file);
    file->buffer.dropped += kcov8i_pending_count(file);
    kcov8i_pending_free(file);
    enabled_remove(file);
  }
  disown(file);
}

void kcov8i_trace_reset(struct kcov8_file *file) {
  if (!file->remote) {
    (void)kcov8i_prepare_images();
    kcov8i_collect(NULL, kcov8i.keep); /* the others get theirs */
    kcov8i_pending_clear(file);
  }
  kcov8i_buffer_reset(&file->buffer);
}

int kcov8i_trace_set_overflow(struct kcov8_file *file, bool on) {
  if (on && file->mode == KCOV8I_TRACE_PC && !file->remote) {
    const int err = kcov8i_pending_need(NULL);
    if (err)
      return err;
  }
  if (!on && file->overflow) {
    file->buffer.dropped += kcov8i_pending_count(file);
    kcov8i_pending_clear(file);
  }
  file->overflow = on;
  return 0;
}
