/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * crash.c - what ukernel says when it crashes itself
 *
 * A fuzzer files crashes by their title, and shows what follows. syzkaller's
 * rules for a kernel of gVisor's kind take the first line that has "panic:" in
 * it as the title, at least five more lines, and all up to an empty line. They
 * look at no frames: so the title names the function, without numbers that
 * change from run to run.
 *
 * All is done in the signal handler: without a debugger, without memory from
 * malloc() and without the kernel lock, as the crash may have been inside of
 * either. The report is made in a static buffer and written at once.
 */
#define _GNU_SOURCE
#include "crash.h"
#include "process.h"

#include <execinfo.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define MAX_FRAMES 64

static char text[16384];
static size_t length;
static atomic_int reporter; /* thread that makes the report, or made it */
static bool done;
static const char *_Atomic reason;

/* A failed assertion on the way to abort(). */
static _Thread_local struct {
  const char *what, *file, *function;
  unsigned int line;
} failed;

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...) {
  va_list list;
  va_start(list, format);
  int n = vsnprintf(text + length, sizeof(text) - length, format, list);
  va_end(list);
  if (n > 0)
    length += (size_t)n;
  if (length > sizeof(text) - 1)
    length = sizeof(text) - 1;
}

static void write_out(void) {
  for (size_t at = 0; at < length;) {
    ssize_t n = write(STDERR_FILENO, text + at, length - at);
    if (n <= 0)
      return;
    at += (size_t)n;
  }
}

/* ---- Stack ------------------------------------------------------------- */

struct stack {
  void *pc[MAX_FRAMES];
  int n;
  bool exact; /* the first one is where it stopped, not where a call returns */
};

/* From @start on: what is above is our handler. @regs: NULL, or the signal's.
 */
static void unwind(struct stack *stack, uintptr_t start, const greg_t *regs) {
  void *all[MAX_FRAMES + 16];
  int n = backtrace(all, MAX_FRAMES + 16), first = 0;
  while (first < n && (uintptr_t)all[first] != start)
    first++;
  stack->exact = regs != NULL;
  if (first == n) { /* a call to where no code is: the caller is all we know */
    stack->pc[0] = (void *)start;
    stack->pc[1] = regs ? *(void **)(uintptr_t)regs[REG_RSP] : NULL;
    stack->n = 2;
    return;
  }
  stack->n = n - first < MAX_FRAMES ? n - first : MAX_FRAMES;
  memcpy(stack->pc, all + first, (size_t)stack->n * sizeof(void *));
}

/* A return address may be that of the next line, or function. */
static void find(const struct stack *stack, int i, struct uk_place *place) {
  uintptr_t pc = (uintptr_t)stack->pc[i];
  names_find(pc - !(stack->exact && i == 0), place);
  place->offset += !(stack->exact && i == 0);
}

/*
 * The topmost function of ours. Names that begin with an underscore are those
 * of the sanitizers' runtime in our image, and our own __assert_fail().
 */
static const char *guilty_function(const struct stack *stack) {
  for (int i = 0; i < stack->n; i++) {
    struct uk_place place;
    find(stack, i, &place);
    if (place.own && place.function && place.function[0] != '_')
      return place.function;
  }
  return NULL;
}

/* A recursion that ate the stack is one line, not all there is. */
static void put_stack(const struct stack *stack) {
  put("stack:\n");
  for (int i = 0, again = 0; i < stack->n; i++) {
    struct uk_place place;
    if (i > 0 && stack->pc[i] == stack->pc[i - 1]) {
      again++;
      if (i + 1 < stack->n && stack->pc[i + 1] == stack->pc[i])
        continue;
      put(" and %d times more\n", again);
      again = 0;
      continue;
    }
    find(stack, i, &place);
    if (place.function)
      put(" %s+%#lx", place.function, (unsigned long)place.offset);
    else
      put(" %p", stack->pc[i]);
    if (place.size)
      put("/%#lx", (unsigned long)place.size);
    if (place.file && place.line)
      put(" %s:%u", place.file, place.line);
    else if (place.file)
      put(" (%s)", place.file);
    put("\n");
  }
}

/* ---- Report ------------------------------------------------------------ */

