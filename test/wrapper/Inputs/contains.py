# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""contains.py PAGE PART - does the page have the part, word for word?"""
import sys

page, part = (open(path).read() for path in sys.argv[1:])
if part not in page:
    known = page.splitlines()
    for line in part.splitlines():
        if line not in known:
            print("not in %s: %s" % (sys.argv[1], line))
    sys.exit(1)
