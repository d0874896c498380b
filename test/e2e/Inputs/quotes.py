# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""quotes.py SOURCE-DIR PAGE... - pages quote code as it is

In a page, the fenced block behind `<!-- quote: FILE NAME -->` must be what FILE
has between its lines `doc: NAME` and `doc: end` (both in a comment). A part that
no page quotes is an error, too, in the files that the pages name.
"""
import os
import re
import sys

QUOTE = re.compile(r"^<!-- quote: (\S+) (\S+) -->\n```\w+\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^(?:/\*|#) doc: (\S+)(?: \*/)?\n(.*?)^(?:/\*|#) doc: end",
                  re.MULTILINE | re.DOTALL)


def parts(path):
    with open(path, encoding="utf-8") as f:
        return dict(MARK.findall(f.read()))


def check(source, pages):
    errors, files, quoted = [], {}, set()
    for page in pages:
        with open(page, encoding="utf-8") as f:
            text = f.read()
        found = QUOTE.findall(text)
        if len(found) != text.count("<!-- quote:"):
            errors.append("%s: a quote without a code block" % page)
        for name, part, code in found:
            if name not in files:
                files[name] = parts(os.path.join(source, name))
            if files[name].get(part) != code:
                errors.append("%s: not what %s has as '%s'" %
                              (page, name, part))
            quoted.add((name, part))
    for name, marked in files.items():
        errors += ["%s: no page quotes '%s'" % (name, part)
                   for part in marked if (name, part) not in quoted]
    if not quoted:
        errors.append("no quotes found")
    return errors


if __name__ == "__main__":
    found = check(sys.argv[1], sys.argv[2:])
    print("\n".join(found))
    sys.exit(1 if found else 0)
