// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * duktape.c - an interpreter: parses and runs a script
 */
#include "duktape.h"
#include "bench.h"

static const char script[] =
    "function Node(k) { this.k = k; this.l = null; this.r = null; }\n"
    "function put(t, k) { if (!t) return new Node(k);\n"
    "  if (k < t.k) t.l = put(t.l, k); else if (k > t.k) t.r = put(t.r, k);\n"
    "  return t; }\n"
    "function total(t) { return t ? t.k + total(t.l) + total(t.r) : 0; }\n"
    "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n"
    "function sieve(n) { var a = [], c = 0;\n"
    "  for (var i = 2; i < n; i++) { if (a[i]) continue; c++;\n"
    "    for (var j = i + i; j < n; j += i) a[j] = true; }\n"
    "  return c; }\n"
    "var s = 12345, t = null, out = 0, words = {}, i;\n"
    "for (i = 0; i < 800; i++) { s = (s * 1103 + 12345) % 65536;\n"
    "  t = put(t, s); words['w' + s % 97] = (words['w' + s % 97] || 0) + 1; }\n"
    "out += total(t) + fib(16) + sieve(3000);\n"
    "for (var w in words) out += words[w] * w.length;\n"
    "var text = JSON.stringify(words), back = JSON.parse(text);\n"
    "out += Object.keys(back).sort().join(',').length;\n"
    "out += text.replace(/w(\\d+)/g, '<$1>').split('<').length;\n"
    "var list = []; for (i = 0; i < 400; i++) list.push((i * 7919) % 401);\n"
    "list.sort(function (a, b) { return a - b; });\n"
    "out += list.map(function (x) { return x * 2; })[200];\n"
    "try { null.x; } catch (e) { out += e.name.length; }\n"
    "out;\n";

uint64_t bench_body(void) {
  duk_context *ctx = duk_create_heap_default();
  if (!ctx)
    bench_die("duk_create_heap_default");
  if (duk_peval_string(ctx, script) != 0)
    bench_die(duk_safe_to_string(ctx, -1));
  const uint64_t sum = (uint64_t)duk_get_number(ctx, -1);
  duk_destroy_heap(ctx);
  return sum;
}
