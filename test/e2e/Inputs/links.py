# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""links.py SOURCE-DIR PAGE... - pages lead to what is there

Links to files, with or without an anchor, and paths in backquotes that begin
with a folder of the project. PAGEs are relative to SOURCE-DIR.
"""
import os
import re
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:bench|cmake|docs|examples|include|pass|runtime|test|"
                  r"tools)/[\w./-]+)`")
PLACEHOLDER = re.compile(r"(^|\W)[A-Z]+(\W|$)")  # docs/NAME.md
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text(page):
    with open(page, encoding="utf-8") as f:
        return FENCED.sub("", f.read())


def anchors(page):
    """As GitHub and cgit make them of headings."""
    for heading in re.findall(r"^#+ +(.*)$", text(page), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def wrong(page):
    body = text(page)
    for link in LINK.findall(body):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = link.partition("#")
        to = os.path.normpath(os.path.join(os.path.dirname(page), name))
        to = to if name else page
        if not os.path.exists(to):
            yield "%s: no %s" % (page, link)
        elif anchor and anchor not in anchors(to):
            yield "%s: no heading for %s" % (page, link)
    for path in PATH.findall(body):
        if PLACEHOLDER.search(path):
            continue
        if not os.path.exists(path):
            yield "%s: no %s" % (page, path)


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    found = [line for page in sys.argv[2:] for line in wrong(page)]
    print("\n".join(found))
    sys.exit(1 if found else 0)
