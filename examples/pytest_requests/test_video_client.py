"""Tests of a client on requests, against a mock of their own: nothing to start, no network, no waiting."""

import pytest
from video_client import VideoClient, VideoError

ORDER = {"model": "MiniMax-Hailuo-02", "resolution": "512P", "first_frame_image": "https://example.com/cat.jpg"}


@pytest.fixture
def client(minimax_mock):
    # Where a client would wait between two polls, the mock's clock goes on instead.
    return VideoClient(minimax_mock.url, minimax_mock.api_key, pause=minimax_mock.advance)


def test_a_video_is_made(client, minimax_mock):
    file_id = client.wait(client.create(**ORDER))
    assert client.download(file_id)[4:8] == b"ftyp"
    minimax_mock.verify(operation="create", times=1)
    assert minimax_mock.ledger["charged_usd"] == 0.10


def test_a_refusal_is_no_success(client, minimax_mock):
    minimax_mock.fail_next(1008)
    with pytest.raises(VideoError) as caught:
        client.create(**ORDER)
    assert caught.value.code == 1008
    assert minimax_mock.tasks == []


def test_a_busy_service_does_not_cost_the_task(client, minimax_mock):
    task_id = client.create(**ORDER)
    minimax_mock.fail_next(1002, "query", times=2)
    assert client.wait(task_id)
    minimax_mock.verify(operation="query", code=1002, times=2)


@pytest.mark.minimax_mock(scenario="sensitive-output")
def test_a_failed_task_ends_the_wait(client):
    with pytest.raises(VideoError) as caught:
        client.wait(client.create(**ORDER))
    assert caught.value.code == 1027
    assert caught.value.task_id


def test_a_receiver_is_told(client, minimax_mock, minimax_callback_receiver):
    task_id = client.create(**ORDER, callback_url=minimax_callback_receiver.url)
    minimax_mock.advance(600)
    told = [update["status"] for update in minimax_callback_receiver.updates_for(task_id)]
    assert told == ["processing", "success"]


def test_a_receiver_that_does_not_echo_is_found_out(client, minimax_mock, minimax_callback_receiver):
    minimax_callback_receiver.wrong()
    with pytest.raises(VideoError, match="fail to check callback url"):
        client.create(**ORDER, callback_url=minimax_callback_receiver.url)
