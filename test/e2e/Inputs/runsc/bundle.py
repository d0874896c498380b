# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bundle.py DIR ROOT [CWD [MEMORY]] - writes DIR/config.json, as syzkaller does"""
import json
import sys

directory, root, cwd, memory = (sys.argv[1:] + ["/tmp", -1])[:4]
with open(directory + "/config.json", "w") as file:
    json.dump({"root": {"path": root, "readonly": True},
               "linux": {"resources": {"memory": {"limit": int(memory)}}},
               "process": {"args": ["/init"], "cwd": cwd}}, file)
