# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""index.html, which needs nothing beside it, result.json, and a CSV per table."""
import csv
import html
import os
import string

from paths import HERE  # and where bench/probe is
import common
import pareto



def _is_interval(cell):
    return isinstance(cell, dict)


def number(value):
    """Three digits and more; '-' for None."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def text(cell):
    if isinstance(cell, str):
        return cell
    if _is_interval(cell):
        return (f"{number(cell['value'])} [{number(cell['low'])}, "
                f"{number(cell['high'])}]")
    return number(cell)


def _key(cell):
    """What a column is sorted by."""
    value = cell["value"] if _is_interval(cell) else cell
    return "" if value is None else value


def _cell(cell, tag="td"):
    if isinstance(cell, str):
        return f"<{tag}>{html.escape(cell)}</{tag}>"
    if _is_interval(cell):
        shown = (f"{number(cell['value'])}<small>{number(cell['low'])}–"
                 f"{number(cell['high'])}</small>")
    else:
        shown = number(cell)
    return f'<td class="n" data-k="{_key(cell)}">{shown}</td>'


def _best(table):
    """{column: best value} where one end is the good one."""
    found = {}
    for at, column in enumerate(table["columns"]):
        end = table["better"].get(column)
        values = [_key(r[at]) for r in table["rows"]
                  if not isinstance(r[at], str) and r[at] is not None]
        if end and values:
            found[at] = min(values) if end == "low" else max(values)
    return found


def _table(table):
    head = "".join(f'<th title="sort"><button>{html.escape(c)}</button></th>'
                   for c in table["columns"])
    best, lines = _best(table), []
    for row in table["rows"]:
        cells = []
        for at, cell in enumerate(row):
            made = _cell(cell, "td" if at else "th")
            if at in best and _key(cell) == best[at]:
                made = made.replace('class="n"', 'class="n best"')
            cells.append(made)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (f'<h3 id="table-{table["name"]}">{html.escape(table["title"])}</h3>'
            f'<p>{html.escape(table["about"])} '
            f'<a href="{table["name"]}.csv">CSV</a></p>'
            f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>'
            f'{"".join(lines)}</tbody></table></div>')


def _left_out(reasons):
    if not reasons:
        return ""
    by_reason = {}
    for what, reason in reasons.items():
        by_reason.setdefault(reason, []).append(what)
    lines = "".join(f"<li>{html.escape('; '.join(what))}: "
                    f"{html.escape(reason)}</li>"
                    for reason, what in by_reason.items())
    return f"<details><summary>Left out here</summary><ul>{lines}</ul></details>"


def _section(name, section):
    return (f'<section><h2 id="{name}">{html.escape(section["title"])}</h2>'
            + "".join(map(_table, section["tables"])) +
            _left_out(section["left_out"]) + "</section>")


def _pairs(values):
    """A list of terms from a dict, nested ones in one line each."""
    lines = []
    for key, value in values.items():
        if isinstance(value, dict):
            value = "; ".join(f"{k} {v}".strip() for k, v in value.items())
        elif isinstance(value, float):
            value = number(value)
        lines.append(f"<dt>{html.escape(key.replace('_', ' '))}</dt>"
                     f"<dd>{html.escape(str(value))}</dd>")
    return f"<dl>{''.join(lines)}</dl>"


def _cite(environment):
    year = environment["date"][:4]
    commit = environment["commit"].partition(",")[0][:12] or "unknown"
    return (f"@misc{{kcov8-schemes-{year},\n"
            "  title = {Comparing coverage schemes on equal terms},\n"
            "  author = {{The kcov8 authors}},\n"
            f"  year = {{{year}}},\n"
            f"  note = {{kcov8, commit {commit}, run of "
            f"{environment['date']}, result.json}}\n}}")


def _navigation(sections):
    return " · ".join(f'<a href="#{n}">{html.escape(s["title"])}</a>'
                      for n, s in sections.items())


def render(result):
    with open(os.path.join(HERE, "page.html"), encoding="utf-8") as f:
        page = string.Template(f.read())
    environment = result["environment"]
    return page.substitute(
        navigation=_navigation(result["sections"]),
        warning="<p class=\"warning\">A quick run: few programs, rows and "
        "repeats. It shows that the bench works; nothing can be concluded "
        "from its figures.</p>" if result["quick"] else "",
        plot=pareto.svg(result["sections"]),
        sections="".join(_section(n, s)
                         for n, s in result["sections"].items()),
        environment=_pairs({**environment, "seconds by stage": {
            k: round(v) for k, v in result["seconds"].items()}}),
        cite=html.escape(_cite(environment)))


def _write_csv(table, out):
    with open(os.path.join(out, table["name"] + ".csv"), "w", newline="",
              encoding="utf-8") as f:
        writer = csv.writer(f)
        spread = {at for r in table["rows"] for at, c in enumerate(r)
                  if _is_interval(c)}
        writer.writerow([name for at, c in enumerate(table["columns"])
                         for name in ((c, c + " low", c + " high")
                                      if at in spread else (c,))])
        for row in table["rows"]:
            cells = []
            for at, cell in enumerate(row):
                if at in spread:
                    cells += [cell[k] if _is_interval(cell) else ""
                              for k in ("value", "low", "high")]
                else:
                    cells.append("" if cell is None else cell)
            writer.writerow(cells)


def write(result, out):
    common.write_json(result, os.path.join(out, "result.json"))
    for section in result["sections"].values():
        for table in section["tables"]:
            _write_csv(table, out)
    with open(os.path.join(out, "index.html"), "w", encoding="utf-8") as f:
        f.write(render(result))
