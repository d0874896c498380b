# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""status.py N COMMAND... - succeed if COMMAND exits with exactly N."""
import subprocess
import sys

status = subprocess.call(sys.argv[2:])
if status != int(sys.argv[1]):
    sys.exit("exit status %d, not %s" % (status, sys.argv[1]))
