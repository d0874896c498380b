/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * kcov8/kcov8.h - the embedding API
 *
 * A host (user-space kernel, emulator, library OS, kernel) serves its guests
 * a /sys/kernel/debug/kcov with these calls:
 *
 *   guest does                     host calls
 *   open(KCOV8_DEVICE_PATH)        kcov8_open()
 *   ioctl(fd, ...)                 kcov8_ioctl()
 *   mmap(fd, ...)                  kcov8_mmap(), and kcov8_file_get() for the
 *                                  mapping
 *   dup, fork of descriptors       kcov8_file_get()
 *   close, munmap of the mapping   kcov8_file_put()
 *   a task starts                  kcov8_task_init(), kcov8_task_fork()
 *   a task exits                   kcov8_task_exit()
 *   execve                         kcov8_task_exec()
 *   any syscall returns            kcov8_syscall_return()
 *   a syscall begins               kcov8_syscall_enter(), for hosts that run
 *                                  instrumented code while the guest computes
 *   a task is put to sleep         kcov8_task_flush(), optional
 *   background work for a task     kcov8_remote_start(), kcov8_remote_stop();
 *                                  that may not sleep: kcov8_remote_prepare()
 *   read, write                    -EINVAL; lseek: -ESPIPE
 *
 * Functions that return an int return 0 or a negative errno value (uapi.h). The
 * reference for each value is kernel/kcov.c of Linux 7.2, or of 6.12 where a
 * host asks for that (enum kcov8_linux_rules).
 *
 * Context, if nothing else is said: any thread. The call takes the core's lock,
 * kcov8_port_lock(), a flush perhaps only its file's (kcov8/port.h); so it may
 * not be made in an interrupt or a signal handler, nor by a hook. A flush does
 * not allocate, but for the first one after an
 * image was loaded (PCs of the new image).
 *
 * Attribution `process`: all tasks share the counters. A flush goes to every
 * file that is enabled at that moment. A task's buffer holds everything that
 * the task ran; it may also hold blocks that other tasks ran. Attribution
 * `task` (images compiled so): each task that traces has its own counters,
 * kcov8_task_run().
 */
#ifndef KCOV8_H
#define KCOV8_H

#include <stddef.h>
#include <stdint.h>

#include <kcov8/abi.h>
#include <kcov8/uapi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KCOV8_VERSION "0.1.0"

/* In front of the version in plugins, libraries and programs: parts of
 * different versions are found by it. */
#define KCOV8_VERSION_TAG "kcov8-version:"

struct kcov8_device;
struct kcov8_file;
struct kcov8_share;
struct kcov8_task;

/* ---- Host and device ----------------------------------------------------- */

/**
 * struct kcov8_area - pages of one cover buffer, as the host allocated them
 * @base:   where the runtime reads and writes them
 * @bytes:  length, a multiple of the word size, as asked for; @base is aligned
 *          to it
 * @cookie: the host's own (a memfd, a guest frame number, ...)
 * @share:  of the file's open, or NULL
 */
struct kcov8_area {
  void *base;
  size_t bytes;
  uintptr_t cookie;
  struct kcov8_share *share;
};

enum kcov8_byte_order {
  KCOV8_ORDER_NATIVE, /* the host's */
  KCOV8_ORDER_LITTLE,
  KCOV8_ORDER_BIG,
};

enum kcov8_ioctl_encoding {
  KCOV8_IOCTLS_GENERIC, /* x86, arm, riscv, s390, loongarch, ... */
  KCOV8_IOCTLS_MIPS,    /* mips, powerpc, sparc, alpha */
};

/**
 * enum kcov8_linux_rules - which Linux a device behaves like
 * @KCOV8_RULES_NEWEST: 7.2: a task can have a file of KCOV_ENABLE and another
 *                      one of KCOV_REMOTE_ENABLE at the same time
 * @KCOV8_RULES_6_12:   6.12 and before: it has one file; KCOV_DISABLE of either
 *                      kind clears its common handle
 */
enum kcov8_linux_rules {
  KCOV8_RULES_NEWEST,
  KCOV8_RULES_6_12,
};

