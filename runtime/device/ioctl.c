/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * ioctl.c - the device's state machine, errno by errno
 *
 *   open -> DISABLED --INIT_TRACE--> INIT --ENABLE, REMOTE_ENABLE--> TRACE_PC
 *                                     ^                              or _CMP
 *                                     '-------DISABLE, exit-------------'
 *
 * The reference is kernel/kcov.c of Linux 7.2.12, in the order of its checks,
 * or of 6.12.117 (kcov8i_one_file()). For KCOV_RESET_TRACE, which neither has,
 * it is the fourth version of the proposal (linux-kernel, 2025-07-31).
 */
#include "device/device.h"

static int init_trace(struct kcov8_file *file, uint64_t size_words) {
  struct kcov8_area area;
  if (!kcov8i_size_is_valid(file->device, size_words))
    return -KCOV8_EINVAL;
  if (file->share)
    return kcov8i_share_set_up(file, size_words);
  if (file->mode == KCOV8I_DISABLED)
    return kcov8i_file_set_up(file, size_words);
  /* Linux allocates before it looks at the mode: -ENOMEM beats -EBUSY. */
  const int err = kcov8i_area_alloc(file, size_words, &area);
  if (err)
    return err;
  kcov8i_area_free(file->device, &area);
  return -KCOV8_EBUSY;
}

/*
 * Has @task what it can have one of? On Linux task->kcov is the file of ENABLE
 * or of the section, task->kcov_remote that of REMOTE_ENABLE; before 7.2 all
 * three are task->kcov.
 */
static bool has_its_one(const struct kcov8_device *device,
                        const struct kcov8_task *task, bool remote) {
  const bool local = task->file || task->section;
  if (kcov8i_one_file(device))
    return local || task->remote;
  return remote ? task->remote != NULL : local;
}

/* May @task enable @file, with this mode? */
static int may_enable(const struct kcov8_file *file,
                      const struct kcov8_task *task, bool remote, uint64_t arg,
                      enum kcov8i_mode *mode) {
  if (file->mode != KCOV8I_INIT)
    return -KCOV8_EINVAL;
  if (has_its_one(file->device, task, remote))
    return -KCOV8_EBUSY;
  if (arg == KCOV8_TRACE_PC)
    *mode = KCOV8I_TRACE_PC;
  else if (arg == KCOV8_TRACE_CMP)
    *mode = KCOV8I_TRACE_CMP;
  else
    return -KCOV8_EINVAL;
  return *mode == KCOV8I_TRACE_CMP && !kcov8i_cmp_supported() ? -KCOV8_ENOTSUPP
                                                              : 0;
}

static int enable(struct kcov8_file *file, struct kcov8_task *task,
                  uint64_t arg) {
  enum kcov8i_mode mode;
  int err = may_enable(file, task, false, arg, &mode);
  if (!err)
    err = kcov8i_trace_start(file, task, mode);
  return err;
}

static int remote_enable(struct kcov8_file *file, struct kcov8_task *task,
                         const struct kcov8i_remote_args *args) {
  const struct kcov8i_layout *const layout = &file->device->layout;
  enum kcov8i_mode mode;
  int err = may_enable(file, task, true, args->trace_mode, &mode);
  if (err)
    return err;
  /* LONG_MAX / sizeof(long); only a kernel of 32 bits can get there. */
  if (layout->word_bytes == 4 && args->area_size > INT32_MAX / 4)
    return -KCOV8_EINVAL;
  kcov8i_sink_lock(&file->sink);
  err = kcov8i_handles_add(file, args);
  if (err)
    task->common_handle = 0; /* Linux undoes it with the end of KCOV_DISABLE */
  else
    kcov8i_trace_start_remote(file, task, mode, args);
  kcov8i_sink_unlock(&file->sink);
  return err;
}

/*
 * Of the two, for one process after the other: the file is claimed for as long
 * as it is enabled.
 */
static int claimed(struct kcov8_file *file, struct kcov8_task *task,
                   uint64_t arg, const struct kcov8i_remote_args *args) {
  int err = kcov8i_share_refresh(file);
  if (err)
    return err;
  if (!kcov8i_share_claim(file))
    return -KCOV8_EINVAL; /* its state is not INIT */
  err = args ? remote_enable(file, task, args) : enable(file, task, arg);
  if (err)
    kcov8i_share_release(file);
  return err;
}

static int reset_elsewhere(struct kcov8_file *file) {
  const int err = kcov8i_share_refresh(file);
  if (!err)
    kcov8i_buffer_reset(&file->sink.buffer);
  return err;
}

/*
 * By any holder of the file, where the proposal wants the owner: a client that
 * watches threads from outside resets their buffers.
 */
