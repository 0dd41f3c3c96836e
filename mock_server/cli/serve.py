"""`minimax-mock serve`: runs until it is told to stop."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from mock_server import __version__
from mock_server.settings import Settings, flag_name, unknown_variables, variable_name

# How often a stop is looked for.
LOOK_SECONDS = 0.2


def add_command(commands: Any) -> None:
    """Adds `serve` with one flag for each setting."""
    parser = commands.add_parser(
        "serve", help="serve the mock", description="Serves until SIGINT or SIGTERM.", allow_abbrev=False
    )
    add_flags(parser, {})
    parser.set_defaults(run=run)


def add_flags(parser: argparse.ArgumentParser, own_words: Mapping[str, str]) -> None:
    """Adds one flag for each setting; its help is that of `own_words` (by field name), if it is there."""
    for field in dataclasses.fields(Settings):
        metavar = field.metadata["metavar"]
        default = "" if field.default in (None, False) else f" (default: {field.default})"
        meaning = f"{field.metadata['meaning']}{default} [{variable_name(field)}]"
        words = own_words.get(field.name, meaning).replace("%", "%%")
        if metavar:
            parser.add_argument(flag_name(field), dest=field.name, metavar=metavar, help=words)
        else:
            parser.add_argument(flag_name(field), dest=field.name, action="store_const", const="true", help=words)


def flags(chosen: argparse.Namespace) -> dict[str, str]:
    """The flags that were given, by field name."""
    return {
        field.name: value
        for field in dataclasses.fields(Settings)
        if (value := getattr(chosen, field.name)) is not None
    }


def log_to_stderr(settings: Settings, level: int) -> logging.Logger:
    """Sends what the mock logs from that level on to stderr; gives the logger of the mock."""
    from mock_server.web.request_log import RequestFormatter

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RequestFormatter(as_json=settings.log_format == "json"))
    logger = logging.getLogger("mock_server")
    logger.addHandler(handler)
    logger.setLevel(level)
    return logger


def warn_of_unknown_variables(environment: Mapping[str, str], logger: logging.Logger) -> None:
    """Logs each variable that looks like a setting and is none."""
    for name in unknown_variables(environment):
        logger.warning("%s is no setting and is ignored; `minimax-mock settings` lists them", name)


def run(chosen: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serves; 0 after a clean stop. Raises StartupError for a wrong setting or an address that cannot be had."""
    settings = Settings.from_environment(environment, flags(chosen))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    from mock_server.serving.heap import everything_stays, give_back_large_blocks

    give_back_large_blocks()
    with ExitStack() as stack:
        with everything_stays():
            from mock_server.serving.server import MockServer  # the web framework, only when it is needed

            logger = log_to_stderr(settings, logging.INFO)
            mock = stack.enter_context(MockServer(settings))
        ready: dict[str, object] = {
            "event": "ready", "url": mock.url, "pid": os.getpid(), "version": __version__,
            "seed": mock.service.world.seed,
        }  # fmt: skip
        if mock.ca_file is not None:
            ready["ca"] = mock.ca_file
        print(json.dumps(ready), flush=True)
        warn_of_unknown_variables(environment, logger)
        # In pieces: a signal that another thread takes wakes nobody here, and is looked at between two of them.
        while not stop.wait(LOOK_SECONDS):
            pass
    logger.info("stopped")
    return 0
