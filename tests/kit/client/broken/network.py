"""Faults in what is done when the network, or a gateway, does not do what it should."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import HTTPError, ReadTimeoutError

from examples.reference_client import adapter, client, transport
from examples.reference_client.api import Api
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from examples.reference_client.patience import Deadline, Patience
from examples.reference_client.transport import Transport
from tests.kit.client.broken.change import around, order_again, put
from tests.kit.client.broken.fault import fault


@fault("Sends an order again when the connection was lost under it", "NET-005 NET-006 NET-008")
def repeats_after_a_reset() -> None:
    order_again(lambda error: error.kind == "network" and error.ambiguous)


@fault("Takes every closed connection for an idle one, and sends the order again", "NET-006")
def repeats_on_closed_connections() -> None:
    order_again(lambda error: error.ambiguous and "without response" in error.message)


@fault("Sends an order again when the answer takes too long", "NET-003 NET-007")
def repeats_after_a_time_out() -> None:
    order_again(lambda error: error.kind == "timeout" and error.ambiguous)


@fault("Has no time-outs", "NET-003 NET-004")
def has_no_time_outs() -> None:
    put(transport, "_within", lambda deadline, seconds=None: None)


@fault("Has a time-out for every read, and none for all of them", "NET-004")
def times_out_reads_alone() -> None:
    put(transport, "_within", lambda deadline, seconds=60.0: seconds)


@fault("Reports an order whose answer was lost like one that failed", "NET-005 NET-006 NET-007")
def hides_that_it_may_have_worked() -> None:
    def answer(right: Any, call: Any) -> Any:
        result = right(call)
        if "error" in result:
            result["error"]["ambiguous"] = False
        return result

    around(adapter, "answer", answer)


@fault(
    "Lets the exceptions of sockets through to the caller", "NET-001 NET-002 NET-005 NET-006 NET-008 NET-009 NET-028"
)
def lets_network_errors_through() -> None:
    def typed(right: Any, *given: Any, **named: Any) -> Any:
        return contextmanager(_untyped)(right, *given, **named)

    around(transport, "_typed", typed)


def _untyped(right: Any, *given: Any, **named: Any) -> Any:
    with right(*given, **named):
        try:
            yield
        except (TimeoutError, ReadTimeoutError, VideoError):
            raise
        except (OSError, HTTPError) as error:
            raise RuntimeError(str(error)) from error


@fault("Tries a host that cannot be reached until it can", "NET-001 NET-002 NET-028")
def connects_without_end() -> None:
    def repeat(right: Any, patience: Patience, step: Any, *given: Any) -> Any:
        def again() -> Any:
            while True:
                try:
                    return step()
                except VideoError as error:
                    if error.kind != "network" or error.ambiguous or error.file_id is not None:
                        raise
                patience.pause(0.1)

        return right(patience, again, *given)

    around(Patience, "repeat", repeat)


def _follow(may: Any, hops: int, *, keeps_method: bool, for_ever: bool = False) -> None:
    """Follows redirects of the API: `may` is asked for status, old and new address."""

    @contextmanager
    def exchange(right: Any, own: Any, method: str, url: str, headers: Any, deadline: Any, body: Any = None) -> Any:
        for left in range(hops, -1, -1):
            moment = Deadline(10.0) if for_ever and left < hops else deadline
            with right(own, method, url, headers, moment, body) as response:
                onward = urljoin(url, response.headers.get("Location", url))
                if (
                    not left
                    or "/v1/" not in url
                    or "Location" not in response.headers
                    or not may(response.status, url, onward)
                ):
                    yield response
                    return
            url = onward
            method, body = (method, body) if keeps_method else ("GET", None)

    around(Transport, "exchange", exchange)


@fault("Follows a redirect to any host, with the key and the order", "AUTH-009")
def follows_to_other_hosts() -> None:
    _follow(
        lambda status, url, onward: status == 307 and urlsplit(url).netloc != urlsplit(onward).netloc,
        1,
        keeps_method=True,
    )


@fault("Makes a GET of an order that is redirected", "NET-025")
def makes_gets_of_redirected_orders() -> None:
    _follow(lambda status, url, onward: status in (301, 302) and "video_generation" in url, 1, keeps_method=False)


@fault("Follows redirects without counting them", "NET-027")
def follows_without_end() -> None:
    _follow(lambda status, url, onward: "/files/" in url, 1_000_000, keeps_method=True, for_ever=True)


@fault("Verifies no certificate", "NET-028")
def verifies_no_certificate() -> None:
    def made(right: Any, connect: float, read: float, tls: Any) -> Any:
        return right(connect, read, ssl._create_unverified_context())

    around(client, "Transport", made)


@fault("Keeps the current task in a place that all calls share", "NET-029")
def shares_the_current_task() -> None:
    current: dict[str, str] = {}

    def finish(right: Any, video: VideoClient, task_id: str, *given: Any) -> Any:
        current["task"] = task_id
        return right(video, task_id, *given)

    around(VideoClient, "_finish", finish)
    around(Api, "query", lambda right, own, task_id, deadline: right(own, current["task"], deadline))
