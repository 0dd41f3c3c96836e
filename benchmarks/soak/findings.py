"""What a soak found: as rows of a table, and what of it is not as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.soak import watching

# The last one, for the table of SECURITY.md.
RESULTS = Path("build/soak.json")
# The bound for a stop (ARCHITECTURE.md), and what starting and looking at a process costs on a machine that is busy.
STOP_SECONDS, STOP_GRACE = 2.0, 1.0


def faults_of(found: dict[str, Any]) -> list[str]:
    """Everything that is not as it should be, a line each."""
    memory, threads, descriptors = found["memory KB"], found["threads"], found["descriptors"]
    stop = STOP_SECONDS + STOP_GRACE
    checks = {
        f"memory grows by {memory['slope']:.0f} KB a minute": memory["slope"] > memory["allowed"],
        f"{threads['after']} threads at rest": threads["after"] > threads["before"] + watching.THREADS_MORE,
        f"{descriptors['after']} file descriptors at rest":
            descriptors["after"] > descriptors["before"] + watching.DESCRIPTORS_MORE,
        f"{len(found['unexpected'])} unexpected answers, the first: {found['unexpected'][:1]}": found["unexpected"],
        f"{found['tracebacks']} tracebacks in the log": found["tracebacks"],
        f"health not answered: {found['health unanswered'][:3]}": found["health unanswered"],
        f"the stop took {found['stop seconds']:.1f} s": found["stop seconds"] > stop,
        f"exit code {found['exit code']}": found["exit code"] != 0,
    }  # fmt: skip
    return [words for words, wrong in checks.items() if wrong]


def table(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured, as rows of a table."""
    memory, health = found["memory KB"], found["health ms"]
    at_rest = {
        name: f"{found[name]['before']} before, {found[name]['after']} after" for name in ("threads", "descriptors")
    }
    return [
        ("minutes, seed", f"{found['minutes']:g}, {found['seed']}"),
        ("requests", f"{found['requests']}, of which unexpected answers {len(found['unexpected'])}"),
        ("journeys", ", ".join(f"{name} {count}" for name, count in found["journeys"].items())),
        ("messages to receivers that listen", f"{found['challenges']} challenges, {found['updates']} updates, answered within {found['receiver ms']:.0f} ms"),
        ("memory, last two thirds", f"{memory['then'] / 1024:.0f} MB (at most {memory['most'] / 1024:.0f} MB), "
         f"slope {memory['slope']:+.0f} KB a minute; {memory['allowed']:.0f} would be allowed"),
        ("threads", f"{at_rest['threads']} at rest; at most {found['threads']['most']}, slope {found['threads']['slope']:+.1f} a minute"),
        ("file descriptors", f"{at_rest['descriptors']} at rest; at most {found['descriptors']['most']}, "
         f"slope {found['descriptors']['slope']:+.1f} a minute"),
        ("a healthy client meanwhile", f"{health['count']} answers, median {health['median']:.0f} ms, "
         f"p99 {health['p99']:.0f} ms, worst {health['worst']:.0f} ms, not answered {len(found['health unanswered'])}"),
        ("tracebacks in the log", str(found["tracebacks"])),
        ("SIGTERM under load", f"exit code {found['exit code']} after {found['stop seconds']:.1f} s"),
    ]  # fmt: skip
