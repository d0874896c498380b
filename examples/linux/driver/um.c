/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * um.c - User Mode Linux: which counters the running code reaches
 *
 * A probe adds the base of gs to its counter's address. The kernel is a process
 * of the host, which leaves gs to it: base 0 leads to the kernel's own
 * counters, which nobody reads, a tracing task's base to its copy of them. So
 * the base is changed where the kernel goes over to other work: at a context
 * switch, an interrupt, a softirq. The functions in front of which this stands
 * are called across object files, so that the linker can lead the calls through
 * here (--wrap, Makefile.flags), and are themselves not instrumented; the same
 * goes for what leads from a signal of the host to the first of them. There is
 * no preemption.
 *
 * Page faults are the task's own work, as with the kernel's own kcov.
 */
#include <linux/build_bug.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/sched.h>

#include <kcov8/port.h>

#include "compat.h"
#include "linux.h"
#include "um.h"

struct siginfo;
struct uml_pt_regs;

/* What gs should have. With SMP a CPU is a thread of the host. */
static DEFINE_PER_CPU(intptr_t, base_now);
static int has_wrgsbase __ro_after_init;

static void set(intptr_t base) {
  /* First, so that an interrupt in between brings back the new one. */
  WRITE_ONCE(*raw_cpu_ptr(&base_now), base);
  if (likely(has_wrgsbase))
    asm volatile("wrgsbase %0" : : "r"(base) : "memory");
  else
    kcov8_um_set_gs((unsigned long)base);
}

void kcov8_use_base(intptr_t base) {
  if (unlikely(base != kcov8_port_base()))
    set(base);
}

static int __init um_init(void) {
  has_wrgsbase = kcov8_um_has_wrgsbase();
  return 0;
}
early_initcall(um_init);

/* ---- Port ------------------------------------------------------------- */

int kcov8_port_map(void **at, size_t bytes) { return kcov8_um_map(at, bytes); }

void kcov8_port_unmap(void *at, size_t bytes) { kcov8_um_unmap(at, bytes); }

/* Only for tasks that have asked for something, so they have a thread. */
void kcov8_port_set_base(intptr_t base) {
  kcov8_thread(current)->base = base;
  kcov8_use_base(base);
}

intptr_t kcov8_port_base(void) { return READ_ONCE(*raw_cpu_ptr(&base_now)); }

/* ---- Return to user space --------------------------------------------- */

void __real_interrupt_end(void);
void __wrap_interrupt_end(void);

/* The last that runs after a system call, a fault, or a signal's delivery. */
void __wrap_interrupt_end(void) {
  __real_interrupt_end();
  kcov8_thread_return();
}

/* ---- Other work ------------------------------------------------------- */

/* Unconditional: what base_now says may not be in gs yet. */
#define AS_NOBODY(call)                                                        \
  do {                                                                         \
    const intptr_t interrupted = kcov8_port_base();                            \
    set(0);                                                                    \
    call;                                                                      \
    set(interrupted);                                                          \
  } while (0)

#define WRAP_HANDLER(name, parameter, argument)                                \
  void __real_##name(int sig, struct siginfo *info,                            \
                     struct uml_pt_regs *r parameter);                         \
  void __wrap_##name(int sig, struct siginfo *info,                            \
                     struct uml_pt_regs *r parameter);                         \
  void __wrap_##name(int sig, struct siginfo *info,                            \
                     struct uml_pt_regs *r parameter) {                        \
    AS_NOBODY(__real_##name(sig, info, r argument));                           \
  }

WRAP_HANDLER(timer_handler, , )
WRAP_HANDLER(sigio_handler, KCOV8_UM_SIGIO_PARAMETER, KCOV8_UM_SIGIO_ARGUMENT)

#ifdef CONFIG_SMP
void __real_uml_ipi_handler(int vector);
void __wrap_uml_ipi_handler(int vector);

void __wrap_uml_ipi_handler(int vector) {
  AS_NOBODY(__real_uml_ipi_handler(vector));
}
#endif

/*
 * Softirqs also run outside of interrupts, where bottom halves are enabled
 * again. Nothing tells an action which one it is.
 */
static void (*actions[NR_SOFTIRQS])(KCOV8_SOFTIRQ_PARAMETER);

#define SOFTIRQ(n)                                                             \
  static void softirq_##n(KCOV8_SOFTIRQ_PARAMETER) {                           \
    AS_NOBODY({                                                                \
      actions[n](KCOV8_SOFTIRQ_ARGUMENT);                                      \
      kcov8_softirq_stop();                                                    \
    });                                                                        \
  }
SOFTIRQ(0)
SOFTIRQ(1)
SOFTIRQ(2)
SOFTIRQ(3)
SOFTIRQ(4)
SOFTIRQ(5)
SOFTIRQ(6)
SOFTIRQ(7)
SOFTIRQ(8)
SOFTIRQ(9)

static void (*const softirqs[])(KCOV8_SOFTIRQ_PARAMETER) = {
    softirq_0, softirq_1, softirq_2, softirq_3, softirq_4,
    softirq_5, softirq_6, softirq_7, softirq_8, softirq_9,
};
static_assert(ARRAY_SIZE(softirqs) == NR_SOFTIRQS);

void __real_open_softirq(int nr, void (*action)(KCOV8_SOFTIRQ_PARAMETER));
void __wrap_open_softirq(int nr, void (*action)(KCOV8_SOFTIRQ_PARAMETER));

void __wrap_open_softirq(int nr, void (*action)(KCOV8_SOFTIRQ_PARAMETER)) {
  actions[nr] = action;
  __real_open_softirq(nr, softirqs[nr]);
}
