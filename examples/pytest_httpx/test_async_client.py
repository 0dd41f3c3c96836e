"""Tests of an asynchronous client on httpx. Every test has an account of its own, so they may run in parallel."""

import asyncio

import httpx
import pytest

ORDER = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": "https://example.com/cat.jpg"}


async def generate(http, pause):
    """Creates a video and polls until it is there; a 502 of a gateway on the way is asked again."""
    created = (await http.post("/v1/video_generation", json=ORDER)).json()
    if created["base_resp"]["status_code"]:
        raise RuntimeError(created["base_resp"]["status_msg"])
    while True:
        reply = await http.get("/v1/query/video_generation", params={"task_id": created["task_id"]})
        state = reply.json() if reply.status_code == 200 else {"status": "Unknown"}
        if state["status"] == "Success":
            return state["file_id"]
        pause(10)


def client(mock):
    return httpx.AsyncClient(base_url=mock.url, headers={"Authorization": f"Bearer {mock.api_key}"}, trust_env=False)


async def run(mock):
    async with client(mock) as http:
        return await generate(http, mock.advance)


def test_a_video_is_made(minimax_mock):
    assert asyncio.run(run(minimax_mock))


@pytest.mark.minimax_mock(scenario="bad-gateway-while-polling")
def test_a_gateway_in_between_is_survived(minimax_mock):
    assert asyncio.run(run(minimax_mock))
    minimax_mock.verify(operation="query", http_status=502, at_least=1)
    minimax_mock.verify(operation="create", times=1)


def test_twenty_at_once_get_their_own(minimax_mock):
    async def many():
        async with client(minimax_mock) as http:
            replies = await asyncio.gather(*(http.post("/v1/video_generation", json=ORDER) for _ in range(20)))
        return {reply.json()["task_id"] for reply in replies}

    assert len(asyncio.run(many())) == 20


def test_a_lost_answer_is_not_sent_again(minimax_mock):
    minimax_mock.rule({"fault": "reset"}, {"operation": "create"})
    with pytest.raises(httpx.TransportError):
        asyncio.run(run(minimax_mock))
    # The task exists although its answer was lost: a second create would have been a second bill.
    assert len(minimax_mock.tasks) == 1
