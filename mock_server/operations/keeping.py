"""What is kept between two starts, and what goes on after one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mock_server.callbacks.kept import OUTBOXES
from mock_server.settings import Settings
from mock_server.world.kept import UploadRow
from mock_server.world.own_faults import OwnFaults
from mock_server.world.restoring import RuleReader
from mock_server.world.store import Store
from mock_server.world.store_memory import MemoryStore
from mock_server.world.uploads import Upload, Uploads
from mock_server.world.world import World

if TYPE_CHECKING:
    from mock_server.operations.service import Service

_LOG = logging.getLogger("mock_server")


def open_store(settings: Settings, own_faults: OwnFaults) -> Store:
    """The file of the settings, or memory. Raises StartupError for a file that cannot be had."""
    if settings.state is None:
        return MemoryStore()
    from mock_server.world.store_sqlite import SqliteStore  # only who keeps something loads SQLite

    def failed(text: str) -> None:
        own_faults.add(None, text)
        _LOG.error("%s", text)

    return SqliteStore(settings.state, failed)


def put_back(kept: list[tuple[str, int, UploadRow]], uploads: Uploads, world: World) -> None:
    """Puts uploaded files back in their order."""
    owners = {account.keeping.owner: account for account in world.existing()}
    for owner, file_id, row in kept:
        if (account := owners.get(owner)) is not None:
            uploads.put(Upload(account, file_id, row.name, row.purpose, row.content, row.created_at), kept=True)


def go_on_telling(service: Service) -> None:
    """Receivers are told what they were not told before the last stop. Raises StartupError for a broken rule."""
    owners = {account.keeping.owner: account for account in service.world.existing()}
    left = []
    for owner, name, row in list(service.store.things(OUTBOXES)):
        account = owners.get(owner)
        found = account.task(int(name)) if account is not None else None
        if account is not None and found is not None:
            left.append((account, found[0], row))
        else:
            service.store.remove(OUTBOXES, owner, name)
    service.callbacks.go_on(left, RuleReader(service.contract.codes, service.catalogue))
