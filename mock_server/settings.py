"""Every setting, once: its name, default, range and meaning.

The command line, the environment (`MINIMAX_MOCK_<NAME>`), the table in docs/settings.md and `minimax-mock settings` are
all made from the fields of `Settings`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.errors import SettingsError
from mock_server.setting_values import (
    Unfit,
    certificate_names,
    choice,
    names,
    number,
    origin,
    path,
    progress,
    several,
    switch,
    token,
    whole,
    word,
    words,
)

ENVIRONMENT_PREFIX = "MINIMAX_MOCK_"
# The kinds of call that create takes; the first one is what the document of the project is about.
MODES = ("image-to-video", "text-to-video", "first-last-frame", "subject-reference")
_FORMS = choice("observed", "documented")
# Written where a setting that is off by default shall stay so.
OFF = "off"


def _setting(default: Any, parse: Callable[[str], Any], metavar: str, meaning: str, *, secret: bool = False) -> Any:
    """A field of `Settings`; one without a metavar is a flag that takes no value, a secret one is never shown."""
    metadata = {"parse": parse, "metavar": metavar, "meaning": meaning, "secret": secret}
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the mock behaves. Every field is a flag of `minimax-mock serve` and an environment variable.

    Raises SettingsError, in one line, for a value that a field cannot have.
    """

    host: str = _setting("127.0.0.1", word, "ADDRESS", "address to listen on")
    port: int = _setting(8026, whole(0, 65535), "N", "port to listen on; 0 takes a free one")
    modes: tuple[str, ...] = _setting(
        MODES[:1], several(*MODES), "MODE,...", f"what create takes: all, or a list of {', '.join(MODES)}"
    )
    api_keys: tuple[str, ...] | None = _setting(
        None,
        words,
        "KEY,...",
        "the only keys that are valid; any other key is answered 2049 (default: every key is)",
        secret=True,
    )
    rpm: int | None = _setting(
        None,
        whole(1, 1_000_000),
        "N",
        "create calls an account may make within 60 seconds, refused ones included; more are answered 1002",
    )
    balance: float | None = _setting(
        None, number(0, 1e9), "USD", "money each account starts with; a create that costs more is answered 1008"
    )
    blocked_words: tuple[str, ...] | None = _setting(
        None, words, "WORD,...", "a prompt that contains one of these anywhere is answered 1026; case does not count"
    )
    task_seconds: float = _setting(2.0, number(0, 86_400), "SECONDS", "how long a task takes from create to its end")
    clock: str = _setting(
        "real",
        choice("real", "manual"),
        "CLOCK",
        "what time it is: real, or manual (stands still until it is advanced)",
    )
    time_scale: float = _setting(
        1.0,
        number(0.001, 100_000),
        "FACTOR",
        "how much faster than real the real clock runs; network time-outs stay real",
    )
    scenario: str | None = _setting(None, word, "NAME", "scenario that is in force from the start")
    scenario_file: tuple[str, ...] | None = _setting(
        None, words, "FILE,...", "your own scenarios, each named as its file without the ending"
    )
    progress: str = _setting(
        "time", progress, "HOW", "what moves a task: time, or polls:N (the N-th query sees its end)"
    )
    link_seconds: float = _setting(
        32_400.0, number(1, 31_536_000), "SECONDS", "how long a download link is valid, from the retrieve call"
    )
    query_form: str = _setting(
        "observed",
        _FORMS,
        "FORM",
        "file and size in a query's answer: observed (always, empty until the end) or documented (with success alone)",
    )
    bytes_form: str = _setting(
        "observed", _FORMS, "FORM", "bytes of a generated video in retrieve: observed (0) or documented (its size)"
    )
    files_form: str = _setting(
        "observed",
        _FORMS,
        "FORM",
        "purpose of a file: observed (needless in list and delete, retrieval in upload) or documented (required, not retrieval)",
    )
    ratio_form: str = _setting(
        "documented", _FORMS, "FORM", "ratio of a picture: documented (2:5 to 5:2) or observed (1:2 to 2:1)"
    )
    no_keep_alive: bool = _setting(
        False, switch, "", "close each connection after its answer, as observed; by default it is kept"
    )
    no_cors: bool = _setting(
        False, switch, "", "grant no page of another origin anything, where the service grants it everything under /v1/"
    )
    tls: bool = _setting(False, switch, "", "serve https with a throw-away certificate; the ready line names its CA")
    tls_name: tuple[str, ...] | None = _setting(
        None,
        certificate_names,
        "NAME,...",
        "names for the certificate besides localhost, 127.0.0.1 and ::1; needs --tls",
    )
    allowed_hosts: tuple[str, ...] | None = _setting(
        None,
        names,
        "NAME,...",
        "names of this server, besides localhost, that the control API answers to; *.NAME for one label more",
    )
    control_token: str | None = _setting(
        None,
        token,
        "TOKEN",
        "what every call of the control API has to carry, as Authorization: Bearer TOKEN",
        secret=True,
    )
    no_control: bool = _setting(
        False, switch, "", "switch the control API off, all but health and the pictures of the gallery"
    )
    callback_timeout: float = _setting(
        3.0, number(0.05, 600), "SECONDS", "how long a receiver may take, from looking up its name to the last byte"
    )
    callback_retries: int = _setting(
        0,
        whole(0, 20),
        "N",
        "how often an update is sent again when the answer is not 2xx, after 1, 2, 4 … seconds (assumed)",
    )
    callback_ca: str | None = _setting(
        None, path, "FILE", "certificates to trust in https receivers, instead of the system's"
    )
    allow_callback_host: tuple[str, ...] | None = _setting(
        None, words, "NAME,...", "receivers outside this machine and private networks that may be called, by name"
    )
    public_url: str | None = _setting(
        None, origin, "URL", "what download links begin with (default: the host of the request)"
    )
    max_body: int = _setting(
        33_554_432, whole(1024, 1_073_741_824), "BYTES", "largest request body; a larger one is answered 413"
    )
    journal_max: int = _setting(10_000, whole(1, 10_000_000), "N", "requests that the journal keeps")
    journal_bytes: int = _setting(
        67_108_864,
        whole(65_536, 17_179_869_184),
        "BYTES",
        "memory that the journal may use, measured as the length of what it keeps",
    )
    upload_bytes: int = _setting(
        67_108_864,
        whole(65_536, 17_179_869_184),
        "BYTES",
        "memory for uploaded files of all accounts; the oldest is forgotten first",
    )
    state: str | None = _setting(
        None, path, "FILE", "keep tasks, files, rules, callbacks and accounts here, so that they outlive the mock"
    )
    max_accounts: int = _setting(
        10_000, whole(1, 10_000_000), "N", "accounts kept; the one unused for longest is forgotten first"
    )
    max_tasks: int = _setting(
        100_000, whole(1, 100_000_000), "N", "tasks kept for each account; the oldest is forgotten first"
    )
    threads: int = _setting(64, whole(2, 1024), "N", "requests that are worked on at the same time")
    seed: int | None = _setting(
        None,
        whole(0, 2**53),
        "N",
        "repeats every random choice; task and file ids also hold the time (default: a new one at each start)",
    )
    no_mock_headers: bool = _setting(
        False, switch, "", "leave X-Mock-Request-Id and X-Mock-Violations out of the answers"
    )
    log_format: str = _setting("text", choice("text", "json"), "FORMAT", "how requests are logged: text or json")

    def __post_init__(self) -> None:
        """Holds values given from Python to the same ranges as those given as text."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if value is None or (isinstance(value, (tuple, list)) and any("," in str(item) for item in value)):
                raise SettingsError(
                    f"{field.name}: {_shown(field, value)} cannot be written as {field.metadata['metavar']}"
                )
            parsed = _parse(field, _as_text(value), field.name)
            object.__setattr__(self, field.name, parsed)
        if self.tls_name is not None and not self.tls:
            raise SettingsError("--tls-name: a certificate is made only with --tls")
        if self.clock == "manual" and self.time_scale != 1:
            raise SettingsError("--time-scale: a manual clock does not run, at no scale")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Settings:
        """Settings from texts: flags (by field name) win over environment variables, which win over defaults.

        Raises SettingsError that names the flag or the variable at fault.
        """
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            variable = variable_name(field)
            if flags is not None and field.name in flags:
                values[field.name] = _parse(field, flags[field.name], flag_name(field))
            elif environment.get(variable):  # an empty one is what container tools make of a variable that is not set
                values[field.name] = _parse(field, environment[variable], variable)
        return cls(**values)


def _as_text(value: object) -> str:
    """The value as it would stand on the command line."""
    if isinstance(value, (tuple, list, set, frozenset)):
        return ",".join(str(item) for item in value)
    return str(value)


def _parse(field: dataclasses.Field[Any], text: str, source: str) -> Any:
    if field.default is None and text == OFF:
        return None
    try:
        return field.metadata["parse"](text)
    except Unfit as unfit:
        raise SettingsError(f"{source}: {_shown(field, text)} is not {unfit}") from None


def _shown(field: dataclasses.Field[Any], value: object) -> str:
    return "what was given" if field.metadata["secret"] else repr(value)


def flag_name(field: dataclasses.Field[Any]) -> str:
    """The flag of a setting: `--api-keys` for `api_keys`."""
    return "--" + field.name.replace("_", "-")


def variable_name(field: dataclasses.Field[Any]) -> str:
    """The environment variable of a setting: `MINIMAX_MOCK_API_KEYS` for `api_keys`."""
    return ENVIRONMENT_PREFIX + field.name.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none. Some tell clients where a mock is and how to trust it."""
    told = {ENVIRONMENT_PREFIX + "URL", ENVIRONMENT_PREFIX + "CA"}
    known = {variable_name(field) for field in dataclasses.fields(Settings)} | told
    return sorted(name for name in environment if name.startswith(ENVIRONMENT_PREFIX) and name not in known)


def table() -> list[tuple[str, str, str, str]]:
    """Every setting as (flag, variable, default, meaning), in the order of the fields."""
    rows = []
    for field in dataclasses.fields(Settings):
        metavar = field.metadata["metavar"]
        flag = flag_name(field) + (f" {metavar}" if metavar else "")
        default = OFF if field.default is None else _as_text(field.default).removesuffix(".0").lower()
        rows.append((flag, variable_name(field), default, field.metadata["meaning"]))
    return rows
