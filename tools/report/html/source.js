// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * source.js - one source file: its text, and what of each line ran
 *
 * A line is missed if none of its parts ran, and partial if only some did.
 */
"use strict";

/* So many lines are made at a time: the first screen does not wait for the rest. */
const CHUNK = 400;

const fileState = { index: -1, data: null, lines: null, partRan: null, groups: [], line: 0 };

/* ---- What of a line ran ---- */

/* For each line with code: count, set, whether it ran, all of it, and its pieces. */
function makeLines(state, data) {
  const lines = new Map(), hit = hitBy(state, data);
  for (let i = 0; i < data.lines.length; i += 3) {
    const [line, count, set] = data.lines.slice(i, i + 3);
    lines.set(line, { count, set, ran: hit(count, set) });
  }
  for (const line of data.atLeast) lines.get(line).atLeast = true;
  const partRan = data.parts.map(([ran, set]) => hit(ran, set));
  data.parts.forEach(([, , ...runs], part) => {
    for (let i = 0; i < runs.length && !partRan[part]; i += 2)
      for (let n = 0; n < runs[i + 1]; n++) lines.get(runs[i] + n).lacks = true;
  });
  for (const [line, ...pieces] of data.pieces) lines.get(line).pieces = pieces;
  for (const info of lines.values())
    info.mark = !info.ran ? "missed" : info.lacks ? "partial" : "reached";
  return { lines, partRan };
}

/* Whether something ran: in the chosen test, if one is chosen. */
function hitBy(state, data) {
  if (state.test < 0) return (count) => count > 0;
  const bySet = data.sets.map((set) => Boolean(members(set)(state.test)));
  return (count, set) => bySet[set];
}

/* By byte column from 1: the index in TEXT. */
function byteColumns(text) {
  const at = [0, 0];
  let i = 0;
  for (const c of text) {
    const code = c.codePointAt(0);
    const bytes = code < 0x80 || (code >= 0xdc80 && code <= 0xdcff) ? 1
      : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let b = 1; b < bytes; b++) at.push(i);
    at[at.length - 1] = i;
    i += c.length;
    at.push(i);
  }
  at[1] = 0;
  return at;
}

/* [TEXT, whether it ran] of a partial line, from its first character on. */
function splitLine(text, pieces, ran) {
  const columns = byteColumns(text), out = [];
  for (let i = 0; i < pieces.length; i += 2)
    out.push([text.slice(columns[pieces[i] + 1], columns[pieces[i + 2] + 1] ?? text.length),
      ran[pieces[i + 1]]]);
  return out;
}

/* ---- Lines on the page ---- */

const MARKS = { missed: "×", partial: "◐", reached: "│" };
const SPOKEN = { missed: "not reached", partial: "partly reached", reached: "reached" };

function codeOf(text, info) {
  if (!info || !text) return [shown(text)];
  const indent = /^\s*/.exec(text)[0];
  if (info.mark !== "partial" || !info.pieces)
    return [indent, el("span", { class: "part " + info.mark }, shown(text.slice(indent.length)))];
  return [indent, ...splitLine(text, info.pieces, fileState.partRan).map(([piece, ran]) =>
    el("span", { class: "part " + (ran ? "reached" : "missed") }, shown(piece)))];
}

function countOf(info) {
  return info ? format(info.count) + (info.atLeast ? "+" : "") : "";
}

function makeLine(state, number, text) {
  const info = fileState.lines.get(number);
  const row = el("div", { class: "line " + (info?.mark ?? ""), id: "L" + number },
    el("a", { class: "at", href: linkTo(state, state.path, number) }, String(number)),
    state.test < 0 ? el("span", { class: "count" }, countOf(info)) : null,
    state.nTests > 1
      ? el("button", { class: "tests", tabindex: -1,
        title: "tests of this line" }, info?.set ? testCount(info.set) : "")
      : null,
    el("span", { class: "mark", role: "img", "aria-label": SPOKEN[info?.mark] ?? "" },
      MARKS[info?.mark] ?? ""),
    el("code", {}, ...codeOf(text, info)));
  return row;
}

const counts = new Map();

function testCount(set) {
  if (!counts.has(set))
    counts.set(set, listSet(fileState.data.sets[set], Infinity).length);
  return format(counts.get(set));
}

/* What the numbers beside the lines are. */
function headLine(state) {
  return el("div", { class: "line head", "aria-hidden": "true" },
    el("span", { class: "at" }, "line"),
    state.test < 0 ? el("span", { class: "count" }, "count") : null,
    state.nTests > 1 ? el("span", { class: "tests" }, "tests") : null);
}

