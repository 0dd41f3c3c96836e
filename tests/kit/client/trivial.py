"""Clients that do next to nothing. No case passes for any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Client = Callable[[Mapping[str, Any]], dict[str, Any]]
_OPERATIONS = ("generate", "create", "wait", "download", "generate_with_callback", "parallel")
_BODY = r"{\"model\": \"MiniMax-Hailuo-02\", \"first_frame_image\": \"https://example.com/cat.jpg\"}"
PLUGS: Mapping[str, str] = {
    "exits-0": "cmd:true",
    "always-errs": "cmd:false",
    "curl": (
        "cmd:curl -s --fail {base_url}/v1/video_generation -H 'Content-Type: application/json' "
        f'-H "Authorization: Bearer {{api_key}}" -d "{_BODY}"'
    ),
    "claims-success": "py:tests.kit.client.trivial:claims_success",
    "claims-errors": "py:tests.kit.client.trivial:claims_errors",
    "always-raises": "py:tests.kit.client.trivial:always_raises",
}


def claims_success() -> Client:
    """Says that all went well, and has done nothing."""
    return lambda call: _checked(call) | {"outcome": "success"}


def claims_errors() -> Client:
    """Says that the network is down, whatever it is asked for."""
    error = {"kind": "network", "code": None, "message": "no", "retryable": True, "ambiguous": True}
    return lambda call: _checked(call) | {"outcome": "error", "error": error}


def always_raises() -> Client:
    """Never gets as far as an answer."""

    def client(call: Mapping[str, Any]) -> dict[str, Any]:
        raise RuntimeError(str(_checked(call)["id"]))

    return client


def _checked(call: Mapping[str, Any]) -> dict[str, Any]:
    """The head of a result. Raises NotImplementedError for an operation that does not exist."""
    if call["op"] not in _OPERATIONS:
        raise NotImplementedError(call["op"])
    return {"protocol": 1, "id": call["id"]}
