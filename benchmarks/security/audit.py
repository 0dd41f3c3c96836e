"""Asks whether a known vulnerability is in what is installed: `python -m benchmarks.security.audit PIP_AUDIT`. `make audit`.

pip-audit, in an environment of its own, looks at every package of this one. Its data comes from PyPI, or from OSV where PyPI
has none (a mirror seldom has). Where neither can be had that is said in one line, and is no failure. Ends with 1 when a
vulnerability is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "minimax-mock"
SERVICES = ("pypi", "osv")
SECONDS = 600


@dataclass
class Audit:
    """What one service said: how many packages were looked up, which it does not know, and what is wrong."""

    service: str = ""
    looked_up: int = 0
    unknown: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)
    # Why there is no answer, for each service that gave none.
    silent: list[str] = field(default_factory=list)

    @property
    def in_words(self) -> str:
        """The outcome in one line."""
        if not self.service:
            return f"not done, the data cannot be had here ({'; '.join(self.silent)}); run `make audit` where it can"
        outcome = f"{len(self.vulnerable)} known vulnerabilities in {self.looked_up} packages ({self.service})"
        return outcome + (f"; {len(self.unknown)} are unknown there: {', '.join(self.unknown)}" if self.unknown else "")


def audit(command: str) -> Audit:
    """Asks the services in turn, until one knows anything of the packages."""
    needed = run_time_packages()
    found = Audit()
    for service in SERVICES:
        said, why_not = _ask(command, service)
        packages = [each for each in said if canonicalize_name(each["name"]) != OWN]
        known = [each for each in packages if "skip_reason" not in each]
        if not known:
            found.silent.append(f"{service}: {why_not or _reason(packages)}")
            continue
        found.service, found.looked_up = service, len(known)
        found.unknown = sorted(each["name"] for each in packages if "skip_reason" in each)
        found.vulnerable = [_in_words(each, each["name"] in needed) for each in known if each["vulns"]]
        break
    return found


def _ask(command: str, service: str) -> tuple[list[Any], str]:
    """What pip-audit says of each package; and in a few words why it says nothing, when it fails."""
    asked = [command, "--vulnerability-service", service, "--path", sysconfig.get_path("purelib"), "--format", "json",
             "--progress-spinner", "off", "--timeout", "15"]  # fmt: skip
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=False)
        return json.loads(done.stdout)["dependencies"], ""
    except subprocess.TimeoutExpired:
        return [], f"no answer within {SECONDS} s"
    except (OSError, ValueError) as error:
        lines = done.stderr.strip().splitlines() if not isinstance(error, OSError) else [str(error)]
        return [], (lines[-1].rpartition("Caused by ")[2].partition(" ([")[0][:120] if lines else "nothing was said")


def _reason(packages: list[Any]) -> str:
    return f"it knows none of the {len(packages)} packages" if packages else "no packages were found"


def _in_words(package: Any, needed: bool) -> str:
    names = ", ".join(
        f"{each['id']} (fixed in {' '.join(each['fix_versions']) or 'no release'})" for each in package["vulns"]
    )
    return (
        f"{package['name']} {package['version']}, {'needed at run time' if needed else 'for development only'}: {names}"
    )


def run_time_packages() -> set[str]:
    """The packages that `pip install minimax-mock` brings, without those of extras."""
    found: set[str] = set()
    waiting = [OWN]
    while waiting:
        try:
            required = distribution(waiting.pop()).requires or []
        except PackageNotFoundError:
            continue
        for each in map(Requirement, required):
            name = canonicalize_name(each.name)
            if name not in found and (each.marker is None or each.marker.evaluate({"extra": ""})):
                found.add(name)
                waiting.append(name)
    return found


def main() -> int:
    """Audits and prints."""
    found = audit(sys.argv[1])
    print(f"audit: {found.in_words}")
    for each in found.vulnerable:
        print(f"audit: {each}")
    return 1 if found.vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
