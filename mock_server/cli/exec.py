"""`minimax-mock exec`: serves while another command runs, and ends as that command ended."""

from __future__ import annotations

import argparse
import logging
import re
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mock_server.cli import serve
from mock_server.errors import SettingsError, StartupError
from mock_server.settings import Settings

if TYPE_CHECKING:
    from mock_server.serving.server import MockServer

NAME = "exec"
SEPARATOR = "--"
NOT_EXECUTABLE = 126
NOT_FOUND = 127

_CA_VARIABLE = "MINIMAX_MOCK_CA"
# Other variables that hold a real key, such as MINIMAX_API_KEY_2 or MINIMAX_VIDEO_TOKEN.
_SECRET = re.compile(r"MINIMAX_(?!MOCK_).*(KEY|TOKEN|SECRET)")
# Two commands at the same time must not meet at the port that the environment has for a mock that stays.
_NOT_HEARD = ("MINIMAX_MOCK_HOST", "MINIMAX_MOCK_PORT")
_OWN_WORDS = {
    "host": "address to listen on (default: 127.0.0.1)",
    "port": "port to listen on (default: a free one)",
}
_DESCRIPTION = (
    "Serves on a free port of this machine while CMD runs, and ends with its exit code. MINIMAX_BASE_URL, "
    "MINIMAX_API_HOST and MINIMAX_MOCK_URL tell CMD where the mock is, MINIMAX_API_KEY which key to use, and with --tls "
    f"{_CA_VARIABLE} which certificate to trust."
)


def add_command(commands: Any) -> None:
    """Adds `exec` with the flags of `serve`."""
    parser = commands.add_parser(
        NAME, help="serve the mock while another command runs", usage="minimax-mock exec [flags] -- CMD ...",
        description=_DESCRIPTION, allow_abbrev=False,
    )  # fmt: skip
    serve.add_flags(parser, _OWN_WORDS)
    parser.set_defaults(run=run)


def split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Our arguments, and the command that follows the first `--` of `exec`. Raises StartupError when there is none."""
    if not arguments or arguments[0] != NAME:
        return arguments, []
    place = arguments.index(SEPARATOR) if SEPARATOR in arguments else len(arguments)
    ours, command = arguments[:place], arguments[place + 1 :]
    if not command and not {"-h", "--help"} & set(ours):
        raise StartupError(f"exec needs a command after {SEPARATOR}, as in: minimax-mock exec -- pytest")
    return ours, command


def run(chosen: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serves while the command runs; gives its exit code. Raises StartupError for a wrong setting or address."""
    from mock_server.cli.child import BY_SIGNAL, Child, Signals

    heard = {name: value for name, value in environment.items() if name not in _NOT_HEARD}
    settings = Settings.from_environment(heard, {"port": "0"} | serve.flags(chosen))
    key = _key_for_command(settings)
    signals = Signals()
    from mock_server.serving.heap import give_back_large_blocks
    from mock_server.serving.server import MockServer  # the web framework, only when it is needed

    give_back_large_blocks()
    logger = serve.log_to_stderr(settings, logging.WARNING)
    with MockServer(settings) as mock:
        serve.warn_of_unknown_variables(environment, logger)
        if (number := signals.waiting()) is not None:
            return BY_SIGNAL + number
        try:
            child = Child(chosen.child, _environment_of_command(environment, mock, key), signals)
        except OSError as error:
            return _not_started(chosen.child[0], error)
        with child:
            code = child.wait()
    if code != 0:
        seed = mock.service.world.seed
        _say(f"the command ended with {code}; seed {seed} repeats its random choices (--seed {seed})")
    return code


def _key_for_command(settings: Settings) -> str:
    if settings.api_keys is None:
        return f"exec-{secrets.token_hex(6)}"
    from mock_server.world.forcing import plain_keys

    plain = plain_keys(settings.api_keys)
    if not plain:
        raise SettingsError(
            "--api-keys: exec needs a key that asks for no code, such as any that does not begin with mock-"
        )
    return plain[0]


def _environment_of_command(environment: Mapping[str, str], mock: MockServer, key: str) -> dict[str, str]:
    """The environment with the mock in the place of the real service, whose keys are left out."""
    given = {name: key if _SECRET.match(name) else value for name, value in environment.items()}
    given |= mock.account(key).env
    given.pop(_CA_VARIABLE, None)
    if mock.ca_file is not None:
        given[_CA_VARIABLE] = mock.ca_file
    return given


def _not_started(name: str, error: OSError) -> int:
    """Says why the command could not be started, and gives the exit code that shells have for that."""
    if not isinstance(error, FileNotFoundError):
        _say(f"cannot execute {shlex.quote(name)}: {error.strerror}")
        return NOT_EXECUTABLE
    if shutil.which(name) is not None:
        _say(f"cannot execute {shlex.quote(name)}: the interpreter in its first line does not exist")
        return NOT_EXECUTABLE
    _say(f"command not found: {shlex.quote(name)}")
    return NOT_FOUND


def _say(line: str) -> None:
    with suppress(OSError):  # nobody reads stderr any more; the exit code still counts
        print(f"minimax-mock: {line}", file=sys.stderr, flush=True)