/**
 * struct kcov8_host - what one device needs of its host
 * @size:        sizeof(struct kcov8_host), so that fields can be added
 * @ctx:         passed to the functions below
 * @alloc_area:  fill in @area with zeroed memory of @area->bytes bytes, backed
 *               lazily if the host can; rounded up to the guest's pages if the
 *               host maps pages. @area->cookie and @area->share are those of
 *               the file's open. 0 or -ENOMEM. Of a shared file that another
 *               process has set up: the memory that it has, as it is
 * @free_area:   release it; the last file reference and mapping are gone. Of a
 *               shared file also if there never was an area (@area->base is
 *               NULL): this process needs @area->share no longer
 * @read_guest:  copy @bytes from the memory of @task at @from; 0 or -EFAULT,
 *               then what @to holds does not matter
 * @write_guest: the other way round
 * @word_bytes:  of the guest kernel's unsigned long, 4 or 8; 0: the host's. All
 *               of the kernel's tasks use it, a 32-bit task of a 64-bit kernel
 *               too. With 4, the buffer holds a PC's low 32 bits; its high 32
 *               bits are always 0xffffffff
 * @byte_order:  of words, and of structs that ioctls take
 * @ioctls:      how the guest's architecture encodes ioctl numbers
 * @rules:       the Linux whose answers the guest gets
 *
 * @alloc_area and @free_area may both be NULL: areas then come from
 * kcov8_port_alloc(). Both are called with the core's lock held. @read_guest
 * and @write_guest may both be NULL: KCOV_REMOTE_ENABLE and KCOV8_GET_STATUS
 * then do not exist (-ENOTTY). They are called in kcov8_ioctl() without the
 * lock, on the caller's thread. No hook may call kcov8.
 */
struct kcov8_host {
  size_t size;
  void *ctx;
  int (*alloc_area)(void *ctx, struct kcov8_area *area);
  void (*free_area)(void *ctx, struct kcov8_area *area);
  int (*read_guest)(void *ctx, struct kcov8_task *task, void *to, uint64_t from,
                    size_t bytes);
  int (*write_guest)(void *ctx, struct kcov8_task *task, uint64_t to,
                     const void *from, size_t bytes);
  unsigned int word_bytes;
  enum kcov8_byte_order byte_order;
  enum kcov8_ioctl_encoding ioctls;
  enum kcov8_linux_rules rules;
};

/**
 * kcov8_device_create() - make a device
 * @host: copied; NULL for defaults
 * @out:  the device, to be destroyed with kcov8_device_destroy()
 *
 * Return: -EINVAL if @host->size is smaller than this runtime's, only one
 * hook of a pair is there, or a word size, byte order, encoding or rules are
 * unknown; -ENOMEM: no memory for the device.
 */
int kcov8_device_create(const struct kcov8_host *host,
                        struct kcov8_device **out);

/**
 * kcov8_device_destroy() - free a device
 * Every file must have been put; one that a task has enabled is still there.
 * Return: -EBUSY if a file is left; nothing is freed then.
 */
int kcov8_device_destroy(struct kcov8_device *device);

/* ---- Tasks ------------------------------------------------------------- */

/**
 * struct kcov8_task - kcov's part of a guest thread
 * @file:    its file of KCOV_ENABLE, NULL if none; holds a reference
 * @tracing: its own syscalls are recorded: it has @file
 * @busy:    a call for this task is under way
 * @compares: where its comparisons go, NULL if they are not traced
 * @section: between kcov8_remote_start() and _stop(), else NULL
 * @common_handle: of its own KCOV_REMOTE_ENABLE, or of an ancestor's; 0: none
 * @remote:  its file of KCOV_REMOTE_ENABLE, NULL if none; holds a reference
 *
 * Embedded in the host's task structure and owned by it; must not move or be
 * freed before kcov8_task_exit(). Only the runtime writes the fields. A host
 * may be on any thread when it makes calls for a task, but makes only one call
 * at a time for one task; instrumented code that runs with the task as current
 * one (kcov8_port_current_task()) counts as such a call.
 */
struct kcov8_task {
  struct kcov8_file *file;
  unsigned int tracing;
  unsigned int busy;
  void *compares;
  void *section;
  uint32_t common_handle;
  struct kcov8_file *remote;
};

/**
 * kcov8_task_init() - a new task; a forked or cloned child is never enabled
 * @task: its memory is the host's, and its content is overwritten
 * Context: any, no lock is taken; nobody else uses @task yet.
 */
