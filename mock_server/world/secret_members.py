"""What looks like a key in what clients send: by the name of a member, or by what stands before it."""

from __future__ import annotations

import re

from mock_server.world.journal import redacted

SECRET_NAME = re.compile(r"auth|token|key|secret|cookie|password|signature", re.IGNORECASE)
# Nobody means to be read who writes a longer name; its value is taken for a secret.
_MAX_NAME = 200
SCHEMES = ("basic", "bearer", "digest", "negotiate", "token")
# A name and a value in JSON, which may be broken off, in a form or in a header; nothing is tried twice.
_MEMBER = re.compile(
    r"""(?<![\w.-])([\w.-]++)((?:\\?["'])?\s*+[:=]\s*+)
    ("(?:[^"\\]|\\.)*+"?+ | '(?:[^'\\]|\\.)*+'?+ | [\[{][^\]}]*+[\]}]?+ | [^\s,;&}\]]++)""",
    re.VERBOSE | re.DOTALL,
)
_AROUND = " \t\r\n\\\"'[]{}"
_CREDENTIALS = re.compile(rf"(?<!\w)({'|'.join(SCHEMES)})(\s++)([\w.~+/=-]{{8,}}+)", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a member of that name is one whose value is not shown."""
    return len(name) > _MAX_NAME or bool(SECRET_NAME.search(name)) or name.lower().startswith("account")


def without_secrets(text: str, key: str | None) -> str:
    """A text of unknown form with everything cut short that may be a key, above all the one of the call."""
    text = _MEMBER.sub(_kept_member, text)
    text = _CREDENTIALS.sub(lambda found: found[1] + found[2] + redacted(found[3]), text)
    return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", redacted(key), text) if key else text


def _kept_member(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    if not names_secret(name) or value.lower() in SCHEMES:
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{name}{between}{quote}{redacted(value.strip(_AROUND))}{quote}"
