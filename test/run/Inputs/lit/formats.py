# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Formats of a suite's own: in a module, since lit pickles them."""
import os
import subprocess

import lit.formats
import lit.Test


class Lines(lit.formats.FileBasedTest):
    """Each line is arguments of the program; the processes get lit's environment."""

    def execute(self, test, lit_config):
        with open(test.getSourcePath()) as f:
            for line in f:
                subprocess.check_output([os.environ["CALC"]] + line.split())
        return lit.Test.PASS, ""
