/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * cpu.h - the emulated x86-64 CPU: one engine per address space
 *
 * The threads of an address space take turns on its engine (sched.c). All
 * calls but cpu_kick() come from the thread that has the turn; cpu_run() is
 * made without the kernel lock. Guest memory is host memory that cpu_map()
 * makes visible to the engine.
 */
#ifndef UKERNEL_CPU_H
#define UKERNEL_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uk_cpu;      /* an engine */
struct uk_cpu_save; /* the registers of a thread that is not on it */

/* General registers, in Linux's sigcontext order (gregs). */
struct uk_regs {
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  uint64_t fs_base, gs_base;
};

#define UK_FX_BYTES 512 /* an FXSAVE image */

/*
 * Why cpu_run() came back. DIED: the engine crashed and is of no use any more,
 * see cpu_replace(); then run again.
 */
enum uk_stop_kind {
  UK_STOP_KICK,
  UK_STOP_SYSCALL,
  UK_STOP_FAULT,
  UK_STOP_DIED
};
struct uk_stop {
  enum uk_stop_kind kind;
  int sig;       /* fault: the signal */
  int code;      /* its si_code */
  int trap;      /* the CPU's exception number */
  uint64_t addr; /* si_addr */
};

/* Leaves *@cpu as it is if there is one. */
int cpu_new(struct uk_cpu **cpu);
void cpu_free(struct uk_cpu *cpu);
bool cpu_is_dead(const struct uk_cpu *cpu);
/*
 * A new engine with the registers of @old, which is freed, and without memory.
 * Saved registers of other threads fit it. On failure @old stays as it is.
 */
int cpu_replace(struct uk_cpu *old, struct uk_cpu **out);
/*
 * What translated code takes; 0 without an engine. cpu_run() comes back when it
 * is 1 MB more.
 */
uint64_t cpu_code_bytes(const struct uk_cpu *cpu);

/*
 * For the next process (pool.c): cpu_rest() makes the registers those of a new
 * engine. A kept mapping stays, with its translated code; cpu_map() of the same
 * takes it over, and of anything else there removes it.
 */
void cpu_rest(struct uk_cpu *cpu);
bool cpu_keep(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot,
              void *host);
bool cpu_keeps(const struct uk_cpu *cpu, uint64_t addr, uint64_t bytes,
               int prot, const void *host);
void cpu_drop_kept(struct uk_cpu *cpu);
/* Those of this memory only; whether there were any. */
bool cpu_drop_kept_of(struct uk_cpu *cpu, const uint8_t *host, size_t bytes);
bool cpu_is_precise(const struct uk_cpu *cpu);

/* Page-aligned; @prot is PROT_*, not PROT_NONE (leave those unmapped). */
int cpu_map(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot,
            void *host);
void cpu_unmap(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot);
int cpu_protect(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int old,
                int prot);
/*
 * Drop translated code of mapped, executable pages: a mapping as cpu_map() or
 * cpu_protect() made it, or a part of it.
 */
void cpu_forget_code(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes);
/*
 * Exact RIP at memory faults, for guests that handle them; slower. True: the
 * caller has to forget the code there is.
 */
bool cpu_set_precise(struct uk_cpu *cpu, bool precise);

void cpu_run(struct uk_cpu *cpu, struct uk_stop *stop);
/*
 * Make cpu_run() return before its next block. Any thread; lost if the run ends
 * meanwhile, so repeat it as long as it is wanted.
 */
void cpu_kick(struct uk_cpu *cpu);

/* Number and arguments of the system call that stopped the CPU. */
void cpu_syscall(struct uk_cpu *cpu, uint64_t *nr, uint64_t arg[6]);
void cpu_syscall_result(struct uk_cpu *cpu, uint64_t value);

void cpu_get_regs(struct uk_cpu *cpu, struct uk_regs *regs);
void cpu_set_regs(struct uk_cpu *cpu, const struct uk_regs *regs);
void cpu_get_fx(struct uk_cpu *cpu, uint8_t fx[UK_FX_BYTES]);
void cpu_set_fx(struct uk_cpu *cpu, const uint8_t fx[UK_FX_BYTES]);
void cpu_init_fx(uint8_t fx[UK_FX_BYTES]); /* as at execve */

/* Registers to and from a thread's save area; same engine only. */
int cpu_save_new(struct uk_cpu *cpu, struct uk_cpu_save **out);
void cpu_save_free(struct uk_cpu_save *save);
void cpu_store(struct uk_cpu *cpu, struct uk_cpu_save *save);
void cpu_load(struct uk_cpu *cpu, struct uk_cpu_save *save);

#endif /* UKERNEL_CPU_H */
