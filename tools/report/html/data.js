// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * data.js - what kcov8 wrote, loaded when it is needed
 *
 * A page from a disk may not fetch, but it may load scripts. Each file under
 * data/ is one call of kcov8(NAME, VALUE):
 *
 *   index      images: [PATH, blocks hit, blocks]; tests: how many; chunk: how many
 *              of them in a t/N; atLeast: some counts are lower bounds; files:
 *              [PATH, lines hit, lines, functions hit, functions, blocks hit,
 *              blocks, whether there is text]
 *   functions  [FILE, LINE, whether it ran, NAME]
 *   tests      [NAME, OUTCOME, SECONDS or null, lines, functions, blocks]
 *   t/N        of each test: FILE (a step from the last one), lines, functions,
 *              blocks that it reached, and so on
 *   f/N        of file N: at: its path; text, or null and why; lines: LINE,
 *              COUNT, SET, and so on; atLeast: lines with lower bounds; parts:
 *              [whether it ran, SET, then FIRST, N of each run of its lines];
 *              pieces, of lines with several parts: [LINE, then OFFSET in bytes,
 *              PART of each]; functions: [NAME, LINE, COUNT, blocks hit, blocks,
 *              SET]; sets: of tests, [SKIP, N, ...] or the base64 of a bitmap
 *
 * Bytes that are not UTF-8 are U+DC80 to U+DCFF.
 */
"use strict";

const loaded = new Map();

/* Files of pages that were left stay a while, for the way back. */
const KEPT_PAGES = 8;

function kcov8(name, value) {
  loaded.set(name, value);
}

function forgetPages() {
  const pages = [...loaded.keys()].filter((name) => name.startsWith("f/"));
  for (const name of pages.slice(0, -KEPT_PAGES)) loaded.delete(name);
}

/* A promise of the value of NAME. */
function load(name) {
  if (loaded.has(name)) return Promise.resolve(loaded.get(name));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => reject(new Error(`data/${name}.js cannot be loaded`));
    script.src = `data/${name}.js`;
    script.onerror = fail;
    script.onload = () => {
      script.remove();
      if (!loaded.has(name)) return fail();
      forgetPages();
      resolve(loaded.get(name));
    };
    document.head.append(script);
  });
}

/* ---- Sets of tests ---- */

/* A function that tells whether a test is in the set. */
function members(set) {
  if (typeof set === "string") {
    const bytes = atob(set);
    return (test) => (bytes.charCodeAt(test >> 3) >> (test & 7)) & 1;
  }
  return (test) => {
    for (let i = 0, at = 0; i < set.length; i += 2) {
      at += set[i];
      if (test < at) return false;
      at += set[i + 1];
      if (test < at) return true;
    }
    return false;
  };
}

/* The numbers of the tests in a set, ascending. */
function listSet(set, nTests) {
  const list = [];
  if (typeof set === "string") {
    const has = members(set);
    for (let test = 0; test < nTests; test++) if (has(test)) list.push(test);
  } else {
    for (let i = 0, at = 0; i < set.length; i += 2) {
      at += set[i];
      for (const end = at + set[i + 1]; at < end; at++) list.push(at);
    }
  }
  return list;
}

/* What one test reached: by file, [lines, functions, blocks]. */
async function loadTotals(test, chunk) {
  const all = await load(`t/${Math.floor(test / chunk)}`);
  const of = all[test % chunk], totals = new Map();
  for (let i = 0, file = 0; i < of.length; i += 4) {
    file += of[i];
    totals.set(file, of.slice(i + 1, i + 4));
  }
  return totals;
}

/* ---- Links: #PATH:LINE?test=NAME ---- */

const PLAIN = /^[\w.~/+@,=-]$/;

/* Every name has a link, and a lone byte is that byte. */
function encodeName(name) {
  let out = "";
  for (const c of name) {
    const code = c.codePointAt(0);
    if (PLAIN.test(c)) out += c;
    else if (code >= 0xd800 && code <= 0xdfff)
      out += "%" + (code & 0xff).toString(16).toUpperCase();
    else out += encodeURIComponent(c);
  }
  return out;
}

function encodeLink(path, line, testName) {
  return "#" + encodeName(path) + (line ? ":" + line : "") +
    (testName === undefined ? "" : "?test=" + encodeName(testName));
}

/* The parts of a link, still encoded. */
function splitLink(hash) {
  const [, path, line, test] =
    /^#?(.*?)(?::(\d+))?(?:\?test=(.*))?$/s.exec(hash);
  return { path, line: line ? Number(line) : 0, test };
}

/* As encodeName() does it, whatever a browser or a person made of the link. */
function canonical(encoded) {
  return encoded.replace(/%([0-9a-f]{2})|./gisu, (all, hex) => {
    const code = parseInt(hex, 16);
    return hex === undefined ? encodeName(all)
      : code < 0x80 ? encodeName(String.fromCharCode(code))
        : "%" + hex.toUpperCase();
  });
}
