"""Faults in what is ordered, and with which key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from examples.reference_client import adapter, client, images, order
from examples.reference_client.api import Api
from examples.reference_client.errors import VideoError
from examples.reference_client.order import Order
from examples.reference_client.transport import Transport
from tests.kit.client.broken.fault import fault

Body = dict[str, Any]


def change_body(change: Callable[[Body, Order], object]) -> None:
    """Changes the body of create just before it is sent."""
    right = Order.body

    def body(self: Order) -> bytes:
        data = json.loads(right(self))
        change(data, self)
        return json.dumps(data).encode()

    Order.body = body  # type: ignore[method-assign]


def change_headers(change: Callable[[str, str, dict[str, str]], object]) -> None:
    """Changes the headers of every request: method, address and headers are given."""
    right = Transport.exchange

    def exchange(self: Transport, method: str, url: str, headers: Mapping[str, str], *rest: Any) -> Any:
        sent = dict(headers)
        change(method, url, sent)
        return right(self, method, url, sent, *rest)

    Transport.exchange = exchange  # type: ignore[method-assign, assignment]


def no_checks() -> None:
    """Sends whatever the caller asks for."""
    Order._check = lambda self: None  # type: ignore[method-assign]


@fault("Creates a second task as a health check before the one that counts")
def orders_twice() -> None:
    right = Api.create

    def create(self: Api, body: bytes, deadline: Any) -> str:
        right(self, body, deadline)
        return right(self, body, deadline)

    Api.create = create  # type: ignore[method-assign]


@fault("Hands a ready text to the library, which labels it text/plain")
def sends_text_plain() -> None:
    change_headers(lambda method, _, headers: headers.update({"Content-Type": "text/plain"}) if method == "POST" else None)


@fault("Writes the body with a byte-order mark")
def sends_byte_order_mark() -> None:
    right = Order.body
    Order.body = lambda self: b"\xef\xbb\xbf" + right(self)  # type: ignore[method-assign]


@fault("Lower-cases the model's name")
def lower_cases_the_model() -> None:
    change_body(lambda body, _: body.update(model=body["model"].lower()))


@fault("Sends no model when the caller gives none")
def has_no_default_model() -> None:
    right = adapter._order

    def _order(call: Any) -> Order:
        made = right(call)
        object.__setattr__(made, "unnamed", "model" not in call["input"])
        return made

    adapter._order = _order
    change_body(lambda body, made: body.pop("model") if getattr(made, "unnamed", False) else None)


@fault("Orders text-to-video when the picture is missing")
def forgets_the_picture() -> None:
    right = images.json_text

    def json_text(image: Any) -> list[bytes]:
        return right(image) if image else [b'""']

    order.json_text = json_text
    change_body(lambda body, _: body.pop("first_frame_image") if not body["first_frame_image"] else None)


@fault("Decodes the picture's address before it sends it")
def decodes_the_picture_link() -> None:
    def change(body: Body, _: Order) -> None:
        if body["first_frame_image"].startswith("http"):
            body["first_frame_image"] = unquote(body["first_frame_image"])

    change_body(change)


@fault("Labels every picture image/jpeg")
def labels_all_jpeg() -> None:
    right = images._format

    def _format(data: bytes, path: Path) -> str:
        right(data, path)
        return "jpeg"

    images._format = _format


@fault("Labels by the file's name alone, and sends what is no picture")
def labels_by_name() -> None:
    images._format = lambda data, path: {".png": "png", ".webp": "webp"}.get(path.suffix, "jpeg")


def _encoded(encode: Callable[[bytes], bytes]) -> None:
    def json_text(image: Any) -> list[bytes]:
        if isinstance(image, Path):
            data = images._read(image)
            text = f"data:image/{images._format(data, image)};base64,{encode(data).decode()}"
            return [json.dumps(text).encode()]
        return [json.dumps(image).encode()]

    order.json_text = json_text


@fault("Breaks the base64 of a picture into lines of 76 characters")
def breaks_base64_into_lines() -> None:
    _encoded(base64.encodebytes)


@fault("Uses the alphabet for URLs in the base64 of a picture")
def uses_the_url_alphabet() -> None:
    _encoded(base64.urlsafe_b64encode)


@fault("Compresses the picture once more on its way, so that other bytes arrive")
def changes_the_picture() -> None:
    _encoded(lambda data: base64.b64encode(data[:-2] + b"\0\0" + data[-2:]))


@fault("Sends pictures of any size and shape, and gives no sign when they are refused")
def resizes_what_is_too_large() -> None:
    right = images._read

    def _read(path: Path) -> bytes:
        return right(path) if path.stat().st_size < images.LIMIT else right(path.with_name("cat.jpg"))

    images._read = _read


@fault("Sends options that were not given as null")
def sends_nulls() -> None:
    def change(body: Body, made: Order) -> None:
        body.update({name: None for name in order.TYPES if getattr(made, name) is None})

    change_body(change)


@fault("Drops options that are false, as if they were not there")
def drops_what_is_false() -> None:
    def change(body: Body, _: Order) -> None:
        for name in [name for name, value in body.items() if value is False]:
            del body[name]

    change_body(change)


@fault("Does not know fast_pretreatment and drops it")
def drops_fast_pretreatment() -> None:
    change_body(lambda body, _: body.pop("fast_pretreatment", None))


@fault("Sends the duration as a text")
def sends_duration_as_text() -> None:
    change_body(lambda body, _: body.update(duration=str(body["duration"])) if "duration" in body else None)


@fault("Writes the resolution in lower case")
def lower_cases_the_resolution() -> None:
    change_body(lambda body, _: body.update(resolution=body["resolution"].lower()) if "resolution" in body else None)


@fault("Lowers what the model does not make to what it does, and tells nobody")
def lowers_what_was_asked_for() -> None:
    no_checks()

    def change(body: Body, made: Order) -> None:
        if made.model.startswith("I2V-01"):
            body.pop("duration", None)
            body.pop("resolution", None)
        elif body.get("resolution") == "1080P" and body.get("duration") == 10:
            body["duration"] = 6

    change_body(change)


@fault("Cuts the prompt at 2000 characters, and tells nobody")
def cuts_the_prompt() -> None:
    right = Order.body

    def body(self: Order) -> bytes:
        object.__setattr__(self, "prompt", (self.prompt or "")[:2000] or None)
        return right(self)

    Order.body = body  # type: ignore[method-assign]


@fault("Takes camera commands in square brackets for markup and removes them")
def removes_camera_commands() -> None:
    def change(body: Body, _: Order) -> None:
        if "prompt" in body:
            body["prompt"] = body["prompt"].replace("[", "").replace("]", "")

    change_body(change)


@fault("Keeps of the prompt only what Latin-1 has")
def keeps_latin_1_only() -> None:
    def change(body: Body, _: Order) -> None:
        if "prompt" in body:
            body["prompt"] = body["prompt"].encode("latin-1", "replace").decode("latin-1")

    change_body(change)


@fault("Wants a prompt, which the contract does not")
def wants_a_prompt() -> None:
    right = Order._check

    def _check(self: Order) -> None:
        right(self)
        if not self.prompt:
            raise VideoError("usage", "prompt: is missing")

    Order._check = _check  # type: ignore[method-assign]


@fault("Adds a slash to the callback URL")
def adds_a_slash_to_the_callback() -> None:
    change_body(lambda body, _: body.update(callback_url=body["callback_url"] + "/") if "callback_url" in body else None)


@fault("Joins address and path by the rules for links, so that a path in the base URL is lost")
def joins_like_links() -> None:
    right = Transport.exchange

    def exchange(self: Transport, method: str, url: str, *rest: Any) -> Any:
        at = url.find("/v1/")
        return right(self, method, urljoin(url[:at], url[at:]) if at > 0 else url, *rest)

    Transport.exchange = exchange  # type: ignore[method-assign, assignment]


@fault("Does not mind a slash at the end of the base URL, and asks for //v1")
def keeps_the_slash() -> None:
    right = Api.__post_init__

    def __post_init__(self: Api) -> None:  # noqa: N807
        given = self.base_url
        right(self)
        self.base_url = given

    Api.__post_init__ = __post_init__  # type: ignore[method-assign]


@fault("Asks the vendor's own host first which region the key is of")
def probes_the_vendor() -> None:
    right = Api.create

    def create(self: Api, body: bytes, deadline: Any) -> str:
        import socket

        try:
            socket.getaddrinfo("api.minimax.io", 443)
        except OSError:
            pass
        return right(self, body, deadline)

    Api.create = create  # type: ignore[method-assign]


@fault("Sends the key without the word Bearer")
def forgets_bearer() -> None:
    def change(_: str, __: str, headers: dict[str, str]) -> None:
        if "Authorization" in headers:
            headers["Authorization"] = headers["Authorization"].removeprefix("Bearer ")

    change_headers(change)


@fault("Sends the key with create alone")
def queries_without_key() -> None:
    change_headers(lambda method, _, headers: headers.pop("Authorization", None) if method == "GET" else None)


@fault("Puts the key as it was pasted, with its line break, into the header")
def does_not_trim_the_key() -> None:
    def __post_init__(self: Api) -> None:  # noqa: N807
        self.base_url = self.base_url.rstrip("/")
        self.key = self.key.replace("\n", " ")

    Api.__post_init__ = __post_init__  # type: ignore[method-assign]


@fault("Asks without a key when there is none, and lets the service refuse")
def asks_without_any_key() -> None:
    right = Api.__post_init__

    def __post_init__(self: Api) -> None:  # noqa: N807
        if self.key:
            right(self)

    Api.__post_init__ = __post_init__  # type: ignore[method-assign]


@fault("Shows the key in the text of errors")
def shows_the_key() -> None:
    right = Api._call

    def _call(self: Api, *given: Any) -> Any:
        try:
            return right(self, *given)
        except VideoError as error:
            error.message += f" (key {self.key})"
            raise

    Api._call = _call  # type: ignore[method-assign]


@fault("Puts the key into the address of queries, as an older version of the API had it")
def puts_the_key_into_the_address() -> None:
    right = Transport.exchange

    def exchange(self: Transport, method: str, url: str, headers: Mapping[str, str], *rest: Any) -> Any:
        key = headers.get("Authorization", "").removeprefix("Bearer ")
        return right(self, method, f"{url}&api_key={key}" if key and "?" in url else url, headers, *rest)

    Transport.exchange = exchange  # type: ignore[method-assign, assignment]


@fault("Keeps the first key for good: a new one is used only after a restart")
def remembers_the_first_key() -> None:
    seen: dict[str, str] = {}
    right = adapter._client

    def _client(call: Any) -> client.VideoClient:
        key = seen.setdefault(call["base_url"], call["api_key"])
        return right({**call, "api_key": key})

    adapter._client = _client


@fault("Sends the key along to wherever the file lies")
def takes_the_key_to_the_download() -> None:
    last: dict[str, str] = {}

    def change(_: str, url: str, headers: dict[str, str]) -> None:
        if "Authorization" in headers:
            last.update(Authorization=headers["Authorization"])
        elif "/v1/" not in url:
            headers.update(last)

    change_headers(change)
