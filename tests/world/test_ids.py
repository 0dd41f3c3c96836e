"""Identifiers: their shape, and that they never repeat."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from mock_server.world.ids import IdSource, random_hex

NOW = 1_795_000_000.0


def _source(seed: int = 1) -> IdSource:
    return IdSource(random.Random(seed))


@pytest.mark.parametrize("month", range(1, 13))
def test_identifiers_of_2026_have_fifteen_digits(month: int) -> None:
    """Task and file identifiers made in 2026 have fifteen digits, also for the longest task, and n below 512."""
    source = _source(month)
    task_id = source.task_id(datetime(2026, month, 28, 23, 59, 59, tzinfo=UTC).timestamp())
    for identifier in (task_id, source.file_id(task_id, 2.0), source.file_id(task_id, 86_400.0)):
        assert len(str(identifier)) == 15
        assert identifier & 0xFFF < 512


def test_frozen_clock_still_gives_strictly_growing_identifiers() -> None:
    """Five thousand tasks of one moment have different identifiers, each larger than the one before."""
    source = _source()
    made = [source.task_id(NOW) for _ in range(5000)]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_clock_that_goes_back_does_not_repeat_identifiers() -> None:
    """Identifiers grow even if the time that is handed in does not."""
    source = _source()
    assert source.task_id(NOW) < source.task_id(NOW - 3600) < source.task_id(NOW - 7200)


def test_files_of_different_lengths_never_meet() -> None:
    """Five thousand tasks of one moment with all kinds of lengths have different files, each later than its task."""
    source, rng = _source(), random.Random(8026)
    tasks = [source.task_id(NOW) for _ in range(5000)]
    files = [source.file_id(task_id, rng.choice([0.0, 0.001, 0.5, 1.0, 2.0])) for task_id in tasks]
    assert len(set(files)) == 5000
    assert all(file_id > task_id for task_id, file_id in zip(tasks, files, strict=True))


def test_difference_of_file_and_task_is_the_time_between_them() -> None:
    """As in recorded identifiers, the difference counts the milliseconds from the task to its file."""
    source = _source()
    task_id = source.task_id(NOW)
    assert (source.file_id(task_id, 112.5) - task_id) / 4096 == 112_500


def test_identifiers_are_a_clock() -> None:
    """A second lies 4.096 million identifiers after the one before, give or take the random bits."""
    source = _source()
    first, second = source.task_id(NOW), source.task_id(NOW + 1)
    assert abs(second - first - 4096 * 1000) <= 4096 + 512


def test_forgotten_file_frees_its_identifier() -> None:
    """What is remembered of a file ends with the file."""
    source = _source()
    first = source.file_id(4096, 1.0)
    assert source.file_id(4096, 1.0) != first
    source.forget_file(first)
    assert source.file_id(4096, 1.0) == first


def test_same_seed_gives_the_same_identifiers() -> None:
    """Identifiers follow from seed and time alone, and another seed gives others."""

    def made(seed: int) -> list[int]:
        source = _source(seed)
        return [source.task_id(NOW + step) for step in range(20)]

    assert made(7) == made(7)
    assert made(7) != made(8)


@pytest.mark.parametrize("digits", [1, 16, 24, 112])
def test_random_hex_has_the_digits_asked_for(digits: int) -> None:
    """Leading zeros are kept, so that the length is always the same."""
    rng = random.Random(8026)
    made = [random_hex(rng, digits) for _ in range(200)]
    assert all(len(text) == digits and int(text, 16) >= 0 for text in made)
    assert any(text.startswith("0") for text in made)
