"""The fixtures and the marker of the plugin, each in a pytest run of its own."""

from __future__ import annotations

import re

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings

CALL = """
import json, urllib.request

def create(mock, key=None, **order):
    headers = {"Content-Type": "application/json"}
    if key != "":
        headers["Authorization"] = "Bearer " + (key or mock.api_key)
    body = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": "https://example.com/a.jpg"} | order
    request = urllib.request.Request(
        mock.url + "/v1/video_generation", data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.loads(reply.read())
"""


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project whose tests can call the mock."""
    pytester.makepyfile(calling=CALL)
    pytester.syspathinsert()
    return pytester


def test_a_test_has_all_that_was_promised(pytester: pytest.Pytester) -> None:
    """Address, key, environment, time, faults, journal, tasks, callbacks, ledger, verify: all of one account."""
    pytester.makepyfile("""
        from calling import create

        def test_it(minimax_mock, minimax_callback_receiver):
            assert minimax_mock.env == {
                "MINIMAX_BASE_URL": minimax_mock.url, "MINIMAX_API_HOST": minimax_mock.url,
                "MINIMAX_MOCK_URL": minimax_mock.url, "MINIMAX_API_KEY": minimax_mock.api_key}
            minimax_mock.fail_next(1002)
            assert create(minimax_mock)["base_resp"]["status_code"] == 1002
            task_id = create(minimax_mock, callback_url=minimax_callback_receiver.url)["task_id"]
            assert [task["status"] for task in minimax_mock.tasks] == ["Preparing"]
            happened = minimax_mock.advance(600)
            assert [each["status"] for each in happened if each["kind"] == "task"] == ["Queueing", "Processing", "Success"]
            assert [task["status"] for task in minimax_mock.tasks] == ["Success"]
            assert [each["kind"] for each in minimax_mock.callbacks] == ["challenge", "update", "update"]
            assert minimax_mock.wait_for_callbacks(kind="update", times=2) == 2
            assert len(minimax_callback_receiver.updates_for(task_id)) == 2
            assert [entry["code"] for entry in minimax_mock.requests] == [1002, 0]
            assert minimax_mock.verify(operation="create", times=2) == 2
            assert minimax_mock.ledger["creates"] == 1
        """)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_each_test_has_its_own_account_on_one_server(pytester: pytest.Pytester) -> None:
    """What one test did is unknown to the next, which runs against the same server."""
    pytester.makepyfile("""
        import pytest
        from calling import create
        seen = []

        @pytest.mark.parametrize("number", range(3))
        def test_it(number, minimax_mock, minimax_mock_server):
            assert minimax_mock.requests == []
            create(minimax_mock)
            seen.append((minimax_mock.url, minimax_mock.api_key, minimax_mock_server))
            assert len({url for url, _, _ in seen}) == 1
            assert len({key for _, key, _ in seen}) == len(seen)
        """)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=3)


def test_the_same_seed_repeats_a_run(pytester: pytest.Pytester) -> None:
    """Two runs with one seed have the same keys and make the same identifiers; another seed makes others."""
    pytester.makepyfile("""
        from calling import create

        def test_it(minimax_mock):
            print("MADE", minimax_mock.api_key, create(minimax_mock)["task_id"])
        """)
    runs = [pytester.runpytest_subprocess("-q", "-s", "-o", "minimax_mock_seed=5").stdout.str() for _ in range(2)]
    (first,), (second,) = (re.findall(r"MADE (\S+) (\d+)", output) for output in runs)
    assert first == second
    key, task_id = first
    with (
        MockServer(Settings(port=0, seed=5, clock="manual")) as same,
        MockServer(Settings(port=0, seed=6, clock="manual")) as other,
    ):
        assert Api(same.url, key).create(MINIMAL).json["task_id"] == task_id
        assert Api(other.url, key).create(MINIMAL).json["task_id"] != task_id


LIMITED = """
    from calling import create

    def test_it(minimax_mock, minimax_mock_server):
        settings = minimax_mock_server.settings
        assert (settings.task_seconds, settings.balance) == {others}
        assert not minimax_mock.url.endswith(":8026")
        assert [create(minimax_mock)["base_resp"]["status_code"] for _ in range(2)] == [0, 1002]
        minimax_mock.advance(60)
        assert create(minimax_mock)["base_resp"]["status_code"] == 0
