"""What a foreign client sees of the machine: hardly any environment, an empty home, and a proxy that lets nothing through."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.plugs.sink import UNPROXIED

# Found in the environment of the kit and handed on; everything else is left out.
ESSENTIAL = ("PATH", "LANG", "LANGUAGE", "TZ", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT")
# In the environment of every process that a client starts, so that those can be found that left its process group.
MARK = "MM_CONTRACT_MARK"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_NO_PROXY = f"127.0.0.1,localhost,::1,{UNPROXIED}"
_FOLDERS = {
    "HOME": "home", "USERPROFILE": "home", "APPDATA": "home/appdata", "LOCALAPPDATA": "home/appdata",
    "XDG_CONFIG_HOME": "home/config", "XDG_DATA_HOME": "home/data", "XDG_STATE_HOME": "home/state",
    "XDG_CACHE_HOME": "home/cache", "XDG_RUNTIME_DIR": "run", "TMPDIR": "tmp", "TMP": "tmp", "TEMP": "tmp",
}  # fmt: skip
_WINDOWS_ONLY = ("USERPROFILE", "APPDATA", "LOCALAPPDATA")


class Home:
    """A fresh folder for one process: its home, its temporary files, and a corner of the kit's own."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="mm-contract-"))
        self.own = self.path / "kit"
        self.own.mkdir()
        for folder in set(_FOLDERS.values()):
            (self.path / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def variables(self) -> dict[str, str]:
        """The variables that lead there."""
        names = [name for name in _FOLDERS if os.name == "nt" or name not in _WINDOWS_ONLY]
        return {name: str(self.path / _FOLDERS[name]) for name in names}

    def remove(self) -> None:
        """Removes it with everything in it, as far as that is possible."""
        shutil.rmtree(self.path, ignore_errors=True)
        if not self.path.exists():
            return
        # Some caches are made of folders that forbid to remove what is in them.
        for root, folders, _ in os.walk(self.path):
            for folder in (Path(root, name) for name in folders):
                if not folder.is_symlink():
                    folder.chmod(0o700)
        shutil.rmtree(self.path, ignore_errors=True)


class Surroundings:
    """The environment for every process of one plug.

    `keep` names further variables that are handed on as they are. Raises UnusablePlug for one that the kit itself sets.
    """

    def __init__(self, proxy: str, mark: str, *, keep: Sequence[str] = ()) -> None:
        self.mark = mark
        self._given = _scrubbed(os.environ, keep)
        self._set = _proxies(proxy) | {"PYTHONDONTWRITEBYTECODE": "1", MARK: mark}
        taken = sorted(set(keep) & set(self._set))
        if taken:
            raise UnusablePlug(f"{', '.join(taken)} cannot be kept: the kit itself sets it")

    @property
    def path(self) -> str:
        """Where programs are looked for."""
        return self._given.get("PATH", os.defpath)

    def of(self, home: Home, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of one process; what is kept wins over its home, and what the plug adds over all but proxies."""
        return home.variables() | self._given | dict(extra) | self._set


def _scrubbed(environment: Mapping[str, str], keep: Sequence[str]) -> dict[str, str]:
    wanted = {*ESSENTIAL, *keep}
    kept = {name: value for name, value in environment.items() if name in wanted or name.startswith("LC_")}
    if not {"LANG", "LC_ALL", "LC_CTYPE"} & set(kept):
        kept["LANG"] = "C.UTF-8"  # without any, clients could not print what they are given
    return kept


def _proxies(url: str) -> dict[str, str]:
    both = {name: url for upper in _PROXIES for name in (upper, upper.lower())}
    return both | {"NO_PROXY": _NO_PROXY, "no_proxy": _NO_PROXY, "NODE_USE_ENV_PROXY": "1"}
