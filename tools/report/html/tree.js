// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* tree.js - directories and files, what was not reached first */
"use strict";

/* More rows than this of one directory come when they are asked for. */
const ROWS = 400;

/* At first, directories are open as long as there are no more rows than this. */
const OPEN_ROWS = 60;

const treeState = { sort: "missed", down: true, open: null };

/* [hit, total] of lines, functions, blocks: of one test, if one is chosen. */
function fileRatios(state, i) {
  const f = state.index.files[i];
  const all = [[f[1], f[2]], [f[3], f[4]], [f[5], f[6]]];
  if (!state.totals) return all;
  const of = state.totals.get(i) ?? [0, 0, 0];
  return all.map(([, total], n) => [of[n], total]);
}

function newDirectory(name, path) {
  return { name, path, entries: new Map(), ratios: [[0, 0], [0, 0], [0, 0]], files: 0 };
}

function addRatios(to, ratios) {
  ratios.forEach(([hit, total], n) => {
    to.ratios[n][0] += hit;
    to.ratios[n][1] += total;
  });
  to.files++;
}

/* Of a directory that holds nothing but one directory, one row is enough. */
function squeeze(dir) {
  for (const [key, child] of dir.entries) {
    if (!child.entries) continue;
    let only = child;
    while (only.entries.size === 1) {
      const [next] = only.entries.values();
      if (!next.entries) break;
      next.name = only.name + "/" + next.name;
      only = next;
    }
    squeeze(only);
    dir.entries.set(key, only);
  }
}

function makeTree(state) {
  const root = newDirectory("", "");
  state.index.files.forEach(([path], i) => {
    const ratios = fileRatios(state, i), names = path.split("/");
    const file = { name: names.pop(), path, index: i, ratios };
    let dir = root;
    addRatios(dir, ratios);
    for (const name of names) {
      if (!dir.entries.has(name + "/"))
        dir.entries.set(name + "/", newDirectory(name, dir.path + name + "/"));
      dir = dir.entries.get(name + "/");
      addRatios(dir, ratios);
    }
    dir.entries.set(file.name, file);
  });
  squeeze(root);
  return root;
}

/* ---- Order ---- */

const missed = ([hit, total]) => total - hit;
const share = ([hit, total]) => (total ? hit / total : 2);

/* What each column sorts by; the first click puts the worst first. */
const COLUMNS = [
  { key: "name", title: "File", down: false, order: (a, b) => (a.name < b.name ? -1 : 1) },
  { key: "missed", title: "Not reached", down: true, number: true,
    order: (a, b) => missed(a.ratios[0]) - missed(b.ratios[0]) },
  ...["Lines", "Functions", "Blocks"].map((title, n) => ({
    key: title, title, down: false, number: true, ratio: n,
    order: (a, b) => share(a.ratios[n]) - share(b.ratios[n]) })),
];

function sorted(dir) {
  const { order } = COLUMNS.find((c) => c.key === treeState.sort);
  const sign = treeState.down ? -1 : 1;
  return [...dir.entries.values()].sort(
    (a, b) => sign * order(a, b) || (a.name < b.name ? -1 : 1));
}

/* ---- Rows ---- */

function ratioCells(ratios) {
  return ratios.flatMap(([hit, total], n) => [
    el("td", { class: "bar-cell" }, n === 0 ? bar(hit, total) : ""),
    el("td", { class: "number" }, percent(hit, total)),
    el("td", { class: "number of" }, total ? `${format(hit)} / ${format(total)}` : ""),
  ].slice(n ? 1 : 0));
}

function makeRow(state, entry, depth) {
  const open = entry.entries && treeState.open.has(entry.path);
  const toggle = () => {
    if (!treeState.open.delete(entry.path)) treeState.open.add(entry.path);
    showTree(state, entry.path);
  };
  const name = entry.entries
    ? el("button", { class: "directory", "aria-expanded": String(open), click: toggle },
      el("span", { class: "arrow" }, open ? "▾" : "▸"), shown(entry.name) + "/")
    : el("a", { href: linkTo(state, entry.path) }, shown(entry.name));
  const row = el("tr", { class: entry.entries ? "dir" : "file" },
    el("th", { scope: "row" }, name),
    el("td", { class: "number missed-lines" }, format(missed(entry.ratios[0]))),
    ...ratioCells(entry.ratios));
  row.firstChild.style.setProperty("--depth", depth);
  row.dataset.path = entry.path;
  return row;
}

