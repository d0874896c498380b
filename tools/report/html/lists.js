// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* lists.js - search, the choice of a test, the tests of a line */
"use strict";

/* Longer lists are not read. */
const FOUND = 80;
const TESTS_OF_LINE = 1000;

/* ---- Search ---- */

/* Lower is better; -1: no match. */
function rank(name, word) {
  const at = name.toLowerCase().lastIndexOf(word);
  if (at < 0) return -1;
  const base = name.lastIndexOf("/") + 1;
  return (at === base ? 0 : at > base ? 1 : 2) * 1000 + Math.min(name.length, 999);
}

function best(found) {
  return found.sort((a, b) => a.rank - b.rank).slice(0, FOUND);
}

async function findNames(state, typed) {
  const word = typed.trim().toLowerCase();
  if (!word) return [];
  const files = [], functions = [];
  state.index.files.forEach(([path], i) => {
    const r = rank(path, word);
    if (r >= 0) files.push({ rank: r, i, path });
  });
  for (const f of await load("functions")) {
    const r = rank(f[3], word);
    if (r >= 0) functions.push({ rank: r, f });
  }
  const go = (path, line) => () => {
    location.hash = linkTo(state, path, line);
  };
  return [
    ...best(files).map(({ path }) => ({ pick: go(path),
      row: el("span", {}, el("i", {}, "file"), shown(path)) })),
    ...best(functions).map(({ f: [file, line, ran, name] }) => {
      const [path] = state.index.files[file];
      return { pick: go(path, line), row: el("span", { class: ran ? "" : "missed" },
        el("i", {}, ran ? "function" : "× function"), shown(name),
        el("small", {}, `${shown(path)}:${line}`)) };
    }),
  ];
}

/* ---- One test alone ---- */

function testRow([name, word, seconds, lines]) {
  return el("span", {}, outcome(word), shown(name),
    el("small", {}, plural(lines, "line") + (seconds === null ? "" : `, ${seconds} s`)));
}

async function findTests(state, typed) {
  const tests = await load("tests"), word = typed.trim().toLowerCase(), found = [];
  tests.forEach((test, i) => {
    const r = rank(test[0], word);
    if (r >= 0) found.push({ rank: word ? r : i, test });
  });
  const all = { pick: () => chooseTest(state, undefined),
    row: el("span", {}, `all ${plural(tests.length, "test")}`) };
  const some = best(found).map(({ test }) => (
    { pick: () => chooseTest(state, test[0]), row: testRow(test) }));
  return word ? [...some, all] : [all, ...some];
}

function chooseTest(state, name) {
  location.hash = encodeLink(state.path, state.line, name);
}

/* What the field says while it is not used. */
function labelFilter(state) {
  const input = byId("filter").querySelector("input");
  input.value = state.testName === undefined ? "" : shown(state.testName);
  input.placeholder = `All ${plural(state.nTests, "test")}`;
  const note = byId("filtered");
  note.hidden = state.testName === undefined;
  note.replaceChildren(...(note.hidden ? [] : ["Only what ",
    el("b", {}, shown(state.testName)), " reached. ",
    el("button", { click: () => chooseTest(state, undefined) }, "Show all tests")]));
}

/* ---- The tests of a line ---- */

async function showLineTests(state, line) {
  const box = byId("line-tests");
  const info = line ? fileState.lines.get(line) : null;
  box.hidden = !info || state.nTests < 2;
  if (box.hidden) return;
  const tests = await load("tests");
  if (fileState.line !== line) return;
  const of = listSet(fileState.data.sets[info.set], tests.length);
  box.replaceChildren(
    el("h2", {}, `Line ${line}`),
    el("p", {}, of.length ? `reached by ${format(of.length)} of ${plural(tests.length, "test")}`
      : "reached by no test"),
    el("ul", { class: "line-tests" }, ...of.slice(0, TESTS_OF_LINE).map((i) =>
      el("li", {}, el("button", { title: "only what this test reached",
        click: () => chooseTest(state, tests[i][0]) }, outcome(tests[i][1]), shown(tests[i][0]))))),
    of.length > TESTS_OF_LINE ? message(`and ${format(of.length - TESTS_OF_LINE)} more`) : "");
}
