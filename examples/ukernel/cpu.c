/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * cpu.c - all use of the Unicorn engine
 *
 * What was learnt of Unicorn 2.0.1, and shapes this file:
 * - Leaving and re-entering emulation costs less than 0.1 us, so every system
 *   call stops it; nothing runs inside a hook.
 * - Guests run at privilege level 3, reached by a boot stub with IRET, so that
 *   HLT, IN, WRMSR and the like fault as they do on Linux.
 * - At a bad memory access RIP is that of the block's start unless a code hook
 *   exists. The hook is only set for guests that handle SIGSEGV or SIGBUS
 *   (cpu_set_precise); for others the process is lost anyway.
 * - A stop request acts at the next block, but also after the next access to
 *   memory: the rest of the block is left out, and RIP set to its start, so
 *   that its beginning is done twice. uc_emu_stop() is right only while nothing
 *   of a block is done: on_block() calls it, for cpu_kick(). With a code hook
 *   a stop leaves RIP alone, which is right then at each instruction, and not
 *   at a block: on_instruction() calls it instead.
 * - Emulation ends at `until`, 0 as well, without a fault: no address may end
 *   it (uc_ctl_exits_enable).
 * - An exception leaves `old_exception` set, which turns the next one into a
 *   double fault. It has no register number; its place in a saved context is
 *   found once by comparing two contexts, and cleared after each exception.
 * - Unmapping does not drop translated code, and what is mapped next may get
 *   its internal address: see cpu_forget_code(). Dropping all code at once
 * takes a second of clearing memory.
 * - Some instructions crash it while it translates their block, with the
 *   registers as at the block's start: see "Crashes" below.
 * - It asserts above 4096 memory regions, and maps in quadratic time: mm.c
 *   merges regions and refuses more than UK_MAX_REGIONS.
 */
#define _GNU_SOURCE
#include "cpu.h"
#include "guard.h"
#include "insn.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <unicorn/unicorn.h>

#define BLOCK_STEPS 512   /* the engine's limit of a block, in instructions */
#define BLOCK_BYTES 8192u /* more than its limit: it ends behind a page */

/* Of 256 k blocks of 61 bytes, 16 instructions: 700 bytes each. */
#define CODE_BLOCK 256u
#define CODE_PER_BYTE 8u
#define CODE_STEP (1u << 20)

/* A mapping that waits for the next process. */
struct kept {
  uint64_t addr, bytes;
  int prot;
  void *host;
};
#define MAX_KEPT 32u

struct uk_cpu {
  uc_engine *uc;
  uc_context *scratch;
  uc_context *new; /* the registers of a new engine */
  struct kept kept[MAX_KEPT];
  size_t n_kept;
  uc_hook precise;  /* 0: not set */
  bool ran;         /* there is translated code */
  bool dead;        /* it crashed */
  bool told;        /* the guest has got the signal for it */
  int steps;        /* to be done one by one */
  uint64_t code;    /* bytes that translated code takes, an estimate */
  uint64_t refused; /* a block to be forgotten, see on_new_block(); or 0 */
  uint64_t start;   /* of cpu_run(), and what it returned */
  uc_err err;
  atomic_bool kicked;
  bool got_syscall;
  bool got_trap;
  uint32_t trap;
  bool got_fault;
  bool fault_protection;
  uint64_t fault_addr;
};

#define EFLAGS_GUEST 0x240dd5u /* CF PF AF ZF SF TF DF OF AC ID */
#define ADDRESS_END (1ull << 47)

/* Offset of old_exception in a context; 0: not known. */
static size_t old_exception_at;

/* ---- Hooks ------------------------------------------------------------ */

static void on_syscall(uc_engine *uc, void *ctx) {
  ((struct uk_cpu *)ctx)->got_syscall = true;
  uc_emu_stop(uc);
}

static void on_trap(uc_engine *uc, uint32_t number, void *ctx) {
  struct uk_cpu *cpu = ctx;
  cpu->got_trap = true;
  cpu->trap = number;
  uc_emu_stop(uc);
}

static bool on_bad_access(uc_engine *uc, uc_mem_type type, uint64_t addr,
                          int size, int64_t value, void *ctx) {
  struct uk_cpu *cpu = ctx;
  (void)uc;
  (void)size;
  (void)value;
  cpu->got_fault = true;
  cpu->fault_addr = addr;
  cpu->fault_protection = type == UC_MEM_READ_PROT ||
                          type == UC_MEM_WRITE_PROT ||
                          type == UC_MEM_FETCH_PROT;
  return false;
}

