"""The flags that stand beside a behaviour really change it, or bring it about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import CREATE, IMAGE_URL, MINIMAL, QUERY, data_url, png
from mock_server import MockServer, Settings, resources
from mock_server.contract.behaviours import read_behaviours
from tests.documents import ROOT
from tests.over_http.controlling import User
from tests.over_http.uploading import LIST, delete, upload, uploaded

PAGE = {"Origin": "https://app.example"}
WIDE = data_url(png(880, 400))
SUBJECT = [{"type": "character", "image": [IMAGE_URL]}]


def after(user: User, seconds: float) -> tuple[str, Any]:
    """A task, and what a query says of it so many seconds later."""
    task_id = user.api.create(MINIMAL).json["task_id"]
    user.advance(seconds)
    return task_id, user.api.query(task_id).json


def retrieved(user: User) -> Any:
    """The file of a finished task."""
    return user.api.retrieve(after(user, 60)[1]["file_id"]).json["file"]


def code(**changes: Any) -> Callable[[User], Any]:
    """What a create call with these fields ends in."""
    return lambda user: user.api.create(MINIMAL | changes).code


def twice(user: User) -> Any:
    """What the second of two creates ends in."""
    user.api.create(MINIMAL)
    return user.api.create(MINIMAL).code


def found(reply: Any, name: str) -> Any:
    """A header, if it is there."""
    return reply.headers.get(name)


TEXT_ALONE = {"model": "MiniMax-Hailuo-2.3", "prompt": "A fox."}
# Behaviour and flag, with a value for the flag, and what is compared between a mock with it and one without.
PROBES: dict[tuple[str, str], tuple[dict[str, Any], Callable[[User], Any]]] = {
    ("connection-close", "--no-keep-alive"): ({"no_keep_alive": True}, lambda user: found(user.api.query("1"), "Connection")),
    ("cors-preflight", "--no-cors"): ({"no_cors": True}, lambda user: user.api.send("OPTIONS", CREATE).status),
    ("cors-on-answers", "--no-cors"): (
        {"no_cors": True}, lambda user: found(user.api.send("GET", QUERY, headers=PAGE), "access-control-allow-origin")
    ),
    ("mock-headers", "--no-mock-headers"): (
        {"no_mock_headers": True}, lambda user: "X-Mock-Request-Id" in user.api.query("1").headers
    ),
    ("any-key-opens-account", "--api-keys"): ({"api_keys": ("other",)}, lambda user: user.api.query("1").code),
    ("invalid-key-2049", "--api-keys"): ({"api_keys": ("other",)}, lambda user: user.api.query("1").code == 2049),
    ("mode-by-fields", "--modes"): (
        {"modes": ("text-to-video", "image-to-video")}, lambda user: user.api.create(TEXT_ALONE).code
    ),
    ("mode-of-several-fields", "--modes"): (
        {"modes": ("image-to-video", "subject-reference")}, code(model="S2V-01", subject_reference=SUBJECT)
    ),
    ("modes-enabled", "--modes"): ({"modes": ("text-to-video",)}, lambda user: user.api.create(TEXT_ALONE).code),
    ("picture-ratio", "--ratio-form"): ({"ratio_form": "observed"}, code(first_frame_image=WIDE)),
    ("input-moderated-at-create", "--blocked-words"): ({"blocked_words": ("fox",)}, code(prompt="A fox.")),
    ("too-large-413", "--max-body"): ({"max_body": 65_536}, lambda user: user.api.create(MINIMAL | {"x": "x" * 70_000}).status),
    ("in-progress-keys-empty", "--query-form"): ({"query_form": "documented"}, lambda user: list(after(user, 0)[1])),
    ("task-duration", "--task-seconds"): ({"task_seconds": 60}, lambda user: after(user, 2)[1]["status"]),
    ("task-duration", "--progress"): ({"progress": "polls:3"}, lambda user: after(user, 2)[1]["status"]),
    ("bytes-0", "--bytes-form"): ({"bytes_form": "documented"}, lambda user: retrieved(user)["bytes"] > 0),
    ("list-purpose-optional", "--files-form"): ({"files_form": "documented"}, lambda user: user.api.send("GET", LIST).code),
    ("upload-purpose-retrieval", "--files-form"): ({"files_form": "documented"}, lambda user: upload(user.api).code),
    ("delete-purpose-optional", "--files-form"): (
        {"files_form": "documented"},
        lambda user: delete(user.api, {"file_id": uploaded(user.api, purpose="voice_clone")}).code,
    ),
    ("uploads-in-memory", "--upload-bytes"): ({"upload_bytes": 65_536}, lambda user: upload(user.api, b"x" * 70_000).code),
    ("link-life", "--link-seconds"): (
        {"link_seconds": 3_600}, lambda user: retrieved(user)["download_url"].partition("Expires=")[2][:10]
    ),
    ("rate-window", "--rpm"): ({"rpm": 1}, twice),
    ("rate-off", "--rpm"): ({"rpm": 1}, twice),
    ("refused-not-queued", "--rpm"): ({"rpm": 1}, twice),
    ("balance-checked-at-create", "--balance"): ({"balance": 0.01}, twice),
    ("charged-on-success-only", "--balance"): ({"balance": 0.30}, twice),
}  # fmt: skip
# What takes a receiver, real time or many tasks, each with the test that shows it.
ELSEWHERE: dict[tuple[str, str], str] = {
    ("task-duration", "--clock"): "tests/over_http/test_time.py::test_a_real_clock_is_the_time_of_day",
    ("task-duration", "--time-scale"): "tests/over_http/test_time.py::test_a_scaled_clock_runs_faster",
    (
        "task-retention",
        "--max-tasks",
    ): "tests/callbacks/test_hard.py::test_forgotten_accounts_and_tasks_are_told_nothing_and_kept_nowhere",
    (
        "challenge-within-3-seconds",
        "--callback-timeout",
    ): "tests/callbacks/test_challenge.py::test_everything_else_is_2013_with_its_reason",
    (
        "update-not-repeated",
        "--callback-retries",
    ): "tests/callbacks/test_rules_on_callbacks.py::test_what_is_not_accepted_is_sent_again",
    ("callback-pages", "--allowed-hosts"): "tests/test_security.py::test_callbacks_that_a_web_page_asks_for",
    ("callback-hosts", "--allow-callback-host"): "tests/callbacks/test_addresses.py::test_names_with_several_addresses",
}


@pytest.fixture(scope="module")
def plain() -> Iterator[MockServer]:
    """A mock without any of the flags, but for its clock."""
    with MockServer(Settings(port=0, clock="manual")) as mock:
        yield mock


@pytest.mark.parametrize("of", PROBES, ids=" ".join)
def test_flag_changes_the_behaviour(plain: MockServer, of: tuple[str, str]) -> None:
    """The same calls show something else when the flag is given."""
    settings, probe = PROBES[of]
    assert list(settings) == [of[1].removeprefix("--").replace("-", "_")]
    with MockServer(Settings(port=0, clock="manual", **settings)) as changed:
        assert probe(User(changed)) != probe(User(plain))


def test_every_flag_of_a_behaviour_is_tried() -> None:
    """Above, or in a test that is named and exists; none is tried in two places."""
    behaviours = read_behaviours(resources.folder("openapi") / "behaviours.yaml")
    assert sorted([*PROBES, *ELSEWHERE]) == sorted((each.id, flag) for each in behaviours for flag in each.settings)
    for test in ELSEWHERE.values():
        path, _, name = test.partition("::")
        assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8")
