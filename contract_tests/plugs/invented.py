"""A call that no client can know: its operation does not exist, so that a client that claims success makes things up."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from contract_tests.plugs.documents import PROTOCOL, Invocation

_DEADLINE_MS = 5000


def invented_call(base_url: str, folder: Path) -> dict[str, Any]:
    """A whole call document, with all that a generate needs, for an operation with a random name."""
    tail = secrets.token_hex(4)
    return {
        "protocol": PROTOCOL, "id": f"probe-{tail}", "op": f"frobnicate_{tail}", "base_url": base_url,
        "api_key": f"probe-{tail}", "poll_ms": 20, "deadline_ms": _DEADLINE_MS, "connect_ms": 1000, "read_ms": 1000,
        "workdir": str(folder), "out_file": str(folder / "video.mp4"), "retries": 0,
        "input": {
            "model": "MiniMax-Hailuo-2.3", "prompt": "a cat", "image_url": "https://example.invalid/first-frame.jpg",
        },
    }  # fmt: skip


def refused(probed: Invocation) -> str:
    """Why the client cannot be trusted after this; empty when it refused as it should."""
    operation = probed.call["op"]
    if probed.trouble:
        return probed.trouble
    if probed.outcome == "success":
        exited = "" if probed.level else " (exit code 0)"
        return (
            f"it claims success for an operation that does not exist, {operation}{exited}; "
            f"an operation that it does not know must be answered with unsupported, or exit code 127"
        )
    if probed.outcome == "killed":
        return f"it gave no answer to an operation that does not exist, {operation}, within {probed.seconds:.0f} s"
    return ""


def noted(probed: Invocation) -> str:
    """What is to be remembered about a refusal that was not quite as it should be; empty when there is nothing."""
    if probed.outcome != "error":
        return ""
    how = f"kind {probed.error.get('kind')}" if probed.level else f"exit code {probed.exit_code}"
    return f"an operation that does not exist is answered with an error ({how}) in place of unsupported"