static bool kicked(struct uk_cpu *cpu) {
  return atomic_load_explicit(&cpu->kicked, memory_order_relaxed);
}

/* 1.2 ns per block: 5 % of most code, 65 % of a loop of two instructions. */
static void on_block(uc_engine *uc, uint64_t addr, uint32_t bytes, void *ctx) {
  struct uk_cpu *cpu = ctx;
  (void)addr;
  (void)bytes;
  if (kicked(cpu) && !cpu->precise)
    uc_emu_stop(uc);
}

static void on_instruction(uc_engine *uc, uint64_t addr, uint32_t bytes,
                           void *ctx) {
  struct uk_cpu *cpu = ctx;
  (void)addr;
  (void)bytes;
  if (kicked(cpu))
    uc_emu_stop(uc);
}

/*
 * After a block was translated, before it is executed for the first time. One
 * with an instruction that a CPU refuses is executed step by step instead.
 */
static void on_new_block(uc_engine *uc, uc_tb *block, uc_tb *before,
                         void *ctx) {
  struct uk_cpu *cpu = ctx;
  uint8_t code[BLOCK_BYTES];
  (void)before;
  size_t n = block->size < sizeof(code) ? block->size : sizeof(code);
  cpu->code += CODE_BLOCK + CODE_PER_BYTE * block->size;
  if (cpu->code % CODE_STEP < CODE_BLOCK + CODE_PER_BYTE * block->size)
    uc_emu_stop(uc);
  if (cpu->steps || uc_mem_read(uc, block->pc, code, n) ||
      !insn_any_refused(code, n))
    return;
  cpu->refused = block->pc;
  cpu->steps = BLOCK_STEPS;
  uc_emu_stop(uc);
}

/* ---- Boot to privilege level 3 ---------------------------------------- */

#define BOOT 0x1000u /* below any guest mapping */

/* LGDT, IRETQ; then, at level 3, a system call. */
static int boot(struct uk_cpu *cpu, uint8_t *page) {
  static const uint8_t enter[] = {0x0f, 0x01, 0x14, 0x25, 0x00,
                                  0x11, 0x00, 0x00, 0x48, 0xcf};
  static const uint8_t leave[] = {0x0f, 0x05};
  /* Selectors as on Linux: data 0x2b, code 0x33. */
  static const uint64_t gdt[7] = {
      [5] = 0x00cff3000000ffff, [6] = 0x00affb000000ffff};
  static const uint16_t gdt_limit = sizeof(gdt) - 1;
  static const uint64_t gdt_base = BOOT + 0x200;
  static const uint64_t frame[5] = {BOOT + 0x80, 0x33, 2, BOOT + 0x800, 0x2b};
  memcpy(page, enter, sizeof(enter));
  memcpy(page + 0x80, leave, sizeof(leave));
  memcpy(page + 0x100, &gdt_limit, sizeof(gdt_limit));
  memcpy(page + 0x102, &gdt_base, sizeof(gdt_base));
  memcpy(page + 0x200, gdt, sizeof(gdt));
  memcpy(page + 0x300, frame, sizeof(frame));
  uint64_t rsp = BOOT + 0x300;
  uc_reg_write(cpu->uc, UC_X86_REG_RSP, &rsp);
  if (uc_emu_start(cpu->uc, BOOT, 0, 0, 0) || !cpu->got_syscall)
    return -ENODEV;
  return 0;
}

/* Find old_exception: HLT at level 3 sets it from -1 to 13. */
static void find_old_exception(struct uk_cpu *cpu, uint8_t *page) {
  uc_context *after;
  if (uc_context_alloc(cpu->uc, &after))
    return;
  size_t bytes = uc_context_size(cpu->uc), found = 0, at = 0;
  page[0x90] = 0xf4;
  uc_context_save(cpu->uc, cpu->scratch);
  uc_emu_start(cpu->uc, BOOT + 0x90, 0, 0, 0);
  uc_context_save(cpu->uc, after);
  for (size_t i = 0; i + 4 <= bytes; i += 4) {
    int32_t was, is;
    memcpy(&was, (uint8_t *)cpu->scratch + i, 4);
    memcpy(&is, (uint8_t *)after + i, 4);
    if (was == -1 && is == 13) {
      found++;
      at = i;
    }
  }
  if (found == 1)
    old_exception_at = at;
  uc_context_restore(cpu->uc, cpu->scratch);
  uc_context_free(after);
}

