"""Two hundred tests, each with an account of its own: create, advance, be called back, download, verify. None sleeps."""

import json
import urllib.request

import pytest


def call(mock, method, path, body=None):
    """One call of the API with the key of this test."""
    request = urllib.request.Request(
        mock.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {mock.api_key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.loads(reply.read())


@pytest.mark.minimax_mock(strict=True)
@pytest.mark.parametrize("number", range(200))
def test_a_whole_life(number, minimax_mock, minimax_callback_receiver):
    created = call(
        minimax_mock,
        "POST",
        "/v1/video_generation",
        {
            "model": "MiniMax-Hailuo-02",
            "resolution": "512P",
            "prompt": f"number {number}",
            "first_frame_image": "https://example.com/cat.jpg",
            "callback_url": minimax_callback_receiver.url,
        },
    )
    task_id = created["task_id"]
    happened = minimax_mock.advance(600)
    assert [each["status"] for each in happened if each["kind"] == "callback"] == ["processing", "success"]

    updates = minimax_callback_receiver.updates_for(task_id)
    assert [update["status"] for update in updates] == ["processing", "success"]
    state = call(minimax_mock, "GET", f"/v1/query/video_generation?task_id={task_id}")
    assert state["file_id"] == updates[-1]["file_id"]

    file = call(minimax_mock, "GET", f"/v1/files/retrieve?file_id={state['file_id']}")["file"]
    with urllib.request.urlopen(file["download_url"], timeout=30) as video:
        assert f"task {task_id}".encode() in video.read()

    minimax_mock.verify(operation="create", prompt=f"number {number}$", times=1)
    minimax_mock.verify(order=[{"operation": name} for name in ("create", "query", "retrieve", "download")])
    minimax_mock.verify_callbacks(kind="update", delivered=True, times=2)
    assert minimax_mock.ledger["creates"] == 1
    assert minimax_mock.ledger["list_price_usd"] <= 0.28
