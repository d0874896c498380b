/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * duktape.c - scripts in one interpreter; it throws by longjmp()
 *
 *   calls   a window is one script
 *   rows    windows end in functions of C that scripts call, too
 *   exit N  in the N-th such call
 */
#define _GNU_SOURCE
#include "window.h"

#include "duktape.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char *const scripts[] = {
    "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(9);",
    "var a = []; for (var i = 0; i < 50; i++) a.push((i * 37) % 51);"
    " a.sort(function (x, y) { return x - y; }); a.join(',');",
    "try { null.x; } catch (e) { String(e); }",
    "throw new Error('out');",
    "undefined_name + 1;",
    "JSON.stringify(JSON.parse('{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}'));",
    "JSON.parse('{\"a\":');",
    "'w12 w7'.replace(/w(\\d+)/g, '<$1>');",
    "new RegExp('(');",
    "function ((;",
    "(function f(n) { return n ? f(n - 1) : point(1); })(20);",
    "for (var k in {a: 1, b: 2}) point(k);",
    "try { (function g() { g(); })(); } catch (e) { e.name; }",
    "var o = {get x() { return point(3); }, toString: function () { throw 4; "
    "}};"
    " o.x; try { '' + o; } catch (e) { e; }",
    "[3, 1, 2].sort(function (x, y) { return point(x) - y; }).toString();",
    "try { [1, 2].forEach(function (x) { if (x > 1) throw point(x); }); }"
    " catch (e) { e; } finally { point(9); }",
    "Object.defineProperty({}, 'x', {value: 1}).x = 2; 'use strict';",
    "decodeURIComponent('%zz');",
    "eval('var q = 1; q + 1') + parseInt('0x1f') + Math.max(1, 2);",
    "new Date(0).toISOString() + (12345.678).toFixed(1);",
    "switch ('b') { case 'a': 1; break; case 'b': point('b'); default: 3; }",
    "l: for (;;) { for (;;) { break l; } }",
    "with ({z: 5}) { point(z); }",
    "fail('from C');",
    "try { fail('caught'); } catch (e) { point(e.message); }",
};

static int in_callbacks, leave_at, callbacks;

static duk_ret_t point(duk_context *ctx) {
  callbacks++;
  if (in_callbacks)
    window_end("inside");
  if (callbacks == leave_at)
    exit(0);
  duk_dup(ctx, 0);
  return 1;
}

static duk_ret_t fail(duk_context *ctx) {
  duk_error(ctx, DUK_ERR_ERROR, "%s", duk_to_string(ctx, 0));
  return 0;
}

/* ---- Memory at the same places in each run ---- */

/* Hashes are made of pointers. */

enum { ROOM = 256 << 20 };
static char *next;

/* A piece has 16 bytes in front of it: its class, a power of 2. */
static union piece {
  unsigned bits;
  union piece *free;
} * spare[64];

static void *allocate(void *ctx, duk_size_t size) {
  (void)ctx;
  unsigned bits = 5;
  while ((size_t)1 << bits < size)
    bits++;
  union piece *p = spare[bits];
  if (p) {
    spare[bits] = p->free;
  } else {
    p = (void *)next;
    next += 16 + ((size_t)1 << bits);
  }
  p->bits = bits;
  return (char *)p + 16;
}

static void release(void *ctx, void *old) {
  (void)ctx;
  if (!old)
    return;
  union piece *const p = (void *)((char *)old - 16);
  const unsigned bits = p->bits;
  p->free = spare[bits];
  spare[bits] = p;
}

static void *again(void *ctx, void *old, duk_size_t size) {
  if (!size || !old) {
    release(ctx, old);
    return size ? allocate(ctx, size) : NULL;
  }
  const size_t was = (size_t)1 << ((union piece *)((char *)old - 16))->bits;
  if (size <= was)
    return old;
  void *const p = allocate(ctx, size);
  memcpy(p, old, was);
  release(ctx, old);
  return p;
}

static void fatal(duk_context *ctx, duk_errcode_t code, const char *message) {
  (void)ctx, (void)code, (void)message;
  abort();
}

int main(int argc, char **argv) {
  in_callbacks = argc > 1 && !strcmp(argv[1], "rows");
  leave_at = argc > 2 ? atoi(argv[2]) : 0;
  next = mmap((void *)0x100000000000, ROOM, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (next == MAP_FAILED)
    return 1;
  window_start();
  duk_context *ctx = duk_create_heap(allocate, again, release, NULL, fatal);
  duk_push_c_function(ctx, point, 1);
  duk_put_global_string(ctx, "point");
  duk_push_c_function(ctx, fail, 1);
  duk_put_global_string(ctx, "fail");
  window_end("call");
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    duk_peval_string(ctx, scripts[i]);
    duk_pop(ctx);
    window_end("call");
  }
  duk_destroy_heap(ctx);
  window_end("call");
  return 0;
}
