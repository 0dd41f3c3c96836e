"""What looks like a key in what clients send: by the name of a member, or by what stands before it."""

from __future__ import annotations

import re

from mock_server.world.journal import redacted

SECRET_NAME = re.compile(r"auth|token|key|secret|cookie|password|signature", re.IGNORECASE)
# Nobody means to be read who writes a longer name; its value is taken for a secret.
_MAX_NAME = 200
SCHEMES = ("basic", "bearer", "digest", "negotiate", "token")
# A name in JSON, in a form or in a header, with what stands between it and its value; then the value, which may be
# broken off. Nothing is tried twice.
_NAME = re.compile(r"""(?<![\w.-])([\w.-]++)(?:\\?["'])?\s*+[:=]\s*+""")
_VALUE = re.compile(
    r"""\\?"(?:[^"\\]|\\.)*+"?+ | '(?:[^'\\]|\\.)*+'?+ | [\[{][^\]}]*+[\]}]?+ | [^\s,;&}\]]++""", re.VERBOSE | re.DOTALL
)
_AROUND = " \t\r\n\\\"'[]{}"
_CREDENTIALS = re.compile(rf"(?<!\w)({'|'.join(SCHEMES)})(\s++)([\w.~+/=-]{{8,}}+)", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a member of that name is one whose value is not shown."""
    return len(name) > _MAX_NAME or bool(SECRET_NAME.search(name)) or name.lower().startswith("account")


def without_secrets(text: str, key: str | None) -> str:
    """A text of unknown form with everything cut short that may be a key, above all the one of the call."""
    text = _CREDENTIALS.sub(lambda found: found[1] + found[2] + redacted(found[3]), _without_secret_members(text))
    return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", redacted(key), text) if key else text


def _without_secret_members(text: str) -> str:
    kept, done, place = [], 0, 0
    while name := _NAME.search(text, place):
        place = name.end()  # the value may hold members of its own
        value = _VALUE.match(text, place) if names_secret(name[1]) else None
        if value is None or value[0].lower() in SCHEMES:
            continue
        quote = value[0][0] if value[0][0] in "\"'" else ""
        kept += [text[done:place], quote, redacted(value[0].strip(_AROUND)), quote]
        done = place = value.end()
    return "".join([*kept, text[done:]])
