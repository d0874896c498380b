# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matches-each.py PATTERNS FILE - does each pattern match in the file?"""
import re
import sys

patterns, text = (open(path).read() for path in sys.argv[1:])
missing = [p for p in patterns.splitlines() if not re.search(p + r"\b", text)]
print("\n".join(missing))
sys.exit(bool(missing))
