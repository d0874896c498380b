# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sources from Debian's archive, as this machine knows it (needs dpkg-dev)."""
import glob
import os
import re
import shutil
import subprocess
import tarfile

import common

SUITES = ["bookworm", "trixie", "sid", "bullseye"]


def run(command, folder, environment=None):
    return subprocess.run(command, cwd=folder, text=True, capture_output=True,
                          env=environment)


def _unpack(path, into):
    with tarfile.open(path) as tar:
        tar.extractall(into, [m for m in tar if m.isfile() and ".." not in
                              m.name.split("/") and m.name[0] != "/"])


class Missing(Exception):
    """What Debian's archive does not give here, and why."""


def _archive():
    """A line for sources.list without suite: the machine's own Debian archive
    with source packages."""
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    for path in ["/etc/apt/sources.list",
                 *glob.glob("/etc/apt/sources.list.d/*")]:
        if not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                found = re.search(r"^(?:deb|URIs:).*?(\S+://\S+/debian/?)(\s|$)",
                                  line)
                if found:
                    return f"deb-src [signed-by={keys}] {found.group(1)}"
    raise Missing("no Debian archive in /etc/apt")


class Apt:
    """apt-get with lists of its own: the machine's stay as they are."""

    def __init__(self, into):
        self.into = os.path.abspath(into)
        self.environment = None

    def _set_up(self):
        if not shutil.which("dpkg-source"):
            raise Missing("no dpkg-source here (Debian: dpkg-dev)")
        for name in ("lists/partial", "cache/archives/partial", "parts"):
            os.makedirs(os.path.join(self.into, name), exist_ok=True)
        archive = _archive()
        with open(os.path.join(self.into, "list"), "w", encoding="ascii") as f:
            f.writelines(f"{archive} {s} main\n" for s in SUITES)
        conf = os.path.join(self.into, "conf")
        with open(conf, "w", encoding="ascii") as f:
            for key, name in (("Etc::sourcelist", "list"),
                              ("Etc::sourceparts", "parts"),
                              ("State::lists", "lists"), ("Cache", "cache")):
                f.write(f'Dir::{key} "{self.into}/{name}";\n')
            f.write('APT::Sandbox::User "";\n')
            # Versions are named: an archive that stands still has them, too.
            f.write('Acquire::Check-Valid-Until "false";\n')
        self.environment = {**os.environ, "APT_CONFIG": conf}
        done = run(["apt-get", "-qq", "update"], self.into, self.environment)
        if done.returncode:
            raise Missing(f"apt-get update failed:\n{done.stderr}")

    def _versions(self, package):
        """Debian's."""
        out = run(["apt-cache", "showsrc", "--only-source", package],
                  self.into, self.environment).stdout
        return re.findall(r"^Version: (\S+)", out, re.MULTILINE)

    def get(self, package, upstream, into, patched=True):
        """The folder of one release, unpacked below INTO. With Debian's
        patches, unless those of a version that was replaced went first; or
        without, which is always the same."""
        if not self.environment:
            self._set_up()
        there = self._versions(package)
        # Its upstream part may have a suffix or, behind `really`, a prefix.
        wanted = rf"(^|:|really){re.escape(upstream)}([.+]\D|-)"
        failed = ""
        for version in [v for v in there if re.search(wanted, v)]:
            command = ["apt-get", "-qq", "source", "--only-source",
                       f"{package}={version}"]
            if not patched or run(command, into, self.environment).returncode:
                failed = run([*command, "--tar-only", "--download-only"],
                             into, self.environment).stderr.strip()
                for tar in glob.glob(os.path.join(into, "*.orig.tar.*[z2]")):
                    _unpack(tar, into)
            folders = [d for d in glob.glob(os.path.join(into, "*"))
                       if os.path.isdir(d)]
            if folders:
                return folders[0]
        have = ", ".join(dict.fromkeys(there)) or "nothing"
        raise Missing(f"{package} {upstream}: " + (
            failed or f"not in the archive now (there is: {have})"))


def _unpack_upstream(apt, package, version, target):
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    os.rename(apt.get(package, version, part, patched=False), target)
    shutil.rmtree(part)


def fetch(packages, into):
    """{package: folder} of upstream's releases, unpacked below INTO once.
    PACKAGES: package, upstream's version, folder in it; and so on."""
    apt, found = Apt(os.path.join(into, "apt")), {}
    for package, version, inner in zip(*[iter(packages)] * 3):
        target = os.path.join(into, f"{package}-{version}")
        if not os.path.isdir(target):
            with common.alone(into):
                if not os.path.isdir(target):
                    _unpack_upstream(apt, package, version, target)
        found[package] = os.path.normpath(os.path.join(target, inner))
        if not os.path.isdir(found[package]):
            raise Missing(f"{package} {version} has no folder {inner}")
    return found
