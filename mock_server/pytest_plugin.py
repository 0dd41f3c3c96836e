"""The pytest plugin: fixtures that give each test an account of its own on one mock, and options of the contract tests.

It is loaded into every pytest run, so it imports nothing heavy before a fixture is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from mock_server import kit_options
from mock_server.settings import Settings

if TYPE_CHECKING:
    from mock_server.receiver import CallbackReceiver
    from mock_server.serving.mock_account import MockAccount
    from mock_server.serving.server import MockServer

MARKER = "minimax_mock"
INI_PREFIX = "minimax_mock_"
# Hosts of the real service. A create there costs money, so nothing in this version calls them.
REAL_HOSTS = ("minimax.io", "minimaxi.com", "minimax.chat", "minimaxi.chat", "minimax.cn")
# What a mock for tests is unless somebody says otherwise: no test waits for time to pass.
TEST_SETTINGS = {"port": "0", "clock": "manual"}
JOURNAL_LINES = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the contract tests, and an ini key for every setting of the mock."""
    group = parser.getgroup("minimax", "contract tests of the MiniMax video API")
    group.addoption(
        "--minimax-url",
        metavar="URL",
        default=None,
        help="the server that contract_tests judge, such as http://127.0.0.1:8026 (default: a mock of their own)",
    )
    group.addoption(
        "--minimax-key",
        metavar="KEY",
        default=None,
        help="the API key for it, where it does not take any (default: a new one for each test)",
    )
    kit_options.add_options(group)
    for field in dataclasses.fields(Settings):
        parser.addini(INI_PREFIX + field.name, f"minimax_mock: {field.metadata['meaning']}")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker; refuses an address that cannot be meant, before a single test runs."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(scenario=NAME, strict=False): the scenario that the account of the fixture minimax_mock starts with; "
        "strict fails the test when a create is refused or a challenge fails that it did not ask for",
    )
    url = config.getoption("--minimax-url")
    if url is not None and (fault := _why_not(url)) is not None:
        raise pytest.UsageError(f"--minimax-url {url!r}: {fault}")
    kit_options.begin(config)


@pytest.fixture(scope="session")
def minimax_mock_settings() -> Mapping[str, Any]:
    """The settings of the mock, by name as in `minimax-mock settings`. Override it to change them for the whole run."""
    return {}


@pytest.fixture(scope="session")
def minimax_mock_server(
    minimax_mock_settings: Mapping[str, Any] | Settings, pytestconfig: pytest.Config
) -> Iterator[MockServer]:
    """One mock for the run, or for each xdist worker, on a free port and with a manual clock."""
    from mock_server.errors import StartupError
    from mock_server.serving.server import MockServer

    fault, server = "", None
    try:
        server = MockServer(_settings(minimax_mock_settings, pytestconfig)).start()
    except StartupError as error:
        fault = f"minimax_mock_settings: {error}"
    if server is None:
        pytest.fail(fault, pytrace=False)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def minimax_mock(request: pytest.FixtureRequest, minimax_mock_server: MockServer) -> Iterator[MockAccount]:
    """An account of its own for this test. The test fails at its end when the mock itself failed."""
    from mock_server.serving.watch import TestWatch, key_for

    marks = _marks(request.node)
    key = key_for(request.node.nodeid, minimax_mock_server.settings)
    account = minimax_mock_server.account(key)
    account.reset()
    if fault := _why_not_used(account, marks.get("scenario")):
        pytest.fail(f"@pytest.mark.{MARKER}: {fault}", pytrace=False)
    watch = TestWatch(minimax_mock_server.service, account)
    yield account
    faults = watch.faults(strict=marks.get("strict", False))
    if faults:
        pytest.fail("\n".join([*faults, *_told(account, minimax_mock_server)]), pytrace=False)


@pytest.fixture
def minimax_callback_receiver() -> Iterator[CallbackReceiver]:
    """A callback receiver over real HTTP, which echoes challenges, records everything and can be told to misbehave."""
    from mock_server.receiver import CallbackReceiver

    with CallbackReceiver() as receiver:
        yield receiver


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Shows the seed and the journal of a test that failed."""
    report = yield
    account = getattr(item, "funcargs", {}).get("minimax_mock")
    server = getattr(item, "funcargs", {}).get("minimax_mock_server")
    if report.failed and report.when == "call" and account is not None and server is not None:
        report.sections.append(("minimax-mock", "\n".join(_told(account, server))))
    return report


def _told(account: MockAccount, server: MockServer) -> list[str]:
    """What a failed test has to know: how to repeat it, and what was asked and answered."""
    lines = account.journal()
    left_out = [f"… {len(lines) - JOURNAL_LINES} requests before"] if len(lines) > JOURNAL_LINES else []
    seed = f"seed {server.service.world.seed} (repeat with -o {INI_PREFIX}seed={server.service.world.seed})"
    return [seed, *left_out, *(lines[-JOURNAL_LINES:] or ["no request came"])]


def _settings(wanted: Mapping[str, Any] | Settings, config: pytest.Config) -> Settings:
    """Settings from the fixture, else from ini keys, else those for tests. Raises SettingsError for wrong ones."""
    from mock_server.errors import SettingsError

    if isinstance(wanted, Settings):
        # The default port is one for people; workers of one run would fight for it.
        return dataclasses.replace(wanted, port=0) if wanted.port == Settings().port else wanted
    names = {field.name for field in dataclasses.fields(Settings)}
    given = {name.removeprefix("--").replace("-", "_"): value for name, value in wanted.items()}
    if unknown := sorted(set(given) - names):
        raise SettingsError(f"{unknown[0]!r} is no setting; allowed: {', '.join(sorted(names))}")
    ini = {name: text for name in names if (text := config.getini(INI_PREFIX + name))}
    from_ini = Settings.from_environment({}, {**_test_settings(ini, given), **ini})
    return dataclasses.replace(from_ini, **given)


def _test_settings(ini: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
    """The settings for tests, unless they would contradict those of the user."""
    return {
        name: text
        for name, text in TEST_SETTINGS.items()
        if not (name == "clock" and ({"time_scale"} & {*ini, *given}))
    }


def _marks(node: Any) -> dict[str, Any]:
    """What the markers of a test say, the nearest first. Raises UsageError for what the marker does not have."""
    found: dict[str, Any] = {}
    for mark in node.iter_markers(MARKER):
        if wrong := _what_is_wrong(mark):
            raise pytest.UsageError(f"@pytest.mark.{MARKER}: {wrong}; allowed: scenario=NAME, strict=True")
        found = {**mark.kwargs, **found}
    return found


def _what_is_wrong(mark: pytest.Mark) -> str | None:
    """What the marker does not take, or None."""
    unknown = sorted(set(mark.kwargs) - {"scenario", "strict"})
    if unknown or mark.args:
        return f"{unknown[0] if unknown else repr(mark.args[0])} is not allowed"
    scenario, strict = mark.kwargs.get("scenario"), mark.kwargs.get("strict", False)
    if not isinstance(scenario, str | None):
        return f"scenario: {scenario!r} is no name"
    return None if isinstance(strict, bool) else f"strict: {strict!r} is neither True nor False"


def _why_not_used(account: MockAccount, scenario: str | None) -> str | None:
    """Puts the scenario in force; why that cannot be, or None."""
    try:
        account.use(scenario)
    except ValueError as error:
        return str(error)
    return None


def _why_not(url: str) -> str | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https") or not host:
        return "expected an address such as http://127.0.0.1:8026"
    if any(host == real or host.endswith(f".{real}") for real in REAL_HOSTS):
        return "this is the real service, where a create costs money; it is never judged"
    return None