void kcov8_task_init(struct kcov8_task *task);

/**
 * kcov8_task_fork() - a new task, made by @parent
 * As kcov8_task_init(), but it inherits the parent's common handle.
 * Context: as kcov8_task_init(); not during a call for @parent on another
 * thread.
 */
void kcov8_task_fork(struct kcov8_task *child, const struct kcov8_task *parent);

/**
 * kcov8_task_run() - the calling thread (or CPU) works for @task from now on
 * @task: NULL for none
 *
 * Attribution `task`: what this thread runs counts for @task while that is
 * tracing. To be called when a thread starts (it may have inherited its
 * creator's task), and at each switch if a thread works for several tasks.
 * Calls for a task that change its state (ENABLE, DISABLE, exit) are then made
 * on the thread that runs it. kcov8_task_set_current() includes it. No effect
 * with attribution `process`.
 */
void kcov8_task_run(const struct kcov8_task *task);

/**
 * kcov8_task_exit() - flush, return the task's files to INIT, drop them
 * A file keeps its area and count. Harmless if nothing is enabled; may be
 * called more than once. With attribution `task`: on the thread that runs the
 * task.
 */
void kcov8_task_exit(struct kcov8_task *task);

/**
 * kcov8_task_drop() - as kcov8_task_exit(), but nothing is flushed
 * What ran since the last flush is nobody's. For a copy of a task that lives on
 * elsewhere, or one whose buffer must not be touched.
 */
void kcov8_task_drop(struct kcov8_task *task);

/**
 * kcov8_task_move() - the task's structure is at another address from now on
 * @to:   overwritten
 * @from: as new; a host whose execve makes a new thread frees it
 * Context: no call for the task is under way; if it is the current one
 * (kcov8_task_set_current()), set that again.
 */
void kcov8_task_move(struct kcov8_task *to, struct kcov8_task *from);

/**
 * kcov8_task_exec() - flush before the image is replaced; stays enabled
 * As kcov8_task_flush().
 */
void kcov8_task_exec(struct kcov8_task *task);

/**
 * kcov8_task_flush() - collect now, as at a syscall return
 * For a host about to put the task to sleep, so that a blocked call shows what
 * it reached. A task that is not tracing: no effect, and no lock is taken. Nor
 * has it an effect inside of another call for the task, in which it may be made
 * (an instrumented hook that sleeps).
 */
void kcov8_task_flush(struct kcov8_task *task);

/**
 * kcov8_syscall_return() - collect if the task is tracing
 * Call it as the last thing before the guest runs again. One predictable
 * branch while the task has nothing enabled (the field is written only by the
 * task's own ENABLE and DISABLE).
 */
static inline void kcov8_syscall_return(struct kcov8_task *task) {
  if (__builtin_expect(task->tracing != 0, 0))
    kcov8_task_flush(task);
}

/**
 * kcov8_task_discard() - forget what ran for @task since its last flush
 * What kcov8_syscall_enter() does. With attribution `process` the other enabled
 * files get it: it may be theirs. A task that is not tracing: no effect.
 */
void kcov8_task_discard(struct kcov8_task *task);

/**
 * kcov8_syscall_enter() - a window begins here, not at the last return
 * Call it first thing in a syscall if the host runs instrumented code between
 * system calls (an emulator: page walks, decoders, its translator). Else how
 * much of that ran is in the next buffer, and equal calls have unequal sets.
 * Costs a sweep; like kcov8_syscall_return() one branch while nothing is
 * enabled.
 */
static inline void kcov8_syscall_enter(struct kcov8_task *task) {
  if (__builtin_expect(task->tracing != 0, 0))
    kcov8_task_discard(task);
}

/* ---- Files ------------------------------------------------------------- */

/**
 * kcov8_open() - the guest opens the device
 * @out: a file with one reference, in state DISABLED
 *
 * The first open assigns PCs to all registered images (milliseconds). The
 * reference is the caller's: kcov8_file_put().
 *
 * Return: -ENODEV if no image with blocks is registered, or an image's tables
 * are unusable (the reason is logged, once); -ENOMEM: no memory for the PCs or
 * for the file.
 */
int kcov8_open(struct kcov8_device *device, struct kcov8_file **out);

