"""What the measurements need and nobody else does: the peers from npm, and wrk and Java from Debian where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

PINNED = Path(__file__).with_name("package.json")
FOLDER = Path(sys.prefix) / "bench"
MODULES = FOLDER / "node_modules"


@cache
def have(program: str, package: str, loss: str) -> bool:
    """Whether a program is there, after an attempt to install its Debian package; tells in one line what is lost if not."""
    if shutil.which(program) is None and shutil.which("apt-get") and os.geteuid() == 0:
        tell(f"installing {package}")
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    if shutil.which(program) is None:
        tell(f"there is no {program} (Debian: apt-get install {package}); {loss}")
        return False
    return True


def have_wrk() -> bool:
    """Whether there is wrk, which makes many connections at once."""
    return have("wrk", "wrk", "rows with several connections are left out")


@cache
def have_peers() -> bool:
    """Whether the peers are installed, after an attempt to do it; npm is asked again only when a version has changed."""
    if not have("node", "nodejs", "all peers are left out") or not have("npm", "npm", "all peers are left out"):
        return False
    copy = FOLDER / PINNED.name
    wanted = PINNED.read_text()
    if MODULES.is_dir() and copy.is_file() and copy.read_text() == wanted:
        return True
    tell(f"installing the peers with npm into {FOLDER}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    copy.write_text(wanted)
    done = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER, check=False
    )
    if done.returncode != 0:
        copy.unlink()
        tell("npm could not install the peers; all of them are left out")
    return done.returncode == 0


def tell(line: str) -> None:
    """One line of progress."""
    print(f"benchmarks: {line}", file=sys.stderr, flush=True)
