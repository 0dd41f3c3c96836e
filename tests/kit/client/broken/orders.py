"""Faults in what is ordered."""

from __future__ import annotations

import contextlib
import socket
from typing import Any
from urllib.parse import unquote, urljoin

from examples.reference_client import adapter, order
from examples.reference_client.api import Api
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from examples.reference_client.order import Order
from examples.reference_client.transport import Transport
from tests.kit.client.broken.change import Body, around, change_body, change_request, put
from tests.kit.client.broken.fault import ALL_BUT, fault


@fault(
    "Creates a second task as a health check before the one that counts",
    ALL_BUT,
    "AUTH-001 AUTH-002 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 AUTH-011 CB-002 ERR-002 ERR-003",
    "ERR-005 ERR-006 ERR-007 ERR-008 ERR-009 ERR-011 ERR-012 ERR-013 ERR-014 ERR-015 ERR-016 ERR-018",
    "ERR-019 NET-003 NET-005 NET-007 NET-012 NET-028 POLL-019 REQ-002 REQ-003 REQ-007 REQ-009 REQ-010",
    "REQ-011 REQ-014 REQ-015 REQ-022 REQ-023 REQ-026",
)
def orders_twice() -> None:
    def create(right: Any, api: Api, *given: Any) -> Any:
        right(api, *given)
        return right(api, *given)

    around(Api, "create", create)


@fault(
    "Starts over when its wrapper remembers a refusal, although the library below has tried again with success",
    "ERR-004 ERR-107 ERR-108",
)
def repeats_in_two_layers() -> None:
    refused: set[str] = set()

    def attempt(right: Any, api: Api, *given: Any) -> Any:
        try:
            return right(api, *given)
        except VideoError as error:
            refused.add(error.kind)
            raise

    def create(right: Any, video: VideoClient, *given: Any) -> Any:
        refused.clear()
        task_id = right(video, *given)
        return right(video, *given) if refused else task_id

    around(Api, "create", attempt)
    around(VideoClient, "_create", create)


@fault(
    "Hands a ready text to the library, which labels it text/plain",
    ALL_BUT,
    "AUTH-006 AUTH-007 AUTH-008 AUTH-009 CB-002 ERR-002 ERR-003 ERR-005 ERR-006 ERR-007 ERR-008 ERR-009",
    "ERR-011 ERR-012 ERR-013 ERR-014 ERR-015 ERR-016 ERR-019 NET-003 NET-012 NET-028 POLL-019",
)
def sends_text_plain() -> None:
    def change(method: str, _: str, headers: dict[str, str]) -> None:
        if method == "POST":
            headers["Content-Type"] = "text/plain"

    change_request(change)


@fault(
    "Writes the body with a byte-order mark",
    ALL_BUT,
    "AUTH-006 AUTH-007 AUTH-008 AUTH-009 CB-002 ERR-002 ERR-003 ERR-005 ERR-006 ERR-007 ERR-008 ERR-009",
    "ERR-011 ERR-012 ERR-013 ERR-014 ERR-015 ERR-016 ERR-019 NET-003 NET-012 NET-028 POLL-019",
)
def sends_a_byte_order_mark() -> None:
    around(Order, "body", lambda right, made: b"\xef\xbb\xbf" + right(made))


@fault("Lower-cases the model's name", ALL_BUT, "NET-028 POLL-019")
def lower_cases_the_model() -> None:
    change_body(lambda body, _: body.update(model=body["model"].lower()))


@fault("Sends no model when the caller gives none", "REQ-005")
def has_no_default_model() -> None:
    def made(right: Any, call: Any) -> Order:
        ordered: Order = right(call)
        object.__setattr__(ordered, "unnamed", "model" not in call["input"])
        return ordered

    around(adapter, "_order", made)
    change_body(lambda body, ordered: body.pop("model") if getattr(ordered, "unnamed", False) else None)


@fault("Orders text-to-video, with a model for that, when the picture is missing", "REQ-006")
def forgets_the_picture() -> None:
    def change(body: Body, _: Order) -> None:
        if not body["first_frame_image"]:
            del body["first_frame_image"]
            body["model"] = "T2V-01"

    around(order, "json_text", lambda right, image: right(image) if image else [b'""'])
    change_body(change)


@fault("Decodes the picture's address before it sends it", "REQ-007")
def decodes_the_picture_link() -> None:
    def change(body: Body, _: Order) -> None:
        if body["first_frame_image"].startswith("http"):
            body["first_frame_image"] = unquote(body["first_frame_image"])

    change_body(change)


@fault("Sends options that were not given as null", ALL_BUT, "NET-028 POLL-019")
def sends_nulls() -> None:
    def change(body: Body, made: Order) -> None:
        body.update({name: None for name in order.TYPES if getattr(made, name) is None})

    change_body(change)


