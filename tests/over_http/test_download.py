"""The link behind a finished task: signature, expiry, ranges, and a video that plays."""

from __future__ import annotations

import io
import json
import time
from urllib.parse import urlsplit

import av
import pytest

from contract_tests.api import MINIMAL, Api, Reply
from mock_server import MockServer, Settings
from tests.delivered import frames_for, seconds_for
from tests.over_http.conftest import Clocks


def finished(api: Api, mock: MockServer, clocks: Clocks, **changes: object) -> str:
    """Makes a task, lets it finish, and gives its download link."""
    assert api.key is not None
    task_id = api.create(MINIMAL | changes).json["task_id"]
    clocks.advance(mock, api.key, 2)
    link: str = api.retrieve(api.query(task_id).json["file_id"]).json["file"]["download_url"]
    return link


def get(mock: MockServer, link: str, method: str = "GET", **headers: str) -> Reply:
    """Fetches a link without any key."""
    return Api(mock.url, None).send(method, link, headers=headers)


@pytest.mark.parametrize(
    ("model", "resolution", "duration", "width", "height"),
    [
        ("MiniMax-Hailuo-2.3", "1080P", 6, 1920, 1080),
        ("MiniMax-Hailuo-2.3", "768P", 10, 1366, 768),
        ("MiniMax-Hailuo-02", "512P", 10, 910, 512),
        ("I2V-01-live", "720P", 6, 1280, 720),
    ],
)
def test_video_is_of_the_size_and_length_asked_for(
    api: Api, mock: MockServer, clocks: Clocks, model: str, resolution: str, duration: int, width: int, height: int
) -> None:
    """Every frame decodes; size, number of frames and length are right, an eighth of a second less than ordered."""
    link = finished(api, mock, clocks, model=model, resolution=resolution, duration=duration)
    with av.open(io.BytesIO(get(mock, link).content), mode="r") as container:
        stream = container.streams.video[0]
        frames = len(list(container.decode(stream)))
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", width, height)
        assert frames == frames_for(duration)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(seconds_for(duration))


