"""Routes that are looked up and never written: nothing here makes an address of a route."""

from __future__ import annotations

from typing import Any, Never

from werkzeug.routing import Rule


class Route(Rule):
    """A rule of werkzeug without the functions that write its address, the making of which is most of what a rule costs.

    Where werkzeug comes to make them in another way, this changes nothing.
    """

    @staticmethod
    def _compile_builder(*_: Any, **__: Any) -> Any:
        return _never


def _never(*_: Any, **__: Any) -> Never:
    raise NotImplementedError("addresses of routes are not written here")
