# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""who-is-wrong.py BUILD LLVM DIR: who reports what of bench/schemes/wrong wrongly."""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                             "..", "..", "..", "bench", "schemes"))
import studied  # noqa: E402
import wrong  # noqa: E402

build, llvm, folder = sys.argv[1:]
builder = studied.Builder(os.path.join(build, "lib"), llvm)
for name in wrong.names():
    print(wrong.text(name, wrong.judge(builder, name, folder)))