/**
 * struct kcov8_share - what all processes of a host know of one file
 *
 * For hosts whose processes are the host's own (fork), so that each has a copy
 * of the runtime and of its files. Zero when the guest opens the device, then
 * the runtime's; in memory that all these processes share, aligned to 8. It
 * says whether INIT_TRACE was done, and who traces: a file is enabled by one
 * task of all processes. An owner that is killed is none any more, which the
 * port finds out (kcov8_port_own()). No guest may reach it: it is the host's as
 * much as its own memory.
 */
struct kcov8_share {
  uint64_t size_words; /* of INIT_TRACE; 0: it was not done */
  uint32_t counts;     /* KCOV8_SET_COUNTS */
  uint32_t ready;      /* owner can be used */
  uint64_t owner[8];   /* the port's */
};

/**
 * struct kcov8_open_how - how a file is opened
 * @size:   sizeof(struct kcov8_open_how), so that fields can be added
 * @cookie: the host's own; alloc_area finds it in its area
 * @share:  NULL: this process has the file alone
 */
struct kcov8_open_how {
  size_t size;
  uintptr_t cookie;
  struct kcov8_share *share;
};

/**
 * kcov8_open_with() - kcov8_open(), with a cookie, or with a shared state
 * @how: NULL as kcov8_open()
 *
 * With a share: once in the process whose guest opens the device, and in each
 * further one that gets the descriptor otherwise than by fork (SCM_RIGHTS, a
 * host's execve) and does not have the file yet (kcov8_file_find()). What was
 * set up is found there.
 *
 * Return: as kcov8_open(); -EINVAL: @how->size is unknown, or a share without
 * alloc_area, or without the port's kcov8_port_own().
 */
int kcov8_open_with(struct kcov8_device *device,
                    const struct kcov8_open_how *how, struct kcov8_file **out);

/**
 * kcov8_file_find() - a file that this process has, by the cookie of its open
 * @cookie: a name for the file that all processes know, like the inode of its
 *          memory
 *
 * For a descriptor that came otherwise than by fork: perhaps the file is here
 * already, and a second kcov8_open_with() would make another one of it. Two
 * threads that attach one file at the same time need a lock of the host's.
 *
 * Return: the file with one reference more, or NULL.
 */
struct kcov8_file *kcov8_file_find(struct kcov8_device *device,
                                   uintptr_t cookie);

/**
 * kcov8_forked() - this process is a copy: forget what its parent traced
 * @device: all files of it
 *
 * In the child of a host's fork, before anything else is done for its tasks.
 * Tasks of the parent, which the child has copies of, are as new, but for their
 * common handle; nothing is flushed: the buffers are the parent's.
 * Context: the child's only thread; with libkcov8.a the lock is free again.
 */
void kcov8_forked(struct kcov8_device *device);

/** kcov8_file_get() - one more descriptor or mapping holds @file */
void kcov8_file_get(struct kcov8_file *file);

/**
 * kcov8_file_put() - a descriptor or mapping is gone
 * After the last one the file is freed, but not while a task has it enabled:
 * then it lives and collects until that task exits, as on Linux.
 */
void kcov8_file_put(struct kcov8_file *file);

/**
 * kcov8_ioctl() - the guest's ioctl on @file by @task
 * @cmd: as the guest gave it; unknown ones get -ENOTTY
 * @arg: as the guest gave it, zero-extended
 *
 * Errors in the order in which they are looked for:
 * KCOV_INIT_TRACE: -EINVAL (size), -ENOMEM, -EBUSY (was done before).
 * KCOV_ENABLE: -EINVAL (state), -EBUSY (@task has a file of KCOV_ENABLE, or is
 * in a section; with 6.12's rules, or one of KCOV_REMOTE_ENABLE), -ENOTSUPP
 * (mode CMP, and no code with trace-cmp or no kcov8_port_current_task()),
 * -EINVAL (other mode), -ENOMEM (hit counts, and a second enabled file where
 * counters are shared, need a byte per block; a task with counters of its own,
 * a copy of them).
 * KCOV_DISABLE: -EINVAL (@arg, or neither of this task's files).
 * KCOV_REMOTE_ENABLE: -EFAULT, -EINVAL (too many handles), -EFAULT, -EINVAL
 * (their number changed), -EINVAL (state), -EBUSY (@task has a file of
 * KCOV_REMOTE_ENABLE; with 6.12's rules as KCOV_ENABLE), then as KCOV_ENABLE up
 * to the mode, -EINVAL (area size), -ENOMEM, for each handle -EINVAL (not USB)
 * or -EEXIST, last the common handle.
 * KCOV_RESET_TRACE: -EINVAL (@arg, or @file is not enabled). By any task: the
 * owner's window begins anew.
 * KCOV8_GET_STATUS: -EFAULT. KCOV8_SET_COUNTS: -EINVAL (@arg), -EBUSY
 * (enabled).
 */
