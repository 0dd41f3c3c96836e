"""Reads the values of settings from text, each kind within its range."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")


class Unfit(ValueError):
    """A text is no value of the setting; the message says what would be."""


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number within its range."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise Unfit(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """Reads a number within its range."""

    def parse(text: str) -> float:
        if not _NUMBER.fullmatch(text) or not low <= float(text) <= high:
            raise Unfit(f"a number from {low:g} to {high:g}")
        return float(text)

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    """Reads one of these words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise Unfit("one of " + ", ".join(allowed))
        return text

    return parse


def switch(text: str) -> bool:
    """Reads true or false, in the ways that people write them."""
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise Unfit("one of true, false")


def word(text: str) -> str:
    """Reads a name or an address."""
    if not text or not text.isprintable() or " " in text:
        raise Unfit("a name or address without spaces")
    return text


def path(text: str) -> str:
    """Reads the path of a file."""
    if not text or not text.isprintable():
        raise Unfit("the path of a file")
    return text


def words(text: str) -> tuple[str, ...]:
    """Reads a list of words."""
    given = tuple(each.strip() for each in text.split(","))
    if not all(given):
        raise Unfit("a list of words separated by commas, none of them empty")
    return given


def several(*allowed: str) -> Callable[[str], tuple[str, ...]]:
    """Reads a list of these words; `all` stands for every one."""

    def parse(text: str) -> tuple[str, ...]:
        given = tuple(each.strip() for each in text.split(","))
        if given == ("all",):
            return allowed
        if not set(given) <= set(allowed):
            raise Unfit("all, or a list of " + ", ".join(allowed))
        return tuple(each for each in allowed if each in given)

    return parse


_LABEL = r"(?!-)[\w-]{1,63}(?<!-)"


def names(text: str) -> tuple[str, ...]:
    """Reads a list of names of hosts, or addresses; an asterisk may stand for the first label."""
    given = words(text)
    for name in given:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if len(name) > 253 or not re.fullmatch(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", name):
                raise Unfit("a list of host names or addresses separated by commas") from None
    return given


def certificate_names(text: str) -> tuple[str, ...]:
    """Reads a list of names that a certificate can carry."""
    given = names(text)
    if "_" in text:  # which containers may be named with, but no certificate
        raise Unfit("a list of host names or addresses separated by commas, without underscores")
    return given


def token(text: str) -> str:
    """Reads a token."""
    if not re.fullmatch(r"[\x21-\x7e]{8,200}", text):
        raise Unfit("8 to 200 visible ASCII characters without blanks")
    return text


def origin(text: str) -> str:
    """Reads scheme, host and port of an address."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        whole = False
    # No user, no query, and no blank or control character that a client would stumble over.
    if not whole or not re.fullmatch(r"[^\s@?#\x00-\x1f\x7f]+", text):
        raise Unfit("an address such as http://mock:8026")
    return text.rstrip("/")


def progress(text: str) -> str:
    """Reads what moves a task."""
    if text != "time" and not re.fullmatch(r"polls:([1-9][0-9]{0,3})", text):
        raise Unfit("time, or polls:N with N from 1 to 9999")
    return text
