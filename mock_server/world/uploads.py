"""Uploaded files of all accounts, in memory and bounded by their bytes: the oldest is forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakSet

from mock_server.world.account import Account
from mock_server.world.kept import UploadRow

# What a file counts at least, for what is known of it besides its content.
LEAST_BYTES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """One uploaded file."""

    owner: Account
    file_id: int
    name: str
    purpose: str
    content: bytes
    created_at: float

    @property
    def counted(self) -> int:
        """The bytes that it counts."""
        return max(len(self.content), LEAST_BYTES)

    @property
    def row(self) -> UploadRow:
        """What is kept of it."""
        return UploadRow(self.name, self.purpose, self.created_at, self.content)


class Uploads:
    """The uploaded files of one server. It owns its lock, which is never held while an account's is taken."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        # Both in the order of the uploads.
        self._kept: OrderedDict[Upload, None] = OrderedDict()
        self._by_owner: dict[Account, dict[int, Upload]] = {}
        self._gone: WeakSet[Account] = WeakSet()
        self._bytes = 0

    def put(self, upload: Upload, *, kept: bool = False) -> None:
        """Keeps a file that fits into the bound by itself; the oldest ones go while there is no room.

        One whose account was forgotten meanwhile is forgotten with it. `kept` says that the store has it already.
        """
        with self._lock:
            if upload.owner in self._gone:
                return
            self._kept[upload] = None
            self._by_owner.setdefault(upload.owner, {})[upload.file_id] = upload
            self._bytes += upload.counted
            if not kept:
                upload.owner.keeping.upload(upload.file_id, upload.row)
            oldest = []
            while self._bytes > self.max_bytes:
                oldest.append(next(iter(self._kept)))
                self._drop(oldest[-1])
        for each in oldest:
            each.owner.forget_upload(each.file_id)

    def get(self, owner: Account, file_id: int) -> Upload | None:
        """The file of that number, if the account has one."""
        with self._lock:
            return self._by_owner.get(owner, {}).get(file_id)

    def of(self, owner: Account) -> list[Upload]:
        """The files of an account, oldest first."""
        with self._lock:
            return list(self._by_owner.get(owner, {}).values())

    def remove(self, owner: Account, file_id: int) -> bool:
        """Deletes a file; False when the account has none of that number."""
        with self._lock:
            upload = self._by_owner.get(owner, {}).get(file_id)
            if upload is None:
                return False
            self._drop(upload)
        owner.forget_upload(file_id)
        return True

    def forget(self, owner: Account) -> None:
        """Forgets every file of an account that was itself forgotten."""
        with self._lock:
            self._gone.add(owner)
            for upload in list(self._by_owner.get(owner, {}).values()):
                self._drop(upload)

    @property
    def kept_bytes(self) -> int:
        """The bytes that all files count together."""
        with self._lock:
            return self._bytes

    def _drop(self, upload: Upload) -> None:
        del self._kept[upload]
        owned = self._by_owner[upload.owner]
        del owned[upload.file_id]
        if not owned:
            del self._by_owner[upload.owner]
        self._bytes -= upload.counted
