/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.c - x86-64: which counters the running code reaches
 *
 * A probe adds kcov8_percpu_delta to its counter's address: 0 leads to the
 * kernel's own counters, which nobody reads, a tracing task's base to its copy
 * of them. So each CPU's is changed where that goes over to other work: at a
 * context switch, an interrupt, an NMI, a softirq. Nothing is saved: coming
 * back, the preempt count tells whether what goes on is a task's own work or a
 * softirq's, and the task or the softirq's section knows its base.
 *
 * Most of the functions in front of which this stands are called across object
 * files, so that the linker can lead the calls through here (--wrap,
 * Makefile.flags); softirqs have tracepoints. None of them is instrumented, nor
 * is what leads to them, so no block of other work counts for a task.
 *
 * Exceptions, like page faults, are the task's own work, as with the kernel's
 * own kcov.
 */
#include <linux/entry-common.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/vmalloc.h>
#include <trace/events/irq.h>

#include <kcov8/port.h>

#include "compat.h"
#include "linux.h"

/* One instruction in each probe, also in those of modules. */
DEFINE_PER_CPU(long, kcov8_percpu_delta);
EXPORT_PER_CPU_SYMBOL_GPL(kcov8_percpu_delta);

/* The task's own work is what goes on. Inlined into code without probes. */
static __always_inline void use_own(void) {
  const struct kcov8_thread *const thread =
      (struct kcov8_thread *)READ_ONCE(KCOV8_THREAD_FIELD(current));

  this_cpu_write(kcov8_percpu_delta, unlikely(thread) ? thread->base : 0);
}

static __always_inline void use_nobody(void) {
  this_cpu_write(kcov8_percpu_delta, 0);
}

/* A section's of a softirq, if there is one. */
static __always_inline void use_softirq(void) {
  const struct kcov8_thread *const thread = this_cpu_read(kcov8_softirq_thread);

  this_cpu_write(kcov8_percpu_delta, unlikely(thread) ? thread->base : 0);
}

/* What was interrupted goes on. */
static __always_inline void use_interrupted(void) {
  if (in_task())
    use_own();
  else if (in_serving_softirq() && !in_hardirq() && !in_nmi())
    use_softirq();
  else
    use_nobody();
}

/* Interrupts are off. */
void kcov8_use_base(intptr_t base) { this_cpu_write(kcov8_percpu_delta, base); }

/* ---- Port: base ------------------------------------------------------- */

/*
 * Only for tasks that have asked for something, so they have a thread. An
 * interrupt or a switch in between writes the same, here or on another CPU.
 */
void kcov8_port_set_base(intptr_t base) {
  WRITE_ONCE(kcov8_thread(current)->base, base);
  barrier();
  this_cpu_write(kcov8_percpu_delta, base);
}

intptr_t kcov8_port_base(void) { return this_cpu_read(kcov8_percpu_delta); }

/* ---- Port: copies of counters ----------------------------------------- */

/*
 * The kernel and its modules lie within 2 GiB, so around the copy of what comes
 * first, in the middle of an area of 4 GiB, there is room for those of all
 * others at one distance. Pages are there for counters only. All under the
 * core's lock.
 */
#define SPAN (4UL << 30)

struct span {
  struct span *next;
  struct vm_struct *area;
  size_t used; /* pages of it that are mapped */
};
static struct span *spans;

static struct span *new_span(void) {
  struct span *const s = kzalloc(sizeof(*s), GFP_KERNEL);

  if (!s)
    return NULL;
  s->area = get_vm_area(SPAN, VM_SPARSE);
  if (!s->area) {
    kfree(s);
    return NULL;
  }
  s->next = spans;
  spans = s;
  return s;
}

static struct span *find_span(const void *at) {
  struct span *s = spans;

  while (s && (at < s->area->addr || at >= s->area->addr + SPAN))
    s = s->next;
  return s;
}

