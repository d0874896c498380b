// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * dom.js - pieces of a page
 *
 * Names and source text get into the page as text nodes and attributes alone,
 * never as HTML.
 */
"use strict";

/* An element; attributes that are functions are listeners. */
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") e.addEventListener(name, value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null)
      e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

const byId = (id) => document.getElementById(id);

/* Bytes that are no text are shown as such. */
function shown(text) {
  return text.replace(/[\udc80-\udcff]/gu, "\ufffd");
}

const format = new Intl.NumberFormat("en").format;

/* "one test", "2 tests" */
function plural(n, word) {
  return `${format(n)} ${word}${n === 1 ? "" : "s"}`;
}

/* Never 100% while something is missing, nor 0% if something ran. */
function percent(hit, total) {
  if (!total) return "–";
  let p = (100 * hit) / total;
  if (hit < total && p > 99.9) p = 99.9;
  if (hit && p < 0.1) p = 0.1;
  return p.toFixed(1) + "%";
}

const SVG = "http://www.w3.org/2000/svg";

/* The length is the share; the rest is hatched, for eyes that see no colours. */
function bar(hit, total) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", total ? "bar" : "bar none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 100 10");
  svg.setAttribute("preserveAspectRatio", "none");
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("width", total ? (100 * hit) / total : 0);
  rect.setAttribute("height", 10);
  svg.append(rect);
  return svg;
}

/* "FAIL" stands out; a test that passed needs no word. */
function outcome(word) {
  const bad = /^(FAIL|XPASS|TIMEOUT|KILLED|UNRESOLVED|ERROR)/.test(word);
  return word && word !== "PASS"
    ? el("span", { class: bad ? "outcome bad" : "outcome" }, word) : null;
}

function message(...text) {
  return el("p", { class: "message" }, ...text);
}

/*
 * A field with a list below it. FIND gives the items for what is typed: each has
 * a row (an element) and a function, pick. Arrows choose, Enter picks.
 */
function makePicker(root, find, leave) {
  const input = root.querySelector("input"), list = root.querySelector("ul");
  let items = [], chosen = 0;
  const mark = () => {
    [...list.children].forEach((li, i) =>
      li.setAttribute("aria-selected", i === chosen));
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const pick = (i) => {
    close();
    input.blur();
    items[i]?.pick();
  };
  const open = async () => {
    const typed = input.value;
    const found = await find(typed);
    if (typed !== input.value || document.activeElement !== input) return;
    items = found;
    chosen = 0;
    list.replaceChildren(...items.map((item, i) =>
      el("li", { role: "option", mousedown: (e) => {
        e.preventDefault();
        pick(i);
      } }, item.row)));
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  };
  input.addEventListener("input", open);
  input.addEventListener("focus", () => {
    input.select();
    open();
  });
  input.addEventListener("blur", () => {
    close();
    leave?.(input);
  });
  input.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown") chosen = Math.min(chosen + 1, items.length - 1);
    else if (e.key === "ArrowUp") chosen = Math.max(chosen - 1, 0);
    else if (e.key === "Enter") return pick(chosen);
    else if (e.key === "Escape") return input.blur();
    else return;
    e.preventDefault();
    mark();
  });
  return input;
}
