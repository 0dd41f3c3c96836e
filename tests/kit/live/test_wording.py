"""What differs from call to call is taken out of texts, and nothing else."""

from __future__ import annotations

import pytest

from contract_tests.live.wording import LONGEST, normalised

KEY = "sk-api-0123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("invalid params, prompt length must be less than or equal to 2000", None),
        ("model MiniMax-Hailuo-2.3-Fast does not support resolution 768p, supported resolutions: 768P, 1080P", None),
        ("rate limit exceeded(RPM)", None),
        ("aspect ratio not between 0.4 and 2.5", None),
        ("task 176843862716480 not found", "task <id> not found"),
        ("trace 0640ba83a3280cd782f714aefb8c6318", "trace <hex>"),
        ("request 1A3C51B4-601A-118F-C452-048911EABC3A", "request <uuid>"),
        ("resets at 2026-05-15T15:00:00Z", "resets at <time>"),
        ("resets at 2026-05-15 15:00:00.123+08:00.", "resets at <time>."),
        ("since Sun, 22 Nov 2026 16:00:00 GMT", "since <time>"),
        ("received 1777436547.388", "received <time>"),
        ("received 1777436547388", "received <time>"),
        (f"the key {KEY} is wrong", "the key <key> is wrong"),
        ("the key sk-cp-01***ef is wrong", "the key <key> is wrong"),
        ("the key eyJhbGciOiJIUzI1NiJ9.e30.abc is wrong", "the key <key> is wrong"),
        ("see https://docs.example.com/errors?x=1", "see https://<host>/errors?x=1"),
        ("API.minimax.io:443 says no, not-api.minimax.io", "<host> says no, not-api.minimax.io"),
        ("two\n lines \t here", "two lines here"),
        ("\x1b[2J no \x07", "\ufffd[2J no \ufffd"),
        ("", None),
    ],
)
def test_texts(text: str, expected: str | None) -> None:
    """Numbers of the contract stay."""
    assert normalised(text, keys=[KEY], host="api.minimax.io") == (text if expected is None else expected)


def test_long_texts_are_cut() -> None:
    """A page of HTML is told by its beginning."""
    assert len(normalised("x" * 10_000, keys=[KEY], host="h")) == LONGEST