"""


@pytest.mark.parametrize(
    ("settings", "others"),
    [
        ('{"--rpm": "1", "task_seconds": 7}', (7, 50)),
        ("__import__('mock_server').Settings(rpm=1, clock='manual')", (Settings().task_seconds, None)),
    ],
)
def test_settings_come_from_the_session_fixture_and_ini_keys(
    pytester: pytest.Pytester, settings: str, others: tuple[float, float | None]
) -> None:
    """Names and flags in minimax_mock_settings win over ini keys, Settings replace them all; the port stays a free one."""
    pytester.makeini(
        "[pytest]\nminimax_mock_rpm = 3\nminimax_mock_balance = 50\naddopts = --strict-config --strict-markers"
    )
    pytester.makeconftest(f"""
        import pytest

        @pytest.fixture(scope="session")
        def minimax_mock_settings():
            return {settings}
        """)
    pytester.makepyfile(LIMITED.format(others=others))
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "told"),
    [
        ("minimax_mock_rpm = many", "minimax_mock_settings: --rpm: 'many' is not a whole number"),
        ("minimax_mock_scenario = nonesuch", "there is no scenario 'nonesuch'"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(pytester: pytest.Pytester, ini: str, told: str) -> None:
    """It names the setting and what is allowed."""
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makepyfile("def test_it(minimax_mock): pass")
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(errors=1)
    assert told in result.stdout.str() + result.stderr.str()


def test_an_unknown_setting_is_told(pytester: pytest.Pytester) -> None:
    """A misspelt name is not passed over."""
    pytester.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def minimax_mock_settings():
            return {"task_second": 1}
        """)
    pytester.makepyfile("def test_it(minimax_mock): pass")
    assert "'task_second' is no setting; allowed: " in pytester.runpytest_subprocess("-q").stdout.str()


def test_the_marker_puts_a_scenario_in_force(pytester: pytest.Pytester) -> None:
    """For the marked test only."""
    pytester.makefile(
        ".yaml", own="title: t\nwhy: w\nclient: c\nrules: [{match: {operation: create}, then: {code: 2056}}]"
    )
    pytester.makeini("[pytest]\nminimax_mock_scenario_file = own.yaml")
    pytester.makepyfile("""
        import pytest
        from calling import create

        @pytest.mark.minimax_mock(scenario="own")
        def test_marked(minimax_mock):
            assert create(minimax_mock)["base_resp"]["status_code"] == 2056

        def test_not_marked(minimax_mock):
            assert create(minimax_mock)["base_resp"]["status_code"] == 0

        def test_by_hand(minimax_mock):
            minimax_mock.use("own")
            assert create(minimax_mock)["base_resp"]["status_code"] == 2056
        """)
    pytester.runpytest_subprocess("-q", "--strict-markers").assert_outcomes(passed=3)


WRONG_MARKERS = [
    ('scenario="nonesuch"', "there is no scenario 'nonesuch'"),
    ('scenaro="flaky"', "scenaro is not allowed; allowed: scenario=NAME, strict=True"),
    ('"flaky"', "'flaky' is not allowed; allowed: scenario=NAME, strict=True"),
    ("scenario=5", "scenario: 5 is no name; allowed: scenario=NAME, strict=True"),
    ('strict="no"', "strict: 'no' is neither True nor False; allowed: scenario=NAME, strict=True"),
]


def test_a_wrong_marker_is_told(pytester: pytest.Pytester) -> None:
    """Once, with what is allowed."""
    tests = [
        f"@pytest.mark.minimax_mock({marker})\ndef test_{number}(minimax_mock): pass\n"
        for number, (marker, _) in enumerate(WRONG_MARKERS)
    ]
    pytester.makepyfile("import pytest\n" + "".join(tests))
    result = pytester.runpytest_subprocess("-q", "-rN")
    result.assert_outcomes(errors=len(WRONG_MARKERS))
    for number, (_, told) in enumerate(WRONG_MARKERS):
        section = result.stdout.str().partition(f" ERROR at setup of test_{number} _")[2].partition("\n___")[0]
        assert "@pytest.mark.minimax_mock: " in section
        assert told in section
        assert "During handling" not in section
        assert "Traceback" not in section


BREAK = """
    import pytest
    from calling import create
    import urllib.error

    def broken(*_arguments, **_named):
        raise ZeroDivisionError("the mock broke")
"""