static void put_cause(int sig, const siginfo_t *info, const void *context) {
  const char *name = sig ? sigabbrev_np(sig) : NULL;
  if (failed.what)
    put("%s:%u: %s: Assertion `%s' failed.\n", failed.file, failed.line,
        failed.function, failed.what);
  else if (!sig)
    put("the sanitizer's report is above\n");
  else if (info->si_code <= 0 && info->si_pid == getpid())
    put("SIG%s, raised by ukernel\n", name);
  else if (info->si_code <= 0)
    put("SIG%s, sent by process %d\n", name, (int)info->si_pid);
  else
    put("SIG%s, code %d, address %#lx, pc %#lx\n", name, info->si_code,
        (unsigned long)(uintptr_t)info->si_addr,
        (unsigned long)((const ucontext_t *)context)
            ->uc_mcontext.gregs[REG_RIP]);
}

/* The one under way, or NULL. */
static const char *call_name(const struct uk_task *task) {
  if (!task || !task->in_syscall)
    return NULL;
  const struct uk_syscall *call = uk_process_syscall(task->nr);
  if (!call)
    call = uk_file_syscall(task->nr);
  return call ? call->name : "unknown";
}

static void put_task(const struct uk_task *task) {
  const char *call = call_name(task);
  if (task)
    put("task %d of process %d\n", task->tid, task->proc->pid);
  else
    put("no task\n");
  if (call)
    put("in system call %lu, %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n",
        (unsigned long)task->nr, call, (unsigned long)task->arg[0],
        (unsigned long)task->arg[1], (unsigned long)task->arg[2],
        (unsigned long)task->arg[3], (unsigned long)task->arg[4],
        (unsigned long)task->arg[5]);
  else
    put("in no system call\n");
}

static void put_title(int sig, const struct stack *stack) {
  const char *function = guilty_function(stack), *kind = "";
  if (!function) {
    function = call_name(uk_current());
    kind = function ? "system call " : "";
  }
  if (failed.what)
    put("panic: assertion failed");
  else if (reason)
    put("panic: %s", reason);
  else if (!sig)
    put("panic: sanitizer error");
  else
    put("panic: SIG%s", sigabbrev_np(sig));
  put(" in %s%s\n", kind, function ? function : "an unknown function");
}

/* @context: a signal's, or where to begin if @sig is 0. */
static void make(int sig, const siginfo_t *info, const void *context) {
  struct stack stack;
  names_open();
  if (sig) {
    const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;
    unwind(&stack, (uintptr_t)regs[REG_RIP], regs);
  } else {
    unwind(&stack, (uintptr_t)context, NULL);
  }
  put("\n");
  put_title(sig, &stack);
  put_cause(sig, info, context);
  put_task(uk_current());
  put_stack(&stack);
  put("end of stack\n\n");
}

/*
 * Once per process. A second thread that crashes waits for the end, which the
 * first one brings. Who crashes in here prints what there is.
 */
void crash_report(int sig, const siginfo_t *info, const void *context) {
  int nobody = 0, self = gettid();
  if (atomic_compare_exchange_strong(&reporter, &nobody, self)) {
    make(sig, info, context);
  } else if (nobody != self) {
    for (;;)
      pause();
  } else if (done) {
    return;
  } else {
    put("\nanother crash while this report was made: SIG%s\n\n",
        sig ? sigabbrev_np(sig) : "?");
  }
  done = true;
  write_out();
}

static void on_sanitizer_death(void) {
  crash_report(0, NULL, __builtin_return_address(0));
}

/* Of a sanitizer, if there is one in this image. */
__attribute__((weak)) void
__sanitizer_set_death_callback(void (*callback)(void));

void crash_init(void) {
  void *pc;
  backtrace(&pc, 1); /* loads the unwinder's library: not in a crash */
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(on_sanitizer_death);
}

void crash_reason(const char *what) { reason = what; }

void crash_survived(void) {
  failed.what = NULL;
  reason = NULL;
}

/* assert()'s. Instead of libc's: what failed is a part of the report. */
_Noreturn void __assert_fail(const char *what, const char *file,
                             unsigned int line, const char *function);
_Noreturn void __assert_fail(const char *what, const char *file,
                             unsigned int line, const char *function) {
  failed.what = what;
  failed.file = file;
  failed.line = line;
  failed.function = function;
  abort();
}