static void forget_exception(struct uk_cpu *cpu) {
  if (!old_exception_at)
    return;
  const int32_t none = -1;
  uc_context_save(cpu->uc, cpu->scratch);
  memcpy((uint8_t *)cpu->scratch + old_exception_at, &none, sizeof(none));
  uc_context_restore(cpu->uc, cpu->scratch);
}

static int add_hooks(struct uk_cpu *cpu) {
  uc_hook hook;
  if (uc_hook_add(cpu->uc, &hook, UC_HOOK_INSN, (void *)on_syscall, cpu, 1, 0,
                  UC_X86_INS_SYSCALL) ||
      uc_hook_add(cpu->uc, &hook, UC_HOOK_INTR, (void *)on_trap, cpu, 1, 0) ||
      uc_hook_add(cpu->uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_bad_access,
                  cpu, 1, 0) ||
      uc_hook_add(cpu->uc, &hook, UC_HOOK_BLOCK, (void *)on_block, cpu, 1, 0) ||
      uc_hook_add(cpu->uc, &hook, UC_HOOK_EDGE_GENERATED, (void *)on_new_block,
                  cpu, 1, 0) ||
      uc_ctl_exits_enable(cpu->uc)) /* there are none */
    return -ENODEV;
  return 0;
}

int cpu_new(struct uk_cpu **out) {
  if (*out)
    return 0;
  struct uk_cpu *cpu = calloc(1, sizeof(*cpu));
  if (!cpu)
    return -ENOMEM;
  uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    free(cpu);
    return -ENOMEM;
  }
  int err = -ENOMEM;
  if (!uc_open(UC_ARCH_X86, UC_MODE_64, &cpu->uc) &&
      !uc_mem_map_ptr(cpu->uc, BOOT, 4096, UC_PROT_ALL, page) &&
      !uc_context_alloc(cpu->uc, &cpu->scratch) &&
      !uc_context_alloc(cpu->uc, &cpu->new)) {
    err = add_hooks(cpu);
    if (!err)
      err = boot(cpu, page);
    if (!err && !old_exception_at)
      find_old_exception(cpu, page);
    uc_ctl_remove_cache(cpu->uc, BOOT, BOOT + 4096);
    uc_mem_unmap(cpu->uc, BOOT, 4096);
    uc_context_save(cpu->uc, cpu->new);
  }
  munmap(page, 4096);
  if (err) {
    cpu_free(cpu);
    return err;
  }
  *out = cpu;
  return 0;
}

static void close_engine(void *ctx) {
  struct uk_cpu *cpu = ctx;
  if (cpu->scratch)
    uc_context_free(cpu->scratch);
  if (cpu->new)
    uc_context_free(cpu->new);
  if (cpu->uc)
    uc_close(cpu->uc);
}

/* One that crashed may crash again here: then its memory is lost. */
void cpu_free(struct uk_cpu *cpu) {
  if (!cpu)
    return;
  if (cpu->dead)
    guard_call(close_engine, cpu);
  else
    close_engine(cpu);
  free(cpu);
}

/* ---- Memory ----------------------------------------------------------- */

static uint32_t engine_prot(int prot) {
  uint32_t result = UC_PROT_READ; /* x86: writable, executable => readable */
  if (prot & PROT_WRITE)
    result |= UC_PROT_WRITE;
  if (prot & PROT_EXEC)
    result |= UC_PROT_EXEC;
  return result;
}

/* The engine looks up the first page only: the rest follows it in its mapping.
 */
void cpu_forget_code(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes) {
  if (cpu->ran)
    uc_ctl_remove_cache(cpu->uc, addr, addr + bytes);
}

static void drop_kept(struct uk_cpu *cpu, size_t at) {
  struct kept gone = cpu->kept[at];
  cpu->kept[at] = cpu->kept[--cpu->n_kept];
  cpu_unmap(cpu, gone.addr, gone.bytes, gone.prot);
}

void cpu_drop_kept(struct uk_cpu *cpu) {
  while (cpu->n_kept)
    drop_kept(cpu, cpu->n_kept - 1);
}

bool cpu_keep(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot,
              void *host) {
  if (cpu->n_kept == MAX_KEPT)
    return false;
  cpu->kept[cpu->n_kept++] = (struct kept){addr, bytes, prot, host};
  return true;
}

