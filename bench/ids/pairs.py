# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The pairs of releases. Which are for tuning and which for the test was
written down before anything was measured, by code base: a key is chosen by
what it does to the tuning pairs, the test pairs are only reported."""
import glob
import os
import shutil
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Project:
    name: str
    pattern: str  # of the sources, below the release's folder
    leave_out: tuple = ()  # names of sources that do not compile alone
    flags: tuple = ()
    copies: tuple = ()  # (from, to): what the build system would make
    texts: tuple = ()  # (file, text), likewise


@dataclass(frozen=True)
class Release:
    project: Project
    version: str  # upstream's
    package: str  # Debian's source package, or npm's package
    npm: str = ""  # version of the npm package
    folder: str = "."  # of the package that is unpacked

    @property
    def name(self):
        return f"{self.project.name}-{self.version}"

    def prepare(self, top):
        """Add what the build system would; TOP holds the release."""
        for source, to in self.project.copies:
            if not os.path.exists(os.path.join(top, to)):
                shutil.copy(os.path.join(top, source), os.path.join(top, to))
        for name, text in self.project.texts:
            with open(os.path.join(top, name), "w", encoding="ascii") as f:
                f.write(text)

    def sources(self, top):
        """Paths relative to TOP, where they are compiled: so they are the
        same in both releases, and IDs do not tell folders."""
        found = glob.glob(os.path.join(top, self.project.pattern))
        names = sorted(os.path.relpath(f, top) for f in found)
        return [n for n in names
                if os.path.basename(n) not in self.project.leave_out]


@dataclass(frozen=True)
class Pair:
    old: Release
    new: Release
    use: str  # "tuning" or "test"
    name: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "name", f"{self.old.project.name} "
                           f"{self.old.version}>{self.new.version}")


LUA = Project("lua", "src/*.c", ("lua.c", "luac.c", "lbitlib.c"),
              ("-DLUA_USE_POSIX",), texts=tuple(
                  (f"src/lua{v}-deb-multiarch.h",
                   '#define DEB_HOST_MULTIARCH ""\n') for v in ("5.3", "5.4")))
ZLIB = Project("zlib", "*.c", (), ("-DHAVE_UNISTD_H",))
EXPAT = Project("expat", "expat/lib/*.c",
                ("xmltok_impl.c", "xmltok_ns.c", "xcsinc.c",
                 "random_arc4random.c", "random_arc4random_buf.c",
                 "random_rand_s.c"),
                ("-DXML_GE=1", "-DXML_DTD", "-DXML_NS",
                 "-DXML_CONTEXT_BYTES=1024", "-DHAVE_GETRANDOM",
                 "-DXML_DEV_URANDOM", "-Iexpat"),
                texts=(("expat/expat_config.h", ""),))
MUJS = Project("mujs", "*.c", ("one.c", "main.c", "pp.c", "utfdata.c",
                               "jsrepr.c", "jsdump.c"))
SQLITE = Project("sqlite", "sqlite3.c", (), ("-DSQLITE_THREADSAFE=0",))
PNG = Project("libpng", "png*.c", ("pngtest.c",), copies=(
    ("scripts/pnglibconf.h.prebuilt", "pnglibconf.h"),))
LZ4 = Project("lz4", "lib/*.c")
PCRE2 = Project("pcre2", "src/pcre2_*.c",
                ("pcre2_dftables.c", "pcre2_fuzzsupport.c", "pcre2_jit_test.c",
                 "pcre2_jit_match.c", "pcre2_jit_misc.c", "pcre2_printint.c",
                 "pcre2_ucptables.c"),
                ("-DPCRE2_CODE_UNIT_WIDTH=8", "-DHAVE_CONFIG_H", "-Isrc",
                 "-DSUPPORT_UNICODE"),
                (("src/config.h.generic", "src/config.h"),
                 ("src/pcre2.h.generic", "src/pcre2.h"),
                 ("src/pcre2_chartables.c.dist", "src/pcre2_chartables.c")))

# Added later, before anything was measured on them: more of what lz4 (one
# large function, inlined many times) and pcre2 (a large switch of macros) have
# for the tuning, and two for the test that no earlier choice has seen.
ONIG = Project("libonig", "src/*.c",
               ("mktable.c", "unicode_egcb_data.c", "unicode_fold_data.c",
                "unicode_property_data.c", "unicode_property_data_posix.c",
                "unicode_wb_data.c"), ("-Isrc",), texts=(
                    ("src/config.h", "#define HAVE_ALLOCA_H 1\n"
                     "#define HAVE_STDINT_H 1\n#define HAVE_SYS_TYPES_H 1\n"
                     "#define SIZEOF_INT 4\n#define SIZEOF_LONG 8\n"
                     "#define SIZEOF_LONG_LONG 8\n#define SIZEOF_VOIDP 8\n"
                     '#define PACKAGE "onig"\n#define VERSION ""\n'),))
DEFLATE = Project("libdeflate", "lib/*.c", flags=("-I.",))
ZSTD = Project("zstd", "lib/compress/*fast.c")
MD4C = Project("md4c", "src/*.c")
BROTLI = Project("brotli", "c/[de]*c/*.c", flags=("-Ic/include",))


def debian(project, version, package=None):
    return Release(project, version, package or project.name)


def sqlite(version, npm):
    # The amalgamation is packed with better-sqlite3, as its authors publish it.
    return Release(SQLITE, version, "better-sqlite3", npm,
                   "package/deps/sqlite3")


SQLITE_3_49_1 = sqlite("3.49.1", "11.9.1")

PAIRS = [
    Pair(debian(LUA, "5.4.4", "lua5.4"), debian(LUA, "5.4.7", "lua5.4"),
         "tuning"),
    Pair(debian(LUA, "5.3.6", "lua5.3"), debian(LUA, "5.4.7", "lua5.4"),
         "tuning"),
    Pair(debian(ZLIB, "1.2.13"), debian(ZLIB, "1.3.1"), "tuning"),
    Pair(debian(EXPAT, "2.5.0"), debian(EXPAT, "2.8.2"), "tuning"),
    Pair(debian(MUJS, "1.3.2"), debian(MUJS, "1.3.6"), "tuning"),
    Pair(debian(ONIG, "6.9.8"), debian(ONIG, "6.9.10"), "tuning"),
    Pair(debian(DEFLATE, "1.14"), debian(DEFLATE, "1.23"), "tuning"),
    Pair(debian(ZSTD, "1.5.4", "libzstd"), debian(ZSTD, "1.5.7", "libzstd"),
         "tuning"),
    Pair(SQLITE_3_49_1, sqlite("3.49.2", "11.10.0"), "test"),
    Pair(sqlite("3.48.0", "11.8.1"), SQLITE_3_49_1, "test"),
    Pair(sqlite("3.40.0", "8.0.1"), sqlite("3.53.2", "12.11.1"), "test"),
    Pair(debian(PNG, "1.6.39", "libpng1.6"), debian(PNG, "1.6.48", "libpng1.6"),
         "test"),
    Pair(debian(LZ4, "1.9.4"), debian(LZ4, "1.10.0"), "test"),
    Pair(debian(PCRE2, "10.42"), debian(PCRE2, "10.46"), "test"),
    Pair(debian(MD4C, "0.4.8"), debian(MD4C, "0.5.2"), "test"),
    Pair(debian(BROTLI, "1.0.9"), debian(BROTLI, "1.2.0"), "test"),
]