int kcov8_ioctl(struct kcov8_file *file, struct kcov8_task *task, uint64_t cmd,
                uint64_t arg);

/**
 * kcov8_mmap() - check a guest's mmap of @file
 * @bytes:  length of the mapping, rounded up to pages as the guest kernel does
 * @offset: in bytes
 * @area:   out: the pages to map; valid while the caller holds a reference.
 *          Each call gives the same pages. The host maps the first @bytes.
 *
 * Return: -EINVAL before KCOV_INIT_TRACE, if @offset is not 0, or if @bytes is
 * not the buffer's exact size.
 */
int kcov8_mmap(struct kcov8_file *file, uint64_t bytes, uint64_t offset,
               struct kcov8_area *area);

/**
 * kcov8_file_dropped() - PCs that found the buffer full since the file's
 * KCOV_INIT_TRACE; in mode CMP, records
 */
uint64_t kcov8_file_dropped(struct kcov8_file *file);

/* ---- Comparisons (KCOV_TRACE_CMP) ----------------------------------------
 *
 * Code compiled with the option trace-cmp calls these two, by itself. Neither
 * takes a lock or allocates; they may be called anywhere, a flush and an
 * interrupt included.
 */

/** __kcov8_cmp_on - how many tasks trace comparisons; code tests it first */
extern uint32_t __kcov8_cmp_on;

/**
 * __kcov8_trace_cmp() - record one comparison of the current task
 * @counter: of the block that it stands in
 * @type:    KCOV8_CMP_SIZE(), and KCOV8_CMP_CONST if @arg1 is a constant
 * @arg1:    operands, zero-extended to 64 bits
 * @arg2:    likewise
 */
void __kcov8_trace_cmp(const uint8_t *counter, uint32_t type, uint64_t arg1,
                       uint64_t arg2);

/**
 * __kcov8_trace_switch() - one record for each case, with the case as arg1
 * @counter: of the block that it stands in
 * @value:   zero-extended to 64 bits
 * @cases:   2 + n words: number n of cases, size of the value in bits, cases
 */
void __kcov8_trace_switch(const uint8_t *counter, uint64_t value,
                          const uint64_t *cases);

/**
 * kcov8_task_set_current() - which task this thread works for from now on
 * @task: NULL for none
 *
 * libkcov8.a only: its kcov8_port_current_task() returns what was set here, per
 * thread. Before the task is freed, set another one.
 * Context: the thread itself; as kcov8_task_run(), which it includes.
 */
void kcov8_task_set_current(struct kcov8_task *task);

/* ---- Background work (KCOV_REMOTE_ENABLE) --------------------------------
 *
 * A thread of the host that works for several guest tasks brackets each piece
 * of work with start and stop, and says by a handle whom it is for: that of the
 * device it serves, or kcov8_common_handle() of the task that asked for it,
 * kept with the request. What the bracketed code runs appears, at stop, in the
 * buffer of the file that has this handle.
 *
 * Attribution `process`: that file also gets what other threads ran in between,
 * and enabled tasks get what the worker ran, as with two enabled tasks.
 */

/**
 * kcov8_common_handle() - of @task, for work that it starts; 0: none
 * Context: no lock is taken; not during a call for @task on another thread.
 */
uint64_t kcov8_common_handle(const struct kcov8_task *task);

/**
 * kcov8_remote_wanted() - may anybody have @handle?
 * Return: 0: nobody has; else perhaps.
 * Context: any, interrupts included; no lock is taken.
 */
int kcov8_remote_wanted(struct kcov8_device *device, uint64_t handle);