static size_t kept_at(const struct uk_cpu *cpu, uint64_t addr, uint64_t bytes,
                      int prot, const void *host) {
  size_t at = 0;
  while (at < cpu->n_kept &&
         (cpu->kept[at].addr != addr || cpu->kept[at].bytes != bytes ||
          cpu->kept[at].prot != prot || cpu->kept[at].host != host))
    at++;
  return at;
}

bool cpu_keeps(const struct uk_cpu *cpu, uint64_t addr, uint64_t bytes,
               int prot, const void *host) {
  return kept_at(cpu, addr, bytes, prot, host) < cpu->n_kept;
}

bool cpu_drop_kept_of(struct uk_cpu *cpu, const uint8_t *host, size_t bytes) {
  size_t before = cpu->n_kept;
  for (size_t i = cpu->n_kept; i-- > 0;) {
    const uint8_t *start = cpu->kept[i].host;
    if (start < host + bytes && host < start + cpu->kept[i].bytes)
      drop_kept(cpu, i);
  }
  return cpu->n_kept < before;
}

/* True: it is mapped. */
static bool take_kept(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes,
                      int prot, void *host) {
  size_t same = kept_at(cpu, addr, bytes, prot, host);
  if (same < cpu->n_kept) {
    cpu->kept[same] = cpu->kept[--cpu->n_kept];
    return true;
  }
  for (size_t i = cpu->n_kept; i-- > 0;)
    if (cpu->kept[i].addr < addr + bytes &&
        addr < cpu->kept[i].addr + cpu->kept[i].bytes)
      drop_kept(cpu, i);
  return false;
}

int cpu_map(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot,
            void *host) {
  if (take_kept(cpu, addr, bytes, prot, host))
    return 0;
  if (uc_mem_map_ptr(cpu->uc, addr, bytes, engine_prot(prot), host))
    return -ENOMEM;
  if (prot & PROT_EXEC)
    cpu_forget_code(cpu, addr, bytes);
  return 0;
}

void cpu_unmap(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int prot) {
  if (prot & PROT_EXEC)
    cpu_forget_code(cpu, addr, bytes);
  uc_mem_unmap(cpu->uc, addr, bytes);
}

int cpu_protect(struct uk_cpu *cpu, uint64_t addr, uint64_t bytes, int old,
                int prot) {
  if (old & PROT_EXEC)
    cpu_forget_code(cpu, addr, bytes);
  if (uc_mem_protect(cpu->uc, addr, bytes, engine_prot(prot)))
    return -ENOMEM;
  if (prot & PROT_EXEC)
    cpu_forget_code(cpu, addr, bytes);
  return 0;
}

/*
 * A deleted hook stays in the engine's list until emulation ends, and a stop
 * does not set RIP until then: emulate nothing once. The first block's RIP is
 * right in any case.
 */
static void drop_deleted_hooks(struct uk_cpu *cpu) {
  uint64_t rip;
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &rip);
  atomic_store_explicit(&cpu->kicked, true, memory_order_relaxed);
  uc_emu_start(cpu->uc, rip, 0, 0, 0);
  atomic_store_explicit(&cpu->kicked, false, memory_order_relaxed);
}

bool cpu_is_precise(const struct uk_cpu *cpu) { return cpu->precise != 0; }

bool cpu_set_precise(struct uk_cpu *cpu, bool precise) {
  if (precise == (cpu->precise != 0))
    return false;
  if (precise) {
    uc_hook_add(cpu->uc, &cpu->precise, UC_HOOK_CODE, (void *)on_instruction,
                cpu, 1, 0);
  } else {
    uc_hook_del(cpu->uc, cpu->precise);
    cpu->precise = 0;
    drop_deleted_hooks(cpu);
  }
  return cpu->ran;
}

/* ---- Running ---------------------------------------------------------- */

static void trap_signal(uint32_t trap, struct uk_stop *stop) {
  stop->sig = SIGSEGV;
  stop->code = SI_KERNEL;
  stop->addr = 0;
  stop->trap = (int)trap;
  switch (trap) {
  case 0:
    stop->sig = SIGFPE;
    stop->code = FPE_INTDIV;
    break;
  case 1:
    stop->sig = SIGTRAP;
    stop->code = TRAP_TRACE;
    break;
  case 3:
    stop->sig = SIGTRAP;
    break;
  case 6:
    stop->sig = SIGILL;
    stop->code = ILL_ILLOPN;
    break;
  case 16:
  case 19:
    stop->sig = SIGFPE;
    stop->code = FPE_FLTINV;
    break;
  case 17:
    stop->sig = SIGBUS;
    stop->code = BUS_ADRALN;
    break;
  default:
    break;
  }
}

