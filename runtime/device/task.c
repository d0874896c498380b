/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * task.c - a guest thread's life: start, syscall return, execve, exit
 *
 * task->file and task->tracing are written only in calls for this task, of
 * which the host makes one at a time, so they are read without a lock to
 * decide whether there is anything to do; mode and owner are looked at again
 * under one.
 *
 * What runs inside a flush on this thread: the runtime is not instrumented, and
 * the only port hooks that a flush calls are lock and unlock, and those that
 * lend vector registers (log once for a broken table, alloc and free once after
 * an image was loaded). If a host instruments them, blocks of lock show up in
 * the same flush and blocks of unlock in the next one, those of the others in
 * either; nothing else of a flush ever does.
 */
#include "device/device.h"

void kcov8_task_init(struct kcov8_task *task) {
  *task = (struct kcov8_task){0};
}

void kcov8_task_fork(struct kcov8_task *child,
                     const struct kcov8_task *parent) {
  kcov8_task_init(child);
  child->common_handle = parent->common_handle;
}

uint64_t kcov8_common_handle(const struct kcov8_task *task) {
  return task->common_handle;
}

/* Where the task counts: for its file, or for the section that it is in. */
static const struct kcov8i_view *view_of(const struct kcov8_task *task) {
  if (task->section)
    return kcov8i_section_view(task);
  return task->tracing && task->file ? task->file->view : NULL;
}

/* One base for all images, which changes with the lock of the view's file. */
static bool run_apart(const struct kcov8i_view *view) {
  if (__atomic_load_n(&kcov8i.n_variables, __ATOMIC_RELAXED) ||
      !kcov8_port_mutex_lock || (view && !view->sink->mutex))
    return false;
  kcov8i_sink_lock(view ? view->sink : NULL);
  kcov8_port_set_base(kcov8i_view_base(view));
  kcov8i_sink_unlock(view ? view->sink : NULL);
  return true;
}

void kcov8_task_run(const struct kcov8_task *task) {
  const struct kcov8i_view *const view = task ? view_of(task) : NULL;
  if (!__atomic_load_n(&kcov8i.n_per_task, __ATOMIC_RELAXED) || run_apart(view))
    return;
  kcov8i_lock();
  kcov8i_view_use(view);
  kcov8i_unlock();
}

/* Does the file, one of the task's two, agree? */
static bool owns(const struct kcov8_task *task, const struct kcov8_file *file) {
  return file && file->mode >= KCOV8I_TRACE_PC && file->owner == task;
}

static bool has_any(const struct kcov8_task *task) {
  return task->file || task->remote || task->section;
}

static bool flush_apart(const struct kcov8_task *task) {
  return task->tracing && owns(task, task->file) &&
         kcov8i_trace_flush_apart(task->file);
}

/* @apart to the task's own file if that can be, else @locked. */
static void to_own_file(struct kcov8_task *task,
                        bool (*apart)(struct kcov8_file *),
                        void (*locked)(struct kcov8_file *)) {
  if (!task->tracing || task->busy)
    return;
  task->busy = 1;
  if (!owns(task, task->file) || !apart(task->file)) {
    kcov8i_lock();
    if (owns(task, task->file))
      locked(task->file);
    kcov8i_unlock();
  }
  task->busy = 0;
}

void kcov8_task_flush(struct kcov8_task *task) {
  to_own_file(task, kcov8i_trace_flush_apart, kcov8i_trace_flush);
}

void kcov8_task_discard(struct kcov8_task *task) {
  to_own_file(task, kcov8i_trace_discard_apart, kcov8i_trace_discard);
}

void kcov8_task_exec(struct kcov8_task *task) { kcov8_task_flush(task); }

void kcov8_task_drop(struct kcov8_task *task) {
  if (!has_any(task))
    return;
  kcov8i_task_enter(task);
  kcov8i_section_drop(task);
  if (owns(task, task->file))
    kcov8i_trace_drop(task->file);
  if (owns(task, task->remote))
    kcov8i_trace_drop(task->remote);
  kcov8i_task_leave(task);
}

void kcov8_task_move(struct kcov8_task *to, struct kcov8_task *from) {
  kcov8i_lock();
  *to = *from;
  if (owns(from, from->file))
    to->file->owner = to;
  if (owns(from, from->remote))
    to->remote->owner = to;
  kcov8_task_init(from);
  kcov8i_unlock();
}

/* The child of a fork has copies of all files: those that are traced stop. */
void kcov8_forked(struct kcov8_device *device) {
  kcov8i_lock();
  for (struct kcov8_file *f = device->files, *next; f; f = next) {
    struct kcov8_task *const owner = f->owner;
    next = f->next; /* it may go with the task's reference */
    if (!owner)
      continue;
    const uint32_t handle = owner->common_handle;
    kcov8i_trace_drop(f);
    owner->busy = 0;
    owner->common_handle = handle;
  }
  kcov8i_unlock();
}

void kcov8_task_exit(struct kcov8_task *task) {
  if (!has_any(task))
    return;
  task->busy = 1;
  const bool flushed = flush_apart(task);
  kcov8i_lock();
  kcov8i_section_stop(task);
  if (owns(task, task->file) && flushed)
    kcov8i_trace_drop(task->file);
  else if (owns(task, task->file))
    kcov8i_trace_stop(task->file);
  if (owns(task, task->remote))
    kcov8i_trace_stop(task->remote);
  kcov8i_unlock();
  task->busy = 0;
}