@fault("Drops options that are false, as if they were not there", "REQ-015")
def drops_what_is_false() -> None:
    def change(body: Body, _: Order) -> None:
        for name in [name for name, value in body.items() if value is False]:
            del body[name]

    change_body(change)


@fault("Does not know fast_pretreatment and drops it", "REQ-016")
def drops_fast_pretreatment() -> None:
    change_body(lambda body, _: body.pop("fast_pretreatment", None))


@fault("Sends the duration as a text", "REQ-017 REQ-019 REQ-020")
def sends_the_duration_as_text() -> None:
    change_body(lambda body, _: body.update(duration=str(body["duration"])) if "duration" in body else None)


@fault("Writes the resolution in lower case", "REQ-017 REQ-018 REQ-019 REQ-020")
def lower_cases_the_resolution() -> None:
    change_body(lambda body, _: body.update(resolution=body["resolution"].lower()) if "resolution" in body else None)


@fault("Lowers what the model does not make to what it does, and tells nobody", "REQ-019 REQ-020")
def lowers_what_was_asked_for() -> None:
    put(Order, "_check_model", lambda made, makes: None)

    def change(body: Body, _: Order) -> None:
        if body["model"].startswith("I2V-01"):
            for name in ("duration", "resolution", "fast_pretreatment"):
                body.pop(name, None)
        elif body.get("resolution") == "1080P" and body.get("duration") == 10:
            body["duration"] = 6

    change_body(change)


@fault("Offers every option for every model", "REQ-016")
def sends_fast_pretreatment_to_all() -> None:
    put(Order, "_check_model", lambda made, makes: None)


@fault("Cuts the prompt at 2000 characters, and tells nobody", "REQ-021")
def cuts_the_prompt() -> None:
    def body(right: Any, made: Order) -> Any:
        object.__setattr__(made, "prompt", (made.prompt or "")[:2000] or None)
        return right(made)

    around(Order, "body", body)


@fault("Takes camera commands in square brackets for markup and removes them", "REQ-022")
def removes_camera_commands() -> None:
    def change(body: Body, _: Order) -> None:
        if "prompt" in body:
            body["prompt"] = body["prompt"].replace("[", "").replace("]", "")

    change_body(change)


@fault("Keeps of the prompt only what Latin-1 has", "REQ-023")
def keeps_latin_1_only() -> None:
    def change(body: Body, _: Order) -> None:
        if "prompt" in body:
            body["prompt"] = body["prompt"].encode("latin-1", "replace").decode("latin-1")

    change_body(change)


@fault("Wants a prompt, which the contract does not", "REQ-024")
def wants_a_prompt() -> None:
    def check(right: Any, made: Order) -> None:
        right(made)
        if not made.prompt:
            raise VideoError("usage", "prompt: is missing")

    around(Order, "_check", check)


@fault("Adds a slash to the callback URL", "CB-001 CB-003 CB-004 CB-005 CB-006 CB-007 CB-008 REQ-026")
def adds_a_slash_to_the_callback() -> None:
    change_body(
        lambda body, _: body.update(callback_url=body["callback_url"] + "/") if "callback_url" in body else None
    )


@fault("Joins address and path by the rules for links, so that a path in the base URL is lost", "REQ-030")
def joins_like_links() -> None:
    def change(_: str, url: str, __: dict[str, str]) -> str:
        at = url.find("/v1/")
        return urljoin(url[:at], url[at:]) if at > 0 else url

    change_request(change)


@fault("Does not mind a slash at the end of the base URL, and asks for //v1", "REQ-029")
def keeps_the_slash() -> None:
    def begin(right: Any, api: Api) -> None:
        given = api.base_url
        right(api)
        api.base_url = given

    around(Api, "__post_init__", begin)


@fault("Asks the vendor's own host first which region the key is of", ALL_BUT, "POLL-019")
def probes_the_vendor() -> None:
    def create(right: Any, api: Api, *given: Any) -> Any:
        with contextlib.suppress(OSError):
            socket.getaddrinfo("api.minimax.io", 443)
        return right(api, *given)

    around(Api, "create", create)


@fault("Waits without end for leave to send a large body", "REQ-027")
def waits_for_100_continue() -> None:
    def connection(right: Any, transport: Transport, *given: Any) -> Any:
        made = right(transport, *given)

        def request(right: Any, method: str, target: str, body: bytes | None, headers: Any, **named: Any) -> Any:
            def asked() -> Any:
                made.sock.recv(100)
                yield body

            if body is None or len(body) < 1_000_000:
                return right(method, target, body, headers, **named)
            headers = {**headers, "Content-Length": str(len(body)), "Expect": "100-continue"}
            return right(method, target, asked(), headers, **named)

        around(made, "request", request)
        return made

    around(Transport, "_connection", connection)
