"""Mocks with one fault each, and the cases of the server suite that must catch it."""

from __future__ import annotations

from tests.kit.server.breaking import Variant
from tests.kit.server.broken_answers import ANSWERS
from tests.kit.server.broken_callbacks import CALLBACKS
from tests.kit.server.broken_requests import REQUESTS

VARIANTS: dict[str, Variant] = {variant.name: variant for variant in (*REQUESTS, *CALLBACKS, *ANSWERS)}