/**
 * kcov8_remote_start() - @worker begins work for whoever has @handle
 * @worker: the thread's own task, kcov8_task_init(); traces nothing else. For
 *          comparisons it must be the current one.
 *
 * Return: 0; -ENOENT if nobody has the handle (no lock is taken if
 * kcov8_remote_wanted() says so: the usual case); -EBUSY if @worker has a file
 * of KCOV_ENABLE (with 6.12's rules, any) or is in a section already; -ENOMEM:
 * none for the section, or for PCs of a new image. After an error nothing is
 * recorded, and stop has no effect.
 * Context: the thread that does the work, up to stop.
 */
int kcov8_remote_start(struct kcov8_device *device, struct kcov8_task *worker,
                       uint64_t handle);

/**
 * kcov8_remote_stop() - the work is done
 * Appends what ran to the file, area_size of its KCOV_REMOTE_ENABLE minus 1
 * words at most. If the file was disabled since the start, nothing is appended,
 * even if it is enabled again. kcov8_task_exit() of a worker includes it.
 */
void kcov8_remote_stop(struct kcov8_task *worker);

/*
 * Work that may not sleep, like that of an interrupt, cannot start a section:
 * it takes one that was prepared before, and its blocks are delivered later.
 *
 *   before    kcov8_remote_prepare(worker), once
 *   the work  now = kcov8_remote_now(); if that is 0, nobody wants it. Else set
 *             the base, as kcov8_port_set_base() does, to
 *             kcov8_remote_base(worker), and behind the work to what it was
 *   then      kcov8_remote_deliver(device, worker, handle, now), on a thread
 *             that may sleep; after that @worker can be used again
 *
 * For images with attribution `task` that share one base (KCOV8_FUNC_SEGMENT);
 * no comparisons. A worker may batch several pieces of work for one handle
 * under one `now`, one after the other, before they are delivered.
 */

/**
 * kcov8_remote_prepare() - counters for work that may not sleep
 * @worker: a task that is for this alone; kcov8_task_exit() ends it
 *
 * Return: 0; -EBUSY: it has a file or a section; -ENOMEM: none for counters.
 */
int kcov8_remote_prepare(struct kcov8_task *worker);

/**
 * kcov8_remote_base() - of @worker's counters, in bytes; 0: it has none
 * Context: any, interrupts included; no lock is taken.
 */
intptr_t kcov8_remote_base(const struct kcov8_task *worker);

/**
 * kcov8_remote_now() - a point in time, for kcov8_remote_deliver()
 * 0 if no file has a handle. No unit: it only tells earlier from later.
 * Context: any, interrupts included; no lock is taken.
 */
size_t kcov8_remote_now(void);

/**
 * kcov8_remote_deliver() - what ran since goes to whoever has @handle
 * @handle: as at kcov8_remote_start()
 * @now:    kcov8_remote_now() before the first piece of the work
 *
 * Appends to the file as kcov8_remote_stop() does, but nothing if the file got
 * the handle after @now. In each case the counters are clear again.
 * Return: 0; -ENOENT: no such file; -ENOMEM: none for the blocks on their way,
 * or for PCs of a new image; -EINVAL: @worker is not prepared.
 * Context: not while the work runs.
 */
int kcov8_remote_deliver(struct kcov8_device *device, struct kcov8_task *worker,
                         uint64_t handle, size_t now);

/* ---- Images ------------------------------------------------------------ */

/**
 * __kcov8_image_register() - an image's tables are there
 * Called by the constructor that the pass emits; a `no-ctor` host calls it
 * itself before the first open (or later, for a module). A second call for
 * the same image has no effect. May run before main(). It allocates only if a
 * task has traced with counters of its own (attribution `task`).
 */
void __kcov8_image_register(struct kcov8_image *image);

/**
 * __kcov8_image_unregister() - an image is about to be unmapped (dlclose)
 * What its counters hold is first kept for the enabled files, each of which has
 * it after its next flush. Its PCs are never given to other blocks; the same
 * image loaded again gets them back.
 */
void __kcov8_image_unregister(struct kcov8_image *image);

/**
 * KCOV8_IMAGE_INIT - initialiser for a `no-ctor` host's own descriptor
 * Needs KCOV8_IMAGE_DECLARE at file scope.
 */
