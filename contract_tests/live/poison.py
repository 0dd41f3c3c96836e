"""Why a create cannot make a video, counted from the request itself before it is sent.

A probe is about one rule, and whether a server enforces that rule is what it shall find out. So the rule alone is never
trusted: something else has to be wrong with the request as well.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from contract_tests.live.probes import Probe, Request

NEEDED = 2
# Names that no provider gives to a model. Another spelling of a real one is none of these: it may be accepted.
INVENTED = ("no-such-model", "MiniMax-Hailuo-9")
# What makes videos from a picture only; any other model might make one from the text alone.
PICTURE_ONLY = ("MiniMax-Hailuo-2.3-Fast", "I2V-01", "I2V-01-Director", "I2V-01-live")
_NO_ACCOUNT = ("none", "random", "Basic dXNlcjpwYXNz", "Bearer")


def ways(probe: Probe) -> list[str]:
    """Every way in which a create cannot make a video, the rule that it is about included."""
    found = poisons(probe.request)
    return [*found, probe.breaks] if probe.breaks else found


def poisons(request: Request) -> list[str]:
    """Every way in which a create cannot make a video, whatever is enforced of the rule that it is about."""
    found = ["no account to bill"] if request.auth in _NO_ACCOUNT else []
    body = request.document
    if not isinstance(body, dict):
        return [*found, "no object", "no model"]
    model = body.get("model")
    if not model:
        found.append("no model")
    elif model in INVENTED:
        found.append("no such model")
    picture = body.get("first_frame_image")
    if picture is None and model in PICTURE_ONLY:
        found.append("no picture")
    if _leads_nowhere(picture):
        found.append("a picture that nobody serves")
    if _leads_nowhere(body.get("callback_url")):
        found.append("a receiver that cannot be found")
    return found


def why_not_safe(probe: Probe) -> str:
    """Why a probe that shall cost nothing may not be sent; empty when it may. Only creates can cost anything."""
    request = probe.request
    if request.operation != "create":
        return "" if request.method == "GET" else f"{probe.id}: {request.method} may change something"
    found = poisons(request)
    if not found or len(ways(probe)) < NEEDED:
        return f"{probe.id}: invalid in fewer than {NEEDED} ways ({', '.join(ways(probe)) or 'none'})"
    model = request.document.get("model") if isinstance(request.document, dict) else None
    if model and str(model).lower() not in {name.lower() for name in (*PICTURE_ONLY, *INVENTED)}:
        return f"{probe.id}: {model!r} may make a video from the text alone"
    return ""


def _leads_nowhere(url: Any) -> bool:
    """Whether the host of an address is under .invalid, which is never resolved (RFC 6761)."""
    return isinstance(url, str) and url.startswith("http") and (urlsplit(url).hostname or "").endswith(".invalid")
