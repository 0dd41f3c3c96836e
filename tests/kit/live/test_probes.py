"""The probes cannot make a video, whatever a server does not enforce."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.live.address import Refused
from contract_tests.live.options import Options
from contract_tests.live.plan import make_plan
from contract_tests.live.poison import NEEDED, PICTURE_ONLY, poisons, ways, why_not_safe
from contract_tests.live.probes import Probe, Request, read_catalogue
from contract_tests.live.shape import Keys, body_of, described, wanted
from contract_tests.server_cases import server_cases
from tests.kit.live.stage import KEY, Stage, mock, tasks
from tests.kit.server.breaking import Breaking
from tests.kit.server.variants import VARIANTS

PROBES = {probe.id: probe for probe in read_catalogue().probes}
CREATES = [probe for probe in PROBES.values() if probe.request.operation == "create"]
KEYS = Keys(KEY, "sk-api-random", "sk-api-revoked")


def test_ids_are_used_once_and_every_case_has_a_probe_or_a_reason() -> None:
    """The catalogue of server cases says why one has no probe, and says nothing where there is one."""
    assert len(PROBES) == len(read_catalogue().probes)
    probed = {probe.case for probe in PROBES.values()} | {read_catalogue().life.case}
    assert probed == {case.id for case in server_cases().values() if not case.live}


@pytest.mark.parametrize("probe", CREATES, ids=lambda probe: probe.id)
def test_every_unpaid_create_is_invalid_in_several_ways(probe: Probe) -> None:
    """One of them at least has nothing to do with the rule that the probe is about."""
    assert why_not_safe(probe) == ""
    assert len(ways(probe)) >= NEEDED
    assert poisons(probe.request)


@pytest.mark.parametrize("probe", CREATES, ids=lambda probe: probe.id)
def test_no_unpaid_create_names_a_model_that_needs_no_picture(probe: Probe) -> None:
    """Without its picture such a body would be valid text-to-video."""
    document = probe.request.document
    if isinstance(document, dict) and document.get("model"):
        assert document["model"].lower() in {*map(str.lower, PICTURE_ONLY), "no-such-model", "minimax-hailuo-9"}


@pytest.mark.parametrize(
    "probe", [each for each in CREATES if each.request.raw is not None], ids=lambda probe: probe.id
)
def test_raw_bodies_hold_no_object(probe: Probe) -> None:
    """Nothing that a parser, however lenient, could take for a model and a picture."""
    assert "first_frame_image" not in (probe.request.raw or "")
    assert "MiniMax" not in (probe.request.raw or "")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"model": "MiniMax-Hailuo-02"}, "may make a video from the text alone"),
        ({"model": "T2V-01"}, "may make a video from the text alone"),
        ({"first_frame_image": "https://example.com/a.jpg", "callback_url": None}, "fewer than 2 ways"),
        ({"first_frame_image": "https://example.invalid.com/a.jpg", "callback_url": None}, "fewer than 2 ways"),
    ],
)
def test_a_create_that_might_be_valid_is_refused(changes: dict[str, str], fault: str) -> None:
    """A probe that somebody adds is counted like those that are there."""
    control = PROBES["SV-REQ-011-control"]
    changed = replace(control, request=replace(control.request, document=control.request.document | changes))
    assert fault in why_not_safe(changed)


def test_a_method_that_changes_something_is_refused() -> None:
    """Only creates are counted, so nothing else may be sent that is not a question."""
    assert why_not_safe(Probe("SV-F-001-x", "SV-F-001", "", "free", Request("other", "DELETE", "/v1/files"))) != ""


SAMPLE = (
    "any-model",
    "text-to-video",
    "duration-coerced",
    "null-is-absent",
    "any-content-type",
    "picture-not-looked-at",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_nothing_is_made_where_a_rule_is_not_enforced(name: str, tmp_path: Path) -> None:
    """Servers that do not enforce the rule of some probe refuse it all the same, for its poison."""
    with pytest.MonkeyPatch.context() as patch:
        VARIANTS[name].break_it(Breaking(patch))
        with mock() as server:
            assert Stage(server.url, tmp_path, server.url).run() == 0
            assert tasks(server) == []


def test_what_is_sent() -> None:
    """The key stands where the probe wants it, and nothing is added that a server could take for a declaration."""
    sent = {name: dict(wanted(probe.request, "http://127.0.0.1:1", KEYS).headers) for name, probe in PROBES.items()}
    assert sent["SV-REQ-004-text"]["Authorization"] == f"Bearer {KEY}"
    assert "Authorization" not in sent["SV-AUTH-001-create"]
    assert sent["SV-AUTH-002-two-blanks"]["Authorization"] == f"Bearer  {KEY}"
    assert sent["SV-AUTH-003-create"]["Authorization"] == "Bearer sk-api-random"
    assert sent["SV-AUTH-004-create"]["Authorization"] == "Bearer sk-api-revoked"
    assert "Content-Type" not in sent["SV-REQ-008-none"]
    assert b'"duration": 6.0' in (body_of(PROBES["SV-REQ-004-float"].request) or b"")
    assert b'"prompt": null' in (body_of(PROBES["SV-REQ-012-prompt"].request) or b"")
    assert len(PROBES["SV-REQ-007-long"].request.document["prompt"]) == 2001


@pytest.mark.parametrize("probe", PROBES.values(), ids=lambda probe: probe.id)
def test_what_the_facts_say_of_a_request_is_short_and_holds_no_key(probe: Probe) -> None:
    """Pictures and long texts stand there by their size."""
    text = json.dumps(described(probe.request))
    assert len(text) < 500
    assert not any(key in text for key in KEYS.all())


def test_probes_can_be_chosen() -> None:
    """By the beginning of their ids; one that there is not is told with those that there are."""
    plan = make_plan(Options(only=("SV-REQ-004", "SV-Q-001-none")), revoked=False)
    assert [probe.id for probe in plan.probes] == [
        "SV-Q-001-none", "SV-REQ-004-text", "SV-REQ-004-float", "SV-REQ-004-true", "SV-REQ-004-seven",
    ]  # fmt: skip
    assert plan.left_out["SV-REQ-005-case"] == "not named by --probe"
    with pytest.raises(Refused, match=r"--probe SV-NO-001: no probe begins so; allowed: SV-AUTH-001-create, "):
        make_plan(Options(only=("SV-NO-001",)), revoked=False)
