# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gets releases: from npm, from Debian's archive as this machine knows it."""
import os
import shutil
import tarfile

import debian


def _npm(release, into):
    spec = f"{release.package}@{release.npm}"
    done = debian.run(["npm", "pack", "--silent", "--ignore-scripts", spec],
                      into)
    if done.returncode:
        raise SystemExit(f"bench: npm pack {spec} failed:\n{done.stderr}")
    with tarfile.open(os.path.join(into, done.stdout.split()[-1])) as tar:
        tar.extractall(into, [m for m in tar if m.isfile() and
                              m.name.startswith(release.folder + "/")])
    return os.path.join(into, release.folder)


def _debian(release, into, apt):
    try:
        return apt.get(release.package, release.version, into)
    except debian.Missing as e:
        raise SystemExit(f"bench: {e}; give a folder with --release "
                         f"{release.name}=FOLDER")


def fetch(release, into, apt):
    """The folder of RELEASE below INTO, unpacked once, with what the build
    system would add."""
    target = os.path.join(into, release.name)
    if os.path.isdir(target):
        return target
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    folder = (_npm(release, part) if release.npm else
              _debian(release, part, apt))
    release.prepare(folder)
    os.rename(folder, target)
    shutil.rmtree(part)
    return target