def test_a_fault_of_the_mock_fails_the_test(pytester: pytest.Pytester) -> None:
    """An exception in the server reaches the test at its end, with the journal, even if the client did not mind."""
    pytester.makepyfile(
        BREAK
        + """
    def test_it(minimax_mock, minimax_mock_server, monkeypatch):
        monkeypatch.setattr("mock_server.operations.create.price_order", broken)
        with pytest.raises(urllib.error.HTTPError):
            create(minimax_mock)

    def test_next(minimax_mock):
        create(minimax_mock)
"""
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*the mock itself failed: ZeroDivisionError: the mock broke*", "*POST /v1/video_generation 500*"]
    )


STRICT = """
    import pytest
    from calling import create

    pytestmark = pytest.mark.minimax_mock(strict=True)
"""


STRICT_CASES = {
    "fine": ("create(minimax_mock)", None),
    "refused": (
        'create(minimax_mock, model="nonesuch")', "a create was refused with 2013, which the test did not ask for: model",
    ),
    "allowed": ('minimax_mock.allow(2013); create(minimax_mock, model="nonesuch")', None),
    "ruled": ("minimax_mock.fail_next(1008); create(minimax_mock)", None),
    "asked": ('create(minimax_mock, prompt="mock:1026")', None),
    "limited": (
        "minimax_mock.limit(rpm=1); create(minimax_mock); create(minimax_mock)", "a create was refused with 1002",
    ),
    "unproven": (
        "minimax_callback_receiver.wrong(); create(minimax_mock, callback_url=minimax_callback_receiver.url)",
        "a challenge failed, which the test did not ask for",
    ),
    "unproven_allowed": (
        "minimax_mock.allow(2013); minimax_callback_receiver.wrong(); "
        "create(minimax_mock, callback_url=minimax_callback_receiver.url)",
        None,
    ),
    "without_key": (
        'create(minimax_mock, key="")', "a create without a key was refused with 1004, which the test did not ask for",
    ),
    "another_key": (
        'create(minimax_mock, key="k-other", model="nonesuch")',
        "a create with another key than the test's was refused with 2013, which the test did not ask for: model",
    ),
    "another_key_asks": ('create(minimax_mock, key="mock-1004")', None),
    "reset": ("minimax_mock.limit(balance=0); create(minimax_mock); minimax_mock.reset()",
              "a create was refused with 1008"),
    "reset_allowed": (
        "minimax_mock.limit(balance=0); create(minimax_mock); minimax_mock.reset(); minimax_mock.allow(1008)", None,
    ),
    "reset_unproven": (
        'minimax_mock.rule({"after_answer": True}, {"operation": "challenge"}); minimax_callback_receiver.wrong(); '
        "create(minimax_mock, callback_url=minimax_callback_receiver.url); "
        'minimax_mock.wait_for_callbacks(kind="challenge"); minimax_mock.reset()',
        "a challenge failed, which the test did not ask for: another challenge came back",
    ),
    "ruled_but_refused": (
        'minimax_mock.rule({"delay": 0}); create(minimax_mock, image="no", model="none")', "refused with 2013",
    ),
    "changed": (
        'minimax_mock.rule({"change": {"/base_resp/status_code": 1039}}, {"operation": "create"}); create(minimax_mock)',
        None,
    ),
    "challenge_changed": (
        'minimax_mock.rule({"remove": ["/challenge"]}, {"operation": "challenge"}); '
        "create(minimax_mock, callback_url=minimax_callback_receiver.url)",
        None,
    ),
    "challenge_ruled": (
        'minimax_mock.rule({"delay": 0.01}, {"operation": "challenge"}); minimax_callback_receiver.wrong(); '
        "create(minimax_mock, callback_url=minimax_callback_receiver.url)",
        "a challenge failed, which the test did not ask for: another challenge came back",
    ),
}  # fmt: skip


def test_strict_fails_for_what_was_not_asked_for(pytester: pytest.Pytester) -> None:
    """A refused create or a failed challenge fails the test, unless a rule, the request or `allow` asked for it."""
    tests = [
        f"\n    def test_{name}(minimax_mock, minimax_callback_receiver):\n        {body}\n"
        for name, (body, _) in STRICT_CASES.items()
    ]
    pytester.makepyfile(STRICT + "".join(tests))
    output = pytester.runpytest_subprocess("-v").stdout.str()
    for name, (_, fails) in STRICT_CASES.items():
        assert (f"::test_{name} ERROR" in output) == (fails is not None), name
        told = output.partition(f" ERROR at teardown of test_{name} _")[2].partition("\n___")[0]
        assert (fails or "") in told, name