static void drop_if_unused(struct span *span) {
  struct span **link = &spans;

  if (span->used)
    return;
  while (*link != span)
    link = &(*link)->next;
  *link = span->next;
  free_vm_area(span->area);
  kfree(span);
}

/*
 * Up to @n pages, in one piece if there is one.
 *
 * They are there before they are touched: a probe may be where the kernel
 * cannot take a fault, in the code that handles faults, or with interrupts off
 * and a lock held that the fault would need. And they are mapped one by one: a
 * million counters are half a huge page, which would be lost for the other
 * half.
 */
static size_t take_pages(struct page **pages, size_t n) {
  unsigned int order = min(ilog2(n), ilog2(SZ_2M / PAGE_SIZE));
  struct page *first = NULL;

  for (; order && !first; order -= !first)
    first = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN,
                        order);
  if (!first)
    first = alloc_page(GFP_KERNEL | __GFP_ZERO);
  if (!first)
    return 0;
  split_page(first, order);
  for (size_t i = 0; i < 1UL << order; i++)
    pages[i] = first + i;
  return 1UL << order;
}

static int map_pages(struct span *span, unsigned long at, size_t n) {
  struct page **const pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
  int err = pages ? 0 : -ENOMEM;

  for (size_t i = 0, more; !err && i < n; i += more) {
    more = take_pages(pages + i, n - i);
    if (!more)
      err = -ENOMEM;
  }
  if (!err)
    err = vm_area_map_pages(span->area, at, at + n * PAGE_SIZE, pages);
  for (size_t i = 0; err && pages && i < n && pages[i]; i++)
    __free_page(pages[i]);
  if (!err)
    span->used += n;
  kvfree(pages);
  return err;
}

int kcov8_port_map(void **at, size_t bytes) {
  struct span *const span = *at ? find_span(*at) : new_span();
  int err = -ENOMEM;

  if (span) {
    if (!*at)
      *at = span->area->addr + SPAN / 2;
    err = map_pages(span, (unsigned long)*at, PFN_UP(bytes));
    drop_if_unused(span);
  }
  if (err)
    kcov8_linux_no_memory++;
  return err;
}

void kcov8_port_unmap(void *at, size_t bytes) {
  struct span *const span = find_span(at);
  const size_t n = PFN_UP(bytes);
  struct page **const pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
  const unsigned long begin = (unsigned long)at;

  /* No memory to remember them: better lost than used again too early. */
  for (size_t i = 0; pages && i < n; i++)
    pages[i] = vmalloc_to_page(at + i * PAGE_SIZE);
  vm_area_unmap_pages(span->area, begin, begin + n * PAGE_SIZE);
  for (size_t i = 0; pages && i < n; i++)
    __free_page(pages[i]);
  kvfree(pages);
  span->used -= n;
  drop_if_unused(span);
}

/* ---- Return to user space --------------------------------------------- */

static noinline void collect(struct kcov8_thread *thread) {
  /* What close() and others left for the way out belongs to this call. */
  if (task_work_pending(current))
    task_work_run();
  kcov8_syscall_return(&thread->task);
  kcov8_vector_return(thread);
}

static __always_inline struct kcov8_thread *tracing_thread(void) {
  struct kcov8_thread *const thread =
      (struct kcov8_thread *)READ_ONCE(KCOV8_THREAD_FIELD(current));

  return unlikely(thread) && thread->task.tracing ? thread : NULL;
}

void kcov8_syscall_exit(void);

/* The end of every system call; interrupts are on. */
noinstr void kcov8_syscall_exit(void) {
  struct kcov8_thread *const thread = tracing_thread();

  if (unlikely(thread)) {
    instrumentation_begin();
    collect(thread);
    instrumentation_end();
  }
}

#ifdef KCOV8_WRAP_SYSCALL_EXIT
void __real_syscall_exit_to_user_mode(struct pt_regs *regs);
void __wrap_syscall_exit_to_user_mode(struct pt_regs *regs);

