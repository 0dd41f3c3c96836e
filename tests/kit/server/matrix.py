"""Judges every broken mock, and the whole one: `python -m tests.kit.server.matrix [NAME ...]`.

Prints Markdown. The exit code is 1 when a variant is caught by other cases than it declares, or the whole mock by any.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Sequence

from contract_tests.server_cases import server_cases
from tests.kit.server.breaking import Variant
from tests.kit.server.suite import Verdicts, judge
from tests.kit.server.variants import VARIANTS


def deviation(variant: Variant | None, verdicts: Verdicts) -> str:
    """How what the suite found differs from what was declared; empty when it does not."""
    declared = variant.caught_by if variant is not None else frozenset()
    found = set(verdicts.failed)
    parts = [
        *(f"not caught by {case}" for case in sorted(declared - found)),
        *(f"also caught by {case} ({verdicts.failed[case]})" for case in sorted(found - declared)),
        *verdicts.errors,
    ]
    if unjudged := set(server_cases()) - found - verdicts.passed:
        parts.append(f"not judged: {', '.join(sorted(unjudged))}")
    return " ".join("; ".join(parts).split())


def rows(names: Iterable[str]) -> tuple[list[str], int]:
    """A row of the table for each variant, and how many of them deviate."""
    lines, wrong = [], 0
    for name in names:
        variant = VARIANTS[name]
        fault = deviation(variant, judge(variant))
        wrong += bool(fault)
        caught_by = ", ".join(case.removeprefix("SV-") for case in sorted(variant.caught_by))
        lines.append(f"| `{name}` | {variant.fault} | {caught_by} | {fault or 'as declared'} |")
    return lines, wrong


def kills() -> dict[str, int]:
    """How many variants each case catches, going by what is declared."""
    return {case: sum(case in each.caught_by for each in VARIANTS.values()) for case in server_cases()}


def main(names: Sequence[str]) -> int:
    """Prints the table; 1 when anything deviates, 2 for a variant that there is not."""
    if unknown := set(names) - set(VARIANTS):
        sys.stderr.write(f"no such variant: {', '.join(sorted(unknown))}; allowed: {', '.join(VARIANTS)}\n")
        return 2
    logging.disable(logging.CRITICAL)  # internal errors are what some of the variants are about
    whole = deviation(None, judge(None))
    lines, wrong = rows(names or VARIANTS)
    table = [
        "| variant | fault | caught by SV- | |", "|---|---|---|---|",
        f"| whole | none | | {whole or 'as declared'} |", *lines, "",
        "| case | variants that it catches |", "|---|---|", *(f"| {case} | {n} |" for case, n in kills().items()),
    ]  # fmt: skip
    sys.stdout.write("\n".join(table) + "\n")
    return 1 if wrong or whole else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