function addRows(state, body, dir, depth, from = 0) {
  const entries = sorted(dir);
  for (const entry of entries.slice(from, from + ROWS)) {
    body.append(makeRow(state, entry, depth));
    if (entry.entries && treeState.open.has(entry.path))
      addRows(state, body, entry, depth + 1);
  }
  const left = entries.length - from - ROWS;
  if (left <= 0) return;
  const more = el("tr", {}, el("td", { colspan: 9 },
    el("button", { class: "more", click: () => {
      const rest = document.createElement("tbody");
      addRows(state, rest, dir, depth, from + ROWS);
      more.replaceWith(...rest.childNodes);
    } }, `${format(left)} more in ${shown(dir.path) || "this directory"}`)));
  body.append(more);
}

function headRow(state) {
  return el("tr", {}, ...COLUMNS.map((c) => {
    const chosen = c.key === treeState.sort;
    return el("th", { scope: "col", colspan: c.ratio === 0 ? 3 : c.ratio ? 2 : 1,
      class: c.number ? "number" : "",
      "aria-sort": chosen ? (treeState.down ? "descending" : "ascending") : "none" },
    el("button", { click: () => {
      treeState.down = chosen ? !treeState.down : c.down;
      treeState.sort = c.key;
      showTree(state);
    } }, c.title, el("span", { class: "arrow" },
      chosen ? (treeState.down ? "↓" : "↑") : "")));
  }));
}

/* ---- The page ---- */

function summary(ratios) {
  return el("section", { class: "summary" }, ...["Lines", "Functions", "Blocks"].map(
    (title, n) => el("div", {},
      el("h2", {}, title),
      el("p", { class: "big" }, percent(...ratios[n])),
      bar(...ratios[n]),
      el("p", {}, `${format(ratios[n][0])} of ${format(ratios[n][1])}`))));
}

function imageList(images) {
  if (images.length < 2) return null;
  return el("details", { class: "images" }, el("summary", {}, plural(images.length, "image")),
    el("table", {}, ...images.map(([path, hit, total]) => el("tr", {},
      el("td", {}, shown(path)), el("td", { class: "number" }, percent(hit, total)),
      el("td", { class: "number of" }, `${format(hit)} / ${format(total)} blocks`)))));
}

/* From the top, what is large and was reached least before the rest. */
function openSome(root) {
  let rows = root.entries.size;
  treeState.open = new Set();
  for (const queue = sorted(root); queue.length;) {
    const dir = queue.shift();
    if (!dir.entries || rows + dir.entries.size > OPEN_ROWS) continue;
    rows += dir.entries.size;
    treeState.open.add(dir.path);
    queue.push(...sorted(dir));
  }
}

/* PATH: of the row that gets the focus. */
function showTree(state, path) {
  const root = makeTree(state);
  if (!treeState.open) openSome(root);
  if (path?.endsWith("/"))
    for (let at = path.indexOf("/"); at >= 0 && at < path.length - 1; at = path.indexOf("/", at + 1))
      treeState.open.add(path.slice(0, at + 1));
  const body = el("tbody");
  addRows(state, body, root, 0);
  byId("view").replaceChildren(
    summary(root.ratios),
    imageList(state.index.images) ?? "",
    state.index.atLeast ? message("Counts may be lower bounds: from 8 or 255 on.") : "",
    el("table", { class: "tree" }, el("thead", {}, headRow(state)), body));
  document.title = "Coverage of " + state.title;
  if (path === undefined) return;
  const row = [...body.rows].find((r) => r.dataset.path === path);
  row?.querySelector("button, a").focus();
}

/* The next or previous row. */
function moveInTree(step) {
  const links = [...document.querySelectorAll(".tree tbody button, .tree tbody a")];
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
}
