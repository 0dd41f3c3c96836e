"""What a video is ordered with, and what is refused before it is sent, since the service would refuse it as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import VideoError
from .images import json_text

# What a model makes: resolution, of which the first is the default, to seconds.
Makes = Mapping[str, tuple[int, ...]]

DEFAULT_MODEL = "MiniMax-Hailuo-2.3"
PROMPT_LIMIT = 2000
HAILUO: Makes = {"768P": (6, 10), "1080P": (6,)}
OLDER: Makes = {"720P": (6,)}
# A model that is not here is not checked.
MODELS: dict[str, Makes] = {
    "MiniMax-Hailuo-2.3": HAILUO,
    "MiniMax-Hailuo-2.3-Fast": HAILUO,
    "MiniMax-Hailuo-02": {**HAILUO, "512P": (6, 10)},
    "I2V-01-Director": OLDER,
    "I2V-01-live": OLDER,
    "I2V-01": OLDER,
}
TYPES: dict[str, type] = {
    "model": str, "prompt": str, "duration": int, "resolution": str, "prompt_optimizer": bool,
    "fast_pretreatment": bool, "callback_url": str,
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """One video. `image` is the first frame: a link, or the Path of a JPEG, PNG or WebP; `duration` is in seconds.

    What is None is left out, so that the service's own default holds. `extra` has options that are not known here.
    """

    image: str | Path
    prompt: str | None = None
    model: str = DEFAULT_MODEL
    duration: int | None = None
    resolution: str | None = None
    prompt_optimizer: bool | None = None
    fast_pretreatment: bool | None = None
    callback_url: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> bytes:
        """The order as JSON. Raises VideoError of kind usage when it would be refused."""
        self._check()
        options = {name: getattr(self, name) for name in TYPES} | dict(self.extra)
        try:
            # ASCII alone: whatever the prompt has in it comes through any gateway.
            head = json.dumps({name: value for name, value in options.items() if value is not None}, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise VideoError("usage", f"extra: {error}") from error
        return b"".join([head[:-1].encode(), b', "first_frame_image": ', *json_text(self.image), b"}"])

    def _check(self) -> None:
        for name, kind in TYPES.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
                raise VideoError("usage", f"{name}: {value!r} is not of type {kind.__name__}")
        if not self.model:
            raise VideoError("usage", f"model: is empty; allowed: {', '.join(MODELS)}")
        if len(self.prompt or "") > PROMPT_LIMIT:
            raise VideoError("usage", f"prompt: has {len(self.prompt or '')} characters; allowed: {PROMPT_LIMIT}")
        if twice := {*TYPES, "first_frame_image"} & {*self.extra}:
            raise VideoError("usage", f"extra: {min(twice)} has a place of its own")
        if self.model in MODELS:
            self._check_model(MODELS[self.model])

    def _check_model(self, makes: Makes) -> None:
        """Refuses what the model does not make; nothing is changed to what it does make, as the caller may not notice."""
        resolution = next(iter(makes)) if self.resolution is None else self.resolution
        if resolution not in makes:
            raise VideoError("usage", f"resolution: {self.model} makes {', '.join(makes)}, not {resolution!r}")
        if (6 if self.duration is None else self.duration) not in makes[resolution]:
            seconds = ", ".join(map(str, makes[resolution]))
            raise VideoError("usage", f"duration: {self.model} makes {seconds} s in {resolution}, not {self.duration}")
        if makes is OLDER and self.fast_pretreatment is not None:
            raise VideoError("usage", f"fast_pretreatment: {self.model} does not have it")
