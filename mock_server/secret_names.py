"""Names that tell of a secret, and texts of unknown form without what looks like one."""

from __future__ import annotations

import functools
import re

SCHEMES = ("basic", "bearer", "digest", "negotiate", "token")
SECRET_NAME = re.compile(r"auth|token|key|secret|cookie|password|signature", re.IGNORECASE)
# Nobody means to be read who writes a longer name; its value is taken for a secret.
LONG_NAME = 200
# A shorter key is no secret, and stands in many texts by chance.
_SHORT_KEY = 6
_LEFT_OUT = "…"
# A name in JSON, in a form or in a header, with what stands between it and its value; then the value, which may be
# broken off. Nothing is tried twice.
_NAME = re.compile(r"""(?<![\w.-])([\w.-]++)(?:\\?["'])?\s*+[:=]\s*+""")
_VALUE = re.compile(
    r"""\\?"(?:[^"\\]|\\.)*+"?+ | '(?:[^'\\]|\\.)*+'?+ | [\[{][^\]}]*+[\]}]?+ | [^\s,;&}\]]++""", re.VERBOSE | re.DOTALL
)
_CREDENTIALS = re.compile(rf"(?<!\w)({'|'.join(SCHEMES)})(\s++)([\w.~+/=-]{{8,}}+)", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether the name of a header or a parameter tells that its value is not to be shown."""
    return len(name) > LONG_NAME or _has_secret_word(name)


def names_secret(name: str) -> bool:
    """Whether the name of a member does, among which an account is a key."""
    return len(name) > LONG_NAME or _is_secret_member(name)


@functools.lru_cache(maxsize=1000)
def _has_secret_word(name: str) -> bool:
    """The same names come with every request, so they are looked through once."""
    return bool(SECRET_NAME.search(name))


@functools.lru_cache(maxsize=1000)
def _is_secret_member(name: str) -> bool:
    return _has_secret_word(name) or name.lower().startswith("account")


def without_secrets(text: str, key: str | None = None) -> str:
    """A text with everything left out that may be a secret, above all the key of the call."""
    text = _CREDENTIALS.sub(lambda found: found[1] + found[2] + _LEFT_OUT, _without_secret_members(text))
    if key is None or len(key) < _SHORT_KEY:
        return text
    return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", _LEFT_OUT, text)


def _without_secret_members(text: str) -> str:
    kept, done, place = [], 0, 0
    while name := _NAME.search(text, place):
        place = name.end()  # the value may hold members of its own
        # What is longer than a name is base64 perhaps, which ends in equals signs.
        value = _VALUE.match(text, place) if len(name[1]) <= LONG_NAME and names_secret(name[1]) else None
        if value is None or value[0].lower() in SCHEMES:
            continue
        quote = value[0][0] if value[0][0] in "\"'" else ""
        kept += [text[done:place], quote, _LEFT_OUT, quote]
        done = place = value.end()
    return "".join([*kept, text[done:]])
