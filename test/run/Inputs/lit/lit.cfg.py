# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A suite with several formats and all results. CALC: the program; STATE: a
# directory for what a test keeps from one try to the next.
import os
import sys

import lit.formats

config.name = "calc"
config.test_format = lit.formats.ShTest()
config.test_format.execute_external = True  # as an argument LLVM 23 refuses it
config.suffixes = [".txt"]
config.excludes = ["formats.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.environ["STATE"]
config.substitutions += [("%calc", os.environ["CALC"]), ("%state", os.environ["STATE"])]
if "START_METHOD" in os.environ:  # as Python 3.14 does by itself
    import multiprocessing
    multiprocessing.set_start_method(os.environ["START_METHOD"], force=True)
sys.path.append(os.environ["KCOV8_PYTHON"])
# doc: lit
if "KCOV8_INDEX" in os.environ:
    import kcov8_lit
    kcov8_lit.enable(config, lit_config)
# doc: end
