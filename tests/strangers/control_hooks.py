"""What schemathesis has to know of the control API beyond its document: nobody waits long, and nothing leaves this machine.

Loaded through SCHEMATHESIS_HOOKS.
"""

from __future__ import annotations

from typing import Any

import schemathesis

SHORT = 0.01
# What the document allows.
LONGEST, LONGEST_URL = 60, 8192


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Waits of seconds become short ones; receivers are on this machine, at a port where nobody listens."""
    body = _whole(body)
    if not isinstance(body, dict):
        return body
    if context.operation is not None and context.operation.path.endswith("/wait"):
        body.setdefault("timeout", SHORT)
    for name in ("timeout", "deadline"):
        given = body.get(name)
        if isinstance(given, (int, float)) and not isinstance(given, bool) and SHORT < given <= LONGEST:
            body[name] = SHORT
    if isinstance(body.get("url"), str) and 0 < len(body["url"]) <= LONGEST_URL:
        body["url"] = "http://127.0.0.1:1/"
    return body


def _whole(value: Any) -> Any:
    """The same with 6 for 6.0, which JSON Schema takes for an integer and the mock does not."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
