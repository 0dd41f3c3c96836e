"""Uploaded files: whose they are, and which one goes when there is no more room."""

from __future__ import annotations

import random

import pytest

from mock_server.clock import ManualClock
from mock_server.world.account import Account
from mock_server.world.ids import IdSource
from mock_server.world.link import Target, link_target, signed_link
from mock_server.world.order import Limits
from mock_server.world.uploads import LEAST_BYTES, Upload, Uploads


def account(key: str) -> Account:
    """An account without limits."""
    return Account(
        key, seed=1, opened_before=0, clock=ManualClock(), limits=Limits(rpm=None, balance=None, max_tasks=9)
    )


def put(uploads: Uploads, owner: Account, size: int) -> int:
    """Uploads a file of that size; gives its number."""
    file_id, now = owner.new_upload()
    uploads.put(Upload(owner, file_id, "a.bin", "retrieval", b"x" * size, now))
    return file_id


def test_the_oldest_file_of_all_accounts_goes_first() -> None:
    """Bytes are counted over all accounts, and files leave in the order in which they came."""
    uploads, alice, bob = Uploads(10_000), account("alice"), account("bob")
    first, second, third = put(uploads, alice, 4000), put(uploads, bob, 4000), put(uploads, alice, 4000)
    assert uploads.get(alice, first) is None
    assert [each.file_id for each in uploads.of(alice)] == [third]
    assert [each.file_id for each in uploads.of(bob)] == [second]
    assert uploads.kept_bytes == 8000
    put(uploads, bob, 10_000)
    assert (uploads.of(alice), len(uploads.of(bob)), uploads.kept_bytes) == ([], 1, 10_000)


def test_small_files_are_bounded_in_number() -> None:
    """Each counts for what is known of it, so that files of one byte do not fill the memory either."""
    uploads, alice = Uploads(10 * LEAST_BYTES), account("alice")
    for _ in range(25):
        put(uploads, alice, 1)
    assert (len(uploads.of(alice)), uploads.kept_bytes) == (10, 10 * LEAST_BYTES)


def test_a_file_is_removed_once_and_by_its_owner_alone() -> None:
    """A number of somebody else's file is the number of no file."""
    uploads, alice, bob = Uploads(10_000), account("alice"), account("bob")
    file_id = put(uploads, alice, 10)
    assert uploads.get(bob, file_id) is None
    assert [uploads.remove(bob, file_id), uploads.remove(alice, file_id), uploads.remove(alice, file_id)] == [
        False, True, False,
    ]  # fmt: skip
    assert uploads.kept_bytes == 0


def test_a_forgotten_account_leaves_no_file_behind() -> None:
    """Neither those that it had, nor one whose upload was still under way when it was forgotten."""
    uploads, alice, bob = Uploads(100_000), account("alice"), account("bob")
    put(uploads, alice, 10)
    kept = put(uploads, bob, 10)
    uploads.forget(alice)
    put(uploads, alice, 10)
    assert uploads.of(alice) == []
    assert uploads.get(bob, kept) is not None
    assert uploads.kept_bytes == LEAST_BYTES


def test_numbers_of_uploads_and_videos_never_meet() -> None:
    """However many files come at one moment, also where the number of a later video would fall."""
    ids = IdSource(random.Random(1))
    taken = [ids.file_id(ids.task_id(1_795_000_000), 0.01 * step) for step in range(200)]
    taken += [ids.upload_id(1_795_000_000) for _ in range(200)]
    assert len(set(taken)) == 400


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("cat.png", "cat.png"), ("my cat (1).png", "my_cat_1_.png"), (".bashrc", "bashrc"), ("...", "file"),
        ("Katze ä.png", "Katze_.png"), ("\u2028", "_"), ("x" * 300 + ".png", "x" * 96 + ".png"), ("a?b#c%2f.txt", "a_b_c_2f.txt"),
    ],
)  # fmt: skip
def test_a_link_to_an_upload_ends_in_a_plain_name(name: str, last: str) -> None:
    """Nothing in the name of a file changes where its link leads."""
    link = signed_link(b"secret", Target("0123456789abcdef", 77, name), made_at=1_795_000_000, expires_at=1_795_000_009)
    path = link.partition("?")[0]
    assert path.rpartition("/")[2] == last
    found = link_target(path)
    assert found is not None
    assert (found.handle, found.file_id) == ("0123456789abcdef", 77)