static int call_reset(struct kcov8_file *file, struct kcov8_task *task,
                      uint64_t arg) {
  int err = 0;
  kcov8i_task_enter(task);
  if (!arg && file->mode == KCOV8I_TRACE_PC) {
    kcov8i_trace_reset_unlock(file);
    task->busy = 0;
    return 0;
  }
  if (arg || (file->mode < KCOV8I_TRACE_PC && !kcov8i_share_traced(file)))
    err = -KCOV8_EINVAL;
  else if (file->mode == KCOV8I_TRACE_CMP)
    kcov8i_buffer_reset_records(&file->sink.buffer);
  else /* another process: its counters go on */
    err = reset_elsewhere(file);
  kcov8i_task_leave(task);
  return err;
}

static int set_counts(struct kcov8_file *file, uint64_t arg) {
  if (arg > 1)
    return -KCOV8_EINVAL;
  if (file->mode >= KCOV8I_TRACE_PC)
    return -KCOV8_EBUSY; /* what is in the buffer would change its meaning */
  const int err = kcov8i_share_set_counts(file, arg);
  if (!err)
    file->sink.buffer.counts = arg;
  return err;
}

/* The calls whose argument is by value, with the lock held. */
static int by_value(struct kcov8_file *file, uint32_t cmd, uint64_t arg) {
  const uint32_t init = file->device->layout.word_bytes == 4
                            ? KCOV8_INIT_TRACE32
                            : KCOV8_INIT_TRACE64;
  if (cmd == init)
    return init_trace(file, arg);
  return cmd == KCOV8_SET_COUNTS ? set_counts(file, arg) : -KCOV8_ENOTTY;
}

static int call_enable(struct kcov8_file *file, struct kcov8_task *task,
                       uint64_t arg) {
  kcov8i_task_enter(task);
  const int err = claimed(file, task, arg, NULL);
  kcov8i_trace_clear_unlock(file, err ? NULL : file->view);
  task->busy = 0;
  return err;
}

/* Guest memory is touched without the lock: the host may have to page it in. */
static int call_remote_enable(struct kcov8_file *file, struct kcov8_task *task,
                              uint64_t from) {
  struct kcov8i_remote_args args;
  int err = kcov8i_remote_read(file->device, task, from, &args);
  if (err)
    return err;
  kcov8i_task_enter(task);
  err = claimed(file, task, 0, &args);
  kcov8i_task_leave(task);
  return err;
}

/*
 * A task's files change in its own calls only, so this much can be asked
 * without the lock. The last flush is most of the work, and mostly needs none
 * either.
 */
static int call_disable(struct kcov8_file *file, struct kcov8_task *task,
                        uint64_t arg) {
  if (arg || (task->file != file && task->remote != file))
    return -KCOV8_EINVAL;
  task->busy = 1;
  const bool flushed = !file->remote && kcov8i_trace_flush_apart(file);
  kcov8i_lock();
  if (flushed)
    kcov8i_trace_drop(file);
  else
    kcov8i_trace_stop(file);
  kcov8i_unlock();
  task->busy = 0;
  return 0;
}

static int call_get_status(struct kcov8_file *file, struct kcov8_task *task,
                           uint64_t to) {
  const struct kcov8_host *const host = &file->device->host;
  struct kcov8_status status = {0};
  kcov8i_task_enter(task);
  status.dropped = kcov8i_file_dropped(file);
  kcov8i_task_leave(task);
  if (file->device->layout.swap)
    status.dropped = __builtin_bswap64(status.dropped);
  return host->write_guest(host->ctx, task, to, &status, sizeof(status))
             ? -KCOV8_EFAULT
             : 0;
}

/*
 * From the encoding of mips and powerpc (3 bits of direction, none 1, read 2,
 * write 4) to that of the others (2 bits, none 0, write 1, read 2). No call has
 * both directions or a size above 255.
 */
static uint32_t from_mips(uint32_t cmd) {
  static const uint8_t directions[8] = {[1] = 1 + 0, [2] = 1 + 2, [4] = 1 + 1};
  const uint8_t direction = directions[cmd >> 29];
  if (!direction)
    return 0; /* no call's number */
  return (uint32_t)(direction - 1) << 30 | (cmd & 0x1fffffff);
}

int kcov8_ioctl(struct kcov8_file *file, struct kcov8_task *task,
                uint64_t full_cmd, uint64_t arg) {
  const struct kcov8_host *const host = &file->device->host;
  /* ioctl() takes an unsigned int; libcs pass sign-extended ones. */
  uint32_t cmd = (uint32_t)full_cmd;
  if (host->ioctls == KCOV8_IOCTLS_MIPS)
    cmd = from_mips(cmd);
  if (cmd == KCOV8_REMOTE_ENABLE && host->read_guest)
    return call_remote_enable(file, task, arg);
  if (cmd == KCOV8_GET_STATUS && host->write_guest)
    return call_get_status(file, task, arg);
  if (cmd == KCOV8_ENABLE)
    return call_enable(file, task, arg);
  if (cmd == KCOV8_RESET_TRACE)
    return call_reset(file, task, arg);
  if (cmd == KCOV8_DISABLE)
    return call_disable(file, task, arg);
  kcov8i_task_enter(task);
  const int err = by_value(file, cmd, arg);
  kcov8i_task_leave(task);
  return err;
}
