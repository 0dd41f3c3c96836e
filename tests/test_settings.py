"""Settings: where their values come from, which values they have, and what is said about a wrong one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mock_server.errors import SettingsError
from mock_server.settings import Settings, flag_name, table, variable_name

# A value for each setting as it stands in the environment and as a flag, and what the flag makes of it. A new setting
# needs a line here.
SAMPLES: dict[str, tuple[str, str, Any]] = {
    "host": ("localhost", "0.0.0.0", "0.0.0.0"),
    "port": ("8027", "0", 0),
    "modes": ("all", "subject-reference, text-to-video", ("text-to-video", "subject-reference")),
    "query_form": ("observed", "documented", "documented"),
    "bytes_form": ("observed", "documented", "documented"),
    "files_form": ("observed", "documented", "documented"),
    "ratio_form": ("documented", "observed", "observed"),
    "no_keep_alive": ("no", "true", True),
    "no_cors": ("no", "true", True),
    "state": ("a.db", "b c.db", "b c.db"),
    "upload_bytes": ("70000", "65536", 65_536),
    "api_keys": ("a", "b, c", ("b", "c")),
    "rpm": ("5", "20", 20),
    "balance": ("1", "0.5", 0.5),
    "blocked_words": ("fox", "cat,dog", ("cat", "dog")),
    "task_seconds": ("1", "0", 0.0),
    "clock": ("real", "manual", "manual"),
    "time_scale": ("2", "60", 60.0),
    "scenario": ("slow", "flaky", "flaky"),
    "scenario_file": ("a.yaml", "b.yaml,c.yml", ("b.yaml", "c.yml")),
    "callback_retries": ("1", "3", 3),
    "progress": ("time", "polls:3", "polls:3"),
    "link_seconds": ("3600", "1.5", 1.5),
    "public_url": ("http://a", "https://mock:8026/", "https://mock:8026"),
    "max_body": ("2048", "1024", 1024),
    "journal_max": ("2", "1", 1),
    "journal_bytes": ("70000", "65536", 65_536),
    "max_accounts": ("2", "1", 1),
    "max_tasks": ("2", "1", 1),
    "threads": ("3", "2", 2),
    "seed": ("1", "0", 0),
    "no_mock_headers": ("no", "true", True),
    "log_format": ("text", "json", "json"),
    "tls": ("no", "true", True),
    "tls_name": ("a.test", "b.test,c.test", ("b.test", "c.test")),
    "allowed_hosts": ("a.test", "b_1, *.c.test", ("b_1", "*.c.test")),
    "control_token": ("a-token-1", "b-token-2", "b-token-2"),
    "no_control": ("no", "true", True),
    "callback_timeout": ("1", "0.5", 0.5),
    "callback_ca": ("a.pem", "b.pem", "b.pem"),
    "allow_callback_host": ("a.test", "b.test", ("b.test",)),
}
# What has to be set beside a setting.
NEEDS: dict[str, dict[str, Any]] = {"tls_name": {"tls": True}}
FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def _variable(name: str) -> str:
    return "MINIMAX_MOCK_" + name.upper()


def test_every_setting_has_a_sample() -> None:
    """The tests below are about every setting there is."""
    assert set(SAMPLES) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_setting_has_the_promised_flag_and_variable(name: str) -> None:
    """--callback-timeout would be MINIMAX_MOCK_CALLBACK_TIMEOUT; so it is for every setting, in the table too."""
    flag, variable = flag_name(FIELDS[name]), variable_name(FIELDS[name])
    assert flag == "--" + name.replace("_", "-")
    assert variable == "MINIMAX_MOCK_" + flag.removeprefix("--").upper().replace("-", "_")
    row = next(row for row in table() if row[1] == variable)
    assert row[0].split()[0] == flag
    assert row[2]
    assert row[3]


@pytest.mark.parametrize("name", FIELDS)
def test_flag_beats_environment_beats_default(name: str) -> None:
    """The nearest source wins, and a source that is silent leaves the word to the next."""
    from_variable, from_flag, value = SAMPLES[name]
    beside = NEEDS.get(name, {})
    needed = {_variable(other): str(value) for other, value in beside.items()}
    environment, default = {_variable(name): from_variable} | needed, getattr(Settings(), name)
    assert getattr(Settings.from_environment({}), name) == default
    by_environment = getattr(Settings.from_environment(environment), name)
    assert getattr(Settings.from_environment(environment, {name: from_flag}), name) == value != by_environment
    others = {field.name: getattr(Settings(), field.name) for field in dataclasses.fields(Settings)}
    assert dataclasses.asdict(Settings.from_environment(needed, {name: from_flag})) == others | beside | {name: value}


@pytest.mark.parametrize("name", FIELDS)
def test_value_from_python_is_the_same_value(name: str) -> None:
    """A value of the setting's own type is taken as it is."""
    value = SAMPLES[name][2]
    assert getattr(Settings(**{name: value}, **NEEDS.get(name, {})), name) == value