static void emulate(void *ctx) {
  struct uk_cpu *cpu = ctx;
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &cpu->start);
  cpu->err = uc_emu_start(cpu->uc, cpu->start, 0, 0, 0);
}

/* False: the engine crashed. */
static bool run_once(struct uk_cpu *cpu) {
  cpu->ran = true;
  cpu->got_syscall = cpu->got_trap = cpu->got_fault = false;
  cpu->dead = guard_call(emulate, cpu) != 0;
  if (cpu->refused && !cpu->dead)
    uc_ctl_remove_cache(cpu->uc, cpu->refused, cpu->refused + 1);
  cpu->refused = 0;
  return !cpu->dead;
}

static void why_stopped(struct uk_cpu *cpu, struct uk_stop *stop) {
  uint64_t rip;
  if (cpu->got_syscall) {
    stop->kind = UK_STOP_SYSCALL;
    return;
  }
  if (!cpu->got_trap && cpu->err == UC_ERR_OK) {
    stop->kind = UK_STOP_KICK;
    return;
  }
  stop->kind = UK_STOP_FAULT;
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &rip);
  if (cpu->got_trap) {
    trap_signal(cpu->trap, stop);
    if (stop->sig == SIGFPE || stop->sig == SIGILL)
      stop->addr = rip;
    forget_exception(cpu);
  } else if (cpu->got_fault) {
    stop->sig = SIGSEGV;
    stop->trap = 14;
    bool canonical = cpu->fault_addr < ADDRESS_END;
    stop->code = !canonical              ? SI_KERNEL
                 : cpu->fault_protection ? SEGV_ACCERR
                                         : SEGV_MAPERR;
    stop->addr = canonical ? cpu->fault_addr : 0;
  } else {
    trap_signal(6, stop);
    stop->addr = rip;
  }
}

/* ---- Crashes ---------------------------------------------------------- */

/*
 * Which instruction of a block crashed the engine is not known, and those
 * before it have not been executed. So a new engine executes them one by one,
 * with the trap flag, until it crashes, too: the guest gets SIGILL there, and
 * another new engine goes on. (A guest that looks at the trap flag meanwhile,
 * with PUSHF, sees it.) Where blocks of one instruction do not crash, it was
 * the block as a whole, and the guest notices nothing.
 */
static void set_trap_flag(struct uk_cpu *cpu, bool on) {
  uint32_t flags = 0;
  uc_reg_read(cpu->uc, UC_X86_REG_EFLAGS, &flags);
  flags = on ? flags | 0x100 : flags & ~0x100u;
  uc_reg_write(cpu->uc, UC_X86_REG_EFLAGS, &flags);
}

static void crashed_at(struct uk_cpu *cpu, struct uk_stop *stop) {
  trap_signal(6, stop);
  stop->kind = UK_STOP_FAULT;
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &stop->addr);
}

static bool is_refused(struct uk_cpu *cpu) {
  uint64_t rip = 0;
  uint8_t code[16];
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &rip);
  size_t n = sizeof(code);
  if (uc_mem_read(cpu->uc, rip, code, n)) {
    n = 4096 - rip % 4096; /* nothing behind this page */
    if (n > sizeof(code) || uc_mem_read(cpu->uc, rip, code, n))
      return false;
  }
  return insn_is_refused(code, n);
}

/* One step. True: go on with the next. */
static bool step(struct uk_cpu *cpu, struct uk_stop *stop) {
  if (is_refused(cpu)) {
    cpu->steps = 0;
    crashed_at(cpu, stop);
    return false;
  }
  set_trap_flag(cpu, true);
  bool lives = run_once(cpu);
  set_trap_flag(cpu, false);
  if (!lives) {
    cpu->told = true;
    crashed_at(cpu, stop);
    return false;
  }
  if (cpu->got_trap && cpu->trap == 1 && --cpu->steps) {
    forget_exception(cpu);
    return !kicked(cpu);
  }
  if (cpu->got_trap && cpu->trap == 1) {
    forget_exception(cpu);
    return false;
  }
  cpu->steps = 0;
  why_stopped(cpu, stop);
  return false;
}

