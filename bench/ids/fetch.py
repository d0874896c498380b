# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gets releases: from npm, from Debian's archive as this machine knows it."""
import glob
import os
import re
import shutil
import subprocess
import tarfile

SUITES = ["bookworm", "trixie", "sid", "bullseye"]


def _run(command, folder, environment=None):
    return subprocess.run(command, cwd=folder, text=True, capture_output=True,
                          env=environment)


def _npm(release, into):
    spec = f"{release.package}@{release.npm}"
    done = _run(["npm", "pack", "--silent", "--ignore-scripts", spec], into)
    if done.returncode:
        raise SystemExit(f"bench: npm pack {spec} failed:\n{done.stderr}")
    with tarfile.open(os.path.join(into, done.stdout.split()[-1])) as tar:
        tar.extractall(into, [m for m in tar if m.isfile() and
                              m.name.startswith(release.folder + "/")])
    return os.path.join(into, release.folder)


def _unpack(path, into):
    with tarfile.open(path) as tar:
        tar.extractall(into, [m for m in tar if m.isfile() and ".." not in
                              m.name.split("/") and m.name[0] != "/"])


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
    raise SystemExit("bench: no Debian archive in /etc/apt: give folders with "
                     "--release NAME-VERSION=FOLDER")


class Apt:
    """apt-get with lists of its own: the machine's stay as they are."""

    def __init__(self, into):
        self.into = os.path.abspath(into)
        self.environment = None

    def _set_up(self):
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
        self.environment = {**os.environ, "APT_CONFIG": conf}
        done = _run(["apt-get", "-qq", "update"], self.into, self.environment)
        if done.returncode:
            raise SystemExit(f"bench: apt-get update failed:\n{done.stderr}")

    def _versions(self, release):
        """Debian's versions of it; their upstream part may have a suffix or,
        behind `really`, a prefix."""
        out = _run(["apt-cache", "showsrc", "--only-source", release.package],
                   self.into, self.environment).stdout
        wanted = re.escape(release.version)
        return [v for v in re.findall(r"^Version: (\S+)", out, re.MULTILINE)
                if re.search(rf"(^|:|really){wanted}([.+]\D|-)", v)]

    def get(self, release, into):
        if not self.environment:
            self._set_up()
        versions = self._versions(release)
        for version in versions:
            command = ["apt-get", "-qq", "source", "--only-source",
                       f"{release.package}={version}"]
            done = _run(command, into, self.environment)
            if done.returncode:
                # Patches of a version that was replaced go first.
                _run([*command, "--tar-only", "--download-only"], into,
                     self.environment)
                for tar in glob.glob(os.path.join(into, "*.orig.tar.*[z2]")):
                    _unpack(tar, into)
            folders = [d for d in glob.glob(os.path.join(into, "*"))
                       if os.path.isdir(d)]
            if folders:
                return folders[0]
        raise SystemExit(f"bench: {release.package} {release.version}: not in "
                         f"the archive now ({', '.join(versions) or 'none'}); "
                         f"give a folder with --release {release.name}=FOLDER")


def fetch(release, into, apt):
    """The folder of RELEASE below INTO, unpacked once, with what the build
    system would add."""
    target = os.path.join(into, release.name)
    if os.path.isdir(target):
        return target
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    folder = _npm(release, part) if release.npm else apt.get(release, part)
    release.prepare(folder)
    os.rename(folder, target)
    shutil.rmtree(part)
    return target
