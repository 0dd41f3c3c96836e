"""The harness of `make bench`: what it makes of figures, and that its parts run. Nothing here looks at speed."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import verify
from benchmarks.__main__ import MEASUREMENTS
from benchmarks.client import Client
from benchmarks.contestants import floor
from benchmarks.exchanges import CREATE, WRONG_CREATE, task_of
from benchmarks.load import read
from benchmarks.page import BEGIN, END, PAGE, Outcome, generated, put_into
from benchmarks.row import Limit, Row, Spread, spread
from benchmarks.subject import ROOT, Subject, running
from benchmarks.table import aims, figures, number

VALUES = {"mock": [2.0, 9.0, 4.0], "bare": [1.0, 3.0, 1.0], "peer": [4.0, 9.0, 16.0]}
WRK = """
  1200 requests in 2.00s, 0.50MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 7
Requests/sec:    600.50
"""


def test_a_ratio_is_made_within_one_round() -> None:
    """Not of the medians."""
    row = Row("create", "ms", VALUES, "bare")
    assert row.ratios("mock") == [2, 3, 4]
    assert row.ratios("mock", "peer") == [0.5, 1, 0.25]
    assert spread(row.ratios("mock", "peer")) == Spread(0.5, 0.25, 1)


def test_nothing_is_infinitely_less() -> None:
    """Who answered nothing in a round does not end the run."""
    row = Row("create", "requests/s", {"mock": [5.0, 0.0], "peer": [0.0, 0.0]}, "peer")
    assert row.ratios("mock") == [math.inf, 1]


def test_pairs() -> None:
    """Everybody is divided by one, or one by everybody."""
    assert Row("create", "ms", VALUES, "bare").pairs() == [("mock", "bare"), ("peer", "bare")]
    assert Row("create", "ms", VALUES, "bare", subject="mock").pairs() == [("mock", "bare"), ("mock", "peer")]


def test_figures() -> None:
    """Absolute numbers are those of one subject and its floor; everything else is a ratio with its spread."""
    row = Row("create", "ms", VALUES, "bare", subject="mock", notes=["a note"])
    assert figures([row, row]).splitlines() == [
        "| what | mock | bare | ÷ bare | ÷ peer |",
        "| --- | --- | --- | --- | --- |",
        "| create, ms | 4.00 | 1.00 | 3.00 (2.00–4.00) | 0.50 (0.25–1.00) |",
        "| create, ms | 4.00 | 1.00 | 3.00 (2.00–4.00) | 0.50 (0.25–1.00) |",
        "",
        "- a note",
    ]
    assert figures([Row("create", "ms", VALUES, "bare")]).splitlines()[::2] == [
        "| what | bare | mock ÷ bare | peer ÷ bare |",
        "| create, ms | 1.00 | 3.00 (2.00–4.00) | 4.00 (3.00–16.0) |",
    ]


def test_what_was_reached_is_told() -> None:
    """By the median, or by each round; what was not measured is neither reached nor not."""
    limits = [
        Limit("mock", "peer", at_most=0.5, words="half"),
        Limit("mock", "bare", at_most=2.9),
        Limit("mock", at_least=4),
        Limit("mock", at_least=4, always=True),
        Limit("mock", "absent", at_most=1),
    ]
    assert aims([Row("create", "ms", VALUES, "bare", limits=limits), Row("x", "s", VALUES, "bare", aim="soon")]).splitlines()[2:] == [
        "| create | mock ÷ peer at most 0.5 (half) | 0.50 (0.25–1.00) | yes |",
        "| create | mock ÷ bare at most 2.9 | 3.00 (2.00–4.00) | **no** |",
        "| create | mock at least 4 ms | 4.00 (2.00–9.00) | yes |",
        "| create | mock at least 4 ms | 4.00 (2.00–9.00) | **no** |",
        "| create | mock ÷ absent at most 1 | — | not measured |",
        "| x | soon | see the figures | — |",
    ]  # fmt: skip


def test_numbers_have_as_many_digits_as_are_of_use() -> None:
    """Three or so."""
    assert [number(value) for value in (0, 0.123, 9.99, 12.34, 56.7, 123.4, 12345.6)] == [
        "0", "0.12", "9.99", "12.3", "57", "123", "12,346",
    ]  # fmt: skip


def test_wrk_is_read() -> None:
    """With its errors, which are told."""
    report = read(WRK)
    assert (report.per_second, report.count) == (600.5, 1200)
    assert report.trouble == "socket errors: connect 0, read 3, write 0, timeout 1; 7 answers were not 2xx"
    with pytest.raises(OSError, match="tells no rate"):
        read("unable to connect")


def test_the_page_keeps_what_is_written_by_hand(tmp_path: Path) -> None:
    """What stands between the markers is replaced, and nothing else."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put_into(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("no markers")
    with pytest.raises(ValueError, match="does not have"):
        put_into(page, "new")
    assert BEGIN in PAGE.read_text()


def test_a_measurement_that_failed_is_told() -> None:
    """Beside those that did not."""
    text = generated(
        [Outcome("a", "About a.", [Row("x", "s", VALUES, "bare")]), Outcome("b", "B.", [], "OSError: no")], 3, "v"
    )
    assert "| x, s | 1.00 |" in text
    assert "### b\n\nB.\n\nCould not be measured: OSError: no" in text


@pytest.mark.parametrize("name", [name for name in MEASUREMENTS if importlib.util.find_spec(f"benchmarks.{name}")])
def test_every_measurement_says_what_it_measures(name: str) -> None:
    """In the first line of its module, which becomes a line of the page."""
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.measure)
    assert (module.__doc__ or "").splitlines()[0].endswith(".")


def test_a_measurement_gives_rows() -> None:
    """A small one, from the start of the mock to the table."""
    rows = verify.measure(1, entries=5)
    assert [len(values) for values in rows[0].values.values()] == [1, 1, 1]
    assert "verify over 5 requests" in figures(rows)


def test_the_floor_answers_what_the_mock_answers_and_ends(tmp_path: Path) -> None:
    """Its process is gone after the block, though an error ends it."""
    pid = 0
    with pytest.raises(RuntimeError, match="on the way"), running(floor(), tmp_path) as server:
        pid = server.pid
        with Client(server.port) as client:
            assert task_of(client.ask(CREATE))
        assert server.seconds_to_first_answer > 0
        assert server.resident_mib() > 10
        raise RuntimeError("on the way")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (Subject("dead", lambda *_: [sys.executable, "-c", ""]), "dead ended before"),
        (Subject("lax", lambda port, folder: floor().command(port, folder), refuses=True), "lax takes a wrong body"),
    ],
    ids=["one that ends", "one that should check bodies and does not"],
)
def test_who_does_not_answer_well_is_not_measured(subject: Subject, reason: str, tmp_path: Path) -> None:
    """Its figures would be worth nothing."""
    with pytest.raises(RuntimeError, match=reason), running(subject, tmp_path):
        pass


def test_a_wrong_answer_is_not_taken_for_a_valid_one() -> None:
    """Neither another status nor another content."""
    with pytest.raises(ValueError, match="not the answer"):
        task_of(b'{"task_id":"","base_resp":{"status_code":2013,"status_msg":"invalid params"}}')
    assert b"Hailuo-3" in WRONG_CREATE.raw(1)


def test_names_of_measurements_are_checked() -> None:
    """Before anything is started."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "there is no nothing; choose from start, sequential" in done.stderr