WRONG = [
    *[(name, text, "a whole number from 0 to 65535") for name in ("port",) for text in ("", "x", "-1", "65536", "1.0", "８０", "1e3", " 1")],
    *[("modes", text, "all, or a list of image-to-video, text-to-video, first-last-frame, subject-reference") for text in ("", "t2v", "all,text-to-video", "text-to-video,,")],
    *[(f"{name}_form", text, "one of observed, documented") for name in ("query", "bytes", "files", "ratio") for text in ("", "both")],
    *[("no_keep_alive", text, "one of true, false") for text in ("", "maybe")],
    *[("no_cors", text, "one of true, false") for text in ("", "maybe")],
    *[("state", text, "the path of a file") for text in ("", "a\nb")],
    *[("upload_bytes", text, "a whole number from 65536 to") for text in ("65535", "")],
    *[("rpm", text, "a whole number from 1 to 1000000") for text in ("0", "-5", "1000001", "True", "9" * 5000)],
    *[("balance", text, "a number from 0 to 1e+09") for text in ("-0.01", "nan", "inf", "1e10", "free", "")],
    *[("task_seconds", text, "a number from 0 to 86400") for text in ("-1", "86401", "2s", "nan")],
    *[("link_seconds", text, "a number from 1 to 3.1536e+07") for text in ("0", "0.5", "31536001")],
    *[("progress", text, "time, or polls:N") for text in ("", "polls", "polls:0", "polls:-1", "polls:x", "polls:10000", "TIME")],
    *[("clock", text, "one of real, manual") for text in ("", "Manual", "scaled")],
    *[("time_scale", text, "a number from 0.001 to 100000") for text in ("0", "-1", "100001", "x60")],
    *[("scenario", text, "a name or address without spaces") for text in ("", "a b")],
    *[("scenario_file", text, "a list of words separated by commas") for text in ("", "a,,b")],
    *[("callback_retries", text, "a whole number from 0 to 20") for text in ("-1", "21", "many")],
    *[("log_format", text, "one of text, json") for text in ("", "xml", "JSON")],
    *[("no_mock_headers", text, "one of true, false") for text in ("", "maybe", "2", "None")],
    *[("host", text, "a name or address without spaces") for text in ("", " ", "a b", "a\nb")],
    *[("api_keys", text, "a list of words separated by commas") for text in ("", ",", "a,,b", "a, ")],
    *[("blocked_words", text, "a list of words separated by commas") for text in ("", "a,,b")],
    *[("public_url", text, "an address such as") for text in ("", "mock:8026", "ftp://mock", "http://", "http://m?a=b", "http://m#a")],
    *[("max_body", text, "a whole number from 1024 to 1073741824") for text in ("1023", "1073741825", "1 MB")],
    *[("journal_max", text, "a whole number from 1 to") for text in ("0", "10000001")],
    *[("journal_bytes", text, "a whole number from 65536 to") for text in ("65535", "")],
    *[(name, text, "a whole number from 1 to") for name in ("max_accounts", "max_tasks") for text in ("0", "1000000000")],
    *[("threads", text, "a whole number from 2 to 1024") for text in ("1", "1025")],
    *[("tls", text, "one of true, false") for text in ("", "maybe")],
    *[("tls_name", text, "a list of words separated by commas") for text in ("", "a,,b")],
    *[("tls_name", text, "a list of host names") for text in ("a b", "*", "-", "a_b", "http://x", "a:80", "a..b", "10.0.0.0/8", "@", "x" * 300)],
    *[("allowed_hosts", text, "a list of host names") for text in ("a b", "*", "http://x", "a:80", "a..b", "*.*.a")],
    *[("control_token", text, "8 to 200 visible ASCII characters without blanks") for text in ("seven-7", "x" * 201, "two words", "schlüssel-1", "tab\there", "line\nbreak")],
    *[("no_control", text, "one of true, false") for text in ("", "maybe")],
    *[("allow_callback_host", text, "a list of words separated by commas") for text in ("", "a,,b")],
    *[("callback_timeout", text, "a number from 0.05 to 600") for text in ("0", "601", "3s")],
    *[("callback_ca", text, "the path of a file") for text in ("", "a\nb")],
    *[("seed", text, "a whole number from 0 to 9007199254740992") for text in ("-1", "9007199254740993", "random")],
]  # fmt: skip


def test_every_setting_has_a_wrong_value() -> None:
    """The tests of wrong values are about every setting there is."""
    assert {name for name, _, _ in WRONG} == set(FIELDS)


def _complaint(environment: dict[str, str], flags: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environment, flags)
    return str(caught.value)


