/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * process.h - what the process side's parts know of each other
 *
 * A task (guest thread, one host thread each) belongs to a process, and runs
 * in an address space that processes share only after vfork and posix_spawn.
 * Everything here is protected by the kernel lock (sched.c).
 */
#ifndef UKERNEL_PROCESS_H
#define UKERNEL_PROCESS_H

#include "cpu.h"
#include "kernel.h"

#include <pthread.h>
#include <signal.h>

#define UK_NSIG 64
#define UK_TASK_SIZE 0x7ffffffff000ull
#define UK_MMAP_MIN 0x10000ull

/* ---- Address space (mm.c, mmap.c, advice.c) --------------------------- */

/**
 * struct uk_region - one mapping, all of one protection
 * @skip:   where @start is inside @pages, in bytes
 * @shared: MAP_SHARED
 * @gone:   of fixed pages: dropped by MADV_DONTNEED, access gives SIGBUS
 * @charged: its bytes are, since it may be or could be written (lazy pages)
 * @nofork: MADV_DONTFORK
 * @may:    protections that mprotect may give
 * @file:   what was mapped, or NULL; a reference
 * @offset: of @start in @file
 * @name:   for /proc/PID/maps: "[stack]" and the like, or NULL
 */
struct uk_region {
  uint64_t start, end;
  int prot, may;
  bool shared, gone, nofork, charged;
  struct uk_pages *pages;
  size_t skip;
  struct uk_file *file;
  uint64_t offset;
  const char *name;
};

#define UK_MAX_REGIONS 1000u

struct uk_turn;
struct uk_mm {
  int refs; /* tasks, and whoever is building it */
  struct uk_cpu *cpu;
  struct uk_turn *turn;     /* whose turn it is to run guest code */
  struct uk_task *loaded;   /* whose registers are in @cpu */
  struct uk_region *region; /* by address */
  size_t n_regions, room, last_found;
  struct uk_pages *zone; /* private memory of the mmap area, 1:1 */
  struct uk_pages *heap; /* of brk, 1:1 from brk_start; may be NULL */
  uint64_t brk_start, brk;
  uint64_t mapped_bytes, code_charged;
  /* Executable pages that the kernel wrote to; too many: all. */
  uint64_t written_code[16];
  size_t n_written_code;
};

int mm_new(struct uk_mm **out);
int mm_copy(struct uk_mm *from, struct uk_mm **out); /* fork */
void mm_get(struct uk_mm *mm);
void mm_put(struct uk_mm *mm);
/* A new engine with the same memory and registers. Needs the turn. */
int mm_replace_cpu(struct uk_mm *mm, bool precise);
int mm_charge_code(struct uk_mm *mm); /* what the engine has translated */
struct uk_region *mm_find(struct uk_mm *mm, uint64_t addr);
/* A mapping of private zeroed memory; @addr is free or gets replaced. */
int mm_map_private(struct uk_mm *mm, uint64_t addr, uint64_t bytes, int prot,
                   const char *name);
int mm_insert(struct uk_mm *mm, const struct uk_region *region);
int mm_unmap(struct uk_mm *mm, uint64_t addr, uint64_t bytes);
int mm_protect(struct uk_mm *mm, uint64_t addr, uint64_t bytes, int prot);
/* Rounds up to pages; false if @addr and @bytes are no range of user memory. */
bool mm_range(uint64_t addr, uint64_t *bytes);
/* Set the marks of mapped memory in a range that is all mapped. */
enum uk_mark { UK_MARK_GONE, UK_MARK_NOFORK, UK_MARK_FORK };
int mm_mark(struct uk_mm *mm, uint64_t addr, uint64_t bytes, enum uk_mark mark);
uint64_t mm_find_free(struct uk_mm *mm, uint64_t bytes); /* 0: none */
bool mm_is_free(struct uk_mm *mm, uint64_t addr, uint64_t bytes);
/* Host memory of a range inside one region; NULL if it may not be accessed. */
uint8_t *mm_host(struct uk_mm *mm, uint64_t addr, size_t bytes, int prot);
int mm_write(struct uk_mm *mm, uint64_t to, const void *from, size_t bytes);
/* Translated code of those pages, or of all, is wrong. Needs the turn. */
void mm_forget_written_code(struct uk_mm *mm);
void mm_forget_all_code(struct uk_mm *mm);
/* Copies only what was touched. */
void mm_copy_memory(uint8_t *to, const uint8_t *from, size_t bytes);
/* Of a private host mapping of a file: copies only what was written. */
void mm_copy_written(uint8_t *to, const uint8_t *from, const uint8_t *file,
                     size_t bytes);

/* ---- Whose turn it is (sched.c) --------------------------------------- */

