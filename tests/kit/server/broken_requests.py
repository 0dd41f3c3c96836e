"""Mocks that judge keys and bodies of creates wrongly."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from mock_server.contract import picture_rules
from mock_server.contract.image import Picture
from mock_server.errors import Violation
from mock_server.operations import access, body, create
from mock_server.operations.body import ParsedBody
from mock_server.operations.call import Answer, Call
from mock_server.operations.refusals import invalid_params
from mock_server.operations.service import Service
from mock_server.world import forcing
from tests.kit.server.breaking import Breaking, Variant

MODEL = "MiniMax-Hailuo-2.3"
MODELS = (MODEL, "MiniMax-Hailuo-2.3-Fast", "MiniMax-Hailuo-02", "I2V-01-Director", "I2V-01-live", "I2V-01")
PICTURE = "https://example.com/another.jpg"


def _keyless(breaking: Breaking) -> None:
    def make(bearer_key: Callable[..., Any]) -> Callable[..., Any]:
        return lambda headers: bearer_key(headers) if "Authorization" in headers else "anonymous"

    breaking.around(access, "bearer_key", make)


def _any_scheme(breaking: Breaking) -> None:
    def make(bearer_key: Callable[..., Any]) -> Callable[..., Any]:
        return lambda headers: bearer_key(headers) or headers.get("Authorization") or None

    breaking.around(access, "bearer_key", make)


def _http_status_of(code: int, status: int) -> Callable[[Breaking], None]:
    def change(_call: Call, answer: Answer) -> None:
        if answer.code == code:
            answer.http_status = status

    return lambda breaking: breaking.every_answer(change)


def _model_in_any_spelling(given: dict[str, Any]) -> dict[str, Any]:
    model = given.get("model")
    return given | {"model": MODEL} if isinstance(model, str) and model not in MODELS else given


def _coerced_duration(given: dict[str, Any]) -> dict[str, Any]:
    duration = given.get("duration")
    if isinstance(duration, str) and duration.isdigit():
        return given | {"duration": int(duration)}
    return given | {"duration": int(duration)} if isinstance(duration, float) else given


def _any_duration(schema: Any) -> None:
    for branch in schema["allOf"]:
        if branch["then"]["properties"].get("duration", {}).get("x-rule") == "duration-for-model":
            branch["then"]["properties"]["duration"]["enum"] = list(range(-10, 100))


def _any_resolution(schema: Any) -> None:
    for branch in schema["allOf"]:
        if "resolution" in branch["then"]["properties"]:
            branch["then"]["properties"]["resolution"]["enum"] = ["512P", "720P", "768P", "1080P"]


def _upper_resolution(given: dict[str, Any]) -> dict[str, Any]:
    resolution = given.get("resolution")
    return given | {"resolution": resolution.upper()} if isinstance(resolution, str) else given


def _ten_seconds_at_1080p(schema: Any) -> None:
    schema["allOf"][-1]["then"]["properties"]["duration"]["enum"] = [6, 10]


def _prompt_limit(limit: int) -> Callable[[Breaking], None]:
    return lambda breaking: breaking.schema(lambda schema: schema["properties"]["prompt"].update(maxLength=limit))


def _picture_limit(**limits: Any) -> Callable[[Breaking], None]:
    named = {name.replace("_", "-"): limit for name, limit in limits.items()}
    return lambda breaking: breaking.schema(
        lambda schema: schema["properties"]["first_frame_image"]["x-image"].update(named)
    )


def _framework_page(call: Call, answer: Answer) -> None:
    if call.document is None and answer.code == 2013:
        answer.http_status = 400


def _lenient_parser(breaking: Breaking) -> None:
    def make(parse: Callable[..., Any]) -> Callable[..., Any]:
        def parsed(raw: bytes, call: Call) -> Any:
            try:
                return json.JSONDecoder().raw_decode(raw.decode())[0]
            except ValueError:
                return parse(raw, call)

        return parsed

    breaking.around(body, "_parse", make)


def _no_look_before_get(breaking: Breaking) -> None:
    def make(check: Callable[..., Any]) -> Callable[..., Any]:
        def checked(parsed: ParsedBody, call: Call, service: Service) -> Any:
            if not parsed.faults:
                parsed.document.get("model")
            return check(parsed, call, service)

        return checked

    breaking.around(create, "check_contract", make)


def _gif_is_fine(breaking: Breaking) -> None:
    def make(read: Callable[..., Any]) -> Callable[..., Any]:
        return lambda data: Picture("PNG", 400, 400) if data.startswith(b"GIF8") else read(data)

    breaking.around(picture_rules, "read_picture", make)


def _lenient_base64(breaking: Breaking) -> None:
    class Lenient:
        """base64 as a browser's atob is not: whatever does not belong there is passed over."""

        def a2b_base64(self, payload: str, *, strict_mode: bool) -> bytes:
            assert strict_mode
            letters = payload.rstrip("=")
            return base64.b64decode(letters[: len(letters) // 4 * 4] + "==")

        Error = binascii.Error

    breaking.put(picture_rules, "binascii", Lenient())


def _address_is_fetched(breaking: Breaking) -> None:
    def make(check: Callable[..., Any]) -> Callable[..., Any]:
        def checked(given: dict[str, Any], call: Call, service: Service) -> None:
            if ".invalid/" in given["first_frame_image"]:
                raise invalid_params(
                    [Violation("first_frame_image", text="invalid params, first_frame_image: no such host")]
                )
            check(given, call, service)

        return checked

    breaking.around(create, "check_image", make)


def _known_fields_only(breaking: Breaking) -> None:
    def make(check: Callable[..., Any]) -> Callable[..., Any]:
        def checked(parsed: ParsedBody, call: Call, service: Service) -> Any:
            given: Mapping[str, Any] = check(parsed, call, service)
            if unknown := service.contract.mode_of(given).unknown_fields(dict(given)):
                raise invalid_params([Violation("body", text=f"invalid params, unknown field {next(iter(unknown))}")])
            return given

        return checked

    breaking.around(create, "check_contract", make)


def _without_null(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _nothing(*_anything: object) -> None:
    """Looks at nothing."""


def _yes(*_anything: object) -> bool:
    return True


def _v(name: str, fault: str, break_it: Callable[[Breaking], None], *caught_by: str) -> Variant:
    return Variant(name, fault, break_it, frozenset(caught_by))


REQUESTS = (
    _v("keyless", "a call without Authorization is served", _keyless, "SV-AUTH-001"),
    _v("any-scheme", "whatever stands in Authorization is a key", _any_scheme, "SV-AUTH-002"),
    _v("1004-is-401", "a missing key is answered with HTTP 401", _http_status_of(1004, 401), "SV-AUTH-001", "SV-AUTH-002"),
    _v("keys-not-checked", "keys are restricted, and any key is served",
       lambda breaking: breaking.put(access, "is_valid", _yes), "SV-AUTH-003"),
    _v("2049-is-403", "an unknown key is answered with HTTP 403", _http_status_of(2049, 403), "SV-AUTH-003", "SV-AUTH-004"),
    _v("revoked-key-served", "a revoked key is served",
       lambda breaking: breaking.put(forcing, "_KEY_PREFIX", "no key begins so"), "SV-AUTH-004"),
    _v("default-model", "a missing model is the newest one",
       lambda breaking: breaking.body(lambda given: {"model": MODEL} | given), "SV-REQ-001"),
    _v("any-model", "a model in another spelling, or of another provider, is the newest one",
       lambda breaking: breaking.body(_model_in_any_spelling), "SV-REQ-002"),
    _v("text-to-video", "a missing picture makes a video from the text",
       lambda breaking: breaking.body(lambda given: {"first_frame_image": PICTURE} | given), "SV-REQ-003"),
    _v("duration-coerced", 'the durations "6" and 6.0 are 6',
       lambda breaking: breaking.body(_coerced_duration), "SV-REQ-004"),
    _v("any-duration", "any whole number is a duration",
       lambda breaking: breaking.schema(_any_duration), "SV-REQ-004"),
    _v("resolution-in-any-case", "768p is 768P", lambda breaking: breaking.body(_upper_resolution), "SV-REQ-005"),
    _v("any-resolution", "every model has every resolution",
       lambda breaking: breaking.schema(_any_resolution), "SV-REQ-005"),
    _v("long-1080p", "there are ten seconds at 1080P",
       lambda breaking: breaking.schema(_ten_seconds_at_1080p), "SV-REQ-006"),
    _v("any-prompt", "a prompt may be as long as it likes", _prompt_limit(1_000_000), "SV-REQ-007"),
    _v("prompt-below-2000", "a prompt has fewer than 2000 characters", _prompt_limit(1999), "SV-REQ-007"),
    _v("any-content-type", "what the body is declared as is not looked at",
       lambda breaking: breaking.put(body, "_is_json_type", _yes), "SV-REQ-008"),
    _v("exact-content-type", "a Content-Type with a charset is refused",
       lambda breaking: breaking.put(body, "_is_json_type", lambda given: given == "application/json"), "SV-REQ-008"),
    _v("bad-json-is-400", "a body that is not JSON gets the HTTP 400 of a framework",
       lambda breaking: breaking.answer("create", _framework_page), "SV-REQ-008", "SV-REQ-009"),
    _v("lenient-json", "NaN is a number, and what follows the object is not read", _lenient_parser, "SV-REQ-009"),
    _v("array-crashes", "a body that is JSON but no object is an internal error", _no_look_before_get, "SV-REQ-009"),
    _v("picture-not-looked-at", "what a data URL holds is not looked at",
       lambda breaking: breaking.put(create, "check_image", _nothing), "SV-REQ-010"),
    _v("short-edge-300", "a short edge of 300 pixels is enough", _picture_limit(short_edge_over=299), "SV-REQ-010"),
    _v("short-edge-301", "a short edge of 301 pixels is not enough", _picture_limit(short_edge_over=301), "SV-REQ-010"),
    _v("any-ratio", "a picture may have any shape", _picture_limit(ratio=["1:99", "99:1"]), "SV-REQ-010"),
    _v("gif", "a GIF is a picture", _gif_is_fine, "SV-REQ-010"),
    _v("lenient-base64", "base64 without its padding is decoded", _lenient_base64, "SV-REQ-010"),
    _v("picture-fetched", "an address that nobody serves is refused", _address_is_fetched, "SV-REQ-010"),
    _v("known-fields-only", "a field that the document does not know is refused", _known_fields_only, "SV-REQ-011"),
    _v("null-is-absent", "null is as good as nothing",
       lambda breaking: breaking.body(_without_null), "SV-REQ-004", "SV-REQ-012"),
)  # fmt: skip
