"""What the operations work with: settings, contract, accounts and journal of one server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from mock_server.callbacks.address import Resolver
from mock_server.callbacks.callbacks import Callbacks
from mock_server.clock import Clock, RealClock
from mock_server.contract.contract import Contract, load_contract
from mock_server.settings import Settings
from mock_server.world.journal import Journal
from mock_server.world.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """One imitated service."""

    settings: Settings
    contract: Contract
    world: World
    journal: Journal
    callbacks: Callbacks


def build_service(
    settings: Settings,
    *,
    contract: Contract | None = None,
    new_clock: Callable[[], Clock] = RealClock,
    resolver: Resolver | None = None,
) -> Service:
    """A service in its first state. Without a seed in the settings a new one is drawn, so that runs differ.

    `resolver` finds the addresses of callback receivers, by default the system's.
    """
    seed = secrets.randbits(32) if settings.seed is None else settings.seed
    contract = contract or load_contract()
    world = World(settings, seed=seed, new_clock=new_clock)
    callbacks = Callbacks(settings, contract, resolver=resolver)
    world.when_forgotten(callbacks.forget)
    return Service(
        settings=settings,
        contract=contract,
        world=world,
        journal=Journal(max_entries=settings.journal_max, max_bytes=settings.journal_bytes),
        callbacks=callbacks,
    )
