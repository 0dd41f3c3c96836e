"""What the operations work with: settings, contract, accounts and journal of one server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mock_server.callbacks.address import Resolver
from mock_server.callbacks.callbacks import Callbacks
from mock_server.clock import Clock, ManualClock, RealClock
from mock_server.contract.contract import Contract, load_contract
from mock_server.operations.keeping import go_on_telling, open_store, put_back
from mock_server.settings import Settings
from mock_server.world.journal import Journal
from mock_server.world.own_faults import OwnFaults
from mock_server.world.pauses import Pauses
from mock_server.world.restoring import RuleReader, read_back
from mock_server.world.scenario import Catalogue
from mock_server.world.store import Store
from mock_server.world.uploads import Uploads
from mock_server.world.video import check_videos
from mock_server.world.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """One imitated service."""

    settings: Settings
    contract: Contract
    world: World
    journal: Journal
    callbacks: Callbacks
    catalogue: Catalogue
    pauses: Pauses
    own_faults: OwnFaults
    uploads: Uploads
    store: Store

    def start(self) -> None:
        """Lets callbacks be sent and threads wait again, after a stop; goes on with callbacks that were kept.

        Raises StartupError when the store cannot be had again.
        """
        self.store.open()
        self.pauses.start()
        self.journal.signal.start()
        self.callbacks.start()
        if self.store.durable:
            go_on_telling(self)

    def stop(self) -> None:
        """Ends whatever waits, and everything that is under way to receivers."""
        self.pauses.stop()
        self.journal.signal.end()
        self.callbacks.stop()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is changed within is kept for good when it ends. Raises StoreError when it cannot be."""
        try:
            yield
        finally:
            self.store.flush()


def build_service(
    settings: Settings,
    *,
    contract: Contract | None = None,
    new_clock: Callable[[], Clock] | None = None,
    resolver: Resolver | None = None,
) -> Service:
    """A service in its first state. Without a seed in the settings a new one is drawn, so that runs differ.

    `new_clock` makes the clock of each account, by default the one of the settings; `resolver` finds the addresses of
    callback receivers, by default the system's. Raises StartupError for a scenario that is not there or wrong, for
    a broken document of a mode, and for a video that its calls could end in and that is missing.
    """
    seed = secrets.randbits(32) if settings.seed is None else settings.seed
    contract = contract or load_contract()
    check_videos(contract.modes(settings.modes))
    catalogue = Catalogue(contract, settings.scenario_file or ())
    scenario = catalogue.scenario(settings.scenario).active if settings.scenario is not None else None
    pauses = Pauses()
    own_faults = OwnFaults()
    store = open_store(settings, own_faults)
    try:
        kept = read_back(store, settings, RuleReader(contract.codes, catalogue))
        world = World(
            settings, seed=seed if kept is None else kept.server.seed, new_clock=new_clock or _clock_maker(settings),
            scenario=scenario, store=store, kept=kept,
        )  # fmt: skip
        callbacks = Callbacks(settings, contract, world.rules, pauses, own_faults, resolver=resolver, store=store)
        world.when_forgotten(callbacks.forget)
        uploads = Uploads(settings.upload_bytes)
        world.when_forgotten(uploads.forget)
        if kept is not None:
            put_back(kept.uploads, uploads, world)
    except BaseException:
        store.close()
        raise
    return Service(
        settings=settings,
        contract=contract,
        world=world,
        journal=Journal(max_entries=settings.journal_max, max_bytes=settings.journal_bytes),
        callbacks=callbacks,
        catalogue=catalogue,
        pauses=pauses,
        own_faults=own_faults,
        uploads=uploads,
        store=store,
    )


def _clock_maker(settings: Settings) -> Callable[[], Clock]:
    return ManualClock if settings.clock == "manual" else lambda: RealClock(settings.time_scale)