static void copy_registers(void *ctx) {
  struct uk_cpu **cpu = ctx;
  struct uk_regs regs;
  uint8_t fx[UK_FX_BYTES];
  cpu_get_regs(cpu[0], &regs);
  cpu_get_fx(cpu[0], fx);
  regs.rflags &= ~0x100ull;
  cpu_set_regs(cpu[1], &regs);
  cpu_set_fx(cpu[1], fx);
}

bool cpu_is_dead(const struct uk_cpu *cpu) { return cpu->dead; }

uint64_t cpu_code_bytes(const struct uk_cpu *cpu) {
  return cpu ? cpu->code : 0;
}

void cpu_rest(struct uk_cpu *cpu) {
  uc_context_restore(cpu->uc, cpu->new);
  cpu->told = false;
  cpu->steps = 0;
  cpu->refused = 0;
  atomic_store_explicit(&cpu->kicked, false, memory_order_relaxed);
}

int cpu_replace(struct uk_cpu *old, struct uk_cpu **out) {
  struct uk_cpu *cpu[2] = {old, NULL};
  int err = cpu_new(&cpu[1]);
  if (err)
    return err;
  if (guard_call(copy_registers, cpu)) {
    cpu_free(cpu[1]);
    return -EIO;
  }
  if (old->dead && !old->told)
    cpu[1]->steps = BLOCK_STEPS;
  cpu_free(old);
  *out = cpu[1];
  return 0;
}

void cpu_run(struct uk_cpu *cpu, struct uk_stop *stop) {
  memset(stop, 0, sizeof(*stop)); /* UK_STOP_KICK */
  if (cpu->dead) {
    stop->kind = UK_STOP_DIED;
  } else if (!cpu->steps) {
    if (!run_once(cpu))
      stop->kind = UK_STOP_DIED;
    else
      why_stopped(cpu, stop);
  }
  while (!cpu->dead && stop->kind == UK_STOP_KICK && cpu->steps && !kicked(cpu))
    if (!step(cpu, stop))
      break;
  atomic_store_explicit(&cpu->kicked, false, memory_order_relaxed);
}

void cpu_kick(struct uk_cpu *cpu) {
  atomic_store_explicit(&cpu->kicked, true, memory_order_relaxed);
}

/* ---- Registers -------------------------------------------------------- */

void cpu_syscall(struct uk_cpu *cpu, uint64_t *nr, uint64_t arg[6]) {
  static int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RDI, UC_X86_REG_RSI,
                      UC_X86_REG_RDX, UC_X86_REG_R10, UC_X86_REG_R8,
                      UC_X86_REG_R9};
  void *values[] = {nr, &arg[0], &arg[1], &arg[2], &arg[3], &arg[4], &arg[5]};
  uc_reg_read_batch(cpu->uc, ids, values, 7);
}

/* SYSCALL leaves RIP in RCX and the flags in R11. */
void cpu_syscall_result(struct uk_cpu *cpu, uint64_t value) {
  uint64_t rip = 0;
  uc_reg_read(cpu->uc, UC_X86_REG_RIP, &rip);
  uc_reg_write(cpu->uc, UC_X86_REG_RAX, &value);
  uc_reg_write(cpu->uc, UC_X86_REG_RCX, &rip);
}

static int general_ids[] = {
    UC_X86_REG_R8,  UC_X86_REG_R9,      UC_X86_REG_R10,     UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13,     UC_X86_REG_R14,     UC_X86_REG_R15,
    UC_X86_REG_RDI, UC_X86_REG_RSI,     UC_X86_REG_RBP,     UC_X86_REG_RBX,
    UC_X86_REG_RDX, UC_X86_REG_RAX,     UC_X86_REG_RCX,     UC_X86_REG_RSP,
    UC_X86_REG_RIP, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE,
};
#define N_GENERAL ((int)(sizeof(general_ids) / sizeof(general_ids[0])))

static void general_pointers(struct uk_regs *regs, void *values[]) {
  uint64_t *all = &regs->r8;
  for (int i = 0; i < 17; i++)
    values[i] = &all[i];
  values[17] = &regs->fs_base;
  values[18] = &regs->gs_base;
}