/* The lines; those around LINE at once, the rest when there is time. */
function fillText(state, box, texts, line) {
  const holes = [];
  for (let from = 0; from < texts.length; from += CHUNK) {
    const hole = el("div", { class: "chunk" });
    hole.style.setProperty("--lines", Math.min(CHUNK, texts.length - from));
    holes.push({ hole, from });
    box.append(hole);
  }
  const fill = ({ hole, from }) => hole.append(...texts.slice(from, from + CHUNK)
    .map((text, i) => makeLine(state, from + i + 1, text)));
  const first = Math.min(holes.length - 1, Math.floor(Math.max(0, line - 1) / CHUNK));
  const now = holes.splice(Math.max(0, first), 1);
  now.forEach(fill);
  const { data } = fileState;
  const later = () => {
    if (fileState.data !== data || !holes.length || !box.isConnected) return;
    fill(holes.shift());
    setTimeout(later);
  };
  setTimeout(later);
}

/* Of a source that is not there: the lines that are known, without text. */
function textsOf(data) {
  if (data.text !== null) {
    const texts = data.text.split("\n").map((t) => t.replace(/\r$/, ""));
    if (texts.at(-1) === "") texts.pop();
    return texts;
  }
  const last = data.lines.length ? data.lines.at(-3) : 0;
  return new Array(last).fill("");
}

/* First lines of what was not reached. Lines without code do not part it. */
function findGroups(lines) {
  const groups = [];
  let before = "";
  for (const [number, info] of lines) {
    if (info.mark !== "reached" && info.mark !== before) groups.push(number);
    before = info.mark;
  }
  return groups;
}

/* ---- Functions ---- */

function functionList(state, data) {
  if (!data.functions.length) return null;
  const hit = hitBy(state, data);
  return el("ul", { class: "functions" }, ...data.functions.map(
    ([name, line, count, some, all, set]) => {
      const ran = hit(some, set);
      return el("li", { class: ran ? "" : "missed" },
        el("a", { href: linkTo(state, state.path, line), title: shown(name) },
          el("span", { class: "mark", role: "img", "aria-label": ran ? "reached" : "not reached" },
            ran ? "" : "×"), shown(name)),
        el("span", { class: "number" }, state.test < 0 ? percent(some, all) : ""));
    }));
}

/* ---- The page ---- */

function crumbs(state, path) {
  const names = path.split("/"), file = names.pop();
  let at = "";
  return el("nav", { class: "crumbs", "aria-label": "Path" },
    ...names.flatMap((name) => {
      at += name + "/";
      return [el("a", { href: linkTo(state, at) }, shown(name) || "/"), "/"];
    }), el("strong", {}, shown(file)));
}

function fileNumbers(state, index) {
  const ratios = fileRatios(state, index);
  return el("p", { class: "numbers" }, ...["lines", "functions", "blocks"].map(
    (word, n) => el("span", {}, el("b", {}, percent(...ratios[n])),
      ` ${format(ratios[n][0])} of ${format(ratios[n][1])} ${word}`)));
}

function missingText(data) {
  if (data.text !== null) return "";
  return message("The source was not found: ", el("code", {}, shown(data.at)),
    ` (${data.why}). Numbers of lines are shown without text; `,
    el("code", {}, "kcov8 report --source-root DIR"), " says where it is.");
}

async function showFile(state, index, line) {
  if (fileState.index !== index || fileState.key !== state.test) {
    const data = await load("f/" + index);
    if (state.fileIndex !== index) return; /* gone on meanwhile */
    counts.clear();
    Object.assign(fileState, { index, key: state.test, data }, makeLines(state, data));
    fileState.groups = findGroups(fileState.lines);
    const texts = textsOf(data), box = el("div", { class: "text", click: clickedLine });
    byId("view").replaceChildren(
      el("div", { class: "file-head" }, crumbs(state, state.path), fileNumbers(state, index)),
      missingText(data),
      el("div", { class: "file-body" }, box,
        el("aside", {}, el("section", { id: "line-tests", hidden: true, "aria-live": "polite" }),
          el("h2", {}, "Functions"),
          functionList(state, data) ?? message("None."))));
    box.style.setProperty("--digits", String(texts.length).length);
    const beyond = [...fileState.lines.keys()].filter((n) => n > texts.length).length;
    if (data.text !== null && beyond)
      box.before(message(`${plural(beyond, "line")} of code behind the end of this text: ` +
        "it is not the source that was compiled."));
    if (!texts.length) box.append(message("There is nothing in it."));
    box.append(headLine(state));
    fillText(state, box, texts, line);
    document.title = shown(state.path) + " – coverage";
  }
  selectLine(state, line);
}

function clickedLine(e) {
  const row = e.target.closest(".line");
  if (row && !e.target.closest("a") && !String(getSelection()))
    location.hash = linkTo(app, app.path, Number(row.id.slice(1)));
}

function selectLine(state, line) {
  document.querySelector(".line.selected")?.classList.remove("selected");
  fileState.line = line;
  const row = line && byId("L" + line);
  if (row) {
    row.classList.add("selected");
    row.scrollIntoView({ block: "center" });
  }
  showLineTests(state, line);
}

/* The next place, down or up, that was not reached. */
function moveInFile(state, step) {
  const { groups, line } = fileState;
  const next = step > 0 ? groups.find((n) => n > line) : groups.findLast((n) => n < (line || 1e9));
  if (next) location.hash = linkTo(state, state.path, next);
}
