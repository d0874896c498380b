# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Import it first: then modules of bench/ and bench/probe/ can be imported."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(HERE)
PROBE = os.path.join(BENCH, "probe")
sys.path += [BENCH, PROBE]
TOP = os.path.dirname(BENCH)