def test_without_strict_a_refusal_is_the_tests_own_business(pytester: pytest.Pytester) -> None:
    """Only faults of the mock itself fail a test that is not strict."""
    pytester.makepyfile('from calling import create\ndef test_it(minimax_mock): create(minimax_mock, model="x")')
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_a_failed_test_shows_seed_and_journal(pytester: pytest.Pytester) -> None:
    """What was asked and answered, why it was refused, and how to repeat the run; the key only by its end."""
    pytester.makepyfile("""
        from calling import create

        def test_it(minimax_mock):
            print("KEY", minimax_mock.api_key)
            create(minimax_mock, model="MiniMax-Hailuo-3")
            assert False
        """)
    result = pytester.runpytest_subprocess("-q", "-o", "minimax_mock_seed=77")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- minimax-mock -*",
            "seed 77 (repeat with -o minimax_mock_seed=77)",
            "POST /v1/video_generation 200 code=2013*",
        ]
    )
    section = result.stdout.str().partition("- minimax-mock -")[2]
    (key,) = re.findall(r"KEY (\S+)", result.stdout.str())
    assert key not in section


WRONG_ARGUMENTS = [
    ('minimax_mock.fail_next(1002, "creat")', "'creat' is not allowed; did you mean 'create'?"),
    ("minimax_mock.fail_next(4711)", "4711 is no code of `minimax-mock codes`"),
    ('minimax_mock.use("nonesuch")', "there is no scenario 'nonesuch'"),
    ("minimax_mock.advance(-1)", "/seconds: -1 is out of range"),
    ('minimax_mock.verify(operatoin="create")', "did you mean 'operation'?"),
    ('minimax_mock.finish("1")', "no task has the id '1'"),
    ("minimax_mock.limit(rps=1)", "/rps: is no member that is known here"),
    ('minimax_mock.rule({"code": 1002}, times=0)', "/times: 0 is out of range"),
    ("minimax_mock.limit(rpm=0)", "/rpm: 0 is out of range"),
    ("minimax_mock.limit(rpm='x')", "/rpm: 'x' is of type string"),
    ("minimax_mock.limit(balance=-1)", "/balance: -1 is out of range"),
    ("minimax_mock.advance(float('nan'))", "/seconds"),
    ("minimax_mock.advance(1e15)", "/seconds: 1000000000000000.0 is out of range"),
    ("minimax_mock.advance('5')", "/seconds: '5' is of type string"),
    ("minimax_mock.finish(7)", "no task has the id '7'"),
    ("minimax_mock.fail('1', code=-1)", "/code: -1 is out of range"),
    ("minimax_mock.wait(timeout='x')", "/timeout: 'x' is of type string"),
]


def test_a_wrong_argument_is_one_clear_line(pytester: pytest.Pytester) -> None:
    """A ValueError says which, and what is allowed."""
    lines = [f"({wrong!r}, {told!r})," for wrong, told in WRONG_ARGUMENTS]
    pytester.makepyfile(
        "import pytest\n@pytest.mark.parametrize(('wrong', 'told'), [" + "".join(lines) + "])\n"
        "def test_it(wrong, told, minimax_mock):\n"
        "    with pytest.raises(ValueError) as caught:\n"
        "        eval(wrong)\n"
        "    assert told in str(caught.value) and len(str(caught.value).splitlines()) == 1\n"
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=len(WRONG_ARGUMENTS))


def test_what_did_not_happen_is_an_assertion_with_the_nearest(pytester: pytest.Pytester) -> None:
    """Verify says what was expected, how much was seen, and what came nearest."""
    pytester.makepyfile("""
        import pytest
        from calling import create

        def test_it(minimax_mock):
            create(minimax_mock, prompt="a cat")
            with pytest.raises(AssertionError) as caught:
                minimax_mock.verify(operation="create", prompt="dog", times=1)
            text = str(caught.value)
            assert "seen 0 times among 1 request" in text
            assert "'seen': 'a cat'" in text
            with pytest.raises(AssertionError):
                minimax_mock.wait(operation="download", timeout=0)
            assert minimax_mock.wait(operation="create") == 1
        """)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
