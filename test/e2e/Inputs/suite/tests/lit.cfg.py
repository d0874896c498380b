# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A regression suite that knows nothing of kcov8 but one variable: each test
# that runs the program leaves a PCFILE.
import os
import lit.formats

config.name = "calc"
config.test_format = lit.formats.ShTest()
config.test_format.execute_external = True  # as an argument LLVM 23 refuses it
config.suffixes = [".txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.environ["CALC_OUT"]
config.substitutions.append(("%calc", os.environ["CALC"]))
config.environment["KCOV8_OUT"] = os.path.join(os.environ["CALC_OUT"], "%p.dump")
