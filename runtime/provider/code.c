/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * code.c - callbacks that have only their caller's address: a software kcov
 *
 * Without a table nobody knows where calls are. So each byte of the program's
 * code has a counter, and the pages of those that count are touched. A counter
 * stops at 255. Tasks that trace have counters of their own, as with
 * attribution `task`: delta leads there.
 *
 * If the pass made some of the program's code, blocks are counted by its
 * probes: clang has no trace-cmp without calls for blocks, which are none then.
 */
#include "provider/provider.h"

static struct kcov8i_stock code;
static size_t size; /* 0: nothing is counted */

/* The model needs no call; a program's own variables have it anyway. */
static _Thread_local intptr_t delta __attribute__((tls_model("initial-exec")));

static intptr_t *delta_at(void) { return &delta; }

/* ---- Once ---------------------------------------------------------------- */

void kcov8i_code_set_up(const void *address) {
  struct kcov8_object object;
  if (!kcov8_port_object || kcov8_port_object(address, &object) ||
      object.code_end <= object.code_begin) {
    kcov8i_lock();
    kcov8_port_log(KCOV8_LOG_ERROR,
                   "trace-pc: kcov8_port_object() does not tell where code is");
    kcov8i_unlock();
    return;
  }
  const size_t bytes = object.code_end - object.code_begin;
  kcov8i_lock();
  uint8_t *const counters = size ? NULL : kcov8_port_alloc(bytes);
  if (counters) {
    code.desc.abi = KCOV8I_ABI_STOCK;
    code.desc.size = sizeof(code.desc);
    code.desc.counters[0] = counters;
    code.desc.counters[1] = counters + bytes;
    code.desc.delta_at = delta_at;
    code.step = 1;
    code.code = object.code_begin;
    code.begin = object.begin;
    code.end = object.end;
    code.bias = object.bias;
    __atomic_store_n(&size, bytes, __ATOMIC_RELEASE);
  } else if (!size) {
    kcov8_port_log(KCOV8_LOG_ERROR, "trace-pc: no memory for counters");
  }
  kcov8i_unlock();
}

static bool has_image_of_pass(void) {
  for (struct kcov8_image *d = kcov8i_registered(); d; d = d->runtime[0])
    if (!kcov8i_stock_of(d))
      return true;
  return false;
}

void kcov8i_code_register(void) {
  kcov8i_lock();
  if (size && has_image_of_pass())
    __atomic_store_n(&size, 0, __ATOMIC_RELAXED);
  else if (size)
    kcov8i_registry_again(&code.desc);
  kcov8i_unlock();
}

void kcov8i_code_forget(void) {
  kcov8i_lock();
  if (code.desc.counters[0])
    kcov8_port_free(code.desc.counters[0],
                    (uintptr_t)code.desc.counters[1] -
                        (uintptr_t)code.desc.counters[0]);
  code = (struct kcov8i_stock){0};
  size = 0;
  kcov8i_unlock();
}

/* ---- Each time ----------------------------------------------------------- */

/* Without the lock: this is any code, perhaps in one of the port's hooks. */
static void say_outside(void) {
  static bool said;
  if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
    kcov8_port_log(KCOV8_LOG_WARNING,
                   "trace-pc in code outside of the program (a library): what "
                   "it runs is not recorded");
}

void kcov8i_code_hit(uintptr_t pc) {
  const size_t n = __atomic_load_n(&size, __ATOMIC_ACQUIRE);
  const uintptr_t at = pc - code.code;
  if (!n)
    return;
  if (at >= n) {
    say_outside();
    return;
  }
  uint8_t *const counter = code.desc.counters[0] + at + delta;
  const uint8_t hits = __atomic_load_n(counter, __ATOMIC_RELAXED);
  if (hits != UINT8_MAX)
    __atomic_store_n(counter, (uint8_t)(hits + 1), __ATOMIC_RELAXED);
}
