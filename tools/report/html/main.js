// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* main.js - from the address to a page, and keys */
"use strict";

/* What is shown: PATH of a file or directory, a line, a test's number or -1. */
const app = { index: null, title: "", path: "", line: 0, fileIndex: -1,
  nTests: 0, test: -1, testName: undefined, totals: null, byLink: new Map() };

/* A link that keeps the chosen test. */
function linkTo(state, path, line) {
  return encodeLink(path, line, state.testName);
}

function fail(error) {
  byId("view").replaceChildren(message(error.message ?? String(error)));
}

async function setTest(encoded) {
  if (encoded === undefined || app.nTests < 2) {
    Object.assign(app, { test: -1, testName: undefined, totals: null });
  } else {
    const tests = await load("tests");
    const byName = (link) => tests.findIndex(([name]) => encodeName(name) === link);
    const i = byName(encoded) >= 0 ? byName(encoded) : byName(canonical(encoded));
    if (i < 0) throw new Error(`There is no test ${encoded}.`);
    if (i !== app.test)
      Object.assign(app, { test: i, testName: tests[i][0],
        totals: await loadTotals(i, app.index.chunk) });
  }
  labelFilter(app);
}

async function route() {
  const { path, line, test } = splitLink(location.hash);
  await setTest(test);
  const i = app.byLink.get(path) ?? app.byLink.get(canonical(path));
  Object.assign(app, { line, fileIndex: i ?? -1 });
  if (i !== undefined) {
    [app.path] = app.index.files[i];
    return showFile(app, i, line);
  }
  fileState.index = -1;
  const directory = canonical(path);
  const known = app.index.files.find(([p]) => encodeName(p).startsWith(directory));
  app.path = "";
  if (path && (!path.endsWith("/") || !known))
    return fail(new Error(`There is no file ${path} in this report.`));
  if (path) {
    const depth = directory.split("/").length - 1;
    app.path = known[0].split("/").slice(0, depth).join("/") + "/";
    treeState.open ??= new Set();
    treeState.open.add(app.path);
  }
  showTree(app, path ? app.path : undefined);
}

/* ---- Dark and light ---- */

const THEMES = ["dark", "light"];

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("kcov8-theme", root.dataset.theme);
  } catch { /* a browser may forbid it: then it lasts as long as the page */ }
}

function oldTheme() {
  try {
    const theme = localStorage.getItem("kcov8-theme");
    if (THEMES.includes(theme)) document.documentElement.dataset.theme = theme;
  } catch { /* as above */ }
}

/* ---- Keys ---- */

const focusIn = (id) => {
  if (!byId(id).hidden) byId(id).querySelector("input").focus();
};

const move = (step) => (app.fileIndex >= 0 ? moveInFile(app, step) : moveInTree(step));

const KEYS = {
  "j": () => move(1),
  "k": () => move(-1),
  "/": () => focusIn("search"),
  "f": () => focusIn("filter"),
  "t": () => document.querySelector("#line-tests:not([hidden]) button")?.focus(),
  "u": () => {
    if (app.fileIndex >= 0)
      location.hash = linkTo(app, app.path.slice(0, app.path.lastIndexOf("/") + 1));
  },
  "d": switchTheme,
  "?": () => byId("help").showModal(),
  "Escape": () => {
    if (app.fileIndex >= 0 && app.line) location.hash = linkTo(app, app.path);
  },
};

function onKey(e) {
  const typing = e.target.closest?.("input, dialog");
  if (typing || e.ctrlKey || e.metaKey || e.altKey || !Object.hasOwn(KEYS, e.key)) return;
  e.preventDefault();
  KEYS[e.key]();
}

/* ---- Start ---- */

function start() {
  app.index = loaded.get("index");
  if (!app.index) return fail(new Error("data/index.js is missing or damaged."));
  app.nTests = app.index.tests;
  app.title = app.index.images.map(([path]) => shown(path.split("/").pop())).join(", ");
  app.index.files.forEach(([path], i) => app.byLink.set(encodeName(path), i));
  byId("home").textContent = app.title;
  byId("filter").hidden = app.nTests < 2;
  makePicker(byId("search"), (typed) => findNames(app, typed));
  makePicker(byId("filter"), (typed) => findTests(app, typed === shown(app.testName ?? "") ? "" : typed),
    () => labelFilter(app));
  byId("home").addEventListener("click", (e) => {
    e.preventDefault();
    location.hash = linkTo(app, "");
  });
  byId("theme").addEventListener("click", switchTheme);
  byId("keys").addEventListener("click", KEYS["?"]);
  addEventListener("hashchange", () => route().catch(fail));
  document.addEventListener("keydown", onKey);
  return route().catch(fail);
}

oldTheme();
document.addEventListener("DOMContentLoaded", start);