@pytest.mark.parametrize(("name", "text", "allowed"), WRONG)
def test_wrong_value_names_its_source_and_what_is_allowed(name: str, text: str, allowed: str) -> None:
    """One line says which flag or variable is wrong, what it was, and what it can be."""
    sources = [("--" + name.replace("_", "-"), _complaint({}, {name: text}))]
    if text:
        sources.append((_variable(name), _complaint({_variable(name): text}, {})))
    for source, complaint in sources:
        shown = "what was given" if name == "control_token" else repr(text)
        assert complaint.startswith(f"{source}: {shown} is not ")
        assert allowed in complaint
        assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize("name", FIELDS)
def test_empty_variable_is_no_variable(name: str) -> None:
    """Container tools pass an empty text for a variable that nobody set."""
    assert Settings.from_environment({_variable(name): ""}) == Settings()


def test_off_switches_off_what_is_off_by_default() -> None:
    """A flag can take back what the environment says."""
    environment = {_variable("rpm"): "5", _variable("seed"): "7"}
    settings = Settings.from_environment(environment, {"rpm": "off"})
    assert (settings.rpm, settings.seed) == (None, 7)


def test_unknown_variables_are_found() -> None:
    """A misspelt variable is told apart from a setting and from what clients are told."""
    from mock_server.settings import unknown_variables

    told = {"MINIMAX_MOCK_URL": "x", "MINIMAX_MOCK_CA": "z"}
    environment = {"MINIMAX_MOCK_RPN": "5", "MINIMAX_MOCK_RPM": "5", "PATH": "y"} | told
    assert unknown_variables(environment) == ["MINIMAX_MOCK_RPN"]


@pytest.mark.parametrize(("name", "text", "allowed"), WRONG)
def test_wrong_text_from_python_is_refused_too(name: str, text: str, allowed: str) -> None:
    """Whoever makes Settings in Python is held to the same ranges, and told the field."""
    with pytest.raises(SettingsError, match=f"^{name}: ") as caught:
        Settings(**{name: text})  # type: ignore[arg-type]
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", -1), ("port", 65_536), ("port", None), ("port", 80.5), ("port", True), ("rpm", 0), ("rpm", 2.5),
        ("balance", -1), ("balance", float("nan")), ("balance", float("inf")), ("task_seconds", -0.1),
        ("task_seconds", None), ("threads", 1), ("seed", -1), ("api_keys", ()), ("api_keys", ("a", "")),
        ("no_mock_headers", None), ("log_format", None), ("max_body", 0), ("progress", 3),
    ],
)  # fmt: skip
def test_wrong_value_from_python_is_refused(name: str, value: object) -> None:
    """Numbers, tuples and None are held to the same ranges as texts."""
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["api_keys", "rpm", "balance", "blocked_words", "public_url", "seed"])
def test_setting_that_is_off_may_be_given_as_off(name: str) -> None:
    """None is a value of the settings that are off by default."""
    off: dict[str, Any] = {name: None}
    assert getattr(Settings(**off), name) is None


@pytest.mark.parametrize("keys", [["b", "c"], ("b", "c")])
def test_list_from_python_becomes_a_tuple(keys: Any) -> None:
    """Lists and tuples of keys are the same setting, and cannot be changed afterwards."""
    assert Settings(api_keys=keys).api_keys == ("b", "c")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("TRUE", True), ("yes", True), ("on", True), ("0", False), ("False", False), ("no", False), ("off", False)],
)  # fmt: skip
def test_switch_reads_words_and_not_their_presence(text: str, value: bool) -> None:
    """A switch set to 0 or false is off: the text counts, not that there is one."""
    assert Settings.from_environment({"MINIMAX_MOCK_NO_MOCK_HEADERS": text}).no_mock_headers is value


def test_wrong_variable_does_not_matter_when_a_flag_wins() -> None:
    """A flag hides its variable altogether, and foreign variables are nobody's business."""
    environment = {"MINIMAX_MOCK_PORT": "x", "MINIMAX_MOCK_UNKNOWN": "1", "PORT": "1", "MINIMAX_MOCK_port": "2"}
    assert Settings.from_environment(environment, {"port": "1"}).port == 1


@pytest.mark.parametrize("wrong", ["geheim-ü-123456", ["geheim-123456,x"], "geheim 123456"])
def test_control_token_is_never_shown(wrong: Any) -> None:
    """Neither the representation of the settings nor a complaint about the token tells it."""
    assert "geheim" not in repr(Settings(control_token="geheim-123456"))
    with pytest.raises(SettingsError) as caught:
        Settings(control_token=wrong)
    assert str(caught.value).startswith("control_token: what was given ")
    assert "geheim" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    """A server's settings stay what they were at its start."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_a_flag_takes_back_what_a_variable_has_set(field: dataclasses.Field[Any]) -> None:
    """With the default that the table shows: `off` where that is the default, else the value."""
    shown = {row[1]: row[2] for row in table()}[variable_name(field)]
    settings = Settings.from_environment({variable_name(field): "not looked at"}, {field.name: shown})
    assert getattr(settings, field.name) == field.default
