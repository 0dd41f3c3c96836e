"""Rounds of cases. A round is made from the seed of the run and its own number alone, so each can be repeated by itself."""

from __future__ import annotations

import gc
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.addresses import header_case, link_case, path_case, query_case
from tests.fuzz.bodies import create_case, delete_case, noise_case, picture_case
from tests.fuzz.case import Case
from tests.fuzz.control import ControlCases
from tests.fuzz.forms import upload_case
from tests.fuzz.material import Known
from tests.fuzz.opening import begin_anew, opening
from tests.fuzz.oracle import Complaint, judge
from tests.fuzz.target import PROFILES, SECONDS, Reply, Target

CASES_IN_A_ROUND = 250
# Of so many rounds one goes over a socket, with fewer cases.
SOCKET_EVERY = 20
CASES_OVER_SOCKET = 60
Maker = Callable[[Random, Known], Case]


@dataclass(frozen=True, slots=True)
class Failure(Exception):
    """A case was answered as none may be: which one, and what is wrong."""

    round: int
    number: int
    case: Case
    words: str

    def __str__(self) -> str:
        return f"round {self.round}, case {self.number}: {self.words}\n{self.case.shown()}"


@dataclass(slots=True)
class Measured:
    """What a run has done so far: cases by family and by HTTP status, and the memory after each round."""

    families: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    blocks: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.families.values())

    def count(self, case: Case, reply: Reply | None) -> None:
        """Counts a case that was answered well."""
        self.families[case.family] += 1
        if reply is not None:
            self.statuses[reply.status] += 1
            self.slowest = max(self.slowest, reply.seconds)

    def weigh(self) -> None:
        """Notes the memory that is in use now."""
        gc.collect()
        self.blocks.append(sys.getallocatedblocks())
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.resident.append(pages * 4096)

    def thirds(self, values: list[int]) -> tuple[int, int, int]:
        """The middle value of each third of the run."""
        third = max(len(values) // 3, 1)
        first, second, last = (
            statistics.median_low(values[start:][:third])
            for start in (0, min(third, len(values) - third), len(values) - third)
        )
        return first, second, last


def makers(known: Known) -> list[tuple[Maker, int]]:
    """Every way to make a case, with its weight."""
    return [
        (create_case, 30), (picture_case, 12), (noise_case, 4), (delete_case, 6), (upload_case, 10), (query_case, 16), (path_case, 8),
        (link_case, 8), (header_case, 10), (ControlCases(known).call, 26),
    ]  # fmt: skip


class Campaign:
    """Plays rounds against one mock for each profile."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.measured = Measured()
        self._targets: dict[int, Target] = {}

    def play(self, number: int, cases: int = CASES_IN_A_ROUND, *, over_socket: bool | None = None) -> None:
        """Plays one round. Raises Failure."""
        if over_socket is None:
            over_socket = number % SOCKET_EVERY == SOCKET_EVERY - 1
        rng, known = Random(f"{self.seed}:{number}"), Known()
        ways, weights = zip(*makers(known), strict=True)
        with self._target(number % len(PROFILES)) as target:
            begin_anew(target)
            for index in range(min(cases, CASES_OVER_SOCKET) if over_socket else cases):
                case = opening(index, known) or rng.choices(ways, weights)[0](rng, known)
                reply = self._put(case, target, number, index, over_socket=over_socket)
                if reply is not None:
                    known.learn(reply.headers, reply.content)
                self.measured.count(case, reply)
            begin_anew(target)

    def _target(self, profile: int) -> Target:
        if profile not in self._targets:
            self._targets[profile] = Target(profile)
        return self._targets[profile]

    def _put(self, case: Case, target: Target, number: int, index: int, *, over_socket: bool) -> Reply | None:
        before = target.service.own_faults.mark()
        try:
            reply = target.call_over_socket(case) if over_socket else target.call(case)
            if reply is not None:
                judge(case, reply, target, before, over_socket=over_socket)
        except Complaint as complaint:
            raise Failure(number, index, case, str(complaint)) from None
        except TimeoutError:
            raise Failure(number, index, case, f"no answer within {SECONDS:g} s") from None
        except Exception as error:
            raise Failure(number, index, case, f"{type(error).__name__}: {error}") from error
        return reply
