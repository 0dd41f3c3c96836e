"""Serves a WSGI or ASGI application of the user: `python -P host.py wsgi module:app PORT`, in a process of its own.

Run as a file, so that it imports nothing of the kit and the kit's modules do not stand in the way of the user's.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
# Connections that are served at the same time. A receiver's own server may allow more or fewer.
THREADS = 32
MISTAKE = 96


def main(kind: str, target: str, port: str) -> None:
    """Serves until the process is ended. A mistake in `target` is one line on stderr and exit code 96."""
    sys.path.insert(0, os.environ.get("MM_CONTRACT_SOURCES", str(Path.cwd())))
    application = load(target)
    if kind == "wsgi":
        _serve_wsgi(application, int(port))
    else:
        _serve_asgi(application, int(port))


def load(target: str) -> Any:
    """The object that `module:name` names; `module:name()` is what calling it gives."""
    module_name, _, name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        _stop(f"there is no module {module_name!r} here")
    found: Any = module
    for part in name.removesuffix("()").split("."):
        if not hasattr(found, part):
            _stop(f"module {module_name!r} has no {name.removesuffix('()')!r}")
        found = getattr(found, part)
    return found() if name.endswith("()") else found


def _serve_wsgi(application: Any, port: int) -> None:
    from cheroot.wsgi import Server

    server = Server((HOST, port), application, numthreads=THREADS, request_queue_size=128, timeout=30)
    server.start()


def _serve_asgi(application: Any, port: int) -> None:
    try:
        import uvicorn
    except ModuleNotFoundError:
        _stop("asgi: needs uvicorn, which is not installed: pip install uvicorn")
    uvicorn.run(application, host=HOST, port=port, log_level="info")


def _stop(reason: str) -> Any:
    print(reason, file=sys.stderr)  # noqa: T201
    raise SystemExit(MISTAKE)


if __name__ == "__main__":
    main(*sys.argv[1:])
