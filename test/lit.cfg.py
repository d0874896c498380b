# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One suite: test/pass, test/wrapper, test/recipes, test/tools, test/run, test/e2e.

Substitutions: %clang %clangxx %opt of the configured LLVM; %kcov8
%kcov8_clang %kcov8_clangxx %ukernel %guests of this build; %pass %options
%rt its libraries; %major of its LLVM; %include the public headers; %mkimage and
%mutate for test/tools; %python. FileCheck, not, count, split-file, ld.lld are on PATH.

Parameter: target=TRIPLE runs test/pass alone, for another target.

Features: llvm-N, llvm-ge-16, llvm-ge-19, llvm-ge-22; lld gold bfd; ukernel;
mounts (in a namespace of one's own); genhtml; chromium; syzkaller; meson; autoconf; gcc; scipy; afl-fuzz;
libfuzzer (of the configured clang); x86 (the host); asan if the tools are built with it.
"""
import glob
import importlib.util
import os
import shutil
import subprocess
import sys

import lit.formats

config.name = "kcov8"
config.test_format = lit.formats.ShTest()
# RUN lines are for /bin/sh. As an argument, LLVM 23 refuses it.
config.test_format.execute_external = True
config.suffixes = [".ll", ".c", ".cpp", ".test", ".s"]
config.test_source_root = os.path.dirname(__file__)
config.excludes = ["Inputs", "unit", "guests", "freestanding", "layers",
                   "conformance", "targets"]
if config.pass_only:
    # The tool is the same whatever the LLVM: once is enough.
    config.excludes += ["tools", "run"]
    config.excludes += [name for name in os.listdir(
        os.path.join(os.path.dirname(__file__), "e2e"))
        if name.startswith("ukernel-")]

# `lit --param target=TRIPLE`: test/pass/lit.local.cfg says what runs.
target = lit_config.params.get("target")
if target:
    config.excludes += [name for name in os.listdir(config.test_source_root)
                        if name != "pass"]
    config.test_exec_root = os.path.join(config.test_exec_root, target)

bin_dir = os.path.join(config.kcov8_build_dir, "bin")
lib_dir = os.path.join(config.kcov8_build_dir, "lib")
inputs = os.path.join(config.test_source_root, "tools", "Inputs")
llvm_tool = lambda name: os.path.join(config.llvm_tools_dir, name)

substitutions = {
    "clang": llvm_tool("clang"),
    "clangxx": llvm_tool("clang++"),
    "opt": llvm_tool("opt"),
    "kcov8": os.path.join(bin_dir, "kcov8"),
    "kcov8_clang": os.path.join(bin_dir, "kcov8-clang"),
    "kcov8_clangxx": os.path.join(bin_dir, "kcov8-clang++"),
    "pass": os.path.join(lib_dir, "kcov8-pass.so"),
    "options": os.path.join(lib_dir, "kcov8-options.so"),
    "rt": os.path.join(lib_dir, "libkcov8.a"),
    "ukernel": os.path.join(bin_dir, "ukernel"),
    "guests": os.path.join(bin_dir, "guests"),
    "conformance": os.path.join(config.kcov8_source_dir, "test", "conformance"),
    "include": os.path.join(config.kcov8_source_dir, "include"),
    "python": sys.executable,  # not a wrapper script of the same name
    "source": config.kcov8_source_dir,
    "cmake": config.cmake,
    "ctest": os.path.join(os.path.dirname(config.cmake), "ctest"),
    "major": str(config.llvm_version_major),
    "build": config.kcov8_build_dir,
    "lit": "%s %s" % (sys.executable, config.lit),
    "lit_py": config.lit,
    "mkimage": "%s %s" % (sys.executable, os.path.join(inputs, "mkimage.py")),
    "mutate": os.path.join(config.test_exec_root, "tools", "kcov8-mutate"),
    "roundtrip": os.path.join(config.test_exec_root, "tools", "kcov8-code-roundtrip"),
}
# Whole words only: %opt is not the beginning of %options.
for name, value in substitutions.items():
    config.substitutions.append((r"%%%s\b" % name, value))

path = os.pathsep.join([config.llvm_tools_dir, os.environ.get("PATH", "")])
config.environment["PATH"] = path
config.environment["LC_ALL"] = "C"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
# What a user may have set must not change what tests see.
for name in ("KCOV8_OPTIONS", "KCOV8_OUT", "KCOV8_INDEX", "KCOV8_CLANG", "NO_COLOR", "SOURCE_DATE_EPOCH"):
    config.environment.pop(name, None)

major = config.llvm_version_major
config.available_features.add("llvm-%d" % major)
for at_least in (16, 19, 22):
    if major >= at_least:
        config.available_features.add("llvm-ge-%d" % at_least)
for feature, program in (("lld", "ld.lld"), ("gold", "ld.gold"),
                         ("bfd", "ld.bfd"), ("genhtml", "genhtml"),
                         ("chromium", "chromium"),
                         ("llvm-profdata", "llvm-profdata-%d" % major),
                         ("meson", "meson"), ("autoconf", "autoconf"),
                         ("automake", "automake"), ("gcc", "gcc"),
                         ("afl-fuzz", "afl-fuzz")):
    if shutil.which(program, path=path):
        config.available_features.add(feature)
if config.have_ukernel:
    config.available_features.add("ukernel")
if "address" in config.sanitize:
    config.available_features.add("asan")

if os.environ.get("KCOV8_SYZKALLER"):  # a built checkout
    config.environment["KCOV8_SYZKALLER"] = os.environ["KCOV8_SYZKALLER"]
    config.available_features.add("syzkaller")
if os.uname().machine == "x86_64":
    config.available_features.add("x86")
if os.access("/bin/busybox", os.X_OK):
    config.available_features.add("busybox")
if shutil.which("ccache"):
    config.available_features.add("ccache")
if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "noexec",
                   "none", "/mnt"], capture_output=True).returncode == 0:
    config.available_features.add("mounts")
if importlib.util.find_spec("psutil"):
    config.available_features.add("psutil")  # lit's, for its --timeout
if shutil.which("valgrind"):
    config.available_features.add("valgrind")
if not subprocess.run(["/usr/bin/python3", "-c", "import scipy"],
                      capture_output=True, check=False).returncode:
    config.available_features.add("scipy")  # of bench schemes
if glob.glob(os.path.join(subprocess.run(
        [llvm_tool("clang"), "-print-resource-dir"],
        capture_output=True, text=True, check=False).stdout.strip(), "lib",
        "*", "libclang_rt.fuzzer_no_main*")):
    config.available_features.add("libfuzzer")  # libclang-rt-N-dev