noinstr void __wrap_syscall_exit_to_user_mode(struct pt_regs *regs) {
  kcov8_syscall_exit();
  __real_syscall_exit_to_user_mode(regs);
}
#endif

void __real_irqentry_exit(struct pt_regs *regs, irqentry_state_t state);
void __wrap_irqentry_exit(struct pt_regs *regs, irqentry_state_t state);

/*
 * The end of every exception and interrupt. From user space the task could
 * sleep here; interrupts are off for what follows, which looks for new work.
 */
noinstr void __wrap_irqentry_exit(struct pt_regs *regs,
                                  irqentry_state_t state) {
  struct kcov8_thread *const thread = user_mode(regs) ? tracing_thread() : NULL;

  if (unlikely(thread)) {
    instrumentation_begin();
    local_irq_enable();
    collect(thread);
    local_irq_disable();
    instrumentation_end();
  }
  __real_irqentry_exit(regs, state);
}

void __real_signal_setup_done(int failed, struct ksignal *ksig, int stepping);
void __wrap_signal_setup_done(int failed, struct ksignal *ksig, int stepping);

/* A signal is delivered behind that. */
void __wrap_signal_setup_done(int failed, struct ksignal *ksig, int stepping) {
  __real_signal_setup_done(failed, ksig, stepping);
  kcov8_thread_return();
}

/* ---- Interrupts ------------------------------------------------------- */

#define WRAP_IRQ(enter, exit)                                                  \
  void __real_##enter(void);                                                   \
  void __wrap_##enter(void);                                                   \
  void __real_##exit(void);                                                    \
  void __wrap_##exit(void);                                                    \
  noinstr void __wrap_##enter(void) {                                          \
    use_nobody();                                                              \
    instrumentation_begin();                                                   \
    __real_##enter();                                                          \
    instrumentation_end();                                                     \
  }                                                                            \
  noinstr void __wrap_##exit(void) {                                           \
    instrumentation_begin();                                                   \
    __real_##exit(); /* runs softirqs, too */                                  \
    instrumentation_end();                                                     \
    use_interrupted();                                                         \
  }

WRAP_IRQ(irq_enter_rcu, irq_exit_rcu)
WRAP_IRQ(irq_enter, irq_exit)

irqentry_state_t __real_irqentry_nmi_enter(struct pt_regs *regs);
irqentry_state_t __wrap_irqentry_nmi_enter(struct pt_regs *regs);
void __real_irqentry_nmi_exit(struct pt_regs *regs, irqentry_state_t state);
void __wrap_irqentry_nmi_exit(struct pt_regs *regs, irqentry_state_t state);

/* NMIs, machine checks, and debug exceptions of the kernel. */
noinstr irqentry_state_t __wrap_irqentry_nmi_enter(struct pt_regs *regs) {
  use_nobody();
  return __real_irqentry_nmi_enter(regs);
}

noinstr void __wrap_irqentry_nmi_exit(struct pt_regs *regs,
                                      irqentry_state_t state) {
  __real_irqentry_nmi_exit(regs, state);
  use_interrupted();
}

/* ---- Softirqs --------------------------------------------------------- */

/*
 * Outside of interrupts they run where bottom halves are enabled again, and in
 * their own thread.
 */
static void softirq_entry(void *data, unsigned int nr) { use_nobody(); }

/* The preempt count still has this softirq, but what follows is not of it. */
static void softirq_exit(void *data, unsigned int nr) {
  kcov8_softirq_stop();
  if (in_nmi() || in_hardirq())
    use_nobody();
  else
    use_own();
}

static int __init kcov8_x86_init(void) {
  const int err = register_trace_softirq_entry(softirq_entry, NULL);

  return err ?: register_trace_softirq_exit(softirq_exit, NULL);
}
early_initcall(kcov8_x86_init);