def test_link_has_the_shape_of_the_store(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """Host of the request, a dated path with a UUID, and Expires nine hours after the retrieve call."""
    parts = urlsplit(finished(api, mock, clocks))
    assert f"http://{parts.netloc}" == mock.url
    assert api.key is not None
    now = mock.service.world.account(api.key).clock.now()
    assert parts.path.startswith(time.strftime("/inference_output/video/%Y-%m-%d/", time.gmtime(now)))
    assert parts.path.endswith("/output_aigc.mp4")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&"))
    assert list(query) == ["Expires", "OSSAccessKeyId", "Signature"]
    assert int(query["Expires"]) == int(now) + 32_400


def test_head_and_range(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """HEAD tells the length; Range gives a part; what cannot be satisfied is 416."""
    link = finished(api, mock, clocks)
    whole = get(mock, link)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert api.key is not None
    (entry,) = api.send("GET", "/__mock/requests", query={"account": api.key, "operation": "download"}).json["requests"]
    assert (entry["http_status"], entry["code"]) == (200, None)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="output_aigc.mp4"'
    head = get(mock, link, "HEAD")
    assert (head.status, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(whole.content)
    part = get(mock, link, Range="bytes=4-11")
    assert (part.status, part.content) == (206, whole.content[4:12])
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(whole.content)}"
    tail = get(mock, link, Range="bytes=-5")
    assert tail.content == whole.content[-5:]
    size = len(whole.content)
    for wanted, status, content in (
        ("bytes=-99999999", 206, whole.content),
        (f"bytes=0-{'9' * 18}", 206, whole.content),
        ("bytes=0-0,5-6", 200, whole.content),
        ("bytes=5-2", 200, whole.content),
        ("items=0-1", 200, whole.content),
        (f"bytes={size - 1}-", 206, whole.content[-1:]),
    ):
        answer = get(mock, link, Range=wanted)
        assert (answer.status, answer.content) == (status, content), wanted
    etag = whole.headers["ETag"]
    assert get(mock, link, "HEAD", Range="bytes=0-3").headers["Content-Length"] == str(size)
    assert get(mock, link, Range="bytes=0-3", **{"If-None-Match": etag}).status == 304
    assert get(mock, link, Range="bytes=0-3", **{"If-Range": etag}).status == 206
    assert get(mock, link, Range="bytes=0-3", **{"If-Range": '"other"'}).status == 200
    failed = get(mock, link, **{"If-Match": '"other"'})
    assert (failed.status, failed.content) == (412, b"")
    beyond = get(mock, link, Range="bytes=99999999-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")


def test_expired_link_is_403_and_a_new_one_works(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """The store's XML, and a fresh link on the next retrieve."""
    link = finished(api, mock, clocks)
    assert api.key is not None
    clocks.advance(mock, api.key, 32_399)
    assert get(mock, link).status == 200
    clocks.advance(mock, api.key, 1)
    expired = get(mock, link)
    assert (expired.status, expired.headers["Content-Type"]) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code>" in expired.content
    assert "Request has expired" in expired.headers["X-Mock-Violations"]
    (task, _) = mock.service.world.account(api.key).tasks()[0]
    fresh = api.retrieve(str(task.file_id)).json["file"]["download_url"]
    assert fresh != link
    assert get(mock, fresh).status == 200


@pytest.mark.parametrize("part", ["Expires=", "Signature=", "/inference_output/video/2"])
def test_altered_link_is_403(api: Api, mock: MockServer, clocks: Clocks, part: str) -> None:
    """One changed character in expiry, signature or path, and the signature no longer fits."""
    link = finished(api, mock, clocks)
    at = link.index(part) + len(part)
    altered = link[:at] + ("1" if link[at] != "1" else "2") + link[at + 1 :]
    reply = get(mock, altered)
    assert reply.status == 403
    assert b"SignatureDoesNotMatch" in reply.content


@pytest.mark.parametrize(
    "query", ["", "?Expires=abc&Signature=x", "?Signature=%00", "?Expires=9999999999999999999999&Signature=AAAA"]
)
def test_link_without_a_signature_is_403(api: Api, mock: MockServer, clocks: Clocks, query: str) -> None:
    """Whatever stands in the query, it is no fault of the mock."""
    assert get(mock, finished(api, mock, clocks).partition("?")[0] + query).status == 403


def test_file_of_a_forgotten_account_is_404(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """After a reset the link is still well signed, but the file is gone."""
    link = finished(api, mock, clocks)
    assert api.key is not None
    mock.service.world.reset(api.key)
    assert get(mock, link).status == 404
    assert get(mock, f"{mock.url}/inference_output/video/other").status == 404


def test_two_tasks_never_deliver_the_same_bytes(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """A client that mixes up two files of the same size and length is found out."""
    first, second = finished(api, mock, clocks), finished(api, mock, clocks)
    assert get(mock, first).content != get(mock, second).content


def test_public_url_begins_the_link() -> None:
    """--public-url is what clients elsewhere can reach; a gallery address under it is the mock's own too."""
    with MockServer(Settings(port=0, task_seconds=0, public_url="https://mock.example:8443/")) as mock:
        api = Api(mock.url, "k-1")
        task_id = api.create(MINIMAL).json["task_id"]
        link = api.retrieve(api.query(task_id).json["file_id"]).json["file"]["download_url"]
        assert link.startswith("https://mock.example:8443/inference_output/")
        gallery = "https://mock.example:8443/__mock/gallery/format-gif.gif"
        assert api.create(MINIMAL | {"first_frame_image": gallery}).code == 2013


def rule(api: Api, then: dict[str, object]) -> None:
    """Lets something happen to the downloads of the account from now on, and nothing else."""
    assert api.key is not None
    query = {"account": api.key}
    api.send("DELETE", "/__mock/rules", query=query)
    body = json.dumps({"match": {"operation": "download"}, "then": then}).encode()
    assert api.send("POST", "/__mock/rules", query=query, body=body).status == 201


@pytest.mark.parametrize(
    "then", [{"fault": "gzip"}, {"http": {"status": 200}}, {"fault": {"name": "drip", "bytes": 9999, "seconds": 0.001}}]
)
def test_a_rule_changes_only_what_it_says(api: Api, mock: MockServer, clocks: Clocks, then: dict[str, object]) -> None:
    """Name, validators and ranges stay what they are; only a status of the rule's own goes with the whole file."""
    link = finished(api, mock, clocks)
    plain, part = get(mock, link), get(mock, link, Range="bytes=10-19")
    rule(api, then)
    changed = get(mock, link)
    assert (changed.status, changed.content) == (200, plain.content)
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "Accept-Ranges", "ETag", "Last-Modified"):
        assert changed.headers[name] == plain.headers[name]
    changed = get(mock, link, Range="bytes=10-19")
    if "http" in then:
        assert (changed.status, changed.content, "Content-Range" in changed.headers) == (200, plain.content, False)
    else:
        assert (changed.status, changed.content) == (206, part.content)
        assert changed.headers["Content-Range"] == part.headers["Content-Range"]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_tells_no_length(api: Api, mock: MockServer, clocks: Clocks, status: int) -> None:
    """204 and 304 have neither body nor Content-Length (RFC 9110, 8.6)."""
    link = finished(api, mock, clocks)
    rule(api, {"http": {"status": status}})
    reply = get(mock, link)
    assert (reply.status, reply.content) == (status, b"")
    assert "Content-Length" not in reply.headers
    assert "Transfer-Encoding" not in reply.headers
