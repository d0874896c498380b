/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sigframe.c - the frame of a signal handler on the guest's stack
 *
 * Linux's x86-64 layout, with an FXSAVE image and no extended state.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct context {
  uint64_t flags, link;
  uint64_t stack_sp;
  int32_t stack_flags, pad;
  uint64_t stack_bytes;
  uint64_t reg[18]; /* as in struct uk_regs, from r8 to rflags */
  uint16_t cs, gs, fs, ss;
  uint64_t error, trap, old_mask, fault_addr, fx;
  uint64_t reserved[8];
  uint64_t mask;
};

struct frame {
  uint64_t return_addr;
  struct context context;
  siginfo_t info;
};

#define N_REGS 18
#define SA_RESTORER_FLAG 0x04000000u
#define SS_AUTODISARM_FLAG (1u << 31)
#define RED_ZONE 128u

_Static_assert(sizeof(struct context) == 304, "Linux's ucontext");
_Static_assert(offsetof(struct uk_regs, rflags) == 17 * 8, "gregs order");

static bool on_alt_stack(const struct uk_task *task, uint64_t rsp) {
  return task->alt_bytes && rsp > task->alt_sp &&
         rsp - task->alt_sp <= task->alt_bytes;
}

int sigframe_push(struct uk_task *task, const struct uk_sigaction *action,
                  const siginfo_t *info, uint64_t old_mask) {
  struct uk_regs *regs = task_regs(task);
  struct frame frame;
  uint64_t sp = regs->rsp - RED_ZONE;
  if (!(action->flags & SA_RESTORER_FLAG))
    return -EFAULT;
  if ((action->flags & SA_ONSTACK) && task->alt_bytes &&
      !on_alt_stack(task, regs->rsp))
    sp = task->alt_sp + task->alt_bytes;

  uint64_t fx = (sp - UK_FX_BYTES) & ~63ull;
  uint64_t at = ((fx - sizeof(frame)) & ~15ull) - 8;
  memset(&frame, 0, sizeof(frame));
  frame.return_addr = action->restorer;
  frame.info = *info;
  frame.context.stack_sp = task->alt_sp;
  frame.context.stack_bytes = task->alt_bytes;
  frame.context.stack_flags = task->alt_flags;
  memcpy(frame.context.reg, &regs->r8, sizeof(frame.context.reg));
  frame.context.cs = 0x33;
  frame.context.ss = 0x2b;
  frame.context.old_mask = frame.context.mask = old_mask;
  frame.context.fx = fx;
  if (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) {
    frame.context.trap = 14;
    frame.context.fault_addr = (uint64_t)(uintptr_t)info->si_addr;
  }
  if (mm_write(task->mm, fx, task->fx, UK_FX_BYTES) ||
      mm_write(task->mm, at, &frame, sizeof(frame)))
    return -EFAULT;

  if ((uint32_t)task->alt_flags & SS_AUTODISARM_FLAG) {
    task->alt_sp = task->alt_bytes = 0;
    task->alt_flags = 0;
  }
  regs->rsp = at;
  regs->rip = action->handler;
  regs->rdi = (uint64_t)info->si_signo;
  regs->rsi = at + offsetof(struct frame, info);
  regs->rdx = at + offsetof(struct frame, context);
  regs->rax = 0;
  regs->rflags &= ~(uint64_t)0x500; /* TF, DF */
  cpu_init_fx(task->fx);
  return 0;
}

int64_t sigframe_return(struct uk_task *task) {
  struct uk_regs *regs = task_regs(task);
  struct frame frame;
  uint8_t fx[UK_FX_BYTES];
  if (copy_from_guest(&frame, regs->rsp - 8, sizeof(frame)))
    return -EFAULT;
  cpu_init_fx(fx);
  if (frame.context.fx && copy_from_guest(fx, frame.context.fx, sizeof(fx)))
    return -EFAULT;
  memcpy(&regs->r8, frame.context.reg, N_REGS * sizeof(uint64_t));
  memcpy(task->fx, fx, sizeof(fx));
  task->alt_sp = frame.context.stack_sp;
  task->alt_bytes = frame.context.stack_bytes;
  task->alt_flags = frame.context.stack_flags;
  signal_set_mask(task, frame.context.mask);
  return 0;
}
