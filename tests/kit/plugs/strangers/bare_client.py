"""A client for `py:` that imports nothing itself."""

import sys


def make():  # type: ignore[no-untyped-def]  # noqa: ANN201
    return lambda call: {
        "outcome": "success" if call["op"] == "create" else "unsupported",
        "modules": list(sys.modules),
    }