void sched_init(void);
void sched_set_current(struct uk_task *task); /* of this host thread */
void sched_lock(void);
void sched_unlock(void);
void sched_enter(struct uk_task *task);   /* get the turn, load registers */
void sched_release(struct uk_task *task); /* let others run */
bool sched_has_turn(struct uk_task *task);
/* Run guest code once: the lock is dropped meanwhile. */
void sched_run(struct uk_task *task, struct uk_stop *stop);
int sched_charge_code(struct uk_task *task); /* what it has translated */
void sched_kick(struct uk_task *task);     /* leave guest code, or wake, soon */
void sched_share_memory(struct uk_mm *mm); /* it has MAP_SHARED memory */
int sched_turn_new(struct uk_mm *mm);
void sched_turn_free(struct uk_mm *mm);
void sched_timer_changed(void);
/* Waits with the kernel lock as mutex; 0 or -ETIMEDOUT. */
int sched_wait_on(pthread_cond_t *cond, uint64_t deadline_ns);

/* ---- Sleeping (sleep.c) ----------------------------------------------- */

/* One host thread that may sleep. @woken: since it fell asleep. */
struct uk_sleeper {
  pthread_cond_t cond;
  bool woken;
};
void sleeper_init(struct uk_sleeper *sleeper);
void sleeper_end(struct uk_sleeper *sleeper);
void sleeper_wake(struct uk_sleeper *sleeper); /* whatever it sleeps on */
/*
 * As uk_sleep() without regard to signals, woken by sched_kick(), too; @task
 * NULL: the host's main thread.
 */
void sched_wait(struct uk_task *task, const void *channel);

/* ---- Signals (signal.c, sigframe.c, sigcalls.c) ----------------------- */

struct uk_sigaction {
  uint64_t handler, flags, restorer, mask;
};
struct uk_sigqueue {
  struct uk_sigqueue *next;
  siginfo_t info;
};
struct uk_pending {
  uint64_t set;
  struct uk_sigqueue *first;
  unsigned int queued;
};
#define SIG_BIT(sig) (1ull << ((sig)-1))

void pending_clear(struct uk_pending *pending);
void signal_task(struct uk_task *task, const siginfo_t *info);
void signal_proc(struct uk_proc *proc, const siginfo_t *info);
/* A fault of the task's own: cannot be blocked or ignored. */
void signal_force(struct uk_task *task, const siginfo_t *info);
bool signal_waiting(struct uk_task *task); /* something to unwind for */
int signal_dequeue(struct uk_task *task, uint64_t set, siginfo_t *info);
void signal_info(siginfo_t *info, int sig, int code);
void signal_exec(struct uk_proc *proc);
bool signal_wants_precise(const struct uk_proc *proc);
void signal_set_mask(struct uk_task *task, uint64_t mask);
/* Before the guest runs again: act on signals. May not return (exit). */
void signal_deliver(struct uk_task *task);
int sigframe_push(struct uk_task *task, const struct uk_sigaction *action,
                  const siginfo_t *info, uint64_t old_mask);
int64_t sigframe_return(struct uk_task *task);

/* ---- Tasks and processes (task.c, fork.c, wait.c) --------------------- */

struct uk_task {
  struct uk_task *next; /* of the process */
  struct uk_proc *proc;
  struct uk_mm *mm;
  int tid;
  struct kcov8_task kcov;
  struct uk_cpu_save *save;
  bool saved; /* @save is valid */
  bool fresh; /* @regs and @fx are to be put on the CPU */
  struct uk_regs regs;
  uint8_t fx[UK_FX_BYTES];
  bool in_guest, kicked;
  struct uk_sleeper sleeper;
  bool killed; /* exit without more ado: exec or exit_group elsewhere */
  struct uk_task *turn_next;
  bool turn_queued;
  uint64_t slice_end_ns;
  /* signals */
  uint64_t blocked, saved_blocked;
  bool restore_blocked;
  struct uk_pending pending;
  uint64_t alt_sp, alt_bytes;
  int alt_flags;
  /* the system call under way */
  uint64_t nr, arg[6];
  bool in_syscall;
  int64_t result;
  uint64_t clear_tid, robust_list, robust_bytes;
  struct uk_where *where;
  struct uk_task *vfork_parent; /* waits for our exec or exit */
  bool vfork_waiting;
  char comm[16];
  pthread_t host;
};

struct uk_caps {
  uint64_t effective, permitted, inheritable, bounding, ambient;
  bool keep; /* PR_SET_KEEPCAPS */
};

