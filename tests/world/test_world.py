"""All accounts of a server: opened by their first call, forgotten in order of use, repeatable by seed."""

from __future__ import annotations

import pytest

from mock_server.clock import ManualClock
from mock_server.settings import Settings
from mock_server.world.world import World
from tests.world.make import ORDER, QUICK


def _world(seed: int = 1, **settings: int) -> World:
    return World(Settings(**settings), seed=seed, new_clock=ManualClock)  # type: ignore[arg-type]


def _ids(world: World, key: str, number: int = 5) -> list[tuple[int, int]]:
    tasks = [world.account(key).open_task(ORDER, QUICK) for _ in range(number)]
    return [(task.id, task.file_id) for task in tasks]


def test_key_always_opens_the_same_account() -> None:
    """The first call of a key opens its account; later calls find it; other keys have others."""
    world = _world()
    first = world.account("a")
    assert world.account("a") is first
    assert world.account("b") is not first
    assert world.existing("a") == [first]
    assert [account.key for account in world.existing()] == ["a", "b"]


def test_looking_opens_no_account() -> None:
    """Asking for the account of a key that never called opens none."""
    world = _world()
    assert (world.existing("a"), world.existing(), world.by_handle("0" * 16)) == ([], [], None)


def test_account_unused_for_longest_is_forgotten() -> None:
    """With more accounts than are kept, the least recently used one goes, and its handle leads nowhere."""
    world = _world(max_accounts=2)
    first, second = world.account("a"), world.account("b")
    world.account("a")
    world.account("c")
    assert sorted(account.key for account in world.existing()) == ["a", "c"]
    assert world.by_handle(second.handle) is None
    assert world.by_handle(first.handle) is first
    assert world.account("b") is not second


def test_looking_at_an_account_is_no_use_of_it() -> None:
    """A look from outside does not keep an account from being forgotten."""
    world = _world(max_accounts=2)
    world.account("a")
    world.account("b")
    world.existing("a")
    world.account("c")
    assert world.existing("a") == []


@pytest.mark.parametrize(("key", "number", "left"), [(None, 2, []), ("a", 1, ["b"]), ("c", 0, ["a", "b"])])
def test_reset_forgets_one_account_or_all(key: str | None, number: int, left: list[str]) -> None:
    """A reset says how many accounts it forgot and leaves the others as they are."""
    world = _world()
    handles = {name: world.account(name).handle for name in ("a", "b")}
    assert world.reset(key) == number
    assert [account.key for account in world.existing()] == left
    assert [name for name, handle in handles.items() if world.by_handle(handle)] == left


def test_reset_account_starts_afresh() -> None:
    """After a reset tasks, money and rate window are as at the start, and so is the randomness."""
    world = _world(rpm=1, balance=1)
    made = _ids(world, "a")
    account = world.account("a")
    assert (account.admit(), account.admit(), account.reserve(1000)) == (True, False, None)
    world.reset("a")
    account = world.account("a")
    assert account.query(made[0][0]) is None
    assert (account.admit(), account.balance()) == (True, 1000)
    assert _ids(world, "a") == made


def test_same_seed_gives_the_same_world() -> None:
    """Identifiers, handles, request ids and the secret of links follow from seed and key alone."""

    def outcome(seed: int) -> tuple[object, ...]:
        world = _world(seed)
        return (_ids(world, "a"), world.account("a").handle, world.account("a").random_hex(40), world.random_hex(40),
                world.link_secret)  # fmt: skip

    assert outcome(7) == outcome(7)
    assert all(mine != other for mine, other in zip(outcome(7), outcome(8), strict=True))


def test_accounts_do_not_disturb_each_others_randomness() -> None:
    """What a key gets does not depend on what other keys do in between, which keeps parallel tests repeatable."""
    alone = _ids(_world(), "a", 6)
    world = _world()
    mixed = []
    for _ in range(6):
        _ids(world, "b", 2)
        mixed += _ids(world, "a", 1)
    assert mixed == alone
    assert _ids(_world(), "b", 6) != alone


def test_every_account_has_a_clock_of_its_own() -> None:
    """Moving the time of one account leaves the others and the server where they are."""
    world = _world()
    clock = world.account("a").clock
    assert isinstance(clock, ManualClock)
    clock.advance(100)
    assert clock.now() == world.account("b").clock.now() + 100 == world.clock.now() + 100


def test_reset_of_everything_repeats_the_servers_randomness() -> None:
    """A reset of all accounts puts the generator for calls without an account back; a reset of one does not."""
    world = _world()
    first, second = world.random_hex(40), world.random_hex(40)
    world.reset("a")
    assert world.random_hex(40) not in (first, second)
    world.reset()
    assert world.random_hex(40) == first