#define KCOV8_IMAGE_DECLARE                                                    \
  extern uint8_t __start___kcov8_cntrs[]                                       \
      __attribute__((weak, visibility("hidden")));                             \
  extern uint8_t __stop___kcov8_cntrs[]                                        \
      __attribute__((weak, visibility("hidden")));                             \
  extern const uint32_t __start___kcov8_keys[]                                 \
      __attribute__((weak, visibility("hidden")));                             \
  extern const uint32_t __stop___kcov8_keys[]                                  \
      __attribute__((weak, visibility("hidden")));                             \
  extern const struct kcov8_func __start___kcov8_funcs[]                       \
      __attribute__((weak, visibility("hidden")));                             \
  extern const struct kcov8_func __stop___kcov8_funcs[]                        \
      __attribute__((weak, visibility("hidden")));                             \
  extern uint8_t __start___kcov8_marks[]                                       \
      __attribute__((weak, visibility("hidden")));                             \
  extern uint8_t __stop___kcov8_marks[]                                        \
      __attribute__((weak, visibility("hidden")));                             \
  extern const struct kcov8_array __start___kcov8_arrays[]                     \
      __attribute__((weak, visibility("hidden")));                             \
  extern const struct kcov8_array __stop___kcov8_arrays[]                      \
      __attribute__((weak, visibility("hidden")));                             \
  extern intptr_t *__kcov8_delta_at(void)                                      \
      __attribute__((weak, visibility("hidden")));                             \
  extern void **__kcov8_order_at(void)                                         \
      __attribute__((weak, visibility("hidden")))
#define KCOV8_IMAGE_INIT                                                       \
  {                                                                            \
    .abi = KCOV8_ABI_VERSION, .size = sizeof(struct kcov8_image),              \
    .counters = {__start___kcov8_cntrs, __stop___kcov8_cntrs},                 \
    .keys = {__start___kcov8_keys, __stop___kcov8_keys},                       \
    .funcs = {__start___kcov8_funcs, __stop___kcov8_funcs},                    \
    .marks = {__start___kcov8_marks, __stop___kcov8_marks},                    \
    .arrays = {__start___kcov8_arrays, __stop___kcov8_arrays},                 \
    .delta_at = __kcov8_delta_at, .order_at = __kcov8_order_at,                \
  }

/**
 * kcov8_harvest() - collect outside the device: every block that ran
 * @fn:  called once per hit block, in table order; must not call kcov8
 * @ctx: passed on
 *
 * Clears what it reports; enabled files get it, too, at their next flush. What
 * an earlier flush took is not reported, unless KCOV8_OUT is set: then it was
 * kept. For dumps at exit and for hosts without a guest. Assigns PCs if no open
 * has done so.
 * Table order: images in the order in which they got their PCs, blocks by the
 * address of their counters. Images with unusable tables are logged and left
 * out.
 *
 * @pc: the block's PC; @hits: how often, 1-255. Of counters 255
 * means 255 or more (with place=early and off x86 they go on at 1, as wrapping
 * ones at 0); of unary probes 8 and above are lower bounds; of flags it is 1.
 * @id: its block ID;
 * @moved: non-zero if an image loaded earlier holds the block's own slot, so
 * that a tool that sees this image alone computes another PC for @id
 *
 * Return: 0; -ENODEV if there are no blocks (the reason is logged, once);
 * -ENOMEM: none for IDs or PCs, nothing was reported.
 */
int kcov8_harvest(void (*fn)(void *ctx, uint64_t pc, unsigned int hits,
                             uint64_t id, int moved),
                  void *ctx);

/**
 * kcov8_moved() - every block whose PC is not the one its image alone gives it
 * @fn:  called once per such block of each image that was loaded so far; must
 *       not call kcov8
 * @ctx: passed on
 *
 * @image: fingerprint of the block's image (abi.h); @pc: where the block is in
 * this process; @id: its block ID. Tools need this to tell two images apart
 * that share a function, and to give no block the PC that another one has.
 *
 * Return: 0; -ENODEV if there are no blocks (the reason is logged, once);
 * -ENOMEM: none for IDs or PCs, nothing was reported.
 */
int kcov8_moved(void (*fn)(void *ctx, uint64_t image, uint64_t pc, uint64_t id),
                void *ctx);

#ifdef __cplusplus
}
#endif
#endif /* KCOV8_H */