void cpu_get_regs(struct uk_cpu *cpu, struct uk_regs *regs) {
  void *values[N_GENERAL];
  uint32_t flags = 0;
  memset(regs, 0, sizeof(*regs));
  general_pointers(regs, values);
  uc_reg_read_batch(cpu->uc, general_ids, values, N_GENERAL);
  uc_reg_read(cpu->uc, UC_X86_REG_EFLAGS, &flags);
  regs->rflags = (flags & EFLAGS_GUEST) | 0x202; /* IF, as a guest expects */
}

void cpu_set_regs(struct uk_cpu *cpu, const struct uk_regs *regs) {
  void *values[N_GENERAL];
  struct uk_regs copy = *regs;
  uint32_t flags = (uint32_t)(regs->rflags & EFLAGS_GUEST) | 2;
  general_pointers(&copy, values);
  uc_reg_write_batch(cpu->uc, general_ids, values, N_GENERAL);
  uc_reg_write(cpu->uc, UC_X86_REG_EFLAGS, &flags);
}

void cpu_get_fx(struct uk_cpu *cpu, uint8_t fx[UK_FX_BYTES]) {
  uint16_t control, status, tags;
  uint32_t mxcsr;
  memset(fx, 0, UK_FX_BYTES);
  uc_reg_read(cpu->uc, UC_X86_REG_FPCW, &control);
  uc_reg_read(cpu->uc, UC_X86_REG_FPSW, &status);
  uc_reg_read(cpu->uc, UC_X86_REG_FPTAG, &tags);
  uc_reg_read(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
  memcpy(fx, &control, 2);
  memcpy(fx + 2, &status, 2);
  for (int i = 0; i < 8; i++)
    if (((tags >> (2 * i)) & 3) != 3)
      fx[4] |= (uint8_t)(1u << i);
  memcpy(fx + 24, &mxcsr, 4);
  const uint32_t mxcsr_mask = 0xffff;
  memcpy(fx + 28, &mxcsr_mask, 4);
  int top = (status >> 11) & 7;
  for (int i = 0; i < 8; i++)
    uc_reg_read(cpu->uc, UC_X86_REG_FP0 + ((top + i) & 7), fx + 32 + 16 * i);
  for (int i = 0; i < 16; i++)
    uc_reg_read(cpu->uc, UC_X86_REG_XMM0 + i, fx + 160 + 16 * i);
}

void cpu_set_fx(struct uk_cpu *cpu, const uint8_t fx[UK_FX_BYTES]) {
  uint16_t control, status, tags = 0;
  uint32_t mxcsr;
  memcpy(&control, fx, 2);
  memcpy(&status, fx + 2, 2);
  memcpy(&mxcsr, fx + 24, 4);
  mxcsr &= 0xffff;
  for (int i = 0; i < 8; i++)
    if (!(fx[4] & (1u << i)))
      tags |= (uint16_t)(3u << (2 * i));
  uc_reg_write(cpu->uc, UC_X86_REG_FPCW, &control);
  uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &status);
  int top = (status >> 11) & 7;
  for (int i = 0; i < 8; i++)
    uc_reg_write(cpu->uc, UC_X86_REG_FP0 + ((top + i) & 7), fx + 32 + 16 * i);
  uc_reg_write(cpu->uc, UC_X86_REG_FPTAG, &tags);
  uc_reg_write(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
  for (int i = 0; i < 16; i++)
    uc_reg_write(cpu->uc, UC_X86_REG_XMM0 + i, fx + 160 + 16 * i);
}

void cpu_init_fx(uint8_t fx[UK_FX_BYTES]) {
  const uint16_t control = 0x37f;
  const uint32_t mxcsr = 0x1f80;
  memset(fx, 0, UK_FX_BYTES);
  memcpy(fx, &control, 2);
  memcpy(fx + 24, &mxcsr, 4);
}

int cpu_save_new(struct uk_cpu *cpu, struct uk_cpu_save **out) {
  uc_context *context;
  if (uc_context_alloc(cpu->uc, &context))
    return -ENOMEM;
  *out = (struct uk_cpu_save *)context;
  return 0;
}

void cpu_save_free(struct uk_cpu_save *save) {
  if (save)
    uc_context_free((uc_context *)save);
}

void cpu_store(struct uk_cpu *cpu, struct uk_cpu_save *save) {
  uc_context_save(cpu->uc, (uc_context *)save);
}

void cpu_load(struct uk_cpu *cpu, struct uk_cpu_save *save) {
  uc_context_restore(cpu->uc, (uc_context *)save);
}
