"""The plugin among others: xdist, random order, a conftest of the user's, and runs that do not need it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SUITE = """
    import json, urllib.request
    import pytest

    @pytest.mark.parametrize("number", range(40))
    def test_it(number, minimax_mock, minimax_callback_receiver, minimax_mock_server, request):
        worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
        body = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": "https://example.com/a.jpg",
                "callback_url": minimax_callback_receiver.url}
        call = urllib.request.Request(
            minimax_mock.url + "/v1/video_generation", data=json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + minimax_mock.api_key, "Content-Type": "application/json"})
        task = json.loads(urllib.request.urlopen(call, timeout=10).read())["task_id"]
        minimax_mock.advance(600)
        assert [each["status"] for each in minimax_callback_receiver.updates_for(task)] == ["processing", "success"]
        assert len(minimax_mock.requests) == 1
        print(f"SERVER {worker} {minimax_mock.url}")
"""


def test_in_parallel_and_in_random_order(pytester: pytest.Pytester) -> None:
    """Four workers with a server each, in an order that nobody chose."""
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-n", "4", "--random-order", "--random-order-seed=1", "-rP", "-q")
    result.assert_outcomes(passed=40)
    servers = {tuple(line.split()[1:]) for line in result.outlines if line.startswith("SERVER ")}
    assert len({url for _, url in servers}) == len({worker for worker, _ in servers}) == len(servers) > 1


def test_in_a_project_with_its_own_conftest(pytester: pytest.Pytester) -> None:
    """A fixture of the user's on top of ours, one that takes its place, and a package called tests."""
    package = pytester.mkpydir("tests")
    (package / "conftest.py").write_text(
        "import os, pytest\n"
        "@pytest.fixture(autouse=True)\n"
        "def environment(minimax_mock, monkeypatch):\n"
        "    for name, value in minimax_mock.env.items(): monkeypatch.setenv(name, value)\n"
        "@pytest.fixture\n"
        "def minimax_callback_receiver(minimax_callback_receiver):\n"
        "    minimax_callback_receiver.status(500)\n"
        "    return minimax_callback_receiver\n"
    )
    (package / "test_it.py").write_text(
        "import os, urllib.request, urllib.error, pytest\n"
        "def test_environment(minimax_mock):\n"
        "    assert os.environ['MINIMAX_BASE_URL'] == minimax_mock.url\n"
        "def test_receiver(minimax_callback_receiver):\n"
        "    with pytest.raises(urllib.error.HTTPError):\n"
        "        urllib.request.urlopen(minimax_callback_receiver.url, data=b'{}')\n"
    )
    pytester.runpytest_subprocess("-q", "--strict-markers", "--strict-config").assert_outcomes(passed=2)


def test_a_run_that_does_not_use_it_loads_nothing_heavy(pytester: pytest.Pytester) -> None:
    """No web framework, no validator, no HTTP client or server comes with the plugin; an unrelated run stays quick."""
    pytester.makepyfile("""
        import sys

        def test_it():
            assert "mock_server.pytest_plugin" in sys.modules
            heavy = {"flask", "werkzeug", "jsonschema", "yaml", "aiohttp", "cheroot", "regex", "trustme", "http.server",
                     "mock_server.serving", "mock_server.web", "mock_server.world", "mock_server.contract"}
            assert not heavy & set(sys.modules)
        """)
    pytester.runpytest_subprocess("-q", "-p", "no:xdist").assert_outcomes(passed=1)


def test_importing_the_plugin_imports_only_its_own_floor() -> None:
    """Beside pytest itself: settings and errors."""
    code = (
        "import sys, pytest; before = set(sys.modules); import mock_server.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "mock_server",
        "mock_server.errors",
        "mock_server.kit_options",
        "mock_server.pytest_plugin",
        "mock_server.setting_values",
        "mock_server.settings",
    ]