struct uk_proc {
  struct uk_proc *next; /* all, by pid */
  struct uk_proc *parent;
  int pid, pgrp, session;
  struct uk_task *tasks;
  int n_tasks;
  struct uk_files *files;
  struct uk_sigaction action[UK_NSIG + 1];
  struct uk_pending pending;
  bool exiting, zombie, execing;
  int exit_status; /* as wait4 gives it */
  int exit_signal;
  bool stopped, stop_reported, continued;
  int stop_signal;
  char any_child; /* what wait4 sleeps on, if a child's uk_proc is too little */
  bool did_exec;
  uint64_t alarm_ns, alarm_interval_ns; /* 0: off */
  uint64_t alarm_kcov; /* common handle of the task that set it, or 0 */
  uint64_t start_ns;
  uint64_t cpu_ns, child_cpu_ns; /* exited threads; waited-for children */
  uint32_t ids[8];               /* r e s fs, of user, then of group */
  struct uk_caps caps;
  uint64_t stack_limit;
  struct uk_image *image; /* the program file, for /proc/self/exe */
  char *exe;
  char *cmdline;
  size_t cmdline_bytes;
};

extern struct uk_proc *uk_procs, *uk_init_proc;
struct uk_proc *proc_new(struct uk_proc *parent);
/* The new task is not running; task_start() makes its host thread. */
struct uk_task *task_new(struct uk_proc *proc, struct uk_mm *mm, int tid);
int task_start(struct uk_task *task);
void task_free_unstarted(struct uk_task *task);
void proc_free(struct uk_proc *proc);
void proc_changed(struct uk_proc *proc); /* wakes who waits for it */
_Noreturn void task_exit(struct uk_task *task);
void proc_kill(struct uk_proc *proc, int status); /* exit_group */
struct uk_task *task_find(int tid);
int task_count(void); /* of all processes */
struct uk_task *proc_leader(struct uk_proc *proc);
void proc_kill_others(struct uk_task *task); /* execve */
void task_vfork_done(struct uk_task *task);
uint64_t proc_cpu_ns(struct uk_proc *proc);
struct uk_regs *task_regs(struct uk_task *task); /* current task's, editable */
int uk_new_pid(void);

/* ---- Capabilities (caps.c) -------------------------------------------- */

void caps_first(struct uk_proc *proc);
void caps_exec(struct uk_proc *proc); /* what a new program has */
void caps_new_user(struct uk_proc *proc, const uint32_t *before);
int64_t caps_prctl(const uint64_t arg[6]);

/* ---- Programs (elf.c, exec.c) ----------------------------------------- */

struct uk_image {
  int refs;
  uint8_t *data;
  size_t bytes, charged;
};
int image_from_host(const char *path, struct uk_image **out);
int image_from_guest(const char *path, struct uk_image **out);
void image_put(struct uk_image *image);

struct uk_loaded {
  uint64_t entry, phdr;
  unsigned int phnum;
};
/* On failure *@why says what is wrong with the file. */
int elf_load(struct uk_mm *mm, const struct uk_image *image,
             struct uk_loaded *loaded, const char **why);

struct uk_strings {
  char **item;
  size_t count, room, bytes;
};
int strings_add(struct uk_strings *strings, const char *item);
void strings_free(struct uk_strings *strings);
int stack_build(struct uk_mm *mm, const struct uk_loaded *loaded,
                const char *path, const struct uk_proc *proc,
                const struct uk_strings *argv, const struct uk_strings *envp,
                uint64_t *rsp);
/* Takes over @image. *@why may stay NULL. */
int exec_image(struct uk_task *task, struct uk_image *image, const char *path,
               struct uk_strings *argv, struct uk_strings *envp,
               const char **why);
int exec_any(struct uk_task *task, struct uk_image *image, char *path,
             size_t path_size, struct uk_strings *argv, struct uk_strings *envp,
             const char **why);

/* ---- System calls (syscall.c, strace.c) ------------------------------- */

struct uk_process_row {
  unsigned int nr;
  struct uk_syscall call;
};
extern const struct uk_process_row uk_syscalls_mmap[], uk_syscalls_advice[],
    uk_syscalls_task[], uk_syscalls_ids[], uk_syscalls_caps[],
    uk_syscalls_wait[], uk_syscalls_signal[], uk_syscalls_futex[],
    uk_syscalls_clock[], uk_syscalls_misc[], uk_syscalls_exec[];
void syscall_init(void);
void syscall_dispatch(struct uk_task *task);
bool syscall_restarts(uint64_t nr, bool handled);
extern bool uk_strace, uk_verbose;
void strace_call(struct uk_task *task, const char *name, uint64_t nr,
                 const uint64_t arg[6]);
void strace_result(struct uk_task *task, const char *name, int64_t result);
void strace_signal(struct uk_task *task, const siginfo_t *info);

/* futex.c */
int futex_wake(struct uk_mm *mm, uint64_t addr, int count);
void futex_exit(struct uk_task *task); /* robust list, clear_child_tid */

#endif /* UKERNEL_PROCESS_H */
