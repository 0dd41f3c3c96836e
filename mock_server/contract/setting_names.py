"""The settings that a fact of the contract names as those that change it: flags, each of which has to exist."""

from __future__ import annotations

import dataclasses
from typing import Any

from mock_server.settings import Settings, flag_name

FLAGS = {flag_name(field) for field in dataclasses.fields(Settings)}


def settings_named(raw: Any) -> tuple[str, ...]:
    """One flag, a list of them, or none. Raises ValueError, in a few words, for anything else."""
    named = [] if raw is None else raw if isinstance(raw, list) else [raw]
    for name in named:
        if not isinstance(name, str) or name not in FLAGS:
            raise ValueError(f"the setting {name!r} does not exist")
    return tuple(named)
