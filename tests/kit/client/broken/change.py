"""How a fault gets into the reference client: one of its functions is replaced by one that wraps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from examples.reference_client.api import Api
from examples.reference_client.errors import VideoError
from examples.reference_client.order import Order
from examples.reference_client.transport import Transport

Body = dict[str, Any]


def put(owner: Any, name: str, value: object) -> None:
    """Replaces what a module or a class has under a name."""
    setattr(owner, name, value)


def around(owner: Any, name: str, change: Callable[..., Any]) -> None:
    """Has `change` called instead of a function or method, with the right one as its first argument."""
    right = getattr(owner, name)
    put(owner, name, lambda *given, **named: change(right, *given, **named))


def change_body(change: Callable[[Body, Order], object]) -> None:
    """Changes the body of create just before it is sent."""

    def body(right: Any, order: Order) -> bytes:
        data = json.loads(right(order))
        change(data, order)
        return json.dumps(data).encode()

    around(Order, "body", body)


def change_request(change: Callable[[str, str, dict[str, str]], str | None]) -> None:
    """Changes the headers of every request, and its address if one is given back: method, address and headers are told."""

    def exchange(right: Any, transport: Transport, method: str, url: str, headers: Any, *rest: Any) -> Any:
        sent = dict(headers)
        return right(transport, method, change(method, url, sent) or url, sent, *rest)

    around(Transport, "exchange", exchange)


def order_again(worth: Callable[[VideoError], bool], times: int = 1) -> None:
    """Sends an order that failed again at once, up to so many times."""

    def create(right: Any, api: Api, *given: Any) -> Any:
        for left in range(times, -1, -1):
            try:
                return right(api, *given)
            except VideoError as error:
                if not left or not worth(error):
                    raise
        return None

    around(Api, "create", create)


def change_error(owner: Any, name: str, change: Callable[[VideoError], object]) -> None:
    """Changes every error that a function raises."""

    def changed(right: Any, *given: Any, **named: Any) -> Any:
        try:
            return right(*given, **named)
        except VideoError as error:
            change(error)
            raise

    around(owner, name, changed)
