#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""per_test.py LIT VARIABLE=VALUE LIT-ARGUMENT...: lit, in which each test
has its own value of an environment variable: {} in VALUE is the test's name,
with + for /. For llvm-cov, to which lit 14 gives no profile per test, and later
ones none if a lit.local.cfg sets the format. Lit's workers have to be forked."""
import os
import runpy
import sys

# The program knows where its modules are: beside it, or elsewhere.
program = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.dirname(program))
runpy.run_path(program, run_name="lit_program")
import lit.main  # noqa: E402
import lit.worker  # noqa: E402

VARIABLE, PATTERN = sys.argv[2].split("=", 1)


def wrap(inner):
    def execute(test, config):
        name = test.getFullName().split(" :: ", 1)[1]
        value = PATTERN.replace("{}", name.replace("/", "+"))
        environment = test.config.environment
        saved = dict(environment)
        environment[VARIABLE] = value
        os.makedirs(os.path.dirname(value), exist_ok=True)
        try:
            return inner(test, config)
        finally:
            environment.clear()
            environment.update(saved)
    return execute


NAME = "_execute_test_handle_errors"
setattr(lit.worker, NAME, wrap(getattr(lit.worker, NAME)))
sys.argv[1:] = sys.argv[3:]
lit.main.main()
